"""A runner made of equations, with known truth for every step, and the IMUs worn by that runner.

``simulated_run`` makes the steps of a run; ``simulated_imu`` what a sensor on a foot, shank or the pelvis
measures.  The body moves along the mean curves of ``dsp.simulation.mean_curves``, warped separately in
stance and swing to the planned instants, scaled to the planned stride length; impacts ring as a damped
oscillation.  Measured features come out within 5 ms of the measured ones (see the tests).  There is no
walking: we have no mean curves of it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache

import numpy as np
from scipy.interpolate import CubicSpline, PchipInterpolator
from scipy.spatial.transform import Rotation

from dsp.simulation import mean_curves
from dsp.types import GRAVITY_MS2, Array, ImuChunk, Placement, Side

_RIPPLING = ("ankle_z_m",)
"""Curves whose last harmonics are damped (Lanczos): cut off, they move a standing foot by 0.1 m/s."""

SIMULATED_STRIDE_S = 0.70
"""Stride time of ``steady_foot_imu`` and ``steady_pelvis_imu``."""
_OFF_MIDDLE_M = {Placement.WAIST: (0.12, 0.08, 0.0), Placement.HIP: (0.0, 0.16, -0.05)}
"""A pouch before the belly, a clip at the side: ahead, left and up of the middle (choices)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bout:
    """A stretch at one speed; 0 is standing, and without a cadence it is what people run at this speed."""

    seconds: float
    speed_mps: float = 2.8
    cadence_spm: float | None = None
    slope_pct: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """The differences of this runner from the mean, and from step to step (SDs of Fukuchi 2017 runners)."""

    contact: float = 1.0  # ratio to the mean runner's
    strike_deg: float = 0.0  # added to the foot's angle at contact; -15 is a forefoot striker
    uneven: float = 0.0  # share by which left steps last longer than right ones
    step_sd: float = 0.012  # of step time
    contact_sd: float = 0.015  # of contact time
    braking_sd: float = 0.10  # of the braking impulse
    height_m: float = 1.75


@dataclass(frozen=True, slots=True)
class SimulatedRun:
    """The steps (n,) and what was true of each; ``seconds`` is the whole, standing included.

    ``braking_bws`` is the impulse of the mean force curve at this speed; no IMU sees how it varies.
    """

    seconds: float
    style: Style
    left: Array
    ic_s: Array
    to_s: Array
    speed_mps: Array
    cadence_spm: Array
    slope_pct: Array
    overstride_m: Array
    foot_deg: Array
    shank_deg: Array
    braking_bws: Array
    bouts: tuple[tuple[int, int], ...] = ()  # first step and end of each stretch of running


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """The errors of a sensor: what it makes of the motion (orders of magnitude of small MEMS IMUs)."""

    rate_hz: float = 200.0
    acc_noise_ms2: float = 0.03 * GRAVITY_MS2
    gyr_noise_rads: float = 0.002
    gyr_bias_rads: float = 0.0035  # 0.2 deg/s
    misaligned_deg: tuple[float, float, float] = (0.0, 0.0, 0.0)  # roll, pitch, yaw of the case
    clip_ms2: float = 16 * GRAVITY_MS2
    scale: float = 1.0
    offset_m: tuple[float, float, float] = field(default=(0.08, 0.0, -0.03))  # from the ankle, foot


