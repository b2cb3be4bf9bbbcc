"""How long today's run may be: the tightest of all limits wins and is named."""

from __future__ import annotations

import math

from monitor.training.day_facts import DayFacts, Limit, round_down
from monitor.training.load_guards import (
    GROWTH,
    break_rule,
    excess_over_longest,
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
from monitor.training.plan_state import PlanRules


def week_left(facts: DayFacts) -> WeekLeft:
    """Return what is run of this week, and what is left by the phase, the guard and a break."""
    runs, monday = facts.evidence.runs, monday_of(facts.day)
    share, reference = facts.limits.week_share, facts.state.reference_km
    limit = None if share is None or reference is None else share * reference
    guard = None if facts.state.on_ladder else week_guard(runs, facts.day, km_of)
    back = week_after_break(runs, facts.day)
    known = [x for x in (limit, guard, back) if x is not None]
    done = week_total(runs, monday, km_of)
    return WeekLeft(
        monday=monday,
        done_km=round(done, 3),
        limit_km=limit if back is None else min(x for x in (limit, back) if x is not None),
        guard_km=guard,
        left_km=max(0.0, min(known) - done) if known else None,
        done_minutes=week_total(runs, monday, minutes_of),
        done_descent_m=week_total(runs, monday, _descent_of),
        guard_descent_m=week_guard(runs, facts.day, _descent_of),
    )


def _descent_of(run: PlanRun) -> float | None:
    return run.descent_m


def most_km(facts: DayFacts, week: WeekLeft) -> tuple[float | None, Reason | None]:
    """Return the most kilometres of today's run with the reason; None where nothing limits them."""
    limit = min(_km_limits(facts, week), key=lambda limit: limit.most, default=None)
    if limit is None:
        return None, None
    most = round_down(limit.most)
    return most, facts.rules.writer.reason(f"plan.limit.{limit.why}", limit.rule, limit.entries, km=most)


def _km_limits(facts: DayFacts, week: WeekLeft) -> list[Limit]:
    runs = facts.evidence.runs
    limits: list[Limit] = []
    longest = longest_run(runs, facts.day, km_of)
    share = facts.limits.run_share_of_longest
    if share is not None and facts.state.longest_km is not None:
        limits.append(Limit(share * facts.state.longest_km, "calm", "phase"))
    elif longest is not None:
        limits.append(Limit(GROWTH * longest, "longest", "single_run"))
    by_verdict = next_run_most(facts.evidence.verdicts, facts.day, km_of)
    if by_verdict is not None:
        why = "verdict" if break_rule(facts.rest_days) is None else "break"
        limits.append(Limit(by_verdict, why, why, facts.last_entries))
    if week.left_km is not None:
        limits.append(Limit(week.left_km, "week", "week"))
    return limits


def most_minutes(facts: DayFacts, km: float | None) -> float | None:
    """Return the most minutes of today's run: those of its kilometres, or by time where none are known."""
    evidence = facts.evidence
    pace = minutes_per_km(evidence.runs)
    if km is not None:
        return None if pace is None else float(math.floor(km * pace + 1e-6))
    longest = longest_run(evidence.runs, facts.day, minutes_of)
    by_verdict = next_run_most(evidence.verdicts, facts.day, minutes_of)
    share = facts.limits.run_share_of_longest
    before = longest_run([r for r in evidence.runs if r.day < facts.since], facts.since, minutes_of)
    if share is not None and before is not None:
        longest = share / GROWTH * before
    known = [x for x in (longest and GROWTH * longest, by_verdict) if x is not None]
    return float(math.floor(min(known) + 1e-6)) if known else None


def planned_run_reason(planned_km: float, longest_km: float, rules: PlanRules) -> Reason | None:
    """Return what a planned run (km) is against the longest of 30 days; None up to a tenth more."""
    excess, rate = excess_over_longest(planned_km, longest_km)
    if rate is None:
        return None
    return rules.writer.reason(
        "plan.planned.too_long",
        "single_run",
        (),
        most=round_down(GROWTH * longest_km),
        planned=planned_km,
        excess=excess,
        rate=rate,
    )
