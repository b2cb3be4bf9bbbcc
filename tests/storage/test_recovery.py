"""A session that was left unfinished is completed from its tape, also where a part of that is damaged."""

from __future__ import annotations

import datetime
import sqlite3
from pathlib import Path

import pytest

from dsp.types import Step
from monitor.core.errors import InputError
from monitor.core.packet import Packet
from monitor.core.records import SessionEnded, SessionStarted
from monitor.core.write_trouble import WriteTrouble
from monitor.exports.raw_samples import write_raw_csv
from monitor.pipeline.session import Session
from monitor.recordings.tape import DAMAGED, Tape, TapeReader
from monitor.recordings.tape_lock import lock_path
from monitor.simulation.simulated_runner import simulated_recording
from monitor.storage.backup import DATABASE
from monitor.storage.import_recording import import_recording
from monitor.storage.late_packets import add_late_packets
from monitor.storage.new_session import begin_session
from monitor.storage.reanalysis import reanalyze
from monitor.storage.recovery import rebuild_session, recover
from monitor.storage.salvage import salvage_store
from monitor.storage.session_data import load_session
from monitor.storage.session_edit import merge_sessions, split_session
from monitor.storage.session_info import SessionInfo, SessionStatus
from monitor.storage.store import Store

RUN = simulated_recording(30.0)
NAME = "2026-11-24T12-00-00-me"
NOON = datetime.datetime(2026, 11, 24, 12, tzinfo=datetime.UTC)


def killed_run(folder: Path, stored_s: float) -> Path:
    """A run that died at its end, of which the store has the first seconds; the path of its tape."""
    started = SessionStarted(NAME, "me", NOON.isoformat(), ())
    with Store(folder / DATABASE) as store:
        session = Session(RUN.settings)
        tape: Tape = begin_session(store, folder, "run", RUN.settings, started)
        for packet in RUN.packets():
            tape.append(packet)
            records = session.push(packet)
            if packet.arrival_ns * 1e-9 < stored_s:
                store.write(NAME, records)
        tape.commit()
        tape._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        tape.close()
    return tape.path


def spoil_block(tape: Path) -> int:
    """Change a byte in the middle of a tape and return how many packets that costs."""
    with sqlite3.connect(tape) as db:
        number, lost = db.execute("SELECT id, packets FROM block ORDER BY id LIMIT 1 OFFSET 30").fetchone()
        db.execute("UPDATE block SET crc = crc + 1 WHERE id = ?", (number,))
    db.close()
    return int(lost)


