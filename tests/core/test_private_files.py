"""What is kept is its owner's alone."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from monitor.core.private_files import create_private_file, make_private
from monitor.core.records import SessionStarted
from monitor.core.session_settings import SessionSettings
from monitor.storage.new_session import begin_run
from monitor.storage.store import Store


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


@pytest.fixture(autouse=True)
def usual_mask() -> None:
    os.umask(0o022)


def test_a_file_is_made_or_taken_from_others_and_keeps_its_content(tmp_path: Path) -> None:
    create_private_file(tmp_path / "new")
    assert mode(tmp_path / "new") == 0o600
    old = tmp_path / "old"
    old.write_text("content")
    create_private_file(old)
    assert (mode(old), old.read_text()) == (0o600, "content")
    make_private(tmp_path)
    assert mode(tmp_path) == 0o700
    create_private_file(tmp_path / "nowhere" / "file")
    assert not (tmp_path / "nowhere").exists()


def test_store_tape_and_folders_are_the_runners_alone(tmp_path: Path) -> None:
    """Sessions hold notes about pain; they could be read by every user of the machine."""
    folder = tmp_path / "gaitcue"
    with Store(folder / "gaitcue.db") as store:
        started = SessionStarted("2026-11-24T12-00-00-ann", "ann", "2026-11-24T12:00:00+00:00", ())
        _, tape = begin_run(store, folder, "run", SessionSettings(), started)
        kept = [folder, *folder.rglob("*")]
        tape.close()
    assert {path.name.partition("gaitcue.db")[2] for path in kept} >= {"-wal", "-shm"}
    assert {mode(path) for path in kept if path.is_dir()} == {0o700}
    assert {mode(path) for path in kept if path.is_file()} == {0o600}


def test_an_older_folder_of_ours_is_closed_and_a_shared_one_left_alone(tmp_path: Path) -> None:
    for name, after in (("gaitcue", 0o700), ("shared", 0o755)):
        folder = tmp_path / name
        folder.mkdir(mode=0o755)
        Store(folder / "gaitcue.db").close()
        assert mode(folder) == after
