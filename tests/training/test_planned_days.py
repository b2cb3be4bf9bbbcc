"""What was planned for a day is what was allowed before its runs; all else is the decision of the day."""

from __future__ import annotations

from dataclasses import replace

from monitor.training.decide import replayed_days
from monitor.training.plan_day import PlanDay
from monitor.training.planned_days import days_as_planned
from monitor.training.tables import shipped_tables
from tests.training.diary import Diary, date, in_full


def planned(diary: Diary, until: int) -> tuple[PlanDay, ...]:
    return days_as_planned(diary.entries, diary.runs, diary.settings, date(until), shipped_tables())


def test_only_the_allowance_of_a_day_with_a_run_is_another_than_the_decision() -> None:
    diary = in_full()
    diary.flag(43)
    decided = replayed_days(diary.entries, diary.runs, diary.settings, date(44))
    ran = {r.day for r in diary.runs}
    for one, other in zip(planned(diary, 44), decided, strict=True):
        assert replace(one, allowance=other.allowance) == other
        assert one == other or one.day in ran


def test_the_allowance_is_that_of_the_morning() -> None:
    diary = in_full()
    days = planned(diary, 20)
    for day in (8, 10, 12, 15):
        morning = Diary(settings=diary.settings)
        morning.runs = [r for r in diary.runs if r.day < date(day)]
        morning.entries = [e for e in diary.entries if getattr(e, "session", "") != f"s{day}"]
        assert days[day].allowance == morning.on(day).allowance
        assert days[day].allowance.run  # type: ignore[union-attr]
        assert not diary.on(day).allowance.run  # type: ignore[union-attr]
