// What became of a coach's line, on the coach's page and in the review.
import assert from "node:assert/strict";
import { test } from "node:test";
import { outcomeText } from "../../../monitor/web/static/live/coach_line.js";
import { coachLines, lineText } from "../../../monitor/web/static/review/coach_lines.js";
import "./messages.mjs";

const line = (n, t_s, withheld = "") => ({
  n,
  t_s,
  wording: "coach_line",
  withheld,
  why: "Your coach: go",
});

test("the outcome is that of the first line after the one that was sent", () => {
  const cues = [line(1, 10), { n: 2, t_s: 20, wording: "cadence_low", withheld: "" }];
  assert.equal(outcomeText(cues, 1), "");
  assert.equal(outcomeText([...cues, line(3, 754.2)], 1), "Said at 12:34.");
  assert.equal(
    outcomeText([...cues, line(3, 900, "late")], 1),
    "Not said: no calm moment came until 15:00.",
  );
});

test("the review lists what the coach wrote, said or not, and nothing where there is none", () => {
  assert.equal(lineText(line(1, 65)), "1:05  Your coach: go");
  assert.equal(
    lineText(line(1, 65, "no calm moment came for it")),
    "1:05  Your coach: go (not said: no calm moment came for it)",
  );
  assert.equal(coachLines({ cues: [{ wording: "cadence_low" }] }), null);
});
