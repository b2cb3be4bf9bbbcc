"""Rotation over one stride, and gravity from it: nothing is carried to the next, so nothing drifts."""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from dsp.filters import component_along, norms
from dsp.types import GRAVITY_MS2, Array, built_quickly

_OF_FORCE = 0.75  # share of the leftover velocity that goes with the force


@built_quickly
@dataclass(frozen=True, slots=True)
class Track:
    """Track holds some strides of a sensor, followed by its gyroscope from the first row on.

    ``turn`` (n, 3, 3) rotation from each row's sensor frame to the first one's; ``force_ms2`` (n, 3)
    specific force in that first frame.
    """

    dt_s: float
    gyr_rads: Array
    turn: Array
    force_ms2: Array

    def up(self, start: int, stop: int) -> Array:
        """Return up (unit (3,), sensor frame of row ``start``) of a stride that starts and ends at rest.

        Velocity is the same at both ends, so the mean specific force is gravity.  The accelerometer
        at the instant of rest is *not* gravity: the foot is still rolling.
        """
        return unit(self.force_ms2[start:stop].sum(axis=0) / (stop - start) @ self.turn[start])

    def carry(self, vector: Array, start: int, stop: int) -> Array:
        """Return a direction (3,) of the sensor frame of row ``start`` in that of row ``stop``."""
        return np.asarray(vector @ self.turn[start].T @ self.turn[stop])

    def displacement(self, start: int, stop: int, up: Array, up_last: Array) -> Array:
        """Return the displacement (3,) in metres, sensor frame of row ``start``, from rest to rest.

        ``up`` is the vertical in that frame, ``up_last`` the one in the frame of the last row: how far the
        gyroscope has them apart is its tilt error, which is spread linearly over the stride.  Then the
        velocity left over is: a quarter of it linearly, as an offset of the accelerometer makes it, and
        three quarters as the square of the force, as what it loses of impacts (by its scale, its range,
        its rate) does.  The shares are a choice; rises of real jogs on a flat floor (PyShoe) scatter 5 %
        less than with the whole spread linearly.  What remains of two integrations is the moment of the
        force about mid-time.
        """
        n = stop - start
        force = self.force_ms2[start:stop]
        arm, once, share = _integral_weights(n)
        tilt = cross(self.turn[stop - 1] @ up_last, self.turn[start] @ up)
        angle = math.sqrt(tilt @ tilt)
        axis = tilt / angle if angle else tilt
        phase = share * (angle / max(1, n - 1))
        phase[-1] = angle
        turns, weights = np.empty((3, n)), np.empty((2, 3, n))
        np.cos(phase, out=turns[0])
        np.sin(phase, out=turns[1])
        np.subtract(1, turns[0], out=turns[2])
        np.multiply(arm, turns, out=weights[0])
        np.multiply(once, turns, out=weights[1])
        sums = weights.reshape(6, n) @ force
        moment, gained = _turned_sum(sums[:3], axis), _turned_sum(sums[3:], axis)
        left_over = gained - (n - 1) * GRAVITY_MS2 * (self.turn[start] @ up)
        power = component_along(force, force)
        doubt = once * (power.sum() / n + _OF_FORCE / (1 - _OF_FORCE) * power)
        moment = moment - (arm @ doubt) / doubt.sum() * left_over
        return np.asarray(self.dt_s**2 * (moment @ self.turn[start]))

    def path(self, start: int, stop: int, up: Array) -> Array:
        """Return where the sensor is (n, 3) in metres, sensor frame of row ``start``, from rest to rest.

        The last row is ``displacement``, made with the same corrections; ``up`` is the vertical at both
        rests.
        """
        n = stop - start
        force = self.force_ms2[start:stop]
        tilt = cross(self.turn[stop - 1] @ up, self.turn[start] @ up)
        angle = math.sqrt(tilt @ tilt)
        axis = tilt / angle if angle else tilt
        phase = np.linspace(0.0, angle, n)[:, None]
        along = np.outer(force @ axis, axis)
        turned = along + np.cos(phase) * (force - along) + np.sin(phase) * np.cross(axis, force)
        if not angle:
            turned = force
        moved = turned - GRAVITY_MS2 * (self.turn[start] @ up)
        once = np.ones(n)
        once[0] = once[-1] = 0.5
        power = component_along(force, force)
        doubt = power.sum() / n + _OF_FORCE / (1 - _OF_FORCE) * power
        moved = moved - np.outer(doubt / (once @ doubt), once @ moved)
        return np.asarray(integral(integral(moved, self.dt_s), self.dt_s) @ self.turn[start])


