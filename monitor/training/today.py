"""What is allowed today, and why: rest, a row of the walk-run ladder, or a run with its limits.

Everything here is a function of the state of the plan and of what is known on the day.
"""

from __future__ import annotations

import datetime
import math
from dataclasses import dataclass, replace

from monitor.core.message_catalogues import UserMessage
from monitor.training.day_facts import DayFacts, Reasons, round_down
from monitor.training.hard_running import descent_allowed, hard_hours, may_be_hard, todays_stressors
from monitor.training.load_guards import ASSUMED_MIN_PER_KM
from monitor.training.plan_day import Allowance, Reason, WeekLeft
from monitor.training.plan_state import PlanRules, PlanState
from monitor.training.rest_days import earliest_start, hours_between_runs, rest_reason
from monitor.training.run_size import most_km, most_minutes, reckoned_reason, week_left
from monitor.training.tables import Phase
from monitor.training.verdict import Evidence, Verdict

_FAST_MIN_PER_KM = 4.0  # nobody runs easily faster: a row of the ladder is minutes and no week's kilometres


@dataclass(frozen=True, slots=True, kw_only=True)
class Today:
    """``Today`` is what a day allows, with the reasons and what is left of the week."""

    allowance: Allowance
    week: WeekLeft
    hold_until: datetime.date | None
    reasons: Reasons


def todays_allowance(state: PlanState, evidence: Evidence, rules: PlanRules) -> Today:
    """Return what is allowed on the evidence's day, before today's run as after it."""
    facts = DayFacts(state, evidence, rules)
    week, earliest, hold = week_left(facts), earliest_start(facts), facts.hold
    base = Allowance(
        effort_most=facts.limits.effort_most, form_cues=_form_cues(facts), ladder=_ladder_name(state)
    )
    rest, may_run = rest_reason(facts, earliest, week), replace(base, run=True, earliest=earliest)
    reasons: Reasons
    if rest is not None:
        allowance, reasons = base, (rest,)
    elif state.on_ladder:
        allowance, reasons = _ladder_session(facts, may_run, week)
    else:
        allowance, reasons = _free_run(facts, may_run, week)
    if state.ladder is not None and state.ladder.ask:
        reasons = (*reasons, rules.writer.reason("plan.advice.ladder", "walk_run"))
    reckoned = reckoned_reason(facts, week)
    reasons = reasons if reckoned is None else (*reasons, reckoned)
    if hold is not None:
        days = (hold.until - facts.day).days
        reasons = (*reasons, rules.writer.reason("plan.hold", "verdict", hold.entries, n=days))
    until = None if hold is None else hold.until
    return Today(allowance=allowance, week=week, hold_until=until, reasons=reasons)


def _form_cues(facts: DayFacts) -> bool:
    """Calm, a hold, and RED until a GREEN run silence cues of form."""
    if facts.state.phase is Phase.CALM or facts.hold is not None:
        return False
    for v in reversed(facts.evidence.verdicts):
        if v.verdict is Verdict.GREEN:
            return True
        if v.verdict is Verdict.RED:
            return False
    return True


def _ladder_name(state: PlanState) -> str:
    return state.ladder.now.name if state.ladder and state.on_ladder else ""


def _ladder_session(facts: DayFacts, base: Allowance, week: WeekLeft) -> tuple[Allowance, Reasons]:
    assert facts.state.ladder is not None
    row, write = facts.state.ladder.now, facts.rules.writer
    key = "plan.today.walk" if not row.run_min else "plan.today.walk_run"
    if row.run_min and not row.walk_min:
        key = "plan.today.run_minutes"
    values = {"rounds": row.rounds, "run": row.run_min, "walk": row.walk_min, "minutes": row.minutes}
    reasons: Reasons = (write.reason(key, "walk_run", (), **values),)
    running_min = row.rounds * row.run_min
    km = round_down(min(running_min / _FAST_MIN_PER_KM, math.inf if week.left_km is None else week.left_km))
    if km < running_min / ASSUMED_MIN_PER_KM:
        reasons = (*reasons, write.reason("plan.limit.week", "week", (), km=km))
    allowed = replace(
        base,
        km=km,
        minutes=row.minutes,
        walk=not row.run_min,
        descent_m=facts.limits.descent_m,
        descent_s=facts.limits.descent_s,
    )
    return allowed, reasons


def _free_run(facts: DayFacts, base: Allowance, week: WeekLeft) -> tuple[Allowance, Reasons]:
    km, why = most_km(facts, week)
    minutes, why_minutes = most_minutes(facts, km, week)
    stressors, offers = todays_stressors(facts)
    descent_m, descent_s = descent_allowed(facts, stressors)
    hard = may_be_hard(facts)
    hours = hard_hours(facts, stressors) if hard or stressors else ()
    easy = facts.rules.tables.phases[Phase.CALM].effort_most
    allowed = replace(
        base,
        km=km,
        minutes=minutes,
        hard=hard,
        effort_most=base.effort_most if hard else min(base.effort_most, easy),
        stressors=stressors,
        descent_m=descent_m,
        descent_s=descent_s,
    )
    limits = tuple(w for w in (why, why_minutes) if w is not None)
    return allowed, (_today_reason(facts, allowed), *limits, *offers, *hours, *_not_before(facts, allowed))


def _today_reason(facts: DayFacts, allowed: Allowance) -> Reason:
    write = facts.rules.writer
    how = UserMessage("plan.how.hard" if allowed.hard else "plan.how.easy")
    if allowed.km is not None:
        return write.reason("plan.today.run", "phase", (), km=allowed.km, how=how)
    if allowed.minutes is not None:
        return write.reason("plan.today.run_minutes", "phase", (), minutes=allowed.minutes)
    return write.reason("plan.today.free", "phase", (), how=how)


def _not_before(facts: DayFacts, allowed: Allowance) -> Reasons:
    at = allowed.earliest
    if at is None or at.date() != facts.day or at.time() == datetime.time.min:
        return ()
    hours = hours_between_runs(facts)
    return (
        facts.rules.writer.reason("plan.today.not_before", "phase", (), time=f"{at:%H:%M}", hours=hours),
    )
