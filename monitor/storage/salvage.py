"""A damaged database is set aside under a clear name, and what can be read of it becomes a new one.

Rows are copied one by one with their numbers, so that the accounts of the sinks still hold; what cannot
be read, or holds something else than it should, is left out and counted.  A session that lacks rows gets
all of its records anew from its tape, and so does one of which only the tape is left.
"""

from __future__ import annotations

import contextlib
import datetime
import json
import logging
import os
import sqlite3
import struct
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from monitor.core import json_codec
from monitor.core.errors import InputError, StoreError
from monitor.recordings.tape import TapeHeader, TapeReader
from monitor.storage import tape_archive
from monitor.storage.database import DECODING_ERRORS, damage_mark, decoded_text
from monitor.storage.migrations import RECORD_TABLES
from monitor.storage.record_rows import SESSION_COLUMNS, check_rows, event_from_row, session_from_row
from monitor.storage.recovery import rebuild_session
from monitor.storage.session_info import SessionInfo, SessionStatus
from monitor.storage.store import Store

_log = logging.getLogger(__name__)

_COPIED = (
    "session", "word", "step", "metric", "gap", "event", "note", "analysis", "track",
    "delivered", "quarantine", "imported_file",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class SalvagedStore:
    """``SalvagedStore`` says where the damaged database lies now, and what became of it.

    ``rows`` records could be read, ``lost`` could not; ``from_tapes`` sessions were made from their tapes,
    ``incomplete`` ones lack records and have no tape that could be read.
    """

    damaged: Path
    rows: int
    lost: int
    from_tapes: tuple[str, ...]
    incomplete: tuple[str, ...]


def salvage_store(path: Path, now: datetime.datetime) -> SalvagedStore:
    """Set a damaged database aside, make a new one of what can be read, and return what was done.

    It is logged as errors too.  ``StoreError`` if the folder cannot be written; nothing is lost then.
    """
    aside = path.with_name(f"{path.name}-damaged-{now:%Y%m%d-%H%M%S}")
    new = path.with_name(path.name + ".new")
    try:
        for left in path.parent.glob(f"{new.name}*"):
            left.unlink()
        damaged = _copy_rows(path, new)
        with Store(new) as store:
            rows, lost, torn = _settle_numbers(store)
            lone = _adopt_tapes(store)
            from_tapes, incomplete = _rebuild(store, torn | lone)
        if not (damaged or lost or torn or lone) and _is_whole(path):
            return _leave_as_it_is(path, new, rows)
        _set_aside(path, aside)
        os.replace(new, path)
        damage_mark(path).unlink(missing_ok=True)
    except (OSError, sqlite3.Error) as exc:
        raise StoreError("error.cannot_be_written", path=new, reason=exc) from exc
    _log.error("%s was damaged and is set aside as %s", path, aside.name)
    _log.error("%d records are saved, %d could not be read", rows, max(lost, damaged))
    for names, text in ((from_tapes, "made from their tapes"), (incomplete, "incomplete, without a tape")):
        if names:
            _log.error("%s: %s", text, ", ".join(names))
    return SalvagedStore(aside, rows, max(lost, damaged), from_tapes, incomplete)


def _is_whole(path: Path) -> bool:
    """Whether SQLite finds nothing wrong, in the indexes either."""
    db = sqlite3.connect(path)
    try:
        return bool(db.execute("PRAGMA integrity_check(1)").fetchone()[0] == "ok")
    except sqlite3.Error:
        return False
    finally:
        db.close()


def _leave_as_it_is(path: Path, new: Path, rows: int) -> SalvagedStore:
    """Nothing is wrong with it: another copy at every start would only fill the disk."""
    new.unlink()
    damage_mark(path).unlink(missing_ok=True)
    _log.warning("%s: no damage was found in it", path)
    return SalvagedStore(path, rows, 0, (), ())


def _copy_rows(path: Path, new: Path) -> int:
    """Copy all that can be read and return how many rows were found to be damaged."""
    Store(new).close()
    damaged = 0
    target = sqlite3.connect(new, isolation_level=None)
    source = sqlite3.connect(path)
    source.text_factory = decoded_text
    try:
        target.execute("BEGIN")
        for table in _COPIED:
            damaged += _copy_table(source, target, table)
        with contextlib.suppress(sqlite3.Error):
            (next_row,) = source.execute("SELECT next_row FROM numbering").fetchone()
            if isinstance(next_row, int) and 0 < next_row < 1 << 48:
                target.execute("UPDATE numbering SET next_row = ?", (next_row,))
        target.execute("COMMIT")
    finally:
        source.close()
        target.close()
    return damaged


def _copy_table(source: sqlite3.Connection, target: sqlite3.Connection, table: str) -> int:
    columns = [name for _, name, *_ in target.execute(f"PRAGMA table_info({table})")]
    insert = f"INSERT OR IGNORE INTO {table} VALUES ({', '.join('?' * len(columns))})"
    damaged, seen = 0, set[Any]()
    words = {number for (number,) in target.execute("SELECT id FROM word")}
    for row in _readable_rows(source, table, columns):
        key = row[:2] if table in ("track", "quarantine") else row[0]
        if key in seen:
            continue
        seen.add(key)
        if not _is_sound(table, columns, row) or (table == "step" and not _is_named(row[-1], words)):
            damaged += 1
            continue
        try:
            target.execute(insert, row)
        except sqlite3.Error:
            damaged += 1
    return damaged


def _readable_rows(db: sqlite3.Connection, table: str, columns: Sequence[str]) -> Iterator[tuple[Any, ...]]:
    """Yield the rows from the first to the damage, and from the last to the damage."""
    key = "rowid" if table not in ("track", "imported_file") else columns[0]
    for order in ("ASC", "DESC"):
        sql = f"SELECT {', '.join(columns)} FROM {table} NOT INDEXED ORDER BY {key} {order}"
        if table in ("track", "imported_file"):
            sql = sql.replace(" NOT INDEXED", "")
        try:
            yield from db.execute(sql)
        except (sqlite3.Error, OverflowError):
            continue
        return


def _is_sound(table: str, columns: Sequence[str], row: tuple[Any, ...]) -> bool:
    named = dict(zip(columns, row, strict=True))
    try:
        _CHECKS[table](named)
    except StoreError:
        return True  # of another version
    except DECODING_ERRORS:
        return False
    return True


def _is_named(estimates: bytes, words: set[int]) -> bool:
    """Whether the names of a step's estimates could be read."""
    return all({metric, how} <= words for metric, how, _, _ in struct.iter_unpack("<HHdd", estimates))


def _require(types: dict[str, type]) -> Callable[[dict[str, Any]], None]:
    def check(row: dict[str, Any]) -> None:
        for name, kind in types.items():
            if not isinstance(row[name], kind):
                raise ValueError(f"{name} has another type")

    return check


def _check_session(row: dict[str, Any]) -> None:
    session_from_row([row[name] for name in SESSION_COLUMNS])


def _check_analysis(row: dict[str, Any]) -> None:
    _require({"session": str, "kind": str, "version": str, "made_utc": str})(row)
    if not isinstance(json.loads(row["body"]), dict):
        raise ValueError("an analysis is no object")


def _check_record(table: str) -> Callable[[dict[str, Any]], None]:
    def check(row: dict[str, Any]) -> None:
        _require({"row": int, "session": str})(row)
        if not 0 < row["row"] < 1 << 48:
            raise ValueError("an impossible number")
        check_rows(table, [tuple(row.values())[2:]])
        if table == "step" and len(row["estimates"]) % 20:
            raise ValueError("a step is cut")
        if table == "event":
            event_from_row(row["kind"], row["body"])

    return check


def _check_note(row: dict[str, Any]) -> None:
    _require({"session": str})(row)
    check_rows("note", [(row["id"], row["kind"], row["t_s"], row["value"], row["text"], row["made_utc"])])


def _check_track(row: dict[str, Any]) -> None:
    _require({"session": str})(row)
    check_rows("track", [tuple(row.values())[1:]])


_CHECKS: dict[str, Callable[[dict[str, Any]], None]] = {
    "session": _check_session,
    "word": _require({"id": int, "text": str}),
    **{table: _check_record(table) for table in RECORD_TABLES},
    "note": _check_note,
    "analysis": _check_analysis,
    "track": _check_track,
    "delivered": _require({"sink": str, "row": int}),
    "quarantine": _require({"sink": str, "row": int, "session": str, "reason": str}),
    "imported_file": _require({"fingerprint": str}),
}


def _settle_numbers(store: Store) -> tuple[int, int, set[str]]:
    """Let new records follow the old ones; return how many there are, how many lack, and in which sessions.

    Numbers of deleted sessions lack too, but between the first and the last record of no other.
    """
    tables = " UNION ALL ".join(f"SELECT row, session FROM {table}" for table in RECORD_TABLES)
    with store._transaction() as db:
        numbers = np.array([row for (row,) in db.execute(f"SELECT row FROM ({tables}) ORDER BY row")], int)
        next_row = int(numbers[-1]) + 1 if len(numbers) else 1
        db.execute("UPDATE numbering SET next_row = max(next_row, ?)", (next_row,))
        sql = f"SELECT session, min(row), max(row) FROM ({tables}) GROUP BY session"
        spans = db.execute(sql).fetchall()
    ends = {name: (first, last) for name, first, last in spans}
    before = np.flatnonzero(np.diff(numbers) > 1)
    lost, torn = np.zeros(len(before), dtype=bool), set[str]()
    for info in store.sessions():
        first, last = ends.get(info.id, (0, 0))
        inside = (numbers[before] >= first) & (numbers[before + 1] <= last) if len(before) else lost
        lost |= inside
        if info.ended and (inside.any() or not last):
            torn.add(info.id)
    count = int((numbers[before + 1] - numbers[before] - 1)[lost].sum()) if len(before) else 0
    return len(numbers), count, torn


def adopt_tapes(store: Store) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Begin a session for each tape that belongs to none, and make the records of those that are finished.

    Return the names of the sessions that were made, and of those whose tapes give nothing.  Each is logged:
    a database, or the end of its log, is lost.  What a killed program left is for ``recover``.
    """
    return _rebuild(store, _adopt_tapes(store))


def _adopt_tapes(store: Store) -> set[str]:
    """Begin a session for each tape of which no session is left; return the names of those that are whole.

    Others belong to a run that was killed: recovery completes them.
    """
    adopted, known = set[str](), {info.id for info in store.sessions()}
    for path in tape_archive.lone_tapes(store):
        try:
            with tape_archive.unpacked_tape(_named_tape(path)) as plain, TapeReader(plain) as tape:
                header, finished, content = tape.header, tape.finished, tape.examine()
            if header.session in known or not content.packets:
                continue  # a program was killed when it began, and began again under this name
            store.begin(_session_of_tape(path, header))
        except (InputError, StoreError) as exc:
            _log.error("%s", exc)
            continue
        known.add(header.session)
        _log.warning("%s: did not know the run %s, which is made from its tape", store.path, header.session)
        if finished:
            store.end(header.session, content.duration_s, SessionStatus.RECOVERED)
            adopted.add(header.session)
    return adopted


def _named_tape(path: Path) -> SessionInfo:
    return SessionInfo(id=path.stem, athlete="", title="", started_utc="", tape=str(path))


def _session_of_tape(path: Path, header: TapeHeader) -> SessionInfo:
    return SessionInfo(
        id=header.session,
        athlete=header.settings.athlete,
        title=path.stem,
        started_utc=header.started_utc,
        sensors=tuple(s.name for s in header.settings.sensors),
        tape=str(path),
        settings=json.dumps(json_codec.to_json(header.settings)),
        version=header.program,
    )


def _rebuild(store: Store, names: set[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Make the records of these sessions from their tapes; return the names of those, and of the others."""
    rebuilt, left = list[str](), list[str]()
    for name in sorted(names):
        try:
            rebuild_session(store, store.session(name))
            rebuilt.append(name)
        except (InputError, StoreError) as exc:
            _log.error("%s: %s", name, exc)
            left.append(name)
    return tuple(rebuilt), tuple(left)


def _set_aside(path: Path, aside: Path) -> None:
    """Move the database and what SQLite has beside it."""
    for ending in ("", "-wal", "-shm"):
        with contextlib.suppress(FileNotFoundError):
            os.replace(f"{path}{ending}", f"{aside}{ending}")
