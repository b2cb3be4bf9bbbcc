// The target band and the cues of a run: time in band, how cues were answered, every cue in a table.

import { cardTable, el, section, tip } from "../shared/elements.js";
import { hasText, numberText, textOf } from "../shared/messages.js";
import { clockText } from "../shared/metrics.js";
import { number, unit } from "./terms.js";

export const CUE_SYMBOLS = {
  cadence_low: "triangle-up",
  cadence_high: "triangle-down",
  overstride: "square",
  braking: "diamond",
};
// What a cue was about, in words.
export const faultText = (fault) =>
  hasText(`review.fault.${fault}`) ? textOf(`review.fault.${fault}`) : textOf("review.cue");

const FEWEST_S = 30; // a share of fewer seconds says nothing

export function bandAndCues({ coached, cues }) {
  const due = cues.filter((c) => c.kind === "correct");
  if (!coached && !due.length) return null;
  const parts = [
    ...(coached ? inBand(coached.in_band) : []),
    paragraph({}, responseText(coached?.response, due.length)),
    paragraph({ class: "soft" }, withheldText(due)),
  ];
  if (due.length) parts.push(cueTable(due));
  if (coached?.effect) parts.push(effect(coached.effect));
  return section(textOf("review.cues.title"), ...parts);
}

function inBand(b) {
  const meters = [
    meter(textOf("review.cues.with"), textOf("review.cues.with_help"), b.on_in_s, b.on_s),
    meter(textOf("review.cues.without"), textOf("review.cues.without_help"), b.off_in_s, b.off_s),
  ].filter(Boolean);
  if (meters.length) return meters;
  return [el("p", { class: "soft" }, textOf("review.cues.too_short"))];
}

function meter(name, help, inside_s, all_s) {
  if (all_s < FEWEST_S) return null;
  const percent = (100 * inside_s) / all_s;
  return el(
    "div",
    { class: "meter" },
    tip(name, help),
    el("div", {}, el("i", { style: `width:${percent}%` })),
    el("b", {}, `${numberText(percent, 0)} %`),
    el("small", {}, textOf("review.cues.of", { time: clockText(all_s) })),
  );
}

const paragraph = (attributes, text) => (text ? el("p", attributes, text) : null);

// How many cues were given, and how many of those were answered how soon.
export function responseText(response, due) {
  if (!response?.cues) return due ? textOf("review.cues.none_given") : "";
  const { cues, answered: a, median_s } = response,
    parts = [textOf("review.cues.given", { n: cues })];
  if (a)
    parts.push(
      textOf("review.cues.responded", {
        prompt: Math.round(a.value * cues),
        share: 100 * a.value,
        low: 100 * a.low,
        high: 100 * a.high,
      }),
    );
  if (a && median_s != null) parts.push(textOf("review.cues.median", { seconds: median_s }));
  return parts.join(" ");
}

// How many of the cues were not given, and why; "" if all were.
export function withheldText(due) {
  const held = due.filter((c) => c.withheld),
    reasons = {};
  if (!held.length) return "";
  for (const c of held) reasons[c.withheld] = (reasons[c.withheld] ?? 0) + 1;
  const list = Object.entries(reasons)
    .map(([reason, count]) => textOf("review.cues.reason", { count, reason }))
    .join("; ");
  return textOf("review.cues.withheld", { n: held.length, reasons: list });
}

function cueTable(due) {
  const rows = due.map((c) => [
    clockText(c.t_s),
    faultText(c.fault),
    number(c.metric, c.value),
    number(c.metric, c.target),
    unit(c.metric),
    c.withheld
      ? textOf("review.cues.not_given", { reason: c.withheld })
      : c.answered_s == null
        ? textOf("review.cues.not_back")
        : textOf("review.cues.back", { seconds: c.answered_s }),
  ]);
  return el(
    "details",
    {},
    el("summary", {}, textOf("review.cues.all")),
    cardTable(
      [
        textOf("review.column.time"),
        textOf("review.cue"),
        textOf("review.column.was"),
        textOf("review.column.target"),
        textOf("review.column.unit"),
        textOf("review.column.back"),
      ],
      rows,
    ),
  );
}

function effect(e) {
  const a = e.answered;
  return el(
    "p",
    {},
    textOf("review.cues.effect", {
      share: 100 * a.value,
      low: 100 * a.low,
      high: 100 * a.high,
      spoken: e.spoken,
      withheld: e.withheld,
    }),
  );
}
