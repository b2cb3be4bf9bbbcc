"""Opening the SQLite file of a tape so that nothing in it can do more than be read.

A tape may come from elsewhere, and an SQLite file can hold programs: views that never end, triggers,
computed columns.  It is opened for reading only, its tables must be those of a tape and nothing else may be
in it, and work and sizes are bounded.
"""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path

from monitor.core.errors import InputError

SQLITE_ERRORS = (sqlite3.Error, UnicodeDecodeError)
"""What comes of a file that is damaged: its own errors, too, are in a text that may not be one."""
LONGEST_TAPE_S = 366 * 86_400.0
"""Seconds of a session: no tape is longer."""
_LARGEST_VALUE = 32_000_000  # bytes: a second of all packets of one sensor is a hundredth of it
_STEPS_BETWEEN = 100_000  # of SQLite's machine, between two looks at how many there were
_STEPS_ALWAYS = 50_000_000  # a second or two
_STEPS_PER_BYTE = 100  # a row takes about 20, and 30 bytes at least
_HEADER = b"SQLite format 3\x00"
_WAL = 2  # bytes 18 and 19 of the header


def connect_reading(path: Path) -> sqlite3.Connection:
    """Return a connection that can read a file and nothing else; ``sqlite3.Error`` if it cannot.

    A file of the write-ahead mode without a log beside it is taken as it lies: SQLite would have to write
    beside it, which may be a folder that is not ours.
    """
    options = "mode=ro&immutable=1" if _is_wal_without_log(path) else "mode=ro"
    db = sqlite3.connect(f"{path.absolute().as_uri()}?{options}", uri=True, check_same_thread=False)
    db.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LARGEST_VALUE)
    db.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
    db.set_progress_handler(_StepLimit(path.stat().st_size), _STEPS_BETWEEN)
    for pragma in ("trusted_schema=OFF", "query_only=ON", "cell_size_check=ON", "mmap_size=0"):
        db.execute(f"PRAGMA {pragma}").fetchall()
    return db


def open_tape(path: Path) -> tuple[sqlite3.Connection, bool]:
    """Return a connection for reading, and whether SQLite finds nothing wrong with the file.

    A file that is cut off, or whose pages do not fit together, is opened as far as it goes, where SQLite
    would refuse all of it.  ``sqlite3.Error`` if not even its tables can be listed.
    """
    db = connect_reading(path)
    try:
        sound = db.execute("PRAGMA quick_check(1)").fetchone() == ("ok",)
        db.execute(_ENTRIES).fetchall()
        return db, sound
    except SQLITE_ERRORS:
        db.close()
    db = connect_reading(path)
    try:
        db.execute("PRAGMA writable_schema=ON")  # nothing is written: with it SQLite reads on
        db.execute(_ENTRIES).fetchall()
    except BaseException:
        db.close()
        raise
    return db, False


def check_tables(db: sqlite3.Connection, path: Path, schema: str, version: int) -> None:
    """Raise ``InputError`` unless a file has the tables of this ``schema`` and nothing else.

    A tape of another ``version`` may have others; which it is, is asked of a plain table only.
    """
    present = {(kind, name): _words(sql) for kind, name, sql in db.execute(_ENTRIES).fetchall()}
    wanted = {("table", _table_name(sql)): _words(sql) for sql in schema.split(";") if sql.strip()}
    if present == wanted:
        return
    if ("table", "header") not in present:
        raise InputError("error.no_tape", path=path)
    if any(kind != "table" for kind, _ in present) or not _is_plain(db, "header"):
        raise InputError("error.tape_foreign", path=path)
    found = db.execute("SELECT format FROM header").fetchone()
    if found is not None and found[0] != version:
        raise InputError("error.tape_format", path=path, version=found[0], format=version)
    raise InputError("error.tape_foreign", path=path)


_ENTRIES = "SELECT type, name, sql FROM sqlite_master LIMIT 100"


class _StepLimit:
    """Counts the work on a file and ends it where it is more than any tape of its size needs."""

    def __init__(self, size: int) -> None:
        self._left = (_STEPS_ALWAYS + _STEPS_PER_BYTE * size) // _STEPS_BETWEEN

    def __call__(self) -> bool:
        self._left -= 1
        return self._left < 0


def _is_wal_without_log(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            header = file.read(20)
    except OSError:
        return False
    is_wal = header[:16] == _HEADER and header[18:20] == bytes((_WAL, _WAL))
    return is_wal and not path.with_name(path.name + "-wal").exists()


def _is_plain(db: sqlite3.Connection, table: str) -> bool:
    """Whether it is a table of this file whose columns are all stored: none virtual, none computed."""
    kind = db.execute("SELECT type FROM pragma_table_list WHERE schema = 'main' AND name = ?", (table,))
    if kind.fetchone() != ("table",):
        return False
    columns = db.execute("SELECT name, hidden FROM pragma_table_xinfo(?)", (table,)).fetchall()
    return ("format", 0) in columns and all(hidden == 0 for _, hidden in columns)


def _words(sql: object) -> str:
    """Return a statement with single spaces and none where they mean nothing."""
    return re.sub(r"\s*([(),])\s*", r"\1", " ".join(str(sql).split()))


def _table_name(sql: str) -> str:
    return sql.split("(")[0].split()[-1]
