"""What every part of a day's decision reads: state, evidence and rules, and what follows from them."""

from __future__ import annotations

import datetime
import math
from dataclasses import dataclass

from monitor.training.load_guards import days_since_run, reds_that_hold
from monitor.training.plan_day import Reason
from monitor.training.plan_state import PlanRules, PlanState
from monitor.training.tables import DoseRules, Phase, PhaseLimits
from monitor.training.verdict import Evidence, RunVerdict, Verdict, last_verdict


@dataclass(frozen=True, slots=True)
class Hold:
    """A ``Hold`` is how long nothing progresses after a RED run, and the entries that decided."""

    until: datetime.date
    entries: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DayFacts:
    """``DayFacts`` are what a day's decision is made from; all else here follows from these three."""

    state: PlanState
    evidence: Evidence
    rules: PlanRules

    @property
    def day(self) -> datetime.date:
        """The day that is being decided."""
        return self.evidence.day

    @property
    def since(self) -> datetime.date:
        """The day on which this phase began."""
        return self.state.since or self.day

    @property
    def limits(self) -> PhaseLimits:
        """The limits that this phase sets."""
        return self.rules.tables.phases[self.state.phase]

    @property
    def doses(self) -> DoseRules:
        """The rules of how long the next run may be."""
        return self.rules.tables.doses

    @property
    def last(self) -> RunVerdict | None:
        """The verdict of the last run or walk, None without one."""
        return last_verdict(self.evidence)

    @property
    def last_entries(self) -> tuple[str, ...]:
        """The entries that decided the last verdict, none without one."""
        return () if self.last is None else self.last.entries

    @property
    def held_back(self) -> bool:
        """Whether a hold or the last run keeps everything where it is."""
        return self.hold is not None or (self.last is not None and self.last.bad)

    @property
    def waits_for_green(self) -> bool:
        """Whether hard running waits for a GREEN run; in full running an unanswered one is enough."""
        return self.state.phase is not Phase.FULL and (
            self.last is None or self.last.verdict is not Verdict.GREEN
        )

    @property
    def rest_days(self) -> int | None:
        """The days since the last run before today, None without one."""
        return days_since_run(self.evidence.runs, self.day)

    @property
    def hold(self) -> Hold | None:
        """The hold after the last RED run of the last days, None where there is none."""
        reds = reds_that_hold(self.evidence, self.day)
        if not reds:
            return None
        return Hold(reds[-1].run.day + datetime.timedelta(days=self.doses.hold_days), reds[-1].entries)


@dataclass(frozen=True, slots=True)
class Limit:
    """A ``Limit`` of one run (km or min), with the end of its message's key, its rule and entries."""

    most: float
    why: str
    rule: str
    entries: tuple[str, ...] = ()


Reasons = tuple[Reason, ...]
"""Reasons in the order in which they are said."""


def round_down(value: float) -> float:
    """Return a value with one decimal, never more than it was."""
    return math.floor(10 * value + 1e-6) / 10
