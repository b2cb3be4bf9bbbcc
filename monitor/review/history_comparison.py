"""This run against the runner's own past: the baseline that its cues rested on, and the runs before it."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dsp.cueing.baseline import Baseline
from dsp.metrics import Role, with_role
from dsp.types import Array
from monitor.core.errors import StoreError
from monitor.review.block_statistics import Mean, block_mean, matched_difference, values_to_compare
from monitor.storage.session_data import SessionData, load_session
from monitor.storage.session_info import SessionInfo
from monitor.storage.store import Store

_log = logging.getLogger(__name__)

_EVERY = 5  # seconds; the baseline is smooth and neighbours are alike
_MOST_RUNS = 10  # earlier ones: about a month of running
_BINS = 24


@dataclass(frozen=True, slots=True)
class BaselineChange:
    """The distance of a metric from the baseline, in % of it at each second's own speed and grade."""

    metric: str
    change: Mean


@dataclass(frozen=True, slots=True)
class PreviousRunsComparison:
    """The distance of this run from ``runs`` earlier ones at the same speed and grade.

    ``here`` and ``before`` (k,) are shares of the running seconds between ``edges`` (k + 1,), of this run
    and of the earlier ones brought to its speeds.
    """

    metric: str
    runs: int
    difference: Mean
    edges: Array
    here: Array
    before: Array


def against_baseline(run: SessionData) -> tuple[BaselineChange, ...]:
    """Return every metric that the baseline knows at the speeds of this run; nothing without a baseline."""
    coach = run.settings.coach
    if coach is None or coach.baseline is None:
        return ()
    baseline = Baseline.from_dict(coach.baseline)
    found = (
        (name, _change_to_baseline(run, baseline, name)) for name in baseline.lines if name in run.columns
    )
    return tuple(BaselineChange(name, change) for name, change in found if change is not None)


def _change_to_baseline(run: SessionData, baseline: Baseline, metric: str) -> Mean | None:
    with_speed = "speed_mps" in run.columns
    if not baseline.ready(metric, with_speed):
        return None
    value, speed, slope = run.value(metric), run.value("speed_mps"), np.nan_to_num(run.value("slope_pct"))
    change = np.full(len(value), np.nan)
    usable = run.running & np.isfinite(value) & (np.isfinite(speed) | (not with_speed))
    for at in np.flatnonzero(usable)[::_EVERY].tolist():
        v = float(speed[at]) if with_speed else None
        expected = baseline.expect(metric, v, float(slope[at]))
        if expected is not None and (v is None or baseline.reaches(v)):
            change[at] = 100 * (value[at] / expected.value - 1)
    return block_mean(change, usable)


def load_previous_runs(store: Store, info: SessionInfo) -> list[SessionData]:
    """Return the last ten sessions of this runner before this one, the newest first.

    Only the metrics that are compared are loaded; a session that cannot be read is left out.
    """
    earlier = (
        s
        for s in store.sessions()
        if s.athlete == info.athlete and s.ended and s.started_utc < info.started_utc
    )
    runs = []
    for _, session in zip(range(_MOST_RUNS), earlier, strict=False):
        try:
            runs.append(load_session(store, session.id, (*with_role(Role.HABIT), "speed_mps", "slope_pct")))
        except StoreError as exc:
            _log.warning("%s: left out of the comparison: %s", session.id, exc.log_text)
    return runs


def against_previous_runs(
    run: SessionData, previous: Sequence[SessionData]
) -> tuple[PreviousRunsComparison, ...]:
    """Return every metric that some earlier run has at this run's speeds."""
    found = (_compare_metric(name, run, previous) for name in with_role(Role.HABIT) if name in run.columns)
    return tuple(comparison for comparison in found if comparison is not None)


def _compare_metric(
    metric: str, run: SessionData, previous: Sequence[SessionData]
) -> PreviousRunsComparison | None:
    here = values_to_compare(run, metric, run.running)
    differences, moved = [], []
    own = here.value[here.mask & np.isfinite(here.value)]
    for other in previous:
        part = values_to_compare(other, metric, other.running)
        difference = matched_difference(part, here)
        if difference is None:
            continue
        value = part.value[part.mask & np.isfinite(part.value)]
        # bring the earlier seconds to this run's speeds: shift each run by its matched difference
        moved.append(value - value.mean() + own.mean() - difference.value)
        differences.append(difference)
    if not differences:
        return None
    before = np.concatenate(moved)
    low, high = np.quantile(np.concatenate((own, before)), (0.005, 0.995))
    edges = np.linspace(low, max(high, low + 1e-6), _BINS + 1)
    shares = [np.histogram(v, edges)[0] / len(v) for v in (own, before)]
    return PreviousRunsComparison(metric, len(differences), _over_runs(differences), edges, *shares)


def _over_runs(differences: Sequence[Mean]) -> Mean:
    """The mean difference; from three runs on, its interval is that between runs."""
    from scipy.special import stdtrit

    values = np.array([d.value for d in differences])
    seconds = float(sum(d.seconds for d in differences))
    if len(values) < 3:
        halves = [d.half for d in differences]
        half = None if None in halves else float(np.sqrt(np.mean(np.square([h or 0.0 for h in halves]))))
        return Mean(float(values.mean()), half, seconds)
    spread = float(values.std(ddof=1) / np.sqrt(len(values)))
    return Mean(float(values.mean()), float(stdtrit(len(values) - 1, 0.975)) * spread, seconds)
