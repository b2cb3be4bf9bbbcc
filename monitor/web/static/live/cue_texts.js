// What is written about a cue and about the target band.
import { labelOf, valueText } from "../shared/metrics.js";

// The line below the words of a cue: numbers of a correction, the reason of a notice.
export function cueNumbers({ kind, value, target, why }, spec) {
  if (kind === "notice") return why;
  if (kind !== "correct") return "";
  return `${labelOf(spec)} ${valueText(spec, value)}, target ${valueText(spec, target)} ${spec.display.unit}`;
}

// How long after the step it was heard, in seconds of the clock on the wall; null if there was no sound.
export const latenessText = (late_s) =>
  late_s === null ? "no sound: tap ♪ above" : `heard ${late_s.toFixed(1)} s after your step`;

// The range of a band; an edge that is null is open.
export function bandText({ low, high }) {
  const edge = (value) => value.toFixed(0);
  if (low === null) return `up to ${edge(high)}`;
  if (high === null) return `from ${edge(low)}`;
  return `${edge(low)}–${edge(high)}`;
}

// Where a value (undefined: none yet) lies to a band: "in", "out", or "muted" while nothing would be said.
export function bandPosition({ low, high, muted }, value) {
  if (muted) return "muted";
  const below = low !== null && value < low,
    above = high !== null && value > high;
  return below || above ? "out" : "in";
}
