"""Heart rate straps, service 0x180D (Bluetooth SIG HRS 1.0): beats per minute and R-R intervals."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from monitor.core.errors import DecodeError
from monitor.core.packet import Decoded, Packet, Values
from monitor.core.session_settings import SensorSettings
from monitor.devices.binary_fields import MAX_RR_S, MIN_RR_S, unpack
from monitor.devices.gatt import GattSpec, sig_uuid

_SERVICE = sig_uuid(0x180D)
CHARACTERISTICS = {"heart_rate": sig_uuid(0x2A37), "body_location": sig_uuid(0x2A38)}

_FLAGS = struct.Struct("<B")
_U8 = struct.Struct("<B")
_U16 = struct.Struct("<H")


@dataclass(frozen=True, slots=True)
class HeartRateMeasurement:
    """A Heart Rate Measurement 0x2A37.  ``contact``: None where the strap cannot tell; ``rr_s`` as sent."""

    bpm: int
    contact: bool | None
    energy_kj: int | None
    rr_s: tuple[float, ...]


def decode(payload: bytes) -> HeartRateMeasurement:
    """Decode a notification: u8 flags, u8 or u16 bpm, [u16 energy kJ], [u16 R-R 1/1024 s, oldest first]."""
    (flags,) = unpack(_FLAGS, payload, what="heart rate")
    wide = _U16 if flags & 1 else _U8
    (bpm,) = unpack(wide, payload, 1, "heart rate")
    at = 1 + wide.size
    energy = None
    if flags & 8:
        (energy,) = unpack(_U16, payload, at, "heart rate energy")
        at += 2
    rr: tuple[float, ...] = ()
    if flags & 16:
        whole = (len(payload) - at) // 2
        rr = tuple(n / 1024.0 for n in struct.unpack_from(f"<{whole}H", payload, at))
    return HeartRateMeasurement(bpm, bool(flags & 2) if flags & 4 else None, energy, rr)


class HeartRateDecoder:
    """A decoder of one strap's heart rate, which drops impossible R-R intervals."""

    def __init__(self, _settings: SensorSettings) -> None: ...

    def decode(self, packet: Packet) -> list[Decoded]:
        """Return the rate of a ``heart_rate`` notification, then each beat with its age at arrival."""
        if packet.channel != "heart_rate":
            raise DecodeError(f"a heart rate strap has no characteristic {packet.channel!r}")
        beats = decode(packet.payload)
        if beats.bpm == 0 or beats.contact is False:
            return []
        return [*_beat_intervals(beats.rr_s), Values({"heart_rate_bpm": float(beats.bpm)})]


def _beat_intervals(rr_s: tuple[float, ...]) -> list[Values]:
    """Oldest first; a beat is as old as the intervals that came after it."""
    out: list[Values] = []
    age = 0.0
    for rr in reversed(rr_s):
        if MIN_RR_S <= rr <= MAX_RR_S:
            out.append(Values({"rr_s": rr}, age_s=age))
            age += rr
    return out[::-1]


def gatt(_settings: SensorSettings) -> GattSpec:
    """Return the connection to any strap that advertises the service."""
    return GattSpec(
        services=(_SERVICE,), characteristics=CHARACTERISTICS, notify=("heart_rate",), period_s=2.0
    )
