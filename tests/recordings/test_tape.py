"""A tape loses nothing that was committed, and says what it could not take."""

from __future__ import annotations

import contextlib
import random
import shutil
import sqlite3
import subprocess
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsp.types import Placement, Side
from monitor.core.errors import InputError, StoreError
from monitor.core.packet import Packet
from monitor.core.session_settings import SensorSettings, SessionSettings
from monitor.core.write_trouble import WriteTrouble
from monitor.recordings import tape as tape_module
from monitor.recordings.recording import Wearing
from monitor.recordings.tape import (
    DAMAGED,
    MOST_PACKETS_WAITING,
    UNKNOWN_LOSS,
    Tape,
    TapeHeader,
    TapeReader,
    finish_abandoned,
    log_path,
    make_plain,
    read_tape,
)
from monitor.recordings.tape_lock import is_written, lock_path

HEADER = TapeHeader(
    "2026-01-01T07-00-00-me",
    "2026-01-01T07:00:00+00:00",
    SessionSettings(
        sensors=tuple(
            SensorSettings(name=name, kind="plain", placement=Placement.FOOT, side=Side.LEFT)
            for name in ("left", "right", "pod")
        )
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


def test_of_a_tape_that_cannot_be_begun_nothing_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tape_module, "_SCHEMA", "CREATE TABLE header (format INTEGER); no SQL;")
    with pytest.raises(StoreError):
        Tape(tmp_path / "a.tape", HEADER)
    assert list(tmp_path.iterdir()) == []


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


def made_tape(path: Path, count: int, *, finish: bool = True) -> list[Packet]:
    tape, sent = Tape(path, HEADER), packets(count)
    for packet in sent:
        tape.append(packet)
    tape.commit()
    if finish:
        tape.finish()
    else:
        tape._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        tape.close()
    return sent


def is_part(found: list[Packet], sent: list[Packet]) -> bool:
    """Whether these packets are some of those that were sent, in the same order."""
    rest = iter(sent)
    return all(packet in rest for packet in found)


@pytest.mark.parametrize("share", [0.0, 0.05, 0.1, 0.5, 0.9, 0.999])
def test_a_truncated_tape_gives_its_beginning_or_one_clear_line(share: float, tmp_path: Path) -> None:
    path = tmp_path / "a.tape"
    sent = made_tape(path, 2000)
    path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])
    if share <= 0.1:
        with pytest.raises(InputError, match=r"a\.tape") as caught:
            kept(path)
        assert "\n" not in str(caught.value)
        return
    with TapeReader(path) as reader:
        found = list(reader.packets())
        assert reader.losses() == {DAMAGED: 2000 - len(found)}
    assert is_part(found, sent)
    assert len(found) > (share - 0.1) * 2000


def test_a_changed_byte_costs_its_second_of_its_sensor(tmp_path: Path) -> None:
    path = tmp_path / "a.tape"
    sent = made_tape(path, 500)
    db = sqlite3.connect(path)
    frames, lost = db.execute("SELECT frames, packets FROM block WHERE id = 3").fetchone()
    db.execute("UPDATE block SET frames = ? WHERE id = 3", (frames[:-1] + bytes([frames[-1] ^ 1]),))
    db.commit()
    db.close()
    found = kept(path)
    assert is_part(found, sent)
    assert 0 < lost == 500 - len(found) < 20
    with TapeReader(path) as reader:
        content = reader.examine()
        assert (content.packets, content.damaged, reader.losses()) == (500 - lost, lost, {DAMAGED: lost})
    recording = read_tape(path, Wearing())
    assert (recording.count, recording.damaged_packets) == (500 - lost, lost)
    assert recording.remarks == (f"the tape is damaged: {lost} of its packets are lost",)


