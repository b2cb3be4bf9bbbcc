"""How a foot sensor sits on the shoe, learned from the strides themselves.

Up is the mean of gravity closures, the medio-lateral axis the principal axis of rotation, forward
the way the foot travels, and the axis of the foot itself (for the strike angle) the principal axis
of the push-off.  No standing still, no ritual; a mount that moves is noticed and learned anew.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from dsp.orientation import Track, cross, unit
from dsp.types import Array


@dataclass(frozen=True, slots=True)
class Axes:
    """Axes holds unit vectors (3,) in the sensor frame at mid-stance, and the foot's own left.

    ``forward`` is the way the foot travels, ``left`` and ``up`` go with it; ``foot_left`` is across the
    foot itself, which points outwards (about 10 deg, Fukuchi 2017).
    """

    forward: Array
    left: Array
    up: Array
    foot_left: Array


_CHECK_FROM = 5  # strides learned, before one that disagrees is called odd (a choice)
_ODD = 3  # odd strides in a row mean that the mount has moved (a choice)
_SLOWEST = 40  # strides over which spin and travel are averaged at most (a choice)


class FootAxes:
    """FootAxes learns from strides, given from one mid-stance to the next; ``have`` counts them.

    Up is the median of the strides' own ups until ``need`` are there, then follows by a twentieth of each;
    spin and travel are plain means at first and exponential ones later.  A stride whose up is off by more
    than ``shift_deg`` teaches nothing.
    """

    need = 20  # strides until the axes are settled (the median of 20 ups: 1 deg of pitch, Fukuchi 2017)
    shift_deg = 18.0  # a stride's own up this far off, several times in a row, means the mount moved

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget how the sensor sat, and count strides from zero."""
        self.have = 0
        self._ups: list[Array] = []  # of the first strides
        self._up: Array = np.zeros(3)
        self._spin: Array = np.zeros((3, 3))  # mean outer product of the angular rate
        self._push: Array = np.zeros((3, 3))  # the same, of push-offs only
        self._current: Axes | None = None  # made from the above when asked for
        self._travel: Array = np.zeros(3)  # mean displacement of a stride, m
        self._odd = 0  # strides in a row that disagreed

    @property
    def shifted(self) -> bool:
        """Return True when three strides in a row disagreed with everything learned."""
        return self._odd >= _ODD

    def learn(self, track: Track, start: int, stop: int) -> None:
        """Learn from one stride: rows ``start`` to ``stop`` of ``track``, mid-stance to mid-stance."""
        up = track.up(start, stop)
        if self.have >= _CHECK_FROM:
            apart = math.degrees(math.acos(min(1.0, max(-1.0, float(up @ self._up)))))
            self._odd = self._odd + 1 if apart > self.shift_deg else 0
            if self._odd:
                return
        self.have += 1
        if len(self._ups) < self.need:
            self._ups.append(up)
            middle = np.median(self._ups, axis=0)
        else:
            middle = self._up + 0.05 * (up - self._up)
        self._up = unit(middle)
        keep = 1 - 1 / min(self.have, _SLOWEST)
        gyr = track.gyr_rads[start:stop]
        self._spin = keep * self._spin + gyr.T @ gyr / len(gyr) * (1 - keep)
        self._travel = keep * self._travel + track.displacement(start, stop, self._up, self._up) * (1 - keep)
        self._current = None

    def learn_push_off(self, gyr_rads: Array) -> None:
        """Learn the foot's own axis from the angular rates (n, 3) of one push-off, rad/s."""
        self._push = 0.95 * self._push + gyr_rads.T @ gyr_rads / max(len(gyr_rads), 1)
        self._current = None

    def current(self) -> Axes | None:
        """Return the axes as learned so far, or None before the first stride."""
        if self._current is None and self.have:
            self._current = self._make_axes()
        return self._current

    def _make_axes(self) -> Axes:
        left = _flat_axis(self._spin, self._up)
        forward = cross(left, self._up)
        if forward @ self._travel < 0:
            left, forward = -left, -forward
        foot_left = left
        if self._push.any():
            plane = np.stack((forward, left))
            across = _principal_direction(plane @ self._push @ plane.T) @ plane
            foot_left = across if across @ left > 0 else -across
        return Axes(forward, left, self._up, foot_left)


def _flat_axis(covariance: Array, up: Array) -> Array:
    """Principal axis of rotation, made horizontal."""
    axis = _principal_direction(covariance)
    return unit(axis - (axis @ up) * up)


def _principal_direction(covariance: Array) -> Array:
    """The direction (unit, 3) in which a covariance (3, 3) is largest."""
    return np.asarray(np.linalg.eigh(covariance)[1][:, -1])
