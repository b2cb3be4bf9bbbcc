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
    """Unit vectors in the sensor frame at mid-stance: forward, left, up; and the foot's own left."""

    forward: Array
    left: Array
    up: Array
    foot_left: Array


class FootAxes:
    """Learns from strides given from one mid-stance to the next."""

    need = 20  # strides until the axes are settled
    shift_deg = 18.0  # a stride's own up this far off, several times in a row, means the mount moved

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget how the sensor sat."""
        self.have = 0
        self._ups: list[Array] = []
        self._up: Array = np.zeros(3)
        self._spin: Array = np.zeros((3, 3))
        self._push: Array = np.zeros((3, 3))
        self._known: Axes | None = None  # made from the above when asked for
        self._travel: Array = np.zeros(3)
        self._odd = 0

    @property
    def shifted(self) -> bool:
        """Three strides in a row disagreed with everything learned."""
        return self._odd >= 3

    def learn(self, track: Track, start: int, stop: int) -> None:
        """One stride, rows of ``track`` from mid-stance to mid-stance."""
        up = track.up(start, stop)
        if self.have >= 5:
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
        keep = 1 - 1 / min(self.have, 40)
        gyr = track.gyr_rads[start:stop]
        self._spin = keep * self._spin + gyr.T @ gyr / len(gyr) * (1 - keep)
        self._travel = keep * self._travel + track.displacement(start, stop, self._up) * (1 - keep)
        self._known = None

    def learn_push_off(self, gyr_rads: Array) -> None:
        """Rows of one push-off."""
        self._push = 0.95 * self._push + gyr_rads.T @ gyr_rads / max(len(gyr_rads), 1)
        self._known = None

    def axes(self) -> Axes | None:
        """What is known now, or None before the first stride."""
        if self._known is None and self.have:
            self._known = self._make()
        return self._known

    def _make(self) -> Axes:
        left = _flat_axis(self._spin, self._up)
        forward = cross(left, self._up)
        if forward @ self._travel < 0:
            left, forward = -left, -forward
        foot_left = left
        if self._push.any():
            plane = np.stack((forward, left))
            across = _principal(plane @ self._push @ plane.T) @ plane
            foot_left = across if across @ left > 0 else -across
        return Axes(forward, left, self._up, foot_left)


def _flat_axis(covariance: Array, up: Array) -> Array:
    """Principal axis of rotation, made horizontal."""
    axis = _principal(covariance)
    return unit(axis - (axis @ up) * up)


def _principal(covariance: Array) -> Array:
    """The direction in which it is largest."""
    return np.asarray(np.linalg.eigh(covariance)[1][:, -1])
