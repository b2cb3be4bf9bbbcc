// What is written about a cue and about the target band.
import { textOf } from "../shared/messages.js";
import { labelOf, valueText } from "../shared/metrics.js";

// The line below the words of a cue: numbers of a correction, what a notice tells.
export function cueNumbers({ kind, value, target }, spec, told) {
  if (kind === "notice") return told;
  if (kind !== "correct") return "";
  return textOf("live.cue.numbers", {
    metric: labelOf(spec),
    value: valueText(spec, value),
    target: valueText(spec, target),
    unit: spec.display.unit,
  });
}

// How long after the step it was heard, in seconds of the clock on the wall; null if there was no sound.
export const latenessText = (late_s) =>
  late_s === null ? textOf("live.cue.no_sound") : textOf("live.cue.heard", { late: late_s });

// The range of a band; an edge that is null is open.
export function bandText({ low, high }) {
  if (low === null) return textOf("live.range.up_to", { high });
  if (high === null) return textOf("live.range.from", { low });
  return textOf("live.range.between", { low, high });
}

// Where a value (undefined: none yet) lies to a band: "in", "out", or "muted" while nothing would be said.
export function bandPosition({ low, high, muted }, value) {
  if (muted) return "muted";
  const below = low !== null && value < low,
    above = high !== null && value > high;
  return below || above ? "out" : "in";
}
