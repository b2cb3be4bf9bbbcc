"""The intervals of the plan of today: what the page offers is what the plan says."""

from __future__ import annotations

import datetime
from dataclasses import replace

import pytest

from monitor.core.session_settings import IntervalPlan
from monitor.training.plan_day import Allowance, PlanDay, Stressor
from monitor.training.planned_intervals import planned_intervals
from monitor.training.table_files import shipped_tables
from monitor.training.tables import Phase

ROWS = shipped_tables().ladders.walk_run
DAY = PlanDay(day=datetime.date(2026, 3, 2), phase=Phase.REBUILD, allowance=Allowance(run=True))


def offered(**allowance: object) -> tuple[IntervalPlan, ...]:
    assert DAY.allowance is not None
    return planned_intervals(replace(DAY, allowance=replace(DAY.allowance, **allowance)), ROWS)  # type: ignore[arg-type]


def test_a_row_of_the_ladder_is_run_and_walked_by_the_clock() -> None:
    (plan,) = offered(ladder="w1")
    assert plan == IntervalPlan(repeats=8, work_s=60, easy_s=120, walk=True)
    assert sum(seconds for _, seconds in plan.parts) == 8 * 180 - 120, (
        "nothing is walked after the last run"
    )


@pytest.mark.parametrize("row", [r.name for r in ROWS if not (r.run_min and r.walk_min)])
def test_walking_alone_and_running_in_one_piece_have_no_intervals(row: str) -> None:
    assert offered(ladder=row) == ()


def test_pickups_and_tempo_that_are_possible_today_are_offered_and_the_hill_is_not() -> None:
    possible = (
        Stressor(kind="pickups", repeats=10, seconds=30),
        Stressor(kind="tempo", repeats=2, seconds=300),
        Stressor(kind="downhill", repeats=4, seconds=30, slope_pct=3.0),
    )
    assert offered(stressors=possible) == (
        IntervalPlan(repeats=10, work_s=30, easy_s=60),
        IntervalPlan(repeats=2, work_s=300, easy_s=120),
    )


def test_where_no_run_is_allowed_nothing_is_offered() -> None:
    assert offered(run=False, ladder="w1") == ()
    assert planned_intervals(replace(DAY, allowance=None), ROWS) == ()
