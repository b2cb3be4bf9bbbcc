"""A runner made of equations, with known truth for every step, and the IMUs worn by that runner.

``simulated_run`` makes the steps of a run, a walk or a flight of stairs; ``simulated_imu`` what a sensor on
a foot, shank or the trunk measures of it.  How the body moves: ``running_motion`` (with what is
extrapolated), ``walking_motion``.  What is no gait at all: ``other_motion``.  What goes wrong with worn
sensors: ``mishaps``.  Measured features of a run come out within 5 ms of the measured ones (see the tests).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

import numpy as np

from dsp.simulation import mean_curves, running_motion, walking_motion
from dsp.simulation.device import OVERSAMPLED, Device, measured
from dsp.simulation.strides import GaitStretch, Motion
from dsp.types import GRAVITY_MS2, Array, ImuChunk, Placement, Side

__all__ = [
    "SIMULATED_STRIDE_S",
    "Bout",
    "Device",
    "Gait",
    "SimulatedRun",
    "Style",
    "simulated_imu",
    "simulated_run",
    "steady_foot_imu",
    "steady_pelvis_imu",
]

SIMULATED_STRIDE_S = 0.70
"""Stride time of ``steady_foot_imu`` and ``steady_pelvis_imu``."""


class Gait(StrEnum):
    """A way to get on: running, walking, or walking on stairs (down where the slope is below zero)."""

    RUN = "run"
    WALK = "walk"
    STAIRS = "stairs"


_SPEEDS_MPS = {
    Gait.RUN: (running_motion.SLOWEST_RUN_MPS, running_motion.FASTEST_RUN_MPS),
    Gait.WALK: (walking_motion.SLOWEST_WALK_MPS, walking_motion.FASTEST_WALK_MPS),
    Gait.STAIRS: (0.35, 0.8),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Bout:
    """A stretch at one speed; 0 is standing, and without a cadence it is what people do at this speed.

    On stairs the speed is that over the ground, and cadence follows from the depth of a tread.  Raises
    ``ValueError`` for a speed that the gait is not made for.
    """

    seconds: float
    speed_mps: float = 2.8
    cadence_spm: float | None = None
    slope_pct: float = 0.0
    gait: Gait = Gait.RUN

    def __post_init__(self) -> None:
        slowest, fastest = _SPEEDS_MPS[self.gait]
        if self.speed_mps != 0 and not slowest <= self.speed_mps <= fastest:
            raise ValueError(f"a simulated {self.gait} has {slowest:g} to {fastest:g} m/s")

    @property
    def stride_s(self) -> float:
        """Return the stride time (s) that is meant."""
        if self.gait is Gait.STAIRS:
            return 2 * walking_motion.STAIR_TREAD_M / self.speed_mps
        if self.cadence_spm is not None:
            return 120 / self.cadence_spm
        if self.gait is Gait.WALK:
            return walking_motion.preferred_stride_s(self.speed_mps)
        return float(running_motion.mean_at(mean_curves.STRIDE_S, self.speed_mps))


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """The differences of this runner from the mean, and from step to step (SDs of Fukuchi 2017 runners)."""

    contact: float = 1.0  # ratio to the mean runner's
    strike_deg: float = 0.0  # added to the running foot's angle at contact; -15 is a forefoot striker
    uneven: float = 0.0  # share by which left steps last longer than right ones
    limp: float = 0.0  # share by which the left foot is longer on the ground than the right one
    step_sd: float = 0.012  # of step time
    contact_sd: float = 0.015  # of contact time
    braking_sd: float = 0.10  # of the braking impulse
    height_m: float = 1.75


@dataclass(frozen=True, slots=True)
class SimulatedRun:
    """The steps (n,) and what was true of each; ``seconds`` is the whole, standing included.

    ``braking_bws`` is the impulse of the mean force curve at this speed; no IMU sees how it varies.
    ``overstride_m``, ``foot_deg``, ``shank_deg`` and ``braking_bws`` are NaN where nobody runs.
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
    bouts: tuple[tuple[int, int, Gait], ...] = ()  # first step, end and gait of each stretch of one gait


def simulated_run(bouts: Sequence[Bout], style: Style | None = None, seed: int = 1) -> SimulatedRun:
    """Return the steps of a run through these bouts, left foot first after every stand.

    Raises ``ValueError`` where nobody takes a step.
    """
    style = style or Style()
    rng = np.random.default_rng(seed)
    rows: list[tuple[float, float, float, float]] = []
    stretches, t, left = list[tuple[int, int, Gait]](), 0.0, True
    gait: Gait | None = None
    lefts: list[bool] = []
    for end_s, bout in zip(np.cumsum([b.seconds for b in bouts]), bouts, strict=True):
        if bout.speed_mps == 0:
            t, left, gait = float(end_s), True, None
            continue
        if gait is not bout.gait:
            stretches.append((len(rows), len(rows), bout.gait))
        gait, stride = bout.gait, bout.stride_s
        while t < end_s - stride:
            uneven = 1 + (0.5 if left else -0.5) * style.uneven
            step = stride / 2 * uneven * (1 + style.step_sd * rng.standard_normal())
            rows.append((t, bout.speed_mps, stride, bout.slope_pct))
            lefts.append(left)
            t, left = t + step, not left
        stretches[-1] = (stretches[-1][0], len(rows), gait)
    if not rows:
        raise ValueError("nobody runs in these bouts")
    table = np.array(rows)
    return _steps(table, np.array(lefts), float(sum(b.seconds for b in bouts)), style, stretches, rng)


