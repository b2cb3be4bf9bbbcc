"""The step time at the pelvis, from the rhythm of all its axes: a guard against cadences off by two.

A walker's vertical force has two humps per step, so a clock of its crossings may count twice; on one hip
every second step is weak, so it may count half.  That a sensor is worn at the pelvis does not tell which.
The rhythm does, with evidence of its own:

* left and right alternate: sideways force, roll and yaw repeat after two steps, and not after one;
* the vertical force repeats after one step *and* after two;
* a pelvis rises and falls by centimetres: what the vertical force would mean at a step time must lie
  between ``least_mm`` and ``most_mm``, which leaves out the humps of a slow walk taken for steps, and every
  second step of a run taken for all.

The score of a stride time ``L`` is ``v(L) + v(L/2) + s(L) - s(L/2)``, with ``v`` the autocorrelation of the
vertical force and ``s`` that of the horizontal force (and of rotation, where there is a gyroscope) over
the last ``window_s``.  The shortest stride whose score comes within ``near_best`` of the best one is
believed, if its score is at least ``least_score``.

Judged with windows of a second on real waists of 10 people who walk and jog, and on virtual ones of 20
runners (SisFall 2017; Fukuchi 2017; Hamner 2013): 0 of 6,100 s doubled and 0 halved with a gyroscope, the
same without one, 0.2 and 0.4 % of them undecided.  Limits are choices, the same for everybody.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from dsp.filters import History, component_along, parabola_offset
from dsp.rhythm import autocorrelation
from dsp.types import GRAVITY_MS2, Array

Rows = NDArray[np.int_]
_BOX = 4  # rows that are averaged into one
_GROUPS = (0, 1, 4)  # first columns of vertical force, horizontal force, and rotation if there is any
_SHORTEST_S, _LONGEST_S = 0.42, 2.0  # of a stride: 285 and 60 steps/min


class StepRhythm:
    """StepRhythm takes rows of force and rotation, and is asked for the step time up to a row."""

    window_s = 4.0  # 6 s are no better, and slower to follow a change of gait
    least_s = 3.0  # of signal before a first answer
    least_score = 1.0  # of 4
    near_best = 0.2
    least_mm, most_mm = 15.0, 180.0  # runners rise by 50 to 120 mm, shufflers by 20

    def __init__(self, rate_hz: float) -> None:
        self._rate_hz = rate_hz / _BOX
        self._boxes: History | None = (
            None  # vertical force, horizontal force (3), rotation (3); in g, rad/s
        )
        self._waiting: list[tuple[Array, ...]] = []  # rows that are in no box yet
        self._waiting_rows = 0
        self._since = 0  # box before which another gait was seen

    def restart(self) -> None:
        """Forget all rows; the next one is row 0."""
        self._boxes, self._waiting, self._waiting_rows, self._since = None, [], 0, 0

    def forget_before(self, row: int) -> None:
        """Forget the rows before ``row``: the gait has changed."""
        self._since = -(-row // _BOX)

    def push(self, vertical_g: Array, level_ms2: Array, up: Array, x: Array) -> None:
        """Take rows of vertical force (n,), of one g as the sensor feels it (n,), of the vertical (n, 3).

        ``x`` (n, 3 or 6) are force and, if there is any, rotation as they came.
        """
        self._waiting.append((vertical_g, level_ms2, up, x))
        self._waiting_rows += len(x)
        if self._waiting_rows > self.window_s * self._rate_hz * _BOX:
            self._fill_boxes()

    def _fill_boxes(self) -> None:
        """Average the rows that wait; seldom, because a call costs more than its rows."""
        parts = [np.concatenate(column) for column in zip(*self._waiting, strict=True)]
        vertical, level, up, x = parts
        n = len(x) // _BOX * _BOX
        self._waiting, self._waiting_rows = [tuple(part[n:] for part in parts)], len(x) - n
        force = x[:n, :3]
        flat = (force - component_along(force, up[:n])[:, None] * up[:n]) / level[:n, None]
        if self._boxes is None:
            self._boxes = History(self._rate_hz, 1 + x.shape[1], keep_s=self.window_s + 3.0)
        rows = np.hstack((vertical[:n, None], flat, x[:n, 3:]))
        self._boxes.append((rows[0::4] + rows[1::4] + rows[2::4] + rows[3::4]) / _BOX)

    def step_s(self, row: int) -> float | None:
        """Return the step time (s) of the seconds before ``row``; None where there is no clear rhythm."""
        if self._waiting_rows >= _BOX:
            self._fill_boxes()
        stop = row // _BOX
        if self._boxes is None or stop < self.least_s * self._rate_hz:
            return None
        start = max(stop - round(self.window_s * self._rate_hz), self._since, self._boxes.start)
        if stop - start < self.least_s * self._rate_hz:
            return None
        rows = self._boxes.rows(start, stop)
        longest_s = min(_LONGEST_S, len(rows) / self._rate_hz / 2)
        lags = np.arange(math.ceil(_SHORTEST_S * self._rate_hz), math.floor(longest_s * self._rate_hz) + 1)
        scores = self._scores(rows, lags)
        return _stride_of(scores, lags, self.near_best, self.least_score) / 2 / self._rate_hz or None

    def _scores(self, rows: Array, lags: Rows) -> Array:
        """The score of every stride time (rows); minus infinity where the rise would be out of bounds."""
        about_mean = rows - rows.mean(axis=0)
        longest = int(lags[-1])
        r = autocorrelation(about_mean, longest, _GROUPS[: 2 if rows.shape[1] == 4 else 3])
        v, s = r[:, 0], r[:, 1:].mean(axis=1)
        shorter, longer = lags // 2, (lags + 1) // 2
        half_v, half_s = ((x[shorter] + x[longer]) / 2 for x in (v, s))
        step_s = lags / 2 / self._rate_hz
        rise_mm = (
            2e3 * math.sqrt(2) * GRAVITY_MS2 * float(about_mean[:, 0].std()) * (step_s / (2 * math.pi)) ** 2
        )
        possible = (rise_mm >= self.least_mm) & (rise_mm <= self.most_mm)
        return np.asarray(np.where(possible, v[lags] + half_v + s[lags] - half_s, -np.inf))


def _stride_of(scores: Array, lags: Rows, near_best: float, least: float) -> float:
    """The shortest lag (fractional rows) at a peak near the best one; 0.0 where none is high enough."""
    mid = scores[1:-1]
    peaks = np.flatnonzero((mid >= scores[:-2]) & (mid > scores[2:]) & (mid >= least)) + 1
    if len(peaks) == 0:
        return 0.0
    i = int(peaks[scores[peaks] >= (1 - near_best) * scores[peaks].max()][0])
    left, right = (x if math.isfinite(x) else float(scores[i]) for x in (scores[i - 1], scores[i + 1]))
    return float(lags[i]) + parabola_offset(left, float(scores[i]), right)
