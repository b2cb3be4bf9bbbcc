"""How a runner's feet, shanks and pelvis move: along mean curves, between the planned instants.

The curves (``dsp.simulation.mean_curves``) are warped separately in stance and swing to the planned
instants and scaled to the planned stride length; impacts ring as a damped oscillation.

Curves were measured at 2.5, 3.5 and 4.5 m/s.  Below and above, down to ``SLOWEST_RUN_MPS`` and up to
``FASTEST_RUN_MPS``, nobody was measured and what is made is an extrapolation:

- stride time and share of stance go on along the straight line of the two nearest speeds;
- in stance the leg moves over the ground as at the nearest speed, so the foot lies as still;
- in swing its angles and heights go on along that line, and its way is as long as the stride asks for;
- the pelvis keeps the curves of the nearest speed (on the line its force would fall below free fall's).

That is good for rhythm, for telling gaits apart, and for seeing what an estimate makes of speeds that it
was not fitted on; angles at contact are those of the nearest speed and judge nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline

from dsp.simulation import mean_curves
from dsp.simulation.device import Device, arm_m, at_arm
from dsp.simulation.impacts import mount_ringing, trunk_ringing
from dsp.simulation.strides import GaitStretch, Motion, blend_speeds, stride_phase, travelled_m
from dsp.types import Array, Placement, Side

_Flags = NDArray[np.bool_]
SLOWEST_RUN_MPS, FASTEST_RUN_MPS = 1.2, 6.0
_RIPPLING = ("ankle_z_m",)
"""Curves whose last harmonics are damped (Lanczos): cut off, they move a standing foot by 0.1 m/s."""


def mean_at(values: tuple[float, ...], speed: Array | float) -> Array:
    """Return what the mean runner does at a speed, of ``values`` at the measured ones; linear beyond."""
    a, b, c = mean_curves.BELT_MPS
    low, mid, high = values
    lower = low + (mid - low) * np.minimum((np.asarray(speed) - a) / (b - a), 1)
    return np.asarray(lower + (high - mid) * np.maximum((np.asarray(speed) - b) / (c - b), 0))


def running_stance(speed: Array | float) -> Array:
    """Return the share of the stride that the mean runner's foot is on the ground."""
    return mean_at(mean_curves.STANCE, speed)


def leg_curve(name: str, phase: Array, speed: Array) -> Array:
    """Return a mean curve of the leg at each phase (strides, any integer part) and speed."""
    out = blend_speeds(_curve_splines(name, integral=False), mean_curves.BELT_MPS, phase, speed)
    for near, far, beyond in _beyond(speed):
        v, u = speed[beyond], phase[beyond]
        splines = _curve_splines(name, integral=False)
        nearest, farther = (splines[k](_same_event(u, v, k)) for k in (near, far))
        at_mps = mean_curves.BELT_MPS
        off = (v - at_mps[near]) / (at_mps[near] - at_mps[far])
        stance = mean_curves.STANCE[near]
        swung = np.clip((_same_event(u, v, near) - stance) / (1 - stance), 0, 1)
        out[beyond] = nearest + off * (nearest - farther) * np.sin(np.pi * swung) ** 2
    return out


def overstride_at(speed: Array, stride_s: Array) -> Array:
    """Return how far the ankle is ahead of the pelvis at contact; linear beyond the measured speeds."""
    at_contact = tuple(float(s(0.0)) for s in _curve_splines("ankle_x_m", integral=False))
    return mean_at(at_contact, speed) * stride_s / mean_at(mean_curves.STRIDE_S, speed)


def _ankle_ahead(phase: Array, speed: Array, stride_s: Array) -> Array:
    """How far the ankle is ahead of mean progress, m: stride lengths are as asked for, feet do not slip."""
    scale = stride_s / mean_at(mean_curves.STRIDE_S, speed)
    out = scale * leg_curve("ankle_x_m", phase, speed) + _pelvis_curve("pelvis_x_m", phase, speed)
    for near, _, beyond in _beyond(speed):
        v, u, length = speed[beyond], phase[beyond] % 1, (speed * stride_s)[beyond]
        w, stance = _same_event(u, v, near), mean_curves.STANCE[near]
        curves = [_curve_splines(name, integral=False)[near] for name in ("ankle_x_m", "pelvis_x_m")]
        usual = mean_curves.BELT_MPS[near] * mean_curves.STRIDE_S[near]
        off, end = (sum(float(c(x % 1)) for c in curves) + usual * x for x in (stance, 1.0))
        over_ground = sum(c(w) for c in curves) + usual * w
        swung = np.where(w > stance, np.clip((over_ground - off) / (end - off), 0, 1), 0.0)
        out[beyond] = over_ground + (length - usual) * _eased()(swung) - length * u
    return np.asarray(out, dtype=np.float64)


@cache
def _eased() -> CubicSpline:
    """Rises from 0 to 1 like a straight line, but without a kink at either end."""
    q = np.linspace(0, 1, 201)
    slope = (1 - np.exp(-q / 0.06)) * (1 - np.exp((q - 1) / 0.06))
    risen = np.concatenate(([0.0], np.cumsum((slope[1:] + slope[:-1]) / 2)))
    return CubicSpline(q, risen / risen[-1], bc_type="clamped")


def _beyond(speed: Array) -> Iterator[tuple[int, int, _Flags]]:
    """Yield where speeds are below or above the measured ones: nearest, next nearest, which (n,)."""
    for near, far, beyond in (
        (0, 1, speed < mean_curves.BELT_MPS[0]),
        (2, 1, speed > mean_curves.BELT_MPS[-1]),
    ):
        if beyond.any():
            yield near, far, beyond


