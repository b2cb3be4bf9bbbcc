// Comparisons within a run (thirds, legs, kilometres, downhill) and with others (baseline, earlier runs, offline).
import { clockText, labelOf, paceText, signedText, withRole } from "../shared/metrics.js";
import { el, fragment, section, svg, table, tip } from "./elements.js";
import { histogramPath, scale } from "./plot_paths.js";
import {
  changeBadge,
  difference,
  halfWidth,
  isClear,
  number,
  numberWithHalf,
  spec,
  term,
  termWithUnit,
  unit,
} from "./terms.js";

// A change in per cent, { v, ci }, with its sign and half of its interval.
export const percentChange = ({ v, ci }) =>
  `${signedText(v, 1)}${ci == null ? "" : ` ± ${ci.toFixed(1)}`} %`;

export function fatigue({ fatigue: all, timeline }) {
  const rows = all.filter((c) => c.difference.v != null);
  if (!rows.length) return null;
  const share = (c, v) => (v == null ? null : v / Math.max(1e-9, Math.abs(c.first.v)));
  const widest = Math.max(
    0.03,
    ...rows.map((c) => Math.abs(share(c, c.difference.v)) + share(c, c.difference.ci ?? 0)),
  );
  const body = rows.map(({ metric, first, last, difference: d }) => [
    term(metric),
    changeBadge(metric, d, first.v),
    intervalPicture(
      share({ first }, d.v),
      share({ first }, d.ci),
      Math.min(widest, 0.3),
      isClear(metric, d),
    ),
    number(metric, first.v, 1),
    number(metric, last.v, 1),
    unit(metric),
  ]);
  const matched = "speed_mps" in timeline.lines; // else seconds could not be matched by their speed
  const how = matched
    ? "The difference compares only seconds at the same speed (0.25 m/s) and grade (2 %)."
    : "Speed was not known, so a difference may come from running faster or slower.";
  return section(
    "First third against last third",
    el(
      "p",
      { class: "soft" },
      `${how} Bold and red where its 95 % interval leaves out zero and it is large enough to show; the dots show it as a share.`,
    ),
    table(["", matched ? "difference at equal speed" : "difference", "", "first", "last", "unit"], body),
  );
}

// A dot with its 95 % interval round zero, all in shares of the widest.
function intervalPicture(share, half, widest, clear) {
  const w = 120,
    place = scale(-widest, widest, 5, w - 5),
    at = (v) => place(Math.max(-widest, Math.min(widest, v)));
  const ink = clear ? "var(--red)" : "var(--soft)";
  return svg(
    "svg",
    { viewBox: `0 0 ${w} 18`, width: w, height: 18, "aria-hidden": "true" },
    svg("line", { x1: w / 2, x2: w / 2, y1: 0, y2: 18, stroke: "var(--soft)", "stroke-dasharray": "2 2" }),
    half == null
      ? null
      : svg("line", {
          x1: at(share - half),
          x2: at(share + half),
          y1: 9,
          y2: 9,
          stroke: ink,
          "stroke-width": 3,
        }),
    svg("circle", {
      cx: at(share),
      cy: 9,
      r: 5,
      fill: clear ? ink : "var(--raised)",
      stroke: ink,
      "stroke-width": 2,
    }),
  );
}

export function legs({ legs: all }) {
  if (!all.length) return null;
  const body = all.map((x) => [
    term(x.metric),
    el(
      "span",
      { class: x.apart.ci != null && Math.abs(x.apart.v) > x.apart.ci ? "clear" : "" },
      percentChange(x.apart),
    ),
    x.usual_pct == null ? "–" : `${x.usual_pct.toFixed(0)} %`,
    numberWithHalf(x.metric, x.left, 1),
    numberWithHalf(x.metric, x.right, 1),
    unit(x.metric),
  ]);
  const usual = tip(
    "usual",
    "Median difference between the legs of 15 healthy runners (Fukuchi 2017); watch your own history, not a norm.",
  );
  return section("Left and right", table(["", "left − right", usual, "left", "right", "unit"], body));
}

export function splits({ kilometres, laps, legend }) {
  const parts = [];
  if (kilometres.length) parts.push(splitTable("Kilometres", "km", kilometres, legend));
  if (laps.length) parts.push(splitTable("Laps", "lap", laps, legend));
  return parts.length ? fragment(...parts) : null;
}

function splitTable(title, first, all, legend) {
  const names = withRole(legend, "split").filter((name) => all.some((s) => s.means[name]));
  const column = (name, unitText) => el("span", {}, name, el("small", {}, unitText));
  const own = (s) => (first === "lap" ? [(s.distance_m / 1000).toFixed(2)] : []);
  const head = [
    first,
    column("time", "min:s"),
    column("pace", "min/km"),
    ...(first === "lap" ? [column("dist.", "km")] : []),
  ];
  const body = all.map((s) => [
    s.name,
    clockText(s.seconds),
    s.distance_m > 20 ? paceText(s.distance_m / s.seconds) : "–",
    ...own(s),
    ...names.map((name) => number(name, s.means[name]?.v)),
  ]);
  return section(title, table([...head, ...names.map(termWithUnit)], body));
}

