// Target bands as areas: a band holds until the next one, and a hole stays a hole.
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  bandCorners,
  bandPath,
  linePath,
  timeTicks,
  valueRange,
  valueTicks,
} from "../../../monitor/web/static/live/strip_shapes.js";
import { holds } from "./seeded.mjs";

// Bands [t, low, high], some with an open edge.
function bandsOf(random) {
  let t = random.between(0, 20);
  return random.list(random.whole(1, 12), () => {
    t += random.between(0.5, 30);
    const low = random.between(0, 1) < 0.2 ? null : random.between(150, 170);
    return [t, low, low === null ? null : low + random.between(4, 12)];
  });
}

// The band in force at an instant.
const inForce = (bands, t) => bands.findLast(([begin]) => begin <= t) ?? [0, null, null];

test("at every instant that is shown the corners give the band that is in force then", () => {
  holds(300, (random) => {
    const bands = bandsOf(random),
      to = bands.at(-1)[0] + random.between(0.1, 50),
      from = random.between(-10, to - 0.1);
    const { t, low, high } = bandCorners(bands, from, to);
    assert.equal(t.length % 2, 0);
    for (let k = 0; k < 40; k++) {
      const at = random.between(from, to),
        i = t.findLastIndex((corner) => corner <= at);
      const [, wantedLow, wantedHigh] = inForce(bands, at);
      if (i < 0) assert.equal(at < bands[0][0], true, "nothing only before the first band");
      else {
        assert.equal(i % 2, 0, "inside a step, not between two");
        assert.deepEqual(
          [low[i], high[i], low[i + 1], high[i + 1]],
          [wantedLow, wantedHigh, wantedLow, wantedHigh],
        );
      }
    }
    assert.ok(t.every((corner, i) => corner >= from && corner <= to && (i === 0 || corner >= t[i - 1])));
  });
});

test("a band that began before the strip does is drawn from its left edge on", () => {
  assert.deepEqual(bandCorners([[10, 165, 175]], 100, 160), {
    t: [100, 160],
    low: [165, 165],
    high: [175, 175],
  });
  assert.deepEqual(
    bandCorners(
      [
        [10, 1, 2],
        [50, 3, 4],
      ],
      60,
      70,
    ).low,
    [3, 3],
  );
  assert.deepEqual(bandCorners([], 0, 10).t, []);
  assert.deepEqual(bandCorners([[11, 1, 2]], 0, 10).t, [], "not yet in force");
});

const same = (value) => value;

test("the strip's band is a rectangle for each step, and none where an edge is open", () => {
  const bands = [
    [0, 165, 175],
    [60, null, 170],
    [120, 160, 170],
  ];
  assert.equal(
    bandPath(bandCorners(bands, 0, 180), same, same),
    "M0.0 175.0H60.0V165.0H0.0ZM120.0 170.0H180.0V160.0H120.0Z",
  );
  assert.equal(bandPath(bandCorners([], 0, 180), same, same), "");
});

test("the line is broken where points lie more than 3 s apart, and only there", () => {
  holds(200, (random) => {
    let t = 0;
    const points = random.list(random.whole(0, 60), () => {
      t += random.between(0.5, 5);
      return [t, random.between(150, 180)];
    });
    const parts = linePath(points, same, same).match(/[ML][^ML]+/g) ?? [];
    assert.deepEqual(
      parts.map((part) => part.slice(1)),
      points.map(([at, value]) => `${at.toFixed(1)} ${value.toFixed(1)}`),
    );
    const breaks = points.map(([at], i) => (i && at - points[i - 1][0] <= 3 ? "L" : "M"));
    assert.deepEqual(
      parts.map((part) => part[0]),
      breaks,
    );
  });
});

test("lines of time stand at round seconds, two to seven of them", () => {
  holds(200, (random) => {
    const from = random.between(0, 20_000),
      to = from + random.between(30, 3600);
    const at = timeTicks(from, to);
    assert.ok(at.length >= 2 && at.length <= 7, `${at.length} lines`);
    assert.ok(at.every((t) => t >= from && t <= to && t % 10 === 0));
  });
  assert.deepEqual(timeTicks(0, 300), [0, 60, 120, 180, 240, 300]);
});

test("lines of values stand at tens", () => {
  assert.deepEqual(valueTicks(150, 185), [150, 160, 170, 180]);
  assert.deepEqual(valueTicks(96, 190), [100, 120, 140, 160, 180]);
});

test("everything that is drawn is in view, and the usual range always", () => {
  holds(200, (random) => {
    const points = random.list(random.whole(0, 30), (i) => [i, random.between(60, 240)]);
    const band = { low: [random.between(60, 240), null], high: [random.between(60, 240), null] };
    const [from, to] = valueRange(points, band);
    assert.ok(from <= 150 && from > 50, `from ${from}`);
    assert.ok(to >= 185 && to < 250, `to ${to}`);
    for (const value of [...points.map(([, v]) => v), band.low[0], band.high[0]])
      assert.ok(from <= value - 4 + 1e-9 && to >= value + 4 - 1e-9);
  });
  assert.deepEqual(valueRange([], { low: [], high: [] }), [150, 185]);
});
