// Numbers as people read them: pace, clock, ±, signs, and nothing for what is not known.
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  clockText,
  differenceText,
  halfText,
  labelOf,
  paceText,
  signedText,
  specOf,
  valueText,
  withRole,
} from "../../../monitor/web/static/shared/metrics.js";
import "./messages.mjs";
import { holds } from "./seeded.mjs";

const metric = (display) => ({ display: { unit: "", scale: 1, decimals: 0, pace: false, ...display } });
const CADENCE = metric({}),
  OVERSTRIDE = metric({ scale: 100, decimals: 1 }),
  SPEED = metric({ pace: true });
const NOTHINGS = [null, undefined, Number.NaN];

// The seconds in a text m:ss or h:mm:ss.
const secondsOf = (text) => text.split(":").reduce((sum, part) => 60 * sum + Number(part), 0);

test("what is not known is a dash, whatever it is a number of", () => {
  for (const nothing of NOTHINGS)
    for (const spec of [CADENCE, OVERSTRIDE, SPEED]) {
      assert.equal(valueText(spec, nothing), "–");
      assert.equal(halfText(spec, nothing, 3), "–");
      assert.equal(differenceText(spec, nothing, 3), "–");
    }
  for (const nothing of NOTHINGS) {
    assert.equal(clockText(nothing), "–");
    assert.equal(paceText(nothing), "–");
    assert.equal(signedText(nothing, 1), "–");
    assert.equal(halfText(SPEED, 0.1, nothing), "–");
    assert.equal(differenceText(SPEED, 0.1, nothing), "–");
  }
});

test("a value is scaled, rounded to its digits, and never a minus zero", () => {
  holds(500, (random) => {
    const scale = [0.001, 1, 100, 1000][random.whole(0, 3)],
      decimals = random.whole(0, 3),
      more = random.whole(0, 3);
    const value = random.between(-3, 3) / scale;
    const text = valueText(metric({ scale, decimals }), value, more),
      digits = Math.min(5, decimals + more);
    assert.ok(
      Math.abs(Number(text.replace("−", "-")) - value * scale) <= 0.5 * 10 ** -digits + 1e-9,
      `${value} as ${text}`,
    );
    assert.equal(text.split(".")[1]?.length ?? 0, digits);
  });
  assert.equal(valueText(CADENCE, -0.4), "0");
  assert.equal(valueText(OVERSTRIDE, -0.0004), "0.0");
  assert.equal(valueText(OVERSTRIDE, -0.0006), "−0.1");
});

test("a clock is right to half a second, with two digits and seconds below sixty", () => {
  holds(500, (random) => {
    const seconds = random.between(0, 30_000),
      text = clockText(seconds);
    assert.match(text, /^(\d+:[0-5]\d|[1-9]\d*:[0-5]\d:[0-5]\d)$/);
    assert.ok(Math.abs(secondsOf(text) - seconds) <= 0.5);
  });
  assert.deepEqual([0, 9.4, 59.6, 3599.4, 3599.5, 36_000].map(clockText), [
    ...["0:00", "0:09", "1:00", "59:59", "1:00:00", "10:00:00"],
  ]);
});

test("a pace is the minutes of a kilometre; below 0.3 m/s there is none", () => {
  holds(300, (random) => {
    const mps = random.between(0.31, 7);
    assert.ok(Math.abs(secondsOf(paceText(mps)) - 1000 / mps) <= 0.5);
    assert.equal(valueText(SPEED, mps), paceText(mps));
  });
  for (const mps of [0.3, 0, -2]) assert.equal(paceText(mps), "–");
  assert.equal(paceText(3), "5:33");
  assert.deepEqual(
    [labelOf({ label: "Speed", ...SPEED }), labelOf({ label: "Cadence", ...CADENCE })],
    ["Pace", "Cadence"],
  );
});

test("half an interval of speed is, in pace, what the ends of the interval are apart", () => {
  holds(300, (random) => {
    const at = random.between(2, 6),
      half = random.between(0, 0.05) * at;
    const ends = (1000 / (at - half) - 1000 / (at + half)) / 2;
    assert.ok(
      Math.abs(secondsOf(halfText(SPEED, half, at)) - ends) <= 0.5 + 0.01 * ends,
      `${half} at ${at}`,
    );
  });
  assert.equal(halfText(OVERSTRIDE, 0.004, 0.12, 1), "0.40");
  assert.equal(halfText(SPEED, 0.1, 0.2), "–");
});

test("a difference has its sign, the other way round the other one, and a zero none", () => {
  holds(500, (random) => {
    const difference = random.between(-2, 2) * 10 ** random.whole(-3, 1),
      there = differenceText(OVERSTRIDE, difference, 1),
      back = differenceText(OVERSTRIDE, -difference, 1);
    const sign = Number(there) === 0 ? "" : there[0];
    assert.ok(
      sign === "" ? !/[+−]/.test(there + back) : there.slice(1) === back.slice(1) && there[0] !== back[0],
    );
    assert.ok(Math.abs(Number(there.replace("−", "-")) - 100 * difference) <= 0.0501);
  });
  assert.equal(differenceText(CADENCE, 2, 160, 1), "+2.0");
  assert.equal(differenceText(CADENCE, 0.4, 160), "0");
  assert.deepEqual(
    [0.04, -0.04, 0.06, -0.06].map((v) => signedText(v, 1)),
    ["0.0", "0.0", "+0.1", "−0.1"],
  );
});

test("a difference of speed is one of pace: faster is less", () => {
  holds(300, (random) => {
    const from = random.between(1, 6),
      to = random.between(1, 6);
    const text = differenceText(SPEED, to - from, from),
      seconds = 1000 / to - 1000 / from;
    const shown = secondsOf(text.replace(/^[+−]/, "")) * (text.startsWith("−") ? -1 : 1);
    assert.ok(Math.abs(shown - seconds) <= 0.5 + 1e-9);
    assert.equal(/^[+−]/.test(text), shown !== 0);
  });
  assert.equal(differenceText(SPEED, 0.1, 3), "−0:11");
  assert.equal(differenceText(SPEED, -2.9, 3), "–", "there is no pace at 0.1 m/s");
});

test("metrics of a role come in their order, others not at all", () => {
  const legend = {
    b: { roles: ["tile", "chart"], order: 2 },
    a: { roles: ["tile"], order: 9 },
    c: { roles: ["chart"], order: 1 },
  };
  assert.deepEqual(withRole(legend, "tile"), ["b", "a"]);
  assert.deepEqual(withRole(legend, "chart"), ["c", "b"]);
  assert.deepEqual(withRole(legend, "split"), []);
});

test("a metric that is not in the legend is shown by its name, plainly", () => {
  const spec = specOf({}, "new_metric");
  assert.equal(labelOf(spec), "new_metric");
  assert.equal(valueText(spec, 1.26), "1.3");
  assert.equal(specOf({ x: CADENCE }, "x"), CADENCE);
});
