"""Rotations over one stride, and gravity from it: no drift, because nothing is carried along."""

from __future__ import annotations

import numpy as np

from dsp.types import Array


def attitudes(gyr_rads: Array, dt_s: float) -> Array:
    """Rotation from each sensor frame to the first one: (n, 3) rates to (n, 3, 3), trapezoid rule.

    The running product is built by doubling, so a stride costs eight matrix products, not one
    per sample.
    """
    turn = np.zeros_like(gyr_rads)
    turn[1:] = 0.5 * (gyr_rads[1:] + gyr_rads[:-1]) * dt_s
    product = rotations(turn)
    reach = 1
    while reach < len(product):
        product = np.concatenate((product[:reach], product[:-reach] @ product[reach:]))
        reach *= 2
    return product


def rotations(vectors: Array) -> Array:
    """Rotation vectors (n, 3) in radians to matrices (n, 3, 3) (Rodrigues)."""
    angle = np.linalg.norm(vectors, axis=1)
    safe = np.where(angle > 1e-12, angle, 1.0)
    k = vectors / safe[:, None]
    cross = np.zeros((len(vectors), 3, 3))
    cross[:, 0, 1], cross[:, 0, 2] = -k[:, 2], k[:, 1]
    cross[:, 1, 0], cross[:, 1, 2] = k[:, 2], -k[:, 0]
    cross[:, 2, 0], cross[:, 2, 1] = -k[:, 1], k[:, 0]
    sine, versine = np.sin(angle)[:, None, None], (1 - np.cos(angle))[:, None, None]
    return np.asarray(np.eye(3) + sine * cross + versine * (cross @ cross))


def closure_up(acc_ms2: Array, gyr_rads: Array, dt_s: float) -> Array:
    """Up (unit, in the first sensor frame): the mean specific force of a stride from rest to rest.

    Velocity is the same at both ends, so whatever is left of the force is gravity.  The
    accelerometer at the instant of rest is *not* gravity: the foot is still rolling.
    """
    force = np.einsum("nij,nj->ni", attitudes(gyr_rads, dt_s), acc_ms2).mean(axis=0)
    return np.asarray(force / np.linalg.norm(force))


def stride_vector(acc_ms2: Array, gyr_rads: Array, up: Array, dt_s: float) -> Array:
    """Displacement (3,) in metres, first sensor frame, of a stride that starts and ends at rest.

    The foot stands as tilted at the end as at the start: the tilt error of the gyroscope and then
    the velocity left over are spread linearly over the stride.
    """
    rotation = attitudes(gyr_rads, dt_s)
    share = np.linspace(0.0, 1.0, len(rotation))
    tilt = np.cross(rotation[-1] @ up, up)
    rotation = rotations(share[:, None] * tilt) @ rotation
    force = np.einsum("nij,nj->ni", rotation, acc_ms2)
    gravity = float(force.mean(axis=0) @ up)
    velocity = integral(force - gravity * up, dt_s)
    velocity -= share[:, None] * velocity[-1]
    return np.asarray(integral(velocity, dt_s)[-1])


def integral(x: Array, dt_s: float) -> Array:
    """Running trapezoid integral along the first axis, zero at the first row."""
    out = np.zeros_like(x)
    np.cumsum(0.5 * (x[1:] + x[:-1]) * dt_s, axis=0, out=out[1:])
    return out
