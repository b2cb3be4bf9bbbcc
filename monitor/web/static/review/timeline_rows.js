// The rows of the timeline, one for each metric: its line, its target band and its cues.

import { numberText, textOf } from "../shared/messages.js";
import { labelOf, paceText } from "../shared/metrics.js";
import { paceTicks, valueTicks } from "./chart_shapes.js";
import { CUE_SYMBOLS, faultText } from "./cues_given.js";

const MOST_TICKS = 4;
const STANDING_MPS = 0.8; // standing is not what a row of paces is made for
const LEVEL_PACE_MPS = 0.15; // a steady pace has so much room at either side: some 20 s in a kilometre of 6 min

// A row of the chart (see chart_drawing.js) of a metric with the legend's spec s, from the values of a report.
export function timelineRow(s, line, band, cues, every_s, mark = "") {
  const scaled = (v) => (v == null ? null : v * s.display.scale),
    [mean, low, high] = [line.mean, line.low, line.high].map((values) => values.map(scaled)),
    corners = bandCorners(band ?? [], (line.mean.length - 1) * every_s, scaled);
  const pace = s.display.pace,
    least = pace ? LEVEL_PACE_MPS : 2 / 10 ** s.display.decimals,
    range = rowRange(pace ? mean.filter((v) => v > STANDING_MPS) : mean, corners, least);
  return {
    label: labelOf(s),
    unit: s.display.unit,
    mark,
    range,
    ticks: pace
      ? paceTicks(range, MOST_TICKS).map((at) => ({ at, text: paceText(at) }))
      : valueTicks(range, MOST_TICKS).map(({ at, decimals }) => ({ at, text: numberText(at, decimals) })),
    textOf: (value) => (pace ? paceText(value) : numberText(value, s.display.decimals)),
    areas: corners.length ? [{ kind: "target", corners }] : [],
    lines: [{ kind: "own", start: (every_s - 1) / 2, every: every_s, mean, low, high }],
    marks: cues.map((c) => cueMark(c, scaled(c.value))),
  };
}

// The corners of a band that holds from each [t_s, low, high] until the next one, the last to the end.
export function bandCorners(band, end_s, scaled) {
  return band.flatMap(([t_s, low, high], i) => {
    const edges = { low: scaled(low), high: scaled(high) };
    if (low == null && high == null) return [null];
    return [
      { at: t_s, ...edges },
      { at: band[i + 1]?.[0] ?? end_s, ...edges },
    ];
  });
}

// From where to where a row is drawn: all but one value in a hundred at either end, and the band; `least` more at
// either side, so that what hardly changes has no lines of more digits than are worth showing.
export function rowRange(values, corners, least) {
  const sorted = values.filter((v) => v != null).sort((a, b) => a - b);
  const quantile = (p) => sorted[Math.min(sorted.length - 1, Math.floor(p * sorted.length))];
  const edges = corners.flatMap((c) => [c?.low, c?.high]).filter((v) => v != null);
  const low = edges.reduce((a, b) => Math.min(a, b), quantile(0.01)),
    high = edges.reduce((a, b) => Math.max(a, b), quantile(0.99));
  const room = Math.max(0.12 * (high - low), 0.02 * Math.abs(high), least);
  return [low - room, high + room];
}

// Where a cue was given, with what followed.
export function cueMark(c, value) {
  const outcome = c.withheld
    ? textOf("review.cue.withheld", { reason: c.withheld })
    : c.answered_s == null
      ? textOf("review.cue.unanswered")
      : textOf("review.cue.answered", { seconds: c.answered_s });
  const text = textOf("review.cue.mark", { fault: faultText(c.fault), outcome });
  return {
    at: c.t_s,
    value,
    sign: CUE_SYMBOLS[c.fault] ?? "circle",
    hollow: Boolean(c.withheld),
    text: c.why ? `${text} (${c.why})` : text,
  };
}
