// The timer of the page, distances and paces, and where sensors are worn.
import assert from "node:assert/strict";
import { test } from "node:test";
import { placeNames } from "../../../monitor/web/static/live/places.js";
import {
  allowanceText,
  isPaused,
  isReady,
  paceCourse,
  tellsOfWish,
  timerSeconds,
  timerWith,
} from "../../../monitor/web/static/live/totals.js";
import { distanceText, paceClock, readPace, toldInUnits } from "../../../monitor/web/static/live/units.js";
import {
  nameText,
  recordedText,
  useLanguage,
  useNames,
} from "../../../monitor/web/static/shared/messages.js";
import { SHIPPED, within } from "./messages.mjs";

test("the timer stands still in a pause and leaves out those before", () => {
  assert.equal(timerSeconds({ paused_at_s: null, paused_s: 20 }, 100), 80);
  assert.equal(timerSeconds({ paused_at_s: 90, paused_s: 20 }, 100), 70);
  assert.equal(timerSeconds({ paused_at_s: 0, paused_s: 0 }, 100), 0);
  assert.equal(timerSeconds(null, 100), 100);
});

const RUNNING = { paused_at_s: null, paused_s: 20, distance_m: 900, lap_from_s: 0, lap_from_m: 0 };

test("wishes that wait are followed on the page as the run will follow them", () => {
  const paused = timerWith(RUNNING, [{ kind: "pause", at_s: 100 }]);
  assert.equal(timerSeconds(paused, 150), 80);
  assert.equal(isPaused({ timer: paused }), true);
  const on = timerWith(RUNNING, [
    { kind: "lap", at_s: 90 },
    { kind: "pause", at_s: 100 },
    { kind: "lap", at_s: 105 },
    { kind: "pause", at_s: 110 },
    { kind: "resume", at_s: 130 },
  ]);
  assert.deepEqual([isPaused({ timer: on }), timerSeconds(on, 150)], [false, 100]);
  assert.deepEqual([on.lap_from_s, on.lap_from_m], [70, 900]);
  assert.deepEqual(timerWith(RUNNING, [{ kind: "resume", at_s: 100 }]), RUNNING);
  assert.equal(timerWith(null, [{ kind: "pause", at_s: 1 }]), null);
});

test("distance alone tells nothing of a wish", () => {
  assert.equal(tellsOfWish({ distance_m: 5 }), false);
  assert.equal(tellsOfWish(undefined), false);
  assert.equal(tellsOfWish({ paused_at_s: null }), true);
  assert.equal(tellsOfWish({ lap_from_s: 3 }), true);
});

test("a run that waits from its first second is ready, not paused on its way", () => {
  assert.deepEqual(
    [0, 12].map((paused_at_s) => isReady({ timer: { paused_at_s } })),
    [true, false],
  );
  assert.deepEqual([isPaused({ timer: null }), isPaused({ timer: { paused_at_s: null } })], [false, false]);
  assert.equal(isPaused({ timer: { paused_at_s: 5 }, ended: "stopped" }), false);
});

test("distances and paces come in kilometres or miles, and a pace is read as it is written", () => {
  assert.deepEqual(distanceText(1609.344, true), { text: "1.00", unit: "mi" });
  assert.deepEqual(distanceText(1609.344, false), { text: "1.61", unit: "km" });
  assert.deepEqual([paceClock(285, false), paceClock(285, true)], ["4:45", "7:39"]);
  assert.equal(readPace(" 4:45 ", false), 285);
  assert.ok(Math.abs(readPace("7:39", true) - 285) < 1);
  for (const text of ["", "4", "4:60", "445", "4:45 min"]) assert.equal(readPace(text, false), null, text);
});

test("the pace of an interval is on it within 3 %, else it says which way", () => {
  const at = (min, s) => paceCourse(1000 / (min * 60 + s), 300);
  assert.deepEqual(
    [at(5, 0), at(4, 52), at(5, 9)],
    [
      ["in", "✓"],
      ["in", "✓"],
      ["in", "✓"],
    ],
  );
  assert.deepEqual(at(5, 10), ["out", "↗"]);
  assert.deepEqual(at(4, 50), ["out", "↘"]);
});

test("the allowance is written as far as it is used", () => {
  assert.equal(allowanceText({ used: 3.24, limit: 5, unit: "km" }), "3.2 of 5.0 km today");
  assert.equal(allowanceText({ used: 12.6, limit: 30, unit: "min" }), "13 of 30 min today");
  assert.equal(allowanceText({ used: 3.24, limit: 5, unit: "km" }, true), "2.0 of 3.1 miles today");
  assert.equal(allowanceText({ used: 12.6, limit: 30, unit: "min" }, true), "13 of 30 min today");
});

test("who runs in miles is told laps, paces and limits in miles", () => {
  const lap = "Lap 3: 7:39, 1.61 km.",
    work = "Work 1 of 5: 3:00 at 4:46 min/km.",
    far = "5.2 km so far; for today your plan has 5.0 km.";
  assert.equal(toldInUnits(lap, false), lap);
  assert.equal(toldInUnits(lap, true), "Lap 3: 7:39, 1.00 miles.");
  assert.equal(toldInUnits(work, true), "Work 1 of 5: 3:00 at 7:40 min/mile.");
  const exact = readPace("7:41", true);
  assert.equal(toldInUnits(work, true, exact), "Work 1 of 5: 3:00 at 7:41 min/mile."); // as the runner wrote it
  assert.equal(
    toldInUnits(far, true),
    "3.2 miles so far; your plan has 3.1 miles for today. Stop here, or walk home.",
  );
  assert.equal(toldInUnits("Lap 3: 7:39.", true), "Lap 3: 7:39.");
  assert.equal(
    within("de", () => toldInUnits(lap, true)),
    "Runde 3: 7:39, 1,00 Meilen.",
  );
});

test("every text in kilometres has a twin in miles", () => {
  const texts = Object.entries(SHIPPED.recorded).filter(([, key]) => key.endsWith("_km"));
  assert.ok(texts.length >= 6);
  const filled = texts.map(([text]) => text.replaceAll("{time}", "7:39").replaceAll(/\{\w+\}/g, "5"));
  const left = filled.map((text) => toldInUnits(text, true)).filter((text) => / km\b|\/km/.test(text));
  assert.deepEqual(left, []);
});

test("a sensor is called by where it is worn, also in what is said of it; two at one place keep their names", () => {
  const places = {
    footL: { placement: "foot", side: "L" },
    belt: { placement: "waist", side: null },
    strap: { placement: "pod", side: null },
  };
  useNames(placeNames(places));
  assert.deepEqual(["footL", "belt", "strap"].map(nameText), ["left shoe", "waist", "strap"]);
  assert.equal(recordedText("footL is back."), "left shoe is back.");
  useLanguage(["de"]);
  useNames(placeNames(places));
  assert.equal(nameText("footL"), "linker Schuh");
  useLanguage(["en"]);
  const twice = placeNames({
    a: { placement: "waist", side: null },
    b: { placement: "waist", side: null },
  });
  assert.deepEqual(twice, {});
  useNames({});
});
