"""A sensor that feels running and finds no step says so, once in a spell."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from dsp.activity import ActivityClassifier
from dsp.engine import Engine
from dsp.missing_steps import MissingSteps
from dsp.simulation.runner import Bout, Device, simulated_imu, simulated_run
from dsp.types import (
    Activity,
    ActivityChange,
    Array,
    Contact,
    ImuChunk,
    Placement,
    Problem,
    Record,
    SensorProblem,
    Side,
    Step,
    Worn,
)
from tests.dsp.gait import cut, without

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


def with_hole(chunk: ImuChunk, start_s: float) -> ImuChunk:
    return without(without(chunk, start_s, start_s + 2.5), 25, np.inf)


@pytest.mark.parametrize("start_s", [6.99, 7.99, 8.99])
def test_who_begins_to_run_just_before_a_hole_is_told(start_s: float) -> None:
    """The change to running is known with the first sample after the hole, which begins the wait anew."""
    worn, chunk = sensor(Placement.SHANK)
    blind = ImuChunk(chunk.sensor, chunk.t_s, chunk.acc_ms2, without_an_axis(chunk))
    first = notices(records(worn, with_hole(blind, start_s), size=1))[0]
    assert first.t_s == pytest.approx(start_s + 2.5 + 10, abs=1)


@pytest.mark.parametrize("placement", [Placement.FOOT, Placement.PELVIS])
@pytest.mark.parametrize("start_s", [5.99, 6.99, 7.99])
def test_nobody_is_told_who_stood_still_just_before_a_hole(placement: Placement, start_s: float) -> None:
    run = simulated_run([Bout(seconds=5, speed_mps=3), Bout(seconds=25, speed_mps=0)])
    worn, _ = sensor(placement)
    chunk = simulated_imu(run, placement, worn.side, Device(rate_hz=104), worn.sensor)
    found = records(worn, with_hole(chunk, start_s), size=1)
    assert [r.activity for r in found if isinstance(r, ActivityChange)] == [Activity.RUN, Activity.STAND]
    assert notices(found) == []


SHANK, SHANK_SAMPLES = sensor(Placement.SHANK)
LANDED_S = (7.3, 7.9, 18.2, 44.0)  # no steps are found but these, each known half a second later


def watched(samples: ImuChunk, sizes: list[int]) -> list[SensorProblem]:
    watch, activity, found = MissingSteps("shank"), ActivityClassifier(SHANK), []
    coming = [Contact("shank", Placement.SHANK, None, t, None, 0.01, None, t + 0.5) for t in LANDED_S]
    for piece in cut(samples, sizes):
        while coming and coming[0].known_s <= piece.t_s[-1]:
            watch.push_contact(coming.pop(0))
        found += watch.push(piece, activity.push(piece))
    return found


@given(
    holes=st.lists(st.tuples(st.floats(0, 60), st.floats(0.2, 8)), max_size=4),
    sizes=st.lists(st.integers(1, 4000), min_size=1, max_size=6),
)
@settings(max_examples=60, deadline=None)
@example(holes=[(8.0, 4.0)], sizes=[200])
@example(holes=[(7.0, 2.5)], sizes=[50])
def test_holes_and_the_cut_of_the_samples_never_matter_together(
    holes: list[tuple[float, float]], sizes: list[int]
) -> None:
    samples = SHANK_SAMPLES
    for start_s, long_s in holes:
        samples = without(samples, start_s, start_s + long_s)
    assume(len(samples) > 0)
    found = watched(samples, sizes)
    assert found == watched(samples, [len(samples)])
    for problem in found:  # ten seconds without a hole lie before it
        before = samples.t_s[(samples.t_s >= problem.t_s - 10) & (samples.t_s <= problem.t_s)]
        assert np.diff(before).max() <= 1
