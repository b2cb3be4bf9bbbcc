"""A sensor that feels running and finds no step says so, once in a spell."""

from __future__ import annotations

import numpy as np
import pytest

from dsp.engine import Engine
from dsp.simulation.runner import Bout, Device, simulated_imu, simulated_run
from dsp.types import (
    Array,
    ImuChunk,
    Placement,
    Problem,
    Record,
    SensorProblem,
    Side,
    Step,
    Worn,
)
from tests.dsp.gait import cut

RUN = simulated_run(
    [
        Bout(seconds=5, speed_mps=0),
        Bout(seconds=30, speed_mps=3),
        Bout(seconds=8, speed_mps=0),
        Bout(seconds=20, speed_mps=3),
    ]
)


def sensor(placement: Placement) -> tuple[Worn, ImuChunk]:
    worn = Worn(placement.value, placement, Side.LEFT if placement.one_leg else None)
    return worn, simulated_imu(RUN, placement, worn.side, Device(rate_hz=200), worn.sensor)


def records(worn: Worn, chunk: ImuChunk, size: int = 40) -> list[Record]:
    engine = Engine([worn])
    return [r for piece in cut(chunk, [size]) for r in engine.push(piece)] + engine.finish()


def notices(found: list[Record]) -> list[SensorProblem]:
    return [r for r in found if isinstance(r, SensorProblem) and r.problem is Problem.NO_STEPS]


def without_an_axis(chunk: ImuChunk) -> Array:
    """Rotation about all axes alike: no swing can be told."""
    rng = np.random.default_rng(0)
    assert chunk.gyr_rads is not None
    return np.asarray(chunk.gyr_rads + 20 * rng.standard_normal(chunk.gyr_rads.shape))


@pytest.mark.parametrize("placement", [Placement.FOOT, Placement.SHANK])
@pytest.mark.parametrize("size", [1000, 37])
def test_each_spell_of_running_without_steps_is_told_once(placement: Placement, size: int) -> None:
    worn, chunk = sensor(placement)
    found = records(worn, ImuChunk(chunk.sensor, chunk.t_s, chunk.acc_ms2, without_an_axis(chunk)), size)
    assert not any(isinstance(r, Step) for r in found)
    assert [n.t_s for n in notices(found)] == [pytest.approx(17, abs=2), pytest.approx(55, abs=2)]
    assert all(worn.sensor == n.sensor for n in notices(found))


@pytest.mark.parametrize("placement", [p for p in Placement if p is not Placement.POD])
def test_nobody_is_told_while_steps_are_found(placement: Placement) -> None:
    assert notices(records(*sensor(placement))) == []


def test_steps_of_another_sensor_do_not_hide_it() -> None:
    (shank, blind), (belt, seeing) = sensor(Placement.SHANK), sensor(Placement.PELVIS)
    engine = Engine([shank, belt])
    blind = ImuChunk(blind.sensor, blind.t_s, blind.acc_ms2, without_an_axis(blind))
    found = [r for pair in zip(cut(blind, [100]), cut(seeing, [100]), strict=True)
             for piece in pair for r in engine.push(piece)]  # fmt: skip
    assert any(isinstance(r, Step) for r in found)
    assert [n.sensor for n in notices(found)] == ["shank", "shank"]
