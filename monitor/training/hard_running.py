"""Whether today may be hard, which stressor is offered at which row, and how much descent is allowed."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping
from dataclasses import replace

from monitor.core.message_catalogues import UserMessage
from monitor.training.day_facts import DayFacts, Reasons
from monitor.training.day_spans import on_days
from monitor.training.load_guards import reds_that_hold
from monitor.training.plan_day import Reason, Stressor
from monitor.training.plan_runs import PlanRun
from monitor.training.stressors import (
    StressorOffer,
    few_downhill_sessions,
    hard_run_too_close,
    is_hard,
    kinds_of_run,
    stressor_offers,
)
from monitor.training.tables import Phase


def may_be_hard(facts: DayFacts) -> bool:
    """Return whether today may be hard: a phase with stressors, no hold, 48 h after the last hard run."""
    if not facts.limits.stressors or facts.held_back or facts.waits_for_green:
        return False
    if facts.doses.break_after(facts.rest_days) is not None:  # the first run after it takes no step
        return False
    return not hard_run_too_close(facts.evidence.runs, facts.day, facts.rules.tables.ladders)


def todays_stressors(facts: DayFacts) -> tuple[tuple[Stressor, ...], Reasons]:
    """Return the stressors that may be done today, and a reason for each of the phase, offered or not."""
    if not facts.limits.stressors:
        return (), ()
    off = stressors_off(facts)
    ladders = facts.rules.tables.ladders
    offers = stressor_offers(facts.evidence, facts.limits, ladders, facts.since, frozenset(off))
    if facts.held_back or facts.waits_for_green:
        offers = tuple(replace(o, stressor=None, why_not=o.why_not or "not_green") for o in offers)
    reasons = tuple(_offer_reason(facts, offer, off) for offer in offers)
    stressors = tuple(o.stressor for o in offers if o.stressor is not None)
    if len(stressors) > 1:
        reasons = (*reasons, facts.rules.writer.reason("plan.offered.one", "stressor"))
    return stressors, reasons


def hard_hours(facts: DayFacts, stressors: tuple[Stressor, ...]) -> Reasons:
    """Return from which hour on today may be hard, where the last hard run began later in its day.

    Days are counted whole where the start of a run is not known.
    """
    runs, ladders = facts.evidence.runs, facts.rules.tables.ladders
    write, reasons = facts.rules.writer, list[Reason]()
    rest_h = ladders.hard.rest_h
    if (time := _free_at(facts, rest_h, lambda run: is_hard(run, runs, ladders))) is not None:
        reasons.append(write.reason("plan.today.hard_not_before", "hard", (), time=time, hours=rest_h))
    downhill_h = 24 * ladders.downhill.first_rest_days
    if any(s.kind == "downhill" for s in stressors) and few_downhill_sessions(
        facts.evidence, ladders, facts.since
    ):
        time = _free_at(facts, downhill_h, lambda run: "downhill" in kinds_of_run(run, ladders))
        if time is not None:
            key = "plan.today.downhill_not_before"
            reasons.append(write.reason(key, "downhill", (), time=time, hours=downhill_h))
    return tuple(reasons)


def _free_at(facts: DayFacts, hours: int, counts: Callable[[PlanRun], bool]) -> str | None:
    """The time of today, ``hours`` after the start of the last run that counts; None where it is over."""
    midnight = datetime.datetime.combine(facts.day, datetime.time.min)
    rest = datetime.timedelta(hours=hours)
    before = on_days(facts.evidence.runs, (midnight - rest).date(), facts.day - datetime.timedelta(days=1))
    hard = [run for run in before if not run.walk and counts(run)]
    starts = (datetime.datetime.combine(r.day, r.start.time()) for r in hard if r.start is not None)
    free = max((start + rest for start in starts), default=midnight)
    return f"{free:%H:%M}" if free > midnight else None


def stressors_off(facts: DayFacts) -> dict[str, tuple[str, ...]]:
    """Return the kinds that a RED run of the last seven days has switched off, with the deciding entries.

    It is the stressor that was added last before that run, counted from the beginning of the phase.
    """
    off: dict[str, tuple[str, ...]] = {}
    for v in reds_that_hold(facts.evidence, facts.day):
        first: dict[str, datetime.date] = {}
        for run in on_days(facts.evidence.runs, facts.since, v.run.day):
            for kind in kinds_of_run(run, facts.rules.tables.ladders):
                first.setdefault(kind, run.day)
        if first:
            off[max(first, key=lambda kind: first[kind])] = v.entries
    return off


def _offer_reason(facts: DayFacts, offer: StressorOffer, off: dict[str, tuple[str, ...]]) -> Reason:
    rule = "downhill" if offer.kind == "downhill" else "stressor"
    write, s = facts.rules.writer, offer.stressor
    if s is None:
        kind = UserMessage(f"plan.stressor.{offer.kind}")
        entries = off.get(offer.kind, facts.last_entries)
        return write.reason(
            f"plan.not_offered.{offer.why_not}",
            rule,
            entries,
            kind=kind,
            **_why_not_values(facts, offer.why_not),
        )
    return write.reason(
        f"plan.offered.{s.kind}",
        rule,
        (),
        repeats=s.repeats,
        seconds=round(s.seconds),
        minutes=s.seconds / 60,
        slope=-s.slope_pct,
    )


def _why_not_values(facts: DayFacts, why_not: str) -> Mapping[str, int]:
    """The days or hours of the tables that the reason why a stressor is not offered names."""
    ladders = facts.rules.tables.ladders
    values = {
        "off": {"days": facts.doses.hold_days},
        "not_all_green": {"days": ladders.tempo.green_days},
        "next_week": {"days": facts.limits.one_kind_days},
        "hard_days": {"hours": ladders.hard.rest_h},
        "downhill_days": {"hours": 24 * ladders.downhill.first_rest_days},
    }
    return values.get(why_not, {})


def descent_allowed(facts: DayFacts, stressors: tuple[Stressor, ...]) -> tuple[float | None, float | None]:
    """Return metres and seconds of descent: those of level running, and a row's where one is offered."""
    if facts.state.phase is Phase.FULL and facts.hold is None:
        return None, None
    level = facts.rules.tables.phases[Phase.REBUILD]
    metres, seconds = level.descent_m or 0.0, level.descent_s or 0.0
    for s in stressors:
        if s.kind == "downhill":
            row_s = s.repeats * s.seconds
            speed = facts.rules.tables.ladders.downhill.speed_mps
            metres += row_s * speed * -s.slope_pct / 100
            seconds += row_s
    return metres, seconds
