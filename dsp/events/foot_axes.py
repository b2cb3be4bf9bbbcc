"""How a foot sensor sits on the shoe, learned from the strides themselves.

Up is the mean of gravity closures, the medio-lateral axis the principal axis of rotation, forward
the way the foot travels, and the axis of the foot itself (for the strike angle) the principal axis
of the push-off.  No standing still, no ritual; a mount that moves is noticed and learned anew.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

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
_ASTRAY = (
    0.3  # cosine between the way of a stride and forward, below which it went astray: no bend is so tight
)
_TURNED_DEG = 30.0  # of left about up, from which a mount learned anew is another one (a choice)


class FootAxes:
    """FootAxes learns from strides, given from one mid-stance to the next; ``have`` counts them.

    Up is the median of the strides' own ups until ``need`` are there, then follows by a twentieth of each;
    spin and travel are plain means at first and exponential ones later.  A stride whose up is off by more
    than ``shift_deg``, or which did not go forward, teaches nothing.  ``apart_deg`` is how far the up of
    the last stride was off, 0 before there is anything to compare it with.
    """

    need = 20  # strides until the axes are settled (the median of 20 ups: 1 deg of pitch, Fukuchi 2017)
    shift_deg = 18.0  # a stride's own up this far off, several times in a row, means the mount moved

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget how the sensor sat, and count strides from zero."""
        self.have = 0
        self.apart_deg = 0.0
        self._ups: list[Array] = []  # of the first strides
        self._up: Array = np.zeros(3)
        self._spin: Array = np.zeros((3, 3))  # mean outer product of the angular rate
        self._push: Array = np.zeros((3, 3))  # the same, of push-offs only
        self._flat: tuple[Array, Array] | None = None  # forward and left, made of the spin when asked for
        self._current: Axes | None = None  # all axes, likewise
        self._travel: Array = np.zeros(3)  # mean displacement of a stride, m
        self._odd = 0  # strides in a row that disagreed

    @property
    def shifted(self) -> bool:
        """Return True when three strides in a row disagreed with everything learned."""
        return self._odd >= _ODD

    @property
    def odd(self) -> bool:
        """Return True when the last stride disagreed with everything learned."""
        return self._odd > 0

    def learn(self, track: Track, start: int, stop: int) -> None:
        """Learn from one stride: rows ``start`` to ``stop`` of ``track``, mid-stance to mid-stance."""
        up = track.up(start, stop)
        settled = len(self._ups) >= self.need
        ups = self._ups if settled else [*self._ups, up]
        middle = unit(self._up + 0.05 * (up - self._up) if settled else _median(ups))
        way = track.displacement(start, stop, middle, middle)
        if self.have >= _CHECK_FROM:
            self.apart_deg = angle_deg(up, self._up)
            odd = self.apart_deg > self.shift_deg or self._went_astray(way)
            self._odd = self._odd + 1 if odd else 0
            if self._odd:
                return
        self.have += 1
        self._ups, self._up = ups, middle
        keep = 1 - 1 / min(self.have, _SLOWEST)
        gyr = track.gyr_rads[start:stop]
        self._spin = keep * self._spin + gyr.T @ gyr / len(gyr) * (1 - keep)
        self._travel = keep * self._travel + way * (1 - keep)
        self._flat = self._current = None

    def _went_astray(self, way: Array) -> bool:
        """True where a stride did not go the way the foot points: the sensor has turned about up."""
        axes = self.current()
        if axes is None:
            return False
        ahead, aside = float(way @ axes.forward), float(way @ axes.left)
        return math.hypot(ahead, aside) > 0.3 and ahead < _ASTRAY * math.hypot(ahead, aside)

    def differs_from(self, other: FootAxes) -> bool:
        """Return whether these axes are those of another mount than ``other`` has learned."""
        mine, others = self.current(), other.current()
        if mine is None or others is None:
            return False
        up, left = angle_deg(mine.up, others.up), angle_deg(mine.left, others.left)
        return up > self.shift_deg or left > _TURNED_DEG

    def learn_push_off(self, gyr_rads: Array) -> None:
        """Learn the foot's own axis from the angular rates (n, 3) of one push-off, rad/s."""
        self._push = 0.95 * self._push + gyr_rads.T @ gyr_rads / max(len(gyr_rads), 1)
        self._current = None

    @property
    def up(self) -> Array | None:
        """The vertical (3,) as learned so far, or None before the first stride."""
        return self._up if self.have else None

    def current(self) -> Axes | None:
        """Return the axes as learned so far, or None before the first stride."""
        if self._current is None and self.have:
            self._current = self._make_axes()
        return self._current

    def _make_axes(self) -> Axes:
        if self._flat is None:
            left = _flat_axis(self._spin, self._up)
            forward = cross(left, self._up)
            self._flat = (-forward, -left) if forward @ self._travel < 0 else (forward, left)
        forward, left = self._flat
        foot_left = left
        if self._push.any():
            plane = np.array((forward, left))
            across = _principal_direction(plane @ self._push @ plane.T) @ plane
            foot_left = across if across @ left > 0 else -across
        return Axes(forward, left, self._up, foot_left)


def _median(vectors: list[Array]) -> Array:
    """The median (3,) of vectors, axis by axis."""
    ordered, n = np.sort(np.array(vectors), axis=0), len(vectors)
    return np.asarray(ordered[n // 2] if n % 2 else (ordered[n // 2 - 1] + ordered[n // 2]) / 2)


def angle_deg(a: Array, b: Array) -> float:
    """Return the angle between two unit vectors (3,), in degrees."""
    return math.degrees(math.acos(min(1.0, max(-1.0, float(a @ b)))))


def _flat_axis(covariance: Array, up: Array) -> Array:
    """Principal axis of rotation, made horizontal."""
    axis = _principal_direction(covariance)
    return unit(axis - (axis @ up) * up)


def _principal_direction(covariance: Array) -> Array:
    """The direction (unit, 3) in which a covariance (3, 3) is largest."""
    return np.asarray(_eigenvectors()(covariance)[1][:, -1])


@cache
def _eigenvectors() -> Callable[[Array], tuple[Array, Array]]:
    """What ``numpy.linalg.eigh`` calls behind checks that take longer than it does for a matrix as small.

    A NumPy that has moved it gives ``eigh`` itself, with the same result.
    """
    inner = getattr(np.linalg, "_umath_linalg", None)
    found: Callable[[Array], tuple[Array, Array]] = getattr(inner, "eigh_lo", np.linalg.eigh)
    return found
