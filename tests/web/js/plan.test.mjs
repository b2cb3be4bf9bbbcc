// What the Plan page says and sends, as far as it needs no browser.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { dayWords, weeksOf } from "../../../monitor/web/static/plan/calendar_view.js";
import { entryText } from "../../../monitor/web/static/plan/diary_view.js";
import { entryBody, isBetween, runOf, unansweredRuns } from "../../../monitor/web/static/plan/entries.js";
import { hasForm, isManualRun } from "../../../monitor/web/static/plan/entry_forms.js";
import { readNumber } from "../../../monitor/web/static/plan/form_parts.js";
import {
  checkMark,
  checkWord,
  painText,
  runText,
  verdictMark,
} from "../../../monitor/web/static/plan/plan_texts.js";
import { secondsLeft, timerText } from "../../../monitor/web/static/plan/rest_timer.js";
import { isShoe, kmWithInterval } from "../../../monitor/web/static/plan/shoes_view.js";
import { canTest, startFields, testEntries } from "../../../monitor/web/static/plan/strength_view.js";
import {
  allowedAmounts,
  ladderText,
  leftText,
  questionPlace,
} from "../../../monitor/web/static/plan/today_view.js";
import { hasText, useLanguage, useMessages } from "../../../monitor/web/static/shared/messages.js";
import { SHIPPED } from "./messages.mjs";

const MODELS = readFileSync(
  new URL("../../../monitor/web/api/models/log_entries.py", import.meta.url),
  "utf8",
);
const RUN = {
  session: "r",
  day: "2026-11-24",
  start: "2026-11-24T18:30:00",
  km: 5.2,
  minutes: 31,
  walk: false,
  during: null,
};
const DAY = {
  run: true,
  km: 5,
  minutes: null,
  walk: false,
  text: "Today: up to 5.0 km, easy.",
  phase: "calm",
  verdict: null,
};
useMessages(SHIPPED);
useLanguage(["en"]);

test("met, not met and not known differ by shape and by word, not by colour alone", () => {
  const values = [true, false, null];
  assert.equal(new Set(values.map(checkMark)).size, 3);
  assert.deepEqual(values.map(checkWord), ["met", "not yet", "not known"]);
  assert.equal(new Set(["green", "amber", "red", "unknown"].map(verdictMark)).size, 4);
  assert.equal(verdictMark(null), "");
});

test("what nobody said is a dash, which is not the pain of 0", () => {
  assert.deepEqual([painText(null), painText(0), painText(2.5)], ["–", "0", "2.5"]);
});

test("a run is told with what is known of it", () => {
  assert.match(runText(RUN), /24.* · 18:30 · 5\.2 km · 31 min$/);
  assert.doesNotMatch(runText({ ...RUN, start: null, km: null, minutes: null }), /km|min|:/);
  assert.match(runText({ ...RUN, walk: true }), /walk$/);
});

test("an entry is sent with the fields of its kind that were answered, and with nothing of another entry", () => {
  const given = {
    id: "old",
    made_utc: "x",
    kind: "morning",
    day: "2026-11-24",
    pain: 0,
    as_before: false,
    tender: null,
  };
  assert.deepEqual(entryBody("morning", given, "old"), {
    kind: "morning",
    fields: { day: "2026-11-24", pain: 0, as_before: false },
    replaces: "old",
  });
  assert.deepEqual(entryBody("flag", { flag: "chest" }), {
    kind: "flag",
    fields: { flag: "chest" },
    replaces: "",
  });
});

test("every field that is sent is one that the API knows for this kind", () => {
  for (const kind of [
    "after",
    "morning",
    "weekly",
    "strength",
    "manual_run",
    "shoe",
    "session_shoe",
    "declare",
  ]) {
    const model = MODELS.split("\nclass ").find((text) => text.includes(`kind: Literal["${kind}"]`));
    const known = [...model.matchAll(/^ {4}(\w+): /gm)].map(([, field]) => field);
    const every = Object.fromEntries(MODELS.match(/\b\w+(?=: )/g).map((field) => [field, 1]));
    const sent = Object.keys(entryBody(kind, every).fields).filter((field) => field !== "day");
    assert.ok(sent.length > 1, kind);
    assert.deepEqual(
      sent.filter((field) => !known.includes(field)),
      [],
      kind,
    );
  }
});

