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
from collections.abc import Sequence
from dataclasses import replace

from monitor.core.message_catalogues import UserMessage
from monitor.training.checkpoints import phase_checkpoints
from monitor.training.day_spans import on_days
from monitor.training.entries import ClearedEntry, DeclareEntry, FlagEntry, entries_of
from monitor.training.load_guards import (
    LONGEST_DAYS,
    days_since_run,
    km_by_time,
    km_of,
    longest_run,
    minutes_of,
    reds_that_hold,
    reference_week,
)
from monitor.training.plan_day import PhaseChange, Reason
from monitor.training.plan_runs import PlanRun
from monitor.training.plan_state import PlanRules, PlanState
from monitor.training.red_flags import ends_flag
from monitor.training.tables import ORDER, Phase
from monitor.training.verdict import Evidence, RunVerdict, Verdict, is_worse
from monitor.training.walk_run import LadderPlace, ladder_after, ladder_start, next_row, without_bone

_EASY_MIN = 10.0  # who cannot run so long at GREEN walks and runs
_BACK_DAYS, _CALM_DAYS = 7, 14


def next_state(state: PlanState, evidence: Evidence, rules: PlanRules) -> PlanState:
    """Return the state at the end of the evidence's day, from that of the day before."""
    before = state
    state = _declared(state, evidence, rules)
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


def _declared(state: PlanState, evidence: Evidence, rules: PlanRules) -> PlanState:
    declare = evidence.declare
    if declare is None:
        return PlanState(cleared=state.cleared)
    if evidence.declared == state.declared:
        return _corrected(state, evidence, declare, rules)
    reason = rules.writer.reason("plan.change.declared", "phase", (declare.id,))
    started = PlanState(
        declared=evidence.declared,
        tissue=declare.tissue,
        begun=min(declare.day, evidence.day),
        phase=state.phase,
        reference_km=declare.reference_km or _reference_km(evidence.runs, declare.day),
        reference_minutes=reference_week(evidence.runs, declare.day, minutes_of),
        longest_km=declare.longest_km or None,
        judged={v.run.session: v.verdict for v in evidence.verdicts if v.run.day < declare.day},
        cleared=state.cleared,
        changes=state.changes,
    )
    calm = _enter(started, Phase.CALM, evidence, reason)
    told = replace(calm, longest_km=declare.longest_km) if declare.longest_km else calm
    return _first_ladder(told, evidence, declare, rules)


def _corrected(state: PlanState, evidence: Evidence, declare: DeclareEntry, rules: PlanRules) -> PlanState:
    """What a corrected declaration changes: the usual week, the longest run before it, and the ladder.

    The phase goes on, but where it is the bone, or is not after all: then calm begins anew.
    """
    was_bone, is_bone = state.tissue == "bone", declare.tissue == "bone"
    longest = state.longest_km
    is_first = state.changes[-1].reason.message.key == "plan.change.declared"
    if longest is not None and declare.longest_km and is_first:
        longest = declare.longest_km
    reference = declare.reference_km or state.reference_km
    state = replace(state, tissue=declare.tissue, reference_km=reference, longest_km=longest)
    if is_bone and not was_bone:
        reason = rules.writer.reason("plan.change.bone", "bone", (declare.id,))
        calm = _on_ladder(_enter(state, Phase.CALM, evidence, reason), evidence, rules, walk_first=False)
        assert calm.ladder is not None
        alone = declare.runs_10_min and not state.on_ladder
        return replace(calm, ladder=replace(calm.ladder, for_bone=alone))
    if was_bone and not is_bone and state.ladder is not None and state.on_ladder:
        return _off_bone(state, state.ladder, evidence, declare, rules)
    if not declare.runs_10_min and state.phase is Phase.CALM and state.ladder is None:
        return _on_ladder(state, evidence, rules)
    return state


def _off_bone(
    state: PlanState, ladder: LadderPlace, evidence: Evidence, declare: DeclareEntry, rules: PlanRules
) -> PlanState:
    """The state where it is not the bone after all: who is on the ladder for that alone leaves it."""
    if not (ladder.for_bone and declare.runs_10_min):
        return replace(state, ladder=without_bone(ladder))
    reason = rules.writer.reason("plan.change.not_bone", "phase", (declare.id,))
    calm = _enter(replace(state, ladder=None), Phase.CALM, evidence, reason)
    recent = (evidence.day - declare.day).days <= LONGEST_DAYS
    return replace(calm, longest_km=(declare.longest_km if recent else None) or calm.longest_km)


def _reference_km(runs: Sequence[PlanRun], day: datetime.date) -> float | None:
    """The km of a usual week before ``day``; reckoned where some of its runs have a distance, not all."""
    some = longest_run(runs, day, km_of) is not None
    return reference_week(runs, day, km_by_time(runs) if some else km_of)


