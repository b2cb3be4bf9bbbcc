// The runner's own normal and the target as one file: the curves lie in the file itself.

import { el, section } from "../shared/elements.js";
import { numberText, readMessages, textOf, useLanguage } from "../shared/messages.js";
import { paceText } from "../shared/metrics.js";
import { showChart } from "./chart.js";
import { valueTicks } from "./chart_shapes.js";

const MOST_TICKS = 6;

const curves = JSON.parse(document.getElementById("curves").textContent);
readMessages();
useLanguage([curves.language]);
showBaseline(document.getElementById("review"));

function showBaseline(page) {
  const place = el("div", { id: "baseline" }),
    swatch = (colour, text) => el("span", {}, el("i", { style: `background:var(--${colour})` }), text);
  const key = el(
    "p",
    { class: "key" },
    ...curves.lines.flatMap(({ kind, label, spread }) => [
      swatch(kind === "own" ? "blue" : "green", label),
      swatch(kind === "own" ? "uncertainty" : "band", spread),
    ]),
  );
  page.replaceChildren(
    el("h1", {}, curves.title),
    section(curves.label, el("p", { class: "soft" }, curves.text), place, key),
  );
  requestAnimationFrame(() => showChart(place, baselineModel(curves), curves.title));
}

// Own cadence and target over speed, each with the range round it.
function baselineModel({ start, every, lines, label, unit, axis }) {
  const all = lines.flatMap(({ low, high }) => [...low, ...high]),
    room = 0.05 * (Math.max(...all) - Math.min(...all)),
    range = [Math.min(...all) - room, Math.max(...all) + room];
  const [first, last] = [start, start + every * (lines[0].mean.length - 1)];
  const values = ([low, high], most) =>
    valueTicks([low, high], most).map(({ at, decimals }) => ({ at, text: numberText(at, decimals) }));
  return {
    from: first,
    to: last,
    unit: "m/s",
    textAt: (at) =>
      axis ? textOf("review.chart.speed", { speed: at, pace: paceText(at) }) : textOf("review.chart.any"),
    ticks: axis ? values : () => [],
    shades: [],
    rowHeight: 260,
    rows: [
      {
        label,
        unit,
        mark: axis ? ` · ${axis}` : "",
        range,
        ticks: values(range, MOST_TICKS),
        textOf: (value) => numberText(value, 1),
        areas: [],
        lines: lines.map((line) => ({ ...line, start, every })),
        marks: [],
      },
    ],
  };
}
