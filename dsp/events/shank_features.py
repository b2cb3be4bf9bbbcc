"""Rows of a shank sensor to numbers: its axes, the marks of contact and toe-off, its inclination.

What the marks say about contact and toe-off is in ``dsp.models``.
"""

from __future__ import annotations

import math

import numpy as np

from dsp.events.foot_features import crossing, extremum
from dsp.events.grid_detector import ACC, GYR
from dsp.orientation import attitudes
from dsp.types import GRAVITY_MS2, Array

_STILL = 0.1  # of the RMS: rotation that is none (a choice)
_TURNS = 4  # after which the axis moves by less than a degree
_LEAN_DEG = 31.3
"""In running the mean specific force of whole strides lies so far behind the long axis, in the sagittal
plane: 1.9 deg SD over 15 runners at three speeds (Fukuchi 2017), and 30.7, SD 2.0, in another laboratory
(Hamner 2013), so no mounting has to be known."""


def swing_axis(gyr_rads: Array, mean_ms2: Array) -> Array | None:
    """Return the axis of the swing (unit, 3) from rows of rotation (n, 3), the swing forward positive.

    It is the principal axis of rotation.  Where there are two, one may be the shank itself (a calf that
    turns, a strap that wobbles): what turns about the long axis is left out, and the axis looked for in
    the rest; and that again, since the long axis follows from the axis and ``mean_ms2`` (3,), the mean
    specific force.
    None where there is no such axis: little rotation, or about more than these.
    """
    axis, weight_ms2 = _principal_axis(gyr_rads), float(np.linalg.norm(mean_ms2))
    if axis is not None or weight_ms2 < 1.0:  # an accelerometer that feels nothing tells no long axis
        return axis
    along = mean_ms2 / weight_ms2
    for _ in range(_TURNS):
        axis = _principal_axis(gyr_rads - np.outer(gyr_rads @ along, along))
        if axis is None:
            return None
        along = long_axis(mean_ms2, axis)
    return axis


def _principal_axis(gyr_rads: Array) -> Array | None:
    """The principal axis of rows (n, 3), the shorter way round positive; None without a clear one."""
    values, vectors = np.linalg.eigh(gyr_rads.T @ gyr_rads / len(gyr_rads))
    if values[-1] < 4 * values[-2] or values[-1] < 2.0:
        return None
    axis: Array = vectors[:, -1]
    rates = gyr_rads @ axis
    moving = rates[np.abs(rates) > _STILL * math.sqrt(values[-1])]  # who has just stood says no way round
    return -axis if np.median(moving) > 0 else axis


def long_axis(mean_ms2: Array, axis: Array) -> Array:
    """Return the unit vector (3,) along the shank towards the knee.

    ``mean_ms2`` (3,) is the mean specific force of whole strides, ``axis`` (3,) that of the swing.
    """
    flat = mean_ms2 - (mean_ms2 @ axis) * axis
    flat = flat / np.linalg.norm(flat)
    lean = math.radians(_LEAN_DEG)
    return np.asarray(math.cos(lean) * flat + math.sin(lean) * np.cross(flat, axis))


def swing_end(w_dps: Array, rate_hz: float) -> float | None:
    """Return when the rate ``w_dps`` falls through zero, in rows after a swing peak; None if not soon."""
    return crossing(w_dps[: round(0.3 * rate_hz)], 0.0, rising=False)


def contact_mark(
    w_dps: Array, axial_g: Array, level_dps: float, shock_g: float, rate_hz: float
) -> float | None:
    """Return the mark of initial contact, in rows after the swing peak; None where the swing never ends.

    It is the mean of up to three: the rate ``w_dps`` falls through ``level_dps`` (negative), the rate is
    least, and the force along the shank ``axial_g`` rises through ``shock_g`` near that.
    """
    zero = swing_end(w_dps, rate_hz)
    if zero is None:
        return None
    z = math.ceil(zero)
    least = extremum(w_dps, z + int(np.argmin(w_dps[z : z + round(0.15 * rate_hz)])))
    fall = crossing(w_dps[z - 1 : round(least) + 1], level_dps, rising=False)
    start = max(0, round(least - 0.08 * rate_hz))
    shock = crossing(axial_g[start : round(least + 0.06 * rate_hz)], shock_g, rising=True)
    marks = [least]
    if fall is not None:
        marks.append(z - 1 + fall)
    if shock is not None:
        marks.append(start + shock)
    return sum(marks) / len(marks)


def toe_off_mark(
    w_dps: Array, ic: float, level_dps: float, stride_s: float, rate_hz: float
) -> float | None:
    """Return the mark of toe-off, in rows after the swing peak; None where it is not seen.

    After its highest value between 10 and 50 % of the stride past contact (``ic``, in rows) the rate falls
    through ``level_dps``.
    """
    first, last = (round(ic + k * stride_s * rate_hz) for k in (0.10, 0.50))
    if min(last, len(w_dps)) <= first:  # at the end of a recording the rate may stop before that
        return None
    top = first + int(np.argmax(w_dps[first:last]))
    off = crossing(w_dps[top:], level_dps, rising=False)
    return None if off is None else top + off


def inclination_deg(rows: Array, whole: int, long: Array, rate_hz: float) -> float:
    """Return the angle of the long axis at the last row, positive with the ankle ahead of the knee.

    ``rows`` (n, 6 or more) are force and rotation; the first ``whole`` are two strides from swing to swing,
    whose mean force is gravity.  The plane is that of the swing which follows.
    """
    turn = attitudes(rows[:, GYR], 1 / rate_hz)
    up = np.einsum("nij,nj->ni", turn[:whole], rows[:whole, ACC]).mean(axis=0)
    up /= np.linalg.norm(up)
    middle = slice(whole - round(0.1 * rate_hz), min(whole + round(0.05 * rate_hz), len(rows)))
    across = np.einsum("nij,nj->ni", turn[middle], rows[middle, GYR]).mean(axis=0)
    across -= (across @ up) * up
    across /= np.linalg.norm(across)
    ahead = turn[-1] @ long
    back = np.cross(up, across)
    return -math.degrees(math.atan2(float(ahead @ back), float(ahead @ up)))


def peak_shock_g(acc_ms2: Array, long: Array) -> float:
    """Return the largest acceleration along the shank of rows (n, 3), in g, without its sign."""
    return float(np.abs(acc_ms2 @ long).max() / GRAVITY_MS2)
