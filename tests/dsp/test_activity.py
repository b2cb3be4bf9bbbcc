"""Standing, walking and running are told apart, with a pause before a change is believed."""

from __future__ import annotations

import numpy as np
import pytest

from dsp.activity import ActivityClassifier, ActivityLog
from dsp.simulation.runner import Bout, Device, simulated_imu, simulated_run
from dsp.types import GRAVITY_MS2, Activity, ActivityChange, ImuChunk, Placement, Side, Worn

PLACES = [Placement.FOOT, Placement.SHANK, Placement.ANKLE, Placement.PELVIS, Placement.HIP]


def worn(placement: Placement) -> Worn:
    return Worn("s", placement, Side.LEFT if placement.one_leg else None)


def seen(placement: Placement, chunk: ImuChunk) -> list[ActivityChange]:
    gyr = None if placement is Placement.ANKLE else chunk.gyr_rads
    return ActivityClassifier(worn(placement)).push(ImuChunk("s", chunk.t_s, chunk.acc_ms2, gyr))


@pytest.mark.parametrize("placement", PLACES)
@pytest.mark.parametrize("speed", [2.5, 3.5, 4.5])
def test_stand_run_stand_is_told_within_three_seconds(placement: Placement, speed: float) -> None:
    run = simulated_run(
        [Bout(seconds=10, speed_mps=0), Bout(seconds=20, speed_mps=speed), Bout(seconds=10, speed_mps=0)]
    )
    body = placement if placement.one_leg else Placement.PELVIS
    changes = seen(
        placement, simulated_imu(run, body, Side.LEFT if placement.one_leg else None, Device(), "s")
    )
    assert [c.activity for c in changes] == [Activity.STAND, Activity.RUN, Activity.STAND]
    assert [c.t_s for c in changes[1:]] == pytest.approx([10, 30], abs=2)
    assert all(c.known_s - c.t_s <= 3 for c in changes)


def walking(placement: Placement) -> ImuChunk:
    """One leg swings at 0.9 Hz and rests between swings; the trunk rocks gently."""
    t = np.arange(0, 20, 0.01)
    swing = np.maximum(0, np.sin(2 * np.pi * 0.9 * t)) ** 2
    lift = 0.15 * np.sin(2 * np.pi * 1.8 * t) if not placement.one_leg else 0.6 * swing
    acc = GRAVITY_MS2 * np.column_stack((0.3 * swing, 0 * t, 1 + lift))
    return ImuChunk("s", t, acc, np.column_stack((0 * t, -5 * swing, 0 * t)))


@pytest.mark.parametrize("placement", PLACES)
def test_walking_is_never_called_running(placement: Placement) -> None:
    assert [c.activity for c in seen(placement, walking(placement))] == [Activity.WALK]


def test_one_odd_second_changes_nothing() -> None:
    rest = np.tile((0.0, 0.0, GRAVITY_MS2), (2000, 1))
    rest[1000:1100, 2] += 12 * np.sin(np.arange(100))
    changes = seen(Placement.PELVIS, ImuChunk("s", np.arange(2000) / 100, rest, None))
    assert [c.activity for c in changes] == [Activity.STAND]


def test_the_log_answers_for_any_instant() -> None:
    log = ActivityLog()
    assert log.at(5.0) is Activity.UNKNOWN
    log.push(ActivityChange(10.0, Activity.RUN, 12.0))
    log.push(ActivityChange(30.0, Activity.WALK, 32.0))
    assert [log.at(t) for t in (0.0, 11.0, 29.9, 30.0, 99.0)] == [
        Activity.RUN, Activity.RUN, Activity.RUN, Activity.WALK, Activity.WALK,
    ]  # fmt: skip
