"""Treadmills, Fitness Machine service 0x1826 (Bluetooth SIG FTMS 1.0): belt speed and incline."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from monitor.core.errors import DecodeError
from monitor.core.packet import Decoded, Packet, Values
from monitor.core.session_settings import SensorSettings
from monitor.devices.binary_fields import unpack
from monitor.devices.gatt import GattSpec, sig_uuid

_SERVICE = sig_uuid(0x1826)
CHARACTERISTICS = {"treadmill": sig_uuid(0x2ACD)}

_FLAGS = struct.Struct("<H")
_UNKNOWN_INCLINE = 0x7FFF

_FIELDS: tuple[tuple[int, str, str], ...] = (
    # flag bit, struct of the field, its name; FTMS 1.0 section 4.9.1, in the order of the packet
    (1, "H", "average_speed"),
    (2, "3B", "distance"),
    (3, "hh", "incline"),
    (4, "HH", "elevation_gain"),
    (5, "B", "pace"),
    (6, "B", "average_pace"),
    (7, "HHB", "energy"),
    (8, "B", "heart_rate"),
)


@dataclass(frozen=True, slots=True)
class TreadmillData:
    """A Treadmill Data 0x2ACD, the fields of use here; None where the packet has none."""

    speed_mps: float | None
    slope_pct: float | None
    distance_m: float | None
    heart_rate_bpm: float | None


def decode(payload: bytes) -> TreadmillData:
    """Decode one notification: u16 flags, then the fields they announce.

    Bit 0 is "more data": when it is *clear*, speed (u16, 0.01 km/h) is there.  Distance u24 m,
    incline i16 0.1 % with ramp angle i16 0.1 deg, heart rate u8.
    """
    (flags,) = unpack(_FLAGS, payload, what="treadmill data")
    at, speed = 2, None
    if not flags & 1:
        speed = unpack(_FLAGS, payload, at, "treadmill speed")[0] / 360.0
        at += 2
    found: dict[str, tuple[int, ...]] = {}
    for bit, layout, name in _FIELDS:
        if flags & (1 << bit):
            packed = struct.Struct("<" + layout)
            found[name] = unpack(packed, payload, at, f"treadmill {name}")
            at += packed.size
    return _treadmill_values_from_fields(speed, found)


def _treadmill_values_from_fields(
    speed_mps: float | None, found: dict[str, tuple[int, ...]]
) -> TreadmillData:
    slope = distance = heart_rate = None
    if "incline" in found and found["incline"][0] != _UNKNOWN_INCLINE:
        slope = found["incline"][0] / 10.0
    if "distance" in found:
        distance = float(int.from_bytes(bytes(found["distance"]), "little"))
    if found.get("heart_rate", (0,))[0]:
        heart_rate = float(found["heart_rate"][0])
    return TreadmillData(speed_mps, slope, distance, heart_rate)


class TreadmillDecoder:
    """A decoder of one treadmill's belt speed and incline."""

    def __init__(self, _settings: SensorSettings) -> None: ...

    def decode(self, packet: Packet) -> list[Decoded]:
        """Return the values of a ``treadmill`` notification; two of them may share the data."""
        if packet.channel != "treadmill":
            raise DecodeError(f"a treadmill has no characteristic {packet.channel!r}")
        t = decode(packet.payload)
        named = {
            "speed_mps": t.speed_mps,
            "slope_pct": t.slope_pct,
            "distance_m": t.distance_m,
            "heart_rate_bpm": t.heart_rate_bpm,
        }
        values = {name: value for name, value in named.items() if value is not None}
        return [Values(values)] if values else []


def gatt(_settings: SensorSettings) -> GattSpec:
    """Return the connection to any machine with the service (a treadmill has the characteristic too)."""
    return GattSpec(
        services=(_SERVICE,), characteristics=CHARACTERISTICS, notify=("treadmill",), period_s=2.0
    )
