"""The plan of one runner as JSON, in the language of who reads it: what the Plan page draws from."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from typing import Any

from monitor.core.message_catalogues import Catalogue, Language, UserMessage, catalogue
from monitor.review.plan_calendar import COMING_DAYS, assumed_days, day_title
from monitor.review.rendered_json import rendered_json
from monitor.review.training_plan import StoredDecisions, TrainingPlan
from monitor.training.entries import ManualRunEntry, entries_of, entry_to_json
from monitor.training.phases import cause_message
from monitor.training.plan_day import PhaseChange, PlanDay
from monitor.training.plan_replay import ReplayedDay
from monitor.training.planned_run import planned_run_reasons
from monitor.training.red_flags import flag_messages
from monitor.training.shoes import ShoeUse, runs_with_shoes, shoe_table
from monitor.training.strength import CURL, HEEL_RAISE
from monitor.training.strength_today import StrengthToday, strength_today
from monitor.training.tables import Phase, Tables
from monitor.training.verdict import Evidence, RunVerdict, is_worse
from monitor.training.weekly_score import weekly_scores

CALENDAR_DAYS = 84
"""The days that a calendar reaches back."""
_DAY = datetime.timedelta(days=1)


def plan_report(
    plan: TrainingPlan,
    replayed: ReplayedDay,
    stored: StoredDecisions,
    planned_km: float | None = None,
    language: Language = "en",
) -> dict[str, Any]:
    """Return everything that the Plan page shows of one of the days of ``plan``.

    ``decision`` holds the fields of ``PlanDay`` with its texts.  ``runs`` are those of twelve weeks, the
    newest first, with their verdicts as they are known on that day; ``calendar`` are the same weeks day by
    day, with what was allowed where somebody asked (``stored``, the decisions that were kept); ``then`` is
    what was shown on a past day, where it was something else.  Of today alone, ``strength`` is the
    checklist, and ``coming`` are the days of the calendar file (``monitor.review.plan_calendar``);
    ``planned`` says what a run of ``planned_km`` is against the day.
    """
    messages, decided, evidence = catalogue(language), replayed.decision, replayed.evidence
    since = decided.day - datetime.timedelta(days=CALENDAR_DAYS)
    today = decided.day == plan.today
    strength = strength_today(plan.state, evidence, plan.rules) if today else StrengthToday()
    going_on = today and decided.phase not in (Phase.NONE, Phase.STOP)
    coming = assumed_days(plan, COMING_DAYS) if going_on else ()
    kept = None if today else stored.compare(decided)
    planned = () if planned_km is None else planned_run_reasons(planned_km, decided, plan.rules)
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
        "planned": rendered_json(planned, messages),
        "then": None if kept is None or kept.same else rendered_json(kept, messages),
        "calendar": _calendar({**stored.days(since), decided.day: decided}, evidence, since, messages),
        "coming": [
            {
                "day": day.day.isoformat(),
                **_allowed_json(day, messages),
                "text": messages.render(day_title(plan, day)),
            }
            for day in coming
        ],
        "weeks": rendered_json(weekly_scores(evidence.standing, decided.day), messages),
        "strength": _strength_json(strength, messages),
        "exercises": {
            e.name: e.label or messages.text(f"plan.exercise.{e.name}") for e in plan.tables.exercises
        },
        "benchmarks": [] if decided.stop else [HEEL_RAISE, CURL],
        "shoes": [_shoe_json(use, messages) for use in shoe_table(evidence, plan.rules)],
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


def _strength_json(today: StrengthToday, messages: Catalogue) -> dict[str, Any]:
    """The checklist; of an exercise its name in the log, beside the texts."""
    found: dict[str, Any] = rendered_json(today, messages)
    for item in found["items"]:
        item["exercise"] = item["exercise"]["name"]
    return found


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
    decisions: Mapping[datetime.date, PlanDay],
    evidence: Evidence,
    since: datetime.date,
    messages: Catalogue,
) -> list[dict[str, Any]]:
    """The days up to the evidence's, from the first run or the beginning of the plan on."""
    by_day: dict[datetime.date, list[RunVerdict]] = {}
    for v in evidence.verdicts:
        by_day.setdefault(v.run.day, []).append(v)
    changes = decisions[evidence.day].changes
    begin = min([evidence.day, *by_day, *(c.day for c in changes)])
    first = max(begin, since + _DAY)
    days = [first + k * _DAY for k in range((evidence.day - first).days + 1)]
    return [
        {
            "day": day.isoformat(),
            "phase": _phase_of(day, decisions, changes).value,
            **_allowed_json(decisions.get(day), messages),
            **_runs_of_day(by_day.get(day, ())),
            "morning": evidence.morning_pain(day),
        }
        for day in days
    ]


def _phase_of(
    day: datetime.date, decisions: Mapping[datetime.date, PlanDay], changes: Sequence[PhaseChange]
) -> Phase:
    if day in decisions:
        return decisions[day].phase
    return next((c.phase for c in reversed(changes) if c.day <= day), Phase.NONE)


def _runs_of_day(runs: Sequence[RunVerdict]) -> dict[str, Any]:
    worst = None
    for v in runs:
        worst = v.verdict if worst is None or is_worse(v.verdict, worst) else worst
    pains = [p for v in runs for p in (v.during, v.after) if p is not None]
    return {
        "verdict": None if worst is None else worst.value,
        "done_km": sum(v.run.km or 0.0 for v in runs) if runs else None,
        "done_minutes": sum(v.run.minutes or 0.0 for v in runs) if runs else None,
        "pain": max(pains, default=None),
    }


def _allowed_json(decided: PlanDay | None, messages: Catalogue) -> dict[str, Any]:
    """What a day allows; nothing of a day on which nobody asked."""
    if decided is None or decided.allowance is None:
        return {"run": None, "km": None, "minutes": None, "walk": False, "text": ""}
    allowed = decided.allowance
    return {
        "run": allowed.run,
        "km": allowed.km,
        "minutes": allowed.minutes,
        "walk": allowed.walk,
        "text": messages.render(decided.reasons[0].message),
    }
