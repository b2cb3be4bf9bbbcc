// The top of a review (what run it was, the feedback, the main numbers), and the definitions at its end.
import { clockText, labelOf } from "../shared/metrics.js";
import { el, tip } from "./elements.js";
import { number, plusMinus, spec, term, unit } from "./terms.js";

export function heading({ session: s }) {
  const facts = el("p", { class: "facts" });
  const add = (label, value) => value && facts.append(el("span", {}, `${label} `, el("b", {}, value)));
  add("", new Date(s.started_utc).toLocaleString([], { dateStyle: "medium", timeStyle: "short" }));
  add("time", clockText(s.duration_s));
  add("running", clockText(s.running_s));
  add("distance", s.distance_m > 50 ? `${(s.distance_m / 1000).toFixed(2)} km` : "");
  add("worn", s.sensors.join(", "));
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
  const verdict = { raise: "raise ↑", hold: "hold =", lower: "lower ↓" }[w.verdict];
  const badge = verdict ? el("span", {}, el("span", { class: "verdict" }, verdict), " ") : null;
  const list = el(
    "dl",
    { style: "margin:0;display:grid;gap:.75rem" },
    line("Went well", w.well),
    line("Work on", w.work),
    line("Next target", { ...w.target, text: targetText(w.target.text, verdict) }, badge),
  );
  return el("section", { class: "words" }, list);
}

const VERB = /^(?:Raise it|Hold|Lower it):/;

// A target without the verb that the badge before it says already, if there is a badge.
export function targetText(text, badge) {
  const rest = (badge ? text.replace(VERB, "") : text).trim();
  return rest.charAt(0).toUpperCase() + rest.slice(1);
}

export function tiles({ tiles: all }) {
  return all.length ? el("section", { class: "tiles" }, ...all.map(tile)) : null;
}

function tile({ metric, v, ci, how }) {
  const s = spec(metric),
    title = s.display.pace
      ? tip(
          labelOf(s),
          `Mean speed while running, as pace. ${s.definition} Source: ${s.source}. ± is half of the 95 % interval.`,
        )
      : term(metric);
  const half = ci == null ? "" : `${plusMinus(metric, ci, v).trim()} ${unit(metric)} · `;
  return el(
    "div",
    { class: "tile" },
    el("h3", {}, title),
    el("p", {}, number(metric, v), el("small", {}, ` ${unit(metric)}`)),
    el("small", {}, `${half}${how}`),
  );
}

export function definitions(report) {
  const used = new Set([...report.tiles, ...report.fatigue, ...report.legs].map((row) => row.metric));
  for (const name of Object.keys(report.timeline.lines)) used.add(name);
  const list = el(
    "dl",
    {},
    ...[...used].flatMap((name) => [
      el("dt", {}, `${labelOf(spec(name))} (${unit(name)})`),
      el("dd", {}, `${spec(name).definition} Source: ${spec(name).source}.`),
    ]),
  );
  return el(
    "details",
    {},
    el("summary", {}, "What every number means"),
    list,
    el(
      "p",
      { class: "soft" },
      `gaitcue ${report.session.version}. ± is half of the 95 % interval: of the mean (from blocks of a minute) and, in the boxes on top, of the sensor too. Nothing here diagnoses or prevents an injury.`,
    ),
  );
}
