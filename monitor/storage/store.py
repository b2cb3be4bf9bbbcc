"""The embedded store: all sessions of a user in one SQLite file (WAL, synchronous=FULL).

Records get a ``row`` number that only grows, over all kinds and sessions; a sink that must deliver
everything reads on from the last row it acknowledged (``outbox``).
"""

from __future__ import annotations

import contextlib
import datetime
import heapq
import json
import operator
import re
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from dsp.types import ActivityChange, Band, Gap, Metric, Step
from monitor.core import json_codec
from monitor.core.activity_facts import ActivityFacts, LapMark, PlaceTrack, TimerPause
from monitor.core.errors import ImportedBefore, InputError, StoreError
from monitor.core.records import Out
from monitor.core.safe_text import clean_line, clean_note
from monitor.pipeline.plan_privacy import record_for_others, settings_text_for_others
from monitor.storage.athlete_spelling import require_spelling
from monitor.storage.deliveries import ENDED_RUNS
from monitor.storage.estimate_codec import NameTable
from monitor.storage.imported_files import forget_files
from monitor.storage.migrations import ATTACHED_TABLES, RECORD_TABLES
from monitor.storage.recent_records import RecentRecords
from monitor.storage.record_rows import (
    LATEST_S,
    READABLE,
    SESSION_COLUMNS,
    check_rows,
    event_from_row,
    metric_from_row,
    note_from_row,
    number_within,
    record_row,
    session_from_row,
    session_row,
    steps_from_rows,
)
from monitor.storage.session_digest import (
    ANALYZED,
    DESCRIBED,
    MEASURED,
    MEASURED_EVENTS,
    NOTED,
    PLACED,
    SAID,
    SessionDigests,
    parts_of_records,
)
from monitor.storage.session_info import Note, SessionInfo, SessionStatus, StepColumns, WaitingRecord

LONGEST_NOTE = 2000
TAPES_FOLDER = "tapes"
"""The folder of the tapes, beside the database."""
"""Characters of a note."""


