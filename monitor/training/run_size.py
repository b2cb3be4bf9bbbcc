"""How long today's run may be: the tightest of all limits wins and is named."""

from __future__ import annotations

import datetime
import math
from collections.abc import Sequence

from monitor.training.day_facts import DayFacts, Limit, round_down
from monitor.training.day_spans import on_days
from monitor.training.load_guards import (
    ASSUMED_MIN_PER_KM,
    LEAST_KM,
    LEAST_MIN,
    LONGEST_DAYS,
    RunSize,
    km_by_time,
    km_of,
    longest_run,
    minutes_of,
    minutes_per_km,
    monday_of,
    next_run_most,
    week_after_break,
    week_guard,
    week_total,
)
from monitor.training.plan_day import Reason, WeekLeft
from monitor.training.plan_runs import PlanRun
from monitor.training.stressors import hard_run_too_close
from monitor.training.verdict import Evidence

_SHOWN_KM = 0.05  # less is 0.0 on the screen


def week_left(facts: DayFacts) -> WeekLeft:
    """Return what is run of this week, and what is left by the phase and after a break.

    A tenth over the mean of three weeks is shown beside it and limits nothing: trials speak against it as
    protection (Buist 2008, Fredette 2022), and one week of holding back would hold back the next ones.
    """
    runs, monday, state = facts.evidence.runs, monday_of(facts.day), facts.state
    km_size = _km_size(facts)
    least_km = facts.limits.week_least_km or 0.0
    km = _week_limit(facts, km_size, state.reference_km, least_km)
    minutes = _week_limit(facts, minutes_of, state.reference_minutes, ASSUMED_MIN_PER_KM * least_km)
    done_km = week_total(runs, monday, km_size)
    done_minutes = week_total(runs, monday, minutes_of)
    return WeekLeft(
        monday=monday,
        done_km=round(done_km, 3),
        limit_km=km,
        guard_km=_week_guard(facts, km_size),
        left_km=_left(km, done_km),
        done_minutes=done_minutes,
        limit_minutes=minutes,
        guard_minutes=_week_guard(facts, minutes_of),
        left_minutes=_left(minutes, done_minutes),
        done_descent_m=_descent_of_week(runs, monday),
        guard_descent_m=week_guard(runs, facts.day, _descent_of),
    )


def _km_size(facts: DayFacts) -> RunSize:
    """The km of a run, reckoned from its minutes where it has none and the plan goes by km.

    Minutes on the walk-run ladder are walked as well; there nothing is reckoned.
    """
    state, evidence = facts.state, facts.evidence
    goes_by_km = (state.reference_km, longest_run_km(evidence)) != (None, None) or any(
        v.run.km for v in evidence.verdicts if not v.run.walk
    )
    return km_by_time(evidence.runs) if goes_by_km and not state.on_ladder else km_of


def _week_limit(facts: DayFacts, size: RunSize, reference: float | None, least: float) -> float | None:
    """The limit of this week by the phase or a break, None where there is none."""
    share = facts.limits.week_share
    limit = None if share is None or reference is None else max(share * reference, least)
    back = week_after_break(facts.evidence.runs, facts.day, size, facts.doses)
    return min((x for x in (limit, back) if x is not None), default=None)


def _week_guard(facts: DayFacts, size: RunSize) -> float | None:
    return None if facts.state.on_ladder else week_guard(facts.evidence.runs, facts.day, size)


def reckoned_reason(facts: DayFacts, week: WeekLeft) -> Reason | None:
    """Return how many km of this week are reckoned from time, None where all were measured or told."""
    km = week.done_km - week_total(facts.evidence.runs, week.monday, km_of)
    return facts.rules.writer.reason("plan.reckoned", "week", (), km=km) if km >= _SHOWN_KM else None


def _left(limit: float | None, done: float) -> float | None:
    return None if limit is None else max(0.0, limit - done)


def _descent_of_week(runs: Sequence[PlanRun], monday: datetime.date) -> float | None:
    """The metres downhill of the week; None where they are not known of every run."""
    week = on_days(runs, monday, monday + datetime.timedelta(days=6))
    if any(r.descent_m is None for r in week if not r.walk):
        return None
    return week_total(runs, monday, _descent_of)


def _descent_of(run: PlanRun) -> float | None:
    return run.descent_m


def most_km(facts: DayFacts, week: WeekLeft) -> tuple[float | None, Reason | None]:
    """Return the most kilometres of today's run with the reason; None where nothing limits them."""
    limit = min(_km_limits(facts, week), key=lambda limit: limit.most, default=None)
    if limit is None:
        return None, None
    most = round_down(limit.most)
    return most, _limit_reason(facts, f"plan.limit.{limit.why}", limit, km=most)


