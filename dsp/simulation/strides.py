"""Strides of one gait in time, and the phase of the stride at any instant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.interpolate import CubicSpline, PchipInterpolator

from dsp.types import Array, Side


@dataclass(frozen=True, slots=True)
class GaitStretch:
    """Steps (n,) in a row of one gait, in time order: contact, toe-off, and what was asked for at each."""

    ic_s: Array
    to_s: Array
    left: Array
    speed_mps: Array
    stride_s: Array
    slope_pct: Array

    def of_side(self, side: Side | None) -> GaitStretch:
        """Return the steps of one foot."""
        own = self.left == (side is Side.LEFT)
        columns = (self.ic_s, self.to_s, self.left, self.speed_mps, self.stride_s, self.slope_pct)
        return GaitStretch(*(c[own] for c in columns))

    def speed_at(self, t_s: Array) -> Array:
        """Return the speed (m/s) at these instants (n,)."""
        return np.interp(t_s, self.ic_s, self.speed_mps)

    def stride_at(self, t_s: Array) -> Array:
        """Return the stride time (s) at these instants (n,)."""
        return np.interp(t_s, self.ic_s, self.stride_s)

    def slope_at(self, t_s: Array) -> Array:
        """Return the slope (rad) at these instants (n,)."""
        return np.asarray(np.arctan(np.interp(t_s, self.ic_s, self.slope_pct) / 100))


class Motion(NamedTuple):
    """The motion of a case: where it is, how it is turned, how it rings, how steep the ground is.

    ``place_m`` (n, 3) forward, left, up; ``angles_deg`` (n, 3) roll, pitch (toes down), yaw; ``shake_ms2``
    (n, 3) ringing after impacts, along the body's axes; ``slope_rad`` (n,).
    """

    place_m: Array
    angles_deg: Array
    shake_ms2: Array
    slope_rad: Array


def stride_phase(t_s: Array, ic_s: Array, to_s: Array, stance: Array) -> Array:
    """Return the strides since the first contact, smooth, ``stance`` of one from contact to toe-off."""
    k = np.arange(len(ic_s), dtype=float)
    return _through(
        t_s, np.column_stack((ic_s, to_s)), np.column_stack((k, k + stance)), _median_period(ic_s)
    )


def step_phase(t_s: Array, ic_s: Array) -> Array:
    """Return the steps since the first contact, smooth."""
    return _through(t_s, ic_s[:, None], np.arange(len(ic_s), dtype=float)[:, None], _median_period(ic_s))


def _median_period(ic_s: Array) -> float:
    return float(np.median(np.diff(ic_s))) if len(ic_s) > 1 else 0.7


def _through(t_s: Array, knots: Array, values: Array, period_s: float) -> Array:
    """A smooth rise through the values at the knots (periods, k), one period longer at both ends."""
    many = knots.shape[1]
    at, to = knots.ravel(), values.ravel()
    at = np.concatenate((at[:many] - period_s, at, at[-many:] + period_s))
    to = np.concatenate((to[:many] - 1, to, to[-many:] + 1))
    return np.asarray(PchipInterpolator(at, to, extrapolate=True)(t_s), dtype=np.float64)


def travelled_m(t_s: Array, speed_mps: Array) -> Array:
    """Return the way (n,) since the first of these instants."""
    mean = (speed_mps[1:] + speed_mps[:-1]) / 2
    return np.concatenate(([0.0], np.cumsum(mean * np.diff(t_s))))


def blend_speeds(
    splines: Sequence[CubicSpline], at_mps: Sequence[float], phase: Array, speed: Array
) -> Array:
    """Return curves of some speeds at each phase (any integer part), linear between these speeds."""
    u = phase % 1.0
    curves = [s(u) for s in splines]
    out = curves[0] + 0.0
    for k in range(len(curves) - 1):
        share = np.clip((speed - at_mps[k]) / (at_mps[k + 1] - at_mps[k]), 0, 1)
        out += (curves[k + 1] - curves[k]) * share
    return np.asarray(out, dtype=np.float64)
