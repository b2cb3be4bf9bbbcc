"""Xsens (Movella) DOT: 60 Hz of acceleration and angular rate, in its modes 21 and 22.

Formats: "Xsens DOT BLE Services Specifications".  Mode 21 gives what the sensor felt.  Mode 22 gives
the acceleration without gravity in the frame of the earth, and the orientation, from which what the
sensor felt is computed back.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

import numpy as np

from dsp.types import GRAVITY_MS2, Array
from monitor.core.errors import ConfigError, DecodeError
from monitor.core.packet import Decoded, Packet, Samples, Values
from monitor.core.session_settings import SensorSettings
from monitor.devices.binary_fields import RAD_PER_DEG, acc_rows, gyr_rows, unpack
from monitor.devices.gatt import GattSpec, Script, Write


def _full_uuid(short: int) -> str:
    return f"1517{short:04x}-4947-11e9-8646-d663bd873d93"


CHARACTERISTICS = {
    "control": _full_uuid(0x2001),
    "long": _full_uuid(0x2002),
    "medium": _full_uuid(0x2003),
    "short": _full_uuid(0x2004),
    "dot_battery": _full_uuid(0x3001),
}
OPTIONS = ("mode",)

_RATE_HZ = 60.0  # the fastest it streams
_WRAP_S = 2**32 / 1e6


@dataclass(frozen=True, slots=True)
class MeasurementMode:
    """A measurement mode: the payload it comes in and its fields after the u32 µs."""

    number: int
    characteristic: str
    fields: tuple[str, ...]  # of three f32 each

    @property
    def layout(self) -> struct.Struct:
        """The layout of a packet: a time stamp, then three floats for each field."""
        return struct.Struct(f"<I{3 * len(self.fields)}f")


MODES = {
    6: MeasurementMode(6, "short", ("free_acc_ms2",)),
    21: MeasurementMode(21, "medium", ("acc_ms2", "gyr_dps")),
    22: MeasurementMode(22, "medium", ("euler_deg", "free_acc_ms2", "gyr_dps")),
}
_STREAMED = (21, 22)


def decode(payload: bytes, mode: MeasurementMode) -> tuple[int, dict[str, Array]]:
    """Decode a notification: µs since power-on (wraps at 2^32), each field as (3,); padding is ignored."""
    device_us, *numbers = unpack(mode.layout, payload, what=f"DOT mode {mode.number}")
    rows = np.array(numbers).reshape(-1, 3)
    return device_us, dict(zip(mode.fields, rows, strict=True))


def specific_force(euler_deg: Array, free_acc_ms2: Array) -> Array:
    """Return specific force in the sensor's axes, from roll, pitch, yaw and free acceleration (z up)."""
    roll, pitch, yaw = euler_deg * RAD_PER_DEG
    (cr, cp, cy), (sr, sp, sy) = np.cos([roll, pitch, yaw]), np.sin([roll, pitch, yaw])
    to_earth = np.array(
        [
            [cy * cp, cy * sp * sr - sy * cr, cy * sp * cr + sy * sr],
            [sy * cp, sy * sp * sr + cy * cr, sy * sp * cr - cy * sr],
            [-sp, cp * sr, cp * cr],
        ]
    )
    up = np.array([0.0, 0.0, GRAVITY_MS2])
    return np.asarray(to_earth.T @ (free_acc_ms2 + up), np.float64)


class DotDecoder:
    """A decoder of one DOT's samples in the mode that the settings ask for."""

    def __init__(self, settings: SensorSettings) -> None:
        self._mode = _measurement_mode(settings)

    def decode(self, packet: Packet) -> list[Decoded]:
        """Return samples from the mode's payload, or the battery (u8 percent, u8 charging)."""
        if packet.channel == "dot_battery":
            level = packet.payload[0] if packet.payload else 255
            if level > 100:
                raise DecodeError(f"DOT battery level of {level}")
            return [Values({"battery_pct": float(level)})]
        if packet.channel != self._mode.characteristic:
            raise DecodeError(f"a DOT in mode {self._mode.number} says nothing on {packet.channel!r}")
        device_us, fields = decode(packet.payload, self._mode)
        gyr = gyr_rows(fields["gyr_dps"][None, :], RAD_PER_DEG)
        if self._mode.number == 22:
            acc_rows(fields["euler_deg"], 1.0)  # numbers at all?
            acc_rows(fields["free_acc_ms2"], 1.0)
            fields["acc_ms2"] = specific_force(fields["euler_deg"], fields["free_acc_ms2"])
        acc = acc_rows(fields["acc_ms2"][None, :], 1.0)
        return [Samples(acc, gyr, _RATE_HZ, device_s=np.array([device_us / 1e6]), device_wrap_s=_WRAP_S)]


def _measurement_mode(settings: SensorSettings) -> MeasurementMode:
    number = settings.options.get("mode", 21)
    if number not in _STREAMED:
        raise ConfigError("error.dot_mode", name=settings.name, number=number)
    return MODES[int(number)]


def gatt(settings: SensorSettings) -> GattSpec:
    """Return the connection to a DOT, found by its name; its payload is listened to before it measures."""
    mode = _measurement_mode(settings)

    def start() -> Script:
        yield Write("control", bytes((1, 0, mode.number)))  # a stream left running is stopped first
        yield Write("control", bytes((1, 1, mode.number)))

    def stop() -> Script:
        yield Write("control", bytes((1, 0, mode.number)))

    return GattSpec(
        names=("Xsens DOT", "Movella DOT"),
        characteristics=CHARACTERISTICS,
        notify=(mode.characteristic,),
        optional=("dot_battery",),
        start=start,
        stop=stop,
        period_s=0.2,
        holders=(_full_uuid(0x2000), _full_uuid(0x3000)),
    )
