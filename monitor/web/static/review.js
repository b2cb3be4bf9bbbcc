// One review, drawn from the JSON of /api/v1/sessions/ID/review; the same code in the page and in the file.
let shownReport = null, drawnTimeline = false;
const LABELS = { walk: "walking", stand: "standing", gap: "sensor silent" };
const SYMBOLS = { cadence_low: "triangle-up", cadence_high: "triangle-down", overstride: "square", braking: "diamond" };
const FAULTS = { cadence_low: "quicker steps", cadence_high: "ease off", overstride: "overstride", braking: "braking" };

function el(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) if (value != null) made.setAttribute(name, value);
  made.append(...children.filter((c) => c != null));
  return made;
}
const clock = (s) => {
  const t = Math.round(s), h = Math.floor(t / 3600), m = Math.floor(t / 60) % 60, two = (n) => String(n).padStart(2, "0");
  return h ? `${h}:${two(m)}:${two(t % 60)}` : `${m}:${two(t % 60)}`;
};
const pace = (mps) => (mps > 0.3 ? clock(1000 / mps) : "–");
const spec = (name) => shownReport.legend[name] ?? { label: name, unit: "", decimals: 2, definition: "", source: "" };
function digits(name, value, more = 0) {
  if (value == null) return "–";
  const text = value.toFixed(Math.min(5, spec(name).decimals + more));
  return Number(text) === 0 ? text.replace("-", "") : text;
}
function shown(name, n, more = 0) { return n?.v == null ? "–" : digits(name, n.v, more) + (n.ci == null ? "" : ` ± ${digits(name, n.ci, more)}`); }
function tip(text, help) { return el("span", { class: "tip", tabindex: 0, "data-tip": help }, text); }
function term(name) {
  const s = spec(name);
  return tip(s.label, `${s.definition} Unit: ${s.unit}. Source: ${s.source}. ± is half of the 95 % interval.`);
}
function section(title, ...children) { return el("section", {}, el("h2", {}, title), ...children); }
function row(tag, cells) { return el("tr", {}, ...cells.map((c) => (c instanceof Node && c.nodeName === "TD" ? c : el(tag, {}, c ?? "")))); }
function table(head, rows) { return el("div", { class: "scroll" }, el("table", {}, el("thead", {}, row("th", head)), el("tbody", {}, ...rows.map((r) => row("td", r))))); }
function headed(name, unit) { const f = document.createDocumentFragment(); f.append(term(name), el("small", {}, unit ?? spec(name).unit)); return f; }

function showReview(report, into = document.getElementById("review")) {
  shownReport = report;
  drawnTimeline = false;
  into.replaceChildren(...[heading, words, tiles, timeline, bandAndCues, fatigue, legs, splits, usualRuns, downhill, limits, again, notes, definitions]
    .map((part) => part(report)).filter(Boolean));
  performance.mark("text");
}

function heading({ session: s }) {
  const when = new Date(s.started_utc), facts = el("p", { class: "facts" });
  const add = (label, value) => value && facts.append(el("span", {}, `${label} `, el("b", {}, value)));
  add("", when.toLocaleString([], { dateStyle: "medium", timeStyle: "short" }));
  add("time", clock(s.duration_s));
  add("running", clock(s.running_s));
  add("distance", s.distance_m > 50 ? `${(s.distance_m / 1000).toFixed(2)} km` : "");
  add("worn", s.sensors.join(", "));
  add("", s.tags.join(", "));
  return el("header", {}, el("h1", {}, s.title), facts);
}

function words({ words: w }) {
  const line = (name, said, before) => el("div", {}, el("dt", {}, name), el("dd", {}, before ?? "", said.text, said.source ? el("small", {}, said.source) : null));
  const verdict = { raise: "raise ↑", hold: "hold =", lower: "lower ↓" }[w.verdict];
  const said = { ...w.target, text: w.target.text.replace(/^(Raise it|Hold|Lower it)(:| )/, (all, verb, after) => (verdict && after === ":" ? "" : all)).trim() };
  said.text = said.text.charAt(0).toUpperCase() + said.text.slice(1);
  const list = el("dl", { style: "margin:0;display:grid;gap:.75rem" }, line("Went well", w.well), line("Work on", w.work),
    line("Next target", said, verdict ? el("span", {}, el("span", { class: "verdict" }, verdict), " ") : null));
  return el("section", { class: "words" }, list);
}

