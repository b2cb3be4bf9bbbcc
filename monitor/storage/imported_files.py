"""Which files are sessions already, by their content: a file is never imported twice, whatever its name.

A session's ``source`` names the recordings that it was made of, parted by spaces: ``<SHA-256 of the
file>:<number of the recording in it>``.  That of a session which was recorded live is empty; a replay, a
part and a joined session have one that names no file.  Files all of whose recordings were dealt with are
marked, so that they need not even be read again.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Sequence

from monitor.storage.hub_accounts import HubAccounts


class ImportedFiles(HubAccounts):
    """``ImportedFiles`` remembers what was imported; every method raises ``StoreError`` only."""

    def mark_imported(self, fingerprint: str) -> None:
        """Note that all recordings of this file were dealt with, if any of them is a session."""
        with self._transaction() as db:
            db.execute(
                "INSERT OR IGNORE INTO imported_file SELECT ? WHERE EXISTS"
                " (SELECT 1 FROM session WHERE instr(source, ? || ':') > 0)",
                (fingerprint, fingerprint),
            )

    def is_imported(self, fingerprint: str) -> bool:
        """Return whether all recordings of this file were dealt with, and none was deleted since."""
        return bool(self._all_rows("SELECT 1 FROM imported_file WHERE fingerprint = ?", fingerprint))

    def imported_as(self, source: str) -> str:
        """Return the id of a session that was made of this recording, empty if there is none."""
        sql = "SELECT id FROM session WHERE instr(' ' || source || ' ', ' ' || ? || ' ') > 0"
        rows = self._all_rows(sql, source)
        return str(rows[0][0]) if rows else ""


def forget_files(db: sqlite3.Connection, sources: Sequence[str]) -> None:
    """Forget the files of a session that is about to be deleted: they may be imported again."""
    files = [(fingerprint,) for source in sources for fingerprint in file_fingerprints(source)]
    db.executemany("DELETE FROM imported_file WHERE fingerprint = ?", files)


def file_fingerprints(source: str) -> list[str]:
    """Return the fingerprints of the files that a session was imported from, none if it was not."""
    return re.findall(r"\b([0-9a-f]{64}):", source)
