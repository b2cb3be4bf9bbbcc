"""Records in order of time: one for each time stamp, and wrong clocks cost what they must."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.recordings.fit_messages import FitMessage
from monitor.recordings.fit_records import ordered_records

DAY = 86_400


def records(*times: int) -> list[FitMessage]:
    return [FitMessage({"timestamp": 10**9 + t, "cadence": k % 200}) for k, t in enumerate(times)]


def times(
    messages: list[FitMessage], session_s: float | None = None, *, damaged: bool = False
) -> list[int]:
    return [r.time - 10**9 for r in ordered_records(messages, session_s, damaged=damaged)[0]]


def test_records_of_one_time_are_one_and_what_comes_later_counts() -> None:
    a = FitMessage({"timestamp": 5, "position_lat": 1, "cadence": 80})
    b = FitMessage({"timestamp": 5, "cadence": 85, "heart_rate": 150})
    ((one,), _) = ordered_records([a, b])
    assert one.values == {"timestamp": 5, "position_lat": 1, "cadence": 85, "heart_rate": 150}


@settings(deadline=None)
@given(
    st.lists(
        st.fixed_dictionaries({}, optional={n: st.integers(0, 99) for n in "abcd"}), min_size=1, max_size=30
    ),
    st.data(),
)
def test_splitting_a_record_into_several_of_one_time_changes_nothing(
    rows: list[dict[str, int]], data: st.DataObject
) -> None:
    """As a Suunto does: the place in one, all else in another."""
    whole, split = [], []
    for t, row in enumerate(rows):
        whole.append(FitMessage({"timestamp": t, **row}))
        first = {n for n in row if data.draw(st.booleans())}
        for part in (first, set(row) - first):
            split.append(FitMessage({"timestamp": t, **{n: row[n] for n in row if n in part}}))
    assert [dict(r.values) for r in ordered_records(split)[0]] == [
        dict(r.values) for r in ordered_records(whole)[0]
    ]


@pytest.mark.parametrize("wrong", [DAY, -DAY, 40 * DAY, 3600])
@pytest.mark.parametrize("at", [0, 1, 50, 99])
def test_one_record_with_a_wrong_time_costs_that_record(at: int, wrong: int) -> None:
    given_times = list(range(100))
    given_times[at] += wrong
    assert set(range(100)) - {at} <= set(times(records(*given_times)))


def test_a_second_back_costs_that_second() -> None:
    assert times(records(0, 1, 2, 1, 3, 4)) == [0, 1, 2, 3, 4]


def test_two_series_one_behind_the_other_are_one() -> None:
    places = [FitMessage({"timestamp": t, "position_lat": t}) for t in range(50)]
    rest = [FitMessage({"timestamp": t, "cadence": 80}) for t in range(50)]
    assert [dict(r.values) for r in ordered_records(places + rest)[0]] == [
        {"timestamp": t, "position_lat": t, "cadence": 80} for t in range(50)
    ]


def test_a_clock_that_was_set_in_between_is_put_right_where_the_session_says_how_long_it_was() -> None:
    """A watch that found its date only after half an hour."""
    given_times = [*range(100), *range(100 + 20 * DAY, 200 + 20 * DAY)]
    assert times(records(*given_times), 199.4) == list(range(200))
    assert times(records(*given_times)) == given_times  # nothing says which half is right


def test_a_clock_that_was_set_back_costs_nothing_where_the_session_says_how_long_it_was() -> None:
    given_times = [*range(300), *range(-3300, -3000)]
    assert times(records(*given_times), 600.0) == [*range(-3601, -3301), *range(-3300, -3000)]
    assert times(records(*given_times), 640.0) == [*range(-3641, -3341), *range(-3300, -3000)]
    assert len(times(records(*given_times), 4000.0)) == 300
    assert len(times(records(*range(300), *range(-20, 280)), 600.0)) == 300


def test_a_pause_of_a_day_stays_one() -> None:
    given_times = [*range(100), *range(100 + DAY, 200 + DAY)]
    assert times(records(*given_times), DAY + 199.0) == given_times


def test_of_a_damaged_file_the_first_stretch_is_kept() -> None:
    given_times = [*range(40), *range(70 * DAY, 70 * DAY + 60)]
    assert times(records(*given_times), damaged=True) == list(range(40))


@given(st.lists(st.integers(0, 500), min_size=1, max_size=60))
def test_times_never_go_back(given_times: list[int]) -> None:
    found = times(records(*given_times))
    assert found == sorted(set(found))
    assert set(found) <= set(given_times)
