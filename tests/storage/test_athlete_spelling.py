"""Two runners whose names differ in capitals alone: there is only one, as their files may be one."""

from __future__ import annotations

import datetime
from dataclasses import replace
from pathlib import Path

import pytest

from monitor.core.errors import InputError, StoreError
from monitor.core.records import SessionStarted
from monitor.core.session_settings import SessionSettings
from monitor.review.training_plan import PlanKeeper, new_entry
from monitor.storage.athlete_spelling import require_file_spelling, require_spelling
from monitor.storage.new_session import begin_session
from monitor.storage.plan_file import Plan, plan_path, read_plan, write_plan
from monitor.storage.store import Store

STARTED = SessionStarted("2026-11-24T12-00-00-Ann", "Ann", "2026-11-24T12:00:00+00:00", ())
NOON = datetime.datetime(2026, 11, 24, 12, tzinfo=datetime.UTC)


@pytest.mark.parametrize("name", ["ann", "ANN", "anN"])
def test_a_new_name_in_other_capitals_is_refused_with_the_one_that_is_there(name: str) -> None:
    with pytest.raises(InputError, match=r"a runner Ann already.* write Ann"):
        require_spelling(name, ["ben", "Ann"])


@pytest.mark.parametrize("name", ["Ann", "Anna", "än", "ben"])
def test_other_names_are_taken_and_so_is_one_that_is_there(name: str) -> None:
    require_spelling(name, ["ben", "Ann", "ann"])


def test_a_run_of_such_a_name_does_not_begin(tmp_path: Path) -> None:
    with Store(tmp_path / "gaitcue.db") as store:
        begin_session(store, tmp_path, "run", SessionSettings(), STARTED).close()
        other = replace(STARTED, session="2026-11-25T12-00-00-ann", athlete="ann")
        with pytest.raises(InputError, match="a runner Ann already"):
            begin_session(store, tmp_path, "run", SessionSettings(), other)
        assert [info.athlete for info in store.sessions()] == ["Ann"]
        again = replace(STARTED, session="2026-11-26T12-00-00-Ann")
        begin_session(store, tmp_path, "run", SessionSettings(), again).close()


def test_nobody_reads_adds_to_or_deletes_the_log_of_such_a_name(tmp_path: Path) -> None:
    PlanKeeper(tmp_path, "Ann").add(new_entry("declare", {}, NOON))
    other = PlanKeeper(tmp_path, "ann")
    for touch in (
        other.log.lines,
        other.delete,
        lambda: other.add(new_entry("declare", {}, NOON)),
        lambda: other.load_stop(NOON.date()),
    ):
        with pytest.raises(StoreError, match="a runner Ann already"):
            touch()
    assert len(PlanKeeper(tmp_path, "Ann").log.lines()) == 1


def test_nor_what_was_learned_of_the_runs(tmp_path: Path) -> None:
    write_plan(plan_path(tmp_path, "Ann"), Plan(seen=("a",)))
    assert read_plan(plan_path(tmp_path, "Ann")).seen == ("a",)
    with pytest.raises(StoreError, match="a runner Ann already"):
        read_plan(plan_path(tmp_path, "ann"))


def test_a_folder_that_is_not_there_holds_nobody(tmp_path: Path) -> None:
    require_file_spelling(tmp_path / "nowhere" / "ann.jsonl")
