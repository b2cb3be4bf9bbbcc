"""Today's strength: what of the phase's checklist is done, with which load, and what is worth a remark.

Heavy slow lifting with discomfort allowed, and lighter where pain is more afterwards: Beyer 2015 (B).  The
fifth that is taken off, and heavy legs on the day after a hard run: the articles' (D).  Nobody is told to
lift more: a load stays until the runner raises it.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from monitor.core.message_catalogues import UserMessage
from monitor.training.day_spans import on_days
from monitor.training.entries import LegSide, StrengthEntry, entries_of
from monitor.training.plan_day import Reason
from monitor.training.plan_state import PlanRules, PlanState
from monitor.training.strength import Adherence, needed_heel_raises, strength_adherence
from monitor.training.stressors import is_hard_day
from monitor.training.tables import Exercise, Phase
from monitor.training.verdict import Evidence, red_morning

_LIGHTER = 0.8
_SIDES: tuple[LegSide, ...] = ("left", "right")


@dataclass(frozen=True, slots=True)
class LiftedLoad:
    """A ``LiftedLoad`` is the load of a side the last time, and the one to take now (kg)."""

    side: LegSide
    last_kg: float
    next_kg: float


@dataclass(frozen=True, slots=True, kw_only=True)
class StrengthItem:
    """A ``StrengthItem`` is an exercise of the phase as it stands today.

    ``sets_done`` are today's, of the side with fewer; ``last_day`` is the last day before today, ``loads``
    are those of that day; ``rest_s`` is the rest between two sets.  ``lighter`` is the reason to take a
    fifth off, None where there is none; it counts for exercises without a load too.
    """

    exercise: Exercise
    message: UserMessage
    sets_done: int
    done: bool
    last_day: datetime.date | None
    loads: tuple[LiftedLoad, ...]
    rest_s: int | None
    lighter: Reason | None = None
    remarks: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StrengthToday:
    """``StrengthToday`` is the checklist of a day; empty without a plan, and while a red flag stands."""

    items: tuple[StrengthItem, ...] = ()
    adherence: Adherence | None = None
    remarks: tuple[Reason, ...] = ()


def strength_today(state: PlanState, evidence: Evidence, rules: PlanRules) -> StrengthToday:
    """Return the checklist of the evidence's day from the state at its end."""
    if state.phase is Phase.NONE or rules.stop(evidence) is not None:
        return StrengthToday()
    exercises = [e for e in rules.tables.exercises if e.phase is state.phase]
    since = state.since or evidence.day
    last_days = _last_days(evidence)
    items = tuple(_item(e, last_days.get(e.name), evidence, rules) for e in exercises)
    todo = any(i.exercise.heavy and not i.done for i in items)
    return StrengthToday(
        items=items,
        adherence=strength_adherence(
            evidence.standing, rules.tables.exercises, state.phase, since, evidence.day
        ),
        remarks=(
            *norm_reasons(state, evidence, rules),
            *(_heavy_remarks(state, evidence, rules) if todo else ()),
        ),
    )


def norm_reasons(state: PlanState, evidence: Evidence, rules: PlanRules) -> tuple[Reason, ...]:
    """Return what the settings lack to say how many heel raises are enough, where a phase needs them."""
    settings, needed = rules.settings, needed_heel_raises(rules.tables.norms, rules.settings, evidence.day)
    if state.phase not in (Phase.REBUILD, Phase.REINTRODUCE) or needed is not None:
        return ()
    lacking = {"born_year": settings.born_year is None, "sex": not settings.sex}
    names = ", ".join(name for name, is_lacking in lacking.items() if is_lacking)
    return (rules.writer.reason("plan.strength.no_norm", "benchmark", (), names=names),)


def lighter_reasons(state: PlanState, evidence: Evidence, rules: PlanRules) -> tuple[Reason, ...]:
    """Return for each exercise of the phase that is a fifth lighter now the reason with its entries."""
    return tuple(i.lighter for i in strength_today(state, evidence, rules).items if i.lighter is not None)


def exercise_message(exercise: Exercise) -> UserMessage:
    """Return an exercise with its dose, as it stands on the checklist."""
    values = {"exercise": _name(exercise), "sets": exercise.sets, "dose": exercise.dose}
    key = "plan.strength.dose" if exercise.dose else "plan.strength.session"
    return UserMessage(key, {**values, "n": exercise.a_week})


def _name(exercise: Exercise) -> UserMessage | str:
    return exercise.label or UserMessage(f"plan.exercise.{exercise.name}")