def simulated_run(bouts: Sequence[Bout], style: Style | None = None, seed: int = 1) -> SimulatedRun:
    """Return the steps of a run through these bouts, left foot first after every stand.

    Raises ``ValueError`` where nobody runs.
    """
    style = style or Style()
    rng = np.random.default_rng(seed)
    rows: list[tuple[float, float, float, float]] = []
    stretches, t, left, running = list[tuple[int, int]](), 0.0, True, False
    lefts: list[bool] = []
    for end_s, bout in zip(np.cumsum([b.seconds for b in bouts]), bouts, strict=True):
        if bout.speed_mps == 0:
            t, left, running = float(end_s), True, False
            continue
        if not running:
            stretches.append((len(rows), len(rows)))
        running = True
        stride = _at_speed(mean_curves.STRIDE_S, bout.speed_mps)
        if bout.cadence_spm is not None:
            stride = 120 / bout.cadence_spm
        while t < end_s - stride:
            uneven = 1 + (0.5 if left else -0.5) * style.uneven
            step = stride / 2 * uneven * (1 + style.step_sd * rng.standard_normal())
            rows.append((t, bout.speed_mps, stride, bout.slope_pct))
            lefts.append(left)
            t, left = t + step, not left
        stretches[-1] = (stretches[-1][0], len(rows))
    if not rows:
        raise ValueError("nobody runs in these bouts")
    table = np.array(rows)
    return _steps(table, np.array(lefts), float(sum(b.seconds for b in bouts)), style, stretches, rng)


def _steps(
    table: Array,
    left: Array,
    seconds: float,
    style: Style,
    stretches: list[tuple[int, int]],
    rng: np.random.Generator,
) -> SimulatedRun:
    ic, speed, stride, slope = table.T
    n = len(ic)
    share = np.interp(speed, mean_curves.BELT_MPS, mean_curves.STANCE)
    contact = share * stride * style.contact * (1 + style.contact_sd * rng.standard_normal(n))
    scale = _stride_scale(speed, stride)
    impulse = np.interp(speed, mean_curves.BELT_MPS, (0.0178, 0.0211, 0.0236))
    mean_stride = np.interp(speed, mean_curves.BELT_MPS, mean_curves.STRIDE_S)
    braking = impulse * stride / mean_stride * (1 + style.braking_sd * rng.standard_normal(n))
    zero = np.zeros(n)
    return SimulatedRun(
        seconds=seconds,
        style=style,
        left=left,
        ic_s=ic,
        to_s=ic + contact,
        speed_mps=speed,
        cadence_spm=120 / stride,
        slope_pct=slope,
        overstride_m=scale * _mean_curve_at("ankle_x_m", zero, speed),
        foot_deg=_mean_curve_at("pitch_deg", zero, speed) + style.strike_deg,
        shank_deg=_mean_curve_at("shank_deg", zero, speed),
        braking_bws=braking,
        bouts=tuple(stretches),
    )


def simulated_imu(
    run: SimulatedRun, placement: Placement, side: Side | None, device: Device, sensor: str, seed: int = 1
) -> ImuChunk:
    """Return what one sensor measures over the whole run, standing included."""
    rng = np.random.default_rng(seed)
    fine_hz = 2 * device.rate_hz
    t = np.arange(round(run.seconds * fine_hz)) / fine_hz
    place, angles, up = np.zeros((len(t), 3)), np.zeros((len(t), 3)), np.tile((0.0, 0.0, 1.0), (len(t), 1))
    ring = np.zeros((len(t), 3))
    for first, end in run.bouts:
        inside = (t >= run.ic_s[first]) & (t < run.to_s[end - 1])
        motion = _leg_segment_motion if placement.one_leg else _trunk_motion
        p, a, shake, slope = motion(run, placement, side, t[inside], slice(first, end), device)
        place[inside], angles[inside], ring[inside] = p, a, shake
        up[inside] = np.column_stack((np.sin(slope), 0 * slope, np.cos(slope)))
    dt = 1 / fine_hz
    acc = np.gradient(np.gradient(place, dt, axis=0), dt, axis=0)
    acc[~np.isfinite(acc).all(axis=1)] = 0.0
    acc = _without_jumps(acc, run, t) + GRAVITY_MS2 * up
    acc += ring
    attitude = Rotation.from_euler("XZY", np.radians(angles[:, (0, 2, 1)]))
    case = Rotation.from_euler("XYZ", device.misaligned_deg, degrees=True)
    worn = attitude * case
    turned = (worn[:-1].inv() * worn[1:]).as_rotvec() / dt
    felt = worn.inv().apply(acc)[:-1][::2]
    gyr = (turned[::2] + turned[1::2]) / 2 if len(turned) % 2 == 0 else turned[::2]
    n = min(len(felt), len(gyr))
    felt = device.scale * felt[:n] + device.acc_noise_ms2 * rng.standard_normal((n, 3))
    felt = np.clip(felt, -device.clip_ms2, device.clip_ms2)
    bias = device.gyr_bias_rads * rng.standard_normal(3)
    gyr = gyr[:n] + bias + device.gyr_noise_rads * rng.standard_normal((n, 3))
    return ImuChunk(sensor, t[::2][:n], felt, gyr)