test("the question after a run is about the newest run of today or yesterday without an answer", () => {
  const runs = [
    { session: "c", day: "2026-11-24", during: 2 },
    { session: "b", day: "2026-11-23", during: null },
    { session: "a", day: "2026-11-22", during: null },
  ];
  assert.deepEqual(
    unansweredRuns(runs, "2026-11-24").map((r) => r.session),
    ["b"],
  );
  assert.equal(runOf(runs, "2026-11-24", "").session, "b");
  assert.equal(runOf(runs, "2026-11-24", "a").session, "a", "asked for by name");
  assert.equal(runOf(runs, "2026-11-30", ""), null);
});

test("numbers may be written with a comma, and what is none is not sent", () => {
  assert.deepEqual([readNumber(" 5,2 "), readNumber("5.2"), readNumber("")], [5.2, 5.2, null]);
  assert.ok(isBetween(null, 0, 10));
  assert.ok(!isBetween(readNumber("five"), 0, 10));
  assert.ok(!isBetween(11, 0, 10));
  assert.ok(isManualRun({ km: 5 }) && isManualRun({ minutes: 30 }));
  assert.ok(!isManualRun({}) && !isManualRun({ km: Number.NaN, minutes: 30 }) && !isManualRun({ km: 501 }));
  assert.ok(
    isShoe({ shoe: "Blue", start_km: null }) &&
      !isShoe({ shoe: "" }) &&
      !isShoe({ shoe: "Blue", drop_mm: 99 }),
  );
});

test("what is allowed is told in amounts; a day of rest has none, and no limit is not a limit of nothing", () => {
  const allowed = {
    run: true,
    km: 6,
    minutes: 40,
    walk: false,
    hard: false,
    effort_most: 4,
    descent_m: 20,
  };
  assert.deepEqual(allowedAmounts(allowed), [
    ["Distance", "up to 6.0 km"],
    ["Time", "up to 40 min"],
    ["Effort", "easy, up to 4 of 10"],
    ["Downhill", "up to 20 m"],
  ]);
  assert.deepEqual(allowedAmounts({ ...allowed, km: null, minutes: null, descent_m: null }).at(-1), [
    "Downhill",
    "no limit",
  ]);
  assert.deepEqual(allowedAmounts({ ...allowed, descent_m: 0 }).at(-1), ["Downhill", "none"]);
  assert.deepEqual(allowedAmounts({ ...allowed, km: 0, minutes: 30, walk: true }), [
    ["Time", "up to 30 min"],
  ]);
  assert.deepEqual(allowedAmounts({ ...allowed, run: false }), []);
  assert.deepEqual(allowedAmounts(null), []);
});

test("what is left of a week is told in km, in minutes where no distances are known, else without a limit", () => {
  assert.equal(leftText({ left_km: 0, left_minutes: null }), "0.0 km");
  assert.equal(leftText({ left_km: null, left_minutes: 42 }), "42 min");
  assert.equal(leftText({ left_km: null, left_minutes: null }), "no limit");
});

test("a row of the ladder is told in rounds, in whole minutes where they are whole", () => {
  assert.equal(ladderText({ rounds: 8, run_min: 0.5, walk_min: 1 }), "8 times: run 0.5 min, walk 1 min");
  assert.equal(ladderText({ rounds: 1, run_min: 0, walk_min: 30 }), "Walk 30 min");
  assert.equal(ladderText({ rounds: 1, run_min: 20, walk_min: 0 }), "Run 20 min");
});

test("a question leads to its form, one after a run to that run", () => {
  assert.equal(questionPlace({ kind: "morning", session: "" }), "#morning");
  assert.equal(questionPlace({ kind: "after", session: "2026/x" }), "#after/2026%2Fx");
  for (const kind of ["after", "morning", "weekly"])
    assert.ok(hasForm(kind) && hasText(`diary.ask_${kind}`));
  assert.ok(!hasForm("strength"));
});

