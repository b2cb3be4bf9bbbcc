"""The limits of a run that begins now: the longest run of 30 days, the runner's own, and the plan's."""

from __future__ import annotations

import datetime
import logging

import numpy as np

from dsp.types import Activity
from monitor.core.errors import StoreError
from monitor.core.session_settings import TodaysLimits
from monitor.service.config import Config
from monitor.storage.session_data import SessionData, load_session
from monitor.storage.store import Store
from monitor.training.live_limits import live_limits
from monitor.training.plan_day import PlanDay

_log = logging.getLogger(__name__)

_LONGEST_RUN_DAYS = 30  # how far back the longest run counts (Frandsen 2025, Br J Sports Med)


def todays_limits(
    config: Config, store: Store, now: datetime.datetime, day: PlanDay | None
) -> TodaysLimits:
    """Return the limits of the athlete's run that begins ``now``; ``day`` is what a plan decided, if any.

    Where earlier runs cannot be read the longest of them is not known, which is logged.
    """
    longest_km, longest_min = None, None
    try:
        longest_km, longest_min = longest_recent_run(store, config.athlete, now)
    except StoreError as exc:
        _log.warning("no notice about the longest run: earlier runs cannot be read (%s)", exc.log_text)
    limits = TodaysLimits(
        longest_km=longest_km,
        longest_min=longest_min,
        speed_loss_mps=config.alerts.downhill_speed_loss_mps,
        loud_share=config.alerts.longest_share,
    )
    return limits if day is None else live_limits(day, limits)


def longest_recent_run(
    store: Store, athlete: str, now: datetime.datetime
) -> tuple[float | None, float | None]:
    """Return the athlete's longest run of the 30 days before ``now`` in km, and the longest in minutes.

    Kilometres are those of running whose speed is known, minutes those on foot in a session with running;
    None where there is none.
    """
    start = now - datetime.timedelta(days=_LONGEST_RUN_DAYS)
    lengths = [
        _length_of_run(load_session(store, s.id, ["speed_mps"]))
        for s in store.sessions()
        if s.athlete == athlete and start <= datetime.datetime.fromisoformat(s.started_utc) < now
    ]
    km, minutes = (max((length[k] for length in lengths), default=0.0) or None for k in (0, 1))
    return km, minutes


def _length_of_run(run: SessionData) -> tuple[float, float]:
    running = run.running
    metres = float(np.nansum((run.value("speed_mps") * run.timed_s)[running]))
    walking = run.mask(run.activity.get(Activity.WALK, ())) & ~run.mask(run.pauses)
    return metres / 1e3, float((running | walking).sum()) / 60 if running.any() else 0.0
