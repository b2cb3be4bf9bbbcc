"""Tracks of watches, about one point a second, on whole seconds; slope from altitude and distance."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dsp.types import Array

_HOLD_S = 10.0
"""Watches that record "smart" skip up to this many seconds while little changes (Garmin: 7)."""
_SLOPE_SPAN_M = 60.0
"""Barometers drift by decimetres within seconds; over this distance 1 m is 1.7 %."""
_LEAST_MOVED_M = 25.0
_BLOCK_S = 60
"""Speed and distance are brought to agree over this long: a watch smooths its speed over some seconds."""
_LIKELY_SCALE = (0.5, 2.0)
"""Outside these, speed and distance do not mean the same thing."""


def values_on_seconds(points: Array, seconds: int, stopped: Sequence[tuple[float, float]] = ()) -> Array:
    """Return values (seconds,) at 0, 1 ... ``seconds - 1`` from ``points`` (n, 2) of time in s and value.

    The last value holds for ``_HOLD_S``, but for 3 s only where the next point is later still.  NaN where
    none holds, and inside the ``stopped`` stretches (start and end in s).
    """
    grid = np.arange(seconds, dtype=float)
    last = np.searchsorted(points[:, 0], grid + 0.5, side="right") - 1
    age_s = grid - points[np.maximum(last, 0), 0]
    out = np.where((last >= 0) & (age_s < _HOLD_S), points[np.maximum(last, 0), 1], np.nan)
    after = np.minimum(last + 1, len(points) - 1)
    skipped = points[after, 0] - points[np.maximum(last, 0), 0] > _HOLD_S
    out[(age_s >= 3) & (skipped | (last == len(points) - 1))] = np.nan
    for start_s, end_s in stopped:
        out[(grid > start_s) & (grid < end_s)] = np.nan
    return out


def reconciled_speed(
    distance: Array,
    speed_mps: Array | None,
    seconds: int,
    stopped: Sequence[tuple[float, float]] = (),
    total_m: float | None = None,
) -> Array:
    """Return the speed (seconds,) at whole seconds whose sum is the distance that the watch gave.

    A speed holds for the second before it as far as the timer ran, so that those at the start and at the
    end of a pause count nothing (``SessionData.distance_m`` adds up the same way).

    ``distance`` (n, 2) are time in s and metres from the start; ``speed_mps`` (seconds,) the watch's own
    speed, which is smoothed and gives the shape between; ``stopped`` the pauses (start and end in s), in
    which nothing is covered.  ``total_m`` is the total the file states, to which all is scaled where the
    points end elsewhere (a treadmill that was corrected after the run).  NaN in pauses and outside the
    points.
    """
    grid = np.arange(seconds, dtype=float)
    metres = np.maximum.accumulate(distance[:, 1])
    at_m = np.interp(_timer_s(grid, stopped), _timer_s(distance[:, 0], stopped), metres)
    timer_s = _timer_s(grid, stopped)
    covered, timed = np.diff(at_m, prepend=at_m[0]), np.diff(timer_s, prepend=timer_s[0])
    paused = np.zeros(seconds, dtype=bool)
    for start_s, end_s in stopped:
        paused |= (grid > start_s) & (grid < end_s)
    known = ~paused & (grid >= np.floor(distance[0, 0])) & (grid <= np.ceil(distance[-1, 0]))
    derived = _derived_speed(covered, timed)
    shape = derived if speed_mps is None else np.where(np.isfinite(speed_mps), speed_mps, derived)
    out = _scaled_in_blocks(np.where(known, shape, 0.0), derived, timed)
    sum_m = (out * timed).sum()
    if total_m and sum_m > 0 and _LIKELY_SCALE[0] < total_m / sum_m < _LIKELY_SCALE[1]:
        out *= total_m / sum_m
    return np.where(known, out, np.nan)


def _derived_speed(covered_m: Array, timed_s: Array) -> Array:
    """Return the speed (n,) of seconds in which so much was covered; of the next where the timer stood."""
    ran = np.flatnonzero(timed_s > 0)
    if not len(ran):
        return np.zeros(len(timed_s))
    at = ran[np.minimum(np.searchsorted(ran, np.arange(len(timed_s))), len(ran) - 1)]
    return np.asarray(covered_m[at] / timed_s[at])


def _timer_s(t_s: Array, stopped: Sequence[tuple[float, float]]) -> Array:
    """Return times (n,) on a clock that stands still in pauses."""
    out = t_s.astype(float)
    for start_s, end_s in stopped:
        out -= np.clip(t_s - start_s, 0, end_s - start_s)
    return out


def _scaled_in_blocks(shape: Array, derived: Array, timed: Array) -> Array:
    """Return ``shape`` (n,) scaled so that each block covers what ``derived`` (n,) does in ``timed`` s.

    Where a speed cannot be the derivative of that distance at all, the distance wins.
    """
    out = shape.copy()
    for start in range(0, len(shape), _BLOCK_S):
        block = slice(start, start + _BLOCK_S)
        metres, by_speed = derived[block] @ timed[block], shape[block] @ timed[block]
        if by_speed > 0 and _LIKELY_SCALE[0] < metres / by_speed < _LIKELY_SCALE[1]:
            out[block] *= metres / by_speed
        else:
            out[block] = derived[block]
    return out


def track_slope_pct(distance_m: Array, altitude_m: Array) -> Array:
    """Return the slope (n,) in % at each second: rise over distance in a window of ``_SLOPE_SPAN_M``.

    ``distance_m`` and ``altitude_m`` are (n,).  NaN where one is, and where the runner hardly moved.
    """
    good = np.flatnonzero(np.isfinite(distance_m) & np.isfinite(altitude_m))
    out = np.full(len(distance_m), np.nan)
    if len(good) < 10:
        return out
    d, a = np.maximum.accumulate(distance_m[good]), altitude_m[good]
    first = np.searchsorted(d, d - _SLOPE_SPAN_M / 2, side="left")
    last = np.searchsorted(d, d + _SLOPE_SPAN_M / 2, side="right") - 1
    moved = d[last] - d[first]
    sums = np.concatenate(([0.0], np.cumsum(a)))
    smooth = (
        sums[np.minimum(np.arange(len(a)) + 4, len(a))] - sums[np.maximum(np.arange(len(a)) - 3, 0)]
    ) / (np.minimum(np.arange(len(a)) + 4, len(a)) - np.maximum(np.arange(len(a)) - 3, 0))
    enough = moved > _LEAST_MOVED_M
    rise = np.where(enough, (smooth[last] - smooth[first]) / np.maximum(moved, 1), np.nan)
    out[good] = np.clip(100 * rise, -40, 40)
    return out
