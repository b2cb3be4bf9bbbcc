"""Files to sessions: none doubled, none lost, whatever else happens."""

from __future__ import annotations

import logging
import multiprocessing
import os
import shutil
import signal
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from dsp.types import Placement, Side
from monitor.core.errors import InputError
from monitor.recordings import readers
from monitor.recordings.recording import Recording, Wearing
from monitor.service import file_import
from monitor.service.file_import import (
    FileFinished,
    ImportedRecording,
    ImportEvent,
    ImportJob,
    ImportProgress,
    RefusedRecording,
    RepeatedRecording,
    import_paths,
    worker_count,
)
from monitor.simulation.simulated_runner import simulated_recording
from monitor.storage import session_edit
from monitor.storage.store import Store
from tests.fit_bytes import NOON_S, definition, file_id, fit_file, records

DAY_S = 86_400


def watch(days: int = 0, seconds: int = 60) -> bytes:
    """The file of a watch, so many days before noon."""
    return fit_file(file_id() + records(seconds, NOON_S - days * DAY_S))


def standing(seconds: int = 60) -> bytes:
    """A file of a watch that lay on a table: speed and cadence are zero."""
    import struct

    body = definition(1, 20, ((253, 4, 0x86), (6, 2, 0x84), (4, 1, 0x02)))
    for t in range(seconds):
        body += b"\1" + struct.pack("<IHB", NOON_S + t, 0, 0)
    return fit_file(file_id() + body)


@pytest.fixture
def job(tmp_path: Path) -> ImportJob:
    folder = tmp_path / "data"
    Store(folder / "gaitcue.db").close()
    return ImportJob(
        database=folder / "gaitcue.db", folder=folder, athlete="me",
        wearing=Wearing(Placement.FOOT, Side.LEFT),
    )  # fmt: skip


@pytest.fixture
def files(tmp_path: Path) -> Path:
    folder = tmp_path / "files"
    folder.mkdir()
    for days in range(6):
        (folder / f"{days}.fit").write_bytes(watch(days))
    return folder


def run(job: ImportJob, paths: list[Path], workers: int = 0) -> Counter[type[ImportEvent]]:
    counts: Counter[type[ImportEvent]] = Counter()
    import_paths(paths, job, lambda path, event: counts.update([type(event)]), workers)
    del counts[ImportProgress]
    return counts


def sessions(job: ImportJob) -> list[str]:
    with Store(job.database) as store:
        return [info.id for info in store.sessions()]


@pytest.mark.parametrize("workers", [0, 2])
def test_every_file_is_dealt_with_once_and_again_is_passed_over(
    job: ImportJob, files: Path, workers: int
) -> None:
    (files / "same under another name.fit").write_bytes(watch(3))
    (files / "torn.fit").write_bytes(watch()[:40])
    paths = sorted(files.iterdir())
    counts = run(job, paths, workers)
    assert counts == {FileFinished: 8, ImportedRecording: 6, RepeatedRecording: 1, RefusedRecording: 1}
    assert len(sessions(job)) == 6
    again = run(job, paths, workers)
    assert again == {FileFinished: 8, RepeatedRecording: 7, RefusedRecording: 1}
    assert len(sessions(job)) == 6


