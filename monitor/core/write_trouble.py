"""Why a file that is being written takes nothing more, in words that are stored and shown.

SQLite tells little of what the operating system said, and nothing at all when its file is removed: it goes
on writing into a file without a name.  So a writer remembers which file it opened (``file_identity``) and
looks before it writes.
"""

from __future__ import annotations

import errno
import os
import sqlite3
import tempfile
from enum import StrEnum
from pathlib import Path

_SQLITE_PRIMARY = 0xFF  # the lowest byte of an extended result code


class WriteTrouble(StrEnum):
    """The reason why a file takes nothing; its text is stored, and translated where it is shown."""

    FULL = "no room on the disk"
    READ_ONLY = "the disk can only be read"
    DENIED = "writing is not allowed there"
    GONE = "the file or its folder is gone"
    REPLACED = "another file is in its place"
    DAMAGED = "the file is damaged"
    BUSY = "another program holds the file"
    FAILING = "the disk does not take it"


_OF_SQLITE = {
    sqlite3.SQLITE_FULL: WriteTrouble.FULL,
    sqlite3.SQLITE_CORRUPT: WriteTrouble.DAMAGED,
    sqlite3.SQLITE_NOTADB: WriteTrouble.DAMAGED,
    sqlite3.SQLITE_BUSY: WriteTrouble.BUSY,
    sqlite3.SQLITE_LOCKED: WriteTrouble.BUSY,
}
_OF_SYSTEM = {
    errno.ENOSPC: WriteTrouble.FULL,
    errno.EDQUOT: WriteTrouble.FULL,
    errno.EFBIG: WriteTrouble.FULL,
    errno.EROFS: WriteTrouble.READ_ONLY,
    errno.EACCES: WriteTrouble.DENIED,
    errno.EPERM: WriteTrouble.DENIED,
    errno.ENOENT: WriteTrouble.GONE,
    errno.ENOTDIR: WriteTrouble.GONE,
    errno.ESTALE: WriteTrouble.GONE,
}

FileIdentity = tuple[int, int]
"""The device of a file and its number there."""


def file_identity(path: Path) -> FileIdentity | None:
    """Return which file lies at ``path``, None if there is none (or it cannot be reached)."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def displacement(path: Path, opened: FileIdentity | None) -> WriteTrouble | None:
    """Return what became of the file that was ``opened`` at ``path``; None if it is there as it was."""
    present = file_identity(path)
    if present == opened:
        return None
    return WriteTrouble.GONE if present is None else WriteTrouble.REPLACED


def write_trouble(error: sqlite3.Error | OSError, path: Path) -> WriteTrouble:
    """Return why ``path`` could not be written, from the error that this gave.

    Where SQLite only says that it failed, a small file is written beside it to learn what the system says.
    """
    if isinstance(error, OSError):
        return _OF_SYSTEM.get(error.errno or 0, WriteTrouble.FAILING)
    primary = getattr(error, "sqlite_errorcode", 0) & _SQLITE_PRIMARY
    return _OF_SQLITE.get(primary) or _trouble_beside(path)


def _trouble_beside(path: Path) -> WriteTrouble:
    try:
        with tempfile.TemporaryFile(dir=path.parent) as file:
            file.write(bytes(4096))
            file.flush()
            os.fsync(file.fileno())
        if path.exists() and not os.access(path, os.W_OK):
            return WriteTrouble.DENIED
    except OSError as exc:
        return write_trouble(exc, path)
    return WriteTrouble.FAILING
