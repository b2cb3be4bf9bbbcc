"""DEVICES: every device family we can read.  One file each, one row each.

A decoder is synchronous and total: any bytes give values or ``DecodeError``, nothing else.  It
may keep what one connection needs (a frame split over notifications, a running counter) and
forgets it when ``Packet.link`` changes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from monitor.core.packet import Decoded, Packet
from monitor.core.session_settings import SensorSettings
from monitor.devices import (
    declared,
    garmin_hrm600,
    heart_rate,
    movesense,
    phyphox,
    polar,
    rsc,
    sensor_logger,
    treadmill,
    xsens_dot,
)
from monitor.devices.gatt import GattSpec
from monitor.devices.plain import PlainDecoder


class Decoder(Protocol):
    """A decoder turns the bytes of one sensor into samples and values."""

    def decode(self, packet: Packet) -> list[Decoded]:
        """Return all that this packet completes (may be nothing yet); ``DecodeError`` if it is invalid."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SensorSpec:
    """A row of ``DEVICES``: a device family, its decoder, and what a connection needs.

    ``tested`` says how: vector, emulation, hardware (or experimental).  ``gatt`` tells what a
    Bluetooth connection needs; None for what does not come over Bluetooth.  ``options`` are the
    names in a sensor's ``options``; None where a description says which there are.  ``preset`` are options
    that every sensor of it has: of a device of the user's own its file and what it says.
    """

    kind: str
    label: str
    gives: str
    tested: str
    decoder: Callable[[SensorSettings], Decoder]
    gatt: Callable[[SensorSettings], GattSpec] | None = None
    options: tuple[str, ...] | None = ()
    preset: Mapping[str, str] = field(default_factory=dict)


def _declared_device(kind: str, label: str, tested: str) -> SensorSpec:
    """A device of ``described/``; its file is read when one is used."""
    return SensorSpec(
        kind=kind,
        label=label,
        gives="acceleration, angular rate",
        tested=tested,
        decoder=lambda settings: declared.DeclaredDecoder(settings, declared.shipped_description(kind)),
        gatt=lambda settings: declared.description_gatt(declared.shipped_description(kind), settings),
        options=None,
    )


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
        tested="vector, emulation",
        decoder=rsc.RscDecoder,
        gatt=rsc.gatt,
    ),
    SensorSpec(
        kind="stryd",
        label="Stryd",
        gives="speed, cadence, distance, power, contact time",
        tested="experimental",
        decoder=rsc.RscDecoder,
        gatt=rsc.stryd_gatt,
    ),
    SensorSpec(
        kind="runpod",
        label="Zwift RunPod, MilestonePod",
        gives="speed, cadence, distance, contact time, vertical oscillation",
        tested="experimental",
        decoder=rsc.RscDecoder,
        gatt=rsc.runpod_gatt,
    ),
    SensorSpec(
        kind="garmin_hrm600",
        label="Garmin HRM 600 running dynamics",
        gives="heart rate, speed, cadence, contact time, balance, vertical oscillation, step speed loss",
        tested="experimental",
        decoder=garmin_hrm600.Hrm600Decoder,
        gatt=garmin_hrm600.gatt,
    ),
    SensorSpec(
        kind="heart_rate",
        label="Heart rate strap",
        gives="heart rate, beat intervals",
        tested="vector, emulation",
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
        tested="vector, emulation",
        decoder=movesense.MovesenseDecoder,
        gatt=movesense.gatt,
        options=movesense.OPTIONS,
    ),
    SensorSpec(
        kind="polar",
        label="Polar H10, Verity Sense, OH1",
        gives="acceleration; of a Verity Sense angular rate too",
        tested="vector, emulation",
        decoder=polar.PolarDecoder,
        gatt=polar.gatt,
        options=polar.OPTIONS,
    ),
    SensorSpec(
        kind="xsens_dot",
        label="Xsens (Movella) DOT",
        gives="acceleration, angular rate, 60 Hz",
        tested="experimental",
        decoder=xsens_dot.DotDecoder,
        gatt=xsens_dot.gatt,
        options=xsens_dot.OPTIONS,
    ),
    _declared_device("witmotion", "WitMotion WT901BLECL, BWT901BLE5.0", "vector, emulation"),
    _declared_device("thingy52", "Nordic Thingy:52", "vector"),
    _declared_device("arduino", "Arduino or XIAO with our sketch", "vector"),
    SensorSpec(
        kind="declared",
        label="Your own device (a TOML file)",
        gives="what the file says",
        tested="vector",
        decoder=declared.DeclaredDecoder,
        gatt=declared.gatt,
        options=None,
    ),
    SensorSpec(
        kind="sensor_logger",
        label="Phone with Sensor Logger",
        gives="acceleration, angular rate, speed (GPS)",
        tested="vector",
        decoder=sensor_logger.SensorLoggerDecoder,
        options=sensor_logger.OPTIONS,
    ),
    SensorSpec(
        kind="phyphox",
        label="Phone with phyphox",
        gives="acceleration, angular rate",
        tested="experimental",
        decoder=phyphox.PhyphoxDecoder,
        options=phyphox.OPTIONS,
    ),
)

DEVICES: dict[str, SensorSpec] = {row.kind: row for row in _ROWS}


def is_imu(spec: SensorSpec) -> bool:
    """Return whether the family gives samples, so that it matters where the sensor is worn."""
    return "acceleration" in spec.gives
