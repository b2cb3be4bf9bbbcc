"""Tracks of watches, about one point a second, on whole seconds; slope from altitude and distance."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from dsp.types import Array

_HOLD_S = 30.0
"""Watches that record "smart" write nothing for so long while little changes (Garmin: up to 28 s)."""
_DROPOUT_S = 3.0
"""A value may be held so long at most where it is missing: some devices write quantities in turn."""
_FASTEST_MPS = 12.0
"""A distance that grows faster was put right by the device, or is wrong."""
_JUMP_M = 1000.0
_SLOPE_SPAN_M = 60.0
"""Barometers drift by decimetres within seconds; over this distance 1 m is 1.7 %."""
_LEAST_MOVED_M = 25.0
_ALTITUDE_SD_M = 1.5
"""Of a difference's either end, a choice: a barometer is better, satellites alone are worse."""
_BLOCK_S = 60
"""Speed and distance are brought to agree over this long: a watch smooths its speed over some seconds."""
_SMOOTH_S = 5
"""A speed made of distances is their mean over so many seconds: some files have them in whole metres."""
_LIKELY_SCALE = (0.5, 2.0)
"""Outside these, speed and distance do not mean the same thing."""

Stretches = Sequence[tuple[float, float]]


def values_on_seconds(
    points: Array, seconds: int, stopped: Stretches = (), times_s: Array | None = None
) -> Array:
    """Return values (seconds,) at 0, 1 ... ``seconds - 1`` from ``points`` (n, 2) of time in s and value.

    ``times_s`` are all times at which the device wrote anything, by default those of the points.  A value
    holds until the device wrote next, at most ``_HOLD_S``, or its timer stopped soon after; before a longer
    hole, and where the device wrote without it, as long as the device usually leaves between two of them,
    at most ``_DROPOUT_S``.
    NaN where none holds, where the value is NaN, and in the ``stopped`` stretches (start and end in s), the
    end left out; what was written inside these does not count.
    """
    points = points[~_inside(points[:, 0], stopped)]
    grid = np.arange(seconds, dtype=float)
    if not len(points):
        return np.full(seconds, np.nan)
    last = np.searchsorted(points[:, 0], grid + 0.5, side="right") - 1
    at_s, value = points[np.maximum(last, 0), 0], points[np.maximum(last, 0), 1]
    wrote = _with_stops(points[:, 0] if times_s is None else times_s, seconds, stopped)
    following = np.searchsorted(wrote, at_s, side="right")
    next_s = np.where(following < len(wrote), wrote[np.minimum(following, len(wrote) - 1)], at_s)
    held_s = at_s + _held_s(points[:, 0], wrote)
    until_s = np.where(next_s - at_s <= _HOLD_S, np.maximum(next_s, held_s), held_s)
    out = np.where((last >= 0) & (grid < until_s), value, np.nan)
    out[_paused(grid, stopped)] = np.nan
    return out


def _with_stops(wrote_s: Array, seconds: int, stopped: Stretches) -> Array:
    """Return times (n,) with those at which the timer stopped within ``_DROPOUT_S`` of one of them."""
    stops = np.array([*(start_s for start_s, _ in stopped), float(seconds)])
    last = np.searchsorted(wrote_s, stops, side="right") - 1
    soon = (last >= 0) & (stops - wrote_s[np.maximum(last, 0)] <= _DROPOUT_S)
    return np.union1d(wrote_s, stops[soon])


def _held_s(points_s: Array, wrote_s: Array) -> float:
    """Return how long a value holds before a hole: until the next would come, at most ``_DROPOUT_S``.

    What a device writes in every other record only is not missing in those between.
    """
    if len(points_s) < 2:
        return _DROPOUT_S
    in_turn = np.median(np.diff(np.searchsorted(wrote_s, points_s))) > 1
    return _DROPOUT_S if in_turn else min(_DROPOUT_S, float(np.median(np.diff(wrote_s))))


