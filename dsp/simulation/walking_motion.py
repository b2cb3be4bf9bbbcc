"""How a walker's feet, shanks and pelvis move, on the level and on stairs: a foot is always on the ground.

There are no mean curves of ours of walking.  It is made of published figures and of geometry:

- step length over cadence is 0.0065 m per step/min from 1 m/s on (Murakami & Otaka 2017, J Phys Ther Sci
  29:722: 62 m/min at 98 steps/min), taken for slower walks too;
- a foot is on the ground for 64.2 - 3.5 v per cent of the stride, v in m/s (Kirtley, Whittle & Jefferson
  1985, J Biomed Eng 7:282), so two feet are for 23 % of it at 0.8 m/s and 14 % at 2 m/s;
- the trunk rises and falls by 2.7 cm at 0.7 m/s to 4.8 cm at 1.6 m/s, once a step, and sways by 7.0 to
  3.9 cm, once a stride (Orendurff et al. 2004, J Rehabil Res Dev 41:829); no more and no less beyond.
  Rising by h at n steps/s is an acceleration of h/2 (2 pi n)²: 1.3 m/s² at 0.8 m/s, 5 m/s² at 2 m/s;
- the pelvis drops by 4 deg on the side of the swing and turns 5 deg forward with it, once a stride, and
  nods by 1.5 deg once a step (orders of magnitude of textbooks);
- a foot in stance rolls over heel, sole and ball without slipping; in swing its ankle takes a smooth way to
  the next landing.  Angles of foot and shank at the phases below are those of textbooks, rounded.

Real waists, feet and shanks are compared in the tests by amplitude and spectrum.  Contact and toe-off are
exact, as in running; angles are not to be judged by it.
"""

from __future__ import annotations

import math
from functools import cache
from typing import NamedTuple

import numpy as np
from scipy.interpolate import BPoly, CubicHermiteSpline, CubicSpline

from dsp.simulation.device import Device, arm_m, at_arm
from dsp.simulation.impacts import mount_ringing, trunk_ringing
from dsp.simulation.strides import GaitStretch, Motion, blend_speeds, step_phase, stride_phase, travelled_m
from dsp.types import Array, Placement, Side

SLOWEST_WALK_MPS, FASTEST_WALK_MPS = 0.5, 2.2
WALK_RATIO = 0.0065  # m per step/min
STAIR_RISE_M, STAIR_TREAD_M = 0.17, 0.29  # of public buildings (a choice)
_GRID_MPS = (0.6, 0.9, 1.2, 1.6, 2.0)
_ANKLE_M, _HEEL_M, _BALL_M = 0.09, 0.05, 0.15  # above the sole, behind and ahead of the ankle (a choice)
_SWING_RAMP = 0.28  # share of the swing in which the ankle gains its speed, and loses it
_HALF_WIDTH_M = 0.05  # between the middle and an ankle


class _Leg(NamedTuple):
    """One leg's curves over a stride: angles in deg, the ankle against the mean progress in m."""

    pitch_deg: CubicSpline
    shank_deg: CubicSpline
    ahead_m: CubicSpline
    height_m: CubicSpline
    risen: CubicSpline  # share of a step's rise of two stairs, less the mean progress


def walking_stance(speed: Array | float) -> Array:
    """Return the share of the stride that a foot is on the ground."""
    return np.asarray(0.642 - 0.035 * np.asarray(speed))


def preferred_stride_s(speed_mps: float) -> float:
    """Return the stride time of a walk at this speed."""
    return 120 / math.sqrt(60 * speed_mps / WALK_RATIO)


