"""A damaged database costs what was damaged: the rest is read, or made from the tapes."""

from __future__ import annotations

import datetime
import logging
import random
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from dsp.types import Record
from monitor.core.errors import StoreDamaged, StoreError
from monitor.simulation.simulated_runner import simulated_recording
from monitor.storage.database import damage_mark, mark_damaged
from monitor.storage.import_recording import import_recording
from monitor.storage.salvage import salvage_store
from monitor.storage.session_info import SessionStatus
from monitor.storage.store import Store
from tests.storage_of_files import copy_store

RUN = simulated_recording(12.0)
NOON = datetime.datetime(2026, 11, 25, 12, tzinfo=datetime.UTC)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with three sessions, notes, an account of a sink; only to be copied."""
    folder = tmp_path_factory.mktemp("whole")
    with Store(folder / "gaitcue.db") as store:
        for day in range(3):
            info = import_recording(store, folder, RUN, "me", NOON + datetime.timedelta(days=day))
            store.add_note(info.id, "note", f"day {day}")
            store.tag(info.id, ["shoe=x"])
        store.acknowledge("influx", 100)
    return folder


@pytest.fixture
def path(whole: Path, tmp_path: Path) -> Path:
    """The database of a data folder that may be damaged."""
    return copy_store(whole, tmp_path / "gaitcue") / "gaitcue.db"


def measured(store: Store, session: str) -> list[Record]:
    return [*store.steps(session), *store.metrics(session), *store.gaps(session)]


def change(path: Path, sql: str) -> None:
    db = sqlite3.connect(path)
    with db:
        db.execute(sql)
    db.close()


def test_a_sound_database_stays_where_it_is(path: Path) -> None:
    before = path.read_bytes()
    mark_damaged(path)
    done = salvage_store(path, NOON)
    assert (done.damaged, done.lost, done.from_tapes, done.incomplete) == (path, 0, (), ())
    assert done.rows > 100
    assert path.read_bytes() == before
    assert sorted(p.name for p in path.parent.iterdir()) == ["gaitcue.db", "tapes"]


def test_rows_keep_their_numbers_and_sinks_their_accounts(path: Path) -> None:
    with Store(path) as store:
        before = {info.id: (store.page(info.id), store.notes(info.id)) for info in store.sessions()}
        last = store.last_row()
    change(path, "INSERT INTO metric VALUES (999999, 'nobody', 'x', NULL, 'a', 1, 1, 'b')")
    done = salvage_store(path, NOON)
    assert done.damaged.name == "gaitcue.db-damaged-20261125-120000"
    with Store(path) as store:
        assert {i.id: (store.page(i.id), store.notes(i.id)) for i in store.sessions()} == before
        assert store.delivered("influx") == 100
        assert store.last_row() == last


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM step WHERE row % 7 = 0",
        "UPDATE metric SET value = 'x' WHERE row % 50 = 0",
        "UPDATE step SET estimates = x'00' WHERE row % 9 = 0",
        "UPDATE event SET body = '{' WHERE row % 11 = 0",
        "DELETE FROM word WHERE id = 3",
    ],
)
def test_what_a_row_lacks_is_made_from_the_tape(sql: str, path: Path) -> None:
    with Store(path) as store:
        before = {info.id: measured(store, info.id) for info in store.sessions()}
    change(path, sql)
    done = salvage_store(path, NOON)
    assert done.lost > 0
    assert done.from_tapes
    with Store(path) as store:
        assert {info.id: measured(store, info.id) for info in store.sessions()} == before
        assert [n.text for info in store.sessions() for n in store.notes(info.id)] == [
            "day 2",
            "day 1",
            "day 0",
        ]


def test_of_a_database_that_is_no_more_the_tapes_are_left(path: Path) -> None:
    with Store(path) as store:
        before = {info.id: measured(store, info.id) for info in store.sessions()}
    path.write_bytes(b"no database at all" * 1000)
    done = salvage_store(path, NOON)
    assert sorted(done.from_tapes) == sorted(before)
    with Store(path) as store:
        assert {info.id: measured(store, info.id) for info in store.sessions()} == before
        assert all(info.status is SessionStatus.RECOVERED for info in store.sessions())


def test_what_has_no_tape_keeps_what_can_be_read_and_is_named(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with Store(path) as store:
        first = store.sessions()[-1]
    Path(first.tape).unlink()
    change(path, f"DELETE FROM metric WHERE session = '{first.id}' AND row % 3 = 0")
    with caplog.at_level(logging.ERROR):
        done = salvage_store(path, NOON)
    assert done.incomplete == (first.id,)
    assert f"incomplete, without a tape: {first.id}" in caplog.text
    with Store(path) as store:
        assert len(store.metrics(first.id)) > 20


def test_a_damaged_row_of_a_session_is_damage_and_its_tape_gives_it_back(path: Path) -> None:
    change(path, "UPDATE session SET sensors = '[' WHERE id LIKE '2026-11-26%'")
    with Store(path) as store, pytest.raises(StoreDamaged, match="is damaged"):
        store.sessions()
    assert damage_mark(path).exists()
    salvage_store(path, NOON)
    assert not damage_mark(path).exists()
    with Store(path) as store:
        assert len(store.sessions()) == 3


def test_nothing_is_lost_where_nothing_can_be_written(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    change(path, "DELETE FROM step WHERE row % 7 = 0")
    before = path.read_bytes()
    monkeypatch.setattr("monitor.storage.salvage._set_aside", full)
    with pytest.raises(StoreError, match="No space left"):
        salvage_store(path, NOON)
    assert path.read_bytes() == before


def damages(data: bytes, rng: random.Random) -> Iterator[bytes]:
    """Yield the bytes with a flipped bit, a page of noise, zeros, and cut."""
    at = rng.randrange(len(data))
    yield data[:at] + bytes([data[at] ^ 1 << rng.randrange(8)]) + data[at + 1 :]
    page = at // 4096 * 4096
    yield data[:page] + rng.randbytes(4096) + data[page + 4096 :]
    yield data[:at] + bytes(512) + data[at + 512 :]
    yield data[:at]


@pytest.mark.parametrize("seed", range(6))
def test_random_damage_never_raises_anything_but_an_error_that_names_it(seed: int, path: Path) -> None:
    sound = path.read_bytes()
    for damaged in damages(sound, random.Random(seed)):
        path.write_bytes(damaged)
        for _ in range(2):
            try:
                with Store(path) as store:
                    for info in store.sessions():
                        store.records(info.id)
                        store.step_columns(info.id)
                        store.metric_rows(info.id)
                        store.notes(info.id)
                break
            except StoreDamaged:
                salvage_store(path, NOON)
        with Store(path) as store:
            assert len(store.sessions()) == 3
            for info in store.sessions():
                assert len(store.records(info.id)) > 50
