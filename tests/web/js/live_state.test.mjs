// The state of the page: whole once, then changes.
import assert from "node:assert/strict";
import { test } from "node:test";
import { applyChange } from "../../../monitor/web/static/live/live_state.js";
import { holds } from "./seeded.mjs";

const start = () => ({
  t_s: 0,
  steps: 0,
  beats: [],
  session: null,
  now: {},
  sensors: {},
  history: {},
  history_s: 60,
});

test("numbers, texts and lists are replaced", () => {
  const state = { ...start(), cues: [1, 2, 3], activity: "run", steps: 7 };
  applyChange(state, { cues: [3, 4], activity: "walk", steps: 0, ended: null });
  assert.deepEqual(state.cues, [3, 4]);
  assert.equal(state.activity, "walk");
  assert.deepEqual([state.steps, state.ended], [0, null]);
});

test("tables are merged: what a change does not name stays", () => {
  const state = { ...start(), now: { cadence_spm: { value: 160 }, contact_ms: { value: 240 } } };
  applyChange(state, { now: { cadence_spm: { value: 170 } }, sensors: { left: { link: "streaming" } } });
  assert.deepEqual(state.now, { cadence_spm: { value: 170 }, contact_ms: { value: 240 } });
  assert.deepEqual(state.sensors, { left: { link: "streaming" } });
});

test("rows of numbers and sensors are merged, beats grow and stay in order", () => {
  const state = { ...start(), now: { contact_ms: { t_s: 1, value: 240, sd: 3, how: "foot" } } };
  state.sensors = { left: { link: "lost", text: "gone", received: 5 } };
  state.beats = [1, 2];
  applyChange(state, {
    now: { contact_ms: [2, 241, 4], cadence_spm: { t_s: 2, value: 170, sd: 1 } },
    sensors: { left: { received: 9 } },
    beats: [3.5, 1.5],
  });
  assert.deepEqual(state.now.contact_ms, { t_s: 2, value: 241, sd: 4, how: "foot" });
  assert.deepEqual(state.now.cadence_spm, { t_s: 2, value: 170, sd: 1 });
  assert.deepEqual(state.sensors.left, { link: "lost", text: "gone", received: 9 });
  assert.deepEqual(state.beats, [1, 1.5, 2, 3.5]);
  applyChange(state, { beats: Array.from({ length: 30 }, (_, i) => 10 + i) });
  assert.deepEqual([state.beats.length, state.beats.at(-1)], [24, 39]);
});

test("the timer is merged; the allowance of today is told as a whole, or taken away", () => {
  const state = { ...start(), timer: { paused_at_s: 3, laps: [] }, allowance: { used: 1, limit: 5 } };
  applyChange(state, { timer: { paused_at_s: null }, allowance: { used: 2, limit: 5 } });
  assert.deepEqual(state.timer, { paused_at_s: null, laps: [] });
  assert.deepEqual(state.allowance, { used: 2, limit: 5 });
  applyChange(state, { allowance: null });
  assert.equal(state.allowance, null);
});

test("another session takes the place of the one before, whole", () => {
  const state = { ...start(), session: { session: "a", note: "old" } };
  applyChange(state, { session: { session: "b" } });
  assert.deepEqual(state.session, { session: "b" });
  applyChange(state, { session: null });
  assert.equal(state.session, null);
});

test("history keeps its last history_s seconds and what held when they began, in however many changes it comes", () => {
  holds(200, (random) => {
    let t = 0;
    const points = random.list(200, (i) => {
      t += random.between(0.2, 3);
      return [t, i];
    });
    const state = start();
    for (let from = 0; from < points.length; ) {
      const to = from + random.whole(0, 9);
      applyChange(state, { history: { cadence_spm: points.slice(from, to) } });
      from = to;
    }
    const begins = points.findLastIndex((p) => p[0] <= t - 60);
    assert.deepEqual(state.history.cadence_spm, points.slice(Math.max(begins, 0)));
  });
});

test("a curve that is new, or has nothing new, is no trouble", () => {
  const state = start();
  applyChange(state, { history: { cadence_spm: [] } });
  assert.deepEqual(state.history, { cadence_spm: [] });
  applyChange(state, { history: { cadence_spm: [[5, 160]], "band:cadence_spm": [[5, 150, null]] } });
  assert.deepEqual(state.history["band:cadence_spm"], [[5, 150, null]]);
});
