"""When the timer ran, as FIT's events, totals and holes in the records say it; where laps end."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.core.activity_facts import TimerPause
from monitor.recordings.fit_messages import read_messages
from monitor.recordings.fit_timer import lap_marks, timer_pauses
from tests.fit_bytes import NOON_S, event, file_id, fit_file, lap

START, STOP, STOP_ALL, STOP_DISABLE_ALL = 0, 1, 4, 9
EVERY_SECOND = [float(t) for t in range(2001)]


def pauses(
    *events: tuple[int, int],
    seconds: float = 2000.0,
    timer_s: float | None = None,
    times: list[float] | None = None,
) -> list[tuple[float, float]]:
    body = b"".join(event(t, kind) for t, kind in events)
    (messages,) = read_messages(fit_file(file_id() + body))
    written = EVERY_SECOND if times is None else times
    found = timer_pauses(messages.named("event"), NOON_S, seconds, timer_s, written)
    return [(p.start_s, p.seconds) for p in found]


@pytest.mark.parametrize("stop", [STOP, STOP_ALL, STOP_DISABLE_ALL])
def test_between_a_stop_and_the_next_start_the_timer_stands(stop: int) -> None:
    assert pauses((0, START), (400, stop), (1600, START), (2000, stop)) == [(400.0, 1200.0)]


def test_a_second_stop_or_start_changes_nothing() -> None:
    twice = pauses((0, START), (5, START), (400, STOP), (450, STOP_ALL), (1600, START), (1601, START))
    assert twice == [(400.0, 1200.0)]


def test_what_comes_after_the_last_stop_is_not_running() -> None:
    assert pauses((0, START), (1500, STOP_ALL)) == [(1500.0, 500.0)]


def test_other_events_are_none_of_the_timers() -> None:
    body = event(100, STOP_ALL, 9) + event(400, 3) + event(500, START, 9)  # a lap, a marker
    (messages,) = read_messages(fit_file(file_id() + body))
    assert timer_pauses(messages.named("event"), NOON_S, 2000.0, None, EVERY_SECOND) == []


def test_without_events_holes_are_pauses_as_far_as_the_totals_say() -> None:
    times = [float(t) for t in range(2001) if not 300 < t < 700 and not 900 < t < 930]
    assert pauses(times=times) == []
    assert pauses(times=times, timer_s=1600.0) == [(300.0, 400.0)]
    assert pauses(times=times, timer_s=1570.0) == [(300.0, 400.0), (900.0, 30.0)]


def test_holes_without_a_stop_are_no_pauses_where_the_totals_say_none() -> None:
    assert pauses((0, START), times=[float(t) for t in range(0, 2001, 14)], timer_s=2000.0) == []


def test_pauses_and_timer_add_up_to_the_millisecond() -> None:
    found = pauses((0, START), (400, STOP), (1600, START), seconds=2000.345, timer_s=800.812)
    assert sum(s for _, s in found) + 800.812 == pytest.approx(2000.345, abs=1e-9)


def test_a_total_that_cannot_be_changes_nothing() -> None:
    events = ((0, START), (400, STOP), (1600, START))
    assert pauses(*events, timer_s=9000.0) == pauses(*events, timer_s=1900.0) == [(400.0, 1200.0)]


def test_a_last_stop_one_second_before_the_end_is_no_pause_where_the_totals_say_none() -> None:
    events = (0, START), (1999, STOP_ALL)
    assert pauses(*events, timer_s=2000.0) == []
    assert pauses(*events) == [(1999.0, 1.0)]


def test_a_stop_that_the_totals_do_not_know_is_no_pause_to_the_end() -> None:
    events = (0, START), (400, STOP), (700, START), (1500, STOP_ALL)
    assert pauses(*events, timer_s=1700.0) == [(400.0, 300.0)]
    assert pauses(*events, timer_s=1200.0) == [(400.0, 300.0), (1500.0, 500.0)]
    assert pauses((0, START), (1500, STOP), timer_s=2000.0) == []


def test_what_rounding_left_open_is_the_pause_at_the_end() -> None:
    events = (0, START), (400, STOP), (700, START), (1998, STOP_ALL)
    assert pauses(*events, timer_s=1698.25) == [(400.0, 300.0), (1998.25, 1.75)]
    assert pauses(*events, timer_s=1697.75) == [(400.0, 300.0), (1997.75, 2.25)]
    assert pauses(*events, timer_s=1701.0) == [(400.0, 299.0)]
    assert pauses((0, START), (1999, STOP), seconds=1999.5, timer_s=1999.25) == [(1999.25, 0.25)]
    late = (0, START), (400, STOP), (700, START), (1999, STOP)
    assert pauses(*late, seconds=1999.5, timer_s=1699.25) == [(400.0, 300.25)]


def test_a_pause_does_not_grow_into_the_next_one_or_beyond_the_end() -> None:
    close = (0, START), (400, STOP), (700, START), (701, STOP), (720, START)
    assert pauses(*close, timer_s=1678.0) == [(400.0, 301.0), (701.0, 21.0)]
    assert pauses((0, START), (1400, STOP), (1999, START), timer_s=1399.0) == [(1400.0, 600.0)]


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 2200), st.sampled_from([START, STOP, STOP_ALL])), max_size=20),
    st.none() | st.integers(0, 2001_000).map(lambda ms: ms / 1000),
    st.randoms(),
)
def test_pauses_never_overlap_and_the_order_of_messages_never_matters(
    events: list[tuple[int, int]], timer_s: float | None, rng: object
) -> None:
    first = dict(events)  # of one time the last counts, in whatever order
    ordered = sorted(first.items())
    found = pauses(*ordered, timer_s=timer_s)
    shuffled = list(ordered)
    rng.shuffle(shuffled)  # type: ignore[attr-defined]
    assert pauses(*shuffled, timer_s=timer_s) == found
    assert all(start >= 0 and start + length <= 2000 and length > 0 for start, length in found)
    assert all(round(a + length, 3) <= b for (a, length), (b, _) in pairwise(found))


def marks(*laps: bytes, seconds: float = 900.0) -> list[tuple[float, str]]:
    (messages,) = read_messages(fit_file(file_id() + b"".join(laps)))
    return [(m.end_s, m.trigger) for m in lap_marks(messages.named("lap"), NOON_S, seconds)]


def test_laps_end_to_the_millisecond_with_what_ended_them() -> None:
    laps = lap(0, 300.4, 2), lap(300, 299.9), lap(600, 299.7, 7)
    assert marks(*laps) == [(300.4, "distance"), (600.3, "manual")]
    assert marks(*reversed(laps)) == marks(*laps)


def test_one_lap_is_no_mark_and_laps_of_another_session_are_not_here() -> None:
    assert marks(lap(0, 900.0)) == []
    assert marks(lap(-900, 900.0), lap(0, 900.0), lap(900, 100.0)) == []


def test_a_lap_whose_length_is_wrong_ends_where_the_next_one_starts() -> None:
    assert marks(lap(0, 5000.0), lap(310, 590.0)) == [(310.0, "manual")]


def test_a_pause_ends_after_its_seconds() -> None:
    assert TimerPause(400.0, 1200.0).end_s == 1600.0