@lru_cache(maxsize=1024)
def _integral_weights(n: int) -> tuple[Array, Array, Array]:
    """The weights (n,) of the trapezoid rule applied twice and once, and the numbers of the rows."""
    number = np.arange(n, dtype=np.float64)
    arm = 0.5 * (n - 1) - number
    arm[0] -= 0.25 * n
    arm[-1] += 0.25 * n
    once = np.ones(n)
    once[0] = once[-1] = 0.5
    for weights in (arm, once, number):
        weights.flags.writeable = False
    return arm, once, number


def _turned_sum(terms: Array, axis: Array) -> Array:
    """The sum (3,) of vectors turned about ``axis``, from the sums (3, 3) of Rodrigues' three terms."""
    along, across, rest = terms
    return np.asarray(along + cross(axis, across) + (axis @ rest) * axis)


def track(acc_ms2: Array, gyr_rads: Array, dt_s: float) -> Track:
    """Return the track of rows (n, 3) of specific force (m/s²) and angular rate (rad/s)."""
    turn = attitudes(gyr_rads, dt_s)
    return Track(dt_s, gyr_rads, turn, np.einsum("nij,nj->ni", turn, acc_ms2))


def attitudes(gyr_rads: Array, dt_s: float) -> Array:
    """Return the rotation from each sensor frame to the first one: (n, 3) rates to (n, 3, 3).

    Trapezoid rule.  The running product is taken inside all blocks at once, then from block to block, so
    that n rows cost some ``2 sqrt(n)`` array operations.
    """
    n = len(gyr_rads)
    size = math.isqrt(n - 1) + 1 if n else 1
    turn = np.zeros((-(-n // size) * size, 3))
    turn[1:n] = 0.5 * dt_s * (gyr_rads[1:] + gyr_rads[:-1])
    product = rotations(turn)
    blocks = product.reshape(-1, size, 3, 3)
    for k in range(1, size):
        blocks[:, k] = blocks[:, k - 1] @ blocks[:, k]
    for k in range(1, len(blocks)):
        blocks[k] = blocks[k - 1, -1] @ blocks[k]
    return product[:n]


def rotations(vectors: Array) -> Array:
    """Return the rotation matrices (n, 3, 3) of rotation vectors (n, 3) in radians (Rodrigues)."""
    angle = norms(vectors)
    half = _sinc(angle / (2 * math.pi))[:, None] * vectors
    out = 0.5 * half[:, :, None] * half[:, None, :]
    sine = _sinc(angle / math.pi)[:, None] * vectors
    cosine = np.cos(angle)
    for k in range(3):
        i, j = (k + 1) % 3, (k + 2) % 3
        out[:, k, k] += cosine
        out[:, i, j] -= sine[:, k]
        out[:, j, i] += sine[:, k]
    return np.asarray(out)


def _sinc(x: Array) -> Array:
    """What ``numpy.sinc`` gives for numbers (n,), without asking each time how small a number can be."""
    y = math.pi * x
    y[y == 0] = sys.float_info.epsilon
    return np.asarray(np.sin(y) / y)


def unit(vector: Array) -> Array:
    """Return the unit vector (3,) along ``vector``."""
    return np.asarray(vector / math.sqrt(vector @ vector))


def cross(a: Array, b: Array) -> Array:
    """Return the vector product of two vectors (3,); ``np.cross`` is for stacks and ten times slower."""
    (ax, ay, az), (bx, by, bz) = a.tolist(), b.tolist()
    return np.array((ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx))


def integral(x: Array, dt_s: float) -> Array:
    """Return the running trapezoid integral of ``x`` along its first axis, zero at the first row."""
    out = np.zeros_like(x)
    np.cumsum(0.5 * dt_s * (x[1:] + x[:-1]), axis=0, out=out[1:])
    return out
