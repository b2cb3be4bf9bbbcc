"""Files to sessions, in this process or in several: a bad file costs nothing but itself.

Each process reads, analyzes and stores whole files over a connection of its own to the store, which lets
one transaction in at a time.  What became of a file is told as events, its errors as text.
"""

from __future__ import annotations

import contextlib
import datetime
import gc
import hashlib
import itertools
import logging
import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection, wait
from pathlib import Path

from monitor.core.errors import ImportedBefore, InputError, MonitorError
from monitor.core.log_output import forward_logging, handle_forwarded, logging_levels
from monitor.core.message_catalogues import Language
from monitor.core.safe_text import printable_text
from monitor.core.user_language import choose_language, user_language, user_text
from monitor.recordings.recording import Recording, Wearing
from monitor.storage.store import Store

_log = logging.getLogger(__name__)

_FEW_FILES = 4  # that are not worth the second which a process takes to start
_MOST_WORKERS = 3  # each takes about 70 MB; all together stay below 300 (a choice)
_PATIENCE_S = 20.0  # for a worker to leave its file when an import is stopped


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportJob:
    """What every process of an import is given: where to, whose runs, how sensors were worn."""

    database: Path
    folder: Path
    athlete: str
    wearing: Wearing


@dataclass(frozen=True, slots=True)
class ImportedRecording:
    """A recording that is a session now; ``remarks`` are in English, as they are stored.

    ``member`` is where in an archive it stood, if it did.
    """

    session: str
    title: str
    minutes: float
    remarks: tuple[str, ...]
    member: str = ""


@dataclass(frozen=True, slots=True)
class RefusedRecording:
    """A file, or a recording in one, that cannot be a session, and why, in the user's language."""

    why: str


@dataclass(frozen=True, slots=True)
class RepeatedRecording:
    """A recording, or a file with several, that was a session before and was passed over."""


@dataclass(frozen=True, slots=True)
class ImportProgress:
    """``ImportProgress`` says how far a recording has come: ``done`` of ``total`` packets."""

    done: int
    total: int


@dataclass(frozen=True, slots=True)
class FileFinished:
    """The last event of a file, whatever became of it."""


ImportEvent = ImportedRecording | RefusedRecording | RepeatedRecording | ImportProgress | FileFinished
ReportImport = Callable[[Path, ImportEvent], None]


def import_paths(
    paths: Sequence[Path], job: ImportJob, report: ReportImport, workers: int | None = None
) -> None:
    """Import every file and report what became of it; the last event of each is ``FileFinished``.

    ``workers`` processes do it, none for this one; None chooses by the number of files and processors.
    A ``KeyboardInterrupt`` undoes what is half done and is raised when everybody has stopped.
    """
    count = worker_count(len(paths)) if workers is None else workers
    if count == 0:
        with Store(job.database) as store, _seldom_collected():
            for path in paths:
                _import_file(store, job, path, lambda event, path=path: report(path, event))  # type: ignore[misc]
    else:
        _Workers(job, count, report).run(paths)


