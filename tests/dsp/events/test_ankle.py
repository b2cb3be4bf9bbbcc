"""The stride clock of an ankle counts strides, of walking as well as of running, and after a hole."""

from __future__ import annotations

import numpy as np
import pytest

from dsp.engine import Engine
from dsp.events.ankle import AnkleDetector
from dsp.simulation.mishaps import with_bursts_lost
from dsp.simulation.other_motion import OtherMotion, other_motion_imu
from dsp.simulation.runner import Bout, Device, simulated_imu, simulated_run
from dsp.types import GRAVITY_MS2, Array, Contact, ImuChunk, Metric, Placement, Side, Step, Worn
from tests.dsp.gait import cut

WORN = Worn("ankle", Placement.ANKLE, Side.RIGHT)

LANDING_G = 1.0  # a jolt of 50 ms; real walks have 0.5 to 2 g (Har-Lab)


def ankle(stride_s: float, seconds: float, twice: float) -> ImuChunk:
    """An ankle that swings once a stride and, ``twice`` as much, once a step: a walker's, and lands."""
    t = np.arange(0, seconds, 0.01)
    turn = 2 * np.pi * t / stride_s
    norm = 1.2 + 0.35 * np.sin(turn) + 0.35 * twice * np.sin(2 * turn) + 0.2 * np.sin(3 * turn + 1)
    norm += LANDING_G * np.exp(-(((t % stride_s - 0.1) / 0.03) ** 2))
    norm += 0.05 * np.random.default_rng(4).standard_normal(len(t))
    return ImuChunk("ankle", t, GRAVITY_MS2 * np.column_stack((norm, 0 * t, 0 * t)), None)


def strides(chunk: ImuChunk) -> Array:
    detector = AnkleDetector(WORN)
    found = [c.ic_s for c in [*detector.push(chunk), *detector.finish()] if isinstance(c, Contact)]
    return np.diff([t for t in found if t > 5])


@pytest.mark.parametrize("stride_s", [0.95, 1.08, 1.25, 1.35])
@pytest.mark.parametrize("twice", [0.5, 1.0, 1.3])
def test_a_walking_ankle_is_not_counted_twice(stride_s: float, twice: float) -> None:
    found = strides(ankle(stride_s, 60, twice))
    assert len(found) == pytest.approx(53.4 / stride_s, abs=2)
    assert np.median(found) == pytest.approx(stride_s, abs=0.02)


@pytest.mark.parametrize("stride_s", [0.6, 0.7, 0.85])
def test_a_running_ankle_is_not_counted_half(stride_s: float) -> None:
    found = strides(ankle(stride_s, 60, 0.3))
    assert len(found) == pytest.approx(53.4 / stride_s, abs=2)
    assert np.median(found) == pytest.approx(stride_s, abs=0.02)


def test_from_walking_to_running_the_clock_follows() -> None:
    walk, run = ankle(1.1, 30, 1.0), ankle(0.7, 30, 0.3)
    both = ImuChunk("ankle", np.arange(0, 60, 0.01), np.vstack((walk.acc_ms2, run.acc_ms2)), None)
    found = strides(both)
    ends = 5 + np.cumsum(found)
    assert np.median(found[ends < 28]) == pytest.approx(1.1, abs=0.02)
    assert np.median(found[ends > 36]) == pytest.approx(0.7, abs=0.02)


@pytest.mark.parametrize("turns_per_min", [60.0, 80.0, 100.0])
def test_an_ankle_on_a_pedal_takes_no_stride(turns_per_min: float) -> None:
    chunk = other_motion_imu(
        OtherMotion.CYCLING,
        Placement.ANKLE,
        Side.RIGHT,
        Device(rate_hz=100),
        "ankle",
        per_min=turns_per_min,
    )
    assert len(strides(ImuChunk("ankle", chunk.t_s, chunk.acc_ms2))) == 0


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("speed_mps", [2.4, 3.0, 4.4])
@pytest.mark.parametrize(("share", "found_share", "spm"), [(0.05, 0.85, 0.3), (0.2, 0.5, 1.0)])
def test_bursts_of_lost_packets_cost_some_strides_and_no_cadence(
    share: float, found_share: float, spm: float, speed_mps: float, seed: int
) -> None:
    """Every hole of more than 0.1 s cost two seconds: at 20 % lost 8 % of the strides, and no cadence."""
    run = simulated_run([Bout(seconds=90, speed_mps=speed_mps)])
    whole = simulated_imu(run, Placement.ANKLE, Side.RIGHT, Device(rate_hz=100), "ankle")
    sent = with_bursts_lost(ImuChunk("ankle", whole.t_s, whole.acc_ms2), share, seed)
    engine = Engine([WORN])
    found = [*(r for piece in cut(sent, [20]) for r in engine.push(piece)), *engine.finish()]
    true = np.array([t for t in run.ic_s[~run.left] if 8 < t < 88])
    clock = np.array([r.ic_s for r in found if isinstance(r, Step) and 8 < r.ic_s < 87.5])
    late = clock[:, None] - true
    late = late[np.arange(len(clock)), np.abs(late + 0.12).argmin(axis=1)]
    assert np.abs(late - np.median(late)).max() < 0.06
    assert np.std(late) < 0.015
    assert np.diff(clock).min() > 0.5
    assert found_share < len(clock) / len(true) < 1.03
    seconds = [r.estimate.value for r in found
               if isinstance(r, Metric) and r.estimate.metric == "cadence_spm" and r.t_s > 12]  # fmt: skip
    assert len(seconds) > (0.9 if share < 0.1 else 0.5) * 76
    assert abs(np.mean(seconds) - 120 / np.diff(true).mean()) < spm
