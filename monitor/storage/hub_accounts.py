"""How far runs got on their way through a hub: sent from here, or taken from its log.

The runner's machine keeps for each run the last block of its tape that the log has acknowledged; the hub
keeps how many of a run's records it has stored, in the transaction that stores them.  So neither a kill
here nor one there loses a packet or stores a record twice.  A run whose tape is written anew is another
edition of it: it is sent from its beginning, and its records take the place of those of the one before.
"""

from __future__ import annotations

from dataclasses import dataclass

from monitor.storage.deliveries import Deliveries

HUB_SINK = "hub"
"""The name of the sink to a hub, and of its place in the store."""
_ADVANCE = """INSERT INTO hub_run (session, sent_block, sent_end, edition) VALUES (?, ?, ?, ?)
  ON CONFLICT (session) DO UPDATE SET
    sent_block = max(sent_block, excluded.sent_block), sent_end = max(sent_end, excluded.sent_end)
    WHERE hub_run.edition = excluded.edition"""
_NEXT_EDITION = """INSERT INTO hub_run (session, edition) VALUES (?, 1)
  ON CONFLICT (session) DO UPDATE SET edition = edition + 1, sent_block = 0, sent_end = 0
    WHERE sent_block != -1"""
_NOT_WANTED = "SELECT id, -1, 1 FROM session WHERE ended"
"""Runs from before the hub, by a block that no tape has."""
_OWN = "session.source = '' AND session.tape != ''"


@dataclass(frozen=True, slots=True)
class SentRun:
    """``SentRun`` says how far an edition of a run was sent: the last block, and whether all of it."""

    session: str
    block: int
    whole: bool
    edition: int = 0


class HubAccounts(Deliveries):
    """``HubAccounts`` keeps the accounts of runs and hub; every method raises ``StoreError`` only."""

    def skip_runs_before_hub(self) -> None:
        """Mark the runs that have ended as not wanted, where there was no hub before this call."""
        with self._transaction() as db:
            if self.has_account(HUB_SINK):
                return
            db.execute(
                f"INSERT OR IGNORE INTO hub_run (session, sent_block, sent_end) {_NOT_WANTED} AND {_OWN}"
            )
            db.execute("INSERT INTO delivered VALUES (?, 0)", (HUB_SINK,))

    def runs_to_send(self) -> list[SentRun]:
        """Return the runs recorded here that the hub has not all of, the newest first."""
        rows = self._all_rows(
            "SELECT session.id, coalesce(sent_block, 0), coalesce(edition, 0) FROM session"
            " LEFT JOIN hub_run ON hub_run.session = session.id"
            f" WHERE {_OWN} AND NOT coalesce(sent_end, 0) ORDER BY session.id DESC"
        )
        return [SentRun(session, block, False, edition) for session, block, edition in rows]

    def note_sent(self, run: SentRun) -> None:
        """Note that the hub has a run up to this block, or all of it, unless it is an older edition."""
        with self._transaction() as db:
            db.execute(_ADVANCE, (run.session, run.block, run.whole, run.edition))

    def send_anew(self, session_id: str) -> None:
        """Let a run whose tape is written anew be sent from its beginning, where there is a hub."""
        with self._transaction() as db:
            if self.has_account(HUB_SINK):
                db.execute(_NEXT_EDITION, (session_id,))

    def source_of(self, session_id: str) -> str | None:
        """Return what a session was made of, None if there is no such session."""
        rows = self._all_rows("SELECT source FROM session WHERE id = ?", session_id)
        return str(rows[0][0]) if rows else None

    def hub_records(self, session_id: str) -> tuple[int, int]:
        """Return which edition of a session was taken from the log of a hub, and how many records of it."""
        rows = self._all_rows("SELECT edition, taken FROM hub_run WHERE session = ?", session_id)
        return (int(rows[0][0]), int(rows[0][1])) if rows else (0, 0)

    def note_hub_records(self, session_id: str, edition: int, taken: int) -> None:
        """Note how many records of an edition of a session were taken from the log of a hub."""
        with self._transaction() as db:
            db.execute(
                "INSERT INTO hub_run (session, edition, taken) VALUES (?, ?, ?)"
                " ON CONFLICT (session) DO UPDATE SET edition = excluded.edition, taken = excluded.taken",
                (session_id, edition, taken),
            )
