"""Strength: benchmarks by age and sex, and how much of the checklist was done.

Norms of heel raises: Hébert-Losier 2017; the articles' 40 and 15 lie above the mean of every age and hold
nobody back unless the runner sets them.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from monitor.core.message_catalogues import UserMessage
from monitor.training.day_spans import on_days
from monitor.training.entries import Entry, StrengthEntry, entries_of
from monitor.training.plan_day import Checkpoint
from monitor.training.plan_settings import PlanSettings
from monitor.training.tables import Exercise, Norms, Phase
from monitor.training.verdict import Evidence

HEEL_RAISE, CURL = "heel_raise", "hamstring_curl"
"""The exercises that have a benchmark."""
_WINDOW_DAYS = 14
_MISSED = 3
_SIDES = ("left", "right")
_Benchmarks = Mapping[tuple[str, str], StrengthEntry]


@dataclass(frozen=True, slots=True)
class Adherence:
    """``Adherence`` is how many sessions of the last two weeks were planned and done; never a reproach."""

    done: int
    planned: int

    @property
    def missed(self) -> int:
        """The sessions that were planned and not done."""
        return max(0, self.planned - self.done)


def heel_raise_norm(norms: Norms, age: int | None, sex: str) -> int | None:
    """Return the heel raises expected at this age (years) of a ``man`` or ``woman``; None if unknown."""
    if age is None or sex not in ("man", "woman"):
        return None
    row = next((row for row in norms.heel_raises if age < row.below_age), norms.heel_raises[-1])
    return row.man if sex == "man" else row.woman


def needed_heel_raises(norms: Norms, settings: PlanSettings, day: datetime.date) -> int | None:
    """Return the heel raises that a side needs on this day; None where the settings lack age or sex."""
    if settings.articles_gates:
        return norms.articles_heel_raises
    age = None if settings.born_year is None else day.year - settings.born_year
    return heel_raise_norm(norms, age, settings.sex)


def benchmark_checkpoints(
    evidence: Evidence,
    norms: Norms,
    needed_raises: int | None,
    needed_curls: int,
    since: datetime.date | None,
) -> tuple[Checkpoint, ...]:
    """Return the checkpoints of heel raises (each side, and the weaker against the stronger) and curls.

    ``since``: older benchmarks do not count.  What was not tested is not known.
    """
    raises, curls = (_latest(evidence, exercise, since) for exercise in (HEEL_RAISE, CURL))
    each = tuple(_side_checkpoint("heel", side, raises.get(side), needed_raises) for side in _SIDES)
    sides = (_side_checkpoint("curl", side, curls.get(side), needed_curls) for side in _SIDES)
    return (*each, _even_checkpoint(raises, norms.weaker_share), *sides)


def _latest(evidence: Evidence, exercise: str, since: datetime.date | None) -> dict[str, StrengthEntry]:
    """The last benchmark of each side; one without a side, or of both, counts for both."""

    def step(found: _Benchmarks, entry: StrengthEntry) -> _Benchmarks:
        sides = _SIDES if entry.side in ("", "both") else (entry.side,)
        return {**found, **{(entry.exercise, side): entry for side in sides}} if entry.benchmark else found

    none: _Benchmarks = {}
    found = evidence.memory.fold("benchmarks", entries_of(StrengthEntry, evidence.standing), none, step)
    last = {side: found[exercise, side] for side in _SIDES if (exercise, side) in found}
    return {side: entry for side, entry in last.items() if since is None or entry.day >= since}


def _side_checkpoint(what: str, side: str, entry: StrengthEntry | None, needed: int | None) -> Checkpoint:
    met = entry.reps >= needed if entry is not None and needed is not None else None
    place = UserMessage(f"plan.side.{side}")
    if entry is None:
        message = UserMessage(f"plan.check.{what}_unknown", {"side": place})
    elif needed is None:
        message = UserMessage(f"plan.check.{what}_no_norm", {"side": place, "reps": entry.reps})
    elif met:
        message = UserMessage(f"plan.check.{what}", {"side": place, "reps": entry.reps, "needed": needed})
    else:
        more = needed - entry.reps
        message = UserMessage(f"plan.check.{what}_more", {"side": place, "n": more})
    ids = () if entry is None else (entry.id,)
    return Checkpoint(name=f"{what}_{side}", met=met, message=message, entries=ids, grade="B")


def _even_checkpoint(raises: dict[str, StrengthEntry], share: float) -> Checkpoint:
    if len(raises) < 2:
        return Checkpoint(name="heel_even", met=None, message=UserMessage("plan.check.even_unknown"))
    weak, strong = sorted(entry.reps for entry in raises.values())
    message = UserMessage("plan.check.even", {"share": 100 * (weak / strong if strong else 1.0)})
    ids = tuple(entry.id for entry in raises.values())
    return Checkpoint(name="heel_even", met=weak >= share * strong, message=message, entries=ids)


def strength_adherence(
    standing: Sequence[Entry],
    exercises: Sequence[Exercise],
    phase: Phase,
    since: datetime.date,
    day: datetime.date,
) -> Adherence:
    """Return planned and done sessions of the last two weeks, or since this phase began.

    A day with an exercise of the phase is a session, and with one that no phase has; how many are planned
    is the phase's most frequent exercise.  The daily holds of calm are no lifting of rebuild.
    """
    begin = max(since, day - datetime.timedelta(days=_WINDOW_DAYS))
    mine = [e for e in exercises if e.phase is phase]
    a_week = max((e.a_week for e in mine), default=0)
    others = {e.name for e in exercises} - {e.name for e in mine}
    recent = on_days(entries_of(StrengthEntry, standing), begin, day)
    done = {e.day for e in recent if not e.benchmark and e.exercise not in others}
    return Adherence(done=len(done), planned=round(a_week * (day - begin).days / 7))


def attendance_checkpoint(adherence: Adherence) -> Checkpoint:
    """Return the checkpoint of the checklist: three missed sessions hold a phase."""
    message = UserMessage("plan.check.strength", {"done": adherence.done, "planned": adherence.planned})
    return Checkpoint(name="strength", met=adherence.missed < _MISSED, message=message)
