"""Foot sensors are set right by a known speed and by the level, and by nothing else."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from dsp.engine import Engine
from dsp.foot_calibration import (
    FootMeans,
    SlopeOffset,
    current_slope_offset,
    current_speed_gain,
    foot_means,
    learned_speed_gain,
    steady_minutes,
)
from dsp.simulation.mishaps import flopping
from dsp.simulation.runner import Bout, Device, simulated_imu, simulated_run
from dsp.types import ImuChunk, Placement, Readiness, Reading, Record, Side, Step, Worn

SECONDS, SPEED_MPS = 70.0, 2.8
FEET = (Worn("left", Placement.FOOT, Side.LEFT), Worn("right", Placement.FOOT, Side.RIGHT))
SCALES = {"left": 1.04, "right": 0.97}
"""What the accelerometers of the two shoes make of the truth."""


@cache
def signals(slope_pct: float = 0.0, speed_mps: float = SPEED_MPS) -> dict[str, ImuChunk]:
    run = simulated_run([Bout(seconds=SECONDS, speed_mps=speed_mps, slope_pct=slope_pct)])
    return {
        w.sensor: simulated_imu(run, Placement.FOOT, w.side, Device(scale=SCALES[w.sensor]), w.sensor)
        for w in FEET
    }


def steps(
    worn: tuple[Worn, ...] = FEET,
    slope_pct: float = 0.0,
    speed_mps: float = SPEED_MPS,
    belt_mps: float | None = None,
) -> list[Step]:
    """What the engine makes of the two shoes in pieces of a second, with a belt if it has a speed."""
    belt = [] if belt_mps is None else [Worn("belt", Placement.POD)]
    engine, out = Engine([*worn, *belt]), list[Record]()
    for second in range(int(SECONDS)):
        if belt_mps is not None:
            out += engine.push(Reading("belt", float(second), "speed_mps", belt_mps))
        for w in worn:
            out += engine.push(second_of(signals(slope_pct, speed_mps)[w.sensor], second))
    return [r for r in [*out, *engine.finish()] if isinstance(r, Step)]


def second_of(chunk: ImuChunk, second: int) -> ImuChunk:
    rows = (chunk.t_s >= second) & (chunk.t_s < second + 1)
    assert chunk.gyr_rads is not None
    return ImuChunk(chunk.sensor, chunk.t_s[rows], chunk.acc_ms2[rows], chunk.gyr_rads[rows])


@cache
def means() -> dict[str, FootMeans]:
    return foot_means(steps(), SCALES, 20.0, SECONDS)


@cache
def calibrated() -> tuple[Worn, ...]:
    """The two shoes with what one minute at a known speed on the level says of them."""
    out = []
    for w in FEET:
        mean = means()[w.sensor]
        assert mean.speed_mps is not None
        assert mean.slope_pct is not None
        gain = learned_speed_gain(current_speed_gain(None), mean.speed_mps, SPEED_MPS)
        offset = current_slope_offset(None).learn(mean.slope_pct)
        out.append(replace(w, speed_gain=gain.value, slope_offset_pct=offset.value))
    return tuple(out)


def last(found: list[Step], metric: str) -> tuple[float, float]:
    """The mean of a metric over the last steps, and its SD as stated."""
    seen = [e for s in found[-60:] if (e := s.get(metric)) is not None]
    assert seen
    return float(np.mean([e.value for e in seen])), seen[-1].sd


def test_each_shoe_is_measured_by_itself_although_speed_and_slope_are_means_of_both() -> None:
    for name, scale in SCALES.items():
        mean = means()[name]
        assert mean.speed_mps == pytest.approx(scale * SPEED_MPS, rel=0.02)
        assert mean.speed_s == pytest.approx(SECONDS - 20, abs=2.5)
        assert mean.slope_s == pytest.approx(SECONDS - 20, abs=2.5)
    left, right = (means()[name].slope_pct for name in SCALES)
    assert left is not None
    assert right is not None
    assert left - right > 1.5  # an accelerometer that is 4 % off feels a slope


def test_after_a_known_speed_shoes_that_are_4_percent_off_are_right() -> None:
    for w in FEET:
        alone = tuple(c for c in calibrated() if c.sensor == w.sensor)
        off = last(steps((w,)), "speed_mps")[0] / SPEED_MPS - 1
        assert abs(off) > 0.018
        speed, sd = last(steps(alone), "speed_mps")
        assert speed == pytest.approx(SPEED_MPS, rel=0.006)
        assert sd == pytest.approx(0.009 * speed, rel=0.01)
        faster = last(steps(alone, speed_mps=3.3), "speed_mps")[0]
        assert faster == pytest.approx(3.3, rel=0.012)
        stride = last(steps(alone), "stride_length_m")[0]
        assert stride == pytest.approx(SPEED_MPS * last(steps(alone), "stride_time_ms")[0] / 1e3, rel=0.01)


def test_after_the_level_a_shoe_with_an_offset_tells_level_and_hills_alike() -> None:
    (left, _), (plain, _) = calibrated(), FEET
    assert last(steps((plain,)), "slope_pct") == (pytest.approx(1.6, abs=0.4), 1.4)
    level, sd = last(steps((left,)), "slope_pct")
    assert level == pytest.approx(0.0, abs=0.25)
    assert sd == 0.7
    assert last(steps((left,), slope_pct=5.0), "slope_pct")[0] == pytest.approx(5.0, abs=0.4)
    assert last(steps((plain,), slope_pct=5.0), "slope_pct")[0] > 6.0


def test_the_sd_of_braking_follows_that_of_the_slope() -> None:
    before, after = (last(steps((w,)), "braking_impulse_bws")[1] for w in (FEET[0], calibrated()[0]))
    assert after < 0.85 * before  # what differs from step to step stays


def test_one_shoe_without_an_offset_leaves_the_slope_of_both_as_unsure_as_before() -> None:
    assert last(steps((calibrated()[0], FEET[1])), "slope_pct")[1] == 1.4
    assert last(steps(calibrated()), "slope_pct")[1] == 0.7


def test_contact_time_is_not_touched() -> None:
    assert last(steps(calibrated()), "contact_ms") == last(steps(), "contact_ms")


def test_a_mount_that_turns_in_mid_run_is_not_level_any_more() -> None:
    chunk = signals()["left"]
    assert chunk.gyr_rads is not None
    late = chunk.t_s > 35.0
    acc, gyr = chunk.acc_ms2.copy(), chunk.gyr_rads.copy()
    for x in (acc, gyr):
        x[late] = x[late] * np.array([-1.0, -1.0, 1.0])  # half a turn about z
    engine, out = Engine([calibrated()[0]]), list[Record]()
    turned = ImuChunk("left", chunk.t_s, acc, gyr)
    for second in range(int(SECONDS)):
        out += engine.push(second_of(turned, second))
    assert any(isinstance(r, Readiness) and r.shifted for r in out)
    found = [r for r in out if isinstance(r, Step)]
    early = [s for s in found if s.ic_s < 34]
    assert last(early, "slope_pct")[1] == 0.7
    assert last(found, "slope_pct")[1] == 1.4


def test_a_speed_from_outside_says_nothing_of_the_feet() -> None:
    mean = foot_means(steps(belt_mps=SPEED_MPS), SCALES, 20.0, SECONDS)["left"]
    assert mean.speed_mps is None
    assert mean.speed_s == 0


def test_a_loose_shoe_has_no_slope_of_its_own_though_its_steps_have_that_of_the_other() -> None:
    run = simulated_run([Bout(seconds=SECONDS, speed_mps=SPEED_MPS)])
    loose = flopping(signals()["right"], run.ic_s[~np.asarray(run.left, bool)], 20)
    engine, out = Engine(FEET), list[Record]()
    for second in range(int(SECONDS)):
        for chunk in (signals()["left"], loose):
            out += engine.push(second_of(chunk, second))
    found = [r for r in [*out, *engine.finish()] if isinstance(r, Step)]
    assert any(s.sensor == "right" and s.get("slope_pct") for s in found if s.ic_s > 30)
    mean = foot_means(found, SCALES, 20.0, SECONDS)
    assert mean["right"].slope_s < 2
    assert mean["right"].speed_s > 40
    assert mean["left"].slope_s == pytest.approx(SECONDS - 20, abs=2.5)
    assert mean["left"].slope_pct == pytest.approx(means()["left"].slope_pct, abs=0.1)


def test_the_first_run_counts_by_nine_tenths_and_later_ones_by_half() -> None:
    first = learned_speed_gain(current_speed_gain(None), 2.7, 2.7 * 1.04)
    assert first.value == pytest.approx(1.038, abs=0.0005)
    assert first.sd == current_speed_gain(first.value).sd == 0.007  # what is said is what is used next
    second = learned_speed_gain(current_speed_gain(first.value), 2.7, 2.7 * 1.02)
    assert second.value == pytest.approx((first.value + 1.02) / 2)
    assert second.sd == 0.007
    offset = current_slope_offset(None).learn(2.0)
    assert offset.value == pytest.approx(1.85, abs=0.01)
    assert offset == current_slope_offset(offset.value)
    assert current_slope_offset(offset.value).learn(1.0).value == pytest.approx((offset.value + 1) / 2)
    assert SlopeOffset().value == 0.0


def test_a_minute_is_steady_where_its_seconds_are_alike() -> None:
    rng = np.random.default_rng(1)
    even = 2.8 * (1 + 0.01 * rng.standard_normal(70))
    minutes = steady_minutes(even)
    assert [k for k, _, _ in minutes] == list(range(11))
    assert all(mean == pytest.approx(2.8, rel=0.005) and 0.005 < sd < 0.015 for _, mean, sd in minutes)
    assert not steady_minutes(even[:59])
    assert not steady_minutes(np.where(np.arange(70) == 35, math.nan, even))
    assert not steady_minutes(np.linspace(2.5, 3.1, 70))
    stepped = np.concatenate((even, 1.2 * even))
    assert {10, 70} <= {k for k, _, _ in steady_minutes(stepped)} <= {*range(12), *range(69, 81)}
