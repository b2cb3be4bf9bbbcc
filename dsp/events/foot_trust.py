"""Whether what a foot sensor says of height can be believed: its range, and how firmly it sits.

Three things show a mount that is loose, each as a mean over strides: the sensor still turns while the
foot stands; its vertical differs from stride to stride; the runner climbs as nobody can.  Limits lie
between what real and virtual shoes do (Fukuchi 2017, Hamner 2013, PyShoe: at most 135 deg/s, 3 deg) and
what a case that flops by 20 deg does (230 deg/s).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from dsp.types import Array, Problem

_LEAST = np.array([18.0] * 3 + [4.0] * 3)  # m/s², rad/s: no sensor's range is smaller (2 g, 250 deg/s)
_ALIKE = 3e-4  # share of the extreme by which samples of one plateau may differ
_CLIPPED_SHARE = (
    0.01  # of a stride's samples; half of it moves slope by 1 % and speed by 1 % (Fukuchi 2017)
)
_TURNING_DPS = 180.0
_UNSTEADY_DEG = 6.0
_CLIMB_MPS = (-1.2, 0.5)  # the best climb 0.55 m/s for minutes, and downhill at 3 m/s 40 % is a staircase
_RELAX = 0.7  # of a limit below which its mean must fall again
_GAIN, _ENOUGH = 0.1, 8  # per stride; strides before a mount is judged


@dataclass(slots=True)
class StuckSamples:
    """StuckSamples marks samples in which an axis stays at the highest or lowest value it ever had.

    Three in a row within 0.03 % of it are a plateau: the range of the sensor ends there.  What the range
    is need not be known.
    """

    _last: Array = field(default_factory=lambda: np.full(12, np.inf))
    _most: Array = field(default_factory=lambda: np.tile(_LEAST, 2))
    _alike: Array = field(default_factory=lambda: np.zeros(12, bool))

    def push(self, x: Array) -> Array:
        """Return 1 for each row of ``x`` (n, 6) from the third sample of a plateau on, else 0: (n,)."""
        if len(x) == 0:
            return np.zeros(0)
        y = np.concatenate((x, -x), axis=1)
        if not (y >= self._most - _ALIKE * np.abs(self._most)).any():  # nearly always: no peak is that high
            self._last, self._alike = y[-1], np.zeros(12, bool)
            return np.zeros(len(x))
        before = np.vstack((self._last, y[:-1]))
        most = np.maximum(np.maximum.accumulate(y, axis=0), self._most)
        slack = _ALIKE * np.abs(most)
        alike = (y >= most - slack) & (np.abs(y - before) <= slack)
        stuck = alike & np.vstack((self._alike, alike[:-1]))
        self._last, self._most, self._alike = y[-1], most[-1], alike[-1]
        return np.asarray(stuck.any(axis=1), dtype=np.float64)


@dataclass(slots=True)
class FootTrust:
    """FootTrust follows stride by stride whether ``clipped`` or ``loose`` holds of one foot sensor."""

    clipped: bool = False
    loose: bool = False
    _stuck: float = 0.0  # means over strides, plain at first: share of samples at the end of the range
    _turning_dps: float = 0.0  # pitch rate in mid-stance (RMS)
    _unsteady_deg: float = 0.0  # between a stride's vertical and the usual one
    _climb_mps: float = 0.0
    _strides: int = 0  # that the first of these rests on
    _mounted: int = 0  # and those after it, since the mount was last learned
    _reported: set[Problem] = field(default_factory=set)

    def remount(self) -> None:
        """Forget what was seen of the mount: it is being learned anew."""
        self._turning_dps = self._unsteady_deg = self._climb_mps = 0.0
        self._mounted, self.loose = 0, False

    def push_range(self, stuck: float) -> None:
        """Take the share of stuck samples of one stride."""
        self._strides += 1
        gain = max(_GAIN, 1 / self._strides)
        self._stuck += gain * (stuck - self._stuck)
        self.clipped = self._stuck > _CLIPPED_SHARE * (0.5 if self.clipped else 1.0)

    def push_mount(self, turning_dps: float, unsteady_deg: float, climb_mps: float) -> None:
        """Take what shows a loose mount, of one stride that agrees with the mount as learned."""
        self._mounted += 1
        gain = max(_GAIN, 1 / self._mounted)
        self._turning_dps += gain * (turning_dps - self._turning_dps)
        self._unsteady_deg += gain * (unsteady_deg - self._unsteady_deg)
        self._climb_mps += gain * (climb_mps - self._climb_mps)
        relax = _RELAX if self.loose else 1.0
        down, up = (relax * limit for limit in _CLIMB_MPS)
        self.loose = self._mounted >= _ENOUGH and (
            self._turning_dps > relax * _TURNING_DPS
            or self._unsteady_deg > relax * _UNSTEADY_DEG
            or (not self.clipped and not down < self._climb_mps < up)
        )

    def new_problems(self) -> list[Problem]:
        """Return what holds now and was never returned before."""
        now = [Problem.CLIPPED] * self.clipped + [Problem.LOOSE] * self.loose
        new = [p for p in now if p not in self._reported]
        self._reported.update(new)
        return new


def turning_dps(w_dps: Array, ic: float, to: float) -> float:
    """Return the RMS of a pitch rate (n,) between 25 and 55 % of the stance from row ``ic`` to ``to``.

    0 where these rows are not there.
    """
    first, last = round(ic + 0.25 * (to - ic)), round(ic + 0.55 * (to - ic))
    if not 0 <= first < last <= len(w_dps):
        return 0.0
    return math.sqrt(float((w_dps[first:last] ** 2).mean()))
