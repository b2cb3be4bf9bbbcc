"""What became of each record at each outside system: how far a sink has delivered, what was refused.

A sink is known by its name.  Of each the store has one number, the last row that the far end
acknowledged, and the rows set aside because the far end will never take them (the quarantine).
"""

from __future__ import annotations

from collections.abc import Sequence

from monitor.core.records import SinkStatus
from monitor.storage.database import Database
from monitor.storage.migrations import RECORD_TABLES
from monitor.storage.record_rows import event_from_row

ENDED_RUNS = (
    "FROM event JOIN session ON session.id = event.session"
    " WHERE event.row > ? AND kind = 'session_ended' AND session.source = ''"
)
"""The last records, after a row, of sessions that were recorded live: others have a source."""


class Deliveries(Database):
    """``Deliveries`` keeps the accounts of all sinks; every method raises ``StoreError`` only."""

    def acknowledge(self, sink: str, row: int) -> None:
        """Count all records up to ``row`` as arrived at the far end (or not wanted there)."""
        with self._transaction() as db:
            db.execute(
                "INSERT INTO delivered VALUES (?, ?) ON CONFLICT (sink) "
                "DO UPDATE SET row = max(row, excluded.row)",
                (sink, row),
            )

    def delivered(self, sink: str) -> int:
        """Return the last row this sink acknowledged, 0 if it never did."""
        rows = self._all_rows("SELECT row FROM delivered WHERE sink = ?", sink)
        return rows[0][0] if rows else 0

    def has_account(self, sink: str) -> bool:
        """Return whether this sink was ever set up here, be it that it has acknowledged nothing yet."""
        return bool(self._all_rows("SELECT 1 FROM delivered WHERE sink = ?", sink))

    def backlog(self, sink: str, *, runs: bool = False) -> int:
        """Return how many records wait for this sink; with ``runs`` how many live runs that have ended."""
        after = self.delivered(sink)
        if runs:
            return int(self._all_rows(f"SELECT count(*) {ENDED_RUNS}", after)[0][0])
        if self.last_row() == after:  # nearly always: nothing is counted over four tables each second
            return 0
        return sum(
            self._all_rows(f"SELECT count(*) FROM {table} WHERE row > ?", after)[0][0]
            for table in RECORD_TABLES
        )

    def skip_history(self, sink: str) -> None:
        """Let a sink that has no account yet begin with the next record; others are left alone."""
        with self._transaction() as db:
            db.execute("INSERT OR IGNORE INTO delivered SELECT ?, next_row - 1 FROM numbering", (sink,))

    def last_row(self) -> int:
        """Return the row of the newest record, 0 if there never was one."""
        return int(self._all_rows("SELECT next_row - 1 FROM numbering")[0][0])

    def quarantine(self, sink: str, refused: Sequence[tuple[int, str]], reason: str) -> None:
        """Set aside records, (row, session id) each, that the far end will never take as they are."""
        with self._transaction() as db:
            db.executemany(
                "INSERT OR REPLACE INTO quarantine VALUES (?, ?, ?, ?)",
                [(sink, row, session, reason) for row, session in refused],
            )

    def quarantined(self, sink: str) -> list[tuple[int, str, str]]:
        """Return what was set aside for this sink, (row, session id, reason) each, by row."""
        sql = "SELECT row, session, reason FROM quarantine WHERE sink = ? ORDER BY row"
        return self._all_rows(sql, sink)

    def release(self, sink: str, session_id: str) -> None:
        """Forget that records of this session were set aside: they are about to be sent again."""
        with self._transaction() as db:
            db.execute("DELETE FROM quarantine WHERE sink = ? AND session = ?", (sink, session_id))

    def sinks(self) -> dict[str, tuple[str, SinkStatus] | None]:
        """Return every sink with an account or a status: the session and content of its last status.

        None where the newest thousand status records have none of that sink.
        """
        names = self._all_rows("SELECT sink FROM delivered UNION SELECT sink FROM quarantine")
        sql = "SELECT session, body FROM event WHERE kind = ? ORDER BY row DESC LIMIT 1000"
        out: dict[str, tuple[str, SinkStatus] | None] = {}
        for session, body in self._all_rows(sql, "sink_status"):
            with self._rows_decoded():
                status = event_from_row("sink_status", body)
            if isinstance(status, SinkStatus):
                out.setdefault(status.sink, (session, status))
        return {name: None for (name,) in names} | out
