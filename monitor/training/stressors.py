"""Downhill, pickups and tempo: one new thing at a time, repeats before steepness, hard days 48 h apart.

Downhill damage depends on slope, time, speed and habituation (Bontemps 2020; Khassetarash 2022); the rows
and the days between are the articles' or our choice.
"""

from __future__ import annotations

import datetime
import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from monitor.training.load_guards import days_since_run, monday_of
from monitor.training.plan_day import Stressor
from monitor.training.plan_runs import PlanRun
from monitor.training.tables import Ladders, PhaseLimits
from monitor.training.verdict import Evidence, RunVerdict, Verdict

_RESTART_DAYS = 15
_SPEED = ("pickups", "tempo")


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


def last_hard_day(runs: Sequence[PlanRun], ladders: Ladders) -> datetime.date | None:
    """Return the day of the last hard run, None without one; ``runs`` are in the order of time."""
    return next((r.day for r in reversed(runs) if not r.walk and is_hard(r, runs, ladders)), None)


def hard_run_too_close(runs: Sequence[PlanRun], day: datetime.date, ladders: Ladders) -> bool:
    """Return whether the last hard run is too close to ``day`` for another one."""
    last = last_hard_day(runs, ladders)
    return last is not None and (day - last).days * 24 < ladders.hard.rest_h


def is_longest_of_week(run: PlanRun, runs: Sequence[PlanRun]) -> bool:
    """Return whether a run was longer than all others of the seven days up to it, where there are some.

    Two runs are compared by km, or by minutes where one of them has none; a run of unknown length is not
    the longest, nor is any other kept from it by that.
    """
    since = run.day - datetime.timedelta(days=7)
    others = [r for r in runs if since < r.day <= run.day and r is not run and not r.walk]
    known = run.km is not None or run.minutes is not None
    return known and bool(others) and not any(_as_long(r, run) for r in others)


def _as_long(run: PlanRun, other: PlanRun) -> bool:
    for mine, its in ((run.km, other.km), (run.minutes, other.minutes)):
        if mine is not None and its is not None:
            return mine >= its
    return False


def green_sessions(
    evidence: Evidence, kind: str, ladders: Ladders, since: datetime.date
) -> tuple[RunVerdict, ...]:
    """Return the GREEN sessions of a stressor from ``since`` on."""
    return tuple(
        v
        for v in evidence.verdicts
        if v.run.day >= since and v.verdict is Verdict.GREEN and kind in kinds_of_run(v.run, ladders)
    )


def stressor_rows_since(evidence: Evidence, since: datetime.date) -> datetime.date:
    """Return the day from which on sessions count for the rows: a break of 15 days restarts them."""
    days = sorted({r.day for r in evidence.runs if not r.walk} | {evidence.day})
    for before, after in itertools.pairwise(days):
        if (after - before).days >= _RESTART_DAYS and after > since:
            since = after
    return since


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
    offers = []
    for kind in limits.stressors:
        why_not = "off" if kind in off else _why_not(kind, evidence, limits, ladders, since)
        greens = len(green_sessions(evidence, kind, ladders, rows_since))
        stressor = None if why_not else stressor_at(kind, greens, ladders)
        offers.append(StressorOffer(kind, stressor, why_not))
    return tuple(offers)


def _why_not(
    kind: str, evidence: Evidence, limits: PhaseLimits, ladders: Ladders, since: datetime.date
) -> str:
    day = evidence.day
    if kind == "tempo" and not _all_green(evidence, ladders.tempo.green_days, since):
        return "not_all_green"
    if (days_since_run(evidence.runs, day) or 0) >= 8:
        return "after_break"
    if (day - since).days < limits.one_kind_days and _other_kind_this_week(kind, evidence, ladders):
        return "next_week"
    if hard_run_too_close(evidence.runs, day, ladders):
        return "hard_days"
    if kind == "downhill":
        done = [r.day for r in evidence.runs if kind in kinds_of_run(r, ladders) and r.day >= since]
        few = len(done) < ladders.downhill.first_sessions
        if done and few and (day - max(done)).days < ladders.downhill.first_rest_days:
            return "downhill_days"
    return ""


def _other_kind_this_week(kind: str, evidence: Evidence, ladders: Ladders) -> bool:
    monday = monday_of(evidence.day)
    done = {k for r in evidence.runs if r.day >= monday for k in kinds_of_run(r, ladders)}
    return bool(done & ({"downhill"} if kind in _SPEED else set(_SPEED)))


def _all_green(evidence: Evidence, days: int, since: datetime.date) -> bool:
    begin = evidence.day - datetime.timedelta(days=days)
    runs = [v for v in evidence.verdicts if v.run.day >= begin and v.run.day < evidence.day]
    return since <= begin and bool(runs) and all(v.verdict is Verdict.GREEN for v in runs)
