"""A watch's points on whole seconds, speed and distance brought together, the slope under the runner."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsp.types import Array
from monitor.recordings.activity_track import (
    interpolated_on_seconds,
    reconciled_speed,
    timer_steps,
    track_slope,
    values_on_seconds,
)

# ------------------------------------------------------------------ values


def test_a_value_holds_until_the_next_and_only_three_seconds_before_a_hole() -> None:
    points = np.array([(0.0, 1.0), (5.0, 2.0), (40.0, 3.0)])
    on = values_on_seconds(points, 44)
    assert on[:8].tolist() == [1.0] * 5 + [2.0] * 3
    assert np.isnan(on[8:40]).all()
    assert on[40:43].tolist() == [3.0] * 3
    assert np.isnan(on[43])


def test_a_value_that_is_missing_in_what_was_written_is_not_held_for_long() -> None:
    points = np.array([(0.0, 1.0), (20.0, 2.0)])
    every_second = np.arange(21.0)
    assert np.flatnonzero(np.isfinite(values_on_seconds(points, 21, (), every_second))).tolist() == [
        0,
        1,
        2,
        20,
    ]
    assert np.isfinite(values_on_seconds(points, 21)).all()  # nothing was written in between


def test_what_is_missing_in_one_of_many_records_is_missing_there() -> None:
    every_second = np.arange(40.0)
    points = np.array([(float(t), 7.0) for t in range(40) if t not in (10, 20, 21)])
    on = values_on_seconds(points, 40, (), every_second)
    assert np.flatnonzero(np.isnan(on)).tolist() == [10, 20, 21]


def test_what_is_written_in_every_other_record_is_known_in_all() -> None:
    points = np.array([(float(t), 7.0) for t in range(0, 40, 2) if t != 20])
    on = values_on_seconds(points, 40, (), np.arange(40.0))
    assert np.flatnonzero(np.isnan(on)).tolist() == [21]


def test_the_last_value_holds_until_the_timer_stops_if_that_is_soon() -> None:
    points = np.array([(float(t), 7.0) for t in (*range(20), *range(30, 38))])
    on = values_on_seconds(points, 40, [(21.0, 30.0)])
    assert np.flatnonzero(np.isnan(on)).tolist() == list(range(21, 30))
    later = np.array([(float(t), 7.0) for t in (*range(20), *range(90, 98))])
    on = values_on_seconds(later, 102, [(25.0, 90.0)])
    assert np.flatnonzero(np.isnan(on)).tolist() == [*range(20, 90), *range(98, 102)]


@given(st.sets(st.integers(0, 60), min_size=2), st.sets(st.integers(0, 60), max_size=8), st.integers(1, 70))
def test_values_that_are_written_again_stay_as_they_are(
    times: set[int], without: set[int], seconds: int
) -> None:
    known = sorted(times - without) or [0]
    points = np.array([(float(t), float(t % 7)) for t in known])
    once = values_on_seconds(points, seconds, [(20.0, 28.0)], np.array(sorted(times | {0}), dtype=float))
    there = np.flatnonzero(np.isfinite(once))
    if len(there) > 1:
        again = np.column_stack((there.astype(float), once[there]))
        np.testing.assert_array_equal(
            values_on_seconds(again, seconds, [(20.0, 28.0)], np.arange(seconds)), once
        )


def test_an_altitude_lies_on_the_line_between_two_points_unless_they_are_far_apart() -> None:
    points = np.array([(0.0, 500.0), (8.0, 504.0), (50.0, 520.0)])
    on = interpolated_on_seconds(points, 52)
    assert on[:9].tolist() == [500.0, 500.5, 501.0, 501.5, 502.0, 502.5, 503.0, 503.5, 504.0]
    assert np.isnan(on[9:50]).all()
    assert on[50:].tolist() == pytest.approx([520.0, np.nan], nan_ok=True)
    assert np.isnan(interpolated_on_seconds(points, 52, [(3.0, 6.0)])[3:6]).all()


def test_nothing_is_known_before_the_first_point_or_while_the_timer_stands() -> None:
    on = values_on_seconds(np.array([(float(t), 7.0) for t in range(4, 20)]), 20, [(9.0, 12.0)])
    assert np.isnan(on[:4]).all()
    assert np.flatnonzero(np.isnan(on[4:])).tolist() == [5, 6, 7]


def test_what_was_written_while_the_timer_stood_does_not_count() -> None:
    points = np.array([(float(t), 7.0 if t <= 9 or t >= 20 else 1.0) for t in range(4, 30)])
    on = values_on_seconds(points, 30, [(9.0, 20.0)])
    assert set(on[np.isfinite(on)]) == {7.0}


def test_a_value_that_is_not_a_number_ends_what_was_before() -> None:
    on = values_on_seconds(np.array([(0.0, 1.0), (1.0, np.nan), (4.0, 2.0)]), 5)
    assert on.tolist() == pytest.approx([1.0, np.nan, np.nan, np.nan, 2.0], nan_ok=True)


# ------------------------------------------------------------------ speed and distance


def runner(steps: list[int], pauses: dict[int, int]) -> tuple[Array, Array, list[tuple[float, float]]]:
    """Points (time, metres) of somebody at 2 to 4 m/s, so many seconds apart, with pauses after some."""
    t, d, points, stopped = 0, 0.0, [(0.0, 0.0)], []
    for k, step in enumerate(steps):
        t, d = t + step, d + step * (2 + (k % 5) / 2)
        points.append((float(t), d))
        if k in pauses:
            stopped.append((float(t), float(t + pauses[k])))
            t += pauses[k]
            points.append((float(t), d))
    distance = np.array(points)
    speed = np.array([2 + (k % 5) / 2 for k in range(len(points))])
    return distance, np.column_stack((distance[:, 0], speed)), stopped


def covered_m(speed: Array, stopped: Sequence[tuple[float, float]] = ()) -> float:
    """What a speed covers: it holds for the second before it, as far as the timer ran."""
    return float(np.nansum(speed * timer_steps(len(speed), stopped)))


def test_the_timer_takes_a_second_a_second_but_at_the_start_and_in_pauses() -> None:
    assert timer_steps(9, [(2.0, 4.0), (5.5, 6.2)]).tolist() == pytest.approx([0, 1, 0, 0, 1, 1, 0, 1.3, 1])


gaps = st.lists(st.integers(1, 28), min_size=5, max_size=120)
pauses = st.dictionaries(st.integers(0, 119), st.integers(2, 3000), max_size=4)


@settings(deadline=None)
@given(gaps, pauses, st.booleans(), st.floats(0.9, 1.1))
def test_the_sum_of_speed_is_the_distance_that_the_watch_gave(
    steps: list[int], stops: dict[int, int], with_speed: bool, wrong: float
) -> None:
    """Over any gaps, pauses and smart recording, and with a speed of its own that is off by 10 %."""
    distance, points, stopped = runner(steps, stops)
    seconds = int(distance[-1, 0]) + 1
    own = values_on_seconds(points, seconds, stopped) * wrong if with_speed else None
    speed = reconciled_speed(distance, own, seconds, stopped)
    assert covered_m(speed, stopped) == pytest.approx(distance[-1, 1], rel=1e-6)
    assert np.nanmax(speed) < 12.0
    inside = np.zeros(seconds, dtype=bool)
    for start, end in stopped:
        inside[int(start) : int(end)] = True
    assert (np.isnan(speed) == inside).all()


@settings(deadline=None)
@given(gaps, st.floats(0.7, 1.3))
def test_the_total_of_the_file_wins(steps: list[int], corrected: float) -> None:
    """A treadmill's distance that was put right after the run."""
    distance, _, _ = runner(steps, {})
    seconds, total = int(distance[-1, 0]) + 1, corrected * float(distance[-1, 1])
    speed = reconciled_speed(distance, None, seconds, (), total)
    assert covered_m(speed) == pytest.approx(total, rel=1e-6)


