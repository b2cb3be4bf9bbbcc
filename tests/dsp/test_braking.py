"""Braking on slopes, and how the error of a slope goes into it."""

from __future__ import annotations

import math

import numpy as np
import pytest

from dsp.braking import grade, impulse_guess, impulse_on_slope, peak_guess
from dsp.types import Estimate
from tests.dsp.simulation.test_mishaps import records, run_on, shoes, steps_of, values


def own(value: float, sd: float = 1.4) -> Estimate:
    return Estimate("slope_pct", value, sd, "foot")


def test_a_small_slope_of_the_feet_is_not_believed_but_may_be_true() -> None:
    assert grade(own(0.0)) == (0.0, 0.0)
    assert grade(own(2.0)) == (0.0, 2.0)
    assert grade(own(-6.0)) == (-6.0, pytest.approx(1.4))
    assert grade(Estimate("slope_pct", 2.0, 0.3, "treadmill")) == (2.0, 0.3)
    assert grade(None) == (0.0, 0.0)


def test_the_error_of_a_slope_comes_through_the_law() -> None:
    value, sd = impulse_guess((0.02, 0.0), 0.36, (-6.0, 1.4))
    steeper = impulse_on_slope(0.02, 0.36, -7.4)
    assert value == impulse_on_slope(0.02, 0.36, -6.0)
    assert sd == pytest.approx(steeper - value, rel=0.05)
    assert sd == pytest.approx(0.0037, abs=0.0005)
    assert impulse_guess((0.02, 0.0014), 0.36, (0.0, 0.0)) == (pytest.approx(0.02), pytest.approx(0.0014))
    assert peak_guess((0.3, 0.03), (6.0, 1.4)) is None
    peak = peak_guess((0.3, 0.0), (-6.0, 1.4))
    assert peak is not None
    assert peak[1] == pytest.approx(0.3 * 0.08 * math.degrees(math.atan(0.014)))


@pytest.mark.parametrize("slope_pct", [-8.0, -6.0, -4.0, 0.0, 4.0, 6.0])
def test_the_slope_of_a_hill_is_right_within_its_error(slope_pct: float) -> None:
    slopes = values(steps_of(records(shoes(run_on(slope_pct)))), "slope_pct")
    assert np.median(slopes) == pytest.approx(slope_pct, abs=1.4)


def test_intervals_of_the_impulse_hold_the_truth_as_often_as_they_say() -> None:
    rng = np.random.default_rng(1)
    level, step_s, level_sd, slope_sd = 0.02, 0.36, 0.0014, 1.4
    inside = []
    for true_slope in np.tile(np.linspace(-12.0, 12.0, 49), 40):
        truth = impulse_on_slope(level, step_s, true_slope)
        read = own(true_slope + slope_sd * rng.standard_normal(), slope_sd)
        estimate = level + level_sd * rng.standard_normal(), level_sd
        value, sd = impulse_guess(estimate, step_s, grade(read))
        inside.append([abs(value - truth) <= k * sd for k in (1.0, 1.96)])
    one, two = np.mean(inside, axis=0)
    assert 0.68 - 0.1 < one < 0.68 + 0.2
    assert two > 0.95 - 0.1
