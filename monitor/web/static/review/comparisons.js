// Comparisons within a run (thirds, legs, kilometres, downhill) and with others (baseline, earlier runs, offline).

import { cardTable, el, fragment, section, svg, table, tip } from "../shared/elements.js";
import { dayText, numberText, textOf } from "../shared/messages.js";
import { clockText, labelOf, paceText, signedText, withRole } from "../shared/metrics.js";
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
  `${signedText(v, 1)}${ci == null ? "" : ` ± ${numberText(ci, 1)}`} %`;

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
  const change = textOf(matched ? "review.column.difference_matched" : "review.column.difference");
  const [one, three] = [textOf("review.column.first"), textOf("review.column.last")];
  return section(
    textOf("review.thirds.title"),
    el("p", { class: "soft" }, textOf(matched ? "review.thirds.matched" : "review.thirds.unmatched")),
    cardTable(["", change, "", one, three, textOf("review.column.unit")], body),
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
    el("span", { class: x.stands_out ? "clear" : "" }, percentChange(x.apart)),
    x.usual_pct == null ? "–" : `${numberText(x.usual_pct, 0)} %`,
    numberWithHalf(x.metric, x.left, 1),
    numberWithHalf(x.metric, x.right, 1),
    unit(x.metric),
  ]);
  const typical = tip(textOf("review.column.typical"), textOf("review.legs.typical_help"));
  const [left, right] = [textOf("review.column.left"), textOf("review.column.right")];
  const head = ["", textOf("review.column.left_right"), typical, left, right, textOf("review.column.unit")];
  return section(textOf("review.legs.title"), cardTable(head, body));
}

export function splits({ kilometres, laps, legend }) {
  const parts = [];
  if (kilometres.length) parts.push(splitTable("kilometres", "km", kilometres, legend));
  if (laps.length) parts.push(splitTable("laps", "lap", laps, legend));
  return parts.length ? fragment(...parts) : null;
}

function splitTable(kind, first, all, legend) {
  const names = withRole(legend, "split").filter((name) => all.some((s) => s.means[name]));
  const column = (name, unitText) => el("span", {}, name, el("small", {}, unitText));
  const own = (s) => (first === "lap" ? [numberText(s.distance_m / 1000, 2)] : []);
  const head = [
    textOf(`review.column.${first}`),
    column(textOf("review.column.time"), textOf("review.unit.split_time")),
    column(textOf("review.column.pace"), textOf("review.unit.pace")),
    ...(first === "lap" ? [column(textOf("review.column.distance"), textOf("review.unit.km"))] : []),
  ];
  const body = all.map((s) => [
    s.name,
    clockText(s.seconds),
    s.distance_m > 20 ? paceText(s.distance_m / s.seconds) : "–",
    ...own(s),
    ...names.map((name) => number(name, s.means[name]?.v)),
  ]);
  return section(textOf(`review.splits.${kind}`), table([...head, ...names.map(termWithUnit)], body));
}

export function againstUsual({ usual, baseline }) {
  const parts = [];
  if (baseline.length) {
    const list = baseline.map((b) => el("li", {}, term(b.metric), ` ${percentChange(b.change)}`));
    parts.push(
      section(
        textOf("review.baseline.title"),
        el("p", { class: "soft" }, textOf("review.baseline.about")),
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
    el(
      "span",
      {},
      el("i", { style: "background:none;border:2px solid var(--blue)" }),
      textOf("review.earlier.this"),
    ),
    el("span", {}, el("i", { style: "background:var(--stand)" }), textOf("review.earlier.others")),
  );
  return section(
    textOf("review.earlier.title"),
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
      "aria-label": textOf("review.earlier.picture", { metric: labelOf(spec(metric)) }),
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
      el("small", {}, textOf("review.earlier.count", { unit: unit(metric), n: runs })),
    ),
    picture,
  );
}

export function downhill({ downhill: d }) {
  if (!d || d.seconds < 10) return null;
  const flat = d.flat_ratio == null ? "" : ` ${textOf("review.downhill.flat", { ratio: d.flat_ratio })}`;
  const time = { time: clockText(d.seconds), steep: clockText(d.steep_s), descent: d.descent_m };
  const dose = textOf("review.downhill.dose", {
    dose: d.dose_bws,
    share: 100 * d.share,
    total: d.total_bws,
  });
  return section(
    textOf("review.downhill.title"),
    el(
      "p",
      {},
      `${textOf("review.downhill.time", time)} `,
      tip(dose, textOf("review.downhill.dose_help")),
      ` (± 25 %).${flat}`,
    ),
  );
}

export function limits({ limits: all }) {
  return all.length
    ? section(textOf("review.limits"), el("ul", {}, ...all.map((text) => el("li", {}, text))))
    : null;
}

export function reanalysis({ again, made_anew: anew }) {
  const parts = again
    ? [el("ul", { class: "soft" }, ...again.why.map((w) => el("li", {}, w))), liveAgainstOffline(again)]
    : [];
  parts.push(...(anew ?? []).map(numbersChanged));
  return parts.length ? section(textOf("review.recalculated.title"), ...parts) : null;
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
  const apart = tip(textOf("review.column.apart"), textOf("review.recalculated.apart_help"));
  return cardTable(
    [
      "",
      textOf("review.column.live"),
      textOf("review.column.recalculated"),
      textOf("review.column.difference"),
      apart,
      textOf("review.column.unit"),
    ],
    [
      ...rows.map((r) => row(r, term(r.metric), halfWidth(r.metric, r.apart, r.live, 1))),
      ...first.map((r) => row(r, el("span", {}, textOf("review.recalculated.first"), term(r.metric)), "–")),
    ],
  );
}

function numbersChanged(m) {
  const one = ({ metric, before, after }) => {
    const shown = (v) => (metric !== "steps" ? number(metric, v, 2) : v == null ? "–" : v.toFixed(0));
    const label = metric === "steps" ? textOf("review.recalculated.steps") : labelOf(spec(metric));
    return textOf("review.recalculated.change", {
      metric: label,
      before: shown(before),
      after: shown(after),
    });
  };
  return el(
    "p",
    {},
    el("b", {}, textOf("review.recalculated.changed", { day: dayText(m.made_utc) })),
    textOf("review.recalculated.versions", {
      old: m.old,
      new: m.new,
      changes: m.changed.length ? m.changed.map(one).join("; ") : textOf("review.recalculated.none"),
    }),
  );
}
