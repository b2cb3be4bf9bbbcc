"""Distance and speed from positions, against a runner of known truth with the noise of a receiver."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import lfilter

from dsp.types import Array
from monitor.core.activity_facts import TimerPause
from monitor.recordings.position_speed import position_distance, position_speed
from tests.track_bytes import METRES_PER_DEGREE


def north(metres: Array) -> tuple[Array, Array]:
    return 48 + metres / METRES_PER_DEGREE, np.full(len(metres), 11.0)


def test_distance_is_along_great_circles() -> None:
    """Munich to Hamburg: 612 km on the sphere."""
    metres = position_distance(np.array([0.0, 1.0]), np.array([48.137, 53.551]), np.array([11.575, 9.994]))
    assert metres[-1] == pytest.approx(612_000, rel=0.002)


def test_nothing_is_covered_in_a_pause() -> None:
    lat, lon = north(np.array([0.0, 3.0, 500.0, 503.0]))
    metres = position_distance(np.array([0.0, 1.0, 101.0, 102.0]), lat, lon, [TimerPause(1.0, 100.0)])
    assert metres == pytest.approx([0, 3, 3, 6], abs=0.01)


def test_a_pause_does_not_slow_the_seconds_around_it() -> None:
    t_s = np.concatenate((np.arange(0.0, 61), np.arange(160.0, 221)))
    metres = 3.0 * np.concatenate((np.arange(61), np.arange(60, 121)))
    speed, _ = position_speed(t_s, metres, [TimerPause(60.0, 100.0)])
    assert speed == pytest.approx(np.full(122, 3.0), abs=0.05)


@pytest.mark.parametrize("noise_m", [0.4, 0.8, 1.5])
@pytest.mark.parametrize("step_s", [1, 4])
def test_the_sd_is_as_large_as_the_error(noise_m: float, step_s: int) -> None:
    """Noise of positions lasts: it is a first-order process of some seconds in receivers of watches."""
    rng = np.random.default_rng(5)
    t_s = np.arange(0.0, 3600.0, step_s)
    kept = np.exp(-step_s / 10)
    wander = lfilter([noise_m * np.sqrt(1 - kept**2)], [1, -kept], rng.normal(size=len(t_s)))
    truth = 3.0 + 0.3 * np.sin(2 * np.pi * t_s / 240)
    at_m = np.cumsum(truth) * step_s + wander
    speed, sd = position_speed(t_s, position_distance(t_s, *north(at_m)))
    error, sd = (speed - truth)[10:-10], sd[10:-10]
    assert np.mean(np.abs(error) < sd) > 0.6
    assert 0.9 < np.sqrt(np.mean(sd**2) / np.mean(error**2)) < 2.5
