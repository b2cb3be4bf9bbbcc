"""The runner's own log: what one runner wrote down, as lines of JSON in a file of their own.

A line is added and never changed; what it means says ``monitor.training.entries``.  A file of its own,
because what hurts is the runner's alone: it can be taken along, and deleted, without the sessions, and it
goes to no sink.  Lines that cannot be read, or whose checksum is another (a power cut in the middle of one,
a damaged disk), are left out and counted, never removed.
"""

from __future__ import annotations

import contextlib
import errno
import io
import logging
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from monitor.core import json_codec
from monitor.core.errors import StoreError
from monitor.core.private_files import create_private_file, make_own_folder_private, make_private_folder
from monitor.core.safe_text import private_file_name
from monitor.storage.athlete_spelling import require_file_spelling

RUNNER_LOG_FOLDER = "runner-log"
"""The folder of the logs in the data folder."""
_ENDINGS = ("-plan", "-state", "-planned", "-reminded", "-sent")
"""With which the names of further files of an athlete go on."""
_log = logging.getLogger(__name__)


class RunnerLog:
    """``RunnerLog`` is the file at ``path``; there need not be one yet.  It raises ``StoreError`` only.

    Several processes may add to the same file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.unreadable = 0

    def lines(self) -> list[dict[str, Any]]:
        """Return all lines that can be read, the oldest first; ``unreadable`` counts the others."""
        require_file_spelling(self.path)
        try:
            data = self.path.read_bytes()
        except FileNotFoundError:
            return []
        except OSError as exc:
            raise StoreError("error.log_unreadable", path=self.path, error=exc) from exc
        if not data:  # there is a file only where something was added
            _log.warning("%s: is empty; what was written down in it is lost", self.path)
        found = [_parsed(line) for line in data.split(b"\n") if line.strip()]
        self.unreadable = sum(line is None for line in found)
        if self.unreadable:
            _log.warning("%s: %d lines cannot be read and are left out", self.path, self.unreadable)
        return [line for line in found if line is not None]

    def size(self) -> int:
        """Return the bytes of the file, 0 where there is none: whoever adds to it changes that."""
        try:
            return self.path.stat().st_size
        except FileNotFoundError:
            return 0
        except OSError as exc:
            raise StoreError("error.log_unreadable", path=self.path, error=exc) from exc

    def add(self, *lines: Mapping[str, Any]) -> None:
        """Add lines, all or none of them; they are on the disk when this returns."""
        require_file_spelling(self.path)
        data = b"".join(json_codec.checked_json(line).encode() for line in lines)
        try:
            make_private_folder(self.path.parent)
            make_own_folder_private(self.path.parent.parent)
            create_private_file(self.path)
            with self.path.open("ab+", buffering=0) as file:
                _append(file, data)
        except OSError as exc:
            with contextlib.suppress(OSError):
                if not self.path.stat().st_size:
                    self.path.unlink()
            raise StoreError("error.cannot_be_written", path=self.path, reason=exc) from exc

    def delete(self) -> bool:
        """Delete the file and return whether there was one."""
        require_file_spelling(self.path)
        try:
            self.path.unlink()
        except FileNotFoundError:
            return False
        except OSError as exc:
            raise StoreError("error.cannot_be_written", path=self.path, reason=exc) from exc
        return True


def athlete_file_name(athlete: str) -> str:
    """Return how the names of an athlete's own files begin; those of no other athlete do."""
    return private_file_name(athlete, _ENDINGS)


def runner_log_path(folder: Path, athlete: str) -> Path:
    """Return the path of this athlete's log in the data folder."""
    return folder / RUNNER_LOG_FOLDER / f"{athlete_file_name(athlete)}.jsonl"


def decision_log_path(folder: Path, athlete: str) -> Path:
    """Return the path of the decisions that this athlete was given, in the data folder."""
    return folder / RUNNER_LOG_FOLDER / f"{athlete_file_name(athlete)}-plan.jsonl"


def plan_state_path(folder: Path, athlete: str) -> Path:
    """Return the path of the state of this athlete's plan, from which it is decided on."""
    return folder / RUNNER_LOG_FOLDER / f"{athlete_file_name(athlete)}-state.json"


def planned_book_path(folder: Path, athlete: str) -> Path:
    """Return the path of the days that were planned for this athlete, in the data folder."""
    return folder / RUNNER_LOG_FOLDER / f"{athlete_file_name(athlete)}-planned.json"


def reminder_log_path(folder: Path, athlete: str) -> Path:
    """Return the path of the days on which this athlete was reminded of a question, in the data folder."""
    return folder / RUNNER_LOG_FOLDER / f"{athlete_file_name(athlete)}-reminded.jsonl"


def _parsed(line: bytes) -> dict[str, Any] | None:
    """What a line says, None where it cannot be read."""
    try:
        value = json_codec.parse_checked(line)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def _append(file: io.FileIO, data: bytes) -> None:
    """Write all of it or, where the disk is full, nothing; a line that was torn off is ended first."""
    end = file.seek(0, os.SEEK_END)
    if end:
        file.seek(end - 1)
        data = data if file.read(1) == b"\n" else b"\n" + data
    try:
        if file.write(data) != len(data):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        os.fsync(file)
    except OSError:
        with contextlib.suppress(OSError):
            file.truncate(end)
        raise
