"""A sensor and its errors: what it makes of the motion of its case."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from scipy.spatial.transform import Rotation

from dsp.types import GRAVITY_MS2, Array, ImuChunk, Placement, Side

OVERSAMPLED = 2
"""Motion is given at so many times the rate of the device."""
_SHANK_ARM_M, _ANKLE_ARM_M = (0.03, 0.0, 0.18), (0.03, 0.0, 0.08)
_OFF_MIDDLE_M = {Placement.WAIST: (0.12, 0.08, 0.0), Placement.HIP: (0.0, 0.16, -0.05)}
"""A pouch before the belly, a clip at the side: ahead, left and up of the middle (choices)."""


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

    def times_s(self, seconds: float) -> Array:
        """Return the instants at which the motion of ``measured`` is wanted."""
        fine_hz = OVERSAMPLED * self.rate_hz
        return np.arange(round(seconds * fine_hz)) / fine_hz


def arm_m(device: Device, placement: Placement, side: Side | None) -> Array:
    """Return where a case sits (3,): from the ankle, or from the middle of the pelvis."""
    if placement is Placement.FOOT:
        return np.array(device.offset_m)
    if placement.one_leg:
        return np.array(_ANKLE_ARM_M if placement is Placement.ANKLE else _SHANK_ARM_M)
    ahead, aside, above = _OFF_MIDDLE_M.get(placement, (0.0, 0.0, 0.0))
    return np.array((ahead, -aside if side is Side.RIGHT else aside, above))


def at_arm(place_m: Array, angles_deg: Array, arm: Array) -> Array:
    """Return the place (n, 3) of a case at the end of an arm (3,) of a segment at ``place_m`` (n, 3)."""
    return np.asarray(place_m + attitude(angles_deg).apply(arm)) if arm.any() else place_m


def attitude(angles_deg: Array) -> Rotation:
    """Return the attitudes of roll, pitch and yaw (n, 3)."""
    return Rotation.from_euler("XZY", np.radians(angles_deg[:, (0, 2, 1)]))


def measured(
    device: Device, sensor: str, t_s: Array, force_ms2: Array, angles_deg: Array, rng: np.random.Generator
) -> ImuChunk:
    """Return what the sensor gives of specific force (n, 3, world axes) and attitude at ``times_s``."""
    case = Rotation.from_euler("XYZ", device.misaligned_deg, degrees=True)
    worn = attitude(angles_deg) * case
    turned = (worn[:-1].inv() * worn[1:]).as_rotvec() * OVERSAMPLED * device.rate_hz
    felt = worn.inv().apply(force_ms2)[:-1][::2]
    gyr = (turned[::2] + turned[1::2]) / 2 if len(turned) % 2 == 0 else turned[::2]
    n = min(len(felt), len(gyr))
    felt = device.scale * felt[:n] + device.acc_noise_ms2 * rng.standard_normal((n, 3))
    felt = np.clip(felt, -device.clip_ms2, device.clip_ms2)
    bias = device.gyr_bias_rads * rng.standard_normal(3)
    gyr = gyr[:n] + bias + device.gyr_noise_rads * rng.standard_normal((n, 3))
    return ImuChunk(sensor, t_s[::2][:n], felt, gyr)
