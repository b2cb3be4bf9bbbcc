"""A tape loses nothing that was committed, and says what it could not take."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsp.types import Placement, Side
from monitor.core.errors import InputError, StoreError
from monitor.core.packet import Packet
from monitor.core.session_settings import SensorSettings, SessionSettings
from monitor.recordings.tape import MOST_PACKETS_WAITING, Tape, TapeHeader, TapeReader, finish_abandoned

HEADER = TapeHeader(
    "2026-01-01T07-00-00-me",
    "2026-01-01T07:00:00+00:00",
    SessionSettings(
        sensors=(SensorSettings(name="left", kind="plain", placement=Placement.FOOT, side=Side.LEFT),)
    ),
    "0.1.0",
)


def packets(count: int, every_s: float = 0.05) -> list[Packet]:
    return [
        Packet("left" if k % 3 else "right", round(k * every_s * 1e9), "imu", bytes([k % 251]) * (k % 40))
        for k in range(count)
    ]


def kept(path: Path) -> list[Packet]:
    with TapeReader(path) as tape:
        return list(tape.packets())


def test_a_finished_tape_is_one_plain_file_with_everything_in_order(tmp_path: Path) -> None:
    tape, sent = Tape(tmp_path / "a.tape", HEADER), packets(400)
    for number, packet in enumerate(sent):
        tape.append(packet)
        if number % 37 == 0:
            tape.commit()
    tape.finish()
    assert [p.name for p in tmp_path.iterdir()] == ["a.tape"]
    assert kept(tmp_path / "a.tape") == sent
    with TapeReader(tmp_path / "a.tape") as reader:
        assert reader.finished
        assert reader.header == HEADER
        assert reader.count() == 400


@settings(max_examples=20, deadline=None)
@given(
    st.lists(
        st.builds(
            Packet,
            sensor=st.sampled_from(["left", "right", "pod"]),
            arrival_ns=st.integers(0, 10**10),
            channel=st.sampled_from(["imu", "rsc"]),
            payload=st.binary(max_size=300),
            link=st.integers(0, 5),
        ),
        max_size=60,
    ),
    st.integers(1, 20),
)
def test_any_packets_in_any_order_of_arrival_come_back_as_they_were(
    tmp_path_factory: pytest.TempPathFactory, sent: list[Packet], every: int
) -> None:
    path = tmp_path_factory.mktemp("tape") / "a.tape"
    tape = Tape(path, HEADER)
    for number, packet in enumerate(sent):
        tape.append(packet)
        if number % every == 0:
            tape.commit()
    tape.finish()
    assert kept(path) == sent


def test_a_second_reader_sees_what_was_committed_while_it_is_written(tmp_path: Path) -> None:
    tape, sent = Tape(tmp_path / "a.tape", HEADER), packets(100)
    for packet in sent[:60]:
        tape.append(packet)
    tape.commit()
    for packet in sent[60:]:
        tape.append(packet)
    assert kept(tmp_path / "a.tape") == sent[:60]
    tape.finish()


def test_a_tape_is_never_written_over(tmp_path: Path) -> None:
    tape = Tape(tmp_path / "a.tape", HEADER)
    with pytest.raises(StoreError, match="never written over"):
        Tape(tmp_path / "a.tape", HEADER)
    tape.finish()


def test_what_a_dead_writer_had_not_committed_is_counted(tmp_path: Path) -> None:
    path = tmp_path / "a.tape"
    tape, sent = Tape(path, HEADER), packets(90)
    for packet in sent[:70]:
        tape.append(packet)
    tape.commit()
    for packet in sent[70:]:
        tape.append(packet)
    tape.close()
    assert finish_abandoned(path) == 20
    assert kept(path) == sent[:70]
    with TapeReader(path) as reader:
        assert reader.finished
        assert reader.lost() == 20


def test_the_tape_of_a_living_writer_is_left_alone(tmp_path: Path) -> None:
    tape = Tape(tmp_path / "a.tape", HEADER)
    with pytest.raises(StoreError, match="another process"):
        finish_abandoned(tmp_path / "a.tape")
    tape.finish()


def test_a_full_disk_loses_nothing_that_was_stored_and_writing_goes_on_when_there_is_room(
    tmp_path: Path,
) -> None:
    tape, sent = Tape(tmp_path / "a.tape", HEADER), packets(3000)
    for packet in sent[:500]:
        tape.append(packet)
    tape.commit()
    (pages,) = tape._db.execute("PRAGMA page_count").fetchone()
    tape._db.execute(f"PRAGMA max_page_count={pages + 2}")  # SQLite then reports a full disk
    for packet in sent[500:]:
        tape.append(packet)
    with pytest.raises(StoreError, match="2500 packets wait in memory"):
        tape.commit()
    assert kept(tmp_path / "a.tape") == sent[:500]
    tape._db.execute("PRAGMA max_page_count=1000000")
    tape.finish()
    assert kept(tmp_path / "a.tape") == sent
    assert tape.lost == 0


def test_what_memory_cannot_hold_is_a_counted_gap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monitor.recordings.tape.MOST_PACKETS_WAITING", 50)
    assert MOST_PACKETS_WAITING > 50
    tape, sent = Tape(tmp_path / "a.tape", HEADER), packets(80)
    for packet in sent:
        tape.append(packet)
    tape.finish()
    assert kept(tmp_path / "a.tape") == sent[30:]
    with TapeReader(tmp_path / "a.tape") as reader:
        assert reader.lost() == 30


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 0.999])
def test_a_truncated_tape_gives_one_clear_line(share: float, tmp_path: Path) -> None:
    path = tmp_path / "a.tape"
    tape = Tape(path, HEADER)
    for packet in packets(2000):
        tape.append(packet)
    tape.finish()
    path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])
    with pytest.raises(InputError, match=r"a\.tape") as caught:
        kept(path)
    assert "\n" not in str(caught.value)


def test_a_changed_byte_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "a.tape"
    tape = Tape(path, HEADER)
    for packet in packets(500):
        tape.append(packet)
    tape.finish()
    db = sqlite3.connect(path)
    (frames,) = db.execute("SELECT frames FROM block WHERE id = 3").fetchone()
    db.execute("UPDATE block SET frames = ? WHERE id = 3", (frames[:-1] + bytes([frames[-1] ^ 1]),))
    db.commit()
    db.close()
    with pytest.raises(InputError, match="has changed"):
        kept(path)
