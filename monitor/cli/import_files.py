"""``gaitcue import``: files and folders to sessions, one line each; a bad file stops nobody."""

from __future__ import annotations

import datetime
import functools
from collections.abc import Iterable, Iterator
from pathlib import Path

from rich.console import Console
from rich.progress import Progress, TaskID

from monitor.core.errors import InputError, MonitorError
from monitor.core.message_catalogues import catalogue
from monitor.core.user_language import user_language, user_text
from monitor.recordings.readers import READERS, is_export_folder, read_recording
from monitor.recordings.recording import Recording
from monitor.service.config import data_folder, load_config
from monitor.service.session_store import open_store
from monitor.storage.import_recording import import_recording


def import_files(
    files: Iterable[Path], placement: str | None, side: str | None, columns: str, settings: Path | None
) -> int:
    """Import all files and those in folders; return how many could not be imported.

    ``columns``: the layout of an unknown CSV; ``settings``: the settings file, None for the usual one.
    """
    config, console = load_config(settings), Console(stderr=True)
    kept = failed = 0
    with open_store(config) as store, Progress(console=console, transient=True) as bar:
        for path in _recording_files(files):
            task = bar.add_task(path.name, total=None)
            show = functools.partial(_show_progress, bar, task)
            try:
                if path.is_dir() and not is_export_folder(path):
                    raise InputError("error.empty_folder", path=path)
                recording = read_recording(path, placement, side, columns=columns)
                info = import_recording(
                    store,
                    data_folder(config),
                    recording,
                    config.athlete,
                    _time_written(path),
                    progress=show,
                )
            except MonitorError as exc:
                failed += 1
                console.print(
                    user_text("say.import.failed", why=exc.text_in(user_language())),
                    style="red",
                    soft_wrap=True,
                    highlight=False,
                )
            else:
                kept += 1
                bar.console.print(_import_line(path, info.id, recording), soft_wrap=True, highlight=False)
            finally:
                bar.remove_task(task)
    if kept + failed != 1:
        console.print(user_text("say.import.count", kept=kept, failed=failed))
    return failed


def _recording_files(given: Iterable[Path]) -> Iterator[Path]:
    """Plain files, and what is in folders: only what could be a recording."""
    for path in given:
        if not path.is_dir() or is_export_folder(path):
            yield path
            continue
        inside = sorted(p for p in path.rglob("*") if p.is_file() and p.suffix.lower() in READERS)
        yield from inside or [path]


def _show_progress(bar: Progress, task: TaskID, done: int, total: int) -> None:
    bar.update(task, completed=done, total=total)


def _time_written(path: Path) -> datetime.datetime:
    """When a file that does not say it began was last written."""
    try:
        return datetime.datetime.fromtimestamp(path.stat().st_mtime, datetime.UTC)
    except OSError:
        return datetime.datetime.now(datetime.UTC)


def _import_line(path: Path, session: str, recording: Recording) -> str:
    minutes, remark = recording.duration_s / 60, catalogue(user_language()).translate_recorded
    text = user_text("say.import.done", name=path.name, minutes=minutes, session=session)
    return "\n  ".join([text, *map(remark, recording.remarks)])
