"""What a view of the plan shows beside today's decision: past days with what was allowed, the ladder, the last change.

For every front end alike: values and messages, no layout.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from monitor.core import json_codec
from monitor.core.message_catalogues import MessageValue, UserMessage
from monitor.review.training_plan import TrainingPlan
from monitor.training.decide import decide_next_day
from monitor.training.entries import AfterEntry, AnyEntry, DeclareEntry, Entry, ManualRunEntry, entries_of
from monitor.training.plan_day import Allowance, PhaseChange, PlanDay, Reason
from monitor.training.plan_runs import PlanRun
from monitor.training.plan_state import PlanRules, PlanState
from monitor.training.tables import Phase
from monitor.training.verdict import Evidence, RunVerdict, evidence_of

DISCLAIMER = "plan.disclaimer"
"""The message that every view of the plan shows, and the last reason of every decision."""


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
    def done_km(self) -> float | None:
        """The kilometres that were run, None if one of the lengths is not known; walks do not count."""
        lengths = [v.run.km for v in self.runs if not v.run.walk]
        known = [km for km in lengths if km is not None]
        return sum(known) if len(known) == len(lengths) else None

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
class KeptDecision:
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
    begin = max(plan.days[0].day, plan.today - datetime.timedelta(days=count - 1))
    return tuple(
        PastDay(
            day=decided.day,
            phase=decided.phase,
            allowance=decided.allowance,
            why=decided.reasons[0],
            runs=tuple(v for v in known.verdicts if v.run.day == decided.day),
            morning_pain=known.morning_pain(decided.day),
        )
        for decided in _decisions_before_runs(plan, begin)
    )


def _decisions_before_runs(plan: TrainingPlan, begin: datetime.date) -> list[PlanDay]:
    """The decisions of the days from ``begin`` on, each as it was before the first run of that day."""
    rules = PlanRules(settings=plan.settings, tables=plan.tables)
    state, day, decisions = PlanState(), plan.days[0].day, []
    while day <= plan.today:
        if day >= begin:
            entries, runs = _without_runs_of(day, plan)
            decisions.append(decide_next_day(state, entries, runs, day, rules)[1])
        state, _ = decide_next_day(state, plan.entries, plan.runs, day, rules)
        day += datetime.timedelta(days=1)
    return decisions


def _without_runs_of(
    day: datetime.date, plan: TrainingPlan
) -> tuple[Sequence[AnyEntry], Sequence[PlanRun]]:
    """All entries and runs but the runs of one day and what was said of them."""
    runs = [r for r in plan.runs if r.day != day]
    gone = {r.session for r in plan.runs if r.day == day}
    gone |= {e.id for e in plan.entries if isinstance(e, ManualRunEntry) and e.day == day}

    def stays(entry: AnyEntry) -> bool:
        of_run = isinstance(entry, AfterEntry) and (entry.session in gone or entry.day == day)
        return not of_run and not (isinstance(entry, Entry) and entry.id in gone)

    return [e for e in plan.entries if stays(e)], runs


def last_change(decided: PlanDay) -> PhaseChange | None:
    """Return the last change of the phase, None where there was none."""
    return decided.changes[-1] if decided.changes else None


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


def kept_decision(stored: Mapping[str, Any], decided: PlanDay, rules: int) -> KeptDecision | None:
    """Return what a kept line of JSON says beside the decision of now; None if it cannot be read.

    ``rules`` is the version of the rules of now.
    """
    try:
        headline = message_of_json(stored["reasons"][0]["message"])
    except (KeyError, IndexError, TypeError):
        return None
    same = json_codec.to_json(decided) == {k: v for k, v in stored.items() if k != "rules"}
    return KeptDecision(headline=headline, same=same, newer_rules=stored.get("rules") != rules)


def message_of_json(raw: Mapping[str, Any]) -> UserMessage:
    """Return the message that was kept as JSON, with the messages in it; ``KeyError`` if it is none."""
    values: dict[str, MessageValue] = {
        name: message_of_json(value) if isinstance(value, Mapping) else value
        for name, value in raw["values"].items()
    }
    return UserMessage(str(raw["key"]), values)
