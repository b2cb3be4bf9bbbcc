// How a metric is shown to a person, by its entry in the legend (/api/v1/legend; "legend" in a review).
// It is value * display.scale in display.unit; where display.pace is set, a speed in m/s is shown as
// minutes per kilometre.

import { localized, textOf } from "./messages.js";

const SLOWEST_MPS = 0.3; // below it there is no pace to speak of
const MOST_DECIMALS = 5;
const NOTHING = "–"; // what stands for a number that is not there

// Names of the metrics that have this role, in the order in which they are listed.
export function withRole(legend, role) {
  return Object.keys(legend)
    .filter((name) => legend[name].roles.includes(role))
    .sort((a, b) => legend[a].order - legend[b].order);
}

// The entry of a metric; a plain one for a metric that is not in the legend.
export function specOf(legend, name) {
  const display = { unit: "", scale: 1, decimals: 1, pace: false };
  return legend[name] ?? { label: name, definition: "", source: "", unit: "", decimals: 1, display };
}

export const labelOf = ({ label, display }) => (display.pace ? textOf("page.pace") : label);

// A value as text without its unit, with `more` decimals than usual; "–" if there is none.
export function valueText({ display }, value, more = 0) {
  return display.pace ? paceText(value) : decimalText(scaled(value, display), display.decimals + more);
}

// Half of an interval round the value `at`, in the unit of valueText.
export function halfText({ display }, half, at, more = 0) {
  if (!display.pace) return decimalText(scaled(half, display), display.decimals + more);
  return isNumber(half) && at > SLOWEST_MPS ? clockText((1000 * half) / at ** 2) : NOTHING;
}

// The step from `from` to `from + difference`, with its sign, in the unit of valueText.
export function differenceText({ display }, difference, from, more = 0) {
  if (!display.pace) return signedText(scaled(difference, display), display.decimals + more);
  if (!(isNumber(difference) && from > SLOWEST_MPS && from + difference > SLOWEST_MPS)) return NOTHING;
  const seconds = Math.round(1000 / (from + difference) - 1000 / from);
  return `${seconds > 0 ? "+" : seconds < 0 ? "−" : ""}${clockText(Math.abs(seconds))}`;
}

// A number with its sign; a zero has none.
export function signedText(value, decimals) {
  const text = decimalText(value, decimals);
  return isNumber(value) && Number(value.toFixed(decimals)) > 0 ? `+${text}` : text;
}

export const paceText = (mps) => (mps > SLOWEST_MPS ? clockText(1000 / mps) : NOTHING);

// Seconds as m:ss, from an hour on as h:mm:ss.
export function clockText(seconds) {
  if (!isNumber(seconds)) return NOTHING;
  const t = Math.round(seconds),
    h = Math.floor(t / 3600),
    m = Math.floor(t / 60) % 60;
  const two = (n) => String(n).padStart(2, "0");
  return h ? `${h}:${two(m)}:${two(t % 60)}` : `${m}:${two(t % 60)}`;
}

const isNumber = Number.isFinite; // null, undefined and NaN are none

const scaled = (value, { scale }) => (isNumber(value) ? value * scale : null);

// Without the minus of a zero.
function decimalText(value, decimals) {
  if (!isNumber(value)) return NOTHING;
  const text = value.toFixed(Math.min(MOST_DECIMALS, decimals));
  return localized(Number(text) === 0 ? text.replace("-", "") : text);
}