test("weeks of the calendar begin on Monday, whatever day comes first", () => {
  const days = (first, count) =>
    Array.from({ length: count }, (_, k) => ({
      day: new Date(Date.parse(first) + k * 86_400_000).toISOString().slice(0, 10),
    }));
  const rows = weeksOf(days("2026-11-25", 6)); // a Wednesday
  assert.deepEqual(
    rows.map((row) => row.length),
    [7, 1],
  );
  assert.deepEqual(
    rows[0].slice(0, 3).map((day) => day?.day),
    [undefined, undefined, "2026-11-25"],
  );
  assert.equal(rows[1][0].day, "2026-11-30");
  assert.equal(weeksOf(days("2026-11-29", 2))[0].at(-1).day, "2026-11-29", "a Sunday is the last");
  assert.deepEqual(weeksOf([]), []);
});

test("a past day tells what was allowed and what was; a coming one that it may change", () => {
  const ran = { ...DAY, day: "2026-11-24", done_km: 5.2, verdict: "amber", pain: 4, morning: 1 };
  assert.deepEqual(dayWords(ran).slice(1), [
    "Phase: calm",
    "Today: up to 5.0 km, easy.",
    "Run: 5.2 km, pain of 4 out of 10. A little too much",
    "Pain in the morning: 1 of 10",
  ]);
  const quiet = { ...DAY, day: "2026-11-23", text: "", done_km: null, pain: null, morning: null };
  assert.deepEqual(dayWords(quiet).slice(1), ["Phase: calm"]);
  assert.match(
    dayWords({ ...DAY, day: "2026-11-26", coming: true }).join(" "),
    /Today: up to 5.0 km, easy. If every run until then is done as allowed/,
  );
});

test("an entry is told in a line", () => {
  const report = { runs: [RUN], exercises: { split_squat: "Split squat, slow" } };
  const after = {
    kind: "after",
    session: "r",
    during: 4,
    now: 1,
    side: "left",
    place: "behind",
    limp: true,
    effort: null,
  };
  assert.match(entryText(after, report), /during 4, after 1 · Behind the knee left · I limped$/);
  assert.equal(
    entryText({ kind: "morning", pain: 2, as_before: false, swelling: "more" }, report),
    "pain 2 of 10 · not as before · more swelling",
  );
  const lifted = {
    kind: "strength",
    exercise: "split_squat",
    side: "both",
    sets: 2,
    reps: 8,
    load_kg: 12.5,
  };
  assert.equal(entryText(lifted, report), "Split squat, slow · both · 2 × 8 · 12.5 kg");
  assert.equal(entryText({ kind: "tomorrow" }, report), "", "of a newer program");
});

test("the rest counts down to 0 and no further", () => {
  assert.equal(secondsLeft(150, 0, 0), 150);
  assert.equal(secondsLeft(150, 0, 1200), 149);
  assert.equal(secondsLeft(150, 0, 999_000), 0);
  assert.deepEqual([150, 65, 5, 0].map(timerText), ["2:30", "1:05", "0:05", "0:00"]);
});

test("an exercise begins with the load that is due now, a test needs a whole number of one side", () => {
  const loads = [{ side: "both", last_kg: 20, next_kg: 16 }];
  assert.equal(startFields({ exercise: "split_squat", loads }).load_kg, 16);
  assert.deepEqual(
    [
      startFields({ exercise: "hops", loads: [] }).load_kg,
      startFields({ exercise: "hops", loads: [] }).sets,
    ],
    [null, 0],
  );
  assert.ok(
    canTest({ left: 22, right: null }) &&
      !canTest({ left: null, right: null }) &&
      !canTest({ left: 2.5, right: 20 }),
  );
  assert.deepEqual(testEntries("heel_raise", { left: 22, right: null }), [
    {
      kind: "strength",
      fields: { exercise: "heel_raise", side: "left", reps: 22, benchmark: true },
      replaces: "",
    },
  ]);
});

test("kilometres of a pair come with their interval, and as the least where runs have no length", () => {
  assert.equal(kmWithInterval({ km: 640.4, km_pm: null, unknown_runs: 0 }), "640 km");
  assert.equal(kmWithInterval({ km: 640.4, km_pm: 12, unknown_runs: 0 }), "640 ± 12 km");
  assert.equal(kmWithInterval({ km: 640.4, km_pm: null, unknown_runs: 2 }), "at least 640 km");
});
