"""What a run that the runner has in mind is against today, and against the longest run of 30 days."""

from __future__ import annotations

from monitor.training.load_guards import excess_over_longest
from monitor.training.plan_day import PlanDay, Reason
from monitor.training.plan_state import PlanRules


def planned_run_reasons(planned_km: float, decided: PlanDay, rules: PlanRules) -> tuple[Reason, ...]:
    """Return what is to be said of a run of so many km on the decision's day, before it is run.

    First whether the day allows it; then, where it is more than a tenth longer than the longest run of 30
    days, what became of such runs in one cohort (Frandsen 2025): an association and no proof.
    """
    first = _against_the_day(planned_km, decided, rules)
    if decided.longest_km is None or decided.stop is not None:
        return (first,)
    excess, rate = excess_over_longest(planned_km, decided.longest_km)
    if rate is None:
        return (first,)
    values = {"planned": planned_km, "excess": excess, "rate": rate}
    return (first, rules.writer.reason("plan.planned.too_long", "single_run", (), **values))


def _against_the_day(planned_km: float, decided: PlanDay, rules: PlanRules) -> Reason:
    allowed = decided.allowance
    if decided.stop is not None or (allowed is not None and (not allowed.run or allowed.ladder)):
        return decided.reasons[0]
    if allowed is None or allowed.km is None:
        return rules.writer.reason("plan.planned.no_limit", "phase", (), planned=planned_km)
    key = "plan.planned.within" if planned_km <= allowed.km + 1e-9 else "plan.planned.more"
    return rules.writer.reason(key, "phase", (), planned=planned_km, most=allowed.km)
