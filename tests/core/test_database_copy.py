"""A copy of an open database."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from monitor.core.database_copy import copy_database


def test_a_database_without_a_name_is_copied_whole(tmp_path: Path) -> None:
    db = sqlite3.connect(tmp_path / "a.db")
    db.executescript("PRAGMA journal_mode=WAL; CREATE TABLE a (b); INSERT INTO a VALUES (7)")
    for file in tmp_path.iterdir():
        file.unlink()
    copy_database(db, tmp_path / "b.db")
    copy = sqlite3.connect(tmp_path / "b.db")
    assert copy.execute("SELECT b FROM a").fetchall() == [(7,)]


def test_a_copy_that_fails_leaves_nothing(tmp_path: Path) -> None:
    db = sqlite3.connect(tmp_path / "a.db")
    db.close()
    with pytest.raises(sqlite3.ProgrammingError):
        copy_database(db, tmp_path / "b.db")
    assert not (tmp_path / "b.db").exists()
