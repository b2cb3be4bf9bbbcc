"""What a run in mind is against the day: within, more, a day without one, or nothing that limits it."""

from __future__ import annotations

import pytest

from monitor.training.plan_state import PlanRules
from monitor.training.planned_run import planned_run_reasons
from monitor.training.table_files import shipped_tables
from tests.training.diary import Diary, calm_then_rebuild, in_full

RULES = PlanRules(settings=Diary().settings, tables=shipped_tables())


def keys_of(diary: Diary, day: int, km: float) -> list[str]:
    return [r.message.key for r in planned_run_reasons(km, diary.on(day), RULES)]


@pytest.mark.parametrize(
    ("km", "keys"),
    [
        (5.0, ["plan.planned.within"]),
        (5.5, ["plan.planned.within"]),
        (5.6, ["plan.planned.more"]),
        (14.0, ["plan.planned.more", "plan.planned.too_long"]),
    ],
)
def test_more_than_a_tenth_over_the_longest_run_has_its_figure(km: float, keys: list[str]) -> None:
    assert keys_of(calm_then_rebuild(), 7, km) == keys


def test_the_longest_run_that_was_told_counts_for_thirty_days() -> None:
    """A run of 6 km was called a third longer than the longest, when one of 10 km had been told."""
    diary = Diary()
    diary.declare(reference_km=25.0, longest_km=10.0)
    diary.run(1, 4.5, (1, 1))
    diary.mornings(range(1, 3))
    assert keys_of(diary, 2, 6.0) == ["plan.rest.hours"]
    assert keys_of(diary, 2, 12.0) == ["plan.rest.hours", "plan.planned.too_long"]
    diary.run(28, 4.5, (1, 1))
    assert [diary.on(day).longest_km for day in (30, 31)] == [10.0, 4.5]


def test_a_day_without_a_free_run_says_why_first() -> None:
    rested, walking, stopped = calm_then_rebuild(), Diary().before(), calm_then_rebuild()
    rested.run(7, 5, (1, 1))
    walking.declare(runs_10_min=False)
    stopped.flag(7)
    assert keys_of(rested, 7, 3.0) == ["plan.rest.done"]
    assert keys_of(walking, 0, 3.0) == ["plan.today.walk"]
    assert keys_of(stopped, 7, 30.0) == ["plan.stop.emergency_department"]


def test_without_a_plan_only_the_longest_run_speaks() -> None:
    assert keys_of(Diary(), 3, 30.0) == ["plan.planned.no_limit"]
    assert keys_of(Diary().before(), -1, 20.0) == ["plan.planned.no_limit", "plan.planned.too_long"]
    assert keys_of(in_full(), 43, 5.0) == ["plan.planned.within"]