@contextlib.contextmanager
def _seldom_collected() -> Iterator[None]:
    """Look for cycles seldom: an import makes records by the hundred thousand, and none is in one.

    Looking as often as usual takes a quarter of the time of an import.
    """
    before = gc.get_threshold()
    gc.set_threshold(100_000, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


def worker_count(files: int) -> int:
    """Return how many processes are worth it for so many files, 0 where this one is enough."""
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return 0 if files < _FEW_FILES or processors < 2 else min(processors, _MOST_WORKERS, files)


def _import_file(
    store: Store,
    job: ImportJob,
    path: Path,
    report: Callable[[ImportEvent], None],
    check_stop: Callable[[], None] = lambda: None,
) -> None:
    """Import all recordings of a file; one of the borders where any exception is this file's only."""

    def is_imported(fingerprint: str) -> bool:
        there = store.is_imported(fingerprint)
        if there:
            report(RepeatedRecording())
        return there

    def show(done: int, total: int) -> None:
        check_stop()
        report(ImportProgress(done, total))

    try:
        _import_recordings(store, job, path, is_imported, report, show)
    except MonitorError as exc:
        report(_refused(exc, path))
    except MemoryError:
        report(_too_large(path))
    except Exception as exc:
        report(_unexpected_failure(path, exc))
    report(FileFinished())


def _import_recordings(
    store: Store,
    job: ImportJob,
    path: Path,
    is_imported: Callable[[str], bool],
    report: Callable[[ImportEvent], None],
    show: Callable[[int, int], None],
) -> None:
    from monitor.recordings.readers import recordings_in  # decoders and filters are many

    member, whole = "", True  # whose recordings come, and whether all of them were dealt with
    for item in recordings_in(path, job.wearing, is_imported):
        if isinstance(item, InputError):
            report(_refused(item))
            continue
        recording = item if item.source else replace(item, source=f"{_fingerprint(path)}:0")
        fingerprint = recording.source.partition(":")[0]
        if fingerprint != member:
            if member and whole:
                store.mark_imported(member)
            member, whole = fingerprint, True
        whole &= _import_one(store, job, path, recording, report, show)
    if member and whole:
        store.mark_imported(member)


def _import_one(
    store: Store,
    job: ImportJob,
    path: Path,
    recording: Recording,
    report: Callable[[ImportEvent], None],
    show: Callable[[int, int], None],
) -> bool:
    """Import a recording, tell what became of it, and return whether that is for good."""
    from monitor.storage.import_recording import import_recording

    where = path / recording.member
    try:
        written, athlete = _time_written(path), job.athlete
        info = import_recording(
            store, job.folder, recording, athlete, written, progress=show, needs_movement=True
        )
    except ImportedBefore:
        report(RepeatedRecording())
    except InputError as exc:
        placed = InputError("error.at", where=where, what=exc) if recording.member else exc
        report(_refused(placed, path, recording.title))
    except MonitorError as exc:
        report(_refused(exc, path, recording.title))
        return False
    except MemoryError:
        report(_too_large(path))
        return False
    except Exception as exc:
        report(_unexpected_failure(where, exc))
        return False
    else:
        minutes = recording.duration_s / 60
        member = recording.member
        report(ImportedRecording(info.id, recording.title, minutes, recording.remarks, member))
    return True


def _refused(error: MonitorError, path: Path | None = None, title: str = "") -> RefusedRecording:
    """The refusal with the text of the error on one line, after the file where it names no recording."""
    text = "; ".join(error.text_in(user_language()).splitlines())
    named = path is None or path.name in text or (title and title in text)
    return RefusedRecording(text if named else f"{printable_text(str(path))}: {text}")


def _too_large(path: Path) -> RefusedRecording:
    return RefusedRecording(user_text("say.import.memory", path=str(path)))


def _unexpected_failure(path: Path, exc: Exception) -> RefusedRecording:
    _log.error("%s: an error that is a bug, here or in a library", path.name, exc_info=exc)
    return RefusedRecording(user_text("say.import.unexpected", path=str(path), kind=type(exc).__name__))


def _fingerprint(path: Path) -> str:
    """The SHA-256 of a file, or of all files of a folder with their names."""
    digest = hashlib.sha256()
    for file in [path] if path.is_file() else sorted(p for p in path.rglob("*") if p.is_file()):
        if file != path:
            digest.update(f"\0{file.relative_to(path).as_posix()}\0".encode())
        with file.open("rb") as content:
            for piece in iter(lambda: content.read(1 << 20), b""):
                digest.update(piece)
    return digest.hexdigest()


def _time_written(path: Path) -> datetime.datetime:
    """When a file that does not say it began was last written."""
    try:
        return datetime.datetime.fromtimestamp(path.stat().st_mtime, datetime.UTC)
    except OSError:
        return datetime.datetime.now(datetime.UTC)


# ---------------------------------------------------------------------------- several processes


@dataclass(slots=True)
class _Worker:
    process: multiprocessing.process.BaseProcess
    connection: Connection
    path: Path | None = None  # the file that it has in hand


class _Workers:
    """Processes that take one file after the other; one that dies costs the file it had in hand."""

    def __init__(self, job: ImportJob, count: int, report: ReportImport) -> None:
        self._context = multiprocessing.get_context("spawn")
        self._stop = self._context.Event()
        self._job = job
        self._count = count
        self._report = report
        self._workers: list[_Worker] = []

    def run(self, paths: Sequence[Path]) -> None:
        """Deal with all files; after a ``KeyboardInterrupt`` nobody works any more."""
        waiting = iter(paths)
        try:
            for path in itertools.islice(waiting, self._count):
                self._give(self._start(), path)
            while self._workers:
                self._take_events(waiting)
        except KeyboardInterrupt:
            self._stop.set()
            self._let_finish()
            raise
        finally:
            for worker in self._workers:
                worker.process.kill()  # a second interrupt, or a bug here
                worker.process.join()

    def _start(self) -> _Worker:
        here, there = self._context.Pipe()
        arguments = (there, self._job, self._stop, user_language(), logging_levels())
        process = self._context.Process(target=_work, args=arguments, name="gaitcue import", daemon=True)
        process.start()
        there.close()
        worker = _Worker(process, here)
        self._workers.append(worker)
        return worker

    def _give(self, worker: _Worker, path: Path | None) -> None:
        """Hand over the next file; None lets it end."""
        worker.path = path
        with contextlib.suppress(OSError):  # it has died: the end of its pipe is read next
            worker.connection.send(path)
        if path is None:
            self._end(worker)

    def _end(self, worker: _Worker) -> None:
        self._workers.remove(worker)
        worker.process.join()
        worker.connection.close()

    def _take_events(self, waiting: Iterator[Path]) -> None:
        ready = wait([worker.connection for worker in self._workers])
        for worker in [w for w in self._workers if w.connection in ready]:
            try:
                event = worker.connection.recv()
            except (EOFError, OSError):
                self._bury(worker, waiting)
                continue
            self._handle(worker, event)
            if isinstance(event, FileFinished):
                self._give(worker, next(waiting, None))

    def _handle(self, worker: _Worker, event: ImportEvent | logging.LogRecord) -> None:
        path = worker.path
        if isinstance(event, FileFinished):
            worker.path = None
        if isinstance(event, logging.LogRecord):
            handle_forwarded(event)
        elif path is not None:
            self._report(path, event)

    def _bury(self, worker: _Worker, waiting: Iterator[Path]) -> None:
        """A process has died (killed, or for want of memory): its file is refused, another takes over."""
        self._end(worker)
        code = worker.process.exitcode
        if worker.path is not None:
            _log.error("%s: the process that imported it ended with %s", worker.path.name, code)
            self._report(worker.path, RefusedRecording(user_text("say.import.died", path=str(worker.path))))
            self._report(worker.path, FileFinished())
        if (path := next(waiting, None)) is not None:
            self._give(self._start(), path)

    def _let_finish(self) -> None:
        """Take the last events of those who stop; ``KeyboardInterrupt`` cuts that short."""
        for worker in [w for w in self._workers if w.path is None]:
            self._give(worker, None)  # it waits for its next file, and would say nothing more
        while self._workers and (ready := wait([w.connection for w in self._workers], _PATIENCE_S)):
            for worker in [w for w in self._workers if w.connection in ready]:
                try:
                    event = worker.connection.recv()
                except (EOFError, OSError):
                    self._end(worker)
                    continue
                self._handle(worker, event)
                if isinstance(event, FileFinished):
                    self._give(worker, None)


def _work(
    connection: Connection, job: ImportJob, stop: object, language: Language, levels: dict[str, int]
) -> None:
    """What a worker does: take files and tell events until there is nothing to take or nobody listens."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the first process hears it and tells
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    choose_language(language)
    forward_logging(connection.send, levels)

    def check_stop() -> None:
        if stop.is_set():  # type: ignore[attr-defined]
            raise KeyboardInterrupt

    with (
        contextlib.suppress(EOFError, OSError, KeyboardInterrupt),
        Store(job.database) as store,
        _seldom_collected(),
    ):
        while (path := connection.recv()) is not None:
            _import_file(store, job, path, connection.send, check_stop)
