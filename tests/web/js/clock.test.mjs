// Session time on this machine, from messages that come late by various amounts.
import assert from "node:assert/strict";
import { test } from "node:test";
import { SessionClock } from "../../../monitor/web/static/live/clock.js";
import { holds } from "./seeded.mjs";

// A clock that heard messages for a while: true session second = begin_s + pace * local_ms / 1000.
function heard(random, pace, seconds, most_late_ms) {
  const clock = new SessionClock(),
    begin_s = random.between(0, 4000);
  const truth = (at_ms) => begin_s + (pace * at_ms) / 1000;
  clock.start(pace);
  const lates = [];
  let local_ms = random.between(0, 1e6);
  const end_ms = local_ms + seconds * 1000;
  while (local_ms < end_ms) {
    const late_ms = random.between(5, most_late_ms);
    clock.hear(truth(local_ms - late_ms), local_ms);
    lates.push([local_ms, late_ms]);
    local_ms += random.between(100, 400);
  }
  return { clock, truth, lates, end_ms };
}

test("it is never ahead of the session, and behind it by no more than the least late message", () => {
  holds(200, (random) => {
    const pace = random.between(0.5, 20);
    const { clock, truth, lates, end_ms } = heard(random, pace, 15, 300);
    const least_ms = Math.min(...lates.map(([, late]) => late));
    const behind_s = truth(end_ms) - clock.at(end_ms);
    assert.ok(behind_s > -1e-6, "ahead");
    assert.ok(Math.abs(behind_s - (pace * least_ms) / 1000) < 1e-6, `${behind_s} s behind`);
  });
});

test("later on this machine is later in the session, and local() leads back", () => {
  holds(200, (random) => {
    const { clock, end_ms } = heard(random, random.between(0.5, 20), 5, 200);
    const locals = random.list(50, () => random.between(0, end_ms + 60_000)).toSorted((a, b) => a - b);
    locals.forEach((local, i) => {
      if (i) assert.ok(clock.at(local) >= clock.at(locals[i - 1]));
      assert.ok(Math.abs(clock.local(clock.at(local)) - local) < 1e-3);
    });
  });
});

test("a late message never puts the clock back", () => {
  holds(200, (random) => {
    const { clock, truth, end_ms } = heard(random, 1, 5, 100);
    const before = clock.at(end_ms);
    clock.hear(truth(end_ms - random.between(200, 5000)), end_ms);
    assert.equal(clock.at(end_ms), before);
  });
});

test("a message that is less late than all before puts it right at once", () => {
  holds(200, (random) => {
    const { clock, truth, end_ms } = heard(random, 1, 5, 100);
    clock.hear(truth(end_ms), end_ms);
    assert.ok(Math.abs(clock.at(end_ms) - truth(end_ms)) < 1e-6);
  });
});

test("what was heard counts for 20 s, then it is forgotten", () => {
  const clock = new SessionClock();
  clock.start(1);
  clock.hear(50, 50_000); // in time; all others are 100 ms late
  clock.hear(69.8, 69_900);
  assert.ok(Math.abs(clock.at(69_900) - 69.9) < 1e-6, "still known");
  clock.hear(70, 70_100);
  assert.ok(Math.abs(clock.at(70_100) - 70) < 1e-6, "forgotten");
});

test("a clock that drifts is followed", () => {
  for (const drift of [-200e-6, 200e-6]) {
    const clock = new SessionClock();
    clock.start(1);
    for (let ms = 0; ms <= 600_000; ms += 250) clock.hear((ms * (1 + drift)) / 1000, ms);
    assert.ok(Math.abs(600_000 * (1 + drift) - 1000 * clock.at(600_000)) < 4.1, "20 s of 0.2 ms/s");
  }
});

test("before the first message of a connection there is no time, and none where it has no pace", () => {
  const clock = new SessionClock();
  clock.start(1);
  assert.equal(clock.synced, false);
  clock.hear(10, 1000);
  assert.equal(clock.synced, true);
  clock.start(1);
  assert.equal(clock.synced, false, "a new connection starts anew");
  clock.start(null);
  clock.hear(10, 1000);
  assert.equal(clock.synced, false);
});

test("now() and a message without an instant use this machine's clock", () => {
  const clock = new SessionClock();
  clock.start(2);
  const before = performance.now();
  clock.hear(100);
  const now = clock.now();
  assert.ok(now >= 100 && now <= 100 + (2 * (performance.now() - before)) / 1000);
});
