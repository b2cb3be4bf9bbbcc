"""The count of packets beside a tape outlives its writer, and is not believed when it is damaged."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.errors import StoreError
from monitor.core.write_trouble import WriteTrouble
from monitor.recordings.tape_lock import TapeLock, is_written, lock_path


def test_count_and_reason_are_left_for_whoever_comes_next(tmp_path: Path) -> None:
    first = TapeLock(tmp_path / "a.tape")
    assert (first.accepted, first.trouble) == (0, None)
    first.accepted, first.trouble = 1234567, WriteTrouble.GONE
    assert is_written(tmp_path / "a.tape")
    with pytest.raises(StoreError, match="another process"):
        TapeLock(tmp_path / "a.tape")
    first.leave()
    assert not is_written(tmp_path / "a.tape")
    second = TapeLock(tmp_path / "a.tape")
    assert (second.accepted, second.trouble) == (1234567, WriteTrouble.GONE)
    second.trouble = None
    second.release()
    assert not lock_path(tmp_path / "a.tape").exists()


@given(at=st.integers(0, 15), bit=st.integers(1, 7))
def test_a_changed_bit_is_no_count(at: int, bit: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    tape = tmp_path_factory.mktemp("lock") / "a.tape"
    lock = TapeLock(tape)
    lock.accepted = 9000
    lock.leave()
    content = bytearray(lock_path(tape).read_bytes())
    content[at] ^= 1 << bit
    lock_path(tape).write_bytes(content)
    again = TapeLock(tape)
    assert again.accepted is None
    again.leave()


@pytest.mark.parametrize("size", [1, 8, 23, 25, 1000])
def test_a_file_of_another_size_is_no_count(size: int, tmp_path: Path) -> None:
    lock_path(tmp_path / "a.tape").write_bytes(b"\1" * size)
    lock = TapeLock(tmp_path / "a.tape")
    assert lock.accepted is None
    lock.leave()


def test_a_lock_whose_file_is_removed_is_made_anew_with_its_count(tmp_path: Path) -> None:
    folder = tmp_path / "tapes"
    folder.mkdir()
    lock = TapeLock(folder / "a.tape")
    lock.accepted = 7
    shutil.rmtree(folder)
    with pytest.raises(StoreError):
        lock.renew()
    folder.mkdir()
    lock.renew()
    assert is_written(folder / "a.tape")
    lock.accepted = 8
    lock.leave()
    lock.leave()  # as an import does that fails after its end
    assert TapeLock(folder / "a.tape").accepted == 8


def test_its_room_is_taken_before_the_disk_can_be_full(tmp_path: Path) -> None:
    """A map of a hole in a file ends the program with SIGBUS when there is no room for it."""
    lock = TapeLock(tmp_path / "a.tape")
    assert os.stat(lock_path(tmp_path / "a.tape")).st_blocks > 0
    lock.release()
