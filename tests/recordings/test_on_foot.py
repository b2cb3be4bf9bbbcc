"""What names no sport is a run only if somebody on foot can have done it, whatever the form of the file."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.recordings.on_foot import StatedMotion, foot_doubt


def doubt(
    mps: float, cadence: float = np.nan, seconds: int = 900, step_s: float = 1.0, *, outdoors: bool = True
) -> str:
    t_s = np.arange(0.0, seconds, step_s)
    found = foot_doubt(StatedMotion(t_s, mps * t_s, np.full(len(t_s), cadence), outdoors))
    return "" if found is None else str(found)


@pytest.mark.parametrize(
    ("mps", "cadence", "said"),
    [
        (9.2, np.nan, "goes 33 km/h for 1 min"),
        (8.0, 90, "goes 29 km/h for 10 min"),
        (6.6, 95, "moves at 24 km/h"),
        (5.8, 70, "steps of 2.5 m"),
        (5.8, 150, "steps of 2.3 m"),  # so many a minute are steps
        (3.0, 85, ""),
        (5.9, 92, ""),  # a marathon nobody has run yet, but nearly
        (0.6, 26, "as slow as a swim"),
        (1.2, 55, ""),
        (0.8, np.nan, ""),
    ],
)
def test_somebody_on_foot_is_told_by_speed_and_step(mps: float, cadence: float, said: str) -> None:
    assert (said in doubt(mps, cadence)) if said else not doubt(mps, cadence)
    assert (said in doubt(mps, cadence, step_s=5.0)) if said else not doubt(mps, cadence, step_s=5.0)


@pytest.mark.parametrize(("cadence", "swims"), [(np.nan, True), (38, True), (56, False)])
def test_without_places_a_slow_walk_shows_its_steps(cadence: float, swims: bool) -> None:
    assert bool(doubt(0.9, cadence, outdoors=False)) is swims
    assert not doubt(0.9, cadence, seconds=40, outdoors=False)  # too little to tell


@given(at=st.integers(0, 899), metres=st.floats(-1e5, 1e5))
def test_one_wrong_place_makes_no_run_a_ride(at: int, metres: float) -> None:
    t_s = np.arange(0.0, 900)
    distance = 3.0 * t_s
    distance[at] += metres
    assert foot_doubt(StatedMotion(t_s, distance, np.full(900, 85.0), outdoors=True)) is None


def test_what_has_not_moved_is_not_judged() -> None:
    nothing = np.zeros(0)
    assert foot_doubt(StatedMotion(nothing, nothing, nothing, outdoors=False)) is None
    assert not doubt(0.0, 20)
