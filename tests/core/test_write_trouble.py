"""Why a file takes nothing: from what the system says, and from what SQLite does not."""

from __future__ import annotations

import errno
import sqlite3
from pathlib import Path

import pytest

from monitor.core.write_trouble import WriteTrouble, displacement, file_identity, write_trouble


@pytest.mark.parametrize(
    ("number", "trouble"),
    [
        (errno.ENOSPC, WriteTrouble.FULL),
        (errno.EDQUOT, WriteTrouble.FULL),
        (errno.EROFS, WriteTrouble.READ_ONLY),
        (errno.EACCES, WriteTrouble.DENIED),
        (errno.EIO, WriteTrouble.FAILING),
        (errno.ENOENT, WriteTrouble.GONE),
    ],
)
def test_what_the_system_says_has_a_word(number: int, trouble: WriteTrouble, tmp_path: Path) -> None:
    assert write_trouble(OSError(number, ""), tmp_path / "a") is trouble


def test_a_full_database_is_a_full_disk(tmp_path: Path) -> None:
    db = sqlite3.connect(tmp_path / "a.db")
    db.execute("PRAGMA max_page_count=2")
    with pytest.raises(sqlite3.Error) as caught:
        db.executescript("CREATE TABLE a (b); CREATE TABLE c (d); CREATE TABLE e (f)")
    assert write_trouble(caught.value, tmp_path / "a.db") is WriteTrouble.FULL


def test_what_sqlite_leaves_open_is_learned_from_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    vague = sqlite3.OperationalError("disk I/O error")
    assert write_trouble(vague, tmp_path / "a.db") is WriteTrouble.FAILING
    assert write_trouble(vague, tmp_path / "none" / "a.db") is WriteTrouble.GONE

    def over_quota(**options: object) -> None:
        raise OSError(errno.EDQUOT, "")

    monkeypatch.setattr("monitor.core.write_trouble.tempfile.TemporaryFile", over_quota)
    assert write_trouble(vague, tmp_path / "a.db") is WriteTrouble.FULL


def test_a_file_that_was_moved_is_gone_and_one_in_its_place_is_another(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_text("mine")
    opened = file_identity(path)
    assert displacement(path, opened) is None
    path.rename(tmp_path / "b")
    assert displacement(path, opened) is WriteTrouble.GONE
    path.write_text("another's")
    assert displacement(path, opened) is WriteTrouble.REPLACED
