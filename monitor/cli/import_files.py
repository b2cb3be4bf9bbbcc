"""``gaitcue import``: files and folders to sessions, one line each, and how far it has come."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from dsp.types import Placement, Side
from monitor.core.errors import InputError
from monitor.core.message_catalogues import catalogue
from monitor.core.stop_signals import interrupt_on_stop_signals
from monitor.core.user_language import user_language, user_text
from monitor.recordings.recording import Wearing
from monitor.service.config import data_folder, load_config
from monitor.service.file_import import (
    FileFinished,
    ImportedRecording,
    ImportEvent,
    ImportJob,
    ImportProgress,
    RefusedRecording,
    RepeatedRecording,
    import_paths,
)
from monitor.service.folder_watch import watch_folders
from monitor.service.session_store import open_store

_LINE_S = 10.0  # between two lines on how far it has come, where nobody sees a bar
INTERRUPTED = 130
"""The exit code of a program that was interrupted, as shells have it."""


def import_files(
    files: Iterable[Path],
    placement: str | None,
    side: str | None,
    columns: str,
    settings: Path | None,
    *,
    watch: bool = False,
) -> int:
    """Import all files and those in folders; return the exit code: 2 if any could not be imported.

    ``columns``: the layout of an unknown CSV; ``settings``: the settings file, None for the usual one.
    With ``watch`` the folders are then watched for new files until Ctrl-C, or a signal that ends a run.
    """
    config, given = load_config(settings), list(files)
    wearing = Wearing(
        Placement(placement) if placement else None, Side(side) if side else None, columns=columns
    )
    folder = data_folder(config)
    with open_store(config) as store:
        job = ImportJob(database=store.path, folder=folder, athlete=config.athlete, wearing=wearing)
    interrupt_on_stop_signals()
    console = Console(stderr=True)
    if watch:
        return _watch(given, job, console)
    return _import_batch(list(_recording_files(given)), job, console, summary=True)


def _watch(folders: Sequence[Path], job: ImportJob, console: Console) -> int:
    """Import what is in the folders and what appears in them, until somebody ends it."""
    names = ", ".join(map(str, folders))
    console.print(user_text("say.import.watching", folders=names), soft_wrap=True, highlight=False)
    try:
        for paths in watch_folders(folders, time.monotonic, time.sleep):
            if _import_batch(paths, job, console, summary=False) == INTERRUPTED:
                break
    except KeyboardInterrupt:
        pass
    console.print(user_text("say.import.watched"), highlight=False)
    return 0


def _import_batch(paths: list[Path], job: ImportJob, console: Console, *, summary: bool) -> int:
    """Import these files, tell what becomes of each, and return the exit code."""
    columns = (BarColumn(20), MofNCompleteColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        teller = _Teller(bar, len(paths), time.monotonic)
        try:
            import_paths(_existing(paths, teller), job, teller.take)
        except KeyboardInterrupt:
            teller.stopped = True
    for line in teller.summary() if summary or teller.stopped else ():
        console.print(line, highlight=False, soft_wrap=True)
    if teller.stopped:
        return INTERRUPTED
    return 2 if teller.failed else 0


def _existing(paths: Sequence[Path], teller: _Teller) -> list[Path]:
    """Return what can be read; a folder among them has no recording in it."""
    from monitor.recordings.readers import is_export_folder

    out = []
    for path in paths:
        if path.is_dir() and not is_export_folder(path):
            error = InputError("error.empty_folder", path=path)
            teller.take(path, RefusedRecording(error.text_in(user_language())))
            teller.take(path, FileFinished())
        else:
            out.append(path)
    return out


class _Teller:
    """What is printed of an import: a line for each recording, a bar or now and then a line, the sum."""

    def __init__(self, bar: Progress, total: int, now_s: Callable[[], float]) -> None:
        self.imported = self.repeated = self.failed = self.finished = 0
        self.stopped = False
        self._bar, self._total, self._now_s = bar, total, now_s
        self._task = bar.add_task("", total=total)
        self._began_s = self._line_s = now_s()
        self._parts: dict[Path, float] = {}  # how much of each file in hand is done

    def take(self, path: Path, event: ImportEvent) -> None:
        """Count an event and print what it says."""
        match event:
            case ImportedRecording():
                self.imported += 1
                self._print(_import_line(path, event))
            case RefusedRecording(why):
                self.failed += 1
                self._print(user_text("say.import.failed", why=why), "red")
            case RepeatedRecording():
                self.repeated += 1
            case ImportProgress(done, total):
                self._parts[path] = done / max(total, 1)
            case FileFinished():
                self.finished += 1
                self._parts.pop(path, None)
        self._show(path)

    def summary(self) -> Iterator[str]:
        """Yield what came of it all; nothing where a single line has said it."""
        if self.imported + self.repeated + self.failed != 1 or self.repeated:
            n = {"kept": self.imported, "known": self.repeated, "failed": self.failed}
            yield user_text("say.import.count_known" if self.repeated else "say.import.count", **n)
        if self.stopped:
            yield user_text("say.import.stopped", done=self.finished, total=self._total)

    def _show(self, path: Path) -> None:
        passed_s = self._now_s() - self._began_s
        rate = self.finished / passed_s if passed_s > 0 else 0.0
        text = user_text("say.import.rate", name=path.name, rate=rate)
        self._bar.update(self._task, completed=self.finished + sum(self._parts.values()), description=text)
        if not self._bar.console.is_terminal and self._now_s() - self._line_s > _LINE_S:
            self._line_s = self._now_s()
            done = {"done": self.finished, "total": self._total}
            self._print(user_text("say.import.so_far", **done, rate=rate, name=path.name))

    def _print(self, text: str, style: str = "") -> None:
        self._bar.console.print(text, style=style, soft_wrap=True, highlight=False, markup=False)


def _recording_files(given: Iterable[Path]) -> Iterator[Path]:
    """Plain files, and what is in folders: only what could be a recording."""
    from monitor.recordings.readers import is_export_folder, is_recording_name

    for path in given:
        if not path.is_dir() or is_export_folder(path):
            yield path
            continue
        inside = sorted(p for p in path.rglob("*") if p.is_file() and is_recording_name(p))
        yield from inside or [path]


def _import_line(path: Path, made: ImportedRecording) -> str:
    """What became of a file, by its name, within an archive that of both, and its title."""
    file = Path(made.member) if made.member else path
    name = f"{path.name}/{made.member}" if made.member else path.name
    if made.title not in (file.stem, Path(file.stem).stem):
        name = f"{name}, {made.title}"
    text = user_text("say.import.done", name=name, minutes=made.minutes, session=made.session)
    return "\n  ".join([text, *map(catalogue(user_language()).translate_recorded, made.remarks)])