function tiles({ tiles: all }) {
  if (!all.length) return null;
  return el("section", { class: "tiles" }, ...all.map((t) => {
    const s = spec(t.metric), isPace = t.metric === "speed_mps";
    const value = el("p", {}, isPace ? pace(t.v) : digits(t.metric, t.v), el("small", {}, ` ${isPace ? "min/km" : s.unit}`));
    const under = isPace ? `${digits(t.metric, t.v)} ± ${digits(t.metric, t.ci)} m/s` : t.ci == null ? "" : `± ${digits(t.metric, t.ci)} ${s.unit}`;
    return el("div", { class: "tile" }, el("h3", {}, isPace ? tip("Pace", `Mean speed while running. ${s.definition} Source: ${s.source}.`) : term(t.metric)), value, el("small", {}, `${under} · ${t.how}`));
  }));
}

// ---------------------------------------------------------------- the timeline
function timeline(report) {
  if (!Object.keys(report.timeline.lines).length) return null;
  const kinds = [...new Set(report.shades.map((s) => s.kind))];
  const key = el("p", { class: "key" }, ...kinds.map((k) => el("span", {}, el("i", { style: `background:var(--${k})` }), LABELS[k])));
  if (Object.keys(report.timeline.bands).length) key.append(el("span", {}, el("i", { style: "background:var(--band)" }), "target band"));
  const faults = [...new Set(report.cues.filter((c) => c.kind === "correct").map((c) => c.fault))];
  const marks = { "triangle-up": "▲", "triangle-down": "▼", square: "■", diamond: "◆" };
  for (const f of faults) key.append(el("span", {}, `${marks[SYMBOLS[f]] ?? "●"} cue: ${FAULTS[f] ?? f} (hollow: withheld)`));
  return section("The run", el("div", { id: "timeline" }), key);
}

function drawCharts() {
  const place = document.getElementById("timeline");
  if (!place || !window.Plotly || drawnTimeline) return;
  drawnTimeline = true;
  const { timeline: t, shades, cues } = shownReport, css = getComputedStyle(document.documentElement), colour = (n) => css.getPropertyValue(`--${n}`).trim();
  const names = Object.keys(t.lines), x = t.lines[names[0]].map((_, i) => (i * t.every_s) / 60), end = x.at(-1);
  const narrow = innerWidth < 640, each = narrow ? 92 : 104, gap = 0.022, height = 60 + each * names.length + (narrow ? 20 : 0);
  const share = (1 - gap * (names.length - 1)) / names.length, traces = [], layout = {
    height, margin: { l: 52, r: 10, t: 18, b: 34 }, paper_bgcolor: "transparent", plot_bgcolor: "transparent",
    font: { color: colour("soft"), size: 12 }, hovermode: "x unified", showlegend: false, annotations: [],
    hoverlabel: { bgcolor: colour("raised"), font: { color: colour("ink") } },
    dragmode: matchMedia("(pointer: coarse)").matches ? false : "zoom",
    xaxis: { title: { text: "minutes" }, range: [0, end], gridcolor: colour("line"), zeroline: false, anchor: `y${names.length > 1 ? names.length : ""}`, hoverformat: ".1f" },
    shapes: shades.map((s) => ({ type: "rect", layer: "below", xref: "x", yref: "paper", x0: s.start_s / 60, x1: s.end_s / 60, y0: 0, y1: 1, fillcolor: colour(s.kind), line: { width: 0 } })),
  };
  names.forEach((name, i) => {
    const s = spec(name), axis = i ? `y${i + 1}` : "y", top = 1 - i * (share + gap), values = t.lines[name];
    const known = values.filter((v) => v != null).sort((a, b) => a - b), q = (p) => known[Math.min(known.length - 1, Math.floor(p * known.length))];
    let low = q(0.01), high = q(0.99);
    const band = t.bands[name];
    if (band) for (const v of band.flat()) if (v != null) { low = Math.min(low, v); high = Math.max(high, v); }
    const room = Math.max(0.12 * (high - low), 0.02 * Math.abs(high), 1e-4);
    layout[i ? `yaxis${i + 1}` : "yaxis"] = { domain: [Math.max(0, top - share), top], range: [low - room, high + room], gridcolor: colour("line"), zeroline: name === "slope_pct", zerolinecolor: colour("soft"), nticks: 4, fixedrange: true };
    layout.annotations.push({ xref: "paper", yref: "paper", x: 0, y: top, xanchor: "left", yanchor: "bottom", yshift: -4, showarrow: false, text: `<b>${s.label}</b> ${s.unit}`, font: { size: 12, color: colour("ink") }, bgcolor: colour("raised") });
    if (band) {
      const edge = { x, mode: "lines", line: { width: 1, color: colour("green"), dash: "dot" }, yaxis: axis, hoverinfo: "skip" };
      traces.push(filled(x, band, axis, colour("band")), { ...edge, y: band[0] }, { ...edge, y: band[1] });
    }
    traces.push({ x, y: values, yaxis: axis, mode: "lines", line: { width: 1.8, color: colour("blue") }, name: s.label, hovertemplate: `%{y:.${s.decimals}f} ${s.unit}` });
    traces.push(...cueMarks(cues.filter((c) => c.kind === "correct" && c.metric === name), axis, colour));
  });
  Plotly.newPlot(place, traces, layout, { displayModeBar: false, responsive: true, scrollZoom: false }).then(() => performance.mark("timeline"));
}

