// Parts of texts of the Plan page: days, amounts, marks and grades.
import { el, tip } from "../shared/elements.js";
import { locale, numberText, textOf } from "../shared/messages.js";

const NOON = "T12:00:00"; // a date alone would be midnight in Greenwich, which is another day elsewhere
const MARKS = { true: "✓", false: "✗", null: "?" };
const VERDICTS = { green: "✓", amber: "!", red: "✗", unknown: "?" };

// A date (ISO 8601) as the language writes it; { weekday: "short" } and the like say how.
export const dateText = (day, how = { weekday: "short", day: "numeric", month: "short" }) =>
  new Date(day + NOON).toLocaleDateString(locale(), how);

export const kmText = (km) => textOf("plan_page.km", { km });
export const minutesText = (minutes) => textOf("plan_page.minutes", { minutes });

// Shape and word for a condition: met, not met, not known.
export const checkMark = (met) => MARKS[String(met)];
export const checkWord = (met) =>
  textOf(met === null ? "plan_page.check_unknown" : met ? "plan_page.check_met" : "plan_page.check_open");

export const verdictMark = (verdict) => VERDICTS[verdict] ?? "";

// When a run was, and how long: "Tue, 24 Nov · 18:30 · 5.2 km · 31 min", without what is not known.
export function runText(run) {
  const parts = [dateText(run.day)];
  if (run.start) parts.push(run.start.slice(11, 16));
  if (run.km != null) parts.push(kmText(run.km));
  if (run.minutes != null) parts.push(minutesText(run.minutes));
  if (run.walk) parts.push(textOf("plan_page.walk"));
  return parts.join(" · ");
}

// A reason with the strength of its evidence, which explains itself.
export const reasonLine = (reason) => el("li", {}, reason.message, " ", gradeTip(reason.grade));

export function gradeTip(grade) {
  const key = `plan_page.grade_${grade.toLowerCase()}`;
  return tip(textOf("plan_page.grade", { grade }), textOf(key));
}

// The grade alone, where many stand below each other.
export const shortGrade = (grade) => tip(grade, textOf(`plan_page.grade_${grade.toLowerCase()}`));

// Pain on the scale, or a dash: what nobody said is not 0.
export const painText = (pain) => (pain == null ? "–" : numberText(pain, pain % 1 ? 1 : 0));
