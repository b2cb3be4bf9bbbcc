// The review's texts and pictures, as far as they need no page.
import assert from "node:assert/strict";
import { test } from "node:test";
import { percentChange } from "../../../monitor/web/static/review/comparisons.js";
import { responseText, withheldText } from "../../../monitor/web/static/review/cues_given.js";
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
  cueTraces,
  paceTicks,
  rowRange,
  rowTraces,
} from "../../../monitor/web/static/review/timeline_traces.js";
import "./messages.mjs";
import { holds } from "./seeded.mjs";

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
const colour = (name) => `<${name}>`;

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
  assert.equal(isClear("cadence_spm", { v: 2, ci: 1.9 }), true);
  assert.equal(isClear("cadence_spm", { v: -2, ci: 1.9 }), true);
  assert.equal(isClear("cadence_spm", { v: 2, ci: 2 }), false);
  assert.equal(isClear("cadence_spm", { v: 0.4, ci: 0.1 }), false, "not to be seen");
  assert.equal(isClear("overstride_m", { v: 0.0006, ci: 0.0001 }), true);
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
    "8 cues given. You responded to 6 within 15 s (75 %, 95 % interval 41 to 93 %). Half of them came within 6 s.",
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
      [random.between(50, 250), null],
      [null, random.between(50, 250)],
    ];
    const [low, high] = rowRange(values, band),
      known = values.filter((v) => v !== null);
    const out = known.filter((v) => v < low || v > high).length;
    assert.ok(out <= 0.02 * known.length + 1, `${out} of ${known.length}`);
    assert.ok(low < band[0][0] && high > band[0][0] && low < band[1][1] && high > band[1][1]);
  });
});

test("one wild second does not flatten a row, and a level line has room", () => {
  const calm = new Array(500).fill(160);
  const [low, high] = rowRange([...calm, 9000, -9000], undefined);
  assert.ok(low > 150 && low < 158);
  assert.ok(high > 162 && high < 170);
});

test("ticks of pace are round, in view, and between one and five", () => {
  holds(300, (random) => {
    const low = random.between(1, 5),
      high = low + random.between(0.05, 2);
    const { tickvals, ticktext } = paceTicks([low, high]);
    assert.ok(tickvals.length <= 5, `${tickvals.length} ticks`);
    tickvals.forEach((mps, i) => {
      assert.ok(mps >= low - 1e-9 && mps <= high + 1e-9);
      const [m, s] = ticktext[i].split(":").map(Number);
      assert.ok(Math.abs(60 * m + s - 1000 / mps) < 1e-6, "a whole second");
      assert.equal((60 * m + s) % 5, 0);
    });
    if (1000 / low - 1000 / high > 20) assert.ok(tickvals.length >= 2);
  });
  assert.ok(paceTicks([0, 3]).tickvals.length > 0, "standing still is no division by zero");
});

test("a row is a line, and with a band an area with two edges behind it", () => {
  const spec = { label: "Cadence", display: { unit: "steps/min", scale: 1, decimals: 0, pace: false } };
  const band = [
    [165, null, 165],
    [175, null, 175],
  ];
  const [area, low, high, line] = rowTraces([0, 1, 2], [160, 161, null], band, "y2", spec, colour);
  assert.deepEqual(area.x, [0, 0, 0, null, 2, 2, 2, null]);
  assert.deepEqual([low.y, high.y, line.y], [...band, [160, 161, null]]);
  assert.ok([area, low, high, line].every(({ yaxis }) => yaxis === "y2"));
  assert.deepEqual(rowTraces([0], [1], undefined, "y", spec, colour).length, 1);
  assert.match(line.hovertemplate, /:\.0f\} steps\/min$/);
});

test("a row of speed is read as pace", () => {
  const spec = { label: "Speed", display: { unit: "min/km", scale: 1, decimals: 2, pace: true } };
  const [line] = rowTraces([0, 1], [3, null], undefined, "y", spec, colour);
  assert.deepEqual([line.name, line.text, line.y], ["Pace", ["5:33", ""], [3, null]]);
});

test("a mark says what the cue was and what followed; a withheld one is hollow", () => {
  const cue = { t_s: 90, value: 160, fault: "cadence_low", withheld: "", answered_s: 7.2, why: "slow" };
  const all = [cue, { ...cue, withheld: "hill", why: "" }, { ...cue, answered_s: null, fault: "new" }];
  const [marks] = cueTraces(all, "y", colour);
  assert.deepEqual(marks.x, [1.5, 1.5, 1.5]);
  assert.deepEqual(marks.marker.symbol, ["triangle-up", "triangle-up-open", "circle"]);
  assert.deepEqual(marks.text, [
    "quicker steps: back in range after 7 s<br>slow",
    "quicker steps: not given: hill",
    "cue: not back in range within 60 s<br>slow",
  ]);
  assert.deepEqual(cueTraces([], "y", colour), []);
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