// The area between two edges, a closed outline for every stretch in which both are known.
function filled(x, [low, high], axis, fillcolor) {
  const out = { x: [], y: [], yaxis: axis, mode: "lines", line: { width: 0 }, fill: "toself", fillcolor, hoverinfo: "skip" };
  for (let a = 0; a < x.length; a++) {
    if (low[a] == null || high[a] == null) continue;
    let b = a;
    while (b + 1 < x.length && low[b + 1] != null && high[b + 1] != null) b++;
    const there = x.slice(a, b + 1);
    out.x.push(...there, ...there.toReversed(), there[0], null);
    out.y.push(...high.slice(a, b + 1), ...low.slice(a, b + 1).reverse(), high[a], null);
    a = b;
  }
  return out;
}

function cueMarks(marks, axis, colour) {
  if (!marks.length) return [];
  const told = (c) => c.withheld ? `withheld: ${c.withheld}` : c.answered_s == null ? "not answered within 60 s" : `back in band after ${c.answered_s.toFixed(0)} s`;
  return [{
    x: marks.map((c) => c.t_s / 60), y: marks.map((c) => c.value), yaxis: axis, mode: "markers", name: "cue",
    marker: { size: 10, symbol: marks.map((c) => (SYMBOLS[c.fault] ?? "circle") + (c.withheld ? "-open" : "")), color: colour("red"), line: { width: 1.5, color: colour("ink") } },
    text: marks.map((c) => `${FAULTS[c.fault] ?? "cue"}: ${told(c)}${c.why ? `<br>${c.why}` : ""}`), hovertemplate: "%{text}",
  }];
}

// ---------------------------------------------------------------- sections
function bandAndCues({ coached, cues }) {
  const due = cues.filter((c) => c.kind === "correct");
  if (!coached && !due.length) return null;
  const b = coached?.in_band, meter = (name, help, good, all) => all >= 30 && el("div", { class: "meter" }, tip(name, help), el("div", {}, el("i", { style: `width:${(100 * good) / all}%` })), el("b", {}, `${((100 * good) / all).toFixed(0)} %`), el("small", {}, `of ${clock(all)} min`));
  const parts = b ? [meter("with cues", "Share of the seconds in which cues could be spoken with cadence inside the band.", b.on_in_s, b.on_s),
    meter("without cues", "The same while the plan kept silent: the true outcome of retraining. Seconds silent for another reason (warm-up, hills, walking) count in neither.", b.off_in_s, b.off_s)].filter(Boolean) : [];
  if (b && !parts.length) parts.push(el("p", { class: "soft" }, "The target was in force for too short a time to give a share in band."));
  const r = coached?.response, held = due.filter((c) => c.withheld);
  if (r?.cues) {
    const share = r.answered ? ` ${Math.round(r.answered.value * r.cues)} answered within 15 s (${(100 * r.answered.value).toFixed(0)} %, 95 % interval ${(100 * r.answered.low).toFixed(0)} to ${(100 * r.answered.high).toFixed(0)} %)` : "";
    parts.push(el("p", {}, `${r.cues} cue${r.cues > 1 ? "s" : ""} spoken.${share}${r.median_s != null ? `; half of them within ${r.median_s.toFixed(0)} s` : ""}.`));
  } else if (due.length) parts.push(el("p", {}, "No cue was spoken."));
  if (held.length) {
    const why = {};
    for (const c of held) why[c.withheld] = (why[c.withheld] ?? 0) + 1;
    parts.push(el("p", { class: "soft" }, `${held.length} not spoken: ${Object.entries(why).map(([w, n]) => `${n} × ${w}`).join("; ")}.`));
  }
  if (due.length) parts.push(cueTable(due));
  const e = coached?.effect;
  if (e) parts.push(el("p", {}, `What speaking did: ${(100 * e.answered.value).toFixed(0)} points more answers than when withheld at random (95 % interval ${(100 * e.answered.low).toFixed(0)} to ${(100 * e.answered.high).toFixed(0)}; ${e.spoken} spoken, ${e.withheld} withheld).`));
  return section("Target band and cues", ...parts);
}