def walking_leg(
    steps: GaitStretch,
    placement: Placement,
    side: Side | None,
    t: Array,
    device: Device,
    rise_m: float = 0.0,
) -> Motion:
    """Return the motion of a case on a foot or shank; every step rises by ``rise_m``."""
    own = steps.of_side(side)
    speed, stride = steps.speed_at(t), steps.stride_at(t)
    phase = stride_phase(t, own.ic_s, own.to_s, walking_stance(own.speed_mps))
    mirror = 1.0 if side is Side.LEFT else -1.0
    usual = np.array([v * preferred_stride_s(v) for v in _GRID_MPS])
    scale = speed * stride / np.interp(speed, _GRID_MPS, usual)
    held = np.clip(speed, _GRID_MPS[0], _GRID_MPS[-1])

    def curve(name: str) -> Array:
        splines = [getattr(leg, name) for leg in _legs()]
        return blend_speeds(splines, _GRID_MPS, phase, held)

    swinging = np.sin(np.pi * np.clip((phase % 1 - 0.62) / 0.38, 0, 1)) ** 2
    place = np.column_stack(
        (
            travelled_m(t, speed) + scale * curve("ahead_m"),
            mirror * (_HALF_WIDTH_M + 0.02 * swinging),
            curve("height_m") + 2 * rise_m * (curve("risen") + phase),
        )
    )
    if placement is Placement.FOOT:
        angles = np.column_stack((mirror * 6 * swinging, -curve("pitch_deg"), mirror * (7 + 4 * swinging)))
    else:
        zero = np.zeros(len(t))
        angles = np.column_stack((zero, -curve("shank_deg"), zero))
    kick = np.outer(12 * own.speed_mps, (-0.5, 0.0, 1.0))
    ringing = mount_ringing(t, own.ic_s, kick, 30.0, 0.28)
    return Motion(
        at_arm(place, angles, arm_m(device, placement, side)), angles, ringing, _slope(steps, t, rise_m)
    )


def walking_trunk(
    steps: GaitStretch,
    placement: Placement,
    side: Side | None,
    t: Array,
    device: Device,
    rise_m: float = 0.0,
) -> Motion:
    """Return the motion of a case on the pelvis; every step rises by ``rise_m``."""
    speed = steps.speed_at(t)
    phase = step_phase(t, steps.ic_s) / 2 + 0.5 * (not steps.left[0])
    both = (walking_stance(speed) - 0.5) / 2  # the middle of double support after a contact of the left
    step = 4 * np.pi * (phase - both)
    stride = 2 * np.pi * (phase - both - 0.25)  # 0 in the middle of the left's single stance
    rises = np.interp(speed, (0.7, 1.6), (0.0274, 0.0483))
    sways = np.interp(speed, (0.7, 1.6), (0.0699, 0.0385))
    place = np.column_stack(
        (
            travelled_m(t, speed) - 0.008 * np.sin(step),
            sways / 2 * np.cos(stride),
            -rises / 2 * (np.cos(step) + 0.05 * np.sin(2 * step)) + 2 * rise_m * phase,
        )
    )
    roll = -4 * np.cos(stride) - np.cos(3 * stride + 0.5)
    pitch, yaw = 1.5 * np.cos(step + 0.5), -5 * np.sin(stride) - 1.2 * np.sin(3 * stride)
    angles = np.column_stack((roll, pitch, yaw))
    kick = np.outer(2.5 * steps.speed_mps, (-0.6, 0.0, 1.0))
    shake = trunk_ringing(t, steps.ic_s, kick, 12.0, 0.4)
    return Motion(
        at_arm(place, angles, arm_m(device, placement, side)), angles, shake, _slope(steps, t, rise_m)
    )


def _slope(steps: GaitStretch, t: Array, rise_m: float) -> Array:
    """The ground's slope; a stair is level."""
    return np.zeros(len(t)) if rise_m else steps.slope_at(t)


@cache
def _legs() -> tuple[_Leg, ...]:
    return tuple(_leg(v) for v in _GRID_MPS)


