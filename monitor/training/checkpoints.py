"""The conditions for the next phase: each met, not met, or unknown, with the entries that decided."""

from __future__ import annotations

import datetime
import itertools
import math
from collections.abc import Callable, Mapping
from dataclasses import replace

from monitor.core.message_catalogues import UserMessage
from monitor.training.day_spans import on_days
from monitor.training.plan_day import Checkpoint
from monitor.training.plan_state import PlanRules, PlanState
from monitor.training.strength import (
    attendance_checkpoint,
    benchmark_checkpoints,
    needed_heel_raises,
    strength_adherence,
)
from monitor.training.stressors import green_sessions
from monitor.training.tables import Phase
from monitor.training.verdict import Evidence, RunVerdict, Verdict

_LEAST_KM, _LEAST_PAIN = 5.0, 2.0
_SESSIONS, _SESSIONS_DAYS, _BENCHMARK_DAYS = 4, 42, 28
"""Eight sessions and three long runs in 21 days would be closer together than 48 hours; so six weeks."""
_QUIET_DAYS = 3  # 48 h after the morning that made a run AMBER or RED


def phase_checkpoints(state: PlanState, evidence: Evidence, rules: PlanRules) -> tuple[Checkpoint, ...]:
    """Return the conditions for the phase after this one, each met, not met or unknown; none after full."""
    own: Mapping[Phase, Callable[[PlanState, Evidence, PlanRules], tuple[Checkpoint, ...]]] = {
        Phase.CALM: _to_rebuild,
        Phase.REBUILD: _to_reintroduce,
        Phase.REINTRODUCE: _to_full,
    }
    if state.phase not in own or state.since is None:
        return ()
    stay = rules.tables.phases[state.phase].stay_days
    days = (evidence.day - state.since).days
    time = _checkpoint("days", days >= stay, days=days, needed=stay)
    quiet = _no_recent(evidence, "quiet", _QUIET_DAYS, (Verdict.AMBER, Verdict.RED))
    red = _no_recent(evidence, "no_red", evidence.doses.hold_days, (Verdict.RED,))
    return (time, red, quiet, _last_green(evidence), *own[state.phase](state, evidence, rules))


def _checkpoint(
    name: str, met: bool | None, entries: tuple[str, ...] = (), **values: float | str
) -> Checkpoint:
    return Checkpoint(
        name=name, met=met, message=UserMessage(f"plan.check.{name}", values), entries=entries
    )


def _no_recent(evidence: Evidence, name: str, days: int, verdicts: tuple[Verdict, ...]) -> Checkpoint:
    recent = on_days(evidence.verdicts, evidence.day - datetime.timedelta(days=days - 1))
    found = [v for v in recent if v.verdict in verdicts]
    return _checkpoint(name, not found, tuple(e for v in found for e in v.entries), days=days)


def _last_green(evidence: Evidence) -> Checkpoint:
    """Whether the last run before today was GREEN; who was not well since a RED run waits for one."""
    runs = (v for v in reversed(evidence.verdicts) if not v.run.walk)
    last = next((v for v in runs if v.bad or v.run.day < evidence.day), None)
    met: bool | None = False if last is None or last.bad else None
    if last is not None and last.verdict is Verdict.GREEN:
        met = True
    return _checkpoint("last_green", met, () if last is None else last.entries)


def _since(state: PlanState) -> datetime.date:
    return state.since or datetime.date.min


def _to_rebuild(state: PlanState, evidence: Evidence, rules: PlanRules) -> tuple[Checkpoint, ...]:
    mine = on_days(evidence.verdicts, _since(state))
    runs = (v for v in reversed(mine) if not v.run.walk)
    runs = (v for v in runs if v.bad or v.run.day < evidence.day)  # today's good run decides tomorrow
    last = [*itertools.islice((v for v in runs if v.settled or v.bad), 2)][::-1]
    yesterday = evidence.day - datetime.timedelta(days=1)  # of older runs no answer is awaited
    pending = any(not (v.settled or v.run.walk) for v in on_days(mine, yesterday, yesterday))
    met: bool | None = None
    if any(v.bad for v in last):
        met = False
    elif len(last) == 2 and all(v.verdict is Verdict.GREEN for v in last) and not pending:
        met = True
    elif len(last) < 2:
        met = False
    checks = [
        _checkpoint("two_green", met, tuple(e for v in last for e in v.entries)),
        _calm_mornings(evidence),
        _not_more_tender(evidence),
    ]
    if state.ladder is not None:
        row = state.ladder.rows[-1]
        checks.append(_checkpoint("ladder", state.ladder.finished, minutes=row.rounds * row.run_min))
    return tuple(checks)