function cueTable(due) {
  const rows = due.map((c) => [clock(c.t_s), FAULTS[c.fault] ?? c.fault, digits(c.metric, c.value), digits(c.metric, c.target), spec(c.metric).unit,
    c.withheld ? `not spoken: ${c.withheld}` : c.answered_s == null ? "not within a minute" : `after ${c.answered_s.toFixed(0)} s`]);
  return el("details", {}, el("summary", {}, "Every cue and what followed"), table(["time", "cue", "was", "target", "unit", "back in band"], rows));
}

function interval(share, half, most, clear) {
  // a dot with its 95 % interval round zero, all in shares of the widest
  const w = 120, at = (v) => w / 2 + (Math.max(-1, Math.min(1, v / most)) * (w / 2 - 5));
  const ns = "http://www.w3.org/2000/svg", svg = document.createElementNS(ns, "svg");
  const draw = (tag, a) => { const e = document.createElementNS(ns, tag); for (const [k, v] of Object.entries(a)) e.setAttribute(k, v); svg.append(e); };
  svg.setAttribute("viewBox", `0 0 ${w} 18`); svg.setAttribute("width", w); svg.setAttribute("height", 18); svg.setAttribute("aria-hidden", "true");
  draw("line", { x1: w / 2, x2: w / 2, y1: 0, y2: 18, stroke: "var(--soft)", "stroke-dasharray": "2 2" });
  if (half != null) draw("line", { x1: at(share - half), x2: at(share + half), y1: 9, y2: 9, stroke: clear ? "var(--red)" : "var(--soft)", "stroke-width": 3 });
  draw("circle", { cx: at(share), cy: 9, r: 5, fill: clear ? "var(--red)" : "var(--raised)", stroke: clear ? "var(--red)" : "var(--soft)", "stroke-width": 2 });
  return svg;
}
// A change is told where its interval leaves out zero and it is at least one step of the display.
function isClear(name, d) { return d?.v != null && d.ci != null && Math.abs(d.v) > d.ci && Math.abs(d.v) >= 0.5 * 10 ** -spec(name).decimals; }
function changed(name, d) {
  const v = isClear(name, d) ? (d.v > 0 ? "up" : "down") : "same";
  return el("span", { class: `${v} ${v === "same" ? "" : "clear"}` }, d?.v == null ? "not comparable" : `${d.v > 0 ? "+" : ""}${shown(name, d, 1)}`);
}

function fatigue({ fatigue: all }) {
  const rows = all.filter((c) => c.difference.v != null);
  if (!rows.length) return null;
  const shareOf = (c, v) => v / Math.max(1e-9, Math.abs(c.first.v)), most = Math.max(0.03, ...rows.map((c) => Math.abs(shareOf(c, c.difference.v)) + shareOf(c, c.difference.ci ?? 0)));
  const speed = "speed_mps" in shownReport.timeline.lines;
  const body = rows.map((c) => [term(c.metric), changed(c.metric, c.difference), interval(shareOf(c, c.difference.v), c.difference.ci == null ? null : shareOf(c, c.difference.ci), Math.min(most, 0.3), isClear(c.metric, c.difference)), digits(c.metric, c.first.v, 1), digits(c.metric, c.last.v, 1), spec(c.metric).unit]);
  const how = speed ? "The difference compares only seconds at the same speed (0.25 m/s) and grade (2 %)." : "Speed was not known, so a difference may come from running faster or slower.";
  return section("First third against last third", el("p", { class: "soft" }, `${how} Bold and red where its 95 % interval leaves out zero and it is large enough to show; the dots show it as a share.`),
    table(["", speed ? "difference at equal speed" : "difference", "", "first", "last", "unit"], body));
}

