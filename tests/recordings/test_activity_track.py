"""A watch's points on whole seconds, and the slope under the runner from height and distance."""

from __future__ import annotations

import numpy as np
import pytest

from monitor.recordings.activity_track import track_slope_pct, values_on_seconds


def test_a_value_holds_until_the_next_and_only_three_seconds_before_a_hole() -> None:
    points = np.array([(0.0, 1.0), (5.0, 2.0), (30.0, 3.0)])
    on = values_on_seconds(points, 34)
    assert on[:8].tolist() == [1.0] * 5 + [2.0] * 3
    assert np.isnan(on[8:30]).all()
    assert on[30:33].tolist() == [3.0] * 3
    assert np.isnan(on[33])


def test_nothing_is_known_before_the_first_point_or_while_the_timer_stands() -> None:
    on = values_on_seconds(np.array([(float(t), 7.0) for t in range(4, 20)]), 20, [(9.0, 12.0)])
    assert np.isnan(on[:4]).all()
    assert np.flatnonzero(np.isnan(on[4:])).tolist() == [6, 7]


@pytest.mark.parametrize("slope_pct", [-6.0, 0.0, 4.0])
def test_a_steady_hill_has_its_slope_all_along(slope_pct: float) -> None:
    distance = np.arange(300) * 3.0
    slope = track_slope_pct(distance, 200 + distance * slope_pct / 100)
    assert slope[20:-20] == pytest.approx(np.full(260, slope_pct), abs=0.1)


def test_who_hardly_moves_has_no_slope_and_a_jump_of_the_barometer_is_limited() -> None:
    assert np.isnan(track_slope_pct(np.full(60, 12.0), np.linspace(0, 50, 60))).all()
    distance = np.arange(100) * 3.0
    jump = track_slope_pct(distance, np.where(np.arange(100) < 50, 0.0, 500.0))
    assert np.nanmax(jump) == 40.0


def test_a_few_points_are_no_track() -> None:
    distance = np.where(np.arange(60) < 9, np.arange(60) * 10.0, np.nan)
    assert np.isnan(track_slope_pct(distance, distance)).all()
