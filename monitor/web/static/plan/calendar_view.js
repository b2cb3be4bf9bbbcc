// Past weeks and the days to come: what was run and how it went, what is possible, and how the phase changed.
import { el, section } from "../shared/elements.js";
import { language, numberText, textOf } from "../shared/messages.js";
import { dateText, gradeTip, kmText, painText, verdictMark } from "./plan_texts.js";

const WEEK_DAYS = 7;
const SUNDAY = 0;
const FIRST_MONDAY = "2024-01-01";
const LEGEND = ["green", "unknown", "amber", "red"];

export function calendarView(report) {
  const detail = el(
    "div",
    { class: "day-detail", role: "status" },
    el("p", { class: "soft" }, textOf("plan_page.tap_a_day")),
  );
  const days = [...report.calendar, ...report.coming.map((day) => ({ ...day, coming: true }))];
  const weeks = weeksOf(days).map((week) =>
    el("div", { class: "week" }, ...week.map((day) => cell(day, report.today, detail))),
  );
  return el(
    "div",
    { class: "cards" },
    section(
      textOf("plan_page.calendar"),
      weekdays(),
      el("div", { class: "weeks" }, ...weeks),
      legend(),
      detail,
      report.coming.length ? intoCalendar() : null,
    ),
    history(report.decision.changes),
    scores(report.weeks),
  );
}

// The file that a calendar of a phone takes in.
const intoCalendar = () =>
  el(
    "p",
    {},
    el(
      "a",
      { class: "big", href: `api/v1/plan/calendar?language=${language()}`, download: "" },
      el("b", {}, textOf("plan_page.to_calendar")),
      el("small", {}, textOf("plan_page.to_calendar_about")),
    ),
  );

// The days in rows from Monday to Sunday; null where a row begins before the first day.
export function weeksOf(days) {
  if (!days.length) return [];
  const weekday = new Date(`${days[0].day}T12:00:00Z`).getUTCDay(),
    before = weekday === SUNDAY ? WEEK_DAYS - 1 : weekday - 1;
  const all = [...new Array(before).fill(null), ...days];
  const rows = [];
  for (let at = 0; at < all.length; at += WEEK_DAYS) rows.push(all.slice(at, at + WEEK_DAYS));
  return rows;
}

function weekdays() {
  const monday = new Date(`${FIRST_MONDAY}T12:00:00`);
  const names = Array.from({ length: WEEK_DAYS }, (_, k) => {
    const day = new Date(monday);
    day.setDate(monday.getDate() + k);
    return dateText(day.toISOString().slice(0, 10), { weekday: "narrow" });
  });
  return el(
    "div",
    { class: "week-names", "aria-hidden": "true" },
    ...names.map((text) => el("span", {}, text)),
  );
}

function cell(day, today, detail) {
  if (!day) return el("span", {});
  const ran = day.done_km != null;
  const kind = day.coming ? "coming" : day.phase;
  const box = el(
    "button",
    {
      class: `day ${kind} ${day.verdict ?? ""}`,
      "aria-label": dayWords(day).join(". "),
      "aria-current": day.day === today ? "date" : null,
    },
    el("b", {}, Number(day.day.slice(8))),
    el("span", { class: "mark" }, ran ? verdictMark(day.verdict) : restMark(day)),
    el("small", {}, ran && day.done_km ? numberText(day.done_km, day.done_km < 10 ? 1 : 0) : ""),
  );
  box.onclick = () => detail.replaceChildren(...dayWords(day).map((line) => el("p", {}, line)));
  return box;
}

// A run is possible, a rest is due, or nobody asked.
const restMark = ({ run, coming }) => (coming ? (run ? "○" : "–") : "");

// What is known of a day, line by line.
export function dayWords(day) {
  const lines = [dateText(day.day, { weekday: "long", day: "numeric", month: "long" })];
  if (day.coming) return [...lines, day.text, textOf("plan_page.as_things_stand")];
  lines.push(textOf("plan_page.phase_of_day", { phase: textOf(`plan_page.phase_${day.phase}`) }));
  if (day.text) lines.push(day.text);
  if (day.done_km != null) lines.push(ranText(day));
  if (day.morning != null) lines.push(textOf("plan_page.morning", { pain: painText(day.morning) }));
  return lines;
}

function ranText(day) {
  const verdict = textOf(`plan_page.verdict_${day.verdict}`);
  const values = { km: kmText(day.done_km), verdict, pain: painText(day.pain) };
  return textOf(day.pain == null ? "plan_page.ran" : "plan_page.ran_with_pain", values);
}

function legend() {
  const marks = LEGEND.map((verdict) => [verdictMark(verdict), textOf(`plan_page.verdict_${verdict}`)]);
  marks.push(["○", textOf("plan_page.run_possible")], ["–", textOf("plan_page.rest")]);
  return el(
    "p",
    { class: "legend" },
    ...marks.map(([mark, text]) => el("span", {}, el("b", {}, mark), " ", text)),
  );
}

function history(changes) {
  if (!changes.length) return "";
  const lines = changes.toReversed().map((change) =>
    el(
      "li",
      {},
      el("b", {}, dateText(change.day)),
      " ",
      textOf("plan_page.from_to", {
        before: textOf(`plan_page.phase_${change.before}`),
        after: textOf(`plan_page.phase_${change.phase}`),
      }),
      el("br"),
      change.reason.message,
      " ",
      gradeTip(change.reason.grade),
    ),
  );
  return section(textOf("plan_page.history"), el("ul", { class: "history" }, ...lines));
}

// The scores of the weekly questions; a week that nobody answered has a dash, which is not 0.
function scores(weeks) {
  const first = weeks.findIndex((week) => week.score != null);
  if (first < 0) return "";
  const rows = weeks
    .slice(first)
    .toReversed()
    .flatMap((week) => [el("dt", {}, dateText(week.monday)), el("dd", {}, scoreText(week))]);
  return section(
    textOf("plan_page.scores"),
    el("p", { class: "soft" }, textOf("plan_page.scores_about")),
    el("dl", { class: "rows" }, ...rows),
  );
}

export function scoreText({ score, substantial }) {
  if (score == null) return "–";
  return textOf(substantial ? "plan_page.score_substantial" : "plan_page.score", { score });
}
