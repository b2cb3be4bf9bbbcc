// Today: the questions that are due, what is allowed and why, what is left of the week, the phase.
import { ask, attempt } from "../shared/api.js";
import { el, section } from "../shared/elements.js";
import { language, numberText, textOf } from "../shared/messages.js";
import { numberField } from "./form_parts.js";
import {
  checkMark,
  checkWord,
  dateText,
  gradeTip,
  kmText,
  minutesText,
  reasonLine,
  runText,
  shortGrade,
} from "./plan_texts.js";

const MOST_KM = 500;
const PHASES = ["calm", "rebuild", "reintroduce", "full"];

export function todayView(report) {
  const { decision } = report,
    parts = decision.stop ? [stopCard(report)] : [questions(report), todayCard(report)];
  if (!decision.stop)
    parts.push(week(decision), phase(report), ladder(report), example(decision), worthKnowing(decision));
  parts.push(damage(report));
  return el("div", { class: "cards" }, ...parts.filter(Boolean));
}

// The address of the form that answers a question.
export const questionPlace = ({ kind, session }) =>
  session ? `#${kind}/${encodeURIComponent(session)}` : `#${kind}`;

function questions({ decision, runs }) {
  if (!decision.questions.length) return null;
  const links = decision.questions.map((question) => {
    const run = runs.find((r) => r.session === question.session);
    return el(
      "a",
      { class: "big", href: questionPlace(question) },
      el("b", {}, textOf(`diary.ask_${question.kind}`)),
      run ? el("small", {}, runText(run)) : null,
    );
  });
  return el("section", { class: "due" }, el("h2", {}, textOf("plan_page.due")), ...links);
}

function stopCard({ decision, flags }) {
  return el(
    "section",
    { class: "stop", role: "alert" },
    el("h1", {}, textOf("flags.stop")),
    el("p", { class: "headline" }, decision.stop.message),
    el("ul", {}, ...flags.map((flag) => el("li", {}, flag))),
    el("p", { class: "soft" }, textOf("plan_page.stop_until")),
    el("a", { class: "big", href: "#cleared" }, el("b", {}, textOf("plan_page.cleared"))),
  );
}

function todayCard({ decision, disclaimer }) {
  const [first, ...others] = decision.reasons.filter((r) => r.message !== disclaimer);
  if (!first) return null;
  return el(
    "section",
    { class: "today" },
    el("h2", {}, dateText(decision.day, { weekday: "long", day: "numeric", month: "long" })),
    el("p", { class: "headline" }, first.message, " ", gradeTip(first.grade)),
    el("div", { class: "tiles" }, ...allowedAmounts(decision.allowance).map(tile)),
    others.length
      ? el(
          "details",
          { open: "" },
          el("summary", {}, textOf("plan_page.why")),
          el("ul", {}, ...others.map(reasonLine)),
        )
      : null,
    decision.allowance ? plannedRun() : null,
  );
}

// What a run that the runner has in mind is against today; asked, and answered by the plan.
function plannedRun() {
  let km = null;
  const answer = el("ul"),
    answered = el("div", { role: "status" }, answer),
    button = el("button", {}, textOf("plan_page.planned_ask"));
  const field = numberField(
    textOf("plan_page.distance"),
    null,
    (value) => {
      km = value;
    },
    "km",
  );
  const asking = el("form", { class: "planned" }, field, button);
  asking.onsubmit = (event) => {
    event.preventDefault();
    if (!(km > 0 && km <= MOST_KM)) return answer.replaceChildren();
    return attempt(async () => {
      const { planned } = await ask(`plan?language=${language()}&km=${km}`);
      answer.replaceChildren(...planned.map(reasonLine));
    });
  };
  return el("details", {}, el("summary", {}, textOf("plan_page.planned")), asking, answered);
}

// [label, text] of everything that a day allows; nothing where no run is allowed.
export function allowedAmounts(allowed) {
  if (!allowed?.run) return [];
  const tiles = [];
  if (allowed.km)
    tiles.push([textOf("plan_page.distance"), textOf("plan_page.up_to", { amount: kmText(allowed.km) })]);
  if (allowed.minutes)
    tiles.push([
      textOf("plan_page.time"),
      textOf("plan_page.up_to", { amount: minutesText(allowed.minutes) }),
    ]);
  if (allowed.walk) return tiles;
  tiles.push([
    textOf("plan_page.effort"),
    textOf(allowed.hard ? "plan_page.may_be_hard" : "plan_page.easy", { most: allowed.effort_most }),
  ]);
  tiles.push([textOf("plan_page.downhill"), downhillText(allowed)]);
  return tiles;
}

function downhillText({ descent_m }) {
  if (descent_m == null) return textOf("plan_page.free");
  return descent_m
    ? textOf("plan_page.up_to", { amount: textOf("plan_page.metres", { m: descent_m }) })
    : textOf("plan_page.none");
}

const tile = ([label, text]) => el("div", { class: "tile" }, el("h3", {}, label), el("p", {}, text));

