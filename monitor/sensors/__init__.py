"""SENSORS: every device family we can read.  One file each, one row each.

A decoder is synchronous and total: any bytes give values or ``DecodeError``, nothing else.  It
may keep what one connection needs (a frame split over notifications, a running counter) and
forgets it when ``Packet.link`` changes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from monitor.gatt import GattSpec
from monitor.packet import Decoded, Packet
from monitor.sensors import heart_rate, movesense, phyphox, polar, rsc, sensor_logger, treadmill, xsens_dot
from monitor.sensors.plain import PlainDecoder
from monitor.settings import SensorSettings


class Decoder(Protocol):
    """Bytes of one sensor to samples and values."""

    def decode(self, packet: Packet) -> list[Decoded]:
        """All that this packet completes (may be nothing yet); ``DecodeError`` if it is not valid."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SensorSpec:
    """A device family.

    ``tested`` says how: vector, emulation, hardware (or experimental).  ``gatt`` tells what a
    Bluetooth connection needs; None for what does not come over Bluetooth.
    """

    kind: str
    label: str
    gives: str
    tested: str
    decoder: Callable[[SensorSettings], Decoder]
    gatt: Callable[[SensorSettings], GattSpec] | None = None


_ROWS = (
    SensorSpec(
        kind="plain",
        label="Recording or simulation",
        gives="samples and values of a file",
        tested="vector",
        decoder=PlainDecoder,
    ),
    SensorSpec(
        kind="rsc",
        label="Running pod (RSC)",
        gives="speed, cadence, distance",
        tested="vector",
        decoder=rsc.RscDecoder,
        gatt=rsc.gatt,
    ),
    SensorSpec(
        kind="heart_rate",
        label="Heart rate strap",
        gives="heart rate, beat intervals",
        tested="vector",
        decoder=heart_rate.HeartRateDecoder,
        gatt=heart_rate.gatt,
    ),
    SensorSpec(
        kind="treadmill",
        label="Treadmill (FTMS)",
        gives="belt speed, incline",
        tested="vector",
        decoder=treadmill.TreadmillDecoder,
        gatt=treadmill.gatt,
    ),
    SensorSpec(
        kind="movesense",
        label="Movesense",
        gives="acceleration, angular rate, up to 208 Hz",
        tested="vector",
        decoder=movesense.MovesenseDecoder,
        gatt=movesense.gatt,
    ),
    SensorSpec(
        kind="polar",
        label="Polar H10, Verity Sense, OH1",
        gives="acceleration; of a Verity Sense angular rate too",
        tested="vector",
        decoder=polar.PolarDecoder,
        gatt=polar.gatt,
    ),
    SensorSpec(
        kind="xsens_dot",
        label="Xsens (Movella) DOT",
        gives="acceleration, angular rate, 60 Hz",
        tested="experimental",
        decoder=xsens_dot.DotDecoder,
        gatt=xsens_dot.gatt,
    ),
    SensorSpec(
        kind="sensor_logger",
        label="Phone with Sensor Logger",
        gives="acceleration, angular rate, speed (GPS)",
        tested="vector",
        decoder=sensor_logger.SensorLoggerDecoder,
    ),
    SensorSpec(
        kind="phyphox",
        label="Phone with phyphox",
        gives="acceleration, angular rate",
        tested="experimental",
        decoder=phyphox.PhyphoxDecoder,
    ),
)

SENSORS: dict[str, SensorSpec] = {row.kind: row for row in _ROWS}