def steady_foot_imu(
    sensor: str, seconds: float = 14.0, rate_hz: float = 200.0, phase: float = 0.0, seed: int = 1
) -> ImuChunk:
    """Return the samples of a shoe at an exact rhythm, the left one; ``phase`` 0.5 is the right."""
    side = Side.RIGHT if phase else Side.LEFT
    return _shorten_chunk(
        simulated_imu(
            _run_without_scatter(seconds), Placement.FOOT, side, Device(rate_hz=rate_hz), sensor, seed
        ),
        seconds,
    )


def steady_pelvis_imu(
    sensor: str, seconds: float = 14.0, rate_hz: float = 100.0, seed: int = 2
) -> ImuChunk:
    """Return the samples of a belt at an exact rhythm of ``SIMULATED_STRIDE_S``."""
    return _shorten_chunk(
        simulated_imu(
            _run_without_scatter(seconds), Placement.PELVIS, None, Device(rate_hz=rate_hz), sensor, seed
        ),
        seconds,
    )


def _shorten_chunk(chunk: ImuChunk, seconds: float) -> ImuChunk:
    n = int(np.searchsorted(chunk.t_s, seconds - 1e-9))
    assert chunk.gyr_rads is not None
    return ImuChunk(chunk.sensor, chunk.t_s[:n], chunk.acc_ms2[:n], chunk.gyr_rads[:n])


@cache
def _run_without_scatter(seconds: float) -> SimulatedRun:
    return simulated_run(
        [Bout(seconds=seconds + 2, speed_mps=2.8, cadence_spm=120 / SIMULATED_STRIDE_S)],
        Style(step_sd=0, contact_sd=0),
    )


def _leg_segment_motion(
    run: SimulatedRun, placement: Placement, side: Side | None, t: Array, steps: slice, device: Device
) -> tuple[Array, Array, Array, Array]:
    """Foot or shank: position (n, 3) m, roll-pitch-yaw (n, 3) deg, ringing (n, 3) m/s², slope (n,) rad."""
    own = run.left[steps] == (side is Side.LEFT)
    ic, to = run.ic_s[steps][own], run.to_s[steps][own]
    speed = np.interp(t, run.ic_s[steps], run.speed_mps[steps])
    stance = np.interp(run.speed_mps[steps][own], mean_curves.BELT_MPS, mean_curves.STANCE)
    phase = _stride_phase(t, ic, to, stance)
    stride = 120 / np.interp(t, run.ic_s[steps], run.cadence_spm[steps])
    scale, mirror = _stride_scale(speed, stride), 1.0 if side is Side.LEFT else -1.0
    travelled = np.concatenate(([0.0], np.cumsum((speed[1:] + speed[:-1]) / 2 * np.diff(t))))
    place = np.column_stack(
        (
            travelled
            + scale * _mean_curve_at("ankle_x_m", phase, speed)
            + _mean_curve_at("pelvis_x_m", phase, speed),
            mirror * _mean_curve_at("ankle_y_m", phase, speed),
            _mean_curve_at("ankle_z_m", phase, speed),
        )
    )
    flat = np.zeros(len(t))
    if placement is Placement.FOOT:
        strike = run.style.strike_deg * _landing_share(phase)
        angles = np.column_stack(
            (
                mirror * _mean_curve_at("roll_deg", phase, speed),
                -(_mean_curve_at("pitch_deg", phase, speed) + strike),
                mirror * _mean_curve_at("yaw_deg", phase, speed),
            )
        )
        arm = np.array(device.offset_m)
    else:
        angles = np.column_stack((flat, -_mean_curve_at("shank_deg", phase, speed), flat))
        arm = np.array((0.03, 0.0, 0.18))
    place = place + Rotation.from_euler("XZY", np.radians(angles[:, (0, 2, 1)])).apply(arm)
    slope = np.arctan(np.interp(t, run.ic_s[steps], run.slope_pct[steps]) / 100)
    return place, angles, _mount_ringing(t, ic, np.array((0.0, 0.0, 60.0)), 30.0, 0.28), slope


