"""A clock of crossings counts a walker twice and a one-sided hip half; the rhythm of all axes does not."""

from __future__ import annotations

import numpy as np
import pytest

from dsp.engine import Engine
from dsp.types import GRAVITY_MS2, Array, ImuChunk, Metric, Placement, Record, Step, Worn
from tests.dsp.gait import cut

RATE_HZ = 100.0


def worn_on_a_belt(t_s: Array, vertical_g: Array, stride_s: Array, *, gyro: bool = True) -> ImuChunk:
    """A pelvis with this vertical force, which sways, rolls and yaws once a stride."""
    rng = np.random.default_rng(3)
    phase = 2 * np.pi * np.cumsum(np.gradient(t_s) / stride_s)
    acc = np.column_stack((0.05 * np.sin(2 * phase), 0.08 * np.sin(phase + 0.5), vertical_g)) * GRAVITY_MS2
    acc = acc + 0.02 * GRAVITY_MS2 * rng.standard_normal(acc.shape)
    rates = np.column_stack((0.4 * np.cos(phase), 0.2 * np.sin(2 * phase), 0.5 * np.sin(phase + 1)))
    return ImuChunk("belt", t_s, acc, rates if gyro else None)


def slow_walk(cadence_spm: float, seconds: float = 40.0, *, gyro: bool = True) -> ImuChunk:
    """A walker whose second hump within a step is higher than the first."""
    t = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    step = 2 * np.pi * t * cadence_spm / 60
    vertical = 1 + 0.08 * np.cos(step) + 0.13 * np.cos(2 * step + 0.6)
    return worn_on_a_belt(t, vertical, np.full(len(t), 120 / cadence_spm), gyro=gyro)


def records(chunk: ImuChunk, placement: Placement = Placement.WAIST) -> list[Record]:
    engine = Engine([Worn("belt", placement)])
    return [r for piece in cut(chunk, [50]) for r in engine.push(piece)] + engine.finish()


def cadences(found: list[Record], start_s: float = 0.0) -> Array:
    return np.array(
        [
            r.estimate.value
            for r in found
            if isinstance(r, Metric) and r.estimate.metric == "cadence_spm" and r.t_s >= start_s
        ]
    )


@pytest.mark.parametrize("gyro", [True, False])
@pytest.mark.parametrize("cadence_spm", [84.0, 95.0, 110.0])
def test_a_walk_of_two_humps_per_step_is_not_counted_twice(cadence_spm: float, gyro: bool) -> None:
    found = records(slow_walk(cadence_spm, gyro=gyro))
    seconds = cadences(found)
    assert len(seconds) > 33
    assert np.mean(seconds > 1.5 * cadence_spm) <= 0.03
    assert np.median(seconds) == pytest.approx(cadence_spm, abs=1.0)
    steps = [r for r in found if isinstance(r, Step)]
    assert len(steps) == pytest.approx(40 * cadence_spm / 60, abs=5)


def test_a_hip_that_hardly_feels_the_far_leg_is_not_counted_half() -> None:
    t = np.arange(round(40 * RATE_HZ)) / RATE_HZ
    step = 2 * np.pi * t / 0.34
    vertical = 1 + np.where(np.cos(step / 2) > 0, 1.2, 0.1) * np.cos(step)
    found = records(worn_on_a_belt(t, vertical, np.full(len(t), 0.68)), Placement.HIP)
    seconds = cadences(found, 8.0)
    assert len(seconds) > 25
    assert np.all(np.abs(seconds - 60 / 0.34) < 3)


def test_a_run_out_of_a_slow_walk_costs_no_step_and_no_octave() -> None:
    t = np.arange(round(40 * RATE_HZ)) / RATE_HZ
    step_s = np.where(t < 20, 0.70, 0.36)
    step = 2 * np.pi * np.cumsum(np.gradient(t) / step_s)
    walk = 1 + 0.08 * np.cos(step) + 0.13 * np.cos(2 * step + 0.6)
    vertical = np.where(t < 20, walk, 1 + 1.1 * np.cos(step))
    found = records(worn_on_a_belt(t, vertical, 2 * step_s))
    assert np.allclose(cadences(found, 28.0), 60 / 0.36, atol=2)
    ran = [r for r in found if isinstance(r, Step) and 21 < r.ic_s < 38]
    assert len(ran) == pytest.approx(17 / 0.36, abs=2)
