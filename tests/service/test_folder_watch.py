"""Folders that come and go: whole files are given out once, half-written ones never."""

from __future__ import annotations

import contextlib
import os
import shutil
from pathlib import Path

import pytest

from monitor.recordings.file_end import has_end
from monitor.recordings.readers import is_recording_name
from monitor.service.folder_watch import FolderWatch, watch_folders
from tests.fit_bytes import file_id, fit_file


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "GARMIN" / "Activity"
    made.mkdir(parents=True)
    return made


@pytest.fixture
def watch(tmp_path: Path) -> FolderWatch:
    return FolderWatch([tmp_path / "GARMIN"], is_recording_name, has_end)


def names(paths: list[Path]) -> list[str]:
    return [path.name for path in paths]


def test_a_file_is_given_out_once_when_it_has_stayed_the_same_for_a_while(
    watch: FolderWatch, folder: Path
) -> None:
    (folder / "b.fit").write_bytes(b"whole")
    (folder / "a.FIT").write_bytes(b"whole")
    assert watch.complete_files(0.0) == []
    assert watch.complete_files(4.9) == []
    assert names(watch.complete_files(5.0)) == ["a.FIT", "b.fit"]
    assert watch.complete_files(100.0) == []


def test_a_file_that_grows_is_left_alone_until_it_does_not(watch: FolderWatch, folder: Path) -> None:
    path = folder / "slow.fit"
    for second in range(20):
        with path.open("ab") as out:
            out.write(b"some bytes")
        assert watch.complete_files(second) == []
    assert watch.complete_files(23.0) == []
    assert names(watch.complete_files(24.0)) == ["slow.fit"]


def test_a_copy_that_hangs_in_the_middle_of_a_file_is_waited_for(watch: FolderWatch, folder: Path) -> None:
    path, data = folder / "run.fit", fit_file(file_id())
    path.write_bytes(data[:-20])
    watch.complete_files(0.0)
    assert watch.complete_files(500.0) == []
    path.write_bytes(data)
    watch.complete_files(501.0)
    assert names(watch.complete_files(506.0)) == ["run.fit"]


def test_a_file_that_was_cut_off_for_good_is_given_out_in_the_end(watch: FolderWatch, folder: Path) -> None:
    (folder / "run.fit").write_bytes(fit_file(file_id())[:-20])
    watch.complete_files(0.0)
    assert names(watch.complete_files(600.0)) == ["run.fit"]


def test_a_file_that_has_its_size_before_its_content_is_left_alone(
    watch: FolderWatch, folder: Path
) -> None:
    path = folder / "allocated.fit"
    path.write_bytes(bytes(1000))
    for second in range(10):
        os.utime(path, ns=(second, second))
        assert watch.complete_files(second) == []
    assert names(watch.complete_files(14.0)) == ["allocated.fit"]


def test_what_a_sync_client_is_writing_or_hides_and_what_is_empty_is_left_alone(
    watch: FolderWatch, folder: Path
) -> None:
    for name in (".syncthing.run.fit.tmp", ".run.fit", "run.fit.part", "notes.txt"):
        (folder / name).write_bytes(b"x")
    (folder / "empty.fit").touch()
    (folder / ".trash").mkdir()
    (folder / ".trash" / "old.fit").write_bytes(b"x")
    watch.complete_files(0.0)
    assert watch.complete_files(10.0) == []
    os.replace(folder / "run.fit.part", folder / "run.fit")
    watch.complete_files(11.0)
    assert names(watch.complete_files(16.0)) == ["run.fit"]


def test_a_watch_that_is_unplugged_and_comes_back_gives_only_what_is_new(
    watch: FolderWatch, folder: Path, tmp_path: Path
) -> None:
    (folder / "old.fit").write_bytes(b"old")
    watch.complete_files(0.0)
    assert names(watch.complete_files(5.0)) == ["old.fit"]
    shutil.move(tmp_path / "GARMIN", tmp_path / "unplugged")
    assert watch.complete_files(10.0) == []
    (tmp_path / "unplugged" / "Activity" / "new.fit").write_bytes(b"new")
    shutil.move(tmp_path / "unplugged", tmp_path / "GARMIN")
    assert watch.complete_files(60.0) == []
    assert names(watch.complete_files(65.0)) == ["new.fit"]


def test_a_file_that_changed_counts_as_new(watch: FolderWatch, folder: Path) -> None:
    path = folder / "run.fit"
    path.write_bytes(b"half")
    watch.complete_files(0.0)
    assert names(watch.complete_files(5.0)) == ["run.fit"]
    path.write_bytes(b"half and the other half")
    assert watch.complete_files(6.0) == []
    assert names(watch.complete_files(11.0)) == ["run.fit"]


def test_the_folders_are_looked_at_again_and_again_until_somebody_ends_it(folder: Path) -> None:
    now_s = 0.0

    def sleep(seconds: float) -> None:
        nonlocal now_s
        now_s += seconds
        if now_s > 20:
            raise KeyboardInterrupt
        if now_s > 8:
            (folder / "late.fit").write_bytes(b"x") if not (folder / "late.fit").exists() else None

    (folder / "early.fit").write_bytes(b"x")
    given: list[tuple[float, list[str]]] = []
    batches = watch_folders([folder], lambda: now_s, sleep)
    with contextlib.suppress(KeyboardInterrupt):
        while True:
            paths = next(batches)
            given.append((now_s, names(paths)))
    assert [batch for _, batch in given] == [["early.fit"], ["late.fit"]]
    assert given[0][0] <= 7