function legs({ legs: all }) {
  if (!all.length) return null;
  const body = all.map((x) => [term(x.metric),
    el("span", { class: x.apart.ci != null && Math.abs(x.apart.v) > x.apart.ci ? "clear" : "" }, `${x.apart.v > 0 ? "+" : ""}${x.apart.v.toFixed(1)}${x.apart.ci == null ? "" : ` ± ${x.apart.ci.toFixed(1)}`} %`),
    x.usual_pct == null ? "–" : `${x.usual_pct.toFixed(0)} %`, shown(x.metric, x.left, 1), shown(x.metric, x.right, 1), spec(x.metric).unit]);
  return section("Left and right", table(["", "left − right", tip("usual", "Median difference between the legs of 15 healthy runners (Fukuchi 2017); watch your own history, not a norm."), "left", "right", "unit"], body));
}

function splits({ kilometres, laps }) {
  const one = (title, all, first) => {
    if (!all.length) return null;
    const names = ["cadence_spm", "contact_ms", "overstride_m", "braking_impulse_bws", "vertical_oscillation_mm", "slope_pct", "heart_rate_bpm", "power_w"].filter((n) => all.some((s) => s.means[n]));
    const body = all.map((s) => [s.name, clock(s.seconds), s.distance_m > 20 ? pace(s.distance_m / s.seconds) : "–", ...(first === "lap" ? [(s.distance_m / 1000).toFixed(2)] : []), ...names.map((n) => digits(n, s.means[n]?.v, n === "cadence_spm" ? 1 : 0))]);
    return section(title, table([first, el("span", {}, "time", el("small", {}, "min:s")), el("span", {}, "pace", el("small", {}, "min/km")), ...(first === "lap" ? [el("span", {}, "dist.", el("small", {}, "km"))] : []), ...names.map((n) => headed(n))], body));
  };
  const parts = [one("Kilometres", kilometres, "km"), one("Laps", laps, "lap")].filter(Boolean);
  if (!parts.length) return null;
  const both = document.createDocumentFragment();
  both.append(...parts);
  return both;
}

function usualRuns({ usual, baseline }) {
  const parts = [];
  if (baseline.length) {
    const one = (b) => el("li", {}, term(b.metric), ` ${b.change.v > 0 ? "+" : ""}${b.change.v.toFixed(1)}${b.change.ci == null ? "" : ` ± ${b.change.ci.toFixed(1)}`} %`);
    parts.push(section("Against your baseline", el("p", { class: "soft" }, "How far this run lay from the normal that was learned before cueing began, second by second at its own speed and grade."), el("ul", {}, ...baseline.map(one))));
  }
  if (usual.length) parts.push(earlierRuns(usual));
  if (!parts.length) return null;
  const both = document.createDocumentFragment();
  both.append(...parts);
  return both;
}

function earlierRuns(usual) {
  const charts = usual.map((u) => {
    const s = spec(u.metric), w = 260, h = 120, top = Math.max(...u.here, ...u.before), n = u.here.length;
    const x = (i) => 8 + (i / n) * (w - 16), y = (v) => 98 - (v / top) * 88;
    const path = (all) => `M${x(0)},98 ` + all.map((v, i) => `L${x(i)},${y(v)} L${x(i + 1)},${y(v)}`).join(" ") + ` L${x(n)},98`;
    const ns = "http://www.w3.org/2000/svg", svg = document.createElementNS(ns, "svg");
    svg.setAttribute("viewBox", `0 0 ${w} ${h}`); svg.setAttribute("role", "img"); svg.setAttribute("aria-label", `${s.label}: this run and earlier runs`);
    svg.innerHTML = `<path d="${path(u.before)}" fill="var(--stand)" stroke="var(--soft)"/><path d="${path(u.here)}" fill="none" stroke="var(--blue)" stroke-width="2.2"/>
      <text x="8" y="114">${u.edges[0].toFixed(s.decimals)}</text><text x="${w - 8}" y="114" text-anchor="end">${u.edges.at(-1).toFixed(s.decimals)} ${s.unit}</text>`;
    return el("figure", {}, el("figcaption", {}, term(u.metric), " ", changed(u.metric, u.difference), " ", el("small", {}, `${s.unit}, ${u.runs} earlier run${u.runs > 1 ? "s" : ""}`)), svg);
  });
  return section("Against your earlier runs, at equal speed and grade", el("p", { class: "key" }, el("span", {}, el("i", { style: "background:none;border:2px solid var(--blue)" }), "this run"), el("span", {}, el("i", { style: "background:var(--stand)" }), "earlier runs")), el("div", { class: "charts" }, ...charts));
}