def interpolated_on_seconds(points: Array, seconds: int, stopped: Stretches = ()) -> Array:
    """Return values (seconds,) as above, between two points on the line from one to the next.

    NaN where these are more than ``_HOLD_S`` apart.
    """
    points = points[~_inside(points[:, 0], stopped) & np.isfinite(points[:, 1])]
    grid = np.arange(seconds, dtype=float)
    if not len(points):
        return np.full(seconds, np.nan)
    at_s = points[:, 0]
    after = np.clip(np.searchsorted(at_s, grid), 0, len(at_s) - 1)
    before = np.maximum(np.searchsorted(at_s, grid, side="right") - 1, 0)
    near = (at_s[after] - at_s[before] <= _HOLD_S) & (grid >= at_s[0] - 0.5) & (grid <= at_s[-1] + 0.5)
    return np.where(near & ~_paused(grid, stopped), np.interp(grid, at_s, points[:, 1]), np.nan)


def reconciled_speed(
    distance: Array,
    speed_mps: Array | None,
    seconds: int,
    stopped: Stretches = (),
    total_m: float | None = None,
) -> Array:
    """Return the speed (seconds,) at whole seconds whose sum is the distance that the watch gave.

    A speed holds for the second before it, so that the one at the start counts nothing
    (``SessionData.distance_m`` adds up the same way).

    ``distance`` (n, 2) are time in s and metres from the start; ``speed_mps`` (seconds,) the watch's own
    speed, which is smoothed and gives the shape between; ``stopped`` the pauses (start and end in s), in
    which nothing is covered.  ``total_m`` is the total the file states, to which all is scaled where the
    points end elsewhere (a treadmill corrected after the run), unless a part is missing.  NaN in
    pauses and outside the points.
    """
    grid = np.arange(seconds, dtype=float)
    first_s, last_s = _timer_s(distance[[0, -1], 0], stopped)
    if first_s > _HOLD_S or _timer_s(grid[-1:], stopped)[0] - last_s > _HOLD_S:
        total_m = None  # a part is missing, and what was covered there is not put into the rest
    points = _covered_points(distance[~_inside(distance[:, 0], stopped)], stopped, total_m)
    points = _with_ends(points, seconds, total_m)
    known = ~_paused(grid, stopped) & (grid >= np.floor(points[0, 0])) & (grid <= np.ceil(points[-1, 0]))
    at_m = np.interp(_timer_s(grid, stopped), _timer_s(points[:, 0], stopped), points[:, 1])
    covered = np.zeros(seconds)
    covered[known] = np.diff(at_m[known], prepend=points[0, 1])
    if known.any():  # the last second of the timer has what was covered up to the stop
        covered[np.flatnonzero(known)[-1]] += min(points[-1, 1] - at_m[known][-1], _FASTEST_MPS)
    timed = timer_steps(seconds, stopped)
    derived = _derived_speed(covered, timed)
    shape = (
        _smoothed(derived) if speed_mps is None else np.where(np.isfinite(speed_mps), speed_mps, derived)
    )
    out = _scaled_in_blocks(np.where(known, shape, 0.0), derived, timed)
    return np.where(known, scaled_to_total(out, total_m, timed), np.nan)


def timer_steps(seconds: int, stopped: Stretches) -> Array:
    """Return how long the timer ran up to each second since the last that was not paused (seconds,).

    That is 1, or 0 at the start and in pauses.
    """
    grid = np.arange(seconds, dtype=float)
    ran, out = ~_paused(grid, stopped), np.zeros(seconds)
    out[ran] = np.diff(_timer_s(grid, stopped)[ran], prepend=0.0)
    return out


def scaled_to_total(speed_mps: Array, total_m: float | None, timed_s: Array) -> Array:
    """Return the speed (n,) scaled to cover ``total_m`` in ``timed_s`` (n,), if it can mean that at all."""
    whole = np.nansum(speed_mps * timed_s)
    if total_m and whole > 0 and _LIKELY_SCALE[0] < total_m / whole < _LIKELY_SCALE[1]:
        return np.asarray(speed_mps * (total_m / whole))
    return speed_mps


def _inside(t_s: Array, stopped: Stretches) -> NDArray[np.bool_]:
    """Return which times (n,) lie inside pauses; what is written as one begins or ends does not."""
    return _paused(t_s, stopped) & ~np.isin(t_s, [start_s for start_s, _ in stopped])


