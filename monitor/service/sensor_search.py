"""Which sensors are near, which device family reads each, and what a sensor says when it is asked."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterable
from dataclasses import dataclass

from monitor.core.errors import DecodeError, SensorError
from monitor.core.monotonic import MonotonicClock
from monitor.devices import device_information
from monitor.devices.registry import SensorSpec
from monitor.sources.bluetooth.connection import open_connection
from monitor.sources.bluetooth.families import bluetooth_families, family_gatt, matching_families
from monitor.sources.bluetooth.scanner import Advertisement, Scanner
from monitor.sources.bluetooth.settings import BluetoothSettings


@dataclass(frozen=True, slots=True)
class SensorDetails:
    """What a sensor says when it is connected; empty or None where it says nothing."""

    serial: str = ""
    battery_pct: float | None = None
    trouble: str = ""


@dataclass(slots=True)
class FoundSensor:
    """One device that was seen, with the families (``kinds``) that can read it."""

    advertisement: Advertisement
    kinds: list[SensorSpec]
    details: SensorDetails | None = None


async def query_details(
    scanner: Scanner, advertisement: Advertisement, spec: SensorSpec, time: MonotonicClock
) -> SensorDetails:
    """Connect for a moment and return serial number and battery, or in ``trouble`` what went wrong."""
    gatt = family_gatt(spec)
    assert gatt is not None
    try:
        async with open_connection(scanner, advertisement, advertisement.name, gatt, time) as link:
            serial, level = await link.serial(), await link.battery()
    except SensorError as exc:
        return SensorDetails(trouble=str(exc))
    pct = None
    if level is not None:
        with contextlib.suppress(DecodeError):
            pct = device_information.battery_pct(level)
    return SensorDetails(serial, pct)


async def nearby_sensors(
    settings: BluetoothSettings, seconds: float, time: MonotonicClock
) -> list[FoundSensor]:
    """Return the usable sensors seen within ``seconds``, the strongest signal first."""
    await asyncio.to_thread(bluetooth_families)
    found: dict[str, FoundSensor] = {}
    scanner = Scanner(time, next(iter(settings.adapters), None))
    await scanner.scan(lambda advertisements: merge_advertisements(found, advertisements), seconds)
    return sorted((f for f in found.values() if f.kinds), key=lambda f: -(f.advertisement.rssi_dbm or -999))


def merge_advertisements(found: dict[str, FoundSensor], advertisements: Iterable[Advertisement]) -> None:
    """Add devices that are new to ``found`` and refresh those in it, by address."""
    for s in advertisements:
        sensor = found.setdefault(s.address, FoundSensor(s, []))
        sensor.advertisement, sensor.kinds = s, matching_families(s)
