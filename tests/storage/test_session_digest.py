"""What is stored of an ended session is what was stored; if a disk changed it, that is told."""

from __future__ import annotations

import datetime
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dsp.types import Cue, CueKind, Estimate, Gap, Metric, Side, Step
from monitor.core.activity_facts import ActivityFacts, PlaceTrack
from monitor.core.errors import StoreError
from monitor.core.records import SessionEnded
from monitor.simulation.simulated_runner import simulated_recording
from monitor.storage.database import damage_mark
from monitor.storage.import_recording import import_recording
from monitor.storage.reanalysis import reanalyze
from monitor.storage.recovery import rebuild_session
from monitor.storage.salvage import salvage_store
from monitor.storage.session_digest import ANALYZED, DESCRIBED, MEASURED, NOTED, PLACED, SAID
from monitor.storage.session_info import SessionStatus
from monitor.storage.store import Store
from tests.deep import example_count
from tests.finished_run import add_run
from tests.storage_of_files import copy_store

NOON = datetime.datetime(2026, 11, 24, 12, tzinfo=datetime.UTC)
RUN = "2026-11-24T12-00-00-me"
OTHER = "2026-11-25T12-00-00-me"
STEP = Step("footL", Side.LEFT, 1.0, 1.25, (Estimate("gct_s", 0.25, 0.01, "seen"),))
METRIC = Metric(1.0, None, Estimate("cadence_spm", 170.0, 1.0, "fit"))
CUE = Cue(20.0, CueKind.NOTICE, None, "cadence_spm", 165.0, 170.0, "metronome", 25.0)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with two sessions that have some of everything; only to be copied."""
    folder = tmp_path_factory.mktemp("whole")
    places = PlaceTrack(*np.array([[0.0, 48.1, 11.5, 500.0], [1.0, 48.2, 11.6, np.nan]]).T)
    with Store(folder / "gaitcue.db") as store:
        for day in range(2):
            began = NOON + datetime.timedelta(days=day)
            info = import_recording(store, folder, simulated_recording(12.0), "me", began)
            store.add_note(info.id, "note", f"day {day}")
            store.add_facts(info.id, ActivityFacts("running", track=places))
            store.add_analysis(info.id, "form", "1", NOON.isoformat(), {"x": 1})
            store.write(info.id, [CUE, Gap("footL", 3.0, 4.0)])
    return folder


@pytest.fixture
def store(whole: Path, tmp_path: Path) -> Iterator[Store]:
    with Store(copy_store(whole, tmp_path / "copy") / "gaitcue.db") as opened:
        yield opened


def change(store: Store, sql: str) -> None:
    """Change the database as nobody but a disk does."""
    db = sqlite3.connect(store.path)
    with db:
        assert db.execute(sql).rowcount
    db.close()


def drop_digests(store: Store) -> None:
    change(store, "DELETE FROM analysis WHERE kind = 'digest'")


@pytest.mark.parametrize(
    ("sql", "part"),
    [
        ("UPDATE step SET ic_s = ic_s + 1e-9 WHERE row = (SELECT min(row) FROM step)", MEASURED),
        ("UPDATE step SET side = NULL WHERE row = (SELECT max(row) FROM step WHERE session < '2026-11-25')",
         MEASURED),
        ("UPDATE step SET estimates = substr(estimates, 1, 20) WHERE row = (SELECT min(row) FROM step)",
         MEASURED),
        ("UPDATE step SET estimates = x'00' WHERE row = (SELECT min(row) FROM step)", MEASURED),
        ("UPDATE metric SET value = value + 1 WHERE row = (SELECT min(row) FROM metric)", MEASURED),
        ("UPDATE metric SET value = 1e999 WHERE row = (SELECT min(row) FROM metric)", MEASURED),
        ("DELETE FROM metric WHERE row = (SELECT min(row) FROM metric)", MEASURED),
        ("UPDATE word SET text = text || 'x'", MEASURED),
        ("UPDATE gap SET end_s = 3.5", MEASURED),
        ("UPDATE event SET body = replace(body, '20', '21') WHERE kind = 'cue'", SAID),
        ("UPDATE session SET title = title || '.'", DESCRIBED),
        ("UPDATE note SET text = text || '.'", NOTED),
        ("UPDATE track SET lat_deg = 47", PLACED),
        ("UPDATE analysis SET body = '{}' WHERE kind = 'form'", ANALYZED),
    ],
)  # fmt: skip
def test_what_changed_by_itself_is_told(store: Store, sql: str, part: str) -> None:
    assert store.damaged_parts(RUN) == ()
    change(store, sql)
    assert store.damaged_parts(RUN) == (part,)


WRITES: dict[str, Callable[[Store], object]] = {
    "write": lambda store: store.write(RUN, [STEP, METRIC, CUE]),
    "end": lambda store: store.end(RUN, 13.0),
    "rename": lambda store: store.rename(RUN, "other"),
    "tag": lambda store: store.tag(RUN, ["effort=3", "wet"]),
    "move_tape": lambda store: store.move_tape(RUN, "elsewhere"),
    "claim_source": lambda store: store.claim_source(RUN, "x"),
    "add_facts": lambda store: store.add_facts(RUN, ActivityFacts("walking", steps=12)),
    "add_note": lambda store: store.add_note(RUN, "pain", "knee", value=2.0),
    "remove_note": lambda store: store.remove_note(RUN, store.notes(RUN)[0].id),
    "add_analysis": lambda store: store.add_analysis(RUN, "form", "1", NOON.isoformat(), {"x": 2}),
    "replace_measurements": lambda store: store.replace_measurements(RUN, [STEP, METRIC], "9"),
    "forget_health": lambda store: store.forget_health(RUN),
    "clear": lambda store: store.clear(RUN),
    "complete": lambda store: store.complete(
        RUN, [STEP, SessionEnded(RUN, 9.0, "x")], 9.0, SessionStatus.RECOVERED, anew=True, live=False
    ),
    "reanalyze": lambda store: reanalyze(store, store.session(RUN)),
    "rebuild": lambda store: rebuild_session(store, store.session(RUN)),
}


@pytest.mark.parametrize("name", WRITES)
def test_a_write_of_our_own_is_no_damage(store: Store, name: str) -> None:
    for first in ("add_note", "tag", name):
        WRITES[first](store)
    assert store.damaged_parts(RUN) == store.damaged_parts(OTHER) == ()
    for part_sql in ("UPDATE session SET title = title || '.'", "UPDATE track SET lat_deg = 47"):
        change(store, part_sql)
    assert store.damaged_parts(RUN) == (DESCRIBED, PLACED)


@pytest.mark.parametrize("name", sorted(set(WRITES) - {"clear", "complete", "reanalyze", "rebuild",
                                                       "replace_measurements"}))  # fmt: skip
def test_a_later_write_does_not_hide_the_damage(store: Store, name: str) -> None:
    for table, column in (("metric", "value"), ("note", "value"), ("session", "duration_s")):
        change(store, f"UPDATE {table} SET {column} = 7.5 WHERE rowid = (SELECT min(rowid) FROM {table})")
    change(store, "UPDATE track SET lat_deg = 47")
    WRITES[name](store)
    assert store.damaged_parts(RUN) == (MEASURED, DESCRIBED, NOTED, PLACED)


@pytest.mark.parametrize("name", ["reanalyze", "rebuild"])
def test_numbers_that_are_made_anew_are_no_damage_but_what_lay_beside_them_is(
    store: Store, name: str
) -> None:
    change(store, "UPDATE metric SET value = 7.5 WHERE row = (SELECT min(row) FROM metric)")
    change(store, "UPDATE note SET text = text || '.'")
    WRITES[name](store)
    assert store.damaged_parts(RUN) == (NOTED,)


def test_a_session_of_an_older_version_says_nothing_until_it_is_computed_again(store: Store) -> None:
    drop_digests(store)
    WRITES["tag"](store)
    change(store, "UPDATE metric SET value = value + 1")
    assert store.damaged_parts(RUN) == ()
    assert store.digested_sessions() == []
    reanalyze(store, store.session(RUN))
    assert store.digested_sessions() == [RUN]
    change(store, "UPDATE metric SET value = value + 1")
    assert (store.damaged_parts(RUN), store.damaged_parts(OTHER)) == ((MEASURED,), ())


def test_a_session_that_goes_on_has_none_and_a_failed_end_leaves_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Store(tmp_path / "gaitcue.db") as store:
        name = add_run(store)
        assert store.digested_sessions() == [name]
        monkeypatch.setattr(Store, "_complete_digest", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            add_run(store, OTHER)
        assert not store.session(OTHER).ended
        assert store.digested_sessions() == [name]


def test_a_digest_that_is_damaged_itself_accuses_nobody(store: Store) -> None:
    change(store, "UPDATE analysis SET body = replace(body, 'a', 'b') WHERE kind = 'digest'")
    assert store.damaged_parts(RUN) == ()


def test_digests_hold_in_a_copy_and_in_what_is_saved_of_a_damaged_database(store: Store) -> None:
    store.copy_to(store.path.with_name("copy.db"))
    with Store(store.path.with_name("copy.db")) as copy:
        assert copy.digested_sessions() == [RUN, OTHER]
        assert copy.damaged_parts(RUN) == ()
    store.close()
    db = sqlite3.connect(store.path)
    with db:
        db.execute("INSERT INTO metric VALUES (999999, 'nobody', 'x', NULL, 'a', 1, 1, 'b')")
    db.close()
    assert salvage_store(store.path, NOON).rows > 100
    with Store(store.path) as saved:
        assert saved.digested_sessions() == [RUN, OTHER]
        assert saved.damaged_parts(RUN) == saved.damaged_parts(OTHER) == ()


def test_a_page_that_sqlite_cannot_read_is_damage_and_the_next_start_mends_it(store: Store) -> None:
    (page,) = store._db.execute("SELECT rootpage FROM sqlite_master WHERE name = 'gap'").fetchone()
    (size,) = store._db.execute("PRAGMA page_size").fetchone()
    store.close()
    data = bytearray(store.path.read_bytes())
    data[(page - 1) * size] = 0xEE
    store.path.write_bytes(data)
    with Store(store.path) as damaged:
        assert MEASURED in damaged.damaged_parts(RUN)
    assert damage_mark(store.path).exists()


def test_the_columns_are_those_of_which_the_digests_of_today_are_made(store: Store) -> None:
    """Whoever adds one must raise ``_FORM`` too, or every stored digest would accuse its session."""
    columns = {
        table: " ".join(name for _, name, *_ in store._db.execute(f"PRAGMA table_info({table})"))
        for table in ("step", "metric", "gap", "event", "note", "track", "analysis", "session")
    }
    assert columns == {
        "step": "row session sensor side ic_s to_s estimates",
        "metric": "row session t_s side name value sd how",
        "gap": "row session sensor start_s end_s",
        "event": "row session kind body",
        "note": "id session kind t_s value text made_utc",
        "track": "session t_s lat_deg lon_deg altitude_m",
        "analysis": "id session kind version made_utc body",
        "session": "id athlete title started_utc ended duration_s status sensors tape settings version tags"
        " sport sub_sport utc_offset_s source counted_steps",
    }


def test_the_digest_of_the_same_rows_is_the_same_for_good(tmp_path: Path) -> None:
    with Store(tmp_path / "gaitcue.db") as store:
        name = add_run(store)
        store.write(name, [STEP, METRIC, Gap("footL", 3.0, 4.0), Metric(2.0, Side.LEFT, METRIC.estimate)])
        (digest,) = store.analyses(name, "digest")
        assert (digest[MEASURED], digest[SAID]) == GOLDEN


GOLDEN = ("83f31722a48f2c72dc48f6e4775d90b8", "b338f4b41fd974f77f6f20aaa3f155c5")


def view(path: Path) -> object:
    """All that is shown of both sessions."""
    with Store(path) as store:
        return [
            repr((
                store.session(name), store.records(name), store.notes(name), store.track(name),
                store.step_columns(name), store.metric_rows(name), store.metric_rows(name, ["cadence_spm"]),
                store.analyses(name, "form"), store.count(name),
            ))
            for name in (RUN, OTHER)
        ]  # fmt: skip


@pytest.fixture(scope="module")
def pages(whole: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, bytes, list[int], object]:
    """A file to be spoiled, its bytes, the places of the pages of a session's rows, what is shown of it."""
    folder = copy_store(whole, tmp_path_factory.mktemp("pages"))
    path = folder / "gaitcue.db"
    db = sqlite3.connect(path)
    tables = "('session', 'word', 'step', 'metric', 'gap', 'event', 'note', 'track', 'analysis')"
    sql = f"SELECT rootpage FROM sqlite_master WHERE tbl_name IN {tables}"
    roots = [page for (page,) in db.execute(sql)]
    (size,) = db.execute("PRAGMA page_size").fetchone()
    (count,) = db.execute("PRAGMA page_count").fetchone()
    schema = {page for (page,) in db.execute("SELECT rootpage FROM sqlite_master")} - set(roots)
    db.close()
    mine = [page for page in range(2, count + 1) if page not in schema]
    places = [(page - 1) * size + at for page in mine for at in range(size)]
    return path, path.read_bytes(), places, view(path)


@given(place=st.integers(0, 2**31), change_of=st.integers(1, 255))
@settings(
    max_examples=example_count(60, 2000), deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)  # fmt: skip
def test_any_byte_of_a_page_that_changes_is_told_or_changes_nothing_to_be_seen(
    pages: tuple[Path, bytes, list[int], object], place: int, change_of: int
) -> None:
    path, before, places, shown = pages
    at = places[place % len(places)]
    for ending in ("-wal", "-shm", "-is-damaged"):
        path.with_name(path.name + ending).unlink(missing_ok=True)
    path.write_bytes(before[:at] + bytes([before[at] ^ change_of]) + before[at + 1 :])
    try:
        with Store(path) as store:
            told = [name for name in (RUN, OTHER) if store.damaged_parts(name)]
        seen = view(path)
    except StoreError:
        return  # told too: it is set aside at the next start
    assert told or seen == shown
