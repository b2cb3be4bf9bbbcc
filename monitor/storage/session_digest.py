"""A digest of every ended session: whether what is stored of it still is what was stored.

SQLite notices a page that makes no sense, but no bit that makes a number another number.  So the end of a
session keeps, in a row of the table ``analysis``, a digest of each part of it: what was measured, what was
said, its description, notes, places and analyses.  A later write renews the digests of the parts that it
changes, in its own transaction, and only of those that held before: what was damaged stays damaged.
Sessions of older versions have none.  Accounts of sinks and of hubs are no part of a session.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
import sqlite3
from array import array
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from dsp.types import ActivityChange, Gap, Metric, Readiness, SensorProblem, Step
from monitor.core.records import Out
from monitor.storage.database import is_damage, mark_damaged
from monitor.storage.estimate_codec import named_numbers
from monitor.storage.imported_files import ImportedFiles

MEASURED, SAID, DESCRIBED, NOTED, PLACED, ANALYZED = (
    "measured", "said", "described", "noted", "placed", "analyzed",
)  # fmt: skip
_KIND = "digest"
_FORM = "1"
"""To be raised with every change of a table, of its columns, or of what is computed here."""
MEASURED_EVENTS = "kind IN ('activity_change', 'readiness', 'sensor_problem')"
"""The condition of SQL on events that a re-analysis makes anew; others were said, and stay."""
_TABLES: Mapping[str, tuple[tuple[str, str], ...]] = {
    MEASURED: (("step", "1"), ("metric", "1"), ("gap", "1"), ("event", MEASURED_EVENTS)),
    SAID: (("event", f"NOT {MEASURED_EVENTS}"),),
    DESCRIBED: (("session", "1"),),
    NOTED: (("note", "1"),),
    PLACED: (("track", "1"),),
    ANALYZED: (("analysis", f"kind != '{_KIND}'"),),
}
"""What each part consists of: tables, and which rows of them."""
_BLOCK = 500  # rows


class SessionDigests(ImportedFiles):
    """``SessionDigests`` keeps and checks the digests; every public method raises ``StoreError`` only."""

    def digested_sessions(self) -> list[str]:
        """Return the ids of the sessions that have a digest, also of one whose description is damaged."""
        sql = "SELECT DISTINCT session FROM analysis WHERE kind = ? ORDER BY session"
        return [str(session) for (session,) in self._all_rows(sql, _KIND)]

    def damaged_parts(self, session_id: str) -> tuple[str, ...]:
        """Return the parts of a session that are not what was stored, none for one without a digest.

        Both what its indexes lead to and its tables are read: views use the one or the other.
        """
        with self._lock, self._storage_errors_translated():
            stored = _read_digest(self._db, session_id)
            return tuple(part for part in _TABLES if part in stored and not self._holds(session_id, part))

    def _holds(self, session_id: str, part: str) -> bool:
        """Whether a part is as its digest says, and whatever cannot be read is not."""
        stored = _read_digest(self._db, session_id)
        try:
            return all(_digest(self._db, session_id, part, way) == stored[part] for way in _WAYS)
        except ValueError:  # names of estimates that are cut or gone
            return False
        except sqlite3.DatabaseError as exc:
            if not is_damage(exc):
                raise
            mark_damaged(self.path)  # the next start sets the database aside
            return False

    @contextlib.contextmanager
    def _digest_renewed(self, session_id: str, *parts: str) -> Iterator[None]:
        """Renew these parts of a digest after the block, if they held before; inside a transaction."""
        stored = _read_digest(self._db, session_id)
        held = [part for part in parts if part in stored and self._holds(session_id, part)]
        yield
        _write_digest(self._db, session_id, held)

    def _complete_digest(self, session_id: str) -> None:
        """Add the parts that a digest lacks, all of them where there is none; inside a transaction."""
        stored = _read_digest(self._db, session_id)
        _write_digest(self._db, session_id, [part for part in _TABLES if part not in stored])

    def _drop_digest(self, session_id: str, *parts: str) -> None:
        """Drop parts of a digest whose rows are about to be replaced; inside a transaction."""
        stored = _read_digest(self._db, session_id)
        left = {part: digest for part, digest in stored.items() if part not in parts}
        if left != stored:
            _put_digest(self._db, session_id, left)


def parts_of_records(records: Iterable[Out]) -> set[str]:
    """Return the parts of a session to which these records belong."""
    measured = (Step, Metric, Gap, ActivityChange, Readiness, SensorProblem)
    return {MEASURED if isinstance(record, measured) else SAID for record in records}


def _read_digest(db: sqlite3.Connection, session: str) -> dict[str, str]:
    """Return the digest of each part; none of a session without one, or if the digest itself is damaged."""
    sql = "SELECT body FROM analysis WHERE session = ? AND kind = ? AND version = ?"
    row = db.execute(sql, (session, _KIND, _FORM)).fetchone()
    with contextlib.suppress(ValueError, TypeError, KeyError, AttributeError):
        parts = json.loads(row[0])
        if parts.pop("itself") == _hashed(parts):
            return dict(parts)
    return {}


def _write_digest(db: sqlite3.Connection, session: str, parts: Iterable[str]) -> None:
    """Compute the digests of these parts and keep them beside those of the others."""
    fresh = {part: _digest(db, session, part, _BY_TABLE) for part in parts}
    if fresh:
        _put_digest(db, session, {**_read_digest(db, session), **fresh})


def _put_digest(db: sqlite3.Connection, session: str, parts: Mapping[str, str]) -> None:
    body = json.dumps({**parts, "itself": _hashed(parts)})
    db.execute("DELETE FROM analysis WHERE session = ? AND kind = ?", (session, _KIND))
    row = (session, _KIND, _FORM, "", body)
    db.execute("INSERT INTO analysis VALUES (NULL, ?, ?, ?, ?, ?)", row)


def _hashed(parts: Mapping[str, str]) -> str:
    text = json.dumps(parts, sort_keys=True)
    return hashlib.blake2b(text.encode(), digest_size=4).hexdigest()


_BY_INDEX = "SELECT * FROM {table} WHERE {key} = ?1 AND {condition} ORDER BY {order}"
_BY_TABLE = """SELECT * FROM {table} NOT INDEXED WHERE {key} = ?1 AND {condition} AND rowid BETWEEN
  (SELECT min(rowid) FROM {table} WHERE {key} = ?1) AND (SELECT max(rowid) FROM {table} WHERE {key} = ?1)
  ORDER BY rowid"""
_WAYS = (_BY_TABLE, _BY_INDEX)


def _digest(db: sqlite3.Connection, session: str, part: str, way: str) -> str:
    """Return a digest of the rows of a part, and of the names that its steps have by number."""
    digest, blobs = hashlib.blake2b(digest_size=16), list[bytes]()
    for table, condition in _TABLES[part]:
        key = "id" if table == "session" else "session"
        order, sql = ("t_s", _BY_INDEX) if table == "track" else ("rowid", way)  # which is its own index
        sql = sql.format(table=table, key=key, condition=condition, order=order)
        cursor = db.execute(sql, (session,))
        while rows := cursor.fetchmany(_BLOCK):
            columns = list(zip(*rows, strict=True))
            for column in columns:
                digest.update(_column_bytes(column))
            if table == "step":
                blobs += columns[-1]
    for number in named_numbers(blobs):
        row = db.execute("SELECT text FROM word WHERE id = ?", (number,)).fetchone()
        digest.update(f"{number} {row}".encode())
    return digest.hexdigest()


def _column_bytes(column: tuple[Any, ...]) -> bytes:
    """Return the bytes of a column's values: quick for what there are a hundred thousand of."""
    types = set(map(type, column))
    if types == {float}:
        return array("d", column).tobytes()
    if types <= {float, type(None)}:
        return array("d", [math.nan if value is None else value for value in column]).tobytes()
    if types == {int}:
        return array("q", column).tobytes()
    if types == {bytes}:
        return array("q", map(len, column)).tobytes() + b"".join(column)
    return "\0".join(map(str, column)).encode("utf-8", "surrogatepass")
