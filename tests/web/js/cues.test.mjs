// What a cue makes the page do, and what is written about it.
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  bandPosition,
  bandText,
  cueNumbers,
  latenessText,
} from "../../../monitor/web/static/live/cue_texts.js";
import { mayBeSaid, newCues, signalsOf } from "../../../monitor/web/static/live/signals.js";
import "./messages.mjs";
import { holds } from "./seeded.mjs";

const pitch = ({ tones }) => Math.sign(tones.at(-1)[0] - tones[0][0]);
const FAULTS = ["cadence_low", "cadence_high", "overstride", "braking"];

test("quicker rises with beats and one pulse, easier falls without and with two", () => {
  for (const fault of FAULTS) {
    const signals = signalsOf({ kind: "correct", fault }),
      ease = fault === "cadence_high";
    assert.equal(pitch(signals), ease ? -1 : 1, fault);
    assert.equal(signals.beats, !ease, fault);
    assert.equal([signals.pulses].flat().length, ease ? 3 : 1, fault);
  }
});

test("the four signals can be told apart by ear and by eye, and only a correction brings beats", () => {
  const all = [
    { kind: "confirm", fault: "cadence_high" },
    { kind: "notice", fault: null },
    { kind: "correct", fault: "cadence_high" },
    { kind: "correct", fault: "cadence_low" },
  ].map(signalsOf);
  assert.equal(new Set(all.map(({ sign }) => sign)).size, 4);
  assert.equal(new Set(all.map(({ tones }) => JSON.stringify(tones))).size, 4);
  assert.deepEqual(
    all.map(({ beats }) => beats),
    [false, false, false, true],
  );
  assert.ok(all[0].gain < all[3].gain, "praise is softer than a correction");
});

test("an interval is told apart by ear: three tones up for work, down for what is easy, and no beats", () => {
  const work = signalsOf({ kind: "notice", fault: null, wording: "interval_work" }),
    easy = signalsOf({ kind: "notice", fault: null, wording: "interval_easy" });
  assert.deepEqual([pitch(work), pitch(easy)], [1, -1]);
  assert.deepEqual([work.tones.length, easy.tones.length, work.beats, easy.beats], [3, 3, false, false]);
  assert.equal(signalsOf({ kind: "notice", wording: "lap" }).tones.length, 2);
  for (const [, from, length] of work.tones) assert.ok(from + length <= 0.42);
});

test("tones are over before words begin, 0.42 s after them", () => {
  for (const kind of ["notice", "correct"])
    for (const fault of FAULTS)
      for (const [, from, length] of signalsOf({ kind, fault }).tones) assert.ok(from + length <= 0.42);
});

test("each cue is new once, and due only in its time and if it was not withheld", () => {
  holds(300, (random) => {
    const now = random.between(100, 200);
    const cues = random.list(12, (i) => ({
      n: i + 1,
      withheld: random.between(0, 1) < 0.3 ? "experiment" : "",
      expires_s: random.between(50, 250),
    }));
    const heard = random.whole(0, 12),
      fresh = newCues(cues, heard, now);
    assert.deepEqual(
      fresh.map(({ n }) => n),
      cues.slice(heard).map(({ n }) => n),
    );
    for (const cue of fresh) assert.equal(cue.due, cue.withheld === "" && cue.expires_s >= now);
    assert.deepEqual(newCues(cues, 12, now), []);
    assert.ok(
      newCues(cues, 0, null).every(({ due }) => !due),
      "without a clock nothing is in time",
    );
  });
});

test("words come rarely, always or never, as the runner chose; notices unless never", () => {
  const correct = { kind: "correct" },
    notice = { kind: "notice" },
    confirm = { kind: "confirm" };
  assert.equal(mayBeSaid(correct, "rarely", 299), false);
  assert.equal(mayBeSaid(correct, "rarely", 300), true);
  assert.equal(mayBeSaid(correct, "rarely", Number.POSITIVE_INFINITY), true, "the first of a run");
  assert.equal(mayBeSaid(correct, "always", 0), true);
  assert.equal(mayBeSaid(correct, "never", 1e9), false);
  assert.equal(mayBeSaid(notice, "rarely", 0), true);
  assert.equal(mayBeSaid(notice, "never", 1e9), false);
  for (const choice of ["rarely", "always", "never"]) assert.equal(mayBeSaid(confirm, choice, 1e9), false);
});

test("a correction is written with its numbers, a notice with its reason, a return without", () => {
  const spec = { label: "Cadence", display: { unit: "steps/min", scale: 1, decimals: 0, pace: false } };
  const cue = { value: 163.6, target: 172, why: "slow for 10 s" };
  assert.equal(cueNumbers({ ...cue, kind: "correct" }, spec), "Cadence 164, target 172 steps/min");
  assert.equal(cueNumbers({ ...cue, kind: "notice" }, spec, "slow for 10 s"), "slow for 10 s");
  assert.equal(cueNumbers({ ...cue, kind: "confirm" }, spec), "");
});

test("how late a cue was heard is written, or that there was no sound", () => {
  assert.equal(latenessText(0.449), "Heard 0.4 s after your step");
  assert.match(latenessText(null), /^No sound/);
});

test("a value is in a band exactly from its low to its high edge; an open edge lets all in", () => {
  holds(500, (random) => {
    const low = random.between(150, 170),
      high = low + random.between(1, 20),
      value = random.between(130, 210);
    const at = (band) => bandPosition({ muted: "", ...band }, value);
    assert.equal(at({ low, high }), value >= low && value <= high ? "in" : "out");
    assert.equal(at({ low: null, high }), value <= high ? "in" : "out");
    assert.equal(at({ low, high: null }), value >= low ? "in" : "out");
    assert.equal(at({ low: null, high: null }), "in");
    assert.equal(bandPosition({ low: null, high: value, muted: "" }, -value), "in");
    assert.equal(at({ low: value, high: value }), "in", "on the edge");
    assert.equal(at({ low, high, muted: "warm-up" }), "muted");
  });
  assert.equal(
    bandPosition({ low: 160, high: 170, muted: "" }, undefined),
    "in",
    "nothing known is not out",
  );
});

test("a band is written as a range, or by the edge that it has", () => {
  assert.equal(bandText({ low: 168.4, high: 178.6 }), "168–179");
  assert.equal(bandText({ low: null, high: 178 }), "up to 178");
  assert.equal(bandText({ low: 168, high: null }), "168 or more");
});