@pytest.mark.parametrize("finish", [True, False])
@pytest.mark.parametrize("kind", ["zeros", "noise"])
def test_a_damaged_page_costs_what_it_holds(kind: str, finish: bool, tmp_path: Path) -> None:
    """Any page but the first, which says what the file is, and those that hold header and gaps."""
    path, rng = tmp_path / "a.tape", random.Random(19)
    sent = made_tape(path, 3000, finish=finish)
    sound = path.read_bytes()
    unreadable = 0
    for page in range(4, len(sound) // 4096):
        bad = bytes(4096) if kind == "zeros" else rng.randbytes(4096)
        path.write_bytes(sound[: page * 4096] + bad + sound[(page + 1) * 4096 :])
        with contextlib.suppress(InputError), TapeReader(path) as reader:
            unreadable += 1
            found = list(reader.packets())
            unreadable -= 1
            assert is_part(found, sent), page
            counted = (
                3000 if finish else sent.index(found[-1]) + 1
            )  # the end of the other is not counted here
            assert reader.damaged == counted - len(found), page
            assert len(found) > 2850, page
    assert unreadable <= 1  # the page that leads to all others


def test_a_value_that_cannot_be_costs_its_block(tmp_path: Path) -> None:
    path = tmp_path / "a.tape"
    for column, value in (("sensor", "nobody"), ("crc", "x"), ("frames", "text"), ("part", None)):
        path.unlink(missing_ok=True)
        made_tape(path, 300)
        db = sqlite3.connect(path)
        (lost,) = db.execute("SELECT packets FROM block WHERE id = 5").fetchone()
        db.execute(f"UPDATE block SET {column} = ? WHERE id = 5", (value,))
        db.commit()
        db.close()
        with TapeReader(path) as reader:
            assert reader.examine().damaged == lost, column


def test_of_a_tape_that_a_dead_program_left_damaged_what_is_lost_is_counted(tmp_path: Path) -> None:
    """A block whose bytes have changed: the tape as a database is sound, and is finished."""
    path = tmp_path / "a.tape"
    tape, sent = Tape(path, HEADER), packets(90)
    for packet in sent[:70]:
        tape.append(packet)
    tape.commit()
    (lost,) = tape._db.execute("SELECT packets FROM block WHERE id = 2").fetchone()
    tape._db.execute("UPDATE block SET crc = crc + 1 WHERE id = 2")
    for packet in sent[70:]:
        tape.append(packet)
    tape.close()
    assert finish_abandoned(path) == 20
    with TapeReader(path) as reader:
        assert len(list(reader.packets())) == 70 - lost
        assert reader.losses() == {"the program was killed": 20, DAMAGED: lost}


def filled(path: Path, committed: int, waiting: int) -> Tape:
    """A tape on a disk that is full: so many packets are on it, so many wait."""
    tape, sent = Tape(path, HEADER), [replace(p, payload=bytes(3000)) for p in packets(committed + waiting)]
    for packet in sent[:committed]:
        tape.append(packet)
    tape.commit()
    (pages,) = tape._db.execute("PRAGMA page_count").fetchone()
    tape._db.execute(f"PRAGMA max_page_count={pages}")
    for packet in sent[committed:]:
        tape.append(packet)
    with pytest.raises(StoreError, match=f"no room on the disk; {waiting} packets wait in memory"):
        tape.commit()
    return tape


def test_what_waited_when_a_full_disk_ended_a_run_is_counted_for_good_with_that_reason(
    tmp_path: Path,
) -> None:
    tape = filled(tmp_path / "a.tape", 30, 50)
    assert tape.trouble is WriteTrouble.FULL
    assert tape.missing == 50
    tape.close()
    assert finish_abandoned(tmp_path / "a.tape") == 50
    assert finish_abandoned(tmp_path / "a.tape") == 50, "a second look does not lose the count"
    with TapeReader(tmp_path / "a.tape") as reader:
        assert (reader.count(), reader.losses()) == (30, {"no room on the disk": 50})


def test_a_count_is_left_beside_the_tape_as_long_as_it_cannot_be_written_on_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.tape"
    filled(path, 30, 50).close()
    with monkeypatch.context() as still_full:
        still_full.setattr("monitor.recordings.tape._writing_connection", read_only)
        with pytest.raises(StoreError):
            finish_abandoned(path)
    assert finish_abandoned(path) == 50


def read_only(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, isolation_level=None)


def test_a_gap_that_is_on_the_tape_is_not_counted_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("monitor.recordings.tape.MOST_PACKETS_WAITING", 50)
    tape, sent = Tape(tmp_path / "a.tape", HEADER), packets(90)
    for packet in sent[:80]:
        tape.append(packet)
    tape.commit()
    for packet in sent[80:]:
        tape.append(packet)
    tape.close()
    assert finish_abandoned(tmp_path / "a.tape") == 40
    with TapeReader(tmp_path / "a.tape") as reader:
        assert sum(reader.losses().values()) + reader.count() == 90
        assert reader.losses()["the program was killed"] == 10


def test_a_damaged_count_is_not_believed(tmp_path: Path) -> None:
    path = tmp_path / "a.tape"
    filled(path, 30, 50).close()
    lock_path(path).write_bytes(b"\xee" * 24)
    assert finish_abandoned(path) == 0
    with TapeReader(path) as reader:
        assert list(reader.losses()) == [UNKNOWN_LOSS]


@pytest.mark.parametrize("count", [-5, 1 << 50, "many", 2.5])
def test_a_gap_that_cannot_be_true_is_damage(count: object, tmp_path: Path) -> None:
    tape = Tape(tmp_path / "a.tape", HEADER)
    tape._db.execute("INSERT INTO gap VALUES (0, ?, 'x')", (count,))
    tape.finish()
    with TapeReader(tmp_path / "a.tape") as reader, pytest.raises(InputError, match="damaged"):
        reader.losses()


@pytest.mark.parametrize("removed", ["the file", "the folder", "the lock"])
def test_a_tape_that_is_removed_is_written_anew_and_lacks_nothing(removed: str, tmp_path: Path) -> None:
    folder = tmp_path / "tapes"
    folder.mkdir()
    path, sent = folder / "a.tape", packets(300)
    tape = Tape(path, HEADER)
    for packet in sent[:100]:
        tape.append(packet)
    tape.commit()
    if removed == "the folder":
        shutil.rmtree(folder)
        tape.append(sent[100])
        with pytest.raises(StoreError, match="the file or its folder is gone; 1 packets wait"):
            tape.commit()
        assert tape.missing == 101
        folder.mkdir()
    else:
        (path if removed == "the file" else lock_path(path)).unlink()
        tape.append(sent[100])
    for packet in sent[101:200]:
        tape.append(packet)
    tape.commit()
    assert is_written(path)
    for packet in sent[200:]:
        tape.append(packet)
    tape.finish()
    assert [p.name for p in folder.iterdir()] == ["a.tape"]
    assert kept(path) == sent
    assert tape.missing == 0


def test_another_file_in_its_place_is_not_written_over(tmp_path: Path) -> None:
    tape = Tape(tmp_path / "a.tape", HEADER)
    (tmp_path / "a.tape").unlink()
    (tmp_path / "a.tape").write_text("another's")
    for packet in packets(10):
        tape.append(packet)
    with pytest.raises(StoreError, match="another file is in its place"):
        tape.commit()
    assert (tmp_path / "a.tape").read_text() == "another's"
    assert tape.missing == 10


FILE_LIMIT = """
import resource, signal, sys
from pathlib import Path
from tests.recordings.test_tape import HEADER, StoreError, Tape, packets
from dataclasses import replace
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
tape, sent = Tape(Path(sys.argv[1]), HEADER), [replace(p, payload=bytes(1000)) for p in packets(400)]
resource.setrlimit(resource.RLIMIT_FSIZE, (120_000, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
troubles = 0
for number, packet in enumerate(sent):
    tape.append(packet)
    if number % 20 == 19:
        try:
            tape.commit()
        except StoreError:
            troubles += 1
        if number == 299:
            print(troubles, tape.trouble, tape.committed)
            resource.setrlimit(resource.RLIMIT_FSIZE, (-1, -1))
tape.finish()
print(tape.missing)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no such limit there")
def test_a_limit_of_the_system_loses_nothing_when_it_is_lifted(tmp_path: Path) -> None:
    path = tmp_path / "a.tape"
    done = subprocess.run(
        [sys.executable, "-c", FILE_LIMIT, str(path)],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    first, missing = done.stdout.splitlines()
    troubles, *reason, committed = first.split()
    assert int(troubles) > 5
    assert " ".join(reason) == "the disk does not take it"
    assert 0 < int(committed) < 120
    assert missing == "0"
    assert len(kept(path)) == 400


def test_a_finished_tape_with_its_end_beside_it_is_made_plain_before_its_bytes_are_copied(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        sqlite3, "connect", partial(sqlite3.connect, timeout=0.1)
    )  # who is held waits so long
    path, sent = tmp_path / "a.tape", packets(400)
    tape = Tape(path, HEADER)
    for packet in sent:
        tape.append(packet)
    tape.commit()
    with TapeReader(path) as reader:
        reader._db.execute("BEGIN").execute("SELECT count(*) FROM block").fetchone()
        tape.finish()
        assert log_path(path).exists()
        with pytest.raises(StoreError, match="another program holds the file"):
            make_plain(path)
    make_plain(path)
    assert [p.name for p in tmp_path.iterdir()] == ["a.tape"]
    shutil.copy(path, tmp_path / "b.tape")
    assert kept(tmp_path / "b.tape") == sent
