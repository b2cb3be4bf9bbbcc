// The review's texts and pictures, as far as they need no page.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { percentChange } from "../../../monitor/web/static/review/comparisons.js";
import { responseText, withheldText } from "../../../monitor/web/static/review/cues_given.js";
import { scaleOf, spreadPath, wayPath, wayTicks } from "../../../monitor/web/static/review/foot_path.js";
import { histogramPath, scale } from "../../../monitor/web/static/review/plot_paths.js";
import { tagsOf } from "../../../monitor/web/static/review/session_tools.js";
import {
  difference,
  halfWidth,
  isClear,
  number,
  numberWithHalf,
  plusMinus,
  unit,
  useLegend,
} from "../../../monitor/web/static/review/terms.js";
import {
  bandCorners,
  cueMark,
  rowRange,
  timelineRow,
} from "../../../monitor/web/static/review/timeline_rows.js";
import "./messages.mjs";
import { holds } from "./seeded.mjs";

// The same cases for texts: tests/review/test_feedback_text.py.
const CLEAR_CASES = JSON.parse(readFileSync(new URL("clear_cases.json", import.meta.url), "utf8"));

const metric = (label, decimals, display) => ({
  label,
  decimals,
  display: { unit: "", scale: 1, decimals, pace: false, ...display },
});
useLegend({
  cadence_spm: metric("Cadence", 0, { unit: "steps/min" }),
  overstride_m: metric("Overstride", 3, { unit: "cm", scale: 100, decimals: 1 }),
  speed_mps: metric("Speed", 2, { unit: "min/km", pace: true }),
});

test("a mean is written with half of its interval; without one, alone; without a mean, as a dash", () => {
  assert.equal(numberWithHalf("overstride_m", { v: 0.1234, ci: 0.004 }), "12.3 ± 0.4");
  assert.equal(numberWithHalf("overstride_m", { v: 0.1234, ci: 0.004 }, 1), "12.34 ± 0.40");
  assert.equal(numberWithHalf("speed_mps", { v: 3, ci: 0.05 }), "5:33 ± 0:06");
  assert.equal(numberWithHalf("cadence_spm", { v: 164, ci: null }), "164");
  for (const none of [null, undefined, { v: null, ci: 2 }])
    assert.equal(numberWithHalf("cadence_spm", none), "–");
  assert.equal(plusMinus("cadence_spm", null, 164), "");
  assert.equal(halfWidth("cadence_spm", undefined, 164), "–");
});

test("numbers, differences and units are those of the legend in use", () => {
  assert.equal(number("overstride_m", 0.05), "5.0");
  assert.equal(difference("overstride_m", -0.01, 0.05), "−1.0");
  assert.equal(unit("overstride_m"), "cm");
  assert.equal(number("unheard_of", 1.25, 1), "1.25");
});

test("a change is clear only where its interval excludes zero and half a shown digit is passed", () => {
  for (const { metric: name, v, ci, clear } of CLEAR_CASES)
    assert.equal(isClear(name, { v, ci }), clear, `${name}: ${v} ± ${ci}`);
  for (const none of [null, undefined, { v: null, ci: 1 }, { v: 5, ci: null }])
    assert.equal(isClear("cadence_spm", none), false);
});

test("a change in per cent has its sign and half of its interval", () => {
  assert.equal(percentChange({ v: 1.26, ci: 0.44 }), "+1.3 ± 0.4 %");
  assert.equal(percentChange({ v: -0.02, ci: null }), "0.0 %");
});

test("tags are what stands between commas, without what is empty", () => {
  assert.deepEqual(tagsOf(" shoe=racer,, surface=track , "), ["shoe=racer", "surface=track"]);
  assert.deepEqual(tagsOf(""), []);
});

