// The top of a review (what run it was, the feedback, the main numbers), and the definitions at its end.

import { el, tip } from "../shared/elements.js";
import { hasText, numberText, startText, textOf } from "../shared/messages.js";
import { clockText, labelOf } from "../shared/metrics.js";
import { isModelled, modelMark, number, plusMinus, spec, term, unit } from "./terms.js";

export function heading({ session: s }) {
  const facts = el("p", { class: "facts" });
  const add = (label, value) => value && facts.append(el("span", {}, label, " ", el("b", {}, value)));
  const time = (name, seconds) =>
    add(tip(textOf(`review.fact.${name}`), textOf(`review.fact.${name}_help`)), clockText(seconds));
  add("", startText(s.started_local));
  time("time", s.timer_s);
  if (s.duration_s - s.timer_s >= 1) time("elapsed", s.duration_s);
  time("moving", s.moving_s);
  time("running", s.running_s);
  add(textOf("review.fact.distance"), s.distance_m > 50 ? `${numberText(s.distance_m / 1000, 2)} km` : "");
  add(textOf("review.fact.worn"), s.sensors.join(", "));
  add("", s.tags.join(", "));
  return el("header", {}, el("h1", {}, s.title), facts);
}

export function words({ words: w }) {
  const line = (name, said, before) =>
    el(
      "div",
      {},
      el("dt", {}, name),
      el("dd", {}, before ?? "", said.text, said.source ? el("small", {}, said.source) : null),
    );
  const verdict = w.verdict === "none" ? "" : textOf(`review.verdict.${w.verdict}`);
  const badge = verdict ? el("span", {}, el("span", { class: "verdict" }, verdict), " ") : null;
  const list = el(
    "dl",
    { style: "margin:0;display:grid;gap:.75rem" },
    line(textOf("review.words.well"), w.well),
    line(textOf("review.words.work"), w.work),
    line(textOf("review.words.target"), w.target, badge),
  );
  return el("section", { class: "words" }, list);
}

export function tiles({ tiles: all }) {
  return all.length ? el("section", { class: "tiles" }, ...all.map(tile)) : null;
}

function tile({ metric, v, ci, how }) {
  const s = spec(metric),
    title = s.display.pace
      ? tip(labelOf(s), textOf("review.pace_help", { definition: s.definition, source: s.source }))
      : term(metric);
  const half = ci == null ? "" : `${plusMinus(metric, ci, v).trim()} ${unit(metric)}`;
  return el(
    "div",
    { class: "tile" },
    el("h2", {}, title),
    el("p", {}, number(metric, v), el("small", {}, ` ${unit(metric)}`)),
    el("small", {}, [half, isModelled(metric) ? "" : measuredBy(how)].filter(Boolean).join(" · ")),
  );
}

// What a value rests on, in words where there are some.
const measuredBy = (how) => (hasText(`measured_by.${how}`) ? textOf(`measured_by.${how}`) : how);

export function definitions(report) {
  const used = new Set([...report.tiles, ...report.fatigue, ...report.legs].map((row) => row.metric));
  for (const name of Object.keys(report.timeline.lines)) used.add(name);
  const list = el(
    "dl",
    {},
    ...[...used].flatMap((name) => [
      el("dt", {}, `${labelOf(spec(name))} (${unit(name)}) `, isModelled(name) ? modelMark() : null),
      el(
        "dd",
        {},
        textOf("review.definition", { definition: spec(name).definition, source: spec(name).source }),
      ),
    ]),
  );
  return el(
    "details",
    {},
    el("summary", {}, textOf("review.definitions")),
    list,
    el("p", { class: "soft" }, textOf("review.about", { version: report.session.version })),
  );
}
