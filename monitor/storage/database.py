"""The store's connection to SQLite: one file in WAL mode, transactions, errors as ``StoreError``."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

from monitor.core.errors import StoreError
from monitor.storage import migrations


class Database:
    """``Database`` opens, creates or migrates the file at ``path``; it raises ``StoreError`` only.

    It may be used from several threads (a lock lets one in at a time), and several processes may open
    the same file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.RLock()
        with self._storage_errors_translated():
            path.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=10)
            try:
                self._db.execute("PRAGMA journal_mode=WAL")
                self._db.execute("PRAGMA synchronous=FULL")
                self._db.execute("PRAGMA secure_delete=ON")  # deleted is gone, not only out of sight
                migrations.migrate(self._db, path)
            except BaseException:
                self._db.close()
                raise

    def close(self) -> None:
        """Close the database; nothing of this store may be used afterwards."""
        with self._lock, self._storage_errors_translated():
            self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def copy_to(self, path: Path) -> None:
        """Write a consistent copy of the whole database to ``path``, also while others write."""
        with self._lock, self._storage_errors_translated():
            copy = sqlite3.connect(path)
            try:
                self._db.backup(copy)
            finally:
                copy.close()

    def wipe_deleted_rows(self) -> None:
        """Remove deleted rows from the write-ahead log too (pages are overwritten when they are freed)."""
        with self._lock, self._storage_errors_translated():
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def _all_rows(self, sql: str, *values: object) -> list[Any]:
        """Return all rows of a query."""
        with self._lock, self._storage_errors_translated():
            return self._db.execute(sql, values).fetchall()

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        """Commit what the block does, or nothing of it if it raises."""
        with self._lock, self._storage_errors_translated():
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                self._rolled_back()
                raise

    def _rolled_back(self) -> None:
        """Called after a rollback, with the lock held: forget what was remembered of that transaction."""

    @contextlib.contextmanager
    def _storage_errors_translated(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as exc:
            raise StoreError("error.at", where=self.path, what=exc) from exc
