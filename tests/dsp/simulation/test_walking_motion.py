"""The simulated walker walks: no flight, published step lengths, and the amplitudes of real people."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from dsp.simulation.runner import Bout, Device, Gait, SimulatedRun, simulated_imu, simulated_run
from dsp.simulation.walking_motion import STAIR_RISE_M, WALK_RATIO
from dsp.types import GRAVITY_MS2, Array, ImuChunk, Placement, Side

DEVICE = Device(rate_hz=100)
SPEEDS = (0.8, 1.2, 1.6, 2.0)


@cache
def walk(speed_mps: float, gait: Gait = Gait.WALK, slope_pct: float = 0.0) -> SimulatedRun:
    return simulated_run([Bout(seconds=30, speed_mps=speed_mps, gait=gait, slope_pct=slope_pct)])


@cache
def worn(placement: Placement, speed_mps: float) -> ImuChunk:
    return simulated_imu(walk(speed_mps), placement, Side.LEFT, DEVICE, "s")


def norms_g(placement: Placement, speed_mps: float) -> Array:
    return np.linalg.norm(worn(placement, speed_mps).acc_ms2[100:-300], axis=1) / GRAVITY_MS2


def turning_dps(placement: Placement, speed_mps: float) -> Array:
    gyr = worn(placement, speed_mps).gyr_rads
    assert gyr is not None
    return np.asarray(np.degrees(np.linalg.norm(gyr[100:-300], axis=1)))


@pytest.mark.parametrize("speed", SPEEDS)
def test_step_length_and_double_support_are_the_published_ones(speed: float) -> None:
    run = walk(speed)
    step_s = np.diff(run.ic_s)
    cadence = 60 / float(np.mean(step_s))
    assert speed * float(np.mean(step_s)) / cadence == pytest.approx(WALK_RATIO, rel=0.02)
    share = float(np.mean(run.to_s - run.ic_s)) / (2 * float(np.mean(step_s)))
    assert 100 * share == pytest.approx(64.2 - 3.5 * speed, abs=0.6)
    assert np.all(run.to_s[:-1] > run.ic_s[1:])  # never in the air


def test_nothing_is_said_of_a_walk_that_only_runs_have() -> None:
    run = walk(1.2)
    for quantity in (run.overstride_m, run.foot_deg, run.shank_deg, run.braking_bws):
        assert np.isnan(quantity).all()


@pytest.mark.parametrize(
    ("speed", "least_g", "most_g"), [(0.8, 0.05, 0.2), (1.3, 0.15, 0.4), (2.0, 0.4, 0.7)]
)
def test_a_waist_rises_and_falls_like_a_real_one(speed: float, least_g: float, most_g: float) -> None:
    """Amplitude of the norm at the step rate; ten real waists: 0.05 to 0.13 g at 85 steps/min, 0.14 to 0.37
    at 115 to 125, 0.3 to 0.46 at 131 to 136 (SisFall 2017), widened for a body that is nobody's.
    """
    x, run = norms_g(Placement.WAIST, speed), walk(speed)
    step_hz = 1 / float(np.mean(np.diff(run.ic_s)))
    window = np.hanning(len(x))
    t = np.arange(len(x)) / 100
    swing = (x - x.mean()) * window
    amplitude = {
        k: max(abs(swing @ np.exp(-2j * np.pi * k * f * step_hz * t)) for f in (0.99, 1.0, 1.01))
        * 2
        / window.sum()
        for k in (0.5, 1.0, 2.0)
    }
    assert least_g < amplitude[1.0] < most_g
    assert max(amplitude[0.5], amplitude[2.0]) < 0.5 * amplitude[1.0]
    assert x.min() > 0.2  # no free fall


@pytest.mark.parametrize("speed", [1.0, 1.2, 1.4, 1.6])
def test_foot_and_shank_move_like_real_ones(speed: float) -> None:
    """80 of 100 real walks at 86 to 123 steps/min, wider by a third: SD of the norm 0.6 to 1.3 g and 0.3 to
    0.54 g, fastest rotation 500 to 710 and 270 to 440 deg/s (21 people, both legs).
    """
    foot, shank = norms_g(Placement.FOOT, speed), norms_g(Placement.SHANK, speed)
    assert 0.43 < foot.std() < 1.7
    assert 0.23 < shank.std() < 0.72
    assert 380 < turning_dps(Placement.FOOT, speed).max() < 900
    assert 200 < turning_dps(Placement.SHANK, speed).max() < 590
    at_rest = np.mean((turning_dps(Placement.FOOT, speed) < 86) & (np.abs(foot - 1) < 0.2))
    assert 0.27 < at_rest < 0.6  # real: 0.36 to 0.45


@pytest.mark.parametrize("down", [False, True])
def test_stairs_lift_the_foot_by_two_rises_a_stride(down: bool) -> None:
    slope = -1.0 if down else 0.0
    run = walk(0.5, Gait.STAIRS, slope)
    device = Device(rate_hz=500, acc_noise_ms2=0, gyr_noise_rads=0, gyr_bias_rads=0, clip_ms2=1e9)
    belt = simulated_imu(run, Placement.PELVIS, None, device, "belt")
    foot = simulated_imu(run, Placement.FOOT, Side.LEFT, device, "foot")
    assert belt.acc_ms2[:, 2].mean() == pytest.approx(GRAVITY_MS2, abs=0.2)  # steady on the whole
    left = np.flatnonzero(run.left)[3:-3]
    assert foot.gyr_rads is not None
    rises = []
    for k in left:  # strapped down from rest to rest, with the attitude of a foot that pitches only
        rest = [run.ic_s[j] + 0.4 * (run.to_s[j] - run.ic_s[j]) for j in (k, k + 2)]
        rows = (foot.t_s >= rest[0]) & (foot.t_s < rest[1])
        pitch = np.cumsum(foot.gyr_rads[rows, 1]) / 500
        up = foot.acc_ms2[rows, 2] * np.cos(pitch) - foot.acc_ms2[rows, 0] * np.sin(pitch) - GRAVITY_MS2
        speed = np.cumsum(up) / 500
        speed -= np.linspace(0, speed[-1], len(speed))
        rises.append(float(np.sum(speed)) / 500)
    assert float(np.median(rises)) == pytest.approx((-2 if down else 2) * STAIR_RISE_M, abs=0.06)


def test_a_walk_may_turn_into_a_run_and_back() -> None:
    run = simulated_run(
        [
            Bout(seconds=10, speed_mps=0),
            Bout(seconds=10, speed_mps=1.4, gait=Gait.WALK),
            Bout(seconds=10, speed_mps=3.0),
            Bout(seconds=10, speed_mps=1.4, gait=Gait.WALK),
        ]
    )
    assert [gait for _, _, gait in run.bouts] == [Gait.WALK, Gait.RUN, Gait.WALK]
    assert np.all(run.left[1:] != run.left[:-1])
    assert np.isnan(run.overstride_m).sum() == np.sum(run.speed_mps < 2)
    belt = simulated_imu(run, Placement.PELVIS, None, DEVICE, "belt")
    spread = [
        np.linalg.norm(belt.acc_ms2[(belt.t_s > a) & (belt.t_s < a + 8)], axis=1).std()
        for a in (1, 11, 21, 31)
    ]
    assert spread[0] < spread[1] < 0.5 * spread[2]
    assert spread[3] == pytest.approx(spread[1], rel=0.2)