def _landing_share(phase: Array) -> Array:
    """Share (n,) of a different strike angle at each phase: prepared in late swing, over in mid-stance.

    It grows from 80 % of the stride on, so that the foot does not dive in the last moment: the toe-up peak
    of forefoot strikers is lower by as much as their strike angle (Fukuchi 2017: 5 deg at 1, 29 at 24).
    """
    since = (phase + 0.5) % 1 - 0.5
    prepared = np.clip(1 + since / 0.2, 0, 1)
    before = prepared**2 * (3 - 2 * prepared)
    return np.asarray(np.where(since < 0, before, np.exp(-((since / 0.045) ** 2))))


def _trunk_motion(
    run: SimulatedRun, placement: Placement, side: Side | None, t: Array, steps: slice, device: Device
) -> tuple[Array, Array, Array, Array]:
    """Belt: position, angles, ringing and slope as of ``_leg_segment_motion``.

    A hip or waist sensor sits off the middle (``_OFF_MIDDLE_M``), so every turn of the pelvis moves it up
    and down once a stride: near and far steps differ.
    """
    ic, to = run.ic_s[steps], run.to_s[steps]
    speed = np.interp(t, ic, run.speed_mps[steps])
    stance = np.interp(run.speed_mps[steps], mean_curves.BELT_MPS, mean_curves.STANCE)
    phase = _stride_phase(t, ic, to, 2 * stance) / 2
    travelled = np.concatenate(([0.0], np.cumsum((speed[1:] + speed[:-1]) / 2 * np.diff(t))))
    parts = [_mean_curve_at(f"pelvis_{axis}_m", phase, speed) for axis in "xyz"]
    stride = 120 / np.interp(t, ic, run.cadence_spm[steps])
    turns = [
        _angle_from_rate_curve(f"pelvis_{axis}_degps", phase, speed) * stride
        for axis in ("roll", "pitch", "yaw")
    ]
    place, angles = np.column_stack((travelled + parts[0], parts[1], parts[2])), np.column_stack(turns)
    if placement is not Placement.PELVIS:
        ahead, aside, above = _OFF_MIDDLE_M[placement]
        arm = np.array((ahead, -aside if side is Side.RIGHT else aside, above))
        place = place + Rotation.from_euler("XZY", np.radians(angles[:, (0, 2, 1)])).apply(arm)
    slope = np.arctan(np.interp(t, ic, run.slope_pct[steps]) / 100)
    backward = -5 - 3.5 * np.maximum(0, run.speed_mps[steps] - 2.53)  # chosen for the instants in the tests
    shake = _ringing_after_impacts(t, ic, np.outer(backward, (1, 0, 0)), 14.0, 0.35)
    shake += _ringing_after_impacts(t, ic, np.array((0, 0, 7.5)), 9.5, 0.45)
    return place, angles, shake, slope


def _stride_phase(t: Array, ic: Array, to: Array, stance: Array) -> Array:
    """Strides since the first contact, smooth, with ``stance`` of a stride between contact and toe-off."""
    k = np.arange(len(ic), dtype=float)
    knots = np.column_stack((ic, to)).ravel()
    values = np.column_stack((k, k + stance)).ravel()
    period = float(np.median(np.diff(ic))) if len(ic) > 1 else SIMULATED_STRIDE_S
    knots = np.concatenate((knots[:2] - period, knots, knots[-2:] + period))
    values = np.concatenate((values[:2] - 1, values, values[-2:] + 1))
    return np.asarray(PchipInterpolator(knots, values, extrapolate=True)(t), dtype=np.float64)


