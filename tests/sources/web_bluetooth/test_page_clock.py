"""The offset of two clocks, from questions and answers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.sources.web_bluetooth.page_clock import PageClock

DELAYS_S = st.floats(0.0, 2.0)


@given(
    offset_s=st.floats(-1e6, 1e9),
    ways=st.lists(st.tuples(DELAYS_S, DELAYS_S), min_size=1, max_size=30),
)
def test_a_time_is_wrong_by_no_more_than_the_clock_says_of_itself(
    offset_s: float, ways: list[tuple[float, float]]
) -> None:
    clock = PageClock()
    for n, (there_s, back_s) in enumerate(ways):
        answered_s = 5.0 * n + there_s
        clock.push(5.0 * n, answered_s - offset_s, answered_s + back_s)
        assert clock.unsure_s is not None
        wrong_s = abs(clock.at(100.0 - offset_s) - 100.0)
        assert wrong_s <= clock.unsure_s + 1e-6
    assert clock.unsure_s <= min(there_s + back_s for there_s, back_s in ways[-8:]) / 2 + 1e-6


def test_a_clock_that_is_set_is_followed_at_once() -> None:
    clock = PageClock()
    clock.push(0.0, 1000.01, 0.02)
    assert clock.at(1001.0) == pytest.approx(1.0, abs=0.02)
    clock.push(5.0, 4605.1, 5.2)
    assert clock.at(4606.1) == pytest.approx(6.1, abs=0.11)


def test_a_clock_that_was_not_asked_tells_nothing() -> None:
    assert PageClock().unsure_s is None
    with pytest.raises(ValueError, match="asked"):
        PageClock().at(1.0)
