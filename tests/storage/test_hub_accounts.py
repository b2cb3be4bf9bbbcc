"""How far runs got: sent from here, or taken from the log of a hub."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from dsp.types import Gap
from monitor.core.errors import InputError
from monitor.storage.hub_accounts import SentRun
from monitor.storage.session_info import SessionInfo
from monitor.storage.store import Store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "gaitcue.db") as made:
        yield made


def begin(store: Store, name: str, source: str = "", tape: str = "x.tape") -> None:
    info = SessionInfo(
        id=name,
        athlete="me",
        title="run",
        started_utc="2026-01-01T00:00:00+00:00",
        tape=tape,
        source=source,
    )
    store.begin(info)


def test_runs_that_were_recorded_here_wait_the_newest_first(store: Store) -> None:
    begin(store, "a")
    begin(store, "b")
    begin(store, "imported", source="0:1")
    begin(store, "from a hub", tape="")
    assert store.runs_to_send() == [SentRun("b", 0, False), SentRun("a", 0, False)]


def test_what_was_sent_is_remembered_and_never_goes_back(store: Store) -> None:
    begin(store, "a")
    store.note_sent(SentRun("a", 7, False))
    store.note_sent(SentRun("a", 5, False))
    assert store.runs_to_send() == [SentRun("a", 7, False)]
    store.note_sent(SentRun("a", 7, True))
    store.note_sent(SentRun("a", 7, False))
    assert store.runs_to_send() == []


def test_runs_from_before_the_first_hub_are_not_sent(store: Store) -> None:
    begin(store, "old")
    store.end("old", 10.0)
    begin(store, "of now")
    store.skip_runs_before_hub()
    assert [run.session for run in store.runs_to_send()] == ["of now"]


def test_runs_that_waited_for_the_hub_are_not_skipped_later(store: Store) -> None:
    begin(store, "first")
    store.skip_runs_before_hub()
    store.end("first", 10.0)  # the hub was away all the time
    begin(store, "second")
    store.end("second", 10.0)
    store.skip_runs_before_hub()
    assert [run.session for run in store.runs_to_send()] == ["second", "first"]


def test_numbered_records_are_stored_once(store: Store) -> None:
    begin(store, "a")
    gaps = [Gap("footL", n, n + 0.5) for n in range(10)]
    assert store.write_numbered("a", 0, gaps[:4]) == gaps[:4]
    assert store.write_numbered("a", 2, gaps[2:6]) == gaps[4:6]
    assert store.write_numbered("a", 0, gaps[:3]) == []
    assert store.write_numbered("a", 6, gaps[6:]) == gaps[6:]
    assert store.records("a") == gaps
    assert store.hub_records("a") == (0, 10)


def test_a_hole_in_the_numbers_is_refused_and_changes_nothing(store: Store) -> None:
    begin(store, "a")
    with pytest.raises(InputError, match="records 0 to 3"):
        store.write_numbered("a", 3, [Gap("footL", 0, 1)])
    assert store.records("a") == []


def test_a_deleted_session_leaves_no_account(store: Store) -> None:
    begin(store, "a")
    store.note_sent(SentRun("a", 3, False))
    store.delete("a")
    begin(store, "a")
    assert store.runs_to_send() == [SentRun("a", 0, False)]


def test_a_newer_edition_takes_the_place_of_all_that_was_stored(store: Store) -> None:
    begin(store, "a", source="hub:x")
    gaps = [Gap("footL", n, n + 0.5) for n in range(10)]
    store.write_numbered("a", 0, gaps[:6])
    store.end("a", 6.0)
    with pytest.raises(InputError, match="records 0 to 2"):
        store.write_numbered("a", 2, gaps[2:], 1)
    assert store.session("a").ended
    assert store.write_numbered("a", 0, gaps[1:3], 1) == gaps[1:3]
    assert (store.records("a"), store.session("a").ended) == (gaps[1:3], False)
    assert store.write_numbered("a", 6, gaps[6:], 0) == (), "an older edition adds nothing to it"
    store.write_numbered("a", 0, gaps[1:], 1)
    assert (store.records("a"), store.hub_records("a")) == (gaps[1:], (1, 9))


def test_a_run_whose_tape_is_written_anew_is_sent_from_its_beginning(store: Store) -> None:
    store.skip_runs_before_hub()
    begin(store, "a")
    store.note_sent(SentRun("a", 7, True))
    store.send_anew("a")
    assert store.runs_to_send() == [SentRun("a", 0, False, 1)]
    store.note_sent(SentRun("a", 9, True))  # what was read before
    assert store.runs_to_send() == [SentRun("a", 0, False, 1)]
    store.note_sent(SentRun("a", 9, True, 1))
    assert store.runs_to_send() == []


def test_a_run_of_which_nothing_came_in_time_is_sent_once_something_did(store: Store) -> None:
    store.skip_runs_before_hub()
    begin(store, "a")
    store.note_sent(SentRun("a", 0, True))  # its tape was empty
    store.send_anew("a")
    assert store.runs_to_send() == [SentRun("a", 0, False, 1)]


def test_a_run_from_before_the_first_hub_stays_unsent_whatever_comes_late(store: Store) -> None:
    begin(store, "before any hub")
    store.end("before any hub", 10.0)
    store.send_anew("before any hub")
    store.skip_runs_before_hub()
    store.send_anew("before any hub")
    assert store.runs_to_send() == []
