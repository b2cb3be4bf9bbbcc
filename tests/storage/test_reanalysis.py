"""Several sessions at once are computed as one after the other would be."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest

from dsp.types import Problem, SensorProblem, Step
from monitor.core.errors import StoreError
from monitor.simulation.simulated_runner import simulated_recording
from monitor.storage.import_recording import import_recording
from monitor.storage.reanalysis import reanalyze_all
from monitor.storage.session_info import SessionInfo
from monitor.storage.store import Store

NOON = datetime.datetime(2026, 11, 20, 12, tzinfo=datetime.UTC)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = Store(tmp_path / "gaitcue.db")
    for day in range(3):
        recording = simulated_recording(20.0 + 5 * day, seed=day + 1)
        import_recording(store, tmp_path, recording, "me", NOON + datetime.timedelta(days=day))
    return store


def as_if_by_an_old_version(store: Store) -> tuple[list[SessionInfo], list[list[Step]]]:
    """The sessions, each of which now has one odd step, and the steps it had."""
    infos = store.sessions()
    steps = [store.steps(info.id) for info in infos]
    for info in infos:
        store.replace_measurements(info.id, [Step("footL", None, 5.0, None)], "0.0.9")
    return store.sessions(), steps


def test_sessions_computed_at_once_get_the_numbers_they_had(store: Store) -> None:
    infos, steps = as_if_by_an_old_version(store)
    found = list(reanalyze_all(store, infos, processes=2))
    assert [again.session for again in found] == [info.id for info in infos]
    assert {again.old for again in found} == {"0.0.9"}
    assert [store.steps(info.id) for info in infos] == steps


def test_one_without_a_tape_is_said_when_it_is_its_turn(store: Store) -> None:
    infos, steps = as_if_by_an_old_version(store)
    Path(infos[1].tape).unlink()
    results = reanalyze_all(store, infos, processes=2)
    assert next(results).session == infos[0].id
    with pytest.raises(StoreError):
        next(results)
    assert store.steps(infos[0].id) == steps[0]
    assert len(store.steps(infos[1].id)) == 1


def test_a_problem_of_a_sensor_is_not_there_twice_after_a_second_analysis(store: Store) -> None:
    (session, *_), problem = store.sessions(), SensorProblem(5.0, "footL", Problem.SAME_FOOT)
    store.write(session.id, [problem])
    store.replace_measurements(session.id, [problem, Step("footL", None, 6.0, None)], "9")
    assert [record for record in store.events(session.id) if isinstance(record, SensorProblem)] == [problem]