def _paused(t_s: Array, stopped: Stretches) -> NDArray[np.bool_]:
    """Return which seconds (n,) are paused: as many as the pauses last."""
    out = np.zeros(len(t_s), dtype=bool)
    for start_s, end_s in stopped:
        out |= (t_s >= start_s) & (t_s < end_s)
    return out


def _covered_points(distance: Array, stopped: Stretches, total_m: float | None) -> Array:
    """Return the points (n, 2) with a distance that only grows: begun anew it counts on.

    Of a distance that jumps (a device put it right, or it is wrong) that reading is taken which fits the
    total; without a total a jump of over ``_JUMP_M`` does not count.  Nor does what a device counted in a
    pause.
    """
    first = distance[0]
    steps = np.diff(distance[:, 1], prepend=first[1])
    timer_s = _timer_s(distance[:, 0], stopped)
    took_s = np.diff(timer_s, prepend=timer_s[0])
    paused = np.diff(distance[:, 0], prepend=first[0]) > took_s + 1
    slack_m = np.where(paused | bool(total_m), 0.0, _JUMP_M)
    jump = steps > _FASTEST_MPS * np.maximum(took_s, 1.0) + slack_m
    grown = np.diff(np.maximum.accumulate(distance[:, 1]), prepend=first[1])
    choices = [np.where((steps > 0) & ~jump, steps, 0.0), grown]
    if total_m:
        choices.sort(key=lambda way: abs(way.sum() - total_m))
    return np.column_stack((distance[:, 0], np.cumsum(choices[0])))


def _with_ends(points: Array, seconds: int, total_m: float | None) -> Array:
    """Return the points, with one at the end where the total says what was covered after the last."""
    left_s = seconds - 1 - points[-1, 0]
    left_m = (total_m or 0.0) - points[-1, 1]
    if left_s > _DROPOUT_S and 0 < left_m < _FASTEST_MPS / 2 * left_s:
        points = np.vstack((points, (seconds - 1.0, points[-1, 1] + left_m)))
    return points


def _smoothed(covered: Array) -> Array:
    """Return the mean (n,) over ``_SMOOTH_S``, fewer at the ends."""
    kernel = np.ones(_SMOOTH_S)
    if len(covered) < _SMOOTH_S:
        return covered
    count = np.convolve(np.ones(len(covered)), kernel, mode="same")
    return np.asarray(np.convolve(covered, kernel, mode="same") / count)


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
        out -= np.clip(t_s - start_s, 0, max(0.0, end_s - start_s))
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


def track_slope(distance_m: Array, altitude_m: Array) -> tuple[Array, Array]:
    """Return the slope (n,) in % at each second, over a window of ``_SLOPE_SPAN_M``, and its SD.

    ``distance_m`` and ``altitude_m`` are (n,).  NaN where one is, and where the runner hardly moved.
    """
    good = np.flatnonzero(np.isfinite(distance_m) & np.isfinite(altitude_m))
    slope, sd = np.full(len(distance_m), np.nan), np.full(len(distance_m), np.nan)
    if len(good) < 10:
        return slope, sd
    d, a = np.maximum.accumulate(distance_m[good]), altitude_m[good]
    first = np.searchsorted(d, d - _SLOPE_SPAN_M / 2, side="left")
    last = np.searchsorted(d, d + _SLOPE_SPAN_M / 2, side="right") - 1
    moved = d[last] - d[first]
    sums = np.concatenate(([0.0], np.cumsum(a)))
    ends, starts = np.minimum(np.arange(len(a)) + 4, len(a)), np.maximum(np.arange(len(a)) - 3, 0)
    smooth = (sums[ends] - sums[starts]) / (ends - starts)
    enough = moved > _LEAST_MOVED_M
    rise = np.where(enough, (smooth[last] - smooth[first]) / np.maximum(moved, 1), np.nan)
    slope[good] = np.clip(100 * rise, -40, 40)
    sd[good] = np.where(enough, 100 * np.sqrt(2) * _ALTITUDE_SD_M / np.maximum(moved, 1), np.nan)
    return slope, sd
