"""The embedded store: all sessions of a user in one SQLite file (WAL, synchronous=FULL).

Records get a ``row`` number that only grows, over all kinds and sessions; a sink that must deliver
everything reads on from the last row it acknowledged (``outbox``).  One ``Store`` may be used from
several threads, and several processes may open the same file.
"""

from __future__ import annotations

import contextlib
import datetime
import heapq
import json
import operator
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from dsp.types import Band, Estimate, Gap, Metric, Side, Step
from monitor.core import json_codec
from monitor.core.errors import StoreError
from monitor.core.records import Out, SinkStatus
from monitor.storage import migrations
from monitor.storage.estimate_codec import NameTable
from monitor.storage.session_info import Note, SessionInfo, SessionStatus, StepColumns, WaitingRecord


class Store:
    """Open, create or migrate the store at ``path``; every method raises ``StoreError`` only."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.RLock()
        with self._translated():
            path.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=10)
            try:
                self._db.execute("PRAGMA journal_mode=WAL")
                self._db.execute("PRAGMA synchronous=FULL")
                self._db.execute("PRAGMA secure_delete=ON")  # deleted is gone, not only out of sight
                migrations.prepare(self._db, path)
            except BaseException:
                self._db.close()
                raise
        self._words = NameTable(self._db)

    def close(self) -> None:
        """Close the database; nothing of this store may be used afterwards."""
        with self._lock, self._translated():
            self._db.close()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    # ------------------------------------------------------------------ writing

    def begin(self, info: SessionInfo) -> None:
        """A new session; ``StoreError`` if its id is taken."""
        values = [_column(getattr(info, name)) for name in _SESSION]
        marks = ", ".join("?" * len(values))
        with self._transaction() as db:
            db.execute(f"INSERT INTO session ({', '.join(_SESSION)}) VALUES ({marks})", values)

    def write(self, session_id: str, records: Sequence[Out]) -> None:
        """Add records in one transaction."""
        with self._transaction() as db:
            self._require_session(session_id)
            self._insert(db, session_id, records)

    def end(self, session_id: str, t_s: float, status: SessionStatus = SessionStatus.COMPLETE) -> None:
        """Nothing more will come; ``t_s`` is its length in seconds."""
        self._change(session_id, "ended = 1, duration_s = ?, status = ?", t_s, status.value)

    def rename(self, session_id: str, title: str) -> None:
        """Give a session another title; its id stays."""
        self._change(session_id, "title = ?", title)

    def tag(self, session_id: str, tags: Iterable[str]) -> None:
        """Replace the tags of a session."""
        self._change(session_id, "tags = ?", json.dumps(list(tags)))

    def add_note(
        self, session_id: str, kind: str, text: str, *, t_s: float | None = None, value: float | None = None
    ) -> None:
        """Keep something beside the records; ``kind`` as in ``Note``."""
        now = datetime.datetime.now(datetime.UTC).replace(microsecond=0).isoformat()
        with self._transaction() as db:
            self._require_session(session_id)
            db.execute(
                "INSERT INTO note VALUES (NULL, ?, ?, ?, ?, ?, ?)",
                (session_id, kind, t_s, value, text, now),
            )

    def remove_note(self, session_id: str, note: int) -> None:
        """Remove the note with this id from the session; one that is not there is no error."""
        with self._transaction() as db:
            db.execute("DELETE FROM note WHERE session = ? AND id = ?", (session_id, note))

    def add_analysis(self, session_id: str, kind: str, version: str, made_utc: str, body: Any) -> None:
        """Keep what a version of the program made of a session, as JSON."""
        with self._transaction() as db:
            self._require_session(session_id)
            row = (session_id, kind, version, made_utc, json.dumps(body))
            db.execute("INSERT INTO analysis VALUES (NULL, ?, ?, ?, ?, ?)", row)

    def renew(self, session_id: str, records: Sequence[Out], version: str) -> None:
        """Put these steps, metrics, gaps and activity in the place of the old ones, all or nothing.

        Everything else stays, above all bands and cues: they were said.
        """
        with self._transaction() as db:
            self._require_session(session_id)
            for table in ("step", "metric", "gap"):
                db.execute(f"DELETE FROM {table} WHERE session = ?", (session_id,))
            kinds = "('activity_change', 'readiness')"
            db.execute(f"DELETE FROM event WHERE session = ? AND kind IN {kinds}", (session_id,))
            self._insert(db, session_id, records)
            db.execute("UPDATE session SET version = ? WHERE id = ?", (version, session_id))

    def move_tape(self, session_id: str, tape: str) -> None:
        """The session's tape lies elsewhere now."""
        self._change(session_id, "tape = ?", tape)

    def wipe(self) -> None:
        """What was deleted leaves the write-ahead log too (pages are overwritten when they are freed)."""
        with self._lock, self._translated():
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def copy_to(self, path: Path) -> None:
        """A consistent copy of the whole database, also while others write."""
        with self._lock, self._translated():
            copy = sqlite3.connect(path)
            try:
                self._db.backup(copy)
            finally:
                copy.close()

    def clear(self, session_id: str) -> None:
        """Forget the records of a session, not the session."""
        with self._transaction() as db:
            self._forget(db, session_id)

    def delete(self, session_id: str) -> None:
        """Forget a session and its records.  Its tape is a file of its own and stays."""
        with self._transaction() as db:
            self._forget(db, session_id)
            for table in migrations.BESIDE:
                db.execute(f"DELETE FROM {table} WHERE session = ?", (session_id,))
            db.execute("DELETE FROM session WHERE id = ?", (session_id,))

    # ------------------------------------------------------------------ reading

    def sessions(self) -> list[SessionInfo]:
        """All sessions, the newest first."""
        rows = self._all(f"SELECT {', '.join(_SESSION)} FROM session ORDER BY id DESC")
        return [_session(row) for row in rows]

    def session(self, session_id: str) -> SessionInfo:
        """One session; ``StoreError`` if there is none of this id."""
        with self._lock, self._translated():
            return self._require_session(session_id)

    def steps(self, session_id: str) -> list[Step]:
        """All steps in the order in which they became certain."""
        sql = "SELECT sensor, side, ic_s, to_s, estimates FROM step WHERE session = ? ORDER BY row"
        rows = self._all(sql, session_id)
        unpacked = self._words.unpack([row[4] for row in rows])
        return [
            Step(sensor, _SIDES[side], ic_s, to_s, estimates)
            for (sensor, side, ic_s, to_s, _), estimates in zip(rows, unpacked, strict=True)
        ]

    def step_columns(self, session_id: str) -> StepColumns:
        """The same as arrays, ten times as fast: for charts and tables."""
        sql = "SELECT side, ic_s, to_s, estimates FROM step WHERE session = ? ORDER BY row"
        rows = self._all(sql, session_id)
        sides, ic_s, to_s, blobs = zip(*rows, strict=True) if rows else ((), (), (), ())
        return StepColumns(
            side=np.array([side or "" for side in sides], dtype="U1"),
            ic_s=np.array(ic_s, dtype=np.float64),
            to_s=np.array(to_s, dtype=np.float64),
            values=self._words.columns(blobs),
        )

    def metrics(self, session_id: str, names: Iterable[str] | None = None) -> list[Metric]:
        """Per-second metrics, of all names or of those given."""
        sql = "SELECT row, t_s, side, name, value, sd, how FROM metric WHERE session = ?"
        chosen = [] if names is None else list(names)
        if names is not None:
            sql += f" AND name IN ({', '.join('?' * len(chosen))})"
        return [_metric(row[1:]) for row in self._all(sql + " ORDER BY row", session_id, *chosen)]

    def gaps(self, session_id: str) -> list[Gap]:
        """The holes in its samples, in the order in which they were kept."""
        sql = "SELECT sensor, start_s, end_s FROM gap WHERE session = ? ORDER BY row"
        return [Gap(*row) for row in self._all(sql, session_id)]

    def metric_rows(self, session_id: str, names: Iterable[str] | None = None) -> list[tuple[Any, ...]]:
        """The same as plain rows, several times as fast: t_s, side, name, value, sd, how; by name."""
        chosen = [] if names is None else list(names)
        some = "" if names is None else f"AND name IN ({', '.join('?' * len(chosen))})"
        sql = f"SELECT t_s, side, name, value, sd, how FROM metric WHERE session = ? {some}"
        return self._all(sql + " ORDER BY name, row", session_id, *chosen)

    def notes(self, session_id: str) -> list[Note]:
        """What people (and importers) added, the oldest first."""
        sql = "SELECT id, kind, t_s, value, text, made_utc FROM note WHERE session = ? ORDER BY id"
        return [Note(*row) for row in self._all(sql, session_id)]

    def analyses(self, session_id: str, kind: str) -> list[dict[str, Any]]:
        """What was made of a session and when, the oldest first: its body with version and made_utc."""
        sql = "SELECT version, made_utc, body FROM analysis WHERE session = ? AND kind = ? ORDER BY id"
        rows = self._all(sql, session_id, kind)
        return [{**json.loads(body), "version": v, "made_utc": made} for v, made, body in rows]

    def events(self, session_id: str) -> list[Out]:
        """All records that are neither steps, metrics nor gaps."""
        sql = "SELECT kind, body FROM event WHERE session = ? ORDER BY row"
        return [_event(*row) for row in self._all(sql, session_id)]

    def records(self, session_id: str) -> list[Out]:
        """Everything of a session in the order of writing."""
        return [record for _, _, record in self._rows("session = ?", session_id)]

    def page(self, session_id: str, after: int = 0, limit: int = 1000) -> list[WaitingRecord]:
        """The records of a session, a piece at a time: those that follow row ``after``."""
        return self._rows("session = ? AND row > ?", session_id, after, limit=limit)

    def bands(self, session_id: str, before: int) -> list[Band]:
        """The last target band of each metric that was stored before this row, of the last hundred."""
        sql = "SELECT body FROM event WHERE session = ? AND row < ? AND kind = 'band'"
        rows = self._all(sql + " ORDER BY row DESC LIMIT 100", session_id, before)
        found = [json_codec.from_json(Band, json.loads(body)) for (body,) in rows]
        return list({band.metric: band for band in reversed(found)}.values())

    def count(self, session_id: str) -> int:
        """How many records a session has."""
        sql = "SELECT count(*) FROM {} WHERE session = ?"
        return sum(self._all(sql.format(table), session_id)[0][0] for table in migrations.TABLES)

    # ------------------------------------------------------------------ outboxes

    def outbox(self, sink: str, limit: int = 1000) -> list[WaitingRecord]:
        """The next records this sink has not acknowledged: (row, session id, record)."""
        return self._rows("row > ?", self.delivered(sink), limit=limit)

    def acknowledge(self, sink: str, row: int) -> None:
        """All up to ``row`` have arrived at the far end (or are not wanted there)."""
        with self._transaction() as db:
            db.execute(
                "INSERT INTO delivered VALUES (?, ?) ON CONFLICT (sink) "
                "DO UPDATE SET row = max(row, excluded.row)",
                (sink, row),
            )

    def backlog(self, sink: str) -> int:
        """How many records wait for this sink."""
        after = self.delivered(sink)
        return sum(
            self._all(f"SELECT count(*) FROM {t} WHERE row > ?", after)[0][0] for t in migrations.TABLES
        )

    def delivered(self, sink: str) -> int:
        """The last row this sink acknowledged; 0 if it never did."""
        found = self._all("SELECT row FROM delivered WHERE sink = ?", sink)
        return found[0][0] if found else 0

    def quarantine(self, sink: str, refused: Sequence[tuple[int, str]], reason: str) -> None:
        """Set aside records, (row, session id) each, that the far end will never take as they are."""
        with self._transaction() as db:
            db.executemany(
                "INSERT OR REPLACE INTO quarantine VALUES (?, ?, ?, ?)",
                [(sink, row, session, reason) for row, session in refused],
            )

    def quarantined(self, sink: str) -> list[tuple[int, str, str]]:
        """What was set aside: (row, session id, reason)."""
        sql = "SELECT row, session, reason FROM quarantine WHERE sink = ? ORDER BY row"
        return self._all(sql, sink)

    def sinks(self) -> dict[str, tuple[str, SinkStatus] | None]:
        """Every outside system that was ever told of: its last status and the session it is from."""
        names = self._all("SELECT sink FROM delivered UNION SELECT sink FROM quarantine")
        sql = "SELECT session, body FROM event WHERE kind = ? ORDER BY row DESC LIMIT 1000"
        out: dict[str, tuple[str, SinkStatus] | None] = {}
        for session, body in self._all(sql, "sink_status"):
            status = json_codec.from_json(SinkStatus, json.loads(body))
            out.setdefault(status.sink, (session, status))
        return {name: None for (name,) in names} | out

    def release(self, sink: str, session_id: str) -> None:
        """Forget that records of this session were set aside: they are about to be sent again."""
        with self._transaction() as db:
            db.execute("DELETE FROM quarantine WHERE sink = ? AND session = ?", (sink, session_id))

    def skip_history(self, sink: str) -> None:
        """A sink never heard of before begins with what comes next."""
        with self._transaction() as db:
            db.execute("INSERT OR IGNORE INTO delivered SELECT ?, next_row - 1 FROM numbering", (sink,))

    def last_row(self) -> int:
        """The number of the newest record."""
        return int(self._all("SELECT next_row - 1 FROM numbering")[0][0])

    # ------------------------------------------------------------------ inside

    def _insert(self, db: sqlite3.Connection, session_id: str, records: Sequence[Out]) -> None:
        """Number and add records, inside a transaction."""
        (row,) = db.execute("SELECT next_row FROM numbering").fetchone()
        rows: dict[str, list[tuple[object, ...]]] = {table: [] for table in migrations.TABLES}
        for number, record in enumerate(records, start=row):
            table, columns = self._columns(record)
            rows[table].append((number, session_id, *columns))
        for table, values in rows.items():
            if values:
                marks = ", ".join("?" * len(values[0]))
                db.executemany(f"INSERT INTO {table} VALUES ({marks})", values)
        db.execute("UPDATE numbering SET next_row = ?", (row + len(records),))

    def _columns(self, record: Out) -> tuple[str, tuple[object, ...]]:
        """The table of a record, and its columns after row and session."""
        match record:
            case Step(sensor, side, ic_s, to_s, estimates):
                return "step", (sensor, side, ic_s, to_s, self._words.pack(estimates))
            case Metric(t_s, side, Estimate(name, value, sd, how)):
                return "metric", (t_s, side, name, value, sd, how)
            case Gap(sensor, start_s, end_s):
                return "gap", (sensor, start_s, end_s)
            case _:
                return "event", (json_codec.kind_of(record), json.dumps(json_codec.to_json(record)))

    def _rows(self, where: str, *values: object, limit: int = -1) -> list[WaitingRecord]:
        """Records of all tables by row: (row, session, record)."""
        with self._lock:
            found = {
                table: self._all(
                    f"SELECT * FROM {table} WHERE {where} ORDER BY row LIMIT {int(limit)}", *values
                )
                for table in migrations.TABLES
            }
        estimates = self._words.unpack([row[6] for row in found["step"]])
        steps = [
            (r[0], r[1], Step(r[2], _SIDES[r[3]], r[4], r[5], e))
            for r, e in zip(found["step"], estimates, strict=True)
        ]
        metrics = [(r[0], r[1], _metric(r[2:])) for r in found["metric"]]
        gaps = [(r[0], r[1], Gap(*r[2:])) for r in found["gap"]]
        events = [(r[0], r[1], _event(*r[2:])) for r in found["event"]]
        merged: Iterable[WaitingRecord] = heapq.merge(
            steps, metrics, gaps, events, key=operator.itemgetter(0)
        )
        return list(merged)[: limit if limit >= 0 else None]

    def _require_session(self, session_id: str) -> SessionInfo:
        sql = f"SELECT {', '.join(_SESSION)} FROM session WHERE id = ?"
        row = self._db.execute(sql, (session_id,)).fetchone()
        if row is None:
            raise StoreError(f"there is no session {session_id!r}; `gaitcue sessions` lists them")
        return _session(row)

    def _forget(self, db: sqlite3.Connection, session_id: str) -> None:
        self._require_session(session_id)
        for table in (*migrations.TABLES, "quarantine"):
            db.execute(f"DELETE FROM {table} WHERE session = ?", (session_id,))

    def _change(self, session_id: str, what: str, *values: object) -> None:
        with self._transaction() as db:
            self._require_session(session_id)
            db.execute(f"UPDATE session SET {what} WHERE id = ?", (*values, session_id))

    def _all(self, sql: str, *values: object) -> list[Any]:
        with self._lock, self._translated():
            return self._db.execute(sql, values).fetchall()

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing."""
        with self._lock, self._translated():
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                self._words.forget()
                raise

    @contextlib.contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as exc:
            raise StoreError(f"{self.path}: {exc}") from exc


_SESSION = tuple(SessionInfo.__dataclass_fields__)
_SIDES = {None: None, "L": Side.LEFT, "R": Side.RIGHT}


def _column(value: object) -> object:
    return json.dumps(value) if isinstance(value, tuple) else value


def _session(row: Sequence[Any]) -> SessionInfo:
    info = SessionInfo(**dict(zip(_SESSION, row, strict=True)))
    return replace(
        info,
        ended=bool(info.ended),
        status=SessionStatus(info.status),
        sensors=tuple(json.loads(str(info.sensors))),
        tags=tuple(json.loads(str(info.tags))),
    )


def _metric(row: Sequence[Any]) -> Metric:
    t_s, side, name, value, sd, how = row
    return Metric(t_s, _SIDES[side], Estimate(name, value, sd, how))


def _event(kind: str, body: str) -> Out:
    try:
        record: Out = json_codec.from_json(json_codec.RECORD_KINDS[kind], json.loads(body))
    except (KeyError, ValueError) as exc:
        raise StoreError(f"a {kind} record cannot be read; it is from another version: {exc}") from exc
    return record