test("answers are counted out of the cues that were spoken", () => {
  const response = { cues: 8, answered: { value: 0.75, low: 0.41, high: 0.93 }, median_s: 6.4 };
  assert.equal(
    responseText(response, 9),
    "8 cues given. You responded to 6 within 15 s (75 %, 95 % interval 41 to 93 %). After half of the cues you were back in range within 6 s.",
  );
  assert.equal(responseText({ cues: 1, answered: null, median_s: null }, 1), "1 cue given.");
  assert.equal(responseText(null, 3), "No cue was given.");
  assert.equal(responseText({ cues: 0 }, 3), "No cue was given.");
  assert.equal(responseText(null, 0), "");
});

test("withheld cues are counted by their reason", () => {
  const cues = ["", "hill", "experiment", "hill"].map((withheld) => ({ withheld }));
  assert.equal(withheldText(cues), "3 cues not given: 2 × hill; 1 × experiment.");
  assert.equal(withheldText(cues.slice(0, 1)), "");
});

test("a row shows its band, and all of its line but the outermost hundredths", () => {
  holds(200, (random) => {
    const values = random.list(random.whole(1, 400), () =>
      random.between(0, 1) < 0.1 ? null : random.between(100, 200),
    );
    values.push(150);
    const band = [
      { low: random.between(50, 250), high: null },
      null,
      { low: null, high: random.between(50, 250) },
    ];
    const [low, high] = rowRange(values, band, 2),
      known = values.filter((v) => v !== null);
    const out = known.filter((v) => v < low || v > high).length;
    assert.ok(out <= 0.02 * known.length + 1, `${out} of ${known.length}`);
    assert.ok(low < band[0].low && high > band[0].low && low < band[2].high && high > band[2].high);
  });
});

test("one wild second does not flatten a row, and a level line has room", () => {
  const calm = new Array(500).fill(160);
  const [low, high] = rowRange([...calm, 9000, -9000], [], 2);
  assert.ok(low > 150 && low < 158);
  assert.ok(high > 162 && high < 170);
});

test("a slope that stays level has lines at digits that are worth showing", () => {
  const slope = { label: "Slope", display: { unit: "%", scale: 1, decimals: 1, pace: false } };
  const level = timelineRow(slope, lineOf([0, 0.00004, -0.00003, 0]), null, [], 1);
  assert.deepEqual(
    level.ticks.map(({ text }) => text),
    ["−0.2", "0.0", "0.2"],
  );
});

test("a steady pace fills its row", () => {
  const pace = { label: "Speed", display: { unit: "min/km", scale: 1, decimals: 0, pace: true } };
  const { range, ticks } = timelineRow(pace, lineOf([2.74, 2.76, 2.75, 2.77]), null, [], 1);
  assert.ok(range[0] > 2.5 && range[1] < 3.0, `${range}`);
  assert.deepEqual(
    ticks.map(({ text }) => text),
    ["5:45", "6:00", "6:15"],
  );
});

const PLAIN = { label: "Cadence", display: { unit: "steps/min", scale: 1, decimals: 0, pace: false } };
const lineOf = (mean) => ({ mean, low: [], high: [] });

test("a row is a line in the unit of the reader, and with a band an area behind it", () => {
  const spec = { label: "Overstride", display: { unit: "cm", scale: 100, decimals: 1, pace: false } };
  const band = [
    [0, null, 0.1],
    [2, null, null],
    [3, 0.04, 0.1],
  ];
  const row = timelineRow(spec, { mean: [0.2, null], low: [0.1, null], high: [0.3, null] }, band, [], 4);
  assert.deepEqual(row.lines, [
    { kind: "own", start: 1.5, every: 4, mean: [20, null], low: [10, null], high: [30, null] },
  ]);
  assert.equal(row.areas[0].corners.length, 5);
  assert.equal(row.textOf(12.34), "12.3");
  assert.deepEqual(timelineRow(PLAIN, lineOf([1]), undefined, [], 1).areas, []);
});

