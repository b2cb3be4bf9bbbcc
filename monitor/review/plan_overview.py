"""What a view of the plan shows beside today's decision: past days and what was allowed, the ladder.

For every front end alike: values and messages, no layout.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from monitor.core import json_codec
from monitor.core.message_catalogues import UserMessage
from monitor.review.training_plan import PLAN_RULES_VERSION, TrainingPlan
from monitor.training.decide import first_bookmark, plan_day
from monitor.training.entries import DeclareEntry, entries_of
from monitor.training.phases import next_state
from monitor.training.plan_day import Allowance, PlanDay, Reason
from monitor.training.planned_days import inputs_before_runs
from monitor.training.tables import Phase
from monitor.training.verdict import Evidence, RunVerdict, evidence_of

DISCLAIMER = "plan.disclaimer"
"""The message that every view of the plan shows, and the last reason of every decision."""
_DAY = datetime.timedelta(days=1)


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


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredDecision:
    """What was decided on a day as it was kept then; ``same`` as the rules of now decide it.

    ``headline`` is its first reason; ``newer_rules``: the rules have changed since.
    """

    headline: UserMessage
    same: bool
    newer_rules: bool


def plan_evidence(plan: TrainingPlan) -> Evidence:
    """Return what is known today, runs with their verdicts among it."""
    return evidence_of(plan.entries, plan.runs, plan.today)


def past_days(plan: TrainingPlan, count: int) -> tuple[PastDay, ...]:
    """Return the last ``count`` days up to today that belong to the plan, the oldest first."""
    known = plan_evidence(plan)
    return tuple(
        PastDay(
            day=decided.day,
            phase=decided.phase,
            allowance=decided.allowance,
            why=decided.reasons[0],
            runs=tuple(v for v in known.verdicts if v.run.day == decided.day),
            morning_pain=known.morning_pain(decided.day),
        )
        for decided in decisions_before_runs(plan, plan.today - (count - 1) * _DAY)
    )


def decisions_before_runs(plan: TrainingPlan, begin: datetime.date) -> tuple[PlanDay, ...]:
    """Return the decisions of the plan's days from ``begin`` to today, each as before the day's first run.

    At the end of a day a plan says "you have run today"; this is what it said before.
    """
    rules, mark, decisions = plan.rules, plan.yesterday, []
    if mark.day >= begin:
        mark = first_bookmark(plan.entries, plan.today)
    state, day = mark.state, mark.day + _DAY
    while day <= plan.today:
        if day >= begin:
            entries, runs = inputs_before_runs(day, plan.entries, plan.runs)
            morning = evidence_of(entries, runs, day)
            decisions.append(plan_day(next_state(state, morning, entries, rules), morning, rules))
        if day < plan.today:
            state = next_state(state, evidence_of(plan.entries, plan.runs, day), plan.entries, rules)
        day += _DAY
    return tuple(decisions)


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


def compare_decision(stored: Mapping[str, Any], decided: PlanDay) -> StoredDecision | None:
    """Return what a kept line of JSON says beside the decision of now; None if it cannot be read."""
    try:
        first = json_codec.from_json(Reason, stored["reasons"][0])
    except (KeyError, IndexError, TypeError, ValueError):
        return None
    same = json_codec.to_json(decided) == {k: v for k, v in stored.items() if k != "rules"}
    return StoredDecision(
        headline=first.message, same=same, newer_rules=stored.get("rules") != PLAN_RULES_VERSION
    )
