"""What a view of the plan shows beside today's decision: past days and what was allowed, the ladder.

For every front end alike: values and messages, no layout.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from monitor.review.training_plan import TrainingPlan
from monitor.training.day_spans import on_days
from monitor.training.entries import DeclareEntry, entries_of
from monitor.training.plan_day import Allowance, PlanDay, Reason
from monitor.training.tables import Phase
from monitor.training.verdict import RunVerdict

DISCLAIMER = "plan.disclaimer"
"""The message that every view of the plan shows, and the last reason of every decision."""
_DAYS = 7  # of the table of past days


@dataclass(frozen=True, slots=True, kw_only=True)
class PastDay:
    """A day of the plan: what was allowed before its run, the runs with their verdicts, and that morning.

    ``allowance`` is None where no plan ran.  ``why`` is the first reason of that decision.  Verdicts are
    those of today: a morning may have come later.
    """

    day: datetime.date
    phase: Phase
    allowance: Allowance | None
    why: Reason
    runs: tuple[RunVerdict, ...] = ()
    morning_pain: float | None = None

    @property
    def run_km(self) -> float | None:
        """The kilometres that were run, None if one of the lengths is not known; walks do not count."""
        lengths = [v.run.km for v in self.runs if not v.run.walk]
        known = [km for km in lengths if km is not None]
        return sum(known) if len(known) == len(lengths) else None

    @property
    def moved_minutes(self) -> float | None:
        """The minutes that were run or walked, None if one of the lengths is not known."""
        known = [v.run.minutes for v in self.runs if v.run.minutes is not None]
        return sum(known) if len(known) == len(self.runs) else None

    @property
    def worst_pain(self) -> float | None:
        """The worst pain during or after the day's runs, None where nobody said."""
        pains = [p for v in self.runs for p in (v.during, v.after) if p is not None]
        return max(pains, default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class LadderView:
    """The row of the walk-run ladder that is to be done next: ``number`` of ``count``."""

    number: int
    count: int
    rounds: int
    run_min: float
    walk_min: float


def past_days(plan: TrainingPlan) -> tuple[PastDay, ...]:
    """Return the last seven days, today among them, as far as they belong to the plan, the oldest first."""
    known = plan.evidence
    return tuple(
        PastDay(
            day=decided.day,
            phase=decided.phase,
            allowance=decided.allowance,
            why=decided.reasons[0],
            runs=tuple(on_days(known.verdicts, decided.day, decided.day)),
            morning_pain=known.morning_pain(decided.day),
        )
        for decided in (day.decision_before_runs for day in plan.week[-_DAYS:])
    )


def ladder_view(plan: TrainingPlan, decided: PlanDay) -> LadderView | None:
    """Return the row of the walk-run ladder of a decision, None where it is not on the ladder."""
    name = "" if decided.allowance is None else decided.allowance.ladder
    declares = entries_of(DeclareEntry, plan.standing)
    bone = bool(declares) and declares[-1].tissue == "bone"
    rows = [row for row in plan.tables.ladders.walk_run if bone or not row.bone_only]
    for number, row in enumerate(rows, start=1):
        if row.name == name:
            return LadderView(
                number=number,
                count=len(rows),
                rounds=row.rounds,
                run_min=row.run_min,
                walk_min=row.walk_min,
            )
    return None
