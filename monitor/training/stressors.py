"""Downhill, pickups and tempo: one new thing at a time, repeats before steepness, hard days 48 h apart.

Downhill damage depends on slope, time, speed and habituation (Bontemps 2020; Khassetarash 2022); the rows
and the days between are the articles' or our choice.
"""

from __future__ import annotations

import datetime
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from monitor.training.day_spans import on_days
from monitor.training.load_guards import days_since_run, monday_of
from monitor.training.plan_day import Stressor
from monitor.training.plan_runs import PlanRun
from monitor.training.tables import Ladders, PhaseLimits
from monitor.training.verdict import Evidence, RunVerdict, Verdict

_SPEED = ("pickups", "tempo")
_AS_GOOD_AS = 1e-3  # km or min: a metre is lost where an allowance is rounded


@dataclass(frozen=True, slots=True)
class StressorOffer:
    """A ``StressorOffer`` is a stressor that is offered today, or the reason why not.

    ``why_not`` ends the key of a message, and is empty where the stressor is offered.
    """

    kind: str
    stressor: Stressor | None
    why_not: str = ""
    entries: tuple[str, ...] = ()


def kinds_of_run(run: PlanRun, ladders: Ladders) -> tuple[str, ...]:
    """Return which stressors a run was."""
    kinds = {
        "downhill": (run.descent_s or 0.0) >= ladders.downhill.session_s,
        "pickups": run.pickups >= ladders.pickups.session_repeats,
        "tempo": run.tempo_min >= ladders.tempo.session_min,
    }
    return tuple(kind for kind, is_one in kinds.items() if is_one)


def is_hard(run: PlanRun, runs: Sequence[PlanRun], ladders: Ladders) -> bool:
    """Return whether a run was hard: a stressor, effort of 7 or more, or the longest of seven days."""
    if kinds_of_run(run, ladders) or (run.effort or 0.0) >= ladders.hard.effort:
        return True
    return is_longest_of_week(run, runs)


def is_hard_day(runs: Sequence[PlanRun], day: datetime.date, ladders: Ladders) -> bool:
    """Return whether a run of this day was hard; ``runs`` are in the order of time."""
    return any(not r.walk and is_hard(r, runs, ladders) for r in on_days(runs, day, day))


def hard_run_too_close(runs: Sequence[PlanRun], day: datetime.date, ladders: Ladders) -> bool:
    """Return whether a hard run is too close to ``day`` for another one."""
    days = math.ceil(ladders.hard.rest_h / 24)
    return any(is_hard_day(runs, day - datetime.timedelta(days=k), ladders) for k in range(days))


def is_longest_of_week(run: PlanRun, runs: Sequence[PlanRun]) -> bool:
    """Return whether a run was longer than all others of the seven days up to it, where there are some.

    Two runs are compared by km, or by minutes where one of them has none; a run of unknown length is not
    the longest, nor is any other kept from it by that.
    """
    week = on_days(runs, run.day - datetime.timedelta(days=6), run.day)
    others = [r for r in week if r is not run and not r.walk]
    known = run.km is not None or run.minutes is not None
    return known and bool(others) and not any(_as_long(r, run) for r in others)


def _as_long(run: PlanRun, other: PlanRun) -> bool:
    for mine, its in ((run.km, other.km), (run.minutes, other.minutes)):
        if mine is not None and its is not None:
            return mine >= its - _AS_GOOD_AS
    return False


def green_sessions(
    evidence: Evidence, kind: str, ladders: Ladders, since: datetime.date
) -> tuple[RunVerdict, ...]:
    """Return the GREEN sessions of a stressor from ``since`` on."""
    return tuple(
        v
        for v in on_days(evidence.verdicts, since)
        if v.verdict is Verdict.GREEN and kind in kinds_of_run(v.run, ladders)
    )


def green_counts(evidence: Evidence, ladders: Ladders, since: datetime.date) -> Mapping[str, int]:
    """Return how many GREEN sessions there were of each stressor from ``since`` on."""

    def step(counts: Mapping[str, int], v: RunVerdict) -> Mapping[str, int]:
        kinds = kinds_of_run(v.run, ladders) if v.verdict is Verdict.GREEN else ()
        return {**counts, **{kind: counts.get(kind, 0) + 1 for kind in kinds}} if kinds else counts

    none: Mapping[str, int] = {}
    return evidence.memory.fold("greens", on_days(evidence.verdicts, since), none, step, of=since)


