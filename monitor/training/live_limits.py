"""What the plan of a day tells the running session: its limits, and whether form cues may be spoken."""

from __future__ import annotations

from dataclasses import replace

from monitor.core.session_settings import SilenceReason, TodaysLimits
from monitor.training.plan_day import Allowance, PlanDay
from monitor.training.tables import Phase


def live_limits(day: PlanDay, without_plan: TodaysLimits) -> TodaysLimits:
    """Return the limits of a session of this day, made of those that hold without a plan.

    Where no plan runs (and nothing stands against running) they are those; the longest run of the plan,
    which knows runs without sensors too, goes before theirs.
    """
    limits = replace(without_plan, longest_km=day.longest_km or without_plan.longest_km)
    if day.stop is not None or day.phase is Phase.STOP:
        return replace(limits, most_km=0.0, form_cues=False, stop=True)
    if day.allowance is None:
        return limits
    allowed = _limits_of_run(limits, day.allowance)
    return replace(
        allowed,
        form_cues=day.allowance.form_cues,
        silence="" if day.allowance.form_cues else _silence(day),
    )


def _limits_of_run(limits: TodaysLimits, allowance: Allowance) -> TodaysLimits:
    """The limits of today's run; where none is allowed, it is the running that counts and not the hill."""
    if not allowance.run or allowance.walk:
        return replace(limits, most_km=0.0)
    return replace(
        limits,
        most_km=allowance.km,
        most_min=allowance.minutes,
        timed=bool(allowance.ladder),
        descent_m=allowance.descent_m,
        descent_s=allowance.descent_s,
    )


def _silence(day: PlanDay) -> SilenceReason:
    """Why form cues are silent, as ``monitor.training.today`` decided it; a hold outlasts the phase."""
    if day.hold_until is not None:
        return "hold"
    return "calm" if day.phase is Phase.CALM else "red"
