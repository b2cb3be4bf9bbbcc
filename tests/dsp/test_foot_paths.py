"""Paths of a foot against those of a simulated runner, whose way is known to the millimetre."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from dsp.foot_paths import POINTS, StridePaths, stride_paths
from dsp.orientation import track
from dsp.simulation.runner import Bout, Device, SimulatedRun, Style, simulated_imu, simulated_run
from dsp.simulation.running_motion import running_leg
from dsp.simulation.strides import GaitStretch
from dsp.types import Array, ImuChunk, Placement, Side

DEVICE = Device(misaligned_deg=(4.0, 8.0, -5.0))
SHARES = np.linspace(0.0, 1.0, POINTS)


def shoe(speed_mps: float, side: Side = Side.LEFT, slope_pct: float = 0.0, device: Device = DEVICE,
         style: Style | None = None) -> tuple[SimulatedRun, ImuChunk]:  # fmt: skip
    run = simulated_run([Bout(seconds=25, speed_mps=speed_mps, slope_pct=slope_pct)], style, seed=3)
    return run, simulated_imu(run, Placement.FOOT, side, device, "shoe", 5)


def paths_of(chunk: ImuChunk) -> StridePaths:
    assert chunk.gyr_rads is not None
    found = stride_paths(chunk.t_s, chunk.acc_ms2, chunk.gyr_rads)
    assert found is not None
    return found


def true_paths(run: SimulatedRun, side: Side, found: StridePaths, device: Device = DEVICE) -> list[Array]:
    """Ahead and height of the case in the same strides: (2, ``POINTS``) each."""
    columns = (run.ic_s, run.to_s, run.left, run.speed_mps, 120 / run.cadence_spm, run.slope_pct)
    t = np.arange(run.ic_s[0], run.to_s[-1], 1 / 400)
    place = running_leg(
        GaitStretch(*columns), Placement.FOOT, side, t, device, run.style.strike_deg
    ).place_m
    out = []
    for start, seconds in zip(found.start_s, found.seconds, strict=True):
        at = start + SHARES * seconds
        ahead, height = (np.interp(at, t, place[:, k]) for k in (0, 2))
        out.append(
            np.stack(
                (
                    ahead - ahead[0],
                    height
                    - height[0]
                    - (ahead - ahead[0]) / (ahead[-1] - ahead[0]) * (height[-1] - height[0]),
                )
            )
        )
    return out


@pytest.mark.parametrize("speed_mps", [2.5, 3.0, 3.8])
@pytest.mark.parametrize("side", [Side.LEFT, Side.RIGHT])
def test_heights_are_right_within_a_centimetre_and_places_within_two(speed_mps: float, side: Side) -> None:
    run, chunk = shoe(speed_mps, side)
    found = paths_of(chunk)
    assert len(found.start_s) >= 25
    true = true_paths(run, side, found)
    known = found.with_lengths(np.array([ahead[-1] for ahead, _ in true]))
    highest = found.height_m.max(axis=1) - np.array([height.max() for _, height in true])
    assert abs(highest.mean()) < 0.005
    assert np.abs(highest).max() < 0.015
    mean_height = np.mean([height for _, height in true], axis=0)
    mean_ahead = np.mean([ahead for ahead, _ in true], axis=0)
    assert np.abs(known.height_m.mean(axis=0) - mean_height).max() < 0.01
    assert np.abs(known.ahead_m.mean(axis=0) - mean_ahead).max() < 0.02
    assert known.ahead_m[:, -1] == pytest.approx([ahead[-1] for ahead, _ in true])


@pytest.mark.parametrize("rate_hz", [104.0, 52.0])
def test_slower_sensors_are_right_within_a_centimetre_too(rate_hz: float) -> None:
    device = dataclasses.replace(DEVICE, rate_hz=rate_hz)
    run, chunk = shoe(3.0, device=device)
    found = paths_of(chunk)
    true = np.mean([height for _, height in true_paths(run, Side.LEFT, found, device)], axis=0)
    assert np.abs(found.height_m.mean(axis=0) - true).max() < 0.01


def test_the_height_at_toe_off_is_right_within_a_centimetre() -> None:
    run, chunk = shoe(3.0)
    found = paths_of(chunk)
    own_to_s = run.to_s[run.left]
    errors = []
    for k, (_, height) in enumerate(true_paths(run, Side.LEFT, found)):
        after = own_to_s[own_to_s > found.start_s[k]]
        share = (after[0] - found.start_s[k]) / found.seconds[k]
        errors.append(np.interp(share, SHARES, found.height_m[k]) - np.interp(share, SHARES, height))
    assert np.abs(errors).max() < 0.01


def test_a_stride_is_short_by_a_few_per_cent_until_it_is_given_its_length() -> None:
    run, chunk = shoe(3.0)
    found = paths_of(chunk)
    true = np.array([ahead[-1] for ahead, _ in true_paths(run, Side.LEFT, found)])
    assert found.ahead_m[:, -1] / true == pytest.approx(1.0, abs=0.06)


def test_the_foot_points_down_behind_and_up_in_front() -> None:
    _, chunk = shoe(3.0)
    pitch = paths_of(chunk).pitch_deg.mean(axis=0)
    assert [pitch[0], pitch[-1]] == pytest.approx([0, 0], abs=1e-9)
    assert pitch.min() < -60  # the heel comes up behind
    assert pitch[-12:].max() > 5  # and lands first
    assert int(pitch.argmin()) < POINTS // 2


def test_a_slope_is_no_height() -> None:
    _, level = shoe(2.8)
    _, hill = shoe(2.8, slope_pct=8.0)
    heights = [paths_of(chunk).height_m.mean(axis=0) for chunk in (level, hill)]
    assert np.abs(heights[0] - heights[1]).max() < 0.02


def test_a_clipped_sensor_gives_no_path() -> None:
    _, chunk = shoe(3.0, device=Device(clip_ms2=20.0))
    assert chunk.gyr_rads is not None
    assert stride_paths(chunk.t_s, chunk.acc_ms2, chunk.gyr_rads) is None


def test_no_stride_spans_a_hole() -> None:
    _, chunk = shoe(3.0)
    assert chunk.gyr_rads is not None
    there = (chunk.t_s < 10.0) | (chunk.t_s > 10.5)
    found = stride_paths(chunk.t_s[there], chunk.acc_ms2[there], chunk.gyr_rads[there])
    assert found is not None
    assert not ((found.start_s < 10.0) & (found.start_s + found.seconds > 10.5)).any()
    assert len(found.start_s) < len(paths_of(chunk).start_s)


def test_standing_and_too_few_strides_give_none() -> None:
    rng = np.random.default_rng(1)
    t_s = np.arange(2000) / 200
    still = np.array((0.0, 0.0, 9.81)) + 0.01 * rng.standard_normal((2000, 3))
    assert stride_paths(t_s, still, 0.01 * rng.standard_normal((2000, 3))) is None
    _, chunk = shoe(3.0)
    assert chunk.gyr_rads is not None
    few = slice(0, 500)
    assert stride_paths(chunk.t_s[few], chunk.acc_ms2[few], chunk.gyr_rads[few]) is None
    assert stride_paths(t_s[:10], still[:10], still[:10]) is None


def test_a_path_ends_where_the_displacement_of_its_stride_does() -> None:
    _, chunk = shoe(3.0)
    assert chunk.gyr_rads is not None
    rows = slice(900, 1043)
    one = track(chunk.acc_ms2[rows], chunk.gyr_rads[rows], 1 / 200)
    up = one.up(0, 143)
    assert one.path(0, 143, up)[-1] == pytest.approx(one.displacement(0, 143, up, up), abs=3e-3)
