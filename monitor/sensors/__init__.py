"""SENSORS: every device family we can read.  One file each, one row each.

A decoder is synchronous and total: any bytes give values or ``DecodeError``, nothing else.  It
may keep what one connection needs (a frame split over notifications, a running counter) and
forgets it when ``Packet.link`` changes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from monitor.packet import Decoded, Packet
from monitor.sensors.heart_rate import HeartRateDecoder
from monitor.sensors.plain import PlainDecoder
from monitor.sensors.rsc import RscDecoder
from monitor.sensors.treadmill import TreadmillDecoder
from monitor.settings import SensorSettings


class Decoder(Protocol):
    """Bytes of one sensor to samples and values."""

    def decode(self, packet: Packet) -> list[Decoded]:
        """All that this packet completes (may be nothing yet); ``DecodeError`` if it is not valid."""
        ...


@dataclass(frozen=True, slots=True)
class SensorSpec:
    """A device family.  ``tested`` says how: vector, emulation, hardware (or experimental)."""

    kind: str
    label: str
    gives: str
    tested: str
    decoder: Callable[[SensorSettings], Decoder]


SENSORS: dict[str, SensorSpec] = {
    "plain": SensorSpec(
        "plain", "Recording or simulation", "samples and values of a file", "vector", PlainDecoder
    ),
    "rsc": SensorSpec("rsc", "Running pod (RSC)", "speed, cadence, distance", "vector", RscDecoder),
    "heart_rate": SensorSpec(
        "heart_rate", "Heart rate strap", "heart rate, beat intervals", "vector", HeartRateDecoder
    ),
    "treadmill": SensorSpec(
        "treadmill", "Treadmill (FTMS)", "belt speed, incline", "vector", TreadmillDecoder
    ),
}
