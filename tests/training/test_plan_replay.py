"""A replay decides every day once, as it was decided then; a day costs no more late than early."""

from __future__ import annotations

import sys
from collections.abc import Callable

import pytest

from bench.plan import plan_entries, plan_runs_of_years
from monitor.training.cadence_steps import StepPlace
from monitor.training.plan_replay import decide, replay_plan, replayed_days
from monitor.training.plan_settings import PlanSettings
from monitor.training.plan_state import PlanBookmark, PlanRules
from monitor.training.table_files import shipped_tables
from tests.training.diary import Diary, calm_then_rebuild, date, in_full

RULES = PlanRules(settings=Diary().settings, tables=shipped_tables())


def calls_of(run: Callable[[], object]) -> int:
    """How many functions of Python were entered."""
    calls = 0

    def count(_frame: object, event: str, _arg: object) -> None:
        nonlocal calls
        calls += event == "call"

    sys.setprofile(count)
    try:
        run()
    finally:
        sys.setprofile(None)
    return calls


def test_twice_the_days_cost_little_more_than_twice_the_work() -> None:
    entries, runs = plan_entries(1), plan_runs_of_years(1)
    first = entries[0].day  # type: ignore[union-attr]
    year, half = (first.replace(year=2026, month=m, day=28) for m in (12, 6))

    def replay(until: object) -> Callable[[], object]:
        return lambda: replayed_days(entries, runs, PlanSettings(), until)  # type: ignore[arg-type]

    days = (year - first).days / (half - first).days
    replay(half)()  # what is read once is read
    assert calls_of(replay(year)) < 1.15 * days * calls_of(replay(half))


def test_a_change_of_phase_does_not_work_out_all_steps_of_cadence_anew(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """There are 14 of them in this year, and 225 runs, each of which has its verdict a day later."""
    runs, worked_out = plan_runs_of_years(1), list[StepPlace]()
    after = StepPlace.after
    monkeypatch.setattr(StepPlace, "after", lambda self, r: worked_out.append(self) or after(self, r))
    last = replayed_days(plan_entries(1), runs, PlanSettings(), runs[-1].day)[-1]
    assert len(last.changes) > 5
    assert len(worked_out) < 2.5 * len(runs)


def test_a_replay_that_goes_on_from_a_bookmark_is_that_from_the_beginning() -> None:
    diary = in_full()
    whole = list(replay_plan(diary.entries, diary.runs, RULES, date(43)))
    mark = PlanBookmark(whole[20].day, whole[20].state)
    rest = replay_plan(diary.entries, diary.runs, RULES, date(43), mark)
    assert [d.decision for d in rest] == [d.decision for d in whole[21:]]
    assert whole[-1].decision == decide(diary.entries, diary.runs, diary.settings, date(43))


def test_before_its_runs_a_day_allows_what_it_does_without_them() -> None:
    diary = calm_then_rebuild()
    *_, ran = replay_plan(diary.entries, diary.runs, RULES, date(5))
    entries = [e for e in diary.entries if e.day < date(5)]  # type: ignore[union-attr]
    rested = Diary(entries=entries, runs=diary.runs[:-1])
    rested.morning(5)
    assert ran.decision_before_runs.allowance == rested.on(5).allowance
    assert ran.decision.allowance != rested.on(5).allowance
    *_, unasked = replay_plan(diary.entries, diary.runs, RULES, date(5), mornings_from=date(6))
    assert unasked.decision_before_runs == ran.decision
