// The curves of the timeline as the chart library takes them: a row of its own for each metric.

import { textOf } from "../shared/messages.js";
import { labelOf, paceText } from "../shared/metrics.js";
import { bandOutline } from "./band_outline.js";
import { CUE_SYMBOLS, faultText } from "./cues_given.js";

const PACE_STEPS_S = [5, 10, 15, 30, 60, 120, 180, 300];
const SLOWEST_TICK_MPS = 0.8; // slower than a stroll: 20 min/km

// From where to where a row is drawn: all but one value in a hundred at either end, and the band.
export function rowRange(values, band) {
  const sorted = values.filter((v) => v != null).sort((a, b) => a - b);
  const quantile = (p) => sorted[Math.min(sorted.length - 1, Math.floor(p * sorted.length))];
  const edges = (band ?? []).flat().filter((v) => v != null);
  const low = edges.reduce((a, b) => Math.min(a, b), quantile(0.01)),
    high = edges.reduce((a, b) => Math.max(a, b), quantile(0.99));
  const room = Math.max(0.12 * (high - low), 0.02 * Math.abs(high), 1e-4);
  return [low - room, high + room];
}

// A pace is drawn as the speed it is, up is faster; its ticks stand at round paces.
export function paceTicks([low, high]) {
  const slow = 1000 / Math.max(low, SLOWEST_TICK_MPS),
    fast = 1000 / Math.max(high, SLOWEST_TICK_MPS);
  const step = PACE_STEPS_S.find((s) => (slow - fast) / s <= 4) ?? PACE_STEPS_S.at(-1),
    tickvals = [];
  for (let s = Math.ceil(fast / step) * step; s <= slow; s += step) tickvals.push(1000 / s);
  return { tickvals, ticktext: tickvals.map(paceText) };
}

// The line of a metric, and its target band [low, high] behind it if it has one.
export function rowTraces(x, values, band, yaxis, s, colour) {
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

// The area between the two edges of a band.
const bandArea = (x, [low, high], yaxis, fillcolor) => ({
  ...bandOutline(x, low, high),
  yaxis,
  mode: "lines",
  line: { width: 0 },
  fill: "toself",
  fillcolor,
  hoverinfo: "skip",
});

// Where cues were given, each with what followed.
export function cueTraces(marks, yaxis, colour) {
  if (!marks.length) return [];
  const outcome = (c) =>
    c.withheld
      ? textOf("review.cue.withheld", { reason: c.withheld })
      : c.answered_s == null
        ? textOf("review.cue.unanswered")
        : textOf("review.cue.answered", { seconds: c.answered_s });
  const mark = (c) => textOf("review.cue.mark", { fault: faultText(c.fault), outcome: outcome(c) });
  return [
    {
      x: marks.map((c) => c.t_s / 60),
      y: marks.map((c) => c.value),
      yaxis,
      mode: "markers",
      name: textOf("review.cue"),
      marker: {
        size: 10,
        symbol: marks.map((c) => (CUE_SYMBOLS[c.fault] ?? "circle") + (c.withheld ? "-open" : "")),
        color: colour("red"),
        line: { width: 1.5, color: colour("ink") },
      },
      text: marks.map((c) => `${mark(c)}${c.why ? `<br>${c.why}` : ""}`),
      hovertemplate: "%{text}",
    },
  ];
}
