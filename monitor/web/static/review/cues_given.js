// The target band and the cues of a run: time in band, how cues were answered, every cue in a table.
import { clockText } from "../shared/metrics.js";
import { el, section, table, tip } from "./elements.js";
import { number, unit } from "./terms.js";

export const CUE_SYMBOLS = {
  cadence_low: "triangle-up",
  cadence_high: "triangle-down",
  overstride: "square",
  braking: "diamond",
};
export const FAULT_TEXTS = {
  cadence_low: "quicker steps",
  cadence_high: "ease off",
  overstride: "overstride",
  braking: "braking",
};
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
  return section("Target band and cues", ...parts);
}

function inBand(b) {
  const meters = [
    meter(
      "with cues",
      "Share of the seconds in which cues could be spoken with cadence inside the band.",
      b.on_in_s,
      b.on_s,
    ),
    meter(
      "without cues",
      "The same while the plan kept silent: the true outcome of retraining. Seconds silent for another reason (warm-up, hills, walking) count in neither.",
      b.off_in_s,
      b.off_s,
    ),
  ].filter(Boolean);
  if (meters.length) return meters;
  return [
    el("p", { class: "soft" }, "The target was in force for too short a time to give a share in band."),
  ];
}

function meter(name, help, inside_s, all_s) {
  if (all_s < FEWEST_S) return null;
  const percent = (100 * inside_s) / all_s;
  return el(
    "div",
    { class: "meter" },
    tip(name, help),
    el("div", {}, el("i", { style: `width:${percent}%` })),
    el("b", {}, `${percent.toFixed(0)} %`),
    el("small", {}, `of ${clockText(all_s)} min`),
  );
}

const percentOf = (share) => (100 * share).toFixed(0);
const paragraph = (attributes, text) => (text ? el("p", attributes, text) : null);

// How many of the cues that were due were spoken, and how many of those were answered how soon.
export function responseText(response, due) {
  if (!response?.cues) return due ? "No cue was spoken." : "";
  const { cues, answered: a, median_s } = response;
  const spoken = `${cues} cue${cues > 1 ? "s" : ""} spoken.`;
  if (!a) return spoken;
  const half = median_s != null ? `; half of them within ${median_s.toFixed(0)} s` : "";
  return `${spoken} ${Math.round(a.value * cues)} answered within 15 s (${percentOf(a.value)} %, 95 % interval ${percentOf(a.low)} to ${percentOf(a.high)} %)${half}.`;
}

// How many of the cues were not spoken, and why; "" if all were.
export function withheldText(due) {
  const held = due.filter((c) => c.withheld),
    reasons = {};
  if (!held.length) return "";
  for (const c of held) reasons[c.withheld] = (reasons[c.withheld] ?? 0) + 1;
  const list = Object.entries(reasons)
    .map(([reason, n]) => `${n} × ${reason}`)
    .join("; ");
  return `${held.length} not spoken: ${list}.`;
}

function cueTable(due) {
  const rows = due.map((c) => [
    clockText(c.t_s),
    FAULT_TEXTS[c.fault] ?? c.fault,
    number(c.metric, c.value),
    number(c.metric, c.target),
    unit(c.metric),
    c.withheld
      ? `not spoken: ${c.withheld}`
      : c.answered_s == null
        ? "not within a minute"
        : `after ${c.answered_s.toFixed(0)} s`,
  ]);
  return el(
    "details",
    {},
    el("summary", {}, "Every cue and what followed"),
    table(["time", "cue", "was", "target", "unit", "back in band"], rows),
  );
}

function effect(e) {
  const a = e.answered;
  return el(
    "p",
    {},
    `What speaking did: ${percentOf(a.value)} points more answers than when withheld at random (95 % interval ${percentOf(a.low)} to ${percentOf(a.high)}; ${e.spoken} spoken, ${e.withheld} withheld).`,
  );
}
