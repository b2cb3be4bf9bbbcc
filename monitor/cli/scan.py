"""``gaitcue scan``: a live table of the sensors that are near, and the TOML to paste."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from monitor.core.errors import DecodeError, SensorError
from monitor.core.monotonic import MonotonicClock, SystemClock
from monitor.core.toml_text import literal
from monitor.devices import device_information
from monitor.devices.registry import SensorSpec
from monitor.sources.bluetooth.connection import connected
from monitor.sources.bluetooth.families import families, family_gatt, is_imu, kinds
from monitor.sources.bluetooth.scanner import Advertisement, Scanner
from monitor.sources.bluetooth.settings import BluetoothSettings

UNATTENDED_S = 10.0  # without a terminal and without --seconds
_BARS = "▂▄▆█"


@dataclass(frozen=True, slots=True)
class Details:
    """What a sensor says when it is connected; empty or None where it does not."""

    serial: str = ""
    battery_pct: float | None = None
    trouble: str = ""


@dataclass(slots=True)
class FoundSensor:
    """One device that was seen."""

    sighting: Advertisement
    kinds: list[SensorSpec]
    details: Details | None = None


def find_sensors(
    settings: BluetoothSettings,
    seconds: float | None,
    console: Console,
    *,
    connect: bool = False,
    everything: bool = False,
) -> None:
    """Scan until Ctrl-C or for ``seconds``.  ``BluetoothOff`` without Bluetooth."""
    until_s = seconds if seconds is not None or console.is_terminal else UNATTENDED_S
    found: dict[str, FoundSensor] = {}
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_scan(settings, until_s, console, found, connect, everything))
    if not console.is_terminal:
        console.print(found_table(found.values(), everything))
    useful = [f for f in found.values() if f.kinds]
    if not useful:
        console.print(
            "No sensor was seen. Switch it on (most need a shake), end its phone app, come closer."
        )
    for f in useful:
        console.print("\n" + to_paste(f), markup=False, highlight=False)


async def _scan(
    settings: BluetoothSettings,
    seconds: float | None,
    console: Console,
    found: dict[str, FoundSensor],
    connect: bool,
    everything: bool,
) -> None:
    await asyncio.to_thread(families)
    time = SystemClock()
    air = Scanner(time, next(iter(settings.adapters), None))
    with Live(console=console, refresh_per_second=4, transient=not console.is_terminal) as live:

        def show_sightings(sightings: list[Advertisement]) -> None:
            update(found, sightings)
            live.update(found_table(found.values(), everything))

        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                if connect:
                    async with asyncio.TaskGroup() as group:
                        group.create_task(air.watch(show_sightings), name="watch")
                        group.create_task(_ask_all(air, found, time), name="ask")
                else:
                    await air.watch(show_sightings)


async def _ask_all(air: Scanner, found: Mapping[str, FoundSensor], time: MonotonicClock) -> None:
    while True:
        for f in list(found.values()):
            if f.kinds and f.details is None:
                f.details = await ask(air, f.sighting, f.kinds[0], time)
        await time.sleep(1.0)


async def ask(air: Scanner, sighting: Advertisement, spec: SensorSpec, time: MonotonicClock) -> Details:
    """Connect for a moment; what goes wrong is part of the answer."""
    gatt = family_gatt(spec)
    assert gatt is not None
    try:
        async with connected(air, sighting, sighting.name, gatt, time) as link:
            serial, level = await link.serial(), await link.battery()
    except SensorError as exc:
        return Details(trouble=str(exc))
    pct = None
    if level is not None:
        with contextlib.suppress(DecodeError):
            pct = device_information.battery_pct(level)
    return Details(serial, pct)


async def near(settings: BluetoothSettings, seconds: float, time: MonotonicClock) -> list[FoundSensor]:
    """The sensors that we can use, the strongest first."""
    await asyncio.to_thread(families)
    found: dict[str, FoundSensor] = {}
    air = Scanner(time, next(iter(settings.adapters), None))
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await air.watch(lambda sightings: update(found, sightings))
    return sorted((f for f in found.values() if f.kinds), key=lambda f: -(f.sighting.rssi_dbm or -999))


def update(found: dict[str, FoundSensor], sightings: Iterable[Advertisement]) -> None:
    """Add what is new, refresh what is known."""
    for s in sightings:
        known = found.setdefault(s.address, FoundSensor(s, []))
        known.sighting, known.kinds = s, kinds(s)


def found_table(found: Iterable[FoundSensor], everything: bool) -> Table:
    """The sensors we can use, the strongest first; the rest as a number, or listed too."""
    ordered = sorted(found, key=lambda f: (not f.kinds, -(f.sighting.rssi_dbm or -999)))
    others = sum(not f.kinds for f in ordered)
    also = f" ({others} other devices near)" if others else ""
    out = Table(title=f"sensors near{also}")
    for heading in ("name", "kind", "signal", "battery", "measures"):
        out.add_column(heading, overflow="fold")
    for f in ordered:
        if f.kinds or everything:
            out.add_row(*_row(f))
    return out


def _placement(spec: SensorSpec) -> list[str]:
    if not is_imu(spec):
        return ['placement = "pod"   # gives finished numbers']
    worn = 'placement = "foot"   # or shank, ankle, pelvis, waist, hip'
    return [worn, 'side = "L"   # or "R"; not for pelvis and waist']


def _row(f: FoundSensor) -> list[str | Text]:
    details = f.details or Details()
    battery = f"{details.battery_pct:.0f} %" if details.battery_pct is not None else ""
    name = Text(f.sighting.name or f.sighting.address)
    if details.serial and details.serial not in f.sighting.name:
        name.append(f"\nserial {details.serial}", style="dim")
    return [
        name,
        Text("\n".join(f"{k.label} ({k.kind})" for k in f.kinds)),
        signal(f.sighting.rssi_dbm),
        details.trouble or battery,
        Text("\n".join(k.gives for k in f.kinds)),
    ]


def signal(rssi_dbm: int | None) -> str:
    """Bars and dBm: from -90 (hardly) to -60 (next to it)."""
    if rssi_dbm is None:
        return "connected"
    bars = 1 + sum(rssi_dbm > limit for limit in (-85, -75, -65))
    return f"{_BARS[:bars]:<4} {rssi_dbm} dBm"


def to_paste(f: FoundSensor) -> str:
    """``[[sensor]]`` for the settings file."""
    first, *others = f.kinds
    match = f.sighting.name or (f.details.serial if f.details else "")
    name = re.sub(r"[/+#\"'\\\x00-\x1f]", "", match or first.label).strip()[:40] or first.kind
    rows = [
        "[[sensor]]",
        f"name = {literal(name)}   # yours to choose",
        f"kind = {literal(first.kind)}" + "".join(f"   # or {literal(k.kind)}" for k in others),
        *_placement(first),
    ]
    if match:
        rows.append(f"match = {literal(match)}")
    return "\n".join(rows)