def _limit_reason(facts: DayFacts, key: str, limit: Limit, **most: float) -> Reason:
    more: dict[str, float] = {}
    if limit.why == "longest":
        more = {"growth": facts.doses.growth_pct}
    elif limit.why == "hard_days":
        more = {"hours": facts.rules.tables.ladders.hard.rest_h}
    return facts.rules.writer.reason(key, limit.rule, limit.entries, **most, **more)


def longest_run_km(evidence: Evidence) -> float | None:
    """Return the longest run of 30 days in km, that which was told with the declaration among them."""
    stored, declare = longest_run(evidence.runs, evidence.day, km_of), evidence.declare
    told = declare.longest_km if declare and (evidence.day - declare.day).days <= LONGEST_DAYS else None
    return max((km for km in (stored, told) if km), default=None)


def _km_limits(facts: DayFacts, week: WeekLeft) -> list[Limit]:
    size, before = _km_size(facts), facts.state.longest_km
    if before is None and facts.state.ladder is None:
        before = _longest_before_phase(facts, size)
    longest = longest_run_km(facts.evidence) or longest_run(facts.evidence.runs, facts.day, size)
    return _at_least(
        LEAST_KM, _single_run(facts, before, longest) + _other_limits(facts, size, week.left_km)
    )


def _at_least(least: float, limits: list[Limit]) -> list[Limit]:
    """The limits, each but the week's as long as the shortest run at least."""
    return [
        limit
        if limit.why == "week" or limit.most >= least
        else Limit(least, "least", "phase", limit.entries)
        for limit in limits
    ]


def _longest_before_phase(facts: DayFacts, size: RunSize) -> float | None:
    yesterday = facts.since - datetime.timedelta(days=1)
    return longest_run(on_days(facts.evidence.runs, datetime.date.min, yesterday), facts.since, size)


def _single_run(facts: DayFacts, before: float | None, longest: float | None) -> list[Limit]:
    """The limit by the longest run: half of that before calm, else a tenth more than that of 30 days."""
    share = facts.limits.run_share_of_longest
    if share is not None and before is not None:
        return [Limit(share * before, "calm", "phase")]
    return [] if longest is None else [Limit(facts.doses.growth * longest, "longest", "single_run")]


def _other_limits(facts: DayFacts, size: RunSize, left: float | None) -> list[Limit]:
    """The limits that are alike for km and minutes: the last verdicts, the week, hard days apart."""
    limits: list[Limit] = []
    evidence = facts.evidence
    by_verdict = next_run_most(evidence.verdicts, facts.day, size, evidence.doses, evidence.memory)
    if by_verdict is not None:
        why = "verdict" if evidence.doses.break_after(facts.rest_days) is None else "break"
        limits.append(Limit(by_verdict, why, why, facts.last_entries))
    if left is not None:
        limits.append(Limit(left, "week", "week"))
    most = _not_the_longest(facts, size)
    if most is not None:
        limits.append(Limit(most, "hard_days", "hard"))
    return limits


def _not_the_longest(facts: DayFacts, size: RunSize) -> float | None:
    """The longest run of seven days, where today is too close to a hard run for a longer one.

    A longer one would be the longest of the week, which is hard itself.
    """
    if not hard_run_too_close(facts.evidence.runs, facts.day, facts.rules.tables.ladders):
        return None
    recent = on_days(facts.evidence.runs, facts.day - datetime.timedelta(days=6))
    week = [size(r) for r in recent if not r.walk]
    return max((x for x in week if x), default=None)


def most_minutes(facts: DayFacts, km: float | None, week: WeekLeft) -> tuple[float | None, Reason | None]:
    """Return the most minutes of today's run, with the reason where they and not km limit it."""
    pace = minutes_per_km(facts.evidence.runs)
    if km is not None:
        return (None if pace is None else float(math.floor(km * pace + 1e-6))), None
    limit = min(_minute_limits(facts, week), key=lambda limit: limit.most, default=None)
    if limit is None:
        return None, None
    most = float(math.floor(limit.most + 1e-6))
    key = f"plan.limit_minutes.{limit.why}"
    return most, _limit_reason(facts, key, limit, minutes=most)


def _minute_limits(facts: DayFacts, week: WeekLeft) -> list[Limit]:
    before = _longest_before_phase(facts, minutes_of)
    longest = longest_run(facts.evidence.runs, facts.day, minutes_of)
    limits = _single_run(facts, before, longest)
    return _at_least(LEAST_MIN, limits + _other_limits(facts, minutes_of, week.left_minutes))