def _ringing_after_impacts(t: Array, at_s: Array, kick_ms2: Array, ring_hz: float, damping: float) -> Array:
    """Damped oscillation (n, 3) after every impact, towards its ``kick_ms2`` (3,) or (impacts, 3) first."""
    last = np.clip(np.searchsorted(at_s, t, side="right") - 1, 0, None)
    since = np.clip(t - at_s[last], 0, 10)
    w = 2 * math.pi * ring_hz
    wave = np.exp(-damping * w * since) * np.sin(w * math.sqrt(1 - damping**2) * since)
    return wave[:, None] * np.broadcast_to(kick_ms2, (len(at_s), 3))[last]


def _mount_ringing(t: Array, at_s: Array, kick_ms2: Array, ring_hz: float, damping: float) -> Array:
    """Acceleration (n, 3) of a case that swings on its mount after every impact and comes back to rest.

    The second derivative of ``(1 - exp(-rise t))^2 exp(-damping w t) sin(w t)``, scaled so that its peak is
    ``kick_ms2`` (3,): unlike a decaying wave of acceleration it moves the case neither away nor on, which
    would read as a slope of several per cent.
    """
    last = np.clip(np.searchsorted(at_s, t, side="right") - 1, 0, None)
    since = np.clip(t - at_s[last], 0, 10)
    peak = np.abs(_ringing_wave(np.arange(0.0, 0.1, 1e-4), ring_hz, damping)).max()
    wave = _ringing_wave(since, ring_hz, damping) / peak
    return np.where(t >= at_s[0], wave, 0.0)[:, None] * kick_ms2


def _ringing_wave(since_s: Array, ring_hz: float, damping: float) -> Array:
    w = 2 * math.pi * ring_hz
    spin, rise = w * math.sqrt(1 - damping**2), w
    out = np.zeros(len(since_s))
    for weight, fall in ((1, damping * w), (-2, damping * w + rise), (1, damping * w + 2 * rise)):
        sine, cosine = np.sin(spin * since_s), np.cos(spin * since_s)
        out += weight * np.exp(-fall * since_s) * ((fall**2 - spin**2) * sine - 2 * fall * spin * cosine)
    return out


def _without_jumps(acc: Array, run: SimulatedRun, t: Array) -> Array:
    """Where running starts or ends the position jumps; the body, unlike the equations, does not."""
    for first, end in run.bouts:
        for edge in (run.ic_s[first], run.to_s[end - 1]):
            acc[np.abs(t - edge) < 0.012] = 0.0
    return acc


def _stride_scale(speed: Array, stride_s: Array) -> Array:
    """Stride length over the mean runner's: feet do not slip."""
    mean = np.interp(speed, mean_curves.BELT_MPS, mean_curves.STRIDE_S)
    return np.asarray(stride_s / mean, dtype=np.float64)


def _at_speed(values: tuple[float, ...], speed_mps: float) -> float:
    return float(np.interp(speed_mps, mean_curves.BELT_MPS, values))


def _mean_curve_at(name: str, phase: Array, speed: Array) -> Array:
    """A mean curve at each phase (strides, any integer part) and speed, blended between those measured."""
    return _blend_speeds(_curve_splines(name, False), phase, speed)


def _angle_from_rate_curve(name: str, phase: Array, speed: Array) -> Array:
    """The angle whose rate is this curve, per second of stride."""
    return _blend_speeds(_curve_splines(name, True), phase, speed)


def _blend_speeds(splines: tuple[CubicSpline, ...], phase: Array, speed: Array) -> Array:
    u = phase % 1.0
    low, mid, high = (s(u) for s in splines)
    a, b, c = mean_curves.BELT_MPS
    lower = low + (mid - low) * np.clip((speed - a) / (b - a), 0, 1)
    return np.asarray(lower + (high - mid) * np.clip((speed - b) / (c - b), 0, 1), dtype=np.float64)


@cache
def _curve_splines(name: str, integral: bool) -> tuple[CubicSpline, ...]:
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