export function againstUsual({ usual, baseline }) {
  const parts = [];
  if (baseline.length) {
    const list = baseline.map((b) => el("li", {}, term(b.metric), ` ${percentChange(b.change)}`));
    parts.push(
      section(
        "Against your baseline",
        el(
          "p",
          { class: "soft" },
          "How far this run lay from the normal that was learned before cueing began, second by second at its own speed and grade.",
        ),
        el("ul", {}, ...list),
      ),
    );
  }
  if (usual.length) parts.push(earlierRuns(usual));
  return parts.length ? fragment(...parts) : null;
}

function earlierRuns(usual) {
  const key = el(
    "p",
    { class: "key" },
    el("span", {}, el("i", { style: "background:none;border:2px solid var(--blue)" }), "this run"),
    el("span", {}, el("i", { style: "background:var(--stand)" }), "earlier runs"),
  );
  return section(
    "Against your earlier runs, at equal speed and grade",
    key,
    el("div", { class: "charts" }, ...usual.map(histograms)),
  );
}

// How often each value was run: this run as an outline over the earlier ones.
function histograms({ metric, runs, edges, here, before, difference: d }) {
  const w = 260,
    h = 120,
    highest = Math.max(...here, ...before),
    n = here.length;
  const x = scale(0, n, 8, w - 8),
    y = scale(0, highest, 98, 10);
  const picture = svg(
    "svg",
    {
      viewBox: `0 0 ${w} ${h}`,
      role: "img",
      "aria-label": `${labelOf(spec(metric))}: this run and earlier runs`,
    },
    svg("path", { d: histogramPath(before, x, y), fill: "var(--stand)", stroke: "var(--soft)" }),
    svg("path", { d: histogramPath(here, x, y), fill: "none", stroke: "var(--blue)", "stroke-width": 2.2 }),
    svg("text", { x: 8, y: 114 }, number(metric, edges[0])),
    svg(
      "text",
      { x: w - 8, y: 114, "text-anchor": "end" },
      `${number(metric, edges.at(-1))} ${unit(metric)}`,
    ),
  );
  const middle = (edges[0] + edges.at(-1)) / 2;
  return el(
    "figure",
    {},
    el(
      "figcaption",
      {},
      term(metric),
      " ",
      changeBadge(metric, d, middle),
      " ",
      el("small", {}, `${unit(metric)}, ${runs} earlier run${runs > 1 ? "s" : ""}`),
    ),
    picture,
  );
}

export function downhill({ downhill: d }) {
  if (!d || d.seconds < 10) return null;
  const flat =
    d.flat_ratio == null
      ? ""
      : ` The whole run's braking was ${d.flat_ratio.toFixed(2)} times what the same steps cost on the level.`;
  const dose = `Braking dose ${d.dose_bws.toFixed(1)} BW·s, ${(100 * d.share).toFixed(0)} % of the run's ${d.total_bws.toFixed(1)}`;
  return section(
    "Downhill",
    el(
      "p",
      {},
      `${clockText(d.seconds)} min below −2 % (${clockText(d.steep_s)} below −6 %), ${d.descent_m.toFixed(0)} m down. `,
      tip(
        dose,
        "Sum of the braking impulse of all steps below −2 %; ± 25 %, as the law for slopes is not validated.",
      ),
      ` (± 25 %).${flat}`,
    ),
  );
}

export function limits({ limits: all }) {
  return all.length
    ? section("What the sensors could not tell", el("ul", {}, ...all.map((text) => el("li", {}, text))))
    : null;
}

export function reanalysis({ again, made_anew: anew }) {
  const parts = again
    ? [el("ul", { class: "soft" }, ...again.why.map((w) => el("li", {}, w))), liveAgainstOffline(again)]
    : [];
  parts.push(...(anew ?? []).map(numbersChanged));
  return parts.length ? section("Live, and looked at again", ...parts) : null;
}

function liveAgainstOffline({ rows, first }) {
  const row = (r, label, deviation) => [
    label,
    number(r.metric, r.live, 1),
    number(r.metric, r.again, 1),
    difference(r.metric, r.again - r.live, r.live, 1),
    deviation,
    unit(r.metric),
  ];
  const apart = tip("apart", "How far single seconds lie apart: root of the mean square.");
  return table(
    ["", "live", "again", "difference", apart, "unit"],
    [
      ...rows.map((r) => row(r, term(r.metric), halfWidth(r.metric, r.apart, r.live, 1))),
      ...first.map((r) => row(r, el("span", {}, "First strides: ", term(r.metric)), "–")),
    ],
  );
}

function numbersChanged(m) {
  const one = ({ metric, before, after }) => {
    const text = (v) => (metric !== "steps" ? number(metric, v, 2) : v == null ? "–" : v.toFixed(0));
    return `${metric === "steps" ? "steps found" : labelOf(spec(metric))} ${text(before)} → ${text(after)}`;
  };
  return el(
    "p",
    {},
    el("b", {}, `Numbers changed on ${m.made_utc.slice(0, 10)}`),
    ` (version ${m.old} to ${m.new}): `,
    m.changed.length ? `${m.changed.map(one).join("; ")}.` : "none.",
  );
}
