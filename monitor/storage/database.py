"""The store's connection to SQLite: one file in WAL mode, transactions, errors as ``StoreError``.

A file that cannot be written (no room, a disk that can only be read) is opened for reading, so that what is
stored can still be looked at.  One that is removed while it is open is written anew, from what SQLite
still has of it, as soon as its folder is there again.
"""

from __future__ import annotations

import contextlib
import logging
import sqlite3
import struct
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

from monitor.core.database_copy import copy_database
from monitor.core.errors import StoreDamaged, StoreError
from monitor.core.message_catalogues import EnglishText
from monitor.core.private_files import create_private_file, make_own_folder_private, make_private_folder
from monitor.core.write_trouble import WriteTrouble, displacement, file_identity, write_trouble
from monitor.storage import migrations

_log = logging.getLogger(__name__)

_READABLE = (WriteTrouble.FULL, WriteTrouble.READ_ONLY, WriteTrouble.DENIED, WriteTrouble.FAILING)
"""Troubles of writing that leave a file to be read."""


class Database:
    """``Database`` opens, creates or migrates the file at ``path``; it raises ``StoreError`` only.

    It may be used from several threads (a lock lets one in at a time), and several processes may open
    the same file.  ``read_only`` says why nothing can be written at all, ``trouble`` why the last
    transaction could not be; None if it can.  A damaged file is a ``StoreDamaged``.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.read_only: WriteTrouble | None = None
        self.trouble: WriteTrouble | None = None
        self._lock = threading.RLock()
        self._inside = False  # a transaction
        with self._storage_errors_translated():
            self._db = self._open()
            self._identity = file_identity(path)

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
            copy_database(self._db, path)

    def wipe_deleted_rows(self) -> None:
        """Remove deleted rows from the write-ahead log too (pages are overwritten when they are freed)."""
        with self._lock, self._storage_errors_translated():
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def _open(self) -> sqlite3.Connection:
        try:
            make_private_folder(self.path.parent)
            make_own_folder_private(self.path.parent)
            create_private_file(self.path)
            return _writable(self.path)
        except (sqlite3.Error, OSError) as exc:
            trouble = write_trouble(exc, self.path)
            if trouble not in _READABLE or not self.path.is_file():
                raise
            _log.debug("%s: opened for reading, as writing fails (%s)", self.path, exc)
            self.read_only = self.trouble = trouble
            try:
                return _readable(self.path)
            except sqlite3.OperationalError:  # its first tables could not be written
                raise exc from None

    def _all_rows(self, sql: str, *values: object) -> list[Any]:
        """Return all rows of a query."""
        with self._lock, self._storage_errors_translated():
            return self._db.execute(sql, values).fetchall()

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        """Commit what the block does, or nothing of it if it raises; one inside another is part of it."""
        with self._lock:
            if self._inside:
                yield self._db
                return
            with self._storage_errors_translated(), self._trouble_noted():
                self._ensure_file()
                self._db.execute("BEGIN IMMEDIATE")
                self._inside = True
                try:
                    yield self._db
                    self._db.execute("COMMIT")
                except BaseException:
                    if self._db.in_transaction:
                        self._db.execute("ROLLBACK")
                    self._rolled_back()
                    raise
                finally:
                    self._inside = False

    @contextlib.contextmanager
    def _trouble_noted(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as exc:
            self.trouble = self.read_only or write_trouble(exc, self.path)
            raise
        self.trouble = self.read_only

    def _ensure_file(self) -> None:
        """Write the file anew if somebody removed it and its folder is there; ``StoreError`` if not."""
        displaced = displacement(self.path, self._identity)
        if displaced is WriteTrouble.REPLACED or (displaced and not self.path.parent.is_dir()):
            self.trouble = displaced
            raise StoreError("error.at", where=self.path, what=EnglishText(displaced))
        if displaced:
            partial = self.path.with_name(self.path.name + ".part")
            copy_database(self._db, partial)
            partial.rename(self.path)
            self._db.close()
            self._db = _writable(self.path)
            self._identity = file_identity(self.path)
            self._reopened()
            _log.warning("%s: was gone and is written anew", self.path)

    def _rolled_back(self) -> None:
        """Called after a rollback, with the lock held: forget what was remembered of that transaction."""

    def _reopened(self) -> None:
        """Called with the lock held when there is another connection: forget that of before."""

    @contextlib.contextmanager
    def _rows_decoded(self) -> Iterator[None]:
        """A row inside that holds something else than it should is damage, as an unreadable one is."""
        try:
            with self._storage_errors_translated():  # a row may name another one
                yield
        except DECODING_ERRORS as exc:
            mark_damaged(self.path)
            raise StoreDamaged("error.store_damaged", path=self.path, error=exc) from exc

    @contextlib.contextmanager
    def _storage_errors_translated(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as exc:
            if is_damage(exc):
                mark_damaged(self.path)
                raise StoreDamaged("error.store_damaged", path=self.path, error=exc) from exc
            raise StoreError("error.at", where=self.path, what=_reason(exc, self.read_only)) from exc


DECODING_ERRORS = (ValueError, TypeError, KeyError, IndexError, OverflowError, struct.error)
"""What a row gives that holds something else than it should."""


def is_damage(error: Exception) -> bool:
    """Return whether this error says that a database is damaged."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    return code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def damage_mark(database: Path) -> Path:
    """Return the path of the empty file that says: this database was found to be damaged."""
    return database.with_name(database.name + "-is-damaged")


def mark_damaged(database: Path) -> None:
    """Put a mark beside the database, so that whoever opens the store next sets it aside."""
    with contextlib.suppress(OSError):
        damage_mark(database).touch()


def _reason(error: Exception, read_only: WriteTrouble | None) -> Exception | EnglishText:
    """What a person is told: in our words where SQLite's are those of a programmer."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code == sqlite3.SQLITE_FULL:
        return EnglishText(WriteTrouble.FULL)
    if code == sqlite3.SQLITE_IOERR:
        return EnglishText(WriteTrouble.FAILING)
    if code == sqlite3.SQLITE_READONLY and read_only:
        return EnglishText(read_only)
    return error


def _writable(path: Path) -> sqlite3.Connection:
    db = _connection(path)
    try:
        db.execute("PRAGMA journal_mode=WAL")
        db.execute("PRAGMA synchronous=FULL")
        db.execute("PRAGMA secure_delete=ON")  # deleted is gone, not only out of sight
        migrations.migrate(db, path)
    except BaseException:
        db.close()
        raise
    return db


def _readable(path: Path) -> sqlite3.Connection:
    """Open what cannot be written: with the index of the log in memory, else as a file that never changes.

    The second does not see what only the log has.
    """
    last = sqlite3.OperationalError()
    for db in (_connection(path), _connection(path, "?mode=ro&immutable=1")):
        try:
            db.execute("PRAGMA locking_mode=EXCLUSIVE")
            db.execute("PRAGMA query_only=ON")
            db.execute("SELECT count(*) FROM session").fetchone()
            return db
        except sqlite3.OperationalError as exc:
            db.close()
            last = exc
    raise last


def _connection(path: Path, mode: str = "?mode=rwc") -> sqlite3.Connection:
    uri = path.absolute().as_uri() + mode
    db = sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False, timeout=10)
    db.text_factory = decoded_text
    return db


def decoded_text(stored: bytes) -> str:
    """Return a text of the database; what is no UTF-8 in it, by damage, becomes a mark."""
    return stored.decode("utf-8", "replace")
