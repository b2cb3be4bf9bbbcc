// The delay of headphones, from taps along with ten beats.
import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { delay, listen } from "../../../monitor/web/static/live/taps.js";
import { holds } from "./seeded.mjs";

const BEATS = Array.from({ length: 10 }, (_, i) => 5000 + 1000 * i);

test("the delay is found to 40 ms by a runner who taps unevenly and misses some beats", () => {
  holds(500, (random) => {
    const late = random.between(-100, 700);
    const taps = BEATS.filter(() => random.between(0, 1) > 0.2).map(
      (b) => b + late + random.between(-38, 38),
    );
    if (taps.length < 5) return;
    const found = delay(taps, BEATS);
    assert.ok(found !== null && Math.abs(found - late) <= 39, `${late} ms, found ${found}`);
    assert.ok(Number.isInteger(found));
  });
});

test("a few stray taps change nothing", () => {
  holds(300, (random) => {
    const late = random.between(0, 450);
    const good = BEATS.slice(0, 8).map((b) => b + late + random.between(-15, 15));
    const stray = [good[2] + 170, good[5] - 150];
    const found = delay(
      [...good, ...stray].toSorted((a, b) => a - b),
      BEATS,
    );
    assert.ok(found !== null && Math.abs(found - late) <= 20, `${late} ms, found ${found}`);
  });
});

test("taps at random agree on nothing", () => {
  let believed = 0;
  holds(500, (random) => {
    const taps = random.list(10, (i) => BEATS[i] + random.between(-200, 800));
    if (delay(taps, BEATS) !== null) believed++;
  });
  assert.ok(believed <= 10, `${believed} of 500`);
});

test("four taps are too few, five are enough", () => {
  const taps = BEATS.map((b) => b + 200);
  assert.equal(delay(taps.slice(0, 4), BEATS), null);
  assert.equal(delay(taps.slice(0, 5), BEATS), 200);
  assert.equal(delay([], BEATS), null);
});

test("the middle of the taps counts, whenever the stray one came", () => {
  for (const stray of BEATS.keys()) {
    const taps = BEATS.map((b, i) => b + (i === stray ? 320 : 150));
    assert.equal(delay(taps, BEATS), 150);
  }
});

test("taps that drift away from the beats agree on nothing; early ones are a negative delay", () => {
  assert.equal(
    delay(
      BEATS.map((b, i) => b + 137 * i),
      BEATS,
    ),
    null,
  );
  assert.equal(
    delay(
      BEATS.map((b) => b - 40),
      BEATS,
    ),
    -40,
  );
});

test("taps far from every beat do not count", () => {
  assert.equal(
    delay(
      [900, 905, 910, 915, 920].map((ms) => BEATS.at(-1) + ms),
      BEATS,
    ),
    null,
  );
  assert.equal(
    delay(
      BEATS.map((b) => b - 20_000),
      BEATS,
    ),
    null,
  );
});

test("listening plays ten beats, a second apart, and takes the taps until they are over", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const pad = new EventTarget(),
    played = [];
  const found = listen({ beats: (instants) => played.push(...instants) }, pad);
  assert.equal(played.length, 10);
  assert.ok(played.slice(1).every((t, i) => Math.abs(t - played[i] - 1000) < 1e-6));
  assert.ok(played[0] > performance.now() + 500, "time to get ready");
  for (const beat of played) {
    const tap = new Event("pointerdown", { cancelable: true });
    Object.defineProperty(tap, "timeStamp", { value: beat + 250 });
    pad.dispatchEvent(tap);
    assert.ok(tap.defaultPrevented, "a tap is not also a click or a scroll");
  }
  mock.timers.tick(played.at(-1) - played[0] + 1000 + 800);
  assert.equal(await found, 250);
  mock.timers.reset();
});
