"""Which sensors are near, which device family reads each, and what a sensor says when it is asked."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from monitor.core.errors import ConfigError, DecodeError, SensorError
from monitor.core.monotonic import MonotonicClock
from monitor.devices import device_information
from monitor.devices.declared import DESCRIPTION_OPTION, parse_description
from monitor.devices.registry import DEVICES, SensorSpec
from monitor.sources.bluetooth.connection import open_connection
from monitor.sources.bluetooth.families import Family, bluetooth_families, family_gatt, matching_families
from monitor.sources.bluetooth.scanner import Advertisement, Scanner
from monitor.sources.bluetooth.settings import BluetoothSettings

_CHANNELS = {"accel": "acceleration", "gyro": "angular rate", "value": "values"}
"""What a described device gives, by the kind of its channels."""


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


def described_families(folder: Path) -> tuple[Family, ...]:
    """Return a family for each device that a file of this folder describes.

    A file with mistakes is left out: who names it in the settings is told each of them.
    """
    found: list[Family] = []
    for path in sorted(folder.glob("*.toml")):
        try:
            text = path.read_text(encoding="utf-8")
            described = parse_description(text, path)
            channels = [channel.kind for stream in described.stream for channel in stream.channel]
            gives = ", ".join(words for kind, words in _CHANNELS.items() if kind in channels)
            preset = {"device": path.stem, DESCRIPTION_OPTION: text}
            spec = replace(DEVICES["declared"], label=described.label, gives=gives, preset=preset)
            gatt = family_gatt(spec)
        except (OSError, ValueError, ConfigError):
            continue
        if gatt is not None:
            found.append((spec, gatt))
    return tuple(found)


async def nearby_sensors(
    settings: BluetoothSettings, seconds: float, time: MonotonicClock, devices: Path
) -> list[FoundSensor]:
    """Return the usable sensors seen within ``seconds``, the strongest signal first.

    ``devices``: the folder with descriptions of the user's own.
    """
    await asyncio.to_thread(bluetooth_families)
    own = await asyncio.to_thread(described_families, devices)
    found: dict[str, FoundSensor] = {}
    scanner = Scanner(time, next(iter(settings.adapters), None))
    await scanner.scan(lambda advertisements: merge_advertisements(found, advertisements, own), seconds)
    return sorted((f for f in found.values() if f.kinds), key=lambda f: -(f.advertisement.rssi_dbm or -999))


def merge_advertisements(
    found: dict[str, FoundSensor], advertisements: Iterable[Advertisement], own: Sequence[Family] = ()
) -> None:
    """Add devices that are new to ``found`` and refresh those in it, by address."""
    for s in advertisements:
        sensor = found.setdefault(s.address, FoundSensor(s, []))
        sensor.advertisement, sensor.kinds = s, matching_families(s, own)
