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


def trunk(steps_hz: float, jog: bool, seconds: float = 30) -> ImuChunk:
    """A waist in a brisk walk (a sine down to 0.15 g) or a slow jog (free fall between landings)."""
    t = np.arange(0, seconds, 0.01)
    at = (t * steps_hz) % 1
    wave = (
        np.where(at < 0.62, 2.3 * np.sin(np.pi * at / 0.62), 0.2)
        if jog
        else 1 + 0.85 * np.sin(2 * np.pi * at)
    )
    wave += 0.05 * np.random.default_rng(2).standard_normal(len(t))
    return ImuChunk("s", t, GRAVITY_MS2 * np.column_stack((0 * t, 0 * t, wave)), None)


def test_a_brisk_walk_is_no_run_and_a_slow_jog_is_one() -> None:
    """Both at the step rates of real people near the border (SisFall: 136, Har-Lab: 140 steps/min)."""
    assert [c.activity for c in seen(Placement.WAIST, trunk(136 / 60, jog=False))] == [Activity.WALK]
    assert [c.activity for c in seen(Placement.WAIST, trunk(140 / 60, jog=True))] == [Activity.RUN]


def test_a_jog_is_left_for_a_walk_and_the_change_is_dated_back() -> None:
    jog, walk = trunk(150 / 60, jog=True, seconds=20), trunk(110 / 60, jog=False, seconds=20)
    both = ImuChunk("s", np.arange(0, 40, 0.01), np.vstack((jog.acc_ms2, walk.acc_ms2)), None)
    changes = seen(Placement.WAIST, both)
    assert [c.activity for c in changes] == [Activity.RUN, Activity.WALK]
    assert changes[1].t_s == pytest.approx(21, abs=1)
    assert changes[1].known_s <= 24


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