function week({ week: left, allowance }) {
  if (!left || !allowance) return null;
  const rows = [
    [textOf("plan_page.run_so_far"), doneText(left.done_km, left.limit_km)],
    [textOf("plan_page.left"), leftText(left)],
    [textOf("plan_page.time"), timeText(left)],
    [textOf("plan_page.downhill"), metresText(left.done_descent_m)],
  ];
  const bar = left.limit_km
    ? el("progress", {
        max: left.limit_km,
        value: Math.min(left.done_km, left.limit_km),
        "aria-hidden": "true",
      })
    : null;
  return section(
    textOf("plan_page.week"),
    bar,
    el(
      "dl",
      { class: "rows" },
      ...rows.flatMap(([name, text]) => [el("dt", {}, name), el("dd", {}, text)]),
    ),
    guard(left),
  );
}

const metresText = (m) =>
  m == null ? textOf("plan_page.check_unknown") : textOf("plan_page.metres", { m });

// Minutes on foot, with their limit where no distances are known.
const timeText = ({ done_minutes, limit_minutes }) =>
  limit_minutes == null
    ? minutesText(done_minutes)
    : textOf("plan_page.of", { done: numberText(done_minutes, 0), limit: minutesText(limit_minutes) });

// What is left of the week: km, else minutes, else no limit.
export function leftText({ left_km, left_minutes }) {
  if (left_km != null) return kmText(left_km);
  return left_minutes == null ? textOf("plan_page.no_limit") : minutesText(left_minutes);
}

const doneText = (done, limit) =>
  limit == null
    ? kmText(done)
    : textOf("plan_page.of", { done: numberText(done, 1), limit: kmText(limit) });

function guard({ guard_km, guard_descent_m }) {
  if (guard_km == null) return null;
  const more = guard_descent_m == null ? "" : textOf("plan_page.guard_descent", { m: guard_descent_m });
  return el("p", { class: "guard" }, textOf("plan_page.guard", { km: guard_km }), " ", more);
}

function phase(report) {
  const { decision } = report;
  if (!PHASES.includes(decision.phase)) return null;
  const steps = PHASES.map((name) =>
    el(
      "li",
      { "aria-current": name === decision.phase ? "step" : null },
      textOf(`plan_page.phase_${name}`),
    ),
  );
  return section(
    textOf("plan_page.phase", {
      phase: textOf(`plan_page.phase_${decision.phase}`),
      day: dateText(decision.since),
    }),
    el("ol", { class: "phases" }, ...steps),
    el("p", {}, textOf(`plan_page.about_${decision.phase}`)),
    decision.checkpoints.length ? el("h3", {}, textOf("plan_page.checkpoints")) : null,
    el("ul", { class: "checks" }, ...decision.checkpoints.map(checkpoint)),
    lastChange(decision),
  );
}

function checkpoint({ met, message, grade }) {
  const kind = met === null ? "unknown" : met ? "met" : "open";
  return el(
    "li",
    { class: kind },
    el("span", { class: "mark", "aria-hidden": "true" }, checkMark(met)),
    el("span", {}, message, " ", el("small", {}, checkWord(met)), " ", shortGrade(grade)),
  );
}

function lastChange({ changes }) {
  const last = changes.at(-1);
  if (!last) return null;
  return el(
    "p",
    { class: "change" },
    el("b", {}, textOf("plan_page.last_change", { day: dateText(last.day) })),
    " ",
    last.reason.message,
    " ",
    gradeTip(last.reason.grade),
    " ",
    el("a", { href: "#calendar" }, textOf("plan_page.history")),
  );
}

function ladder({ ladder: rows }) {
  if (!rows.length) return null;
  const lines = rows.map((row) =>
    el("li", { "aria-current": row.current ? "step" : null }, ladderText(row)),
  );
  return section(
    textOf("plan_page.ladder"),
    el("p", { class: "soft" }, textOf("plan_page.ladder_about")),
    el("ol", { class: "ladder" }, ...lines),
  );
}

// A row of the ladder in words.
export function ladderText({ rounds, run_min, walk_min }) {
  const values = { rounds, run: amount(run_min), walk: amount(walk_min) };
  if (!run_min) return textOf("plan_page.ladder_walk", values);
  return textOf(walk_min ? "plan_page.ladder_row" : "plan_page.ladder_run", values);
}

const amount = (minutes) => numberText(minutes, minutes % 1 ? 1 : 0);

const example = ({ example_week }) =>
  example_week ? el("section", {}, el("p", { class: "soft" }, example_week)) : null;

const worthKnowing = ({ remarks }) =>
  remarks.length
    ? section(textOf("plan_page.worth_knowing"), el("ul", {}, ...remarks.map(reasonLine)))
    : null;

function damage({ unreadable, foreign }) {
  const lines = [];
  if (unreadable) lines.push(textOf("plan_page.unreadable", { n: unreadable }));
  if (foreign) lines.push(textOf("plan_page.foreign", { n: foreign }));
  return lines.length ? el("section", {}, ...lines.map((line) => el("p", { class: "soft" }, line))) : null;
}
