"""What is missing of a run on the disk is said, and what can be completed from its tape is."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from dsp.types import Step
from monitor.core.errors import StoreError
from monitor.core.records import SessionEnded, SessionStarted
from monitor.recordings.tape import Tape, TapeReader
from monitor.service.run_loss import loss_of_run
from monitor.simulation.simulated_runner import simulated_recording
from monitor.storage.new_session import begin_session
from monitor.storage.session_info import SessionStatus
from monitor.storage.store import Store

RUN = simulated_recording(20.0)
NAME = "2026-11-24T12-00-00-me"
STARTED = SessionStarted(NAME, "me", "2026-11-24T12:00:00+00:00", ())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "gaitcue"


@pytest.fixture
def store(folder: Path) -> Store:
    return Store(folder / "gaitcue.db")


@pytest.fixture
def tape(store: Store, folder: Path) -> Tape:
    """A run whose packets wait to be written."""
    tape = begin_session(store, folder, "run", RUN.settings, STARTED)
    for packet in RUN.packets():
        tape.append(packet)
    return tape


def fill_up(tape: Tape) -> None:
    (pages,) = tape._db.execute("PRAGMA page_count").fetchone()
    tape._db.execute(f"PRAGMA max_page_count={pages + 10}")


def test_a_whole_run_has_lost_nothing(store: Store, tape: Tape) -> None:
    tape.finish()
    store.write(NAME, [SessionEnded(NAME, 20.0, "the input ended")])
    store.end(NAME, 20.0)
    assert loss_of_run(store, tape, NAME, stored_whole=True) is None
    assert loss_of_run(None, None, NAME, stored_whole=True) is None


def test_numbers_that_were_not_stored_are_made_from_the_tape_at_once(store: Store, tape: Tape) -> None:
    tape.finish()
    assert loss_of_run(store, tape, NAME, stored_whole=False) is None
    assert store.session(NAME).status is SessionStatus.RECOVERED
    assert sum(isinstance(r, Step) for r in store.records(NAME)) > 40


def test_numbers_that_cannot_be_stored_now_are_no_success(store: Store, tape: Tape) -> None:
    tape.finish()
    (pages,) = store._db.execute("PRAGMA page_count").fetchone()
    store._db.execute(f"PRAGMA max_page_count={pages}")
    loss = loss_of_run(store, tape, NAME, stored_whole=False)
    assert isinstance(loss, StoreError)
    assert str(loss).startswith(f"the numbers of {NAME} are not stored yet (no room on the disk)")
    store._db.execute("PRAGMA max_page_count=1000000")
    assert loss_of_run(store, tape, NAME, stored_whole=False) is None


def test_packets_that_found_no_room_are_counted_with_the_reason(store: Store, tape: Tape) -> None:
    fill_up(tape)
    with pytest.raises(StoreError):
        tape.finish()
    tape.close()
    loss = loss_of_run(store, tape, NAME, stored_whole=False)
    assert str(loss).startswith("this run is not kept: no room on the disk")
    with TapeReader(tape.path) as reader:
        assert reader.finished
        assert reader.losses() == {"no room on the disk": RUN.count}
    assert (
        "no room on the disk" in [r for r in store.events(NAME) if isinstance(r, SessionEnded)][-1].reason
    )


def test_of_a_part_it_is_said_how_large_the_rest_is(store: Store, tape: Tape) -> None:
    tape.commit()
    for packet in RUN.packets():
        tape.append(packet)
    fill_up(tape)
    with pytest.raises(StoreError):
        tape.finish()
    tape.close()
    loss = loss_of_run(store, tape, NAME, stored_whole=False)
    assert str(loss) == (
        f"{RUN.count} of the {2 * RUN.count} packets of this run are lost: no room on the disk. "
        f"What could be written is {NAME}"
    )


def test_a_run_whose_folder_is_gone_is_not_kept(store: Store, tape: Tape, folder: Path) -> None:
    tape.commit()
    shutil.rmtree(folder)
    with pytest.raises(StoreError):
        tape.finish()
    tape.close()
    loss = loss_of_run(store, tape, NAME, stored_whole=False)
    assert str(loss).startswith("this run is not kept: the file or its folder is gone")
    assert not folder.exists()