def spoil_page(tape: Path) -> None:
    """Write over a page of the table of blocks in the middle of a tape, so that it is no sound database."""
    data = bytearray(tape.read_bytes())
    leaves = [at for at in range(4 * 4096, len(data), 4096) if data[at] == 13]  # leaves of a table
    at = leaves[len(leaves) // 2]
    data[at : at + 4096] = bytes(4096)
    tape.write_bytes(data)


def completed(folder: Path) -> tuple[int, str]:
    """How many steps a killed run has once it is completed, and how its end is told."""
    with Store(folder / DATABASE) as store:
        recover(store)
        info = store.session(NAME)
        assert info.status is SessionStatus.RECOVERED
        (end,) = [r for r in store.records(NAME) if isinstance(r, SessionEnded)]
        return len(store.steps(NAME)), end.reason


@pytest.mark.parametrize("stored_s", [5.0, 29.0])
def test_a_damaged_block_costs_a_killed_run_no_more_than_that(tmp_path: Path, stored_s: float) -> None:
    """Where the store has more than the damaged tape gives, that stays."""
    killed_run(tmp_path / "whole", stored_s)
    whole, reason = completed(tmp_path / "whole")
    assert reason == "recovered from its tape; no packets lost"
    lost = spoil_block(killed_run(tmp_path / "damaged", stored_s))
    steps, reason = completed(tmp_path / "damaged")
    assert whole - 6 <= steps <= whole
    assert reason == f"recovered from its tape; {lost} packets are lost: {DAMAGED}"


def test_a_tape_that_cannot_be_finished_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    tape = killed_run(tmp_path, 5.0)
    spoil_page(tape)
    before = tape.read_bytes()
    steps, reason = completed(tmp_path)
    assert steps > 60
    assert f" packets are lost: {DAMAGED}" in reason
    assert "the count of its packets is damaged" in reason
    assert tape.read_bytes() == before, "nothing is written into a damaged file"


@pytest.fixture
def damaged(tmp_path: Path) -> tuple[Store, SessionInfo, int]:
    """A store with a session whose tape is damaged, and how many packets are lost."""
    store = Store(tmp_path / DATABASE)
    info = import_recording(store, tmp_path, RUN, "me", NOON)
    return store, store.session(info.id), spoil_block(Path(info.tape))


def test_what_is_stored_is_not_replaced_by_what_a_damaged_tape_gives(
    damaged: tuple[Store, SessionInfo, int],
) -> None:
    store, info, lost = damaged
    before = store.records(info.id)
    with pytest.raises(InputError, match=f"{lost} of its packets are lost; what is stored stays"):
        reanalyze(store, info)
    with pytest.raises(InputError, match="is damaged"):
        split_session(store, store.path.parent, info, 15.0)
    other = import_recording(store, store.path.parent, RUN, "me", NOON + datetime.timedelta(hours=1))
    with pytest.raises(InputError, match="is damaged"):
        merge_sessions(store, store.path.parent, [info, other])
    assert store.records(info.id) == before


def test_samples_of_a_damaged_tape_are_exported_and_what_they_lack_is_told(
    damaged: tuple[Store, SessionInfo, int], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store, info, lost = damaged
    assert len(write_raw_csv(store, load_session(store, info.id), tmp_path / "run.imu.csv")) == 3
    assert f"{info.id}: the tape is damaged: {lost} of its packets are lost" in caplog.text


def test_without_a_database_a_damaged_tape_gives_what_is_left(
    damaged: tuple[Store, SessionInfo, int],
) -> None:
    store, info, lost = damaged
    steps = len(store.steps(info.id))
    path = store.path
    store.close()
    path.write_bytes(b"no database at all" * 1000)
    done = salvage_store(path, NOON)
    assert done.from_tapes == (info.id,)
    with Store(path) as made:
        assert steps - 6 <= len(made.steps(info.id)) < steps
        (end,) = [r for r in made.records(info.id) if isinstance(r, SessionEnded)]
        assert f"{lost} packets are lost: {DAMAGED}" in end.reason
        assert any(isinstance(r, Step) for r in made.records(info.id))
    with TapeReader(Path(info.tape)) as tape:
        assert tape.examine().damaged == lost


def full_tape_run(folder: Path, *, killed: bool) -> tuple[Path, int]:
    """A run of which the store has everything, and the tape, whose disk was full, the first seconds.

    The path of the tape, and how many packets it lacks.
    """
    started = SessionStarted(NAME, "me", NOON.isoformat(), ())
    with Store(folder / DATABASE) as store:
        session = Session(RUN.settings)
        tape = begin_session(store, folder, "run", RUN.settings, started)
        for packet in RUN.packets():
            tape.append(packet)
            store.write(NAME, session.push(packet))
            if packet.arrival_ns < 10e9:
                tape.commit()
        tape._tape_lock.trouble = WriteTrouble.FULL
        tape.close()
        if not killed:
            store.write(NAME, session.finish())
            store.end(NAME, session.t_s)
    return tape.path, tape.missing


def test_a_killed_run_keeps_what_was_stored_after_its_tape_was_full(tmp_path: Path) -> None:
    _, lacking = full_tape_run(tmp_path, killed=True)
    with Store(tmp_path / DATABASE) as store:
        stored = store.steps(NAME)
    assert len(stored) > 60
    steps, reason = completed(tmp_path)
    assert steps == len(stored)
    assert reason == f"recovered from its tape; {lacking} packets are lost: no room on the disk"


def test_what_a_full_disk_cost_a_tape_is_noted_on_it_when_there_is_room(tmp_path: Path) -> None:
    path, lacking = full_tape_run(tmp_path, killed=False)
    with Store(tmp_path / DATABASE) as store:
        assert recover(store) == []
    with TapeReader(path) as tape:
        assert (tape.finished, tape.losses()) == (True, {"no room on the disk": lacking})
    assert not lock_path(path).exists()


def test_numbers_are_not_replaced_by_those_of_a_tape_that_lacks_their_packets(tmp_path: Path) -> None:
    full_tape_run(tmp_path, killed=False)
    with Store(tmp_path / DATABASE) as store:
        before, info = store.records(NAME), store.session(NAME)
        for change in (
            lambda: reanalyze(store, info),
            lambda: rebuild_session(store, info),
            lambda: split_session(store, tmp_path, info, 12.0),
            lambda: add_late_packets(store, "me", NAME, [Packet("footL", 5_000_000_000, "imu", b"late")]),
        ):
            with pytest.raises(InputError, match="stored"):
                change()
        assert store.records(NAME) == before
        assert [s.id for s in store.sessions()] == [NAME]
