"""The limits of a run that begins now: the longest run of 30 days, the runner's own, and the plan's."""

from __future__ import annotations

from monitor.core.session_settings import TodaysLimits
from monitor.review.training_plan import TrainingPlan
from monitor.service.config import Config
from monitor.training.live_limits import live_limits
from monitor.training.load_guards import km_of, longest_run, minutes_of


def todays_limits(config: Config, plan: TrainingPlan) -> TodaysLimits:
    """Return the limits of a run of the plan's runner today, with a plan or without one."""
    runs = plan.current_runs
    limits = TodaysLimits(
        longest_km=longest_run(runs, plan.today, km_of) or None,
        longest_min=longest_run(runs, plan.today, minutes_of) or None,
        speed_loss_mps=config.alerts.downhill_speed_loss_mps,
        loud_share=config.alerts.longest_share,
    )
    return live_limits(plan.now, limits)
