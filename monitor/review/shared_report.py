"""What a coach is shown of the last weeks of a runner: who is held and why, pain under load, what was done.

A coach's report is made of shared days alone (``monitor.training.sharing``), so an item that is not shared
is not in it.  The runner's own report has all items, and the decision of today with its reasons.
"""

from __future__ import annotations

import datetime
import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from monitor.review.training_plan import TrainingPlan
from monitor.training.entries import (
    ClearedEntry,
    DeclareEntry,
    Entry,
    FlagEntry,
    SharedItem,
    ShoeEntry,
    entries_of,
)
from monitor.training.load_guards import monday_of
from monitor.training.plan_day import PlanDay
from monitor.training.planned_days import PlannedDay
from monitor.training.sharing import SHARED_ITEMS, SharedDay, shared_day, shared_items

_TOLERANCE = 1.05  # a satellite's kilometre is not that exact


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedReport:
    """The last weeks of a runner: ``days`` from ``first`` to ``last``, fewer where the plan is younger.

    ``items`` are those that are shared.  ``decided`` is today's decision, ``shoe_names`` are the names of
    the pairs, ``written`` is what was declared, and red flags with what cleared them: in the runner's own
    report only.
    """

    athlete: str
    first: datetime.date
    last: datetime.date
    items: frozenset[SharedItem]
    days: tuple[SharedDay, ...]
    decided: PlanDay | None = None
    shoe_names: tuple[str, ...] = ()
    written: tuple[Entry, ...] = ()

    @property
    def own(self) -> bool:
        """Whether it is the runner's own report, which is for nobody else."""
        return self.decided is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunsWithin:
    """``RunsWithin`` counts days of running by what was allowed; ``unknown``: a length is not known."""

    within: int = 0
    longer: int = 0
    on_rest_day: int = 0
    unknown: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldDays:
    """``HeldDays`` are a row of days on which the runner was held; ``last`` is None where it still holds.

    ``since`` may lie before the days that are looked at.
    """

    why: str
    since: datetime.date
    last: datetime.date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WeekSum:
    """A ``WeekSum`` is what is shared of a week; None is not shared, or not known of one of its days."""

    monday: datetime.date
    km: float | None
    minutes: float | None
    descent_m: float | None
    worst_pain: float | None
    worst_morning: float | None
    hardest: float | None
    mornings: int
    days: int


def shared_report(
    plan: TrainingPlan, planned: Sequence[PlannedDay], weeks: int, *, own: bool
) -> SharedReport:
    """Return the report of the last ``weeks`` up to today: with what is shared, or the runner's ``own``.

    ``planned`` is what was planned for all days of the plan.
    """
    first = plan.today - datetime.timedelta(days=7 * weeks - 1)
    if own:
        items, days = frozenset(SHARED_ITEMS), _own_days(plan, planned, first)
    else:
        items = shared_items(plan.standing, plan.settings, plan.today)
        days = plan.shared_days(planned)
    return SharedReport(
        athlete=plan.athlete,
        first=first,
        last=plan.today,
        items=items,
        days=tuple(day for day in days if day.day >= first),
        decided=plan.now if own else None,
        shoe_names=_shoe_names(plan) if own else (),
        written=_written(plan, first) if own else (),
    )


def _written(plan: TrainingPlan, first: datetime.date) -> tuple[Entry, ...]:
    """The last declaration, and the red flags of these weeks with what cleared them."""
    stops = [e for e in plan.standing if isinstance(e, FlagEntry | ClearedEntry) and e.day >= first]
    return (*entries_of(DeclareEntry, plan.standing)[-1:], *stops)


def _own_days(
    plan: TrainingPlan, planned: Sequence[PlannedDay], first: datetime.date
) -> tuple[SharedDay, ...]:
    """All days of the plan; of those before ``first`` the phase alone, which later days look back at."""
    days: list[SharedDay] = []
    standing, runs = plan.standing, plan.current_runs
    for day in planned:
        items = SHARED_ITEMS if day.day >= first else ("phase",)
        days.append(shared_day(day, standing, runs, items, plan.tables, days))
    return tuple(days)


def _shoe_names(plan: TrainingPlan) -> tuple[str, ...]:
    """The names of the pairs in the order in which a shared day numbers them."""
    names = {e.shoe: e.model or e.shoe for e in entries_of(ShoeEntry, plan.standing)}
    return tuple(names.values())


def count_runs(days: Sequence[SharedDay]) -> RunsWithin:
    """Return how the days with a run or a walk compare with what was allowed on them."""
    counts = dict.fromkeys(("within", "longer", "on_rest_day", "unknown"), 0)
    for day in days:
        if "allowance" in day.items and day.done_km != 0:  # a walk is no run
            counts[_kind_of_run(day)] += 1
    return RunsWithin(**counts)


def _kind_of_run(day: SharedDay) -> str:
    if day.allowed_km == 0 and day.allowed_minutes == 0:
        return "on_rest_day"
    pairs = [
        (done, most)
        for done, most in ((day.done_km, day.allowed_km), (day.done_minutes, day.allowed_minutes))
        if most is not None and (most or done)  # a walk has no kilometres of running
    ]
    known = [(done, most) for done, most in pairs if done is not None]
    if any(done > _TOLERANCE * most for done, most in known[:1]):
        return "longer"
    return "within" if known or not pairs else "unknown"


def holds_of(days: Sequence[SharedDay]) -> tuple[HeldDays, ...]:
    """Return the holds of these days, which follow each other, the oldest first.

    One that goes on behind a STOP is one hold.
    """
    last = {(d.held_why, d.held_since): d.day for d in days}
    return tuple(
        HeldDays(why=why, since=since, last=None if day == days[-1].day else day)
        for (why, since), day in last.items()
        if why is not None and since is not None
    )


def weeks_of(days: Sequence[SharedDay]) -> tuple[WeekSum, ...]:
    """Return the sums of the weeks that these days are of, from Monday on, the oldest first."""
    grouped = itertools.groupby(days, key=lambda day: monday_of(day.day))
    return tuple(_week(monday, tuple(of)) for monday, of in grouped)


def _week(monday: datetime.date, days: Sequence[SharedDay]) -> WeekSum:
    pains = [p for d in days for p in (d.during, d.after) if p is not None]
    mornings = [d.morning for d in days if d.morning is not None]
    return WeekSum(
        monday=monday,
        km=_total([d.done_km for d in days]),
        minutes=_total([d.done_minutes for d in days]),
        descent_m=_total([d.done_descent_m for d in days]),
        worst_pain=max(pains, default=None),
        worst_morning=max(mornings, default=None),
        hardest=max((d.effort for d in days if d.effort is not None), default=None),
        mornings=len(mornings),
        days=len(days),
    )


def _total(values: Sequence[float | None]) -> float | None:
    known = [v for v in values if v is not None]
    return sum(known) if len(known) == len(values) else None
