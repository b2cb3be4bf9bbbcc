"""The paths of the feet: those of the simulated runner, and none where the sensors cannot tell."""

from __future__ import annotations

import dataclasses
import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dsp.simulation.runner import Bout
from dsp.types import Activity, Placement, Problem, SensorProblem
from monitor.recordings.recording import Recording
from monitor.review.foot_drawing import foot_paths, stored_foot_paths
from monitor.simulation.simulated_runner import recording_of_run
from monitor.storage.import_recording import import_recording
from monitor.storage.session_data import SessionData, Stretch, load_session
from monitor.storage.store import Store
from monitor.storage.tape_archive import remove_tape
from tests.review.test_report import a_run

QUICK_SPM, SLOW_SPM = 168.0, 152.0
NOON = datetime.datetime(2026, 11, 24, 12, 0, tzinfo=datetime.UTC)


@pytest.fixture(scope="module")
def recording() -> Recording:
    """Two shoes and a belt at one pace, with longer strides in the second half."""
    return recording_of_run([Bout(seconds=80, speed_mps=2.8, cadence_spm=c) for c in (QUICK_SPM, SLOW_SPM)])


def run_of(recording: Recording, **more: Any) -> SessionData:
    run = a_run(160, speed_mps=2.8, slope_pct=0.0)
    return dataclasses.replace(run, settings=recording.settings, **more)


def test_both_feet_are_there_with_the_strides_that_were_run(recording: Recording) -> None:
    left, right = foot_paths(run_of(recording), recording)
    assert [left.side, right.side] == ["L", "R"]
    for foot in (left, right):
        assert min(foot.first.strides, foot.last.strides) >= 40
        assert foot.first.ahead_m[-1] == pytest.approx(2.8 * 120 / QUICK_SPM, abs=0.02)
        assert foot.last.ahead_m[-1] == pytest.approx(2.8 * 120 / SLOW_SPM, abs=0.02)
        assert foot.difference.value == pytest.approx(foot.highest_last.value - foot.highest_first.value)
        assert 0.15 < foot.highest_first.value < 0.3
        assert foot.first.height_m.max() == pytest.approx(foot.highest_first.value, abs=0.01)
        assert (foot.first.spread_m < 0.02).all()


def test_without_a_change_none_stands_out() -> None:
    even = recording_of_run([Bout(seconds=160, speed_mps=2.8)])
    for foot in foot_paths(run_of(even), even):
        assert foot.difference.half is not None
        assert abs(foot.difference.value) < 0.004
        assert not foot.stands_out


@pytest.mark.parametrize("problem", [Problem.CLIPPED, Problem.LOOSE])
def test_a_sensor_that_was_clipped_or_loose_shows_nothing(recording: Recording, problem: Problem) -> None:
    wrong = SensorProblem(50.0, recording.settings.sensors[0].name, problem)
    feet = foot_paths(run_of(recording, problems=[wrong]), recording)
    assert [foot.side for foot in feet] == ["R"]


def test_a_sensor_elsewhere_shows_nothing(recording: Recording) -> None:
    run = run_of(recording)
    shins = tuple(
        dataclasses.replace(s, placement=Placement.SHANK) if s.side else s for s in run.settings.sensors
    )
    run = dataclasses.replace(run, settings=dataclasses.replace(run.settings, sensors=shins))
    assert foot_paths(run, recording) == []


def test_thirds_at_other_paces_are_not_compared(recording: Recording) -> None:
    run = run_of(recording)
    speed = dataclasses.replace(run.columns["speed_mps"], value=np.where(run.t_s < 80, 2.8, 3.4))
    faster = dataclasses.replace(run, columns={**run.columns, "speed_mps": speed})
    assert foot_paths(faster, recording) == []


def test_without_a_speed_or_with_little_running_there_is_none(recording: Recording) -> None:
    run = run_of(recording)
    assert foot_paths(dataclasses.replace(run, columns={}), recording) == []
    short = dataclasses.replace(run, activity={Activity.RUN: (Stretch(0.0, 30.0),)})
    assert foot_paths(short, recording) == []


def test_they_are_kept_once_made_and_gone_with_the_tape(tmp_path: Path, recording: Recording) -> None:
    with Store(tmp_path / "gaitcue.db") as store:
        info = import_recording(store, tmp_path, recording, "me", NOON)
        run = load_session(store, info.id)
        made = stored_foot_paths(store, run)
        assert [foot["side"] for foot in made] == ["L", "R"]
        assert len(store.analyses(info.id, "foot paths")) == 1
        remove_tape(info)
        assert stored_foot_paths(store, run) == made
        assert len(store.analyses(info.id, "foot paths")) == 1
        newer = dataclasses.replace(run, info=dataclasses.replace(run.info, version="9"))
        assert stored_foot_paths(store, newer) == []  # those of other numbers are not shown