function downhill({ downhill: d }) {
  if (!d || d.seconds < 10) return null;
  const flat = d.flat_ratio == null ? "" : ` The whole run's braking was ${d.flat_ratio.toFixed(2)} times what the same steps cost on the level.`;
  return section("Downhill", el("p", {}, `${clock(d.seconds)} min below −2 % (${clock(d.steep_s)} below −6 %), ${d.descent_m.toFixed(0)} m down. `,
    tip(`Braking dose ${d.dose_bws.toFixed(1)} BW·s, ${(100 * d.share).toFixed(0)} % of the run's ${d.total_bws.toFixed(1)}`, "Sum of the braking impulse of all steps below −2 %; ± 25 %, as the law for slopes is not validated."), ` (± 25 %).${flat}`));
}

function limits({ limits: all }) {
  if (!all.length) return null;
  return section("What the sensors could not tell", el("ul", {}, ...all.map((text) => el("li", {}, text))));
}

function again({ again: a, made_anew: anew }) {
  const parts = [];
  if (a) {
    const sign = (name, v) => `${v > 0 ? "+" : ""}${digits(name, v, 1)}`, all = [];
    for (const r of a.rows) all.push([term(r.metric), digits(r.metric, r.live, 1), digits(r.metric, r.again, 1), sign(r.metric, r.again - r.live), digits(r.metric, r.apart, 1), spec(r.metric).unit]);
    for (const r of a.first) all.push([el("span", {}, "First strides: ", term(r.metric)), digits(r.metric, r.live, 1), digits(r.metric, r.again, 1), sign(r.metric, r.again - r.live), "–", spec(r.metric).unit]);
    parts.push(el("ul", { class: "soft" }, ...a.why.map((w) => el("li", {}, w))), table(["", "live", "again", "difference", tip("apart", "How far single seconds lie apart: root of the mean square."), "unit"], all));
  }
  for (const m of anew ?? []) {
    const steps = (c) => (c.metric === "steps" ? "steps found" : spec(c.metric).label), n = (c, v) => (v == null ? "–" : c.metric === "steps" ? v.toFixed(0) : digits(c.metric, v, 2));
    parts.push(el("p", {}, el("b", {}, `Numbers changed on ${m.made_utc.slice(0, 10)}`), ` (version ${m.old} to ${m.new}): `, m.changed.length ? m.changed.map((c) => `${steps(c)} ${n(c, c.before)} → ${n(c, c.after)}`).join("; ") + "." : "none."));
  }
  return parts.length ? section("Live, and looked at again", ...parts) : null;
}

function notes(report) {
  const online = Boolean(window.addNote), all = report.notes;
  if (!online && !all.length) return null;
  const list = el("ul", {}, ...all.map((n) => {
    const item = el("li", {}, n.kind === "pain" ? el("b", {}, `Pain ${n.value}/10 `) : "", n.text, " ", el("small", {}, n.made_utc.slice(0, 16).replace("T", " ")));
    if (online) {
      const remove = el("button", { class: "plain", title: "remove", "aria-label": "remove this note" }, "×");
      remove.onclick = () => window.removeNote(report.session.id, n.id);
      item.append(remove);
    }
    return item;
  }));
  const part = section("Notes", list);
  if (online) part.append(noteForm(report));
  return part;
}

function noteForm(report) {
  const form = el("form", { class: "note" }, el("input", { type: "text", name: "text", placeholder: "what should be remembered of this run", "aria-label": "note" }),
    el("label", {}, "pain ", el("select", { name: "pain", "aria-label": "pain from 0 to 10" }, el("option", { value: "" }, "–"), ...[...Array(11).keys()].map((n) => el("option", { value: n }, n)))), el("button", {}, "Add"));
  form.onsubmit = (event) => { event.preventDefault(); const data = new FormData(form); if (data.get("text") || data.get("pain")) window.addNote(report.session.id, data.get("text"), data.get("pain")); };
  return form;
}

function definitions(report) {
  const used = new Set([...report.tiles.map((t) => t.metric), ...Object.keys(report.timeline.lines), ...report.fatigue.map((c) => c.metric), ...report.legs.map((x) => x.metric)]);
  const list = el("dl", {}, ...[...used].flatMap((n) => [el("dt", {}, `${spec(n).label} (${spec(n).unit})`), el("dd", {}, `${spec(n).definition} Source: ${spec(n).source}.`)]));
  return el("details", {}, el("summary", {}, "What every number means"), list, el("p", { class: "soft" }, `gaitcue ${report.session.version}. ± is half of the 95 % interval: of the mean (from blocks of a minute) and, in the boxes on top, of the sensor too. Nothing here diagnoses or prevents an injury.`));
}

addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((d) => (d.open = true)));