def stressor_rows_since(evidence: Evidence, since: datetime.date) -> datetime.date:
    """Return the day from which on sessions count for the rows: a long break restarts them."""

    def after(rows: _Rows, day: datetime.date) -> _Rows:
        rule = evidence.doses.break_after(None if rows.ran is None else (day - rows.ran).days)
        restarts = rule is not None and rule.restarts and day > rows.since
        return _Rows(day, day if restarts else rows.since)

    def step(rows: _Rows, run: PlanRun) -> _Rows:
        return rows if run.walk else after(rows, run.day)

    rows = evidence.memory.fold("rows", evidence.runs, _Rows(None, since), step, of=since)
    return after(rows, evidence.day).since


@dataclass(frozen=True, slots=True)
class _Rows:
    """The day of the last run, and the day from which on sessions count for the rows."""

    ran: datetime.date | None
    since: datetime.date


def stressor_at(kind: str, greens: int, ladders: Ladders) -> Stressor:
    """Return the row of a stressor after so many GREEN sessions of it."""
    if kind == "downhill":
        rows = ladders.downhill.rows
        repeats, seconds, slope = rows[min(greens, len(rows) - 1)]
        return Stressor(kind=kind, repeats=repeats, seconds=seconds, slope_pct=-slope)
    if kind == "pickups":
        rules = ladders.pickups
        repeats = int(rules.repeats * rules.growth**greens)
        return Stressor(kind=kind, repeats=min(repeats, 3 * rules.repeats), seconds=rules.seconds)
    tempo = ladders.tempo
    minutes = min(tempo.repeats * tempo.minutes + greens * tempo.growth_min, tempo.most_min)
    return Stressor(kind=kind, repeats=tempo.repeats, seconds=60 * minutes / tempo.repeats)


def stressor_offers(
    evidence: Evidence,
    limits: PhaseLimits,
    ladders: Ladders,
    since: datetime.date,
    off: frozenset[str],
) -> tuple[StressorOffer, ...]:
    """Return for each stressor of a phase that began on ``since`` whether it may be done today.

    ``off`` are the kinds that a RED run has switched off.
    """
    rows_since = stressor_rows_since(evidence, since)
    greens, offers = green_counts(evidence, ladders, rows_since), []
    for kind in limits.stressors:
        why_not = "off" if kind in off else _why_not(kind, evidence, limits, ladders, since)
        stressor = None if why_not else stressor_at(kind, greens.get(kind, 0), ladders)
        offers.append(StressorOffer(kind, stressor, why_not))
    return tuple(offers)


def _why_not(
    kind: str, evidence: Evidence, limits: PhaseLimits, ladders: Ladders, since: datetime.date
) -> str:
    day = evidence.day
    if kind == "tempo" and not _all_green(evidence, ladders.tempo.green_days, since):
        return "not_all_green"
    if evidence.doses.break_after(days_since_run(evidence.runs, day)) is not None:
        return "after_break"
    if (day - since).days < limits.one_kind_days and _other_kind_this_week(kind, evidence, ladders):
        return "next_week"
    if hard_run_too_close(evidence.runs, day, ladders):
        return "hard_days"
    if kind == "downhill":
        _, last = _downhill_days(evidence, ladders, since)
        few = few_downhill_sessions(evidence, ladders, since)
        if last is not None and few and (day - last).days < ladders.downhill.first_rest_days:
            return "downhill_days"
    return ""


def few_downhill_sessions(evidence: Evidence, ladders: Ladders, since: datetime.date) -> bool:
    """Return whether the downhill sessions from ``since`` on are so few that they are further apart."""
    return _downhill_days(evidence, ladders, since)[0] < ladders.downhill.first_sessions


def _downhill_days(
    evidence: Evidence, ladders: Ladders, since: datetime.date
) -> tuple[int, datetime.date | None]:
    """How many runs from ``since`` on were downhill sessions, and the day of the last of them."""

    def step(done: tuple[int, datetime.date | None], run: PlanRun) -> tuple[int, datetime.date | None]:
        return (done[0] + 1, run.day) if "downhill" in kinds_of_run(run, ladders) else done

    none: tuple[int, datetime.date | None] = (0, None)
    return evidence.memory.fold("downhill", on_days(evidence.runs, since), none, step, of=since)


def _other_kind_this_week(kind: str, evidence: Evidence, ladders: Ladders) -> bool:
    week = on_days(evidence.runs, monday_of(evidence.day))
    done = {k for r in week for k in kinds_of_run(r, ladders)}
    return bool(done & ({"downhill"} if kind in _SPEED else set(_SPEED)))


def _all_green(evidence: Evidence, days: int, since: datetime.date) -> bool:
    begin = evidence.day - datetime.timedelta(days=days)
    runs = on_days(evidence.verdicts, begin, evidence.day - datetime.timedelta(days=1))
    return since <= begin and bool(runs) and all(v.verdict is Verdict.GREEN for v in runs)
