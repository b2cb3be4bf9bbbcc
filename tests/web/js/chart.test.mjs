// Charts: however narrow one is, nothing that was measured is hidden, and nothing is joined over a hole.
import assert from "node:assert/strict";
import { test } from "node:test";
import { placesOf, readingOf } from "../../../monitor/web/static/review/chart_drawing.js";
import {
  areaPath,
  columnsOf,
  edgePath,
  envelopePath,
  linePath,
  outsideMarks,
  paceTicks,
  pointAt,
  timeTicks,
  valueTicks,
} from "../../../monitor/web/static/review/chart_shapes.js";
import "./messages.mjs";
import { holds } from "./seeded.mjs";

const same = (value) => value;

function lineOf(random) {
  const mean = random.list(random.whole(1, 900), () =>
    random.between(0, 1) < 0.2 ? null : random.between(100, 200),
  );
  const beside = (by) => mean.map((v) => (v === null ? null : v + by));
  return {
    start: 1.5,
    every: 3,
    mean,
    low: beside(-random.between(0, 5)),
    high: beside(random.between(0, 5)),
  };
}

test("columns are as few as fit, and no extreme of what is in view is lost", () => {
  holds(300, (random) => {
    const line = lineOf(random),
      end = line.start + line.every * line.mean.length,
      from = random.between(0, end / 2),
      to = from + random.between(1, end),
      places = random.whole(5, 400);
    const columns = columnsOf(line, [from, to], places),
      inView = line.mean
        .keys()
        .filter((i) => line.start + i * line.every >= from && line.start + i * line.every <= to);
    assert.ok(columns.length <= places + 1, `${columns.length} of ${places}`);
    for (const i of inView) {
      if (line.mean[i] === null) continue;
      assert.ok(columns.some((c) => c && c.low <= line.low[i] && c.high >= line.high[i]));
    }
  });
});

test("where there is room each point is a column of its own", () => {
  const line = { start: 0, every: 1, mean: [1, null, 3], low: [], high: [] };
  assert.deepEqual(columnsOf(line, [0, 2], 10), [
    { at: 0, mean: 1, low: 1, high: 1 },
    null,
    { at: 2, mean: 3, low: 3, high: 3 },
  ]);
  assert.deepEqual(pointAt(line, 2.4), { at: 2, mean: 3, low: 3, high: 3 });
  assert.equal(pointAt(line, 1), null);
  assert.equal(pointAt(line, 7), null);
});

test("a line is broken at every hole, and a point alone is a dot", () => {
  const at = (x, mean) => ({ at: x, mean });
  assert.equal(linePath([at(0, 1), at(1, 2), null, at(3, 4)], same, same), "M0.0 1.0L1.0 2.0M3.0 4.0h0");
  assert.equal(linePath([null], same, same), "");
});

test("what lies between the least and the greatest is filled, and nothing over a hole", () => {
  const c = (at, low, high) => ({ at, mean: low, low, high });
  assert.equal(
    envelopePath([c(0, 1, 3), c(1, 2, 4), null, c(5, 7, 7)], same, same),
    "M0.0 3.0L1.0 4.0L1.0 2.0L0.0 1.0Z",
  );
});

test("a band that is open on one side is filled to the edge of the row and has one edge", () => {
  const corners = [{ at: 0, low: null, high: 9 }, { at: 4, low: null, high: 9 }, null];
  const within = (value) => Math.min(20, Math.max(0, value));
  assert.equal(areaPath(corners, same, within), "M0.0 9.0L4.0 9.0L4.0 0.0L0.0 0.0Z");
  assert.equal(edgePath(corners, "high", same, same), "M0.0 9.0L4.0 9.0");
  assert.equal(edgePath(corners, "low", same, same), "");
});

test("what lies outside of a row is marked, at least once in every place", () => {
  holds(200, (random) => {
    const columns = random.list(random.whole(1, 200), (i) =>
      random.between(0, 1) < 0.1
        ? null
        : { at: i, low: random.between(-2, 5), high: random.between(5, 12) },
    );
    const marks = outsideMarks(columns, [0, 10], same);
    for (const c of columns) {
      if (!c) continue;
      const near = (up) => marks.some((mark) => mark.up === up && Math.abs(mark.at - c.at) < 9);
      assert.ok(c.high <= 10 || near(true));
      assert.ok(c.low >= 0 || near(false));
    }
    assert.ok(marks.every(({ at, up }) => (up ? columns[at].high > 10 : columns[at].low < 0)));
  });
});

test("lines of values stand at round numbers in view, and their text tells them apart", () => {
  holds(300, (random) => {
    const low = random.between(-50, 300),
      high = low + 10 ** random.between(-3, 3);
    const ticks = valueTicks([low, high], 4);
    assert.ok(ticks.length >= 1 && ticks.length <= 5, `${ticks.length} lines`);
    assert.ok(ticks.every(({ at }) => at >= low - 1e-6 && at <= high + 1e-6));
    const texts = ticks.map(({ at, decimals }) => at.toFixed(decimals));
    assert.equal(new Set(texts).size, texts.length, texts.join());
  });
});

test("lines of time stand at round seconds, those of pace at round seconds per kilometre", () => {
  holds(300, (random) => {
    const from = random.between(0, 20_000),
      to = from + random.between(10, 20_000);
    assert.ok(timeTicks([from, to], 6).every((t) => t >= from - 1 && t <= to + 1 && Number.isInteger(t)));
    const low = random.between(1, 5),
      high = low + random.between(0.05, 2),
      paces = paceTicks([low, high], 4);
    assert.ok(paces.length <= 5, `${paces.length} lines`);
    for (const mps of paces) {
      assert.ok(mps >= low - 1e-6 && mps <= high + 1e-6);
      assert.ok(Math.abs(1000 / mps - Math.round(1000 / mps)) < 1e-6);
    }
  });
  assert.deepEqual(timeTicks([0, 1200], 5), [0, 300, 600, 900, 1200]);
  assert.ok(paceTicks([0, 3], 4).length > 0, "standing still is no division by zero");
  const apart = paceTicks([1, 3.6], 4);
  for (const [i, at] of apart.slice(1).entries())
    assert.ok(apart[i] - at >= 2.6 / 8, "lines of slow paces do not lie on each other");
});

test("a reading has its unit, and what it stands for where that is more than one value", () => {
  const row = {
    unit: "ms",
    textOf: (v) => v.toFixed(0),
    lines: [
      { start: 0, every: 2, mean: [200, 240, null], low: [200, 230.2, null], high: [200.3, 251, null] },
    ],
  };
  assert.equal(readingOf(row, 0), "200 ms");
  assert.equal(readingOf(row, 2.2), "240 (230–251) ms");
  assert.equal(readingOf(row, 2.2, true), "240 ms");
  assert.equal(readingOf(row, 4), "– ms");
});

test("every row lies below the one before it, and its values stay in it", () => {
  const places = placesOf({ rows: [{ range: [0, 10] }, { range: [5, 6] }] }, [0, 100], 400);
  assert.ok(places.rows[0].bottom < places.rows[1].top);
  assert.equal(places.rows[0].y(10), places.rows[0].top);
  assert.equal(places.rows[0].y(99), places.rows[0].top);
  assert.equal(places.rows[1].y(-1), places.rows[1].bottom);
  assert.ok(Math.abs(places.at(places.x(37)) - 37) < 1e-9);
});
