"""A copy of an open SQLite database as a file, whether or not its own file is still there."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from monitor.core.private_files import create_private_file


def copy_database(source: sqlite3.Connection, path: Path) -> None:
    """Write a consistent copy of an open database to ``path``, also while others write to it.

    ``sqlite3.Error`` if that fails; then nothing is left at ``path``.
    """
    path.unlink(missing_ok=True)
    try:
        create_private_file(path)
        copy = sqlite3.connect(path)
        try:
            source.backup(copy)
        finally:
            copy.close()
    except BaseException:
        path.unlink(missing_ok=True)
        raise