def _steps(
    table: Array,
    left: Array,
    seconds: float,
    style: Style,
    stretches: list[tuple[int, int, Gait]],
    rng: np.random.Generator,
) -> SimulatedRun:
    ic, speed, stride, slope = table.T
    n, runs = len(ic), np.zeros(len(ic), bool)
    for first, end, gait in stretches:
        runs[first:end] = gait is Gait.RUN
    share = np.where(runs, running_motion.running_stance(speed), walking_motion.walking_stance(speed))
    of_side = style.contact * np.where(left, 1 + style.limp / 2, 1 - style.limp / 2)
    contact = share * stride * of_side * (1 + style.contact_sd * rng.standard_normal(n))
    impulse = running_motion.mean_at((0.0178, 0.0211, 0.0236), speed)
    mean_stride = running_motion.mean_at(mean_curves.STRIDE_S, speed)
    braking = impulse * stride / mean_stride * (1 + style.braking_sd * rng.standard_normal(n))
    zero, known = np.zeros(n), np.where(runs, 1.0, np.nan)
    return SimulatedRun(
        seconds=seconds,
        style=style,
        left=left,
        ic_s=ic,
        to_s=ic + contact,
        speed_mps=speed,
        cadence_spm=120 / stride,
        slope_pct=slope,
        overstride_m=known * running_motion.overstride_at(speed, stride),
        foot_deg=known * (running_motion.leg_curve("pitch_deg", zero, speed) + style.strike_deg),
        shank_deg=known * running_motion.leg_curve("shank_deg", zero, speed),
        braking_bws=known * braking,
        bouts=tuple(stretches),
    )


def simulated_imu(
    run: SimulatedRun, placement: Placement, side: Side | None, device: Device, sensor: str, seed: int = 1
) -> ImuChunk:
    """Return what one sensor measures over the whole run, standing included."""
    rng = np.random.default_rng(seed)
    t = device.times_s(run.seconds)
    place, angles, up = np.zeros((len(t), 3)), np.zeros((len(t), 3)), np.tile((0.0, 0.0, 1.0), (len(t), 1))
    ring = np.zeros((len(t), 3))
    for first, end, gait in run.bouts:
        steps = _stretch(run, slice(first, end))
        inside = (t >= run.ic_s[first]) & (t < run.to_s[end - 1])
        motion = _motion(gait, steps, placement, side, t[inside], device, run.style)
        place[inside], angles[inside], ring[inside] = motion.place_m, motion.angles_deg, motion.shake_ms2
        slope = motion.slope_rad
        up[inside] = np.column_stack((np.sin(slope), 0 * slope, np.cos(slope)))
    dt = 1 / (OVERSAMPLED * device.rate_hz)
    acc = np.gradient(np.gradient(place, dt, axis=0), dt, axis=0)
    acc[~np.isfinite(acc).all(axis=1)] = 0.0
    acc = _without_jumps(acc, run, t) + GRAVITY_MS2 * up
    acc += ring
    return measured(device, sensor, t, acc, angles, rng)


def _stretch(run: SimulatedRun, steps: slice) -> GaitStretch:
    columns = (run.ic_s, run.to_s, run.left, run.speed_mps, 120 / run.cadence_spm, run.slope_pct)
    return GaitStretch(*(c[steps] for c in columns))


def _motion(
    gait: Gait,
    steps: GaitStretch,
    placement: Placement,
    side: Side | None,
    t: Array,
    device: Device,
    style: Style,
) -> Motion:
    """The motion of a case in a stretch of one gait."""
    if gait is Gait.RUN:
        if placement.one_leg:
            return running_motion.running_leg(steps, placement, side, t, device, style.strike_deg)
        return running_motion.running_trunk(steps, placement, side, t, device)
    rise = walking_motion.STAIR_RISE_M * (-1 if steps.slope_pct[0] < 0 else 1)
    walk = walking_motion.walking_leg if placement.one_leg else walking_motion.walking_trunk
    return walk(steps, placement, side, t, device, rise if gait is Gait.STAIRS else 0.0)


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


def _without_jumps(acc: Array, run: SimulatedRun, t: Array) -> Array:
    """Where running starts or ends the position jumps; the body, unlike the equations, does not."""
    for first, end, _ in run.bouts:
        for edge in (run.ic_s[first], run.to_s[end - 1]):
            acc[np.abs(t - edge) < 0.012] = 0.0
    return acc
