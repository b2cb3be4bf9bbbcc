"""The phases of coming back: calm, rebuild, reintroduce, full; by checkpoints, never by the calendar.

How the state goes from day to day.  ``PlanState`` is what the decisions so far have made: phase, since
when, the place on the walk-run ladder, which runs were counted.  ``next_state`` takes the evidence of one
more day, in this order:

1. A declaration starts (or restarts) the plan in calm.  A red flag stops everything; ``cleared`` leads to
   calm at the first row of the ladder.
2. More than 28 days without a run lead to calm and the ladder.
3. Runs that have their verdict move the ladder.  Two RED in seven days lead a phase back (from full: to
   calm), three in fourteen days to calm.
   A RED run takes back what was allowed in the morning of the same day.
4. If nothing of that happened, all checkpoints of the next phase are met and the answers are there, one
   phase forward.

A day is decided with what was known on that day.  What is corrected later changes later days: nobody is
moved two phases by answers that come in a heap.  Phases and doses come from articles and consensus (D).
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from monitor.core.message_catalogues import UserMessage
from monitor.training.entries import AnyEntry, ClearedEntry, DeclareEntry, Entry, FlagEntry, entries_of
from monitor.training.entries import first_version as _first_version
from monitor.training.load_guards import (
    BREAKS,
    HOLD_DAYS,
    days_since_run,
    km_of,
    longest_run,
    reference_week,
)
from monitor.training.plan_day import Checkpoint, PhaseChange, Reason, ReasonWriter, StopAnswer
from monitor.training.red_flags import ends_flag, stop_answer
from monitor.training.strength import (
    attendance_checkpoint,
    benchmark_checkpoints,
    heel_raise_norm,
    strength_adherence,
)
from monitor.training.stressors import green_sessions
from monitor.training.tables import ORDER, Phase, Tables
from monitor.training.verdict import Evidence, RunVerdict, Verdict, is_worse
from monitor.training.walk_run import LadderPlace, ladder_after, ladder_start

_LADDER_DAYS = BREAKS[0].from_days
_EASY_MIN = 10.0  # who cannot run so long at GREEN walks and runs
_BACK_DAYS, _CALM_DAYS = 7, 14
_CALM_MORNING = 1.0
_LEAST_KM, _LEAST_PAIN = 5.0, 2.0
_SESSIONS, _SESSIONS_DAYS, _BENCHMARK_DAYS = 4, 42, 28
"""Eight sessions and three long runs in 21 days would be closer together than 48 hours; so six weeks."""
_QUIET_DAYS = 3  # 48 h after the morning that made a run AMBER or RED


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanSettings:
    """Settings of the runner that the rules need, each unknown where it was not given.

    ``long_run_km`` is the runner's own target; ``articles_gates`` makes the articles' high figures of
    strength conditions; an empty ``emergency_number`` leaves the words.
    """

    sex: Literal["", "man", "woman"] = ""
    born_year: int | None = None
    long_run_km: float | None = None
    articles_gates: bool = False
    emergency_number: str = ""

    def __post_init__(self) -> None:
        if self.born_year is not None and not 1900 <= self.born_year <= 2100:
            raise ValueError(f"born_year must be between 1900 and 2100, not {self.born_year}")
        if self.long_run_km is not None and not 1 <= self.long_run_km <= 200:
            raise ValueError(f"long_run_km must be between 1 and 200, not {self.long_run_km:g}")


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanState:
    """The state of a plan at the end of a day, from which the next day goes on.

    ``declared`` is the id of the declaration, ``begun`` its day; ``reference_km`` a usual week and
    ``longest_km`` the longest run before it or before calm; ``judged`` the verdicts that have counted, by
    session; ``spent`` the RED runs that led a phase back; ``cleared`` the ids of clearances that counted.
    """

    declared: str = ""
    begun: datetime.date | None = None
    phase: Phase = Phase.NONE
    since: datetime.date | None = None
    reference_km: float | None = None
    longest_km: float | None = None
    ladder: LadderPlace | None = None
    judged: Mapping[str, Verdict] = field(default_factory=dict)
    spent: frozenset[str] = frozenset()
    cleared: frozenset[str] = frozenset()
    changes: tuple[PhaseChange, ...] = ()

    @property
    def on_ladder(self) -> bool:
        """Whether the walk-run ladder decides what a run is."""
        return self.ladder is not None and not self.ladder.finished


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRules:
    """What the rules of a plan share: settings, tables, and the writer of reasons."""

    settings: PlanSettings
    tables: Tables

    @property
    def writer(self) -> ReasonWriter:
        """The writer of reasons with the grades of the tables."""
        return ReasonWriter(self.tables.grades)

    def stop(self, evidence: Evidence) -> StopAnswer | None:
        """Return the answer to the red flags that stand, None where there are none."""
        return stop_answer(evidence.standing, self.tables.flags, self.settings.emergency_number)


def next_state(
    state: PlanState, evidence: Evidence, entries: Sequence[AnyEntry], rules: PlanRules
) -> PlanState:
    """Return the state at the end of the evidence's day, from that of the day before.

    ``entries`` are all, also those that were corrected: they tell which declaration a correction is of.
    """
    before = state
    state = _declared(state, evidence, entries, rules)
    state = _cleared(state, evidence, rules)
    if state.phase is Phase.NONE or rules.stop(evidence) is not None:
        return state
    evidence = evidence.since(state.begun or evidence.day)  # what was before the plan is no verdict in it
    state = _after_break(state, evidence, rules)
    state = _counted_runs(state, evidence, rules)
    state = _led_back(state, evidence, rules)
    return _led_forward(state, evidence, rules) if state.changes == before.changes else state


def _enter(state: PlanState, phase: Phase, evidence: Evidence, reason: Reason) -> PlanState:
    """The state in another phase; calm remembers the longest run before it."""
    change = PhaseChange(evidence.day, state.phase, phase, reason)
    longest = state.longest_km
    if phase is Phase.CALM:
        longest = longest_run(evidence.runs, evidence.day, km_of) or longest
    return replace(
        state, phase=phase, since=evidence.day, longest_km=longest, changes=(*state.changes, change)
    )


# ------------------------------------------------------------------ declarations, clearances, breaks


def _declared(
    state: PlanState, evidence: Evidence, entries: Sequence[AnyEntry], rules: PlanRules
) -> PlanState:
    declare = evidence.declare
    if declare is None:
        return PlanState(cleared=state.cleared)
    root = _first_version(
        declare, (e for e in entries if isinstance(e, Entry) and e.written_day <= evidence.day)
    )
    if root == state.declared:
        return state
    reason = rules.writer.reason("plan.change.declared", "phase", (declare.id,))
    started = PlanState(
        declared=root,
        begun=min(declare.day, evidence.day),
        phase=state.phase,
        reference_km=declare.reference_km or reference_week(evidence.runs, declare.day),
        longest_km=declare.longest_km,
        judged={v.run.session: v.verdict for v in evidence.verdicts if v.run.day < declare.day},
        cleared=state.cleared,
        changes=state.changes,
    )
    return _first_ladder(_enter(started, Phase.CALM, evidence, reason), evidence, declare, rules)


def _first_ladder(
    state: PlanState, evidence: Evidence, declare: DeclareEntry, rules: PlanRules
) -> PlanState:
    """Whether the plan begins on the ladder: bone, no run for long, or none of ten minutes."""
    bone = declare.tissue == "bone"
    days = days_since_run(evidence.runs, evidence.day)
    ran_today = any(r.day == evidence.day and not r.walk for r in evidence.runs)
    told = days is None and declare.longest_km is not None
    rested = not ran_today and not told and (days is None or days >= _LADDER_DAYS)
    if not (bone or rested or not declare.runs_10_min):
        return state
    rows = rules.tables.ladders.walk_run
    return replace(state, ladder=ladder_start(rows, bone=bone, walk_first=not bone))


def _walking(state: PlanState, evidence: Evidence, rules: PlanRules) -> PlanState:
    bone = evidence.declare is not None and evidence.declare.tissue == "bone"
    ladder = ladder_start(rules.tables.ladders.walk_run, bone=bone, walk_first=True)
    judged = dict(state.judged) | {v.run.session: v.verdict for v in evidence.verdicts if v.settled}
    return replace(state, ladder=ladder, longest_km=None, judged=judged)


def _cleared(state: PlanState, evidence: Evidence, rules: PlanRules) -> PlanState:
    """After a clearance of flags that stood: calm, and walking first."""
    cleared = entries_of(ClearedEntry, evidence.standing)
    new = [e for e in cleared if e.id not in state.cleared]
    flags = entries_of(FlagEntry, evidence.standing)
    old = [e for e in cleared if e.id in state.cleared]
    freed = any(ends_flag(c, f) and not any(ends_flag(o, f) for o in old) for c in new for f in flags)
    state = replace(state, cleared=state.cleared | {e.id for e in new})
    if not freed or state.phase is Phase.NONE:
        return state
    reason = rules.writer.reason("plan.change.cleared", "red_flag", tuple(e.id for e in new))
    return _walking(_enter(state, Phase.CALM, evidence, reason), evidence, rules)


def _after_break(state: PlanState, evidence: Evidence, rules: PlanRules) -> PlanState:
    """After more than 28 days without a run: calm, and walking first."""
    runs = evidence.runs
    if state.on_ladder:  # walks belong to it
        runs = tuple(replace(r, walk=False) for r in runs)
    days = days_since_run(runs, evidence.day)
    waits = state.ladder is not None and state.ladder.row == 0 and state.on_ladder
    if days is None or days < _LADDER_DAYS or waits or any(r.day == evidence.day for r in runs):
        return state
    reason = rules.writer.reason("plan.change.break", "break", (), n=days)
    if state.phase is not Phase.CALM:
        state = _enter(state, Phase.CALM, evidence, reason)
    return _walking(state, evidence, rules)


# ------------------------------------------------------------------ verdicts: ladder, back


def _counted_runs(state: PlanState, evidence: Evidence, rules: PlanRules) -> PlanState:
    """The runs whose verdict is settled, or has become worse, count once, in the order of time."""
    judged, ladder = dict(state.judged), state.ladder
    for v in evidence.verdicts:
        last = judged.get(v.run.session)
        if not v.settled or (last is not None and not is_worse(v.verdict, last)):
            continue
        judged[v.run.session] = v.verdict
        if ladder is not None:
            ladder = ladder_after(ladder, v)
        elif state.phase is Phase.CALM and v.verdict is Verdict.RED and _was_short(v):
            ladder = ladder_start(rules.tables.ladders.walk_run, bone=False, walk_first=True)
    return replace(state, judged=judged, ladder=ladder)


def _was_short(v: RunVerdict) -> bool:
    return v.run.minutes is not None and v.run.minutes <= _EASY_MIN


def red_runs(evidence: Evidence, days: int) -> tuple[RunVerdict, ...]:
    """Return the RED runs of the last ``days`` days, one of each day."""
    since = evidence.day - datetime.timedelta(days=days)
    reds = {v.run.day: v for v in evidence.verdicts if v.verdict is Verdict.RED and v.run.day > since}
    return tuple(reds[day] for day in sorted(reds))


def _led_back(state: PlanState, evidence: Evidence, rules: PlanRules) -> PlanState:
    if state.phase is Phase.CALM:
        return state
    two, three = red_runs(evidence, _BACK_DAYS), red_runs(evidence, _CALM_DAYS)
    unspent = [v for v in two if v.run.session not in state.spent]
    fresh = [v for v in three if v.run.session not in state.spent]
    if len(three) >= 3 and fresh:
        reds, key, to = three, "plan.change.three_red", Phase.CALM
    elif len(unspent) >= 2:
        back = ORDER[ORDER.index(state.phase) - 1]
        reds, key = tuple(unspent), "plan.change.two_red"
        to = Phase.CALM if state.phase is Phase.FULL else back
    else:
        return state
    first, last = reds[-2], reds[-1]
    reason = rules.writer.reason(
        key,
        "phase",
        tuple(dict.fromkeys(e for v in reds for e in v.entries)),
        phase=UserMessage(f"plan.phase.{to.value}"),
        first=cause_message(first),
        last=cause_message(last),
    )
    spent = state.spent | {v.run.session for v in reds}
    return replace(_enter(state, to, evidence, reason), spent=spent)


def cause_message(v: RunVerdict) -> UserMessage:
    """Return what decided the verdict of a run, as a part of a sentence."""
    return UserMessage(f"plan.cause.{v.why}", v.values)


# ------------------------------------------------------------------ forward


def _led_forward(state: PlanState, evidence: Evidence, rules: PlanRules) -> PlanState:
    checkpoints = phase_checkpoints(state, evidence, rules)
    if not checkpoints or not all(c.met for c in checkpoints):
        return state
    to = ORDER[ORDER.index(state.phase) + 1]
    entries = tuple(dict.fromkeys(e for c in checkpoints for e in c.entries))
    reason = rules.writer.reason(
        "plan.change.forward", "phase", entries, phase=UserMessage(f"plan.phase.{to.value}")
    )
    return _enter(state, to, evidence, reason)


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
    red = _no_recent(evidence, "no_red", HOLD_DAYS, (Verdict.RED,))
    return (time, red, quiet, _last_green(evidence), *own[state.phase](state, evidence, rules))


def _checkpoint(
    name: str, met: bool | None, entries: tuple[str, ...] = (), **values: float | str
) -> Checkpoint:
    return Checkpoint(
        name=name, met=met, message=UserMessage(f"plan.check.{name}", values), entries=entries
    )


def _no_recent(evidence: Evidence, name: str, days: int, verdicts: tuple[Verdict, ...]) -> Checkpoint:
    since = evidence.day - datetime.timedelta(days=days)
    found = [v for v in evidence.verdicts if v.run.day > since and v.verdict in verdicts]
    return _checkpoint(name, not found, tuple(e for v in found for e in v.entries))


def _last_green(evidence: Evidence) -> Checkpoint:
    """Whether the last run before today was GREEN; who was not well since a RED run waits for one."""
    runs = [v for v in evidence.verdicts if not v.run.walk and (v.bad or v.run.day < evidence.day)]
    last = runs[-1] if runs else None
    met: bool | None = False if last is None or last.bad else None
    if last is not None and last.verdict is Verdict.GREEN:
        met = True
    return _checkpoint("last_green", met, () if last is None else last.entries)


def _since(state: PlanState) -> datetime.date:
    return state.since or datetime.date.min


def _to_rebuild(state: PlanState, evidence: Evidence, rules: PlanRules) -> tuple[Checkpoint, ...]:
    runs = [v for v in evidence.verdicts if not v.run.walk and v.run.day >= _since(state)]
    runs = [v for v in runs if v.bad or v.run.day < evidence.day]  # today's good run decides tomorrow
    last = [v for v in runs if v.settled or v.bad][-2:]
    pending = [v for v in runs if not v.settled]
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
        checks.append(_checkpoint("ladder", state.ladder.finished))
    return tuple(checks)


def _last_mornings(evidence: Evidence) -> list[datetime.date]:
    return [evidence.day - datetime.timedelta(days=k) for k in (2, 1, 0)]


def _calm_mornings(evidence: Evidence) -> Checkpoint:
    days = _last_mornings(evidence)
    pains = [evidence.morning_pain(d) for d in days]
    met: bool | None = None
    if any(p is not None and p > _CALM_MORNING for p in pains):
        met = False
    elif all(p is not None for p in pains):
        met = True
    return _checkpoint("mornings", met, evidence.morning_ids(*days))


def _not_more_tender(evidence: Evidence) -> Checkpoint:
    days = _last_mornings(evidence)
    mornings = [m for d in days for m in evidence.mornings.get(d, ())]
    more = [m for m in mornings if m.tender == "more"]
    today = [m for m in evidence.mornings.get(evidence.day, ()) if m.tender is not None]
    met = False if more else (True if today else None)
    return _checkpoint("tender", met, tuple(m.id for m in more or today))


def _to_reintroduce(state: PlanState, evidence: Evidence, rules: PlanRules) -> tuple[Checkpoint, ...]:
    long_enough = [
        v for v in evidence.verdicts if v.run.day >= _since(state) and (v.run.km or 0) >= _LEAST_KM
    ]
    good = [
        v
        for v in long_enough
        if v.verdict is Verdict.GREEN and max(v.during or 0, v.after or 0) <= _LEAST_PAIN
    ]
    unknown = any(v.verdict is Verdict.UNKNOWN for v in long_enough)
    met = True if good else (None if unknown else False)
    five = _checkpoint("five_km", met, good[-1].entries if good else ())
    adherence = strength_adherence(
        evidence.standing, rules.tables.exercises, state.phase, _since(state), evidence.day
    )
    return (five, *_benchmarks(evidence, rules, None), attendance_checkpoint(adherence))


def _benchmarks(
    evidence: Evidence, rules: PlanRules, since: datetime.date | None
) -> tuple[Checkpoint, ...]:
    settings, norms = rules.settings, rules.tables.norms
    age = None if settings.born_year is None else evidence.day.year - settings.born_year
    raises, curls = heel_raise_norm(norms, age, settings.sex), norms.curls
    if settings.articles_gates:
        raises, curls = norms.articles_heel_raises, norms.articles_curls
    return benchmark_checkpoints(evidence.standing, norms, raises, curls, since)


def _to_full(state: PlanState, evidence: Evidence, rules: PlanRules) -> tuple[Checkpoint, ...]:
    target, ladders = rules.settings.long_run_km, rules.tables.ladders
    met: bool | None = None
    entries: tuple[str, ...] = ()
    if target is not None:
        done = [v for v in evidence.verdicts if v.run.day >= _since(state) and (v.run.km or 0) >= target]
        good = [v for v in done if v.verdict is Verdict.GREEN]
        unknown = any(v.verdict is Verdict.UNKNOWN for v in done)
        met = True if good else (None if unknown else False)
        entries = good[-1].entries if good else ()
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
        else _checkpoint("long_run", met, entries, km=target)
    )
    return (long_run, *sessions, *_benchmarks(evidence, rules, recent))
