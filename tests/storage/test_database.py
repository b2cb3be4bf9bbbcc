"""The database takes what it can, reads what it has, and survives that its file is removed."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from dsp.types import Estimate, Metric
from monitor.core.errors import StoreDamaged, StoreError
from monitor.core.write_trouble import WriteTrouble
from monitor.storage import database
from monitor.storage.database import damage_mark
from monitor.storage.session_info import SessionInfo
from monitor.storage.store import Store

NOON = "2026-11-25T12:00:00+00:00"
_NOBODY = 65534


def metrics(count: int) -> list[Metric]:
    return [Metric(float(k), None, Estimate("cadence_spm", 170.0, 1.0, "foot")) for k in range(count)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data folder with a session of ten records."""
    folder = tmp_path / "gaitcue"
    with Store(folder / "gaitcue.db") as store:
        store.begin(SessionInfo(id="a", athlete="me", title="run", started_utc=NOON))
        store.write("a", metrics(10))
    return folder


def test_a_store_on_a_full_disk_says_so_keeps_what_it_has_and_goes_on_when_there_is_room(
    folder: Path,
) -> None:
    with Store(folder / "gaitcue.db") as store:
        (pages,) = store._db.execute("PRAGMA page_count").fetchone()
        store._db.execute(f"PRAGMA max_page_count={pages}")
        with pytest.raises(StoreError, match="no room on the disk"):
            store.write("a", metrics(5000))
        assert store.trouble is WriteTrouble.FULL
        assert store.count("a") == 10
        store._db.execute("PRAGMA max_page_count=1000000")
        store.write("a", metrics(5000))
        assert store.trouble is None
        assert store.count("a") == 5010


def test_a_store_whose_file_is_removed_is_written_anew_and_lacks_nothing(folder: Path) -> None:
    with Store(folder / "gaitcue.db") as store:
        store.write("a", metrics(10))
        shutil.rmtree(folder)
        with pytest.raises(StoreError, match="the file or its folder is gone"):
            store.write("a", metrics(1))
        assert store.trouble is WriteTrouble.GONE
        folder.mkdir()
        store.write("a", metrics(1))
        assert store.trouble is None
    with Store(folder / "gaitcue.db") as store:
        assert store.count("a") == 21


def test_another_database_in_its_place_is_not_touched(folder: Path) -> None:
    with Store(folder / "gaitcue.db") as store:
        for file in folder.iterdir():
            file.unlink()
        with Store(folder / "gaitcue.db") as other:
            other.begin(SessionInfo(id="b", athlete="me", title="run", started_utc=NOON))
        with pytest.raises(StoreError, match="another file is in its place"):
            store.write("a", metrics(1))
    with Store(folder / "gaitcue.db") as store:
        assert [s.id for s in store.sessions()] == ["b"]


def full(path: Path) -> sqlite3.Connection:
    raise sqlite3.OperationalError("disk I/O error")


def test_a_database_that_cannot_be_written_is_read(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "_writable", full)
    with Store(folder / "gaitcue.db") as store:
        assert store.read_only is WriteTrouble.FAILING
        assert store.count("a") == 10
        with pytest.raises(StoreError, match="the disk does not take it"):
            store.write("a", metrics(1))


def test_what_only_the_log_of_a_killed_program_has_is_read_too(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Store(folder / "gaitcue.db") as store:
        store.write("a", metrics(7))
        shutil.copytree(folder, tmp_path / "killed")
    (tmp_path / "killed" / "gaitcue.db-shm").unlink()
    monkeypatch.setattr(database, "_writable", full)
    with Store(tmp_path / "killed" / "gaitcue.db") as store:
        assert store.count("a") == 17


@contextlib.contextmanager
def readable_only(folder: Path) -> Iterator[Path]:
    """A copy of a data folder that this process may only read: root is nobody meanwhile."""
    with tempfile.TemporaryDirectory() as place:
        copy = Path(shutil.copytree(folder, Path(place) / "gaitcue"))
        Path(place).chmod(0o755)
        for path in (*copy.iterdir(), copy):
            path.chmod(0o555 if path.is_dir() else 0o444)
        root = os.geteuid() == 0
        if root:
            os.seteuid(_NOBODY)
        try:
            yield copy
        finally:
            if root:
                os.seteuid(0)
            copy.chmod(0o755)


@pytest.mark.skipif(sys.platform == "win32", reason="rights are others there")
def test_a_folder_without_the_right_to_write_is_read(folder: Path) -> None:
    with readable_only(folder) as path, Store(path / "gaitcue.db") as store:
        assert store.read_only is WriteTrouble.DENIED
        assert store.count("a") == 10
        with pytest.raises(StoreError, match="writing is not allowed there"):
            store.write("a", metrics(1))


def test_no_database_is_made_where_none_can_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "_writable", full)
    with pytest.raises(StoreError, match="disk I/O error"):  # and not that a table is missing
        Store(tmp_path / "gaitcue.db")


def test_an_error_of_the_disk_is_named_in_words_of_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    error = sqlite3.OperationalError("disk I/O error")
    error.sqlite_errorcode = sqlite3.SQLITE_IOERR_FSYNC
    monkeypatch.setattr(database, "_writable", lambda path: (_ for _ in ()).throw(error))
    with pytest.raises(StoreError, match="the disk does not take it"):
        Store(tmp_path / "gaitcue.db")


def test_a_damaged_database_is_named_and_marked(folder: Path) -> None:
    path = folder / "gaitcue.db"
    path.write_bytes(b"\0" * 100 + path.read_bytes()[100:])
    with pytest.raises(StoreDamaged, match=r"gaitcue\.db: is damaged"):
        Store(path)
    assert damage_mark(path).exists()


def test_a_transaction_inside_another_is_part_of_it(folder: Path) -> None:
    with Store(folder / "gaitcue.db") as store:

        def write_and_fail() -> None:
            with store._transaction():
                store.write("a", metrics(5))
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            write_and_fail()
        assert store.count("a") == 10
