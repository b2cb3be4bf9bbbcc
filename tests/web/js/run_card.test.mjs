import assert from "node:assert/strict";
import test from "node:test";
import { cardOf } from "../../../monitor/web/static/hub/run_card.js";

const ROW = {
  run: "club.ann.2026 ann/1",
  athlete: "Ann",
  activity: "run",
  cadence_spm: 171,
  low: 168,
  high: 176,
  off: false,
  ended: false,
  silent_s: 1,
};
const card = (change) => cardOf({ ...ROW, ...change });

test("a runner is inside or outside the target, where one holds", () => {
  assert.equal(card({}).kind, "inside");
  assert.equal(card({ cadence_spm: 167.9 }).kind, "outside");
  assert.equal(card({ cadence_spm: 176.1 }).kind, "outside");
  assert.equal(card({ cadence_spm: 190, high: null }).kind, "inside");
  assert.equal(card({ cadence_spm: 150, off: true }).kind, "");
  assert.equal(card({ cadence_spm: 100, activity: "walk" }).kind, "");
  assert.equal(card({ cadence_spm: null }).kind, "");
  assert.equal(card({ low: null, high: null }).kind, "");
  assert.equal(card({ cadence_spm: 150 }).place, "hub.below");
  assert.equal(card({ cadence_spm: 180 }).place, "hub.above");
  assert.equal(card({ off: true }).place, "");
});

test("a target is told with the edges that it has", () => {
  assert.deepEqual(card({}).target, ["hub.target", { low: 168, high: 176 }]);
  assert.deepEqual(card({ high: null }).target, ["hub.target_from", { low: 168 }]);
  assert.equal(card({ off: true }).target, null);
  assert.equal(card({ low: null }).target, null);
});

test("who is silent or has finished has no number of now", () => {
  for (const change of [{ silent_s: 15.1 }, { ended: true }]) {
    const { away, kind, cadence, target } = card(change);
    assert.deepEqual([away, kind, cadence, target], [true, "away", null, null]);
  }
  assert.equal(card({ ended: true }).doing, "hub.finished");
  assert.equal(card({ silent_s: 200 }).minutes, 3);
  assert.equal(card({ silent_s: 16 }).minutes, 1);
});

test("the link leads to the run whatever its name", () => {
  assert.equal(card({}).href, "run?run=club.ann.2026%20ann%2F1");
});
