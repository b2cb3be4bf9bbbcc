"""A tape from elsewhere is read and nothing else: it can neither run a program nor be written to."""

from __future__ import annotations

import os
import shutil
import sqlite3
from pathlib import Path

import pytest

from monitor.core.errors import InputError
from monitor.recordings import tape_reading
from monitor.recordings.tape import Tape, TapeReader
from monitor.recordings.tape_reading import connect_reading
from tests.recordings.test_tape import HEADER, kept, packets


@pytest.fixture
def tape(tmp_path: Path) -> Path:
    path = tmp_path / "a.tape"
    writer = Tape(path, HEADER)
    for packet in packets(200):
        writer.append(packet)
    writer.finish()
    return path


def test_nothing_can_be_written_or_attached(tape: Path) -> None:
    before = tape.read_bytes()
    db = connect_reading(tape)
    for statement in ("DELETE FROM block", "PRAGMA user_version = 7", "ATTACH ':memory:' AS other"):
        with pytest.raises(sqlite3.Error):
            db.execute(statement)
    assert db.execute("PRAGMA trusted_schema").fetchone() == (0,)
    db.close()
    assert tape.read_bytes() == before


def test_work_that_no_tape_needs_is_ended(tape: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tape_reading, "_STEPS_ALWAYS", 300_000)
    db = connect_reading(tape)
    with pytest.raises(sqlite3.OperationalError, match="interrupted"):
        db.execute("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n")
    db.close()


def test_values_larger_than_any_second_are_not_made(tape: Path) -> None:
    db = connect_reading(tape)
    with pytest.raises(sqlite3.DataError):
        db.execute("SELECT hex(zeroblob(30000000))").fetchone()
    db.close()


def test_a_tape_that_was_cut_off_is_read_in_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    """Its mode is that of the writer: opened in the usual way SQLite would write files beside it."""
    writer = Tape(tmp_path / "a.tape", HEADER)
    for packet in packets(50):
        writer.append(packet)
    writer.commit()
    writer._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    copy = shutil.copy(tmp_path / "a.tape", folder / "copy.tape")
    writer.finish()
    folder.chmod(0o500)
    try:
        assert len(kept(Path(copy))) == 50
        assert os.listdir(folder) == ["copy.tape"]
    finally:
        folder.chmod(0o700)


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE VIEW v AS SELECT 1",
        "CREATE TRIGGER t AFTER INSERT ON gap BEGIN DELETE FROM block; END",
        "CREATE TABLE more (x)",
        "ALTER TABLE block ADD COLUMN x AS (1)",
        "DROP TABLE gap",
    ],
)
def test_a_file_with_other_tables_or_anything_else_is_no_tape(tape: Path, statement: str) -> None:
    with sqlite3.connect(tape) as db:
        db.execute(statement)
    db.close()
    with pytest.raises(InputError, match="is not a"):
        TapeReader(tape)
    with sqlite3.connect(tape) as db:
        assert db.execute("SELECT count(*) FROM block").fetchone()[0] > 0
    db.close()


def test_a_tape_of_a_later_format_is_told_as_such(tape: Path) -> None:
    with sqlite3.connect(tape) as db:
        db.execute("CREATE TABLE more (x)")
        db.execute("UPDATE header SET format = 2")
    db.close()
    with pytest.raises(InputError, match="format 2"):
        TapeReader(tape)
