// Every metric over the weeks, each run brought to the same speed and grade: dots with their intervals.

import { ask } from "../shared/api.js";
import { el, svg } from "../shared/elements.js";
import { dayText, language, textOf } from "../shared/messages.js";
import { scale } from "./plot_paths.js";
import { number, numberWithHalf, term, unit, useLegend } from "./terms.js";

const WEEKS = 26;

export async function showTrends() {
  const trends = await ask(`trends?weeks=${WEEKS}`);
  const modelled = Object.keys(trends).filter((name) => trends[name].some((p) => p.modelled));
  useLegend(await ask(`legend?language=${language()}`), modelled);
  const charts = Object.entries(trends).map(([name, points]) => chart(name, points));
  document
    .getElementById("review")
    .replaceChildren(
      el(
        "section",
        {},
        el("h1", {}, textOf("review.trends.title", { weeks: WEEKS })),
        el("p", { class: "soft" }, textOf("review.trends.about")),
        charts.length
          ? el("div", { class: "charts" }, ...charts)
          : el("p", { class: "soft" }, textOf("review.trends.too_few")),
      ),
    );
}

const modelText = (p) => (p.modelled ? ` · ${textOf("review.modelled")}` : "");

function chart(name, points) {
  const w = 320,
    times = points.map((p) => Date.parse(p.when)),
    from = times[0],
    to = times.at(-1);
  const low = Math.min(...points.map((p) => p.v - (p.ci ?? 0))),
    high = Math.max(...points.map((p) => p.v + (p.ci ?? 0)));
  const x = scale(from, to, 12, w - 12),
    y = scale(low, high, 100, 12);
  const day = (p) => dayText(p.when);
  const picture = svg(
    "svg",
    { viewBox: `0 0 ${w} 130` },
    svg("polyline", {
      points: points.map((p, k) => `${x(times[k])},${y(p.v)}`).join(" "),
      fill: "none",
      stroke: "var(--line)",
      "stroke-width": 1.5,
    }),
    ...points.flatMap((p, k) => [
      svg("line", {
        x1: x(times[k]),
        x2: x(times[k]),
        y1: y(p.v - (p.ci ?? 0)),
        y2: y(p.v + (p.ci ?? 0)),
        stroke: "var(--blue)",
        "stroke-width": 2,
      }),
      svg(
        "circle",
        // hollow where no sensor saw it
        {
          cx: x(times[k]),
          cy: y(p.v),
          r: 4,
          fill: p.modelled ? "none" : "var(--blue)",
          stroke: "var(--blue)",
        },
        svg("title", {}, `${day(p)}: ${numberWithHalf(name, p, 1)} ${unit(name)}${modelText(p)}`),
      ),
    ]),
    svg("text", { x: 12, y: 122 }, day(points[0])),
    svg("text", { x: w - 12, y: 122, "text-anchor": "end" }, day(points.at(-1))),
  );
  const ends = { low: number(name, low, 1), high: number(name, high, 1), unit: unit(name) };
  return el(
    "figure",
    {},
    el("figcaption", {}, term(name), el("small", {}, textOf("review.trends.range", ends))),
    picture,
  );
}
