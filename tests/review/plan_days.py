"""A diary as a plan of the program, with what was known on its last day."""

from __future__ import annotations

from monitor.review.shared_report import SharedReport, shared_report
from monitor.review.training_plan import TrainingPlan
from monitor.training.entries import Entry, SharedItem, ShareEntry
from monitor.training.table_files import shipped_tables
from tests.training.diary import Diary, calm_then_rebuild, date, made


def plan_of(diary: Diary, day: int, athlete: str = "ann") -> TrainingPlan:
    """The plan on ``day``: nothing that was made later is in it."""
    return TrainingPlan(
        athlete=athlete,
        entries=tuple(e for e in diary.entries if isinstance(e, Entry) and e.written_day <= date(day)),
        runs=tuple(r for r in diary.runs if r.day <= date(day)),
        settings=diary.settings,
        tables=shipped_tables(),
        today=date(day),
    )


def report_of(
    diary: Diary, day: int, weeks: int = 4, *, own: bool = False, athlete: str = "ann"
) -> SharedReport:
    """The report on ``day``, with all days worked out anew."""
    plan = plan_of(diary, day, athlete)
    return shared_report(plan, plan.planned_days(None)[0], weeks, own=own)


def sharing(*items: SharedItem, diary: Diary | None = None) -> Diary:
    """The diary with these items shared from its first day on."""
    diary = diary or calm_then_rebuild()
    for item in items:
        entry = ShareEntry(id=f"share-{item}", made_utc=made(0, 9), day=date(0), item=item, on=True)
        diary.entries.append(entry)
    return diary
