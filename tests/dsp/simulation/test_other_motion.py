"""Motion that is no gait is of the size of the real thing, and the same from the same seed."""

from __future__ import annotations

import numpy as np
import pytest

from dsp.simulation.other_motion import OtherMotion, other_motion_imu
from dsp.simulation.runner import Device
from dsp.types import GRAVITY_MS2, Array, Placement, Side

DEVICE = Device(rate_hz=100)


def norms_g(doing: OtherMotion, placement: Placement, per_min: float | None = None, seed: int = 1) -> Array:
    chunk = other_motion_imu(doing, placement, Side.LEFT, DEVICE, "s", per_min=per_min, seed=seed)
    return np.asarray(np.linalg.norm(chunk.acc_ms2, axis=1) / GRAVITY_MS2)


@pytest.mark.parametrize("doing", OtherMotion)
@pytest.mark.parametrize("placement", [p for p in Placement if p is not Placement.POD])
def test_a_minute_weighs_one_g_and_is_the_same_twice(doing: OtherMotion, placement: Placement) -> None:
    x = norms_g(doing, placement)
    assert len(x) in (5999, 6000)
    assert 0.6 < float(np.median(x)) < 1.8
    assert np.array_equal(x, norms_g(doing, placement))
    assert not np.array_equal(x, norms_g(doing, placement, seed=2))


@pytest.mark.parametrize("turns_per_min", [60.0, 80.0, 100.0])
def test_a_crank_pulls_as_its_circle_says(turns_per_min: float) -> None:
    """The shoe is on 0.17 m: r w² more at the top than at the bottom; a pedal never stops."""
    x = norms_g(OtherMotion.CYCLING, Placement.FOOT, turns_per_min)
    pull_g = 0.17 * (2 * np.pi * turns_per_min / 60) ** 2 / GRAVITY_MS2
    assert float(np.quantile(x, 0.95) - np.quantile(x, 0.05)) == pytest.approx(
        2 * min(1.0, pull_g), rel=0.35
    )
    power = np.abs(np.fft.rfft((x - x.mean()) * np.hanning(len(x)))) ** 2
    hz = np.fft.rfftfreq(len(x), 0.01)
    assert hz[power.argmax()] == pytest.approx(turns_per_min / 60, rel=0.1)


def test_a_hop_flies_and_lands_and_is_uneven() -> None:
    x = norms_g(OtherMotion.HOPPING, Placement.PELVIS, 130)
    airborne = np.flatnonzero(np.diff((x < 0.4).astype(int)) == 1) / 100
    assert len(airborne) > 60
    assert np.diff(airborne).std() / np.median(np.diff(airborne)) > 0.08
    assert x.max() > 3


def test_a_car_shakes_by_half_a_metre_per_second_squared_or_so() -> None:
    quiet = Device(rate_hz=100, acc_noise_ms2=0, gyr_noise_rads=0, gyr_bias_rads=0)
    chunk = other_motion_imu(OtherMotion.DRIVING, Placement.PELVIS, None, quiet, "s")
    assert 0.3 < chunk.acc_ms2[:, 2].std() < 0.8


def test_who_stands_hardly_moves() -> None:
    assert norms_g(OtherMotion.STANDING, Placement.PELVIS).std() < 0.05
