// The page as a radio: what it asks the browser for, and what it says of a pod.
import assert from "node:assert/strict";
import { test } from "node:test";
import { base64Of, beginsWith, bytesOf } from "../../../monitor/web/static/radio/bytes.js";
import { holds } from "./seeded.mjs";
import "./messages.mjs";

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