def _leg(speed: float) -> _Leg:
    """The curves of one speed."""
    stance, vigour = float(walking_stance(speed)), 0.6 + speed / 3.5  # 1 at 1.4 m/s
    u = np.linspace(0, 1, 513)
    pitch = _through_knots(u, stance, vigour, _FOOT_DEG)
    shank = _through_knots(u, stance, 0.85 + speed / 9, _SHANK_DEG)
    ahead, height = _rolling(np.radians(pitch), u)
    length = speed * preferred_stride_s(speed)
    lands = int(np.searchsorted(u, stance))
    x, z, risen = ahead.copy(), height.copy(), np.zeros(len(u))
    slope_x, slope_z = (np.gradient(y, u) for y in (ahead, height))
    off, swing = lands - 1, slice(lands, None)
    ends = (float(u[off]), 1.0)
    x[swing] = _swing_ahead(u[swing], ends, (ahead[off], length + ahead[0]), (slope_x[off], slope_x[0]))
    z[swing] = CubicHermiteSpline(ends, (height[off], height[0]), (slope_z[off], slope_z[0]))(u[swing])
    share = (u[swing] - ends[0]) / (1 - ends[0])
    risen[swing] = share**2 * (3 - 2 * share)
    middle = length * (u - stance / 2)  # the pelvis is above the ankle in the middle of stance
    return _Leg(*(_periodic(u, y) for y in (pitch, shank, x - middle, z, risen - u)))


def _swing_ahead(
    u: Array, ends: tuple[float, float], way: tuple[float, float], speeds: tuple[float, float]
) -> Array:
    """A swing forward that gains speed, keeps it through the middle of the swing, and loses it."""
    (begin, end), (first, last), (v0, v1) = ends, way, speeds
    ramp = _SWING_RAMP * (end - begin)
    top = (last - first - ramp / 2 * (v0 + v1)) / (end - begin - ramp)
    knots = (begin, begin + ramp, end - ramp, end)
    reached = ((first, v0), (first + ramp / 2 * (v0 + top), top))
    left = ((last - ramp / 2 * (v1 + top), top), (last, v1))
    return np.asarray(BPoly.from_derivatives(knots, [*reached, *left])(u), dtype=np.float64)


def _periodic(u: Array, y: Array) -> CubicSpline:
    return CubicSpline(u, np.append(y[:-1], y[0]), bc_type="periodic")


# Share of stance (to 1) or 1 + share of swing; angle in deg; its rate in deg per stride.  Foot: toes up.
# Shank: leaning back, the ankle ahead of the knee.
_FOOT_DEG = (
    (0.00, 20, -340), (0.13, 0, 0), (0.60, 0, 0), (0.82, -12, -140), (1.00, -58, -560), (1.13, -74, 0),
    (1.50, -22, 540), (1.82, 24, 40), (2.00, 20, -340),
)  # fmt: skip
_SHANK_DEG = (
    (0.00, 19, -60), (0.25, 2, -85), (0.60, -14, -90), (1.00, -48, -190), (1.18, -56, 40), (1.55, -24, 340),
    (1.90, 20, 60), (2.00, 19, -60),
)  # fmt: skip


def _through_knots(
    u: Array, stance: float, vigour: float, knots: tuple[tuple[float, float, float], ...]
) -> Array:
    """A smooth curve through the knots, all angles times ``vigour``."""
    at = [s * stance if s <= 1 else stance + (s - 1) * (1 - stance) for s, _, _ in knots]
    values = [(vigour * angle, vigour * rate) for _, angle, rate in knots]
    return np.asarray(BPoly.from_derivatives(at, values)(u), dtype=np.float64)


def _rolling(pitch: Array, u: Array) -> tuple[Array, Array]:
    """How far ahead and how high the ankle is of a foot that rolls over heel and ball without slipping."""
    on_heel = pitch > 0
    pivot = np.where(on_heel, -_HEEL_M, _BALL_M)  # from below the ankle, sole flat
    x = pivot - pivot * np.cos(pitch) - _ANKLE_M * np.sin(pitch)
    z = -pivot * np.sin(pitch) + _ANKLE_M * np.cos(pitch)
    return x, z