@settings(deadline=None)
@given(gaps, st.integers(0, 100))
def test_a_distance_that_begins_anew_counts_on(steps: list[int], at: int) -> None:
    distance, _, _ = runner(steps, {})
    whole, k = float(distance[-1, 1]), at % len(steps)
    distance[k + 1 :, 1] -= distance[k, 1]
    speed = reconciled_speed(distance, None, int(distance[-1, 0]) + 1)
    assert covered_m(speed) == pytest.approx(
        whole, abs=float(np.max(np.diff([m for _, m in runner(steps, {})[0]]))) + 0.01
    )


def test_a_distance_without_speed_every_five_seconds_is_a_steady_speed() -> None:
    distance = np.array([(5.0 * k, 15.0 * k) for k in range(100)])
    speed = reconciled_speed(distance, None, 496)
    assert speed[5:490] == pytest.approx(np.full(485, 3.0), abs=0.05)


def test_what_lies_far_off_is_not_run_in_one_second() -> None:
    distance = np.array([(float(t), 3.0 * t) for t in range(200)])
    distance[100, 1] = 90_000.0
    speed = reconciled_speed(distance, None, 200)
    assert covered_m(speed) == pytest.approx(3.0 * 199, abs=10)


def test_a_distance_counted_in_a_pause_is_no_running() -> None:
    inside = [t for t in range(801) if t <= 100 or t >= 700]
    distance = np.array([(float(t), 3.0 * t if t <= 100 else 3.0 * t - 900) for t in inside])
    stopped = [(100.0, 700.0)]
    for total in (600.0, None):
        speed = reconciled_speed(distance, None, 801, stopped, total)
        assert covered_m(speed, stopped) == pytest.approx(600.0)


def test_what_was_covered_after_the_last_point_is_what_the_total_says() -> None:
    distance = np.array([(float(t), 3.0 * t) for t in range(180)])
    speed = reconciled_speed(distance, None, 201, (), 600.0)
    assert covered_m(speed) == pytest.approx(600.0)
    assert speed[182:199] == pytest.approx(np.full(17, 3.0), abs=0.1)


# ------------------------------------------------------------------ slope


@pytest.mark.parametrize("slope_pct", [-6.0, 0.0, 4.0])
def test_a_steady_hill_has_its_slope_all_along(slope_pct: float) -> None:
    distance = np.arange(300) * 3.0
    slope, _ = track_slope(distance, 200 + distance * slope_pct / 100)
    assert slope[20:-20] == pytest.approx(np.full(260, slope_pct), abs=0.1)


def test_a_slope_from_altitude_is_unsure_and_more_so_over_a_short_way() -> None:
    distance = np.concatenate((np.arange(200) * 3.0, [597.0] * 60))
    _, sd = track_slope(distance, np.full(260, 100.0))
    assert 2.5 < sd[100] < 5.0
    assert np.nanmax(sd) > 1.5 * sd[100]


def test_who_hardly_moves_has_no_slope_and_a_jump_of_the_barometer_is_limited() -> None:
    assert np.isnan(track_slope(np.full(60, 12.0), np.linspace(0, 50, 60))[0]).all()
    distance = np.arange(100) * 3.0
    jump, _ = track_slope(distance, np.where(np.arange(100) < 50, 0.0, 500.0))
    assert np.nanmax(jump) == 40.0


def test_a_few_points_are_no_track() -> None:
    distance = np.where(np.arange(60) < 9, np.arange(60) * 10.0, np.nan)
    assert np.isnan(track_slope(distance, distance)[0]).all()
