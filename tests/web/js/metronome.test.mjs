// The metronome: it joins the runner's own steps and leads them no faster than runners follow.
import assert from "node:assert/strict";
import { test } from "node:test";
import { BURST_S, burst, RISE, rhythm } from "../../../monitor/web/static/live/metronome.js";
import { holds } from "./seeded.mjs";

// A runner's newest steps, jittered; some are missing.
function runner(random) {
  const spm = random.between(140, 200),
    step = 60 / spm,
    first = random.between(0, 5000);
  const kept = random.list(12, (i) => i).filter((i) => i % 11 === 0 || random.between(0, 1) > 0.2);
  const jitter = random.between(0, 0.04) * step;
  const beats = kept.map((i) => first + i * step + random.between(-jitter, jitter));
  return { spm, step, first, beats, jitter };
}

const gaps = (times) => times.slice(1).map((t, i) => t - times[i]);

test("the rhythm is that of the steps, also where some are missing", () => {
  holds(500, (random) => {
    const { spm, step, first, beats, jitter } = runner(random);
    if (beats.length < 6) return;
    const found = rhythm(beats, spm * random.between(0.99, 1.01), beats.at(-1) + 0.3);
    assert.ok(found, "a steady runner has a rhythm");
    assert.ok(Math.abs(found.period / step - 1) < 0.02, `period ${found.period}, step ${step}`);
    const off = (found.first - first) / step;
    assert.ok(Math.abs(off - Math.round(off)) <= 0.05 + jitter / step, `phase ${off}`);
  });
});

test("without a steady, fresh row of steps there is no rhythm", () => {
  const steady = Array.from({ length: 12 }, (_, i) => 100 + i * 0.36),
    spm = 60 / 0.36,
    now = steady.at(-1) + 0.2;
  assert.ok(rhythm(steady, spm, now));
  assert.equal(rhythm(steady.slice(-5), spm, now), null, "too few");
  assert.ok(rhythm(steady.slice(-6), spm, now), "just enough");
  assert.equal(rhythm(steady, spm, steady.at(-1) + 2.1), null, "too old");
  assert.ok(rhythm(steady, spm, steady.at(-1) + 1.9), "just fresh");
  const stumbled = steady.with(6, steady[6] + 0.25 * 0.36);
  assert.equal(rhythm(stumbled, spm, now), null, "one step out of turn");
  const limping = steady.map((t, i) => t + (i % 2) * 0.15 * 0.36);
  assert.ok(rhythm(limping, spm, now), "left and right may differ");
  for (const none of [undefined, null, 0, Number.NaN]) assert.equal(rhythm(steady, none, now), null);
  assert.equal(rhythm([], spm, now), null);
  assert.equal(rhythm(new Array(8).fill(5), spm, 5.1), null, "one instant is no row");
});

test("a cadence that the steps contradict is not believed", () => {
  const steady = Array.from({ length: 12 }, (_, i) => 100 + i * 0.36);
  assert.equal(rhythm(steady, (60 / 0.36) * 1.15, steady.at(-1)), null);
  assert.equal(rhythm(steady, (60 / 0.36) * 0.85, steady.at(-1)), null);
});

test("beats begin on the runner's own step, at the first one that is not over yet", () => {
  holds(500, (random) => {
    const period = random.between(0.3, 0.43),
      first = random.between(0, 5000),
      start = first + random.between(-3, 30);
    const [beat] = burst({ first, period }, (60 / period) * 1.05, start);
    const steps = (beat - first) / period;
    assert.ok(Math.abs(steps - Math.round(steps)) < 1e-6, "on a step");
    assert.ok(beat >= start - 1e-9 && beat < start + period + 1e-9, "the next one");
  });
});

test("the tempo never falls, never passes the target, and rises at most 2.5 % of the start per 10 s", () => {
  assert.equal(RISE, 0.025);
  holds(100, (random) => {
    const spm = random.between(140, 190),
      target = spm * random.between(1.005, 1.3);
    const times = burst({ first: 0, period: 60 / spm }, target, random.between(0, 100));
    const tempi = gaps(times).map((gap) => 60 / gap);
    tempi.forEach((tempo, i) => {
      assert.ok(tempo <= target + 1e-6, "past the target");
      assert.ok(i === 0 || tempo >= tempi[i - 1] - 1e-6, "slower again");
      for (let j = 0; j < i; j++) {
        const rise = (tempo - tempi[j]) / spm;
        assert.ok(
          rise <= (0.025 * (times[i] - times[j])) / 10 + 1e-6,
          `${rise} in ${times[i] - times[j]} s`,
        );
      }
    });
    assert.ok(Math.abs(tempi[0] / spm - 1) < 1e-9, "the first gap is the runner's own");
  });
});

test("beats end at the target tempo where it can be reached in time, else as near as the rise allows", () => {
  holds(500, (random) => {
    const spm = random.between(140, 190),
      target = spm * random.between(1.002, 1.1);
    const times = burst({ first: 0, period: 60 / spm }, target, 0);
    const last = gaps(times).at(-1),
      reached = spm * (1 + (0.025 * times.at(-2)) / 10);
    assert.ok(Math.abs(60 / last - Math.min(target, reached)) < 1e-6);
    if (target < spm * 1.05) assert.ok(Math.abs(60 / last - target) < 1e-6, "5 % are reached within 24 s");
  });
});

test("a burst lasts 20 to 30 s with a beat for every step", () => {
  assert.ok(BURST_S >= 20 && BURST_S <= 30);
  holds(200, (random) => {
    const period = random.between(0.3, 0.43),
      times = burst({ first: 0, period }, (60 / period) * 1.04, 7);
    const length = times.at(-1) - times[0];
    assert.ok(length < BURST_S && length > BURST_S - period - 1e-9, `${length} s`);
    assert.ok(gaps(times).every((gap) => gap <= period + 1e-6 && gap > period / 1.05));
  });
});

test("who is at the target, or has none, is led nowhere", () => {
  for (const target of [0, 165, 170, undefined, Number.NaN])
    assert.deepEqual(burst({ first: 0, period: 60 / 170 }, target, 3), []);
});
