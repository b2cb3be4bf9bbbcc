"""What has come onto a tape since one last looked."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from monitor.core.errors import InputError
from monitor.core.packet import Packet
from monitor.core.session_settings import SessionSettings
from monitor.recordings.tape import Tape, TapeHeader
from monitor.recordings.tape_follower import read_tape_from


def packet(n: int, sensor: str = "footL") -> Packet:
    """Return the packet of this number: ten come in a second."""
    return Packet(sensor, n * 100_000_000, "imu", bytes([n % 256]))


def new_tape(path: Path) -> Tape:
    return Tape(path, TapeHeader("s", "2026-01-01T00:00:00+00:00", SessionSettings(athlete="me"), "1"))


def test_every_packet_comes_once_in_order_while_the_tape_grows(tmp_path: Path) -> None:
    tape, seen, block = new_tape(tmp_path / "a.tape"), list[Packet](), 0
    sent = [packet(n, "footL" if n % 3 else "footR") for n in range(100)]
    for n, p in enumerate(sent):
        tape.append(p)
        if n % 7 == 0:
            tape.commit()
            rows, block = read_tape_from(tmp_path / "a.tape", block, 1)
            seen += [p for _, p in rows]
    tape.finish()
    while True:
        rows, after = read_tape_from(tmp_path / "a.tape", block, 5)
        if after == block:
            break
        block = after
        seen += [p for _, p in rows]
    assert seen == sent


def test_about_as_many_as_asked_for_come_at_a_time(tmp_path: Path) -> None:
    tape = new_tape(tmp_path / "a.tape")
    for n in range(1000):
        tape.append(packet(n))
    tape.finish()
    rows, block = read_tape_from(tmp_path / "a.tape", 0, 25)
    assert len(rows) == 30  # whole seconds
    assert [n for n, _ in read_tape_from(tmp_path / "a.tape", block, 1)[0]] == list(range(30, 40))


def test_the_end_of_a_tape_is_nothing(tmp_path: Path) -> None:
    tape = new_tape(tmp_path / "a.tape")
    assert read_tape_from(tmp_path / "a.tape", 0, 10) == ([], 0)
    tape.close()


def test_a_damaged_block_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "a.tape"
    tape = new_tape(path)
    for n in range(30):
        tape.append(packet(n))
    tape.finish()
    with sqlite3.connect(path) as db:
        db.execute("UPDATE block SET crc = crc + 1 WHERE id = 2")
    rows, block = read_tape_from(path, 0, 100)
    assert [n for n, _ in rows] == [*range(10), *range(20, 30)]
    assert block == 3


def test_what_is_no_tape_is_told(tmp_path: Path) -> None:
    path = tmp_path / "a.tape"
    for text in (None, "junk" * 1000):
        if text is not None:
            path.write_text(text)
        with pytest.raises(InputError):
            read_tape_from(path, 0, 1)
