"""Session time: it is steady, and it goes on while the machine sleeps."""

from __future__ import annotations

import sys
import time

import pytest

from monitor.core.monotonic import SystemClock


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such clock")
def test_a_machine_that_sleeps_makes_a_gap_as_long_as_its_sleep(monkeypatch: pytest.MonkeyPatch) -> None:
    asleep_s = 0.0
    awake = time.clock_gettime

    def with_sleep(which: int) -> float:
        return awake(which) + (asleep_s if which == time.CLOCK_BOOTTIME else 0.0)

    monkeypatch.setattr(time, "clock_gettime", with_sleep)
    clock = SystemClock()
    before_s = clock.now_s()
    asleep_s = 600.0
    assert clock.now_s() - before_s >= 600.0


def test_it_never_runs_back() -> None:
    clock = SystemClock()
    seconds = [clock.now_s() for _ in range(1000)]
    assert seconds == sorted(seconds)
