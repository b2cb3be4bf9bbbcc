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
