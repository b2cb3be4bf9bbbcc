// The run over time: a line for each charted metric, target bands, cues, and what was walking or silence.
import { chartLibrary } from "../shared/charts.js";
import { labelOf, paceText } from "../shared/metrics.js";
import { el, section } from "./elements.js";
import { spec } from "./terms.js";
import { CUE_SYMBOLS, FAULT_TEXTS } from "./cues_given.js";

const SHADES = { walk: "walking", stand: "standing", gap: "sensor silent" };
const SIGNS = { "triangle-up": "▲", "triangle-down": "▼", square: "■", diamond: "◆" };
const PACE_STEPS_S = [5, 10, 15, 30, 60, 120, 300, 600];
const SLOWEST_TICK_MPS = 0.8; // slower than a stroll: 20 min/km
let waiting = null; // the report whose timeline is not drawn yet

// The place of the timeline with its key; drawTimeline() draws into it once the chart library is there.
export function timeline(report) {
  waiting = report;
  if (!Object.keys(report.timeline.lines).length) return null;
  const swatch = (colour, text) => el("span", {}, el("i", { style: `background:var(--${colour})` }), text);
  const kinds = new Set(report.shades.map((s) => s.kind));
  const key = el("p", { class: "key" }, ...[...kinds].map((kind) => swatch(kind, SHADES[kind])));
  if (Object.keys(report.timeline.bands).length) key.append(swatch("band", "target band"));
  const faults = new Set(report.cues.filter((c) => c.kind === "correct").map((c) => c.fault));
  for (const fault of faults) {
    const sign = SIGNS[CUE_SYMBOLS[fault]] ?? "●";
    key.append(el("span", {}, `${sign} cue: ${FAULT_TEXTS[fault] ?? fault} (hollow: withheld)`));
  }
  return section("The run", el("div", { id: "timeline" }), key);
}

export function drawTimeline() {
  const place = document.getElementById("timeline"),
    library = chartLibrary();
  if (!place || !library || !waiting) return;
  const { timeline: t, shades, cues } = waiting;
  waiting = null;
  const css = getComputedStyle(document.documentElement),
    colour = (name) => css.getPropertyValue(`--${name}`).trim();
  const names = Object.keys(t.lines),
    x = t.lines[names[0]].map((_, i) => (i * t.every_s) / 60);
  const layout = layoutOf(names.length, x.at(-1), shades, colour),
    traces = [];
  names.forEach((name, i) => {
    const { display } = spec(name),
      scaled = (v) => (v == null ? null : v * display.scale);
    const values = t.lines[name].map(scaled),
      band = t.bands[name]?.map((edge) => edge.map(scaled));
    const marks = cues
      .filter((c) => c.kind === "correct" && c.metric === name)
      .map((c) => ({ ...c, value: scaled(c.value) }));
    addRow(layout, i, names.length, spec(name), rangeOf(values, band), colour);
    traces.push(
      ...rowTraces(x, values, band, i ? `y${i + 1}` : "y", spec(name), colour),
      ...cueMarks(marks, i ? `y${i + 1}` : "y", colour),
    );
  });
  library
    .newPlot(place, traces, layout, { displayModeBar: false, responsive: true, scrollZoom: false })
    .then(() => performance.mark("timeline"));
}

function layoutOf(rows, end, shades, colour) {
  const narrow = innerWidth < 640,
    each = narrow ? 92 : 104;
  return {
    height: 60 + each * rows + (narrow ? 20 : 0),
    margin: { l: 52, r: 10, t: 18, b: 34 },
    paper_bgcolor: "transparent",
    plot_bgcolor: "transparent",
    font: { color: colour("soft"), size: 12 },
    hovermode: "x unified",
    showlegend: false,
    annotations: [],
    hoverlabel: { bgcolor: colour("raised"), font: { color: colour("ink") } },
    dragmode: matchMedia("(pointer: coarse)").matches ? false : "zoom",
    xaxis: {
      title: { text: "minutes" },
      range: [0, end],
      gridcolor: colour("line"),
      zeroline: false,
      anchor: `y${rows > 1 ? rows : ""}`,
      hoverformat: ".1f",
    },
    shapes: shades.map((s) => ({
      type: "rect",
      layer: "below",
      xref: "x",
      yref: "paper",
      x0: s.start_s / 60,
      x1: s.end_s / 60,
      y0: 0,
      y1: 1,
      fillcolor: colour(s.kind),
      line: { width: 0 },
    })),
  };
}