def test_what_was_imported_is_not_even_read_again(
    job: ImportJob, files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = sorted(files.iterdir())
    run(job, paths)
    monkeypatch.setattr(readers, "read_recordings", lambda path, wearing: pytest.fail("is read"))
    assert run(job, paths)[RepeatedRecording] == 6


def test_a_session_that_was_deleted_can_be_imported_again(job: ImportJob, files: Path) -> None:
    paths = sorted(files.iterdir())
    run(job, paths)
    with Store(job.database) as store:
        session_edit.delete_session(store, store.sessions()[0])
    assert run(job, paths) == {FileFinished: 6, ImportedRecording: 1, RepeatedRecording: 5}


def test_a_session_that_was_cut_or_joined_is_not_imported_again(job: ImportJob, tmp_path: Path) -> None:
    path = tmp_path / "run.fit"
    path.write_bytes(watch())
    run(job, [path])
    with Store(job.database) as store:
        parts = session_edit.split_session(store, job.folder, store.sessions()[0], 30.0)
        assert run(job, [path]) == {FileFinished: 1, RepeatedRecording: 1}
        session_edit.merge_sessions(store, job.folder, parts)
    assert run(job, [path]) == {FileFinished: 1, RepeatedRecording: 1}
    assert len(sessions(job)) == 1


def test_any_exception_of_a_file_is_its_line_and_the_log_has_the_traceback(
    job: ImportJob, files: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    read = readers.recordings_in

    def with_a_bug(path: Path, *rest: object) -> object:
        if path.name == "2.fit":
            raise ValueError("two sensors are called stryd")
        return read(path, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(readers, "recordings_in", with_a_bug)
    refused: list[tuple[str, str]] = []

    def note(path: Path, event: ImportEvent) -> None:
        if isinstance(event, RefusedRecording):
            refused.append((path.name, event.why))

    with caplog.at_level(logging.ERROR):
        import_paths(sorted(files.iterdir()), job, note, workers=0)
    ((name, why),) = refused
    assert name == "2.fit"
    assert "ValueError" in why
    assert "\n" not in why
    assert "two sensors are called stryd" in caplog.text
    assert "Traceback" in caplog.text
    assert len(sessions(job)) == 5


def test_an_error_half_way_is_undone_and_leaves_the_other_recordings_of_the_file(
    job: ImportJob, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = simulated_recording(20.0)

    def broken() -> object:
        yield from list(whole.packets())[:50]
        raise ZeroDivisionError

    def recordings(path: Path, *rest: object) -> list[Recording | InputError]:
        out: list[Recording | InputError] = [
            replace(whole, started_utc=f"2026-01-0{n}T12:00:00+00:00", source=f"{n:064x}:0")
            for n in (1, 2, 3)
        ]
        out[1] = replace(out[1], packets=broken)  # type: ignore[type-var]
        return [*out, InputError("error.not_fit")]

    monkeypatch.setattr(readers, "recordings_in", recordings)
    path = tmp_path / "export.zip"
    assert run(job, [path]) == {FileFinished: 1, ImportedRecording: 2, RefusedRecording: 2}
    assert len(list((job.folder / "tapes").iterdir())) == len(sessions(job)) == 2
    with Store(job.database) as store:
        assert store.is_imported(f"{1:064x}")
        assert not store.is_imported(f"{2:064x}")


def test_a_recording_in_which_nobody_moves_is_not_kept(job: ImportJob, tmp_path: Path) -> None:
    path = tmp_path / "table.fit"
    path.write_bytes(standing())
    assert run(job, [path]) == {FileFinished: 1, RefusedRecording: 1}
    assert sessions(job) == []
    assert list((job.folder / "tapes").iterdir()) == []


def test_a_process_that_dies_costs_the_file_it_had(job: ImportJob, files: Path, tmp_path: Path) -> None:
    """It is killed as soon as the first file is done: whatever it has in hand by then is refused."""
    killed: list[int] = []
    counts: Counter[type[ImportEvent]] = Counter()

    def kill_once(path: Path, event: ImportEvent) -> None:
        counts.update([type(event)])
        if isinstance(event, ImportProgress) and not killed:
            victim = multiprocessing.active_children()[0]
            assert victim.pid is not None
            killed.append(victim.pid)
            os.kill(victim.pid, signal.SIGKILL)
            victim.join()

    import_paths(sorted(files.iterdir()), job, kill_once, workers=1)
    assert killed
    assert counts[FileFinished] == 6
    assert counts[ImportedRecording] + counts[RefusedRecording] == 6
    assert counts[RefusedRecording] <= 1
    from monitor.storage.recovery import recover

    with Store(job.database) as store:
        recover(store)
    assert run(job, sorted(files.iterdir()))[ImportedRecording] == counts[RefusedRecording]
    assert len(sessions(job)) == 6
    with Store(job.database) as store:
        assert [info.duration_s for info in store.sessions()] == [pytest.approx(59.0)] * 6


@pytest.mark.parametrize("workers", [0, 2])
def test_an_import_that_is_stopped_goes_on_where_it_stopped(
    job: ImportJob, files: Path, workers: int
) -> None:
    finished = 0

    def stop_after_two(path: Path, event: ImportEvent) -> None:
        nonlocal finished
        finished += isinstance(event, FileFinished)
        if finished == 2:
            finished += 100
            raise KeyboardInterrupt

    paths, began_s = sorted(files.iterdir()), time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        import_paths(paths, job, stop_after_two, workers)
    assert not multiprocessing.active_children()
    assert time.monotonic() - began_s < file_import._PATIENCE_S  # nobody waits for who has nothing in hand
    kept = len(sessions(job))
    assert 2 <= kept < 6
    counts = run(job, paths, workers)
    assert counts[ImportedRecording] == 6 - kept
    assert counts[RepeatedRecording] == kept
    assert len(sessions(job)) == len(list((job.folder / "tapes").iterdir())) == 6


def test_a_folder_of_a_phone_is_known_by_what_is_in_it(job: ImportJob, tmp_path: Path) -> None:
    from tests.cli.test_import_files import sensor_logger

    worn = replace(job, wearing=Wearing(Placement.WAIST))
    one, two = tmp_path / "one", tmp_path / "two"
    one.mkdir()
    for name, text in sensor_logger().items():
        (one / name).write_text(text)
    shutil.copytree(one, two)
    assert run(worn, [one]) == {FileFinished: 1, ImportedRecording: 1}
    assert run(worn, [two]) == {FileFinished: 1, RepeatedRecording: 1}


def test_processes_are_started_where_they_are_worth_it() -> None:
    assert worker_count(1) == 0
    assert worker_count(1000) <= 3
