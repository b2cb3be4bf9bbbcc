"""Strides of a foot sensor: where the foot stands still, and how far it went in between."""

from __future__ import annotations

import math
from itertools import pairwise
from statistics import median

import numpy as np

from dsp.events.foot_axes import FootAxes
from dsp.events.grid_detector import FILLED
from dsp.filters import History, norms
from dsp.orientation import track
from dsp.types import Array

BEARABLE_LOSS_S = 0.06
"""Lost samples that a stride or a lift-off can bear: one packet of some devices (a choice)."""


def movement_dps(rows: Array) -> Array:
    """Return how much a foot moves (n - 4,), least at mid-stance, of rows (n, 6) of force and rotation.

    It is the mean over five rows (25 ms) of ``|w| + 8 ||a| - g|``, in deg/s with a in m/s².
    """
    w = np.degrees(norms(rows[:, 3:6]))
    a = np.abs(norms(rows[:, 0:3]) - 9.807)
    return np.convolve(w + 8 * a, np.full(5, 0.2), "valid")


def candidate_strides(acc_ms2: Array, gyr_rads: Array, rate_hz: float) -> list[tuple[int, int]]:
    """Return rows of successive still instants that look like strides, without knowing any axis.

    Still instants are minima of the movement at least 0.42 s apart and below twice its median.
    """
    c = movement_dps(np.hstack((acc_ms2, gyr_rads)))
    apart, limit = round(0.42 * rate_hz), 2 * float(np.median(c))
    low = np.flatnonzero((c[1:-1] < c[:-2]) & (c[1:-1] <= c[2:]) & (c[1:-1] < limit)) + 1
    still: list[int] = []
    for i in low[np.argsort(c[low], kind="stable")]:
        if all(abs(int(i) - j) >= apart for j in still):
            still.append(int(i))
    still.sort()
    pairs = []
    for a, b in pairwise(still):
        if 0.45 < (b - a) / rate_hz < 1.6 and c[a : b + 1].max() > 250:
            pairs.append((a + 2, b + 2))
    return pairs


class StrideMeter:
    """StrideMeter gives length and speed of strides from rest to rest; the axes learn on the way."""

    def __init__(self, rate_hz: float) -> None:
        self._rate_hz = rate_hz
        self._slides: list[float] = []
        self.forget_rest()

    def forget_rest(self) -> None:
        """Forget the last rest: no stride may span what happened (a gap, a moved mount)."""
        self._last: tuple[int, int] | None = None

    def stride(self, h: History, axes: FootAxes, zv: int, rest: int, slide_mps: float) -> dict[str, float]:
        """Return the stride that ends at mid-stance row ``zv`` and cut row ``rest``, by name.

        ``speed_mps``, ``stride_length_m``, ``stride_time_s`` and ``rise_pct``; empty for the first one,
        after a gap, and where more than ``BEARABLE_LOSS_S`` of it were bridged over a hole.  ``slide_mps``
        is what the sensor still moved at the cut; its median over 15 strides is added to the speed.
        """
        last, self._last = self._last, (zv, rest)
        self._slides = [*self._slides[-14:], slide_mps]
        if last is None or not 0.4 < (zv - last[0]) / self._rate_hz < 1.7 or min(last) < h.start:
            return {}
        first, dt = min(last), 1 / self._rate_hz
        rows = h.rows(first, max(zv, rest) + 1)
        if rows[:, FILLED].sum() > BEARABLE_LOSS_S * self._rate_hz:
            return {}
        both = track(rows[:, 0:3], rows[:, 3:6], dt)
        axes.learn(both, last[0] - first, zv + 1 - first)
        up = axes.up
        if up is None or rest - last[1] < 0.4 * self._rate_hz:
            return {}
        up_first = both.carry(up, last[0] - first, last[1] - first)
        up_last = both.carry(up, zv - first, rest - first)
        moved = both.displacement(last[1] - first, rest + 1 - first, up_first, up_last)
        rise = float(moved @ up_first)
        flat = moved - rise * up_first
        time_s = (rest - last[1]) * dt
        length = math.sqrt(flat @ flat)
        speed = length / time_s + median(self._slides)
        stride = {"speed_mps": speed, "stride_length_m": speed * time_s, "stride_time_s": time_s}
        return stride | {"rise_pct": 100 * rise / length} if length > 0 else stride
