"""Days whose runs have changed are noted until they were told, and what comes meanwhile is not lost."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from monitor.storage.changed_days import (
    dates_of_run,
    forget_changed_days,
    note_changed_run,
    read_changed_days,
)
from monitor.storage.session_edit import delete_session
from monitor.storage.session_info import SessionInfo
from monitor.storage.store import Store

LATE = SessionInfo(
    id="a", athlete="ann", title="", started_utc="2026-03-09T23:30:00+00:00", utc_offset_s=3600
)
NINTH, TENTH = datetime.date(2026, 3, 9), datetime.date(2026, 3, 10)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "gaitcue.db") as made:
        yield made


def test_a_run_late_in_the_evening_has_two_dates() -> None:
    assert dates_of_run(LATE) == {NINTH, TENTH}


def test_a_run_past_midnight_is_of_every_date_that_it_touches() -> None:
    by_utc = replace(LATE, utc_offset_s=0)
    assert dates_of_run(replace(by_utc, duration_s=1799.0)) == {NINTH}
    assert dates_of_run(replace(by_utc, duration_s=1801.0)) == {NINTH, TENTH}
    long = dates_of_run(replace(by_utc, duration_s=36 * 3600.0))
    assert long == {NINTH, TENTH, TENTH + datetime.timedelta(days=1)}


def test_a_deleted_run_is_noted_where_somebody_was_told_of_runs(store: Store, tmp_path: Path) -> None:
    for told in (False, True):
        if told:
            store.acknowledge("influx", 0)
        store.begin(LATE)
        store.end("a", 5.0)
        delete_session(store, store.session("a"))
        assert read_changed_days(store).days == ({"ann": {NINTH, TENTH}} if told else {})
    assert (tmp_path / "changed-days.jsonl").stat().st_mode & 0o077 == 0


def test_what_is_noted_while_others_are_told_waits(store: Store) -> None:
    store.acknowledge("influx", 0)
    note_changed_run(store, LATE)
    first = read_changed_days(store)
    note_changed_run(
        store, SessionInfo(id="b", athlete="ben", title="", started_utc="2026-03-09T08:00:00Z")
    )
    forget_changed_days(store, first)
    assert read_changed_days(store).days.keys() == {"ben"}
    forget_changed_days(store, read_changed_days(store))
    assert read_changed_days(store).days == {}
    note_changed_run(store, LATE)
    assert read_changed_days(store).days.keys() == {"ann"}


def test_a_torn_line_costs_itself_alone(store: Store, tmp_path: Path) -> None:
    store.acknowledge("influx", 0)
    note_changed_run(store, LATE)
    with (tmp_path / "changed-days.jsonl").open("ab") as file:
        file.write(b'["ann", "2026-\n')
    note_changed_run(
        store, SessionInfo(id="b", athlete="ben", title="", started_utc="2026-03-09T08:00:00Z")
    )
    assert read_changed_days(store).days.keys() == {"ann", "ben"}