def _same_event(phase: Array, speed: Array, k: int) -> Array:
    """The phase at which the runner at the measured speed ``k`` is about where one at ``speed`` is.

    Smooth, so that nothing jumps: both land at 0 and leave the ground at their share of stance.
    """
    u = phase % 1.0
    top = mean_curves.STANCE[0]
    share = np.where(u < top, u / top, (1 - u) / (1 - top))
    shift = mean_curves.STANCE[k] - running_stance(speed)
    return np.asarray((u + shift * share**2 * (3 - 2 * share)) % 1.0)


def running_leg(
    steps: GaitStretch, placement: Placement, side: Side | None, t: Array, device: Device, strike_deg: float
) -> Motion:
    """Return the motion of a case on a foot or shank; ``strike_deg`` is added to the foot's at landing."""
    own = steps.of_side(side)
    speed = steps.speed_at(t)
    phase = stride_phase(t, own.ic_s, own.to_s, running_stance(own.speed_mps))
    mirror = 1.0 if side is Side.LEFT else -1.0
    place = np.column_stack(
        (
            travelled_m(t, speed) + _ankle_ahead(phase, speed, steps.stride_at(t)),
            mirror * leg_curve("ankle_y_m", phase, speed),
            leg_curve("ankle_z_m", phase, speed),
        )
    )
    flat = np.zeros(len(t))
    if placement is Placement.FOOT:
        pitch = leg_curve("pitch_deg", phase, speed) + strike_deg * _landing_share(phase)
        roll, yaw = (mirror * leg_curve(name, phase, speed) for name in ("roll_deg", "yaw_deg"))
        angles = np.column_stack((roll, -pitch, yaw))
    else:
        angles = np.column_stack((flat, -leg_curve("shank_deg", phase, speed), flat))
    ringing = mount_ringing(t, own.ic_s, np.array((0.0, 0.0, 60.0)), 30.0, 0.28)
    return Motion(at_arm(place, angles, arm_m(device, placement, side)), angles, ringing, steps.slope_at(t))


def _landing_share(phase: Array) -> Array:
    """Share (n,) of a different strike angle at each phase: prepared in late swing, over in mid-stance.

    It grows from 80 % of the stride on, so that the foot does not dive in the last moment: the toe-up peak
    of forefoot strikers is lower by as much as their strike angle (Fukuchi 2017: 5 deg at 1, 29 at 24).
    """
    since = (phase + 0.5) % 1 - 0.5
    prepared = np.clip(1 + since / 0.2, 0, 1)
    before = prepared**2 * (3 - 2 * prepared)
    return np.asarray(np.where(since < 0, before, np.exp(-((since / 0.045) ** 2))))


def running_trunk(
    steps: GaitStretch, placement: Placement, side: Side | None, t: Array, device: Device
) -> Motion:
    """Return the motion of a case on the pelvis.

    One bounce and one nod a step, one sway and one turn to each side a stride.  A hip or waist sensor sits
    off the middle, so every turn of the pelvis moves it up and down once a stride: near and far steps
    differ.
    """
    ic, to, speed = steps.ic_s, steps.to_s, steps.speed_at(t)
    phase = stride_phase(t, ic, to, 2 * running_stance(steps.speed_mps)) / 2 + 0.5 * (not steps.left[0])
    parts = [_pelvis_curve(f"pelvis_{axis}_m", phase, speed) for axis in "xyz"]
    stride = steps.stride_at(t)
    turns = [
        _pelvis_curve(f"pelvis_{axis}_degps", phase, speed, integral=True) * stride
        for axis in ("roll", "pitch", "yaw")
    ]
    parts[0] = parts[0] + travelled_m(t, speed)
    place, angles = np.column_stack(parts), np.column_stack(turns)
    backward = -5 - 3.5 * np.maximum(0, steps.speed_mps - 2.53)  # chosen for the instants in the tests
    shake = trunk_ringing(t, ic, np.outer(backward, (1, 0, 0)), 14.0, 0.35)
    shake += trunk_ringing(t, ic, np.array((0, 0, 7.5)), 9.5, 0.45)
    return Motion(at_arm(place, angles, arm_m(device, placement, side)), angles, shake, steps.slope_at(t))


def _pelvis_curve(name: str, phase: Array, speed: Array, integral: bool = False) -> Array:
    """A mean curve of the pelvis, or the angle whose rate it is, per second of stride."""
    splines = _curve_splines(name, integral=integral)
    return blend_speeds(splines, mean_curves.BELT_MPS, phase, speed)


@cache
def _curve_splines(name: str, *, integral: bool) -> tuple[CubicSpline, ...]:
    """One periodic spline per measured speed."""
    u = np.linspace(0, 1, 257)
    unit = mean_curves.SCALE[name.rsplit("_", 1)[1]]
    out = []
    for row in mean_curves.CURVES[name]:
        c = np.array(row, dtype=float) * unit
        k = np.arange(1, (len(c) + 1) // 2)
        w = 2 * np.pi * k
        keep = np.sinc(k / (len(k) + 1)) if name in _RIPPLING else np.ones(len(k))
        cosine, sine = keep * c[1::2], keep * c[2::2]
        if integral:
            y = np.sin(np.outer(u, w)) @ (cosine / w) - np.cos(np.outer(u, w)) @ (sine / w)
        else:
            y = c[0] + np.cos(np.outer(u, w)) @ cosine + np.sin(np.outer(u, w)) @ sine
        y[-1] = y[0]
        out.append(CubicSpline(u, y, bc_type="periodic"))
    return tuple(out)