// From where to where a row is drawn: all but one value in a hundred at either end, and the band.
function rangeOf(values, band) {
  const sorted = values.filter((v) => v != null).sort((a, b) => a - b);
  const quantile = (p) => sorted[Math.min(sorted.length - 1, Math.floor(p * sorted.length))];
  const edges = (band ?? []).flat().filter((v) => v != null);
  const low = edges.reduce((a, b) => Math.min(a, b), quantile(0.01)),
    high = edges.reduce((a, b) => Math.max(a, b), quantile(0.99));
  const room = Math.max(0.12 * (high - low), 0.02 * Math.abs(high), 1e-4);
  return [low - room, high + room];
}

// One row of the stack: its axis and its title.
function addRow(layout, i, rows, s, range, colour) {
  const gap = 0.022,
    share = (1 - gap * (rows - 1)) / rows,
    top = 1 - i * (share + gap);
  const axis = {
    domain: [Math.max(0, top - share), top],
    range,
    gridcolor: colour("line"),
    zeroline: range[0] < 0,
    zerolinecolor: colour("soft"),
    nticks: 4,
    fixedrange: true,
  };
  layout[i ? `yaxis${i + 1}` : "yaxis"] = s.display.pace ? { ...axis, ...paceTicks(range) } : axis;
  layout.annotations.push({
    xref: "paper",
    yref: "paper",
    x: 0,
    y: top,
    xanchor: "left",
    yanchor: "bottom",
    yshift: -4,
    showarrow: false,
    text: `<b>${labelOf(s)}</b> ${s.display.unit}`,
    font: { size: 12, color: colour("ink") },
    bgcolor: colour("raised"),
  });
}

// A pace is drawn as the speed it is, up is faster; its ticks stand at round paces.
function paceTicks([low, high]) {
  const slow = 1000 / Math.max(low, SLOWEST_TICK_MPS),
    fast = 1000 / Math.max(high, SLOWEST_TICK_MPS);
  const step = PACE_STEPS_S.find((s) => (slow - fast) / s <= 4) ?? PACE_STEPS_S.at(-1),
    tickvals = [];
  for (let s = Math.ceil(fast / step) * step; s <= slow; s += step) tickvals.push(1000 / s);
  return { tickvals, ticktext: tickvals.map(paceText) };
}

function rowTraces(x, values, band, yaxis, s, colour) {
  const line = {
    x,
    y: values,
    yaxis,
    mode: "lines",
    line: { width: 1.8, color: colour("blue") },
    name: labelOf(s),
    ...(s.display.pace
      ? {
          text: values.map((v) => (v == null ? "" : paceText(v))),
          hovertemplate: `%{text} ${s.display.unit}`,
        }
      : { hovertemplate: `%{y:.${s.display.decimals}f} ${s.display.unit}` }),
  };
  if (!band) return [line];
  const edge = {
    x,
    mode: "lines",
    line: { width: 1, color: colour("green"), dash: "dot" },
    yaxis,
    hoverinfo: "skip",
  };
  return [bandArea(x, band, yaxis, colour("band")), { ...edge, y: band[0] }, { ...edge, y: band[1] }, line];
}

// The area between two edges, a closed outline for every stretch in which both are known.
function bandArea(x, [low, high], yaxis, fillcolor) {
  const out = {
    x: [],
    y: [],
    yaxis,
    mode: "lines",
    line: { width: 0 },
    fill: "toself",
    fillcolor,
    hoverinfo: "skip",
  };
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

function cueMarks(marks, yaxis, colour) {
  if (!marks.length) return [];
  const outcome = (c) =>
    c.withheld
      ? `withheld: ${c.withheld}`
      : c.answered_s == null
        ? "not answered within 60 s"
        : `back in band after ${c.answered_s.toFixed(0)} s`;
  return [
    {
      x: marks.map((c) => c.t_s / 60),
      y: marks.map((c) => c.value),
      yaxis,
      mode: "markers",
      name: "cue",
      marker: {
        size: 10,
        symbol: marks.map((c) => (CUE_SYMBOLS[c.fault] ?? "circle") + (c.withheld ? "-open" : "")),
        color: colour("red"),
        line: { width: 1.5, color: colour("ink") },
      },
      text: marks.map(
        (c) => `${FAULT_TEXTS[c.fault] ?? "cue"}: ${outcome(c)}${c.why ? `<br>${c.why}` : ""}`,
      ),
      hovertemplate: "%{text}",
    },
  ];
}
