"""Motion that is no run and no walk, as worn sensors feel it: what must not be counted as steps.

Nobody's recordings are behind it.  Each is a few equations of the size of the real thing, irregular where
people are, and made the same from the same seed; nothing here has steps, so there is no truth but that.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

import numpy as np
from scipy.signal import butter, sosfilt

from dsp.simulation.device import OVERSAMPLED, Device, arm_m, at_arm, measured
from dsp.simulation.impacts import mount_ringing, trunk_ringing
from dsp.simulation.strides import Motion
from dsp.types import GRAVITY_MS2, Array, ImuChunk, Placement, Side

_CRANK_M = 0.17  # length of a bicycle's crank
_SEAT_MS2 = (
    0.5  # RMS of a car's vertical acceleration on an ordinary road (ISO 2631-1: "a little uncomfortable")
)


class OtherMotion(StrEnum):
    """What a runner does before, after and instead of running."""

    STANDING = "standing"  # and swaying a little
    TYING_SHOES = "tying shoes"  # crouched: the shoe is tugged and shaken, then put down, now and then
    HOPPING = "hopping"  # on both feet, on the spot, with pauses of no rhythm
    CYCLING = "cycling"  # 60 to 100 turns of the crank a minute, seated
    DRIVING = "driving"  # a car on an ordinary road


def other_motion_imu(
    doing: OtherMotion,
    placement: Placement,
    side: Side | None,
    device: Device,
    sensor: str,
    *,
    seconds: float = 60.0,
    per_min: float | None = None,
    seed: int = 1,
) -> ImuChunk:
    """Return what one sensor measures of ``doing``.

    ``per_min`` are the hops (usually 130) or turns of the crank (80) in a minute.
    """
    rng = np.random.default_rng(seed)
    t = device.times_s(seconds)
    motion = _MOTIONS[doing](t, placement, side, per_min, rng)
    place = at_arm(motion.place_m, motion.angles_deg, arm_m(device, placement, side))
    dt = 1 / (OVERSAMPLED * device.rate_hz)
    acc = np.gradient(np.gradient(place, dt, axis=0), dt, axis=0)
    force = acc + motion.shake_ms2 + (0.0, 0.0, GRAVITY_MS2)
    return measured(device, sensor, t, force, motion.angles_deg, rng)


def _standing(
    t: Array, placement: Placement, side: Side | None, per_min: float | None, rng: np.random.Generator
) -> Motion:
    """A body that sways by a centimetre, less the lower a case is worn."""
    del side, per_min
    height = 0.1 if placement.one_leg else 1.0
    sway = np.column_stack([_wandering(t, 0.6, rng) for _ in range(3)])
    return _motion(t, 0.01 * height * sway, 0.5 * height * sway)


def _tying_shoes(
    t: Array, placement: Placement, side: Side | None, per_min: float | None, rng: np.random.Generator
) -> Motion:
    """Bouts of tugging and shaking with rests between, which the trunk hardly feels."""
    del side, per_min
    size = {Placement.FOOT: 1.0, Placement.SHANK: 0.7, Placement.ANKLE: 0.8}.get(placement, 0.15)
    busy = np.clip(3 * _wandering(t, 0.15, rng), 0, 1) * size
    shake = np.column_stack([_wandering(t, 3.0, rng) for _ in range(3)]) * busy[:, None]
    turn = np.column_stack([_wandering(t, 2.5, rng) for _ in range(3)]) * busy[:, None]
    return _motion(t, 0.012 * shake, 10 * turn)


def _hopping(
    t: Array, placement: Placement, side: Side | None, per_min: float | None, rng: np.random.Generator
) -> Motion:
    """Hops of both feet with a short contact each, the time between them uneven; a rest after some."""
    del side
    usual, lands, at = 60 / (per_min or 130.0), list[float](), 1.0
    while at < t[-1] - 2:
        lands.append(at)
        at += usual * (1 + 0.08 * rng.standard_normal()) + (
            rng.uniform(1, 4) if rng.random() < 0.07 else 0.0
        )
    at_s = np.array(lands)
    last = np.clip(np.searchsorted(at_s, t, side="right") - 1, 0, None)
    following = np.append(at_s[1:], t[-1] + 1)[last]
    since, left = t - at_s[last], following - t
    contact, flight = 0.55 * usual, 0.45 * usual
    airborne = (left < flight) & (t > at_s[0] - flight)
    fallen = np.clip(flight - left, 0, flight)
    height = np.where(airborne, GRAVITY_MS2 / 2 * fallen * (flight - fallen), 0.0)
    pressed = np.sin(np.pi * np.clip(since / contact, 0, 1)) * (t >= at_s[0])
    dip = GRAVITY_MS2 / 2 * flight * contact / np.pi  # so that its speed is that of the flight
    zero = np.zeros(len(t))
    if placement.one_leg:
        toes_down = 25 * np.sin(np.pi * fallen / flight) if placement is Placement.FOOT else 4 * pressed
        kick = np.array((0.0, 0.0, 40.0))
        ringing = mount_ringing(t, at_s, kick, 30.0, 0.28)
        return Motion(
            np.column_stack((zero, zero, height)), np.column_stack((zero, toes_down, zero)), ringing, zero
        )
    ringing = trunk_ringing(t, at_s, np.array((-2.0, 0.0, 4.0)), 10.0, 0.4)
    angles = np.column_stack((0.5 * pressed, 4 * pressed, zero))
    return Motion(np.column_stack((zero, zero, height - dip * pressed)), angles, ringing, zero)


def _cycling(
    t: Array, placement: Placement, side: Side | None, per_min: float | None, rng: np.random.Generator
) -> Motion:
    """A foot on a circle, toes nodding once a turn; a pelvis that rocks a little; a road under both."""
    rate = (per_min or 80.0) / 60 * (1 + 0.04 * _wandering(t, 0.1, rng))
    turn = 2 * np.pi * np.cumsum(rate) * (t[1] - t[0]) + (0.0 if side is Side.LEFT else np.pi)
    zero, road = np.zeros(len(t)), _road(t, 0.8, rng)
    if not placement.one_leg:
        place = np.column_stack((zero, 0.01 * np.cos(turn), 0.003 * np.cos(2 * turn)))
        return Motion(place, np.column_stack((3 * np.cos(turn), zero, 2 * np.sin(turn))), road, zero)
    place = np.column_stack((_CRANK_M * np.sin(turn), zero, _CRANK_M * np.cos(turn)))
    nod = 12 + 15 * np.cos(turn - 0.9) if placement is Placement.FOOT else 20 + 22 * np.cos(turn - 0.4)
    return Motion(place, np.column_stack((zero, nod, zero)), road, zero)


def _driving(
    t: Array, placement: Placement, side: Side | None, per_min: float | None, rng: np.random.Generator
) -> Motion:
    """A car's body bounces at 1 to 2 Hz and its wheels at 10 to 14 Hz; it turns and brakes now and then."""
    del side, per_min
    slow = np.column_stack([_wandering(t, 0.1, rng) for _ in range(3)])
    shake = _road(t, 1.3 if placement.one_leg else 1.0, rng) + slow * (1.0, 1.0, 0.0)
    return Motion(np.zeros((len(t), 3)), np.column_stack((slow[:, 0], slow[:, 1], 0 * t)), shake, 0 * t)


