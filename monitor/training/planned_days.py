"""What was planned for each day: what a decision comes down to, by what held before that day's runs.

Once a run is done, no further run is allowed on most days, and what was planned could not be held against
what was done.  So of a day with a run the allowance is that of its morning.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from dataclasses import dataclass, replace

from monitor.training.decide import first_bookmark
from monitor.training.entries import AnyEntry
from monitor.training.plan_day import PlanDay
from monitor.training.plan_replay import replay_plan
from monitor.training.plan_runs import PlanRun
from monitor.training.plan_settings import PlanSettings
from monitor.training.plan_state import PlanBookmark, PlanRules
from monitor.training.tables import Phase, Tables

_DAY = datetime.timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedDay:
    """A ``PlannedDay`` is a day's phase with the day since when, whether a hold stands, and its limits.

    ``change`` is a word where the phase is new: the end of the key of that message.  Limits are None
    where there is none, or no plan.
    """

    day: datetime.date
    phase: Phase
    since: datetime.date | None = None
    hold: bool = False
    change: str | None = None
    km: float | None = None
    minutes: float | None = None
    descent_m: float | None = None


@dataclass(frozen=True, slots=True)
class PlannedBook:
    """A ``PlannedBook`` has all planned days up to that of its bookmark, from which it goes on."""

    mark: PlanBookmark
    days: tuple[PlannedDay, ...] = ()


def planned_day(decided: PlanDay) -> PlannedDay:
    """Return what a decision comes down to, with the allowance as it stands there."""
    allowed, last = decided.allowance, decided.changes[-1] if decided.changes else None
    changed = last is not None and last.day == decided.day and decided.phase is not Phase.STOP
    return PlannedDay(
        day=decided.day,
        phase=decided.phase,
        since=decided.since,
        hold=decided.hold_until is not None,
        change=last.reason.message.key.rpartition(".")[2] if changed and last is not None else None,
        km=None if allowed is None else allowed.km,
        minutes=None if allowed is None else allowed.minutes,
        descent_m=None if allowed is None else allowed.descent_m,
    )


def planned_days(
    entries: Iterable[AnyEntry],
    runs: Iterable[PlanRun],
    settings: PlanSettings,
    until: datetime.date,
    tables: Tables,
    book: PlannedBook | None = None,
) -> tuple[tuple[PlannedDay, ...], PlannedBook]:
    """Return all days from the first entry to ``until``, and the book of those before the last.

    It goes on from a ``book``, which must be of the same entries, runs, settings and tables as they were
    on the day of its bookmark.
    """
    entries, rules = tuple(entries), PlanRules(settings=settings, tables=tables)
    book = book or PlannedBook(first_bookmark(entries, until))
    days, mark = list(book.days), book.mark
    for replayed in replay_plan(entries, runs, rules, until, mark):
        decided = replayed.decision
        if decided.phase is not Phase.STOP:
            decided = replace(decided, allowance=replayed.decision_before_runs.allowance)
        days.append(planned_day(decided))
        mark = PlanBookmark(replayed.day - _DAY, replayed.state_before)
    return tuple(days), PlannedBook(mark, tuple(days[:-1]))