class Store(SessionDigests):
    """``Store`` holds sessions and their records; every method raises ``StoreError`` only.

    One may be used from several threads, and several processes may open the same file.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._names = NameTable(self._db)
        self._recent = RecentRecords()

    # ------------------------------------------------------------------ writing

    def begin(self, info: SessionInfo) -> None:
        """Add a new session; ``InputError`` if its id is taken, ``ImportedBefore`` if its source is."""
        with self.beginning(info):
            pass

    @contextlib.contextmanager
    def beginning(self, info: SessionInfo) -> Iterator[None]:
        """Add a new session when the block ends; nobody sees it before, nor at all if the block raises.

        ``InputError`` if its id is taken, or its athlete's name in other capitals; ``ImportedBefore`` if
        its source is: also by another process that began at the same time.
        """
        values = session_row(info)
        marks = ", ".join("?" * len(values))
        with self._transaction() as db:
            if info.source and (name := self.imported_as(info.source)):
                raise ImportedBefore("error.imported_before", title=info.title, name=name)
            if db.execute("SELECT 1 FROM session WHERE id = ?", (info.id,)).fetchone():
                raise InputError("error.session_taken", title=info.title, name=info.id)
            require_spelling(
                info.athlete, [name for (name,) in db.execute("SELECT DISTINCT athlete FROM session")]
            )
            db.execute(f"INSERT INTO session ({', '.join(SESSION_COLUMNS)}) VALUES ({marks})", values)
            yield

    def write(self, session_id: str, records: Sequence[Out]) -> None:
        """Add records to a session in one transaction; ``StoreError`` if there is no such session."""
        with self._lock:
            with self._transaction() as db, self._digest_renewed(session_id, *parts_of_records(records)):
                self._require_session(session_id)
                first = self._insert_records(db, session_id, records)
            self._recent.add(first, session_id, tuple(records), self._data_version())

    def write_numbered(
        self, session_id: str, first: int, records: Sequence[Out], edition: int = 0
    ) -> Sequence[Out]:
        """Add records that are numbered through a session, as far as they are not there; return those.

        The first ones of a newer edition take the place of all that are there, and open the session again;
        those of an older one are left out.  ``InputError`` if some before ``first`` are missing.
        """
        with self._transaction():
            held, taken = self.hub_records(session_id)
            if edition < held:
                return ()
            taken = taken if edition == held else 0
            if first > taken:
                raise InputError("error.hub_hole", session=session_id, first=first, taken=taken)
            if edition > held:
                self.clear(session_id)
                self._change(session_id, "ended = 0, status = ?", SessionStatus.LIVE.value)
            fresh = records[taken - first :]
            if fresh:
                self.write(session_id, fresh)
                self.note_hub_records(session_id, edition, taken + len(fresh))
        return fresh

    def complete(
        self,
        session_id: str,
        records: Sequence[Out],
        t_s: float,
        status: SessionStatus,
        *,
        anew: bool = False,
        live: bool = True,
    ) -> bool:
        """Add the last records of a session and mark it as ended, all of that or nothing.

        With ``anew`` they take the place of those that are there.  With ``live`` nothing is done, and False
        returned, where another program has ended the session meanwhile.
        """
        with self._transaction():
            if live and self.session(session_id).status is not SessionStatus.LIVE:
                return False
            if anew:
                self.clear(session_id)
            self.write(session_id, records)
            self.end(session_id, t_s, status)
        return True

    def end(self, session_id: str, t_s: float, status: SessionStatus = SessionStatus.COMPLETE) -> None:
        """Mark a session as ended, with a digest of all there is; ``t_s`` is its length in seconds."""
        with self._transaction():
            self._change(session_id, "ended = 1, duration_s = ?, status = ?", t_s, status.value)
            self._complete_digest(session_id)

    def rename(self, session_id: str, title: str) -> None:
        """Give a session another title, its id if that is empty; its id stays."""
        self._change(session_id, "title = ?", clean_line(title) or session_id)

    def tag(self, session_id: str, tags: Iterable[str]) -> None:
        """Replace the tags of a session by these."""
        lines = dict.fromkeys(line for tag in tags if (line := clean_line(tag)))
        self._change(session_id, "tags = ?", json.dumps(list(lines)))

    def move_tape(self, session_id: str, tape: str) -> None:
        """Note that the session's tape lies at another path now; the file itself is not touched."""
        self._change(session_id, "tape = ?", tape)

    def claim_source(self, session_id: str, source: str) -> None:
        """Note that a session holds what was imported from this source, and need not be imported."""
        self._change(session_id, "source = ?", source)

    def add_facts(self, session_id: str, facts: ActivityFacts) -> None:
        """Add what a watch said of the activity: sport, zone, steps, track, pauses and laps as notes."""
        import numpy as np

        told = (facts.sport, facts.sub_sport, facts.utc_offset_s, facts.steps)
        self._change(session_id, "sport = ?, sub_sport = ?, utc_offset_s = ?, counted_steps = ?", *told)
        self.add_timer_facts(session_id, facts.pauses, facts.laps)
        if facts.track is not None:
            track = facts.track
            columns = (track.t_s, track.lat_deg, track.lon_deg, track.altitude_m)
            places = np.column_stack(columns).tolist()  # SQLite makes NULL of NaN
            with self._transaction() as db, self._digest_renewed(session_id, PLACED):
                db.executemany(
                    "INSERT INTO track VALUES (?, ?, ?, ?, ?)", ((session_id, *place) for place in places)
                )

    def add_timer_facts(
        self, session_id: str, pauses: Iterable[TimerPause], laps: Iterable[LapMark], *, anew: bool = False
    ) -> None:
        """Add pauses and laps as notes, unless the session has some already; ``anew``: instead of those."""
        before = [note.id for note in self.notes(session_id) if note.kind in ("pause", "lap")]
        if before and not anew:
            return
        for note in before:
            self.remove_note(session_id, note)
        for pause in pauses:
            self.add_note(session_id, "pause", "", t_s=pause.start_s, value=pause.seconds)
        for lap in laps:
            self.add_note(session_id, "lap", lap.trigger, t_s=lap.end_s)

    def add_note(
        self, session_id: str, kind: str, text: str, *, t_s: float | None = None, value: float | None = None
    ) -> None:
        """Add a note to a session, with ``kind``, ``t_s`` and ``value`` as in ``Note``."""
        for name, number in (("t_s", t_s), ("value", value)):
            if number is not None and number_within(number, 0.0, LATEST_S) is None:
                raise InputError("error.note_number", name=name, value=str(number))
        now = datetime.datetime.now(datetime.UTC).replace(microsecond=0).isoformat()
        with self._transaction() as db, self._digest_renewed(session_id, NOTED):
            self._require_session(session_id)
            db.execute(
                "INSERT INTO note VALUES (NULL, ?, ?, ?, ?, ?, ?)",
                (session_id, kind, t_s, value, clean_note(text, LONGEST_NOTE), now),
            )

    def remove_note(self, session_id: str, note: int) -> None:
        """Remove the note with this id from the session; one that is not there is no error."""
        with self._transaction() as db, self._digest_renewed(session_id, NOTED):
            db.execute("DELETE FROM note WHERE session = ? AND id = ?", (session_id, note))

    def add_analysis(self, session_id: str, kind: str, version: str, made_utc: str, body: Any) -> None:
        """Add what this version of the program computed about a session; ``body`` is kept as JSON."""
        with self._transaction() as db, self._digest_renewed(session_id, ANALYZED):
            self._require_session(session_id)
            row = (session_id, kind, version, made_utc, json.dumps(body))
            db.execute("INSERT INTO analysis VALUES (NULL, ?, ?, ?, ?, ?)", row)

    def facts(self, session_id: str) -> ActivityFacts:
        """Return what ``add_facts`` added to a session."""
        info, notes = self.session(session_id), self.notes(session_id)
        paused = [n for n in notes if n.kind == "pause"]
        pauses = [TimerPause(n.t_s, n.value) for n in paused if n.t_s is not None and n.value is not None]
        laps = [LapMark(n.t_s, n.text) for n in notes if n.kind == "lap" and n.t_s is not None]
        return ActivityFacts(
            info.sport,
            info.sub_sport,
            info.utc_offset_s,
            tuple(sorted(pauses, key=lambda pause: pause.start_s)),
            tuple(sorted(laps, key=lambda lap: lap.end_s)),
            self.track(session_id),
            info.counted_steps,
        )

    def replace_measurements(self, session_id: str, records: Sequence[Out], version: str) -> None:
        """Put these steps, metrics, gaps and activity in the place of the old ones, all or nothing.

        Everything else stays, above all bands and cues: the runner has heard them.
        """
        with self._transaction() as db, self._digest_renewed(session_id, DESCRIBED):
            ended = self._require_session(session_id).ended
            self._recent.forget()
            self._drop_digest(session_id, MEASURED)
            for table in ("step", "metric", "gap"):
                db.execute(f"DELETE FROM {table} WHERE session = ?", (session_id,))
            db.execute(f"DELETE FROM event WHERE session = ? AND {MEASURED_EVENTS}", (session_id,))
            self._insert_records(db, session_id, records)
            db.execute("UPDATE session SET version = ? WHERE id = ?", (version, session_id))
            if ended:
                self._complete_digest(session_id)

    def forget_health(self, session_id: str) -> bool:
        """Delete what a session holds of its runner's health, and return whether there was anything.

        Pain that was noted, effort, what the plan allowed, and what tells of the plan among its records.
        """
        with self._transaction() as db, self._digest_renewed(session_id, NOTED, SAID):
            info = self._require_session(session_id)
            before = db.total_changes
            db.execute("DELETE FROM note WHERE session = ? AND kind = 'pain'", (session_id,))
            self._forget_plan_records(db, session_id)
            tags = [tag for tag in info.tags if not tag.startswith("effort=")]
            settings = settings_text_for_others(info.settings)
            if (settings, tags) != (info.settings, list(info.tags)):
                self._change(session_id, "settings = ?, tags = ?", settings, json.dumps(tags))
            return db.total_changes > before

    def clear(self, session_id: str) -> None:
        """Delete the records of a session, but not the session."""
        with self._transaction() as db:
            self._delete_records(db, session_id)

    def delete(self, session_id: str) -> None:
        """Delete a session with its records and notes.  Its tape is a file of its own and stays."""
        with self._transaction() as db:
            forget_files(db, [self._require_session(session_id).source])
            self._delete_records(db, session_id)
            for table in ATTACHED_TABLES:
                db.execute(f"DELETE FROM {table} WHERE session = ?", (session_id,))
            db.execute("DELETE FROM session WHERE id = ?", (session_id,))

    # ------------------------------------------------------------------ reading

    def sessions(self) -> list[SessionInfo]:
        """Return all sessions, the newest first."""
        rows = self._all_rows(f"SELECT {', '.join(SESSION_COLUMNS)} FROM session ORDER BY id DESC")
        with self._rows_decoded():
            return [self._with_own_tape(session_from_row(row)) for row in rows]

    def paused_s(self) -> dict[str, float]:
        """Return how long the watch was stopped in each session that has pauses, in s."""
        sql = "SELECT session, sum(value) FROM note WHERE kind = 'pause' GROUP BY session"
        return {session: float(seconds) for session, seconds in self._all_rows(sql) if seconds is not None}

    def session(self, session_id: str) -> SessionInfo:
        """Return one session; ``StoreError`` if there is none of this id."""
        with self._lock, self._storage_errors_translated():
            return self._require_session(session_id)

    def steps(self, session_id: str) -> list[Step]:
        """Return all steps of a session in the order in which they became certain."""
        sql = (
            f"SELECT sensor, side, ic_s, to_s, estimates FROM step WHERE session = ? AND {READABLE['step']}"
        )
        rows = self._all_rows(f"{sql} ORDER BY row", session_id)
        with self._lock, self._rows_decoded():
            return steps_from_rows(rows, self._names)

    def step_columns(self, session_id: str) -> StepColumns:
        """Return all steps as arrays, ten times as fast as ``steps``: for charts and tables."""
        import numpy as np

        sql = f"SELECT side, ic_s, to_s, estimates FROM step WHERE session = ? AND {READABLE['step']}"
        sql += " ORDER BY row"
        rows = self._all_rows(sql, session_id)
        with self._lock, self._rows_decoded():
            check_rows("step", [("", *row) for row in rows])
            sides, ic_s, to_s, blobs = zip(*rows, strict=True) if rows else ((), (), (), ())
            return StepColumns(
                side=np.array([side or "" for side in sides], dtype="U1"),
                ic_s=np.array(ic_s, dtype=np.float64),
                to_s=np.array(to_s, dtype=np.float64),
                values=self._names.columns(blobs),
                modelled=self._names.modelled(blobs),
            )

    def metrics(self, session_id: str, names: Iterable[str] | None = None) -> list[Metric]:
        """Return the per-second metrics of a session in the order of writing: all, or those named."""
        wanted, values = _metric_condition(names)
        sql = f"SELECT t_s, side, name, value, sd, how FROM metric WHERE session = ?{wanted}"
        rows = self._all_rows(f"{sql} AND {READABLE['metric']} ORDER BY row", session_id, *values)
        with self._rows_decoded():
            check_rows("metric", rows)
            return [metric_from_row(row) for row in rows]

    def recent_metrics(self, athlete: str) -> set[str]:
        """Return the names of the per-second metrics of an athlete's last three ended sessions."""
        sessions = [info.id for info in self.sessions() if info.athlete == athlete and info.ended][:3]
        sql = "SELECT DISTINCT name FROM metric WHERE session = ?"
        return {name for session in sessions for (name,) in self._all_rows(sql, session)}

    def metric_rows(self, session_id: str, names: Iterable[str] | None = None) -> list[tuple[Any, ...]]:
        """Return what ``metrics`` does, ordered by name, as rows (t_s, side, name, value, sd, how).

        Several times as fast.
        """
        wanted, values = _metric_condition(names)
        sql = f"SELECT t_s, side, name, value, sd, how FROM metric WHERE session = ?{wanted}"
        rows = self._all_rows(f"{sql} AND {READABLE['metric']} ORDER BY name, row", session_id, *values)
        with self._rows_decoded():
            check_rows("metric", rows)
        return rows

    def gaps(self, session_id: str) -> list[Gap]:
        """Return the gaps in a session's samples, in the order of writing."""
        sql = f"SELECT sensor, start_s, end_s FROM gap WHERE session = ? AND {READABLE['gap']} ORDER BY row"
        rows = self._all_rows(sql, session_id)
        with self._rows_decoded():
            check_rows("gap", rows)
            return [Gap(*row) for row in rows]

    def events(self, session_id: str) -> list[Out]:
        """Return all records that are neither steps, metrics nor gaps, in the order of writing."""
        sql = "SELECT kind, body FROM event WHERE session = ? ORDER BY row"
        rows = self._all_rows(sql, session_id)
        with self._rows_decoded():
            found = [event_from_row(*row) for row in rows]
        return [record for record in found if record is not None]

    def records(self, session_id: str) -> list[Out]:
        """Return all records of a session in the order of writing."""
        return [record for _, _, record in self._select_records("session = ?", session_id)]

    def page(self, session_id: str, after: int = 0, limit: int = 1000) -> list[WaitingRecord]:
        """Return the next ``limit`` records of a session that follow row ``after``."""
        return self._select_records("session = ? AND row > ?", session_id, after, limit=limit)

    def outbox(self, sink: str, limit: int = 1000, *, runs: bool = False) -> list[WaitingRecord]:
        """Return the next ``limit`` records, of all sessions, that this sink has not acknowledged.

        With ``runs`` only the last records of sessions that were recorded live.
        """
        if runs:
            sql = f"SELECT row, session, kind, body {ENDED_RUNS} ORDER BY row LIMIT ?"
            rows = self._all_rows(sql, self.delivered(sink), limit)
            with self._rows_decoded():
                ended = [(row, session, event_from_row(kind, body)) for row, session, kind, body in rows]
            return [(row, session, record) for row, session, record in ended if record is not None]
        with self._lock:
            after = self.delivered(sink)
            recent = self._recent.after(after, self.last_row(), self._data_version(), limit)
        return self._select_records("row > ?", after, limit=limit) if recent is None else recent

    def _data_version(self) -> int:
        return int(self._all_rows("PRAGMA data_version")[0][0])

    def bands(self, session_id: str, before: int) -> list[Band]:
        """Return the last target band of each metric among the hundred stored before row ``before``."""
        sql = "SELECT body FROM event WHERE session = ? AND row < ? AND kind = 'band'"
        rows = self._all_rows(sql + " ORDER BY row DESC LIMIT 100", session_id, before)
        with self._rows_decoded():
            newest_first = [event_from_row("band", body) for (body,) in rows]
        return list({b.metric: b for b in reversed(newest_first) if isinstance(b, Band)}.values())

    def activity(self, session_id: str, before: int) -> ActivityChange | None:
        """Return the last change of activity stored before row ``before``, None if there is none."""
        sql = "SELECT body FROM event WHERE session = ? AND row < ? AND kind = 'activity_change'"
        rows = self._all_rows(sql + " ORDER BY row DESC LIMIT 1", session_id, before)
        with self._rows_decoded():
            found = [event_from_row("activity_change", body) for (body,) in rows]
        return next((c for c in found if isinstance(c, ActivityChange)), None)

    def count(self, session_id: str) -> int:
        """Return how many records a session has."""
        sql = "SELECT count(*) FROM {} WHERE session = ?"
        return sum(self._all_rows(sql.format(table), session_id)[0][0] for table in RECORD_TABLES)

    def notes(self, session_id: str) -> list[Note]:
        """Return what people (and importers) added to a session, the oldest first."""
        sql = "SELECT id, kind, t_s, value, text, made_utc FROM note WHERE session = ? ORDER BY id"
        rows = self._all_rows(sql, session_id)
        with self._rows_decoded():
            check_rows("note", rows)
            return [note_from_row(row) for row in rows]

    def track(self, session_id: str) -> PlaceTrack | None:
        """Return where a session was, by time; None if nobody said it."""
        import numpy as np

        sql = (
            "SELECT t_s, iif(abs(lat_deg) <= 90, lat_deg, NULL), iif(abs(lon_deg) <= 180, lon_deg, NULL),"
            " iif(abs(altitude_m) <= 20000, altitude_m, NULL)"
            f" FROM track WHERE session = ? AND t_s BETWEEN -60 AND {LATEST_S} ORDER BY t_s"
        )
        rows = self._all_rows(sql, session_id)
        with self._rows_decoded():
            check_rows("track", rows)
            return PlaceTrack(*np.array(rows, dtype=np.float64).T) if rows else None

    def analyses(self, session_id: str, kind: str) -> list[dict[str, Any]]:
        """Return what ``add_analysis`` was given: each body with version and made_utc, the oldest first."""
        sql = "SELECT version, made_utc, body FROM analysis WHERE session = ? AND kind = ? ORDER BY id"
        rows = self._all_rows(sql, session_id, kind)
        bodies = [(_analysis_body(body), v, made) for v, made, body in rows]
        return [{**body, "version": v, "made_utc": made} for body, v, made in bodies if body is not None]

    # ------------------------------------------------------------------ inside

    def _insert_records(self, db: sqlite3.Connection, session_id: str, records: Sequence[Out]) -> int:
        """Number and add records, inside a transaction; return the first number."""
        row = int(db.execute("SELECT next_row FROM numbering").fetchone()[0])
        rows: dict[str, list[tuple[object, ...]]] = {table: [] for table in RECORD_TABLES}
        metrics = rows["metric"]
        for number, record in enumerate(records, start=row):
            if isinstance(record, Metric):  # nearly all records of a day, so without a call each
                e = record.estimate
                metrics.append(
                    (number, session_id, record.t_s, record.side, e.metric, e.value, e.sd, e.how)
                )
            else:
                table, columns = record_row(number, session_id, record, self._names)
                rows[table].append(columns)
        for table, values in rows.items():
            if values:
                marks = ", ".join("?" * len(values[0]))
                db.executemany(f"INSERT INTO {table} VALUES ({marks})", values)
        db.execute("UPDATE numbering SET next_row = ?", (row + len(records),))
        return row

    def _forget_plan_records(self, db: sqlite3.Connection, session_id: str) -> None:
        self._recent.forget()
        sql = "SELECT row, kind, body FROM event WHERE session = ? AND kind IN ('band', 'cue')"
        for row, kind, body in db.execute(sql, (session_id,)).fetchall():
            record = event_from_row(kind, body)
            if record is None or (other := record_for_others(record)) == record:
                continue
            if other is None:
                db.execute("DELETE FROM event WHERE row = ?", (row,))
            else:
                columns = record_row(row, session_id, other, self._names)[1]
                db.execute("UPDATE event SET body = ? WHERE row = ?", (columns[-1], row))

    def _select_records(self, where: str, *values: object, limit: int = -1) -> list[WaitingRecord]:
        """Return records of all tables, by row."""
        with self._lock:
            rows = {
                table: self._all_rows(
                    f"SELECT * FROM {table} WHERE {where} AND {READABLE[table]}"
                    f" ORDER BY row LIMIT {int(limit)}",
                    *values,
                )
                for table in RECORD_TABLES
            }
        with self._lock, self._rows_decoded():
            return self._merged_records(rows, limit)

    def _merged_records(self, rows: Mapping[str, list[Any]], limit: int) -> list[WaitingRecord]:
        """Return the records of rows of all tables, by row."""
        check_rows("metric", [r[2:] for r in rows["metric"]])
        check_rows("gap", [r[2:] for r in rows["gap"]])
        steps = steps_from_rows([r[2:] for r in rows["step"]], self._names)
        merged: Iterable[WaitingRecord] = heapq.merge(
            ((r[0], r[1], step) for r, step in zip(rows["step"], steps, strict=True)),
            ((r[0], r[1], metric_from_row(r[2:])) for r in rows["metric"]),
            ((r[0], r[1], Gap(*r[2:])) for r in rows["gap"]),
            ((r[0], r[1], e) for r in rows["event"] if (e := event_from_row(*r[2:])) is not None),
            key=operator.itemgetter(0),
        )
        return list(merged)[: limit if limit >= 0 else None]

    def _require_session(self, session_id: str) -> SessionInfo:
        sql = f"SELECT {', '.join(SESSION_COLUMNS)} FROM session WHERE id = ?"
        row = self._db.execute(sql, (session_id,)).fetchone()
        if row is None:
            raise StoreError("error.no_session", session=session_id)
        with self._rows_decoded():
            return self._with_own_tape(session_from_row(row))

    def _with_own_tape(self, info: SessionInfo) -> SessionInfo:
        """The session with its tape beside this database, where the data folder was moved or copied.

        A copy reads and deletes its own tapes, not those of the original, or has none.
        """
        *_, folder, name = ("", *re.split(r"[/\\]", info.tape))  # of Windows too, copied to another system
        if folder != TAPES_FOLDER:
            return info
        return replace(info, tape=str(self.path.absolute().parent / TAPES_FOLDER / name))

    def _delete_records(self, db: sqlite3.Connection, session_id: str) -> None:
        self._require_session(session_id)
        self._recent.forget()
        self._drop_digest(session_id, MEASURED, SAID)
        for table in (*RECORD_TABLES, "quarantine"):
            db.execute(f"DELETE FROM {table} WHERE session = ?", (session_id,))

    def _change(self, session_id: str, assignments: str, *values: object) -> None:
        with self._transaction() as db, self._digest_renewed(session_id, DESCRIBED):
            self._require_session(session_id)
            db.execute(f"UPDATE session SET {assignments} WHERE id = ?", (*values, session_id))

    def _rolled_back(self) -> None:
        self._names.forget()
        self._recent.forget()

    def _reopened(self) -> None:
        self._names = NameTable(self._db)
        self._recent.forget()


def _analysis_body(text: str) -> dict[str, Any] | None:
    try:
        body = json_codec.parse_json(text)
    except ValueError:
        return None
    return body if isinstance(body, dict) else None


def _metric_condition(names: Iterable[str] | None) -> tuple[str, list[str]]:
    """Return the condition for metrics of these names, and its values; nothing for None."""
    if names is None:
        return "", []
    values = list(names)
    return f" AND name IN ({', '.join('?' * len(values))})", values
