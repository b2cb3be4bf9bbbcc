// What a coach wrote to the runner during the run, with its time, said or not.
import { el, section } from "../shared/elements.js";
import { textOf } from "../shared/messages.js";
import { clockText } from "../shared/metrics.js";

export function coachLines({ cues }) {
  const lines = cues.filter((c) => c.wording === "coach_line");
  if (!lines.length) return null;
  const items = lines.map((c) => el("li", {}, lineText(c)));
  return section(textOf("review.lines.title"), el("ul", {}, ...items));
}

// A line with its time and, where it was not said, why.
export function lineText({ t_s, why, withheld }) {
  const said = `${clockText(t_s)}  ${why}`;
  return withheld ? textOf("review.lines.not_said", { line: said, reason: withheld }) : said;
}
