"""The plan of one runner as JSON, in the language of who reads it: what the Plan page draws from."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Any

from monitor.core.message_catalogues import Catalogue, Language, UserMessage, catalogue
from monitor.review.rendered_json import rendered_json
from monitor.review.training_plan import TrainingPlan
from monitor.training.entries import ManualRunEntry, entries_of, entry_to_json
from monitor.training.phases import cause_message
from monitor.training.plan_day import Allowance, PlanDay
from monitor.training.red_flags import flag_messages
from monitor.training.shoes import ShoeUse, runs_with_shoes, shoe_table
from monitor.training.tables import Phase, Tables
from monitor.training.verdict import Evidence, RunVerdict, evidence_of, is_worse

_CALENDAR_DAYS = 84
_COMING_DAYS = 7


def plan_report(plan: TrainingPlan, decided: PlanDay, language: Language = "en") -> dict[str, Any]:
    """Return everything that the Plan page shows of one of the days of ``plan``.

    ``decision`` holds the fields of ``PlanDay`` with its texts.  ``runs`` are those of twelve weeks, the
    newest first, with their verdicts as they are known on that day; ``calendar`` are the same weeks day by
    day.  ``coming`` says what the next days allow as things stand, with nothing run or answered until then.
    """
    messages = catalogue(language)
    evidence = evidence_of(plan.entries, plan.runs, decided.day)
    since = decided.day - datetime.timedelta(days=_CALENDAR_DAYS)
    return {
        "language": language,
        "athlete": plan.athlete,
        "today": plan.today.isoformat(),
        "declared": evidence.declare is not None,
        "side": "" if evidence.declare is None else evidence.declare.side,
        "place": "" if evidence.declare is None else evidence.declare.place,
        "decision": rendered_json(decided, messages),
        "flags": _flag_texts(decided, plan.tables, messages),
        "ladder": _ladder_rows(decided, plan.tables),
        "runs": _runs_json(evidence, since, messages),
        "calendar": _calendar(plan, evidence, since, messages),
        "shoes": [_shoe_json(use, messages) for use in shoe_table(evidence, plan.rules)],
        "coming": [_coming_day(day, messages) for day in _coming_days(plan, decided)],
        "disclaimer": messages.text("plan.disclaimer"),
        "unreadable": plan.unreadable,
        "foreign": plan.foreign,
    }


def red_flags_report(tables: Tables, emergency_number: str, language: Language = "en") -> dict[str, Any]:
    """Return the red flags of the tables with their texts and the answers to them, as they are asked."""
    messages = catalogue(language)
    number = emergency_number or UserMessage("plan.emergency_number")
    texts = flag_messages(tables.flags)
    return {
        "language": language,
        "emergency_number": emergency_number,
        "flags": [
            {
                "name": flag.name,
                "text": messages.render(texts[flag.name]),
                "answer": flag.answer,
                "answer_text": messages.text(f"plan.stop.{flag.answer}", number=number),
            }
            for flag in tables.flags
        ],
    }


def _shoe_json(use: ShoeUse, messages: Catalogue) -> dict[str, Any]:
    return {**rendered_json(use, messages), "shoe": entry_to_json(use.shoe)}


def _flag_texts(decided: PlanDay, tables: Tables, messages: Catalogue) -> list[str]:
    """The flags that stand in words; one that is in no table by its name."""
    texts = flag_messages(tables.flags)
    ticked = () if decided.stop is None else decided.stop.flags
    return [messages.render(texts[name]) if name in texts else name for name in ticked]


def _ladder_rows(decided: PlanDay, tables: Tables) -> list[dict[str, Any]]:
    """The rows of the walk-run ladder, none where it does not decide what a run is."""
    now = "" if decided.allowance is None else decided.allowance.ladder
    rows = [r for r in tables.ladders.walk_run if now and (not r.bone_only or r.name == now)]
    return [
        {"rounds": r.rounds, "run_min": r.run_min, "walk_min": r.walk_min, "current": r.name == now}
        for r in rows
    ]


def _runs_json(evidence: Evidence, since: datetime.date, messages: Catalogue) -> list[dict[str, Any]]:
    written = {e.id for e in entries_of(ManualRunEntry, evidence.standing)}
    shoes = {run.session: run.shoe for run in runs_with_shoes(evidence)}
    runs = [v for v in evidence.verdicts if since < v.run.day]
    return [
        {
            "session": v.run.session,
            "day": v.run.day.isoformat(),
            "start": None if v.run.start is None else v.run.start.isoformat(),
            "km": v.run.km,
            "minutes": v.run.minutes,
            "descent_m": v.run.descent_m,
            "walk": v.run.walk,
            "shoe": shoes[v.run.session],
            "written_down": v.run.session in written,
            "verdict": v.verdict.value,
            "settled": v.settled,
            "cause": messages.render(cause_message(v)),
            "during": v.during,
            "after": v.after,
        }
        for v in reversed(runs)
    ]


def _calendar(
    plan: TrainingPlan, evidence: Evidence, since: datetime.date, messages: Catalogue
) -> list[dict[str, Any]]:
    """The days of the plan up to the evidence's, the oldest first."""
    by_day: dict[datetime.date, list[RunVerdict]] = {}
    for v in evidence.verdicts:
        by_day.setdefault(v.run.day, []).append(v)
    days = [day for day in plan.days if since < day.day <= evidence.day]
    return [_calendar_day(day, by_day.get(day.day, ()), evidence, messages) for day in days]


def _calendar_day(
    decided: PlanDay, runs: Sequence[RunVerdict], evidence: Evidence, messages: Catalogue
) -> dict[str, Any]:
    worst = None
    for v in runs:
        worst = v.verdict if worst is None or is_worse(v.verdict, worst) else worst
    pains = [p for v in runs for p in (v.during, v.after) if p is not None]
    return {
        **_coming_day(decided, messages),
        "phase": decided.phase.value,
        "hold": decided.hold_until is not None,
        "verdict": None if worst is None else worst.value,
        "done_km": sum(v.run.km or 0.0 for v in runs) if runs else None,
        "done_minutes": sum(v.run.minutes or 0.0 for v in runs) if runs else None,
        "pain": max(pains, default=None),
        "morning": evidence.morning_pain(decided.day),
    }


def _coming_days(plan: TrainingPlan, decided: PlanDay) -> Sequence[PlanDay]:
    """What the next days would be; of a past day, and without a plan, nothing is said of others."""
    if decided.day != plan.today or decided.phase in (Phase.NONE, Phase.STOP):
        return ()
    return plan.coming_days(_COMING_DAYS)


def _coming_day(decided: PlanDay, messages: Catalogue) -> dict[str, Any]:
    allowed = decided.allowance or Allowance()
    return {
        "day": decided.day.isoformat(),
        "run": allowed.run,
        "km": allowed.km,
        "minutes": allowed.minutes,
        "walk": allowed.walk,
        "text": messages.render(decided.reasons[0].message),
    }