test("a band holds from its beginning until the next one, the last to the end; none is a hole", () => {
  const band = [
    [0, 160, 170],
    [10, null, null],
    [20, null, 172],
  ];
  assert.deepEqual(
    bandCorners(band, 30, (v) => v),
    [
      { at: 0, low: 160, high: 170 },
      { at: 10, low: 160, high: 170 },
      null,
      { at: 20, low: null, high: 172 },
      { at: 30, low: null, high: 172 },
    ],
  );
});

test("a row of speed is read as pace, and standing still does not flatten it", () => {
  const spec = { label: "Speed", display: { unit: "min/km", scale: 1, decimals: 2, pace: true } };
  const row = timelineRow(spec, lineOf([0, 0, 3, 3.1, null]), undefined, [], 1);
  assert.equal(row.label, "Pace");
  assert.equal(row.textOf(3), "5:33");
  assert.ok(row.range[0] > 2.5, `from ${row.range[0]}`);
  assert.ok(
    row.ticks.length >= 2 && row.ticks.every(({ text }) => text.endsWith("0") || text.endsWith("5")),
  );
});

test("a mark says what the cue was and what followed; a withheld one is hollow", () => {
  const cue = { t_s: 90, value: 160, fault: "cadence_low", withheld: "", answered_s: 7.2, why: "slow" };
  const all = [cue, { ...cue, withheld: "hill", why: "" }, { ...cue, answered_s: null, fault: "new" }];
  const marks = all.map((c) => cueMark(c, 160));
  assert.deepEqual(
    marks.map(({ at, sign, hollow }) => [at, sign, hollow]),
    [
      [90, "triangle-up", false],
      [90, "triangle-up", true],
      [90, "circle", false],
    ],
  );
  assert.deepEqual(
    marks.map(({ text }) => text),
    [
      "quicker steps: back in range after 7 s (slow)",
      "quicker steps: not given: hill",
      "cue: not back in range within 60 s (slow)",
    ],
  );
});

test("a scale is straight, from edge to edge, and stands still where there is no range", () => {
  holds(200, (random) => {
    const [low, high, first, last] = random.list(4, () => random.between(-50, 50));
    const at = scale(low, high, first, last),
      t = random.between(-1, 2);
    assert.ok(Math.abs(at(low) - first) < 1e-6);
    assert.ok(Math.abs(at(high) - last) < 1e-6);
    assert.ok(Math.abs(at(low + t * (high - low)) - (first + t * (last - first))) < 1e-6);
  });
  assert.equal(scale(5, 5, 10, 20)(5), 10);
});

test("a histogram goes up and down over its base, once for each bin", () => {
  const x = (i) => 10 * i,
    y = (count) => 100 - count;
  assert.equal(histogramPath([3, 0], x, y), "M0,100 L0,97 L10,97 L10,100 L20,100 L20,100");
});

test("both feet have one scale, in which the highest stride and both shoes have room", () => {
  const third = (length, highest) => ({
    ahead_m: [0, length],
    height_m: [0, highest],
    spread_m: [0, 0.02],
  });
  const feet = [
    { first: third(2, 0.25), last: third(2.2, 0.2) },
    { first: third(1.8, 0.3), last: third(2, 0.25) },
  ];
  const { perM, ground, height, longest } = scaleOf(feet);
  assert.equal(longest, 2.2);
  assert.ok(perM * (2.2 + 0.2) < 560, "in view");
  assert.ok(ground - perM * (0.075 + 2 * 0.32) > 0, "the highest is below the upper edge");
  assert.ok(height > ground);
  assert.deepEqual(wayTicks(2.2), [0, 0.5, 1, 1.5, 2]);
});

test("a way is a line, and its spread an area round it", () => {
  const third = { ahead_m: [0, 2], height_m: [0, 10], spread_m: [0, 1] },
    same = (value) => value;
  assert.equal(wayPath(third, same, same), "M0.0 0.0L2.0 10.0");
  assert.equal(spreadPath(third, same, same), "M0.0 0.0L2.0 11.0L2.0 9.0L0.0 0.0Z");
});
