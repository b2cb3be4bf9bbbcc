"""Days of a runner whose runs have changed after they were sent: one was deleted, or analyzed anew.

A far end that holds a point a run and a day must then replace them.  One file beside the database, to which
lines are added: a runner's name and a date, or up to which byte all of it was told.  Several processes may
add to it; it has nothing else of a run that was deleted.
"""

from __future__ import annotations

import datetime
import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from monitor.core.errors import StoreError
from monitor.core.local_time import local_start
from monitor.core.private_files import create_private_file
from monitor.storage.session_info import SessionInfo
from monitor.storage.store import Store

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ChangedDays:
    """Days that wait to be told, by their runner's name; ``read_bytes``: how far the file was read."""

    days: dict[str, set[datetime.date]]
    read_bytes: int


def dates_of_run(info: SessionInfo) -> set[datetime.date]:
    """Return the dates of a session: by UTC all on which its points lie, by the runner's clock the first.

    The seconds of a run past midnight are of the next day; that of the run and its day is of the first.
    """
    began = datetime.datetime.fromisoformat(info.started_utc).astimezone(datetime.UTC)
    ended = began + datetime.timedelta(seconds=info.duration_s)
    days = (ended.date() - began.date()).days + 1
    by_utc = {began.date() + datetime.timedelta(days=number) for number in range(days)}
    return by_utc | {local_start(info.started_utc, info.utc_offset_s).date()}


def note_changed_run(store: Store, info: SessionInfo) -> None:
    """Note that a run was deleted or analyzed anew; nothing where no outside system was ever told of any.

    ``StoreError`` if it cannot be written.
    """
    if store.sinks():
        _append(store, [[info.athlete, str(day)] for day in sorted(dates_of_run(info))])


def read_changed_days(store: Store) -> ChangedDays:
    """Return the days that wait to be told; lines that cannot be read are left out."""
    days: dict[str, set[datetime.date]] = {}
    try:
        data = _path(store).read_bytes()
    except OSError:
        return ChangedDays(days, 0)
    at, upto = 0, 0
    noted: list[tuple[int, str, datetime.date]] = []
    for line in data.splitlines(keepends=True):
        try:
            match json.loads(line):
                case int(told):
                    upto = told
                case [str(athlete), str(day)]:
                    noted.append((at, athlete, datetime.date.fromisoformat(day)))
        except ValueError:
            _log.warning("%s: a line cannot be read and is left out", _path(store).name)
        at += len(line)
    for where, athlete, date in noted:
        if where >= upto:
            days.setdefault(athlete, set()).add(date)
    return ChangedDays(days, at)


def forget_changed_days(store: Store, done: ChangedDays) -> None:
    """Note that all of these were told; what was added since waits.  ``StoreError`` if that fails."""
    _append(store, [done.read_bytes])


def _path(store: Store) -> Path:
    return store.path.with_name("changed-days.jsonl")


def _append(store: Store, lines: Sequence[object]) -> None:
    path = _path(store)
    try:
        create_private_file(path)
        with path.open("ab") as file:
            file.write("".join(f"{json.dumps(line)}\n" for line in lines).encode())
    except OSError as exc:
        raise StoreError("error.cannot_be_written", path=path, reason=exc) from exc
