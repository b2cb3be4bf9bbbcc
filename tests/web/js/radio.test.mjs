// The page as a radio: what it asks the browser for, and what it says of a pod.
import assert from "node:assert/strict";
import { test } from "node:test";
import { base64Of, beginsWith, bytesOf } from "../../../monitor/web/static/radio/bytes.js";
import { holds } from "./seeded.mjs";
import "./messages.mjs";

const { RunnerWishes } = await import("../../../monitor/web/static/radio/runner_wishes.js");
globalThis.localStorage ??= { getItem: () => null };
const { filtersOf, podText } = await import("../../../monitor/web/static/radio/radio_box.js");

test("bytes come back as they were", () => {
  holds(50, (random) => {
    const bytes = Uint8Array.from(random.list(random.whole(0, 300), () => random.whole(0, 255)));
    assert.deepEqual(bytesOf(base64Of(bytes)), bytes);
    assert.ok(beginsWith(bytes, bytes.slice(0, 3)));
  });
});

test("bytes within a larger buffer are only themselves", () => {
  const view = new DataView(Uint8Array.of(9, 1, 2, 9).buffer, 1, 2);
  assert.deepEqual([...bytesOf(base64Of(view))], [1, 2]);
});

test("of names and of services one must hold each", () => {
  assert.deepEqual(filtersOf({ names: [], services: ["a", "b"] }), [
    { services: ["a"] },
    { services: ["b"] },
  ]);
  assert.deepEqual(filtersOf({ names: ["X"], services: [] }), [{ namePrefix: "X" }]);
  assert.deepEqual(filtersOf({ names: ["X", "Y"], services: ["a"] }), [
    { namePrefix: "X", services: ["a"] },
    { namePrefix: "Y", services: ["a"] },
  ]);
});

test("a sensor without a device says what to choose", () => {
  assert.equal(podText(null, { name: "left", match: "Movesense 12" }), "choose Movesense 12");
  assert.equal(podText(null, { name: "left", match: "C0:FF:EE:00:00:01" }), "none chosen yet");
});

test("a pod says its state, its trouble and its battery", () => {
  const pod = { device: { name: "Pod 1" }, state: "lost", trouble: "no connection", battery: 12 };
  assert.equal(podText(pod, { name: "left" }), "Pod 1 · lost, searching · no connection · battery 12 %");
});

const kinds = (wishes) => wishes.shown().map(({ kind }) => kind);

test("a wish is shown until the service has it and the timer tells of it", () => {
  const wishes = new RunnerWishes();
  const [pause, resume] = [wishes.add("pause"), wishes.add("resume")];
  assert.deepEqual([pause[0], resume[0]], ["pause", "resume"]);
  wishes.keep([["lap", pause[1]], pause], 7);
  wishes.taken(6);
  wishes.followed();
  assert.deepEqual(kinds(wishes), ["pause", "resume"]); // what changed was not of these
  wishes.taken(7);
  assert.deepEqual(kinds(wishes), ["pause", "resume"]);
  wishes.followed();
  assert.deepEqual(kinds(wishes), ["resume"]);
});

test("a wish is worth a word once it has waited, and is forgotten when nothing is told of it", (t) => {
  let now_ms = 1000;
  t.mock.method(performance, "now", () => now_ms);
  const wishes = new RunnerWishes();
  const entry = wishes.add("lap");
  assert.deepEqual(
    wishes.shown().map(({ waits }) => waits),
    [false],
  );
  now_ms += 2000;
  assert.equal(wishes.shown()[0].waits, false); // it is not kept yet
  wishes.keep([entry], 3);
  assert.deepEqual(
    wishes.shown().map(({ waits }) => waits),
    [true],
  );
  wishes.taken(3);
  assert.deepEqual(
    wishes.shown().map(({ waits }) => waits),
    [false],
  );
  now_ms += 4000;
  assert.deepEqual(kinds(wishes), []);
});