def _first_ladder(
    state: PlanState, evidence: Evidence, declare: DeclareEntry, rules: PlanRules
) -> PlanState:
    """Whether the plan begins on the ladder: bone, no run for long, or none of ten minutes."""
    bone = declare.tissue == "bone"
    days = days_since_run(evidence.runs, evidence.day)
    ran_today = any(r.day == evidence.day and not r.walk for r in evidence.runs)
    told = days is None and bool(declare.longest_km)
    rested = not ran_today and not told and (days is None or evidence.doses.walks_after(days))
    if not (bone or rested or not declare.runs_10_min):
        return state
    ladder = ladder_start(rules.tables.ladders.walk_run, bone=bone, walk_first=not bone)
    return replace(state, ladder=replace(ladder, for_bone=not rested and declare.runs_10_min))


def _on_ladder(
    state: PlanState, evidence: Evidence, rules: PlanRules, *, walk_first: bool = True
) -> PlanState:
    """The state at the beginning of the ladder, where runs before it do not count."""
    bone = evidence.declare is not None and evidence.declare.tissue == "bone"
    ladder = ladder_start(rules.tables.ladders.walk_run, bone=bone, walk_first=walk_first)
    judged = dict(state.judged) | {v.run.session: v.verdict for v in evidence.verdicts if v.settled}
    return replace(state, ladder=ladder, longest_km=None, judged=judged)


def _cleared(state: PlanState, evidence: Evidence, rules: PlanRules) -> PlanState:
    """After a clearance of flags that stood: calm, and walking first."""
    cleared = entries_of(ClearedEntry, evidence.standing)
    new = [e for e in cleared if e.id not in state.cleared]
    flags = entries_of(FlagEntry, evidence.standing)
    old = [e for e in cleared if e.id in state.cleared]
    stood = [f for f in flags if not any(ends_flag(o, f) for o in old)]
    freed = [f for f in stood if any(ends_flag(c, f) for c in new)]
    state = replace(state, cleared=state.cleared | {e.id for e in new})
    if not freed or state.phase is Phase.NONE:
        return state
    ids = tuple(e.id for e in (*new, *freed))
    reason = rules.writer.reason("plan.change.cleared", "red_flag", ids)
    return _on_ladder(_enter(state, Phase.CALM, evidence, reason), evidence, rules)


def _after_break(state: PlanState, evidence: Evidence, rules: PlanRules) -> PlanState:
    """After more than 28 days without a run: calm, and walking first."""
    days = days_since_run(evidence.runs, evidence.day, walks=state.on_ladder)  # they belong to it
    if days is None and state.begun is not None:  # what was told with the declaration was before it
        days = (evidence.day - state.begun).days
    waits = state.ladder is not None and state.ladder.row == 0 and state.on_ladder
    if days is None or waits or on_days(evidence.runs, evidence.day):
        return state
    if not evidence.doses.walks_after(days):
        return state
    reason = rules.writer.reason("plan.change.break", "break", (), n=days)
    if state.phase is not Phase.CALM:
        state = _enter(state, Phase.CALM, evidence, reason)
    return _on_ladder(state, evidence, rules)


# ------------------------------------------------------------------ verdicts: ladder, back


def _counted_runs(state: PlanState, evidence: Evidence, rules: PlanRules) -> PlanState:
    """The runs whose verdict is settled, or has become worse, count once, in the order of time."""
    counted, ladder = state.judged, state.ladder
    fresh = [v for v in evidence.verdicts if v.settled and counted.get(v.run.session) is not v.verdict]
    worse = [v for v in fresh if _is_news(v, counted.get(v.run.session))]
    for v in worse:
        if ladder is not None:
            ladder = _risen(ladder_after(ladder, v), evidence, v.day)
        elif state.phase is Phase.CALM and v.verdict is Verdict.RED and _was_short(v):
            ladder = ladder_start(rules.tables.ladders.walk_run, bone=False, walk_first=True)
    if ladder is not None:
        ladder = _risen(ladder, evidence, evidence.day)
    return replace(state, judged={**counted, **{v.run.session: v.verdict for v in worse}}, ladder=ladder)


def _risen(ladder: LadderPlace, evidence: Evidence, day: datetime.date) -> LadderPlace:
    """The next row after two GREEN sessions, unless a RED run holds everything on ``day``."""
    return ladder if reds_that_hold(evidence, day) else next_row(ladder)


def _is_news(v: RunVerdict, before: Verdict | None) -> bool:
    return before is None or is_worse(v.verdict, before)


def _was_short(v: RunVerdict) -> bool:
    return v.run.minutes is not None and v.run.minutes <= _EASY_MIN


def red_runs(evidence: Evidence, days: int) -> tuple[RunVerdict, ...]:
    """Return the RED runs of the last ``days`` days, one of each day."""
    recent = on_days(evidence.verdicts, evidence.day - datetime.timedelta(days=days - 1))
    reds = {v.run.day: v for v in recent if v.verdict is Verdict.RED}
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
