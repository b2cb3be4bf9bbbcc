"""Whether somebody on foot can have recorded this: asked of every file that names no sport."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dsp.types import Array
from monitor.core.errors import InputError

_FASTEST = ((60.0, 9.0), (600.0, 6.9), (3600.0, 6.0))
"""Nobody runs on average faster than this many m/s for so many s (world records: 400 m 9.3, 5,000 m 6.6,
half marathon 6.1)."""
_FASTEST_MEAN_MPS = 6.5
"""A mean speed while moving that nobody runs: world records are 6.4 m/s over 10 km, 5.9 over a marathon."""
_NO_RUNNER_MPS = 30.0
"""Of a jump of a receiver so much counts, that a single value that is wrong counts little."""
_MOVING_MPS = 0.4
_LONGEST_STEP_M = 2.2
"""A step that nobody takes for long: elite marathoners take 1.8 m, sprinters 2.5 m for seconds."""
_LEAST_S, _LEAST_STEPS = 60.0, 60  # in which somebody moved, and points with a cadence, to judge by
_MOST_STRIDES = 125.0
"""A cadence above it counts steps: 250 a minute are above those of any runner."""
_SLOWEST_RUN_MPS = 1.8
_SLOWEST_WALK_SPM = 70.0
"""Walkers at 0.5 m/s take 80 steps a minute; a swimmer's 20 to 40 strokes are counted twice."""
_SURE_WALK_SPM = 90.0
"""Who has no places and takes this many steps a minute walks indoors."""


@dataclass(frozen=True, slots=True, eq=False)
class StatedMotion:
    """``StatedMotion`` is what a file says of n instants in order of time.

    ``t_s`` are these, ``metres`` the distance up to them and ``cadence`` a minute as written, NaN where it
    is not known; all (n,).  ``outdoors``: it has places.
    """

    t_s: Array
    metres: Array
    cadence: Array
    outdoors: bool


def foot_doubt(motion: StatedMotion) -> InputError | None:
    """Return why nobody on foot can have recorded this; None where somebody can, or hardly moved."""
    took = np.diff(motion.t_s)
    covered = np.clip(np.diff(motion.metres), 0, _NO_RUNNER_MPS * took)
    for seconds, fastest in _FASTEST:
        pace = _best_mean(motion.t_s, np.concatenate(([0.0], np.cumsum(covered))), seconds)
        if pace > fastest:
            return InputError("error.fit_too_fast", kmh=3.6 * pace, minutes=seconds / 60)
    moving = (took > 0) & (covered > _MOVING_MPS * took)
    if took[moving].sum() < _LEAST_S:
        return None
    speed = float(covered[moving].sum() / took[moving].sum())
    if speed > _FASTEST_MEAN_MPS:
        return InputError("error.track_too_fast", speed_kmh=f"{3.6 * speed:.0f}")
    cadence = motion.cadence[1:]
    length = _median_step_m(covered, took, cadence)
    if length is not None and length > _LONGEST_STEP_M:
        return InputError("error.fit_long_steps", length=length)
    return InputError("error.track_swim") if _is_like_a_swim(speed, cadence, motion.outdoors) else None


def _best_mean(times: Array, moved: Array, seconds: float) -> float:
    """Return the highest mean speed over about so many seconds; 0 if it is not that long."""
    if len(times) < 2 or times[-1] - times[0] < seconds:
        return 0.0
    grid = np.arange(times[0], times[-1] - seconds + 1, max(1.0, seconds / 60))
    return float(np.max(np.interp(grid + seconds, times, moved) - np.interp(grid, times, moved)) / seconds)


def _median_step_m(covered: Array, took: Array, cadence: Array) -> float | None:
    """Return the median length of a step where cadence counts strides; None with too little of both."""
    there = (took > 0) & (covered > 1.5 * took) & (cadence > 30)
    if there.sum() < _LEAST_STEPS:
        return None
    steps = np.where(cadence < _MOST_STRIDES, 2, 1) * cadence * took / 60
    return float(np.median(covered[there] / steps[there]))


def _is_like_a_swim(speed_mps: float, cadence: Array, outdoors: bool) -> bool:
    """Return whether this is slow and has as few strokes as a swim, or no steps at all indoors."""
    if speed_mps >= _SLOWEST_RUN_MPS:
        return False
    rate = cadence[cadence > 0]
    if not len(rate):
        return not outdoors
    return bool(2 * np.median(rate) < (_SLOWEST_WALK_SPM if outdoors else _SURE_WALK_SPM))
