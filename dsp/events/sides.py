"""Left or right from a pelvis gyroscope: roll and yaw at stride rate, voted over alternate steps.

Each step gives a number whose sign should say the side: how far the pelvis yaws and rolls in two windows of
the step, less its own running mean.  Roll is about forward, the horizontal direction in which the runner is
pulled in the rhythm of the steps, which is learned within eight steps.  Sides alternate, so every number
votes for one of two assignments of all steps; a step whose clock was missed is counted in.  As long as the
vote is weak, no side is named.  Where a hole leaves unknown how many steps have passed, the vote begins
anew; what forward is, and what is usual, stays known.

Windows and weights chosen on Fukuchi 2017 virtual pelvis IMUs (100 % of steps once voted) and
checked, unchanged, on the runners of Hamner 2013 (100 %).  Without a gyroscope no side is claimed.
"""

from __future__ import annotations

import math

import numpy as np

from dsp.events.grid_detector import ACC, GYR
from dsp.filters import Block, Fir, History, RunningMean
from dsp.types import Array, Side

_UP = slice(6, 9)  # History columns after those of force and rotation
_SURE = 0.45  # a vote weaker than this names no side: about eight agreeing steps are needed


class SideVote:
    """SideVote takes grid blocks, and is asked for the side once per step, after the step is over."""

    def __init__(self, rate_hz: float) -> None:
        self._rate_hz = rate_hz
        self._history = History(rate_hz, 9, keep_s=4.0)
        self._gyro = False  # whether there is one
        self._forward: Array = np.zeros(3)  # running mean of the pull, sensor frame
        self._steps = 0  # that went into it
        self._bias = 0.0  # running mean of the asymmetry
        self._vote = 0.0  # positive: even steps are left ones
        self._even = True  # whether the step asked for last was an even one
        self._low = Fir(8.0, rate_hz)
        self._drift = RunningMean(8.0, rate_hz)

    def push(self, block: Block, up: Array) -> None:
        """Take rows of acceleration and rotation, with the vertical ``up`` (n, 3) in the same axes."""
        if block.x.shape[1] < 6:
            return
        if block.fresh:
            self._low = Fir(8.0, self._rate_hz)
            self._history.restart(block.t0_s)
        self._gyro = True
        low = self._low.push(block.x)
        low[:, GYR] -= self._drift.push(low[:, GYR])
        self._history.append(low, up)

    def side_of_step(self, clock_s: float, step_s: float, passed: int, *, whole: bool) -> Side | None:
        """Return the side of the step whose clock is at ``clock_s``; None while the vote is open.

        ``step_s`` is the usual step time, ``passed`` the steps since the last one asked for (0: unknown).
        A step that is not ``whole`` has samples missing, and no vote.
        """
        if not self._gyro:
            return None
        if passed == 0:
            self._vote = 0.0
        if passed % 2:
            self._even = not self._even
        sign = 1.0 if self._even else -1.0
        rows = self._phase_window(clock_s, 0.0, 1.0, step_s) if whole else None
        z = None if rows is None else self._asymmetry(rows, clock_s, step_s)
        if z is not None:
            self._vote = 0.9 * self._vote + 0.1 * sign * min(1.5, max(-1.5, z))
        if abs(self._vote) < _SURE * 0.1:
            return None
        return Side.LEFT if self._vote * sign > 0 else Side.RIGHT

    def _asymmetry(self, rows: Array, clock_s: float, step_s: float) -> float | None:
        """Roll and yaw of this step, its own running mean removed; None before forward is known."""
        up = rows[:, _UP].sum(axis=0) / len(rows)
        flat = rows[:, ACC] - (rows[:, ACC] @ up)[:, None] * up
        phase = np.arange(len(rows)) / len(rows)
        pull = (flat * np.cos(2 * np.pi * (phase - 0.36))[:, None]).sum(axis=0) / len(rows)
        gain = 0.3 if self._steps < 8 else 0.1
        self._forward = self._forward + gain * (pull - self._forward)
        self._steps += 1
        size = math.sqrt(self._forward.dot(self._forward))
        yaw = self._phase_window(clock_s, 0.50, 0.75, step_s)
        roll = self._phase_window(clock_s, 0.30, 0.55, step_s)
        if size == 0 or yaw is None or roll is None or self._steps < 3:
            return None
        z = -float((yaw[:, GYR] @ up).mean()) - float((roll[:, GYR] @ (self._forward / size)).mean()) / 0.8
        self._bias += 0.1 * (z - self._bias)
        return z - self._bias

    def _phase_window(self, clock_s: float, start: float, stop: float, step_s: float) -> Array | None:
        """Low-passed rows between two phases of the step, filter delay removed."""
        h = self._history
        first = math.ceil((clock_s + start * step_s - h.t0_s) * self._rate_hz) + self._low.delay
        last = math.floor((clock_s + stop * step_s - h.t0_s) * self._rate_hz) + self._low.delay + 1
        if first < h.start or last > h.end or last - first < 2:
            return None
        return h.rows(first, last)