def _motion(t: Array, place_m: Array, angles_deg: Array) -> Motion:
    return Motion(place_m, angles_deg, np.zeros((len(t), 3)), np.zeros(len(t)))


def _road(t: Array, rough: float, rng: np.random.Generator) -> Array:
    """Vibration (n, 3) of a ride: half of the vertical power about 1.5 Hz, the rest about 12 Hz."""
    out = np.zeros((len(t), 3))
    for low, high, share in ((0.8, 2.5, 0.5), (9.0, 15.0, 0.5)):
        for axis, size in enumerate((0.4, 0.4, 1.0)):
            out[:, axis] += _band(t, low, high, rng) * size * rough * _SEAT_MS2 * share**0.5
    return out


def _wandering(t: Array, hz: float, rng: np.random.Generator) -> Array:
    """Smooth noise (n,) of SD 1 with little above this frequency."""
    return _filtered(t, butter(4, min(hz, 0.4 / (t[1] - t[0])), fs=1 / (t[1] - t[0]), output="sos"), rng)


def _band(t: Array, low_hz: float, high_hz: float, rng: np.random.Generator) -> Array:
    """Noise (n,) of SD 1 between two frequencies."""
    sos = butter(2, (low_hz, high_hz), "bandpass", fs=1 / (t[1] - t[0]), output="sos")
    return _filtered(t, sos, rng)


def _filtered(t: Array, sos: Array, rng: np.random.Generator) -> Array:
    spin_up = round(20 / (t[1] - t[0]))
    out = sosfilt(sos, rng.standard_normal(len(t) + spin_up))[spin_up:]
    return np.asarray(out / out.std(), dtype=np.float64)


_MOTIONS: dict[OtherMotion, Callable[..., Motion]] = {
    OtherMotion.STANDING: _standing,
    OtherMotion.TYING_SHOES: _tying_shoes,
    OtherMotion.HOPPING: _hopping,
    OtherMotion.CYCLING: _cycling,
    OtherMotion.DRIVING: _driving,
}