def _last_mornings(evidence: Evidence) -> list[datetime.date]:
    return [evidence.day - datetime.timedelta(days=k) for k in (2, 1, 0)]


def _calm_mornings(evidence: Evidence) -> Checkpoint:
    days, most = _last_mornings(evidence), evidence.calm_morning
    pains = [evidence.morning_pain(d) for d in days]
    met: bool | None = None
    if any(p is not None and p > most for p in pains):
        met = False
    elif all(p is not None for p in pains):
        met = True
    ids = evidence.morning_ids(*days)
    if evidence.is_bone:
        return _checkpoint("painless_mornings", met, ids)
    return _checkpoint("mornings", met, ids, most=most)


def _not_more_tender(evidence: Evidence) -> Checkpoint:
    days = _last_mornings(evidence)
    mornings = [m for d in days for m in evidence.mornings.get(d, ())]
    more = [m for m in mornings if m.tender == "more"]
    today = [m for m in evidence.mornings.get(evidence.day, ()) if m.tender is not None]
    met = False if more else (True if today else None)
    return _checkpoint("tender", met, tuple(m.id for m in more or today))


def _to_reintroduce(state: PlanState, evidence: Evidence, rules: PlanRules) -> tuple[Checkpoint, ...]:
    five = _run_checkpoint("five_km", _has_run(evidence, _since(state), _LEAST_KM, _LEAST_PAIN))
    adherence = strength_adherence(
        evidence.standing, rules.tables.exercises, state.phase, _since(state), evidence.day
    )
    return (five, *_benchmarks(evidence, rules, None), attendance_checkpoint(adherence))


_Found = tuple[bool | None, tuple[str, ...]]


def _has_run(
    evidence: Evidence, since: datetime.date, least_km: float, most_pain: float = math.inf
) -> _Found:
    """Whether a GREEN run from ``since`` on was so long, with its entries.

    It is not known where a run that may count has no answer, or no distance: then its entries are there.
    """

    def step(found: _Found, v: RunVerdict) -> _Found:
        too_short = v.run.km is not None and v.run.km < least_km
        if v.bad or v.run.walk or too_short or max(v.during or 0, v.after or 0) > most_pain:
            return found
        if v.verdict is Verdict.GREEN and v.run.km is not None:
            return True, v.entries
        if found[0]:
            return found
        return None, v.entries if v.verdict is Verdict.GREEN else found[1]

    nothing: _Found = (False, ())
    name, runs = f"run of {least_km:g} km, {most_pain:g}", on_days(evidence.verdicts, since)
    return evidence.memory.fold(name, runs, nothing, step, of=since)


def _run_checkpoint(name: str, found: _Found, **values: float) -> Checkpoint:
    """The checkpoint of a run; where one went well whose distance is not known, it says what is missing."""
    met, entries = found
    checkpoint = _checkpoint(name, met, entries, **values)
    if met is not None or not entries:
        return checkpoint
    return replace(checkpoint, message=UserMessage(f"plan.check.{name}_no_distance", values))


def _benchmarks(
    evidence: Evidence, rules: PlanRules, since: datetime.date | None
) -> tuple[Checkpoint, ...]:
    settings, norms = rules.settings, rules.tables.norms
    curls = norms.articles_curls if settings.articles_gates else norms.curls
    return benchmark_checkpoints(
        evidence, norms, needed_heel_raises(norms, settings, evidence.day), curls, since
    )


def _to_full(state: PlanState, evidence: Evidence, rules: PlanRules) -> tuple[Checkpoint, ...]:
    target, ladders = rules.settings.long_run_km, rules.tables.ladders
    since = evidence.day - datetime.timedelta(days=_SESSIONS_DAYS)
    sessions = []
    for kind in ("pickups", "downhill"):
        greens = green_sessions(evidence, kind, ladders, max(since, _since(state)))
        ids = tuple(e for v in greens for e in v.entries)
        sessions.append(
            _checkpoint(kind, len(greens) >= _SESSIONS, ids, done=len(greens), needed=_SESSIONS)
        )
    recent = evidence.day - datetime.timedelta(days=_BENCHMARK_DAYS)
    long_run = (
        _checkpoint("long_run_unknown", None)
        if target is None
        else _run_checkpoint("long_run", _has_run(evidence, _since(state), target), km=target)
    )
    return (long_run, *sessions, *_benchmarks(evidence, rules, recent))
