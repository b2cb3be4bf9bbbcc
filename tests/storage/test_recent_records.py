"""What is handed on from memory is what the store would have given, or the store is read."""

from __future__ import annotations

import contextlib
import math
from pathlib import Path

import pytest

from dsp.types import Estimate, Gap, Metric, Step
from monitor.core.records import Out, SessionStarted
from monitor.core.session_settings import SessionSettings
from monitor.pipeline.session import Session
from monitor.simulation.drifting_runner import coached_settings, drifting_bouts
from monitor.simulation.simulated_runner import recording_of_run
from monitor.storage.new_session import begin_session
from monitor.storage.session_info import WaitingRecord
from monitor.storage.store import Store

RUN = "run"
STARTED = SessionStarted(RUN, "me", "2026-01-01T07:00:00+00:00", ("footL",))
SECOND = Metric(1.0, None, Estimate("cadence_spm", 170.0, 1.0, "foot"))


@pytest.fixture(scope="module")
def seconds_of_a_run() -> list[list[Out]]:
    """The records of a coached minute, as they become certain packet by packet."""
    recording = recording_of_run(drifting_bouts(60.0))
    session = Session(coached_settings(recording.settings))
    return [found for packet in recording.packets() if (found := session.push(packet))]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = Store(tmp_path / "gaitcue.db")
    begin_session(store, tmp_path, "test", SessionSettings(), STARTED)
    return store


def read_anew(store: Store, sink: str = "far", limit: int = 1000) -> list[WaitingRecord]:
    """What a process that has nothing in memory is given."""
    with Store(store.path) as other:
        return other.outbox(sink, limit)


def never_reads(monkeypatch: pytest.MonkeyPatch, store: Store) -> None:
    def refuse(*args: object, **named: object) -> None:
        raise AssertionError("records were read back")

    monkeypatch.setattr(store, "_select_records", refuse)


def test_records_of_a_run_are_handed_on_as_they_would_be_read(
    store: Store, seconds_of_a_run: list[list[Out]], monkeypatch: pytest.MonkeyPatch
) -> None:
    store.acknowledge("far", store.last_row())
    never_reads(monkeypatch, store)
    for records in seconds_of_a_run:
        store.write(RUN, records)
        batch = store.outbox("far")
        assert repr(batch) == repr(read_anew(store))
        assert [record for _, _, record in batch] == list(records)
        store.acknowledge("far", batch[-1][0])
    assert store.outbox("far") == []


def test_batches_of_any_size_follow_each_other(store: Store, seconds_of_a_run: list[list[Out]]) -> None:
    store.acknowledge("far", store.last_row())
    for records in seconds_of_a_run[:40]:
        store.write(RUN, records)
    while batch := store.outbox("far", 7):
        assert repr(batch) == repr(read_anew(store, limit=7))
        store.acknowledge("far", batch[-1][0])
    assert store.delivered("far") == store.last_row()


@pytest.mark.parametrize(
    "odd",
    [
        Metric(1.0, None, Estimate("cadence_spm", math.nan, 1.0, "foot")),
        Metric(1.0, None, Estimate("cadence_spm", 170.0, math.nan, "foot")),
        Metric(-math.inf, None, Estimate("cadence_spm", 170.0, 1.0, "foot")),
        Metric(1, None, Estimate("cadence_spm", 170, 1, "foot")),
        Step("footL", None, 1.0, math.inf),
        Gap("footL", 3.0, 2.0),
    ],
)
def test_what_would_not_come_back_alike_is_read(store: Store, odd: Out) -> None:
    store.acknowledge("far", store.last_row())
    store.write(RUN, [SECOND, odd])
    assert repr(store.outbox("far")) == repr(read_anew(store))


def test_what_another_process_wrote_is_read(store: Store) -> None:
    store.acknowledge("far", store.last_row())
    store.write(RUN, [SECOND])
    with Store(store.path) as other:
        other.write(RUN, [SECOND])
    store.write(RUN, [SECOND])
    assert [row for row, _, _ in store.outbox("far")] == [row for row, _, _ in read_anew(store)]
    assert len(store.outbox("far")) == 3


def test_what_was_deleted_is_not_handed_on(store: Store) -> None:
    store.acknowledge("far", store.last_row())
    store.write(RUN, [SECOND])
    store.clear(RUN)
    assert store.outbox("far") == []


def test_what_another_process_deleted_is_not_handed_on(store: Store) -> None:
    store.acknowledge("far", store.last_row())
    store.write(RUN, [SECOND])
    with Store(store.path) as other:
        other.clear(RUN)
    assert store.outbox("far") == []


def test_a_write_that_is_rolled_back_is_not_handed_on(store: Store) -> None:
    store.acknowledge("far", store.last_row())
    with contextlib.suppress(RuntimeError), store._transaction():
        store.write(RUN, [SECOND])
        raise RuntimeError
    assert store.outbox("far") == []


def test_the_backlog_counts_what_is_there(store: Store) -> None:
    store.acknowledge("far", store.last_row())
    assert store.backlog("far") == 0
    store.write(RUN, [SECOND, SECOND])
    assert store.backlog("far") == 2
    store.clear(RUN)
    assert store.backlog("far") == 0
