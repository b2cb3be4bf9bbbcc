"""What every part of a day's decision reads: state, evidence and rules, and what follows from them."""

from __future__ import annotations

import datetime
import math
from dataclasses import dataclass

from monitor.training.load_guards import HOLD_DAYS, days_since_run
from monitor.training.plan_day import Reason
from monitor.training.plan_state import PlanRules, PlanState
from monitor.training.tables import Phase, PhaseLimits
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
