"""One stance of a foot sensor: from mid-swing over mid-stance to just after toe-off.

Everything is integrated outwards from mid-stance, where the foot stands still, over less than
0.4 s, so nothing drifts.  What the features say about contact and toe-off is in ``dsp.models``.

Terms of initial contact, after the foot slap (the fastest toe-down rotation before mid-stance):
``fall_ms`` when the pitch rate falls through -100 deg/s, ``slow_ms`` when the descent is over, and
``pitch_max_deg``, the largest toe-up angle before.  Terms of toe-off, after the foot has tipped 30 deg:
``push_end_ms`` the end of the forward push, ``spin_ms`` the fastest rotation, ``high_ms`` the sensor 8 cm
up, and ``stride_s``.  Where one is not seen its usual value stands in.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from dsp.events.foot_axes import Axes
from dsp.filters import component_along, parabola_offset
from dsp.orientation import integral
from dsp.types import GRAVITY_MS2, Array, built_quickly

_USUAL_FALL_MS, _USUAL_SLOW_MS = -22.0, 22.0
_MOST_TOES_UP_DEG = 60.0  # a choice


@built_quickly
@dataclass(frozen=True, slots=True)
class Stance:
    """Stance holds one stance in the sagittal plane, integrated from mid-stance (row ``zv``) both ways.

    Each series is (n,), row 0 is mid-swing: ``w_dps`` pitch rate, toe up positive; ``pitch_deg`` its
    integral, ``foot_pitch_deg`` that about the foot's own axis; ``ax_ms2`` forward acceleration;
    ``vx_mps``, ``vz_mps``, ``pz_m`` forward and upward velocity and height of the sensor.
    """

    rate_hz: float
    zv: int
    w_dps: Array
    pitch_deg: Array
    foot_pitch_deg: Array
    ax_ms2: Array
    vx_mps: Array
    vz_mps: Array
    pz_m: Array

    def until(self, row: int) -> Stance:
        """Return the same stance with the rows before ``row`` only."""
        series = (
            self.w_dps,
            self.pitch_deg,
            self.foot_pitch_deg,
            self.ax_ms2,
            self.vx_mps,
            self.vz_mps,
            self.pz_m,
        )
        return Stance(self.rate_hz, self.zv, *(x[:row] for x in series))


def stance(acc_ms2: Array, gyr_rads: Array, axes: Axes, zv: int, rate_hz: float) -> Stance:
    """Return the stance of rows (n, 3) of force and angular rate, integrated from row ``zv`` both ways."""
    dt = 1 / rate_hz
    w = -component_along(gyr_rads, axes.left)
    pitch = _integral_from(w, zv, dt)
    forward, up = component_along(acc_ms2, axes.forward), component_along(acc_ms2, axes.up)
    sin, cos = np.sin(pitch), np.cos(pitch)
    ax, az = forward * cos - up * sin, forward * sin + up * cos - GRAVITY_MS2
    vz = _integral_from(az, zv, dt)
    foot = np.degrees(_integral_from(-component_along(gyr_rads, axes.foot_left), zv, dt))
    return Stance(
        rate_hz,
        zv,
        np.degrees(w),
        np.degrees(pitch),
        foot,
        ax,
        _integral_from(ax, zv, dt),
        vz,
        _integral_from(vz, zv, dt),
    )


def _integral_from(x: Array, row: int, dt_s: float) -> Array:
    """Integral of ``x`` that is zero at ``row``."""
    total = integral(x, dt_s)
    return np.asarray(total - total[row])


def slap_row(s: Stance) -> float:
    """Return when the foot slaps down, in (fractional) rows.

    All of the swing's end is searched: a walking foot lies still for so long that mid-stance may be 0.4 s
    behind the slap.
    """
    first = min(round(0.02 * s.rate_hz), s.zv - 1)
    return extremum(s.w_dps, first + int(np.argmin(s.w_dps[first : s.zv + 1])))


def landing_terms(s: Stance, slap: float) -> dict[str, float]:
    """Return the terms of the model of initial contact, by name; ``slap`` is the row of the foot slap."""
    ms = 1e3 / s.rate_hz
    fall = crossing(s.w_dps[: s.zv + 1], -100.0, rising=False)
    slow = crossing(s.vz_mps[int(slap) : s.zv + 1], -0.15, rising=True)
    return {
        "pitch_max_deg": float(s.pitch_deg[: s.zv + 1].max()),
        "fall_ms": _USUAL_FALL_MS if fall is None else (fall - slap) * ms,
        "slow_ms": _USUAL_SLOW_MS if slow is None else (int(slap) + slow - slap) * ms,
    }


def saw_landing(terms: Mapping[str, float]) -> bool:
    """Return whether these terms of initial contact are those of a landing.

    Where neither ``fall_ms`` nor ``slow_ms`` was seen there was none: it lies in a hole, or the mid-swing
    was none.  One of 4 000 contacts without lost samples is so.  Toes are up by at most 41 deg (Fukuchi
    2017, Hamner 2013, PyShoe); more comes of a hole that was integrated over.
    """
    seen = terms["fall_ms"] != _USUAL_FALL_MS or terms["slow_ms"] != _USUAL_SLOW_MS
    return seen and terms["pitch_max_deg"] < _MOST_TOES_UP_DEG


def lift_off_terms(s: Stance, tipped: float) -> dict[str, float]:
    """Return the terms of the model of toe-off, by name, but for the stride time.

    ``tipped`` is the row at which the foot had tipped by 30 deg.
    """
    ms = 1e3 / s.rate_hz
    after = s.w_dps[s.zv :]
    deep = np.flatnonzero(_local_minima(after) & (after < 0.6 * after.min()))
    high = crossing(s.pz_m[s.zv :], 0.08, rising=True)
    return {
        "push_end_ms": _push_end_ms(s, tipped),
        "spin_ms": (extremum(s.w_dps, s.zv + int(deep[0])) - tipped) * ms if len(deep) else 8.0,
        "high_ms": 38.0 if high is None else (s.zv + high - tipped) * ms,
    }


def _push_end_ms(s: Stance, tipped: float) -> float:
    """When the forward push falls through 5 m/s², in ms after the foot had tipped."""
    rate = s.rate_hz
    first, last = math.ceil(tipped + 0.012 * rate), math.floor(tipped + 0.075 * rate) + 1
    window = s.ax_ms2[first:last]
    dips = np.flatnonzero(_local_minima(window))
    if len(dips) == 0:
        return 29.0
    dip = first + int(dips[np.argmin(window[dips])])
    start = max(0, dip - round(0.06 * rate))
    fall = crossing(s.ax_ms2[start : dip + 1], 5.0, rising=False, last=True)
    end = start + fall if fall is not None else dip - 0.012 * rate
    return (end - tipped) / rate * 1e3


def tipped_row(s: Stance) -> float | None:
    """Return the first (fractional) row after mid-stance at which the foot is 30 deg toe-down, or None."""
    row = crossing(s.pitch_deg[s.zv :], -30.0, rising=False)
    return None if row is None else s.zv + row


def slide_mps(s: Stance, ic: float, to: float) -> float:
    """Return how much faster than the belt the sensor still seems to move where the stride is cut, m/s.

    ``ic`` and ``to`` are rows of contact and toe-off; 0 where they do not lie within the stance.  A foot
    cannot slide backwards, so the least forward velocity between 20 and 65 % of stance is the true rest.
    """
    first, last = round(ic + 0.2 * (to - ic)), round(ic + 0.65 * (to - ic)) + 1
    rest = rest_row(ic, to)
    if not 0 <= first < last <= len(s.vx_mps):
        return 0.0
    return float(s.vx_mps[rest] - s.vx_mps[first:last].min())


def rest_row(ic: float, to: float) -> int:
    """Return the row at 40 % of stance, where strides are cut for the strapdown."""
    return round(ic + 0.4 * (to - ic))


def value_at(x: Array, row: float) -> float:
    """Return ``x`` (n,) at a fractional row: interpolated linearly, held at the ends."""
    i = min(max(0, int(row)), len(x) - 2)
    share = min(1.0, max(0.0, row - i))
    return float(x[i] + share * (x[i + 1] - x[i]))


def crossing(x: Array, level: float, *, rising: bool, last: bool = False) -> float | None:
    """Return the fractional row of the first (or last) crossing of ``level``; None without one."""
    y = x - level if rising else level - x
    hits = ((y[:-1] < 0) & (y[1:] >= 0)).nonzero()[0]
    if len(hits) == 0:
        return None
    i = int(hits[-1 if last else 0])
    return float(i + y[i] / (y[i] - y[i + 1]))


def extremum(x: Array, row: int) -> float:
    """Return the fractional row of the extremum of ``x`` whose highest or lowest sample is ``row``."""
    if not 0 < row < len(x) - 1:
        return float(row)
    return row + parabola_offset(float(x[row - 1]), float(x[row]), float(x[row + 1]))


def _local_minima(x: Array) -> Array:
    """True where ``x`` is below its left neighbour and not above its right one."""
    out = np.zeros(len(x), bool)
    out[1:-1] = (x[1:-1] < x[:-2]) & (x[1:-1] <= x[2:])
    return out
