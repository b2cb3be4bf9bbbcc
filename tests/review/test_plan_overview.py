"""What a view of the plan shows: past days with what was allowed before the run, and kept decisions."""

from __future__ import annotations

import pytest

from monitor.review.plan_overview import (
    ladder_view,
    past_days,
)
from monitor.training.entries import AfterEntry, ManualRunEntry
from monitor.training.tables import Phase
from tests.review.plan_days import plan_of
from tests.training.diary import Diary, calm_then_rebuild, date


def test_a_past_day_shows_what_was_allowed_before_its_run() -> None:
    days = {d.day: d for d in past_days(plan_of(calm_then_rebuild(), 6))}
    assert list(days) == [date(k) for k in range(7)]
    ran, rested = days[date(5)], days[date(4)]
    assert ran.allowance is not None
    assert ran.allowance.run
    assert ran.allowance.km == pytest.approx(5.5)
    assert (ran.run_km, ran.worst_pain, ran.morning_pain) == (5, 1, 0)
    assert rested.allowance is not None
    assert not rested.allowance.run
    assert rested.runs == ()


def test_what_was_allowed_does_not_depend_on_what_was_run_and_felt_that_day() -> None:
    diary, other = calm_then_rebuild(), calm_then_rebuild()
    other.runs[-1] = type(other.runs[-1])(session="s5", day=date(5), km=30.0, minutes=200.0)
    plan, heavy = plan_of(diary, 5), plan_of(other, 5)
    assert plan.week[-1].decision_before_runs == heavy.week[-1].decision_before_runs
    assert plan.now != heavy.now


def test_a_run_that_was_written_down_is_left_out_with_its_answer() -> None:
    diary = Diary().before()
    diary.declare()
    before = plan_of(diary, 1).now
    run = diary.add(ManualRunEntry, 1, 17, km=6.0)
    diary.add(AfterEntry, 1, 18, session=run, during=6, now=6)
    assert plan_of(diary, 1).now.reasons[0].message.key == "plan.rest.done"
    assert plan_of(diary, 1).week[-1].decision_before_runs == before


def test_lengths_that_are_not_known_make_no_sum() -> None:
    diary = Diary().before()
    diary.declare()
    diary.run(1, None, None)
    day = past_days(plan_of(diary, 1))[-1]
    assert (day.run_km, day.moved_minutes, day.worst_pain, day.morning_pain) == (None, None, None, None)


def test_the_ladder_says_which_row_of_how_many() -> None:
    diary = Diary()
    diary.declare(runs_10_min=False)
    plan = plan_of(diary, 0)
    row = ladder_view(plan, plan.now)
    assert row is not None
    assert (row.number, row.count, row.run_min, row.walk_min) == (1, 8, 0, 30)
    bone = Diary()
    bone.declare(tissue="bone")
    row = ladder_view(plan_of(bone, 0), plan_of(bone, 0).now)
    assert row is not None
    assert (row.number, row.count, row.rounds, row.run_min) == (2, 9, 8, 0.5)
    calm = plan_of(calm_then_rebuild(), 5)
    assert ladder_view(calm, calm.now) is None


def test_verdicts_are_those_of_today() -> None:
    assert [v.run.day for v in plan_of(calm_then_rebuild(), 7).evidence.verdicts][-1] == date(5)
    assert past_days(plan_of(Diary(), 3))[0].phase is Phase.NONE
