// Metrics by name, as the legend of what is shown says: labels that explain themselves, numbers as text.

import { el, fragment, tip } from "../shared/elements.js";
import { textOf } from "../shared/messages.js";
import { differenceText, halfText, labelOf, specOf, valueText } from "../shared/metrics.js";

let legend = {},
  modelled = [];

// What each metric is, and the names of those that no sensor saw.
export function useLegend(entries, withoutSensor = []) {
  legend = entries;
  modelled = withoutSensor;
}
export const isModelled = (name) => modelled.includes(name);
export const spec = (name) => specOf(legend, name);
export const unit = (name) => spec(name).display.unit;
export const number = (name, value, more = 0) => valueText(spec(name), value, more);

// A mean with half of its 95 % interval: { v, ci }.
export function numberWithHalf(name, mean, more = 0) {
  return mean?.v == null ? "–" : number(name, mean.v, more) + plusMinus(name, mean.ci, mean.v, more);
}

export function halfWidth(name, half, at, more = 0) {
  return half == null ? "–" : halfText(spec(name), half, at, more);
}

export function plusMinus(name, half, at, more = 0) {
  return half == null ? "" : ` ± ${halfWidth(name, half, at, more)}`;
}

export const difference = (name, value, from, more = 0) => differenceText(spec(name), value, from, more);

export const term = (name) =>
  isModelled(name) ? fragment(labelTip(name), " ", modelMark()) : labelTip(name);

function labelTip(name) {
  const s = spec(name),
    help = { definition: s.definition, unit: s.display.unit, source: s.source };
  return tip(labelOf(s), textOf("review.help", help));
}

// What stands beside a number that no sensor saw.
export const modelMark = () =>
  el("span", { class: "modelled" }, tip(textOf("review.modelled"), textOf("review.modelled_help")));

export const termWithUnit = (name) =>
  fragment(labelTip(name), el("small", {}, `${unit(name)} `, isModelled(name) ? modelMark() : null));

// A change is pointed out where its interval leaves out zero and it is at least half a digit of the metric: the
// rule of clear_change in monitor/review/block_statistics.py, by which texts speak.
export function isClear(name, change) {
  if (change?.v == null || change.ci == null) return false;
  return Math.abs(change.v) > change.ci && Math.abs(change.v) >= 0.5 * 10 ** -spec(name).decimals;
}

// A difference { v, ci } from the value `from`, with an arrow where it is clear.
export function changeBadge(name, change, from) {
  if (change?.v == null) return el("span", { class: "same" }, textOf("review.not_comparable"));
  const text = difference(name, change.v, from, 1),
    clear = isClear(name, change);
  return changeSpan(text + plusMinus(name, change.ci, from, 1), text.startsWith("−") ? -1 : 1, clear);
}

// The text of a change into a direction, with an arrow where it is clear.
export const changeSpan = (text, direction, clear) =>
  el("span", { class: clear ? `${direction < 0 ? "down" : "up"} clear` : "same" }, text);
