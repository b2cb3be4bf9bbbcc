"""The store gives back what it was given, in order, and migrates what older versions wrote."""

from __future__ import annotations

import shutil
import sqlite3
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dsp.types import (
    Activity,
    ActivityChange,
    Band,
    Cue,
    CueKind,
    Estimate,
    Fault,
    Gap,
    Metric,
    Problem,
    Readiness,
    SensorProblem,
    Side,
    Step,
)
from monitor.core.errors import StoreError
from monitor.core.records import LinkState, Out, SensorStatus, SessionEnded, SessionStarted, SinkStatus
from monitor.storage import migrations
from monitor.storage.record_rows import note_from_row
from monitor.storage.session_info import SessionInfo, SessionStatus
from monitor.storage.store import Store
from monitor.storage.tape_archive import remove_tape, tape_file

RUN = SessionInfo(
    id="2026-01-01T07-00-00-me", athlete="me", title="easy", started_utc="2026-01-01T07:00:00"
)
RECORDS: list[Out] = [
    SessionStarted(RUN.id, "me", RUN.started_utc, ("left",)),
    Readiness(1.0, "left", 3, 20),
    ActivityChange(2.0, Activity.RUN, 4.0),
    Step("left", Side.LEFT, 4.1, 4.35, (Estimate("cadence_spm", 171.0, 0.4, "foot"),)),
    Step("belt", None, 4.4, None, (Estimate("contact_ms", 251.5, 14.0, "model"),)),
    Step("right", Side.RIGHT, 4.8, None, ()),
    Metric(5.0, None, Estimate("cadence_spm", 170.5, 0.3, "foot")),
    Metric(5.0, Side.LEFT, Estimate("contact_ms", 250.0, 3.0, "foot")),
    Gap("left", 6.0, 6.5),
    SensorProblem(6.5, "left", Problem.CLIPPED),
    Band(7.0, "cadence_spm", 175.0, 170.0, 182.0, "warm-up"),
    Cue(8.0, CueKind.CORRECT, Fault.CADENCE_LOW, "cadence_spm", 165.0, 175.0, "quick", 11.0),
    SensorStatus(8.5, "left", LinkState.SILENT, "silent for 3 s", 100, 2, silent_s=3.0),
    SinkStatus(8.5, "mqtt", False, "away", 12, 0),
    SessionEnded(RUN.id, 9.0, "the input ended"),
]


@pytest.fixture
def store(tmp_path: Path):
    with Store(tmp_path / "gaitcue.db") as made:
        made.begin(RUN)
        yield made


def test_every_kind_of_record_comes_back_in_order(store: Store) -> None:
    store.write(RUN.id, RECORDS[:6])
    store.write(RUN.id, RECORDS[6:])
    assert store.records(RUN.id) == RECORDS
    assert store.steps(RUN.id) == RECORDS[3:6]
    assert store.metrics(RUN.id, ["contact_ms"]) == [RECORDS[7]]
    assert store.gaps(RUN.id) == [RECORDS[8]]
    assert store.events(RUN.id) == [r for r in RECORDS if not isinstance(r, (Step, Metric, Gap))]


def test_the_activity_that_held_is_the_last_one_stored_before_a_row(store: Store) -> None:
    walks = ActivityChange(20.0, Activity.WALK, 21.0)
    store.write(RUN.id, [*RECORDS, walks])
    rows = {record: row for row, _, record in store.page(RUN.id) if isinstance(record, ActivityChange)}
    runs = RECORDS[2]
    assert isinstance(runs, ActivityChange)
    assert store.activity(RUN.id, rows[runs]) is None
    assert store.activity(RUN.id, rows[walks]) == runs
    assert store.activity(RUN.id, rows[walks] + 1) == walks


def test_columns_say_what_the_steps_say(store: Store) -> None:
    store.write(RUN.id, RECORDS)
    columns = store.step_columns(RUN.id)
    assert columns.side.tolist() == ["L", "", "R"]
    assert columns.ic_s.tolist() == [4.1, 4.4, 4.8]
    assert np.array_equal(columns.to_s, [4.35, np.nan, np.nan], equal_nan=True)
    assert np.array_equal(columns.values["cadence_spm"], [171.0, np.nan, np.nan], equal_nan=True)


def test_a_session_goes_through_its_life(store: Store) -> None:
    assert store.session(RUN.id).status is SessionStatus.LIVE
    store.end(RUN.id, 9.0)
    store.rename(RUN.id, "hills")
    store.tag(RUN.id, ["trail", "old shoes"])
    info = store.session(RUN.id)
    assert (info.status, info.duration_s, info.title) == (SessionStatus.COMPLETE, 9.0, "hills")
    assert info.tags == ("trail", "old shoes")
    store.delete(RUN.id)
    assert store.sessions() == []
    with pytest.raises(StoreError, match="there is no run"):
        store.session(RUN.id)


def test_an_outbox_forgets_nothing_and_repeats_nothing(store: Store) -> None:
    store.write(RUN.id, RECORDS)
    taken: list[Out] = []
    while waiting := store.outbox("influx", limit=4):
        taken += [record for _, _, record in waiting]
        store.acknowledge("influx", waiting[-1][0])
    assert taken == RECORDS
    assert store.backlog("influx") == 0
    assert store.backlog("mqtt") == len(RECORDS)
    store.acknowledge("influx", 1)  # an old acknowledgement that comes late changes nothing
    assert store.outbox("influx") == []


def test_a_write_that_fails_leaves_nothing_behind(store: Store) -> None:
    with pytest.raises(StoreError, match="there is no run"):
        store.write("2000-01-01T00-00-00-nobody", RECORDS)
    store.write(RUN.id, RECORDS[:1])
    assert store.records(RUN.id) == RECORDS[:1]


