"""What is kept is its owner's alone."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from monitor.core.http_access import WebSettings, needed_token
from monitor.core.private_files import create_private_file, make_private, make_private_folder
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


def test_the_folders_above_a_new_one_are_private_too_and_those_that_were_there_stay(tmp_path: Path) -> None:
    (tmp_path / "share").mkdir(mode=0o755)
    folder = tmp_path / "share" / "gaitcue" / "hub"
    make_private_folder(folder)
    make_private_folder(folder)
    assert [mode(p) for p in (folder, folder.parent, folder.parent.parent)] == [0o700, 0o700, 0o755]
    (folder / "file").touch()
    for path in (folder / "file", folder / "file" / "below"):
        with pytest.raises(OSError, match="file"):
            make_private_folder(path)


def test_the_token_of_a_hubs_page_is_in_folders_of_its_owner(tmp_path: Path) -> None:
    needed_token(WebSettings(), tmp_path / "gaitcue" / "hub")
    assert {mode(path) for path in tmp_path.rglob("*") if path.is_dir()} == {0o700}


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
