"""A plan day by day, each day decided once with what was known at its end, and before its runs.

What a view shows of several days comes from one replay.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

from monitor.training.decide import first_bookmark, plan_day
from monitor.training.entries import AnyEntry
from monitor.training.evidence_timeline import EvidenceTimeline
from monitor.training.phases import next_state
from monitor.training.plan_day import PlanDay
from monitor.training.plan_runs import PlanRun
from monitor.training.plan_settings import PlanSettings
from monitor.training.plan_state import PlanBookmark, PlanRules, PlanState
from monitor.training.table_files import shipped_tables
from monitor.training.tables import Tables
from monitor.training.verdict import Evidence

_DAY = datetime.timedelta(days=1)


@dataclass(frozen=True)
class ReplayedDay:
    """A ``ReplayedDay`` is a day of a plan with what was known at its end, and the state then.

    ``morning`` is what was known but the day's runs, None where nobody asked for it; ``state_before`` is
    that at the end of the day before.
    """

    evidence: Evidence
    state: PlanState
    state_before: PlanState
    rules: PlanRules = field(repr=False)
    morning: Evidence | None = None

    @property
    def day(self) -> datetime.date:
        """The day itself, on the runner's calendar."""
        return self.evidence.day

    @cached_property
    def decision(self) -> PlanDay:
        """The decision at the end of the day, after its runs."""
        return plan_day(self.state, self.evidence, self.rules)

    @cached_property
    def decision_before_runs(self) -> PlanDay:
        """The decision as it stood before the day's first run; that of its end where nobody ran."""
        morning = self.morning
        if morning is None or morning.verdicts == self.evidence.verdicts:
            return self.decision
        return plan_day(next_state(self.state_before, morning, self.rules), morning, self.rules)


def replay_plan(
    entries: Iterable[AnyEntry],
    runs: Iterable[PlanRun],
    rules: PlanRules,
    until: datetime.date,
    mark: PlanBookmark | None = None,
    mornings_from: datetime.date = datetime.date.min,
) -> Iterator[ReplayedDay]:
    """Yield every day from the first entry to ``until``, or those after a bookmark.

    The bookmark must be of the same entries, runs and rules, as they were on its day.  Days before
    ``mornings_from`` come without their mornings.
    """
    entries = tuple(entries)
    mark = mark or first_bookmark(entries, until)
    timeline, state, day = EvidenceTimeline(entries, runs, rules.tables), mark.state, mark.day + _DAY
    while day <= until:
        morning = timeline.before_runs(day) if day >= mornings_from else None
        before, evidence = state, timeline.at(day)
        state = next_state(before, evidence, rules)
        yield ReplayedDay(evidence, state, before, rules, morning)
        day += _DAY


def decide(
    entries: Iterable[AnyEntry],
    runs: Iterable[PlanRun],
    settings: PlanSettings,
    today: datetime.date,
    tables: Tables | None = None,
) -> PlanDay:
    """Return the decision of a day; entries and runs may come in any order, later ones are left out."""
    rules = PlanRules(settings=settings, tables=tables or shipped_tables())
    *_, last = replay_plan(entries, runs, rules, today, mornings_from=datetime.date.max)
    return last.decision


def replayed_days(
    entries: Iterable[AnyEntry],
    runs: Iterable[PlanRun],
    settings: PlanSettings,
    until: datetime.date,
    tables: Tables | None = None,
) -> tuple[PlanDay, ...]:
    """Return the decisions of all days from the first entry to ``until``, each as it was on that day."""
    rules = PlanRules(settings=settings, tables=tables or shipped_tables())
    days = replay_plan(entries, runs, rules, until, mornings_from=datetime.date.max)
    return tuple(day.decision for day in days)