def test_a_full_disk_is_told_and_what_was_stored_stays(store: Store) -> None:
    store.write(RUN.id, RECORDS)
    (pages,) = store._db.execute("PRAGMA page_count").fetchone()
    store._db.execute(f"PRAGMA max_page_count={pages}")  # SQLite then reports a full disk
    with pytest.raises(StoreError, match="full"):
        store.write(RUN.id, RECORDS * 500)
    assert store.records(RUN.id) == RECORDS
    store._db.execute("PRAGMA max_page_count=1000000")
    store.write(RUN.id, RECORDS * 500)
    assert len(store.records(RUN.id)) == 501 * len(RECORDS)


@pytest.mark.parametrize("version", range(1, migrations.SCHEMA_VERSION))
def test_a_store_of_every_older_version_is_brought_up_to_date(version: int, tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    old = sqlite3.connect(path, isolation_level=None)
    for migration in migrations.MIGRATIONS[:version]:
        old.executescript(migration)
    old.execute(f"PRAGMA application_id={migrations.APPLICATION_ID}")
    old.execute(f"PRAGMA user_version={version}")
    old.execute(
        "INSERT INTO session (id, athlete, title, started_utc, ended, duration_s, status, sensors, tape,"
        " settings, version)"
        " VALUES ('s', 'me', 'old', '2025-01-01T07:00:00+00:00', 1, 60, 'complete', '[]', '', '{}', '0')"
    )
    old.close()
    with Store(path) as store:
        assert store.session("s").title == "old"
        store.write("s", RECORDS)
        assert store.records("s") == RECORDS


def test_a_newer_or_foreign_file_is_not_touched(tmp_path: Path) -> None:
    newer, foreign = tmp_path / "newer.db", tmp_path / "foreign.db"
    for path, pragma in (
        (newer, f"PRAGMA application_id={migrations.APPLICATION_ID}; PRAGMA user_version=999"),
        (foreign, "PRAGMA application_id=7"),
    ):
        db = sqlite3.connect(path)
        db.executescript(f"CREATE TABLE other (x); {pragma}")
        db.close()
    for path, why in ((newer, "newer version"), (foreign, "another program")):
        with pytest.raises(StoreError, match=why):
            Store(path)
        db = sqlite3.connect(path)
        assert db.execute("SELECT name FROM sqlite_master").fetchall() == [("other",)]
        db.close()


def test_a_session_is_completed_by_one_program_only(tmp_path: Path) -> None:
    """Two that start at the same moment find the same killed run; one of them adds what is missing."""
    with Store(tmp_path / "s.db") as first, Store(tmp_path / "s.db") as second:
        first.begin(SessionInfo(id="a", athlete="me", title="", started_utc="2026-01-01T00:00:00+00:00"))
        ended = SessionEnded("a", 9.0, "recovered")
        assert first.complete("a", [ended], 9.0, SessionStatus.RECOVERED)
        assert not second.complete("a", [ended], 9.0, SessionStatus.RECOVERED)
        assert second.records("a") == [ended]


def test_pain_beyond_its_scale_is_not_known() -> None:
    row = (1, "pain", 60.0, 99.0, "knee", "2026-05-01T07:00:00+00:00")
    assert note_from_row(row).value is None
    assert note_from_row((*row[:3], 10.0, *row[4:])).value == 10.0


def test_a_copied_folder_has_its_own_tapes(tmp_path: Path) -> None:
    """It read those of the original, and deleting a run in it would have deleted them there."""
    tapes = tmp_path / "first" / "tapes"
    tapes.mkdir(parents=True)
    with Store(tmp_path / "first" / "s.db") as store:
        for name in ("a.tape", "b.tape.xz"):
            (tapes / name).write_bytes(b"x")
            info = SessionInfo(id=name[0], athlete="me", title="", started_utc="2026-01-01T00:00:00+00:00")
            store.begin(replace(info, tape=str(tapes / name.removesuffix(".xz"))))
    shutil.copytree(tmp_path / "first", tmp_path / "second")
    with Store(tmp_path / "second" / "s.db") as store:
        assert {Path(info.tape).parent for info in store.sessions()} == {tmp_path / "second" / "tapes"}
        assert Path(store.session("a").tape).parent == tmp_path / "second" / "tapes"


def test_a_copy_whose_own_tape_is_gone_has_none(tmp_path: Path) -> None:
    """It named the original's, and exported, compressed or deleted that."""
    tape = tmp_path / "first" / "tapes" / "a.tape"
    tape.parent.mkdir(parents=True)
    tape.write_bytes(b"x")
    with Store(tmp_path / "first" / "s.db") as store:
        info = SessionInfo(id="a", athlete="me", title="", started_utc="2026-01-01T00:00:00+00:00")
        store.begin(replace(info, tape=str(tape)))
    shutil.copytree(tmp_path / "first", tmp_path / "second")
    (tmp_path / "second" / "tapes" / "a.tape").unlink()
    with Store(tmp_path / "second" / "s.db") as store:
        (info,) = store.sessions()
        assert tape_file(info) is None
        assert remove_tape(info) == 0
        assert tape.read_bytes() == b"x"
    with Store(tmp_path / "first" / "s.db") as store:
        assert tape_file(store.session("a")) == tape


def test_a_folder_from_windows_has_its_tapes_elsewhere(tmp_path: Path) -> None:
    with Store(tmp_path / "s.db") as store:
        info = SessionInfo(id="a", athlete="me", title="", started_utc="2026-01-01T00:00:00+00:00")
        store.begin(replace(info, tape=r"C:\Users\me\gaitcue\tapes\a.tape"))
        assert store.session("a").tape == str(tmp_path / "tapes" / "a.tape")
