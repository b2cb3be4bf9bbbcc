"""A machine whose date is set in mid-run: nothing changes in the run, and it is told once."""

from __future__ import annotations

import pytest

from monitor.core.message_catalogues import catalogue
from monitor.service.wall_clock import WallClock
from tests.manual_clock import ManualClock


class Date:
    """A machine's time: seconds of its steady clock, and what was added by setting it."""

    def __init__(self) -> None:
        self.steady = ManualClock()
        self.added_s = 1.7e9

    def utc_s(self) -> float:
        return self.steady.now_s() + self.added_s


@pytest.mark.parametrize(
    ("set_by_s", "told"),
    [(3 * 86400 + 60, "forward by 72:01:00 h"), (-3600, "back by 1:00:00 h"), (5, "forward by 0:00:05 h")],
)
async def test_that_the_clock_was_set_is_told_once(set_by_s: float, told: str) -> None:
    date = Date()
    watch = WallClock(date.steady, date.utc_s)
    await date.steady.run(100.0)
    assert watch.report(100.0) is None
    date.added_s += set_by_s
    status = watch.report(101.0)
    assert status is not None
    assert not status.ok
    assert f"clock was set {told};" in status.text
    in_german = catalogue("de").translate_recorded(status.text)
    assert f"um {told.split(' by ')[1]} " in in_german
    assert watch.report(102.0) is None


async def test_a_clock_that_is_kept_right_in_small_steps_is_none_of_anybodys_business() -> None:
    date = Date()
    watch = WallClock(date.steady, date.utc_s)
    date.added_s += 0.9
    assert watch.report(1.0) is None