def _last_days(evidence: Evidence) -> Mapping[str, datetime.date]:
    """The last day before the evidence's on which each exercise was done, by its name."""

    def step(days: Mapping[str, datetime.date], entry: StrengthEntry) -> Mapping[str, datetime.date]:
        return days if entry.benchmark else {**days, entry.exercise: entry.day}

    never: Mapping[str, datetime.date] = {}
    entries = entries_of(StrengthEntry, evidence.standing)
    before = on_days(entries, datetime.date.min, evidence.day - datetime.timedelta(days=1))
    return evidence.memory.fold("lifted", before, never, step)


def _sets_of_day(
    day: datetime.date | None, exercise: Exercise, evidence: Evidence
) -> tuple[StrengthEntry, ...]:
    """The sets of an exercise on a day, without tests."""
    entries = entries_of(StrengthEntry, evidence.standing)
    mine = () if day is None else on_days(entries, day, day)
    return tuple(e for e in mine if e.exercise == exercise.name and not e.benchmark)


def _item(
    exercise: Exercise, last_day: datetime.date | None, evidence: Evidence, rules: PlanRules
) -> StrengthItem:
    today = _sets_of_day(evidence.day, exercise, evidence)
    last = _sets_of_day(last_day, exercise, evidence)
    lighter = _lighter_reason(exercise, last, evidence, rules)
    sets = _finished_sets(today)
    done = sets >= exercise.least_sets
    soon = () if today else _too_soon(exercise, last_day, last, evidence, rules)
    return StrengthItem(
        exercise=exercise,
        message=exercise_message(exercise),
        sets_done=sets,
        done=done,
        last_day=last_day,
        loads=_loads(last, lighter=lighter is not None),
        rest_s=exercise.rest_s,
        lighter=lighter,
        remarks=soon,
    )


def _finished_sets(entries: Sequence[StrengthEntry]) -> int:
    """Sets of both legs, and where they were noted by side those of the side with fewer."""
    both = sum(e.sets for e in entries if e.side not in _SIDES)
    return both + min(sum(e.sets for e in entries if e.side == side) for side in _SIDES)


def _loads(last: Sequence[StrengthEntry], *, lighter: bool) -> tuple[LiftedLoad, ...]:
    """The heaviest load of each side on that day; to half a kilogram, never more than was lifted."""
    heaviest: dict[LegSide, float] = {}
    for entry in last:
        if entry.load_kg is not None:
            heaviest[entry.side] = max(entry.load_kg, heaviest.get(entry.side, 0.0))
    share = _LIGHTER if lighter else 1.0
    return tuple(
        LiftedLoad(side, kg, int(2 * share * kg + 1e-6) / 2 if lighter else kg)
        for side, kg in heaviest.items()
    )


def _lighter_reason(
    exercise: Exercise, last: Sequence[StrengthEntry], evidence: Evidence, rules: PlanRules
) -> Reason | None:
    """Lighter after too much pain in the exercise (of bone above none), or after a morning that was RED."""
    hurt = max(last, key=lambda e: e.pain or 0.0, default=None)
    if hurt is None:
        return None
    is_bone, most = evidence.is_bone, rules.tables.verdicts.exercise
    if hurt.pain is not None and hurt.pain > (0.0 if is_bone else most):
        ids: tuple[str, ...] = (hurt.id,)
        key = "plan.strength.lighter_bone" if is_bone else "plan.strength.lighter_pain"
        cause = UserMessage(key, {"pain": hurt.pain, "most": most})
    elif mornings := red_morning(evidence, hurt.day):
        cause = UserMessage("plan.strength.lighter_morning")
        ids = (*(e.id for e in last), *(m.id for m in mornings))
    else:
        return None
    return rules.writer.reason(
        "plan.strength.lighter", "strength_load", ids, exercise=_name(exercise), cause=cause
    )


def _too_soon(
    exercise: Exercise,
    last_day: datetime.date | None,
    last: Sequence[StrengthEntry],
    evidence: Evidence,
    rules: PlanRules,
) -> tuple[Reason, ...]:
    if last_day is None:
        return ()
    days = -(-exercise.least_h // 24) - (evidence.day - last_day).days
    if days <= 0:
        return ()
    ids = tuple(e.id for e in last)
    return (
        rules.writer.reason(
            "plan.strength.too_soon",
            "strength",
            ids,
            exercise=_name(exercise),
            n=days,
            hours=exercise.least_h,
        ),
    )


def _heavy_remarks(state: PlanState, evidence: Evidence, rules: PlanRules) -> tuple[Reason, ...]:
    """Heavy legs belong on the day after a hard run: today, tomorrow, or not before one."""
    runs, day, ladders = evidence.runs, evidence.day, rules.tables.ladders
    if is_hard_day(runs, day, ladders):
        key = "tomorrow"
    elif is_hard_day(runs, day - datetime.timedelta(days=1), ladders):
        key = "after_hard"
    elif rules.tables.phases[state.phase].stressors:
        key = "not_before"
    else:
        return ()
    return (rules.writer.reason(f"plan.strength.{key}", "strength", ()),)
