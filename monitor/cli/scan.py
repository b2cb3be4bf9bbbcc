"""``gaitcue sensors scan``: a live table of the sensors that are near, and the TOML to paste."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from monitor.core.message_catalogues import catalogue
from monitor.core.monotonic import MonotonicClock, SystemClock
from monitor.core.toml_text import toml_literal
from monitor.core.user_language import user_language, user_text
from monitor.devices.registry import SensorSpec, is_imu
from monitor.service.sensor_search import (
    FoundSensor,
    SensorDetails,
    described_families,
    merge_advertisements,
    query_details,
)
from monitor.sources.bluetooth.families import Family, bluetooth_families
from monitor.sources.bluetooth.scanner import Advertisement, Scanner
from monitor.sources.bluetooth.settings import BluetoothSettings

_UNATTENDED_S = 10.0  # without a terminal and without --seconds
_BARS = "▂▄▆█"


def scan_sensors(
    settings: BluetoothSettings,
    seconds: float | None,
    console: Console,
    devices: Path,
    *,
    connect: bool = False,
    everything: bool = False,
) -> None:
    """Scan until Ctrl-C or for ``seconds``, and print a live table and the settings to paste.

    ``devices``: the folder with descriptions of the user's own; ``connect``: ask each sensor for battery
    and serial number; ``everything``: list unknown devices too.  ``BluetoothOff`` without Bluetooth.
    """
    own = described_families(devices)
    until_s = seconds if seconds is not None or console.is_terminal else _UNATTENDED_S
    found: dict[str, FoundSensor] = {}
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_scan(settings, until_s, console, found, own, connect, everything))
    if not console.is_terminal:
        console.print(scan_table(found.values(), everything))
    useful = [f for f in found.values() if f.kinds]
    if not useful:
        console.print(user_text("say.scan.none"))
        if found:
            console.print(user_text("say.scan.others"))
    names = Counter(f.advertisement.name for f in useful)
    for f in useful:
        alike = names[f.advertisement.name] > 1
        console.print("\n" + sensor_toml(f, alike=alike), markup=False, highlight=False)


async def _scan(
    settings: BluetoothSettings,
    seconds: float | None,
    console: Console,
    found: dict[str, FoundSensor],
    own: Sequence[Family],
    connect: bool,
    everything: bool,
) -> None:
    await asyncio.to_thread(bluetooth_families)
    time = SystemClock()
    scanner = Scanner(time, next(iter(settings.adapters), None))
    with Live(console=console, refresh_per_second=4, transient=not console.is_terminal) as live:

        def show_advertisements(advertisements: list[Advertisement]) -> None:
            merge_advertisements(found, advertisements, own)
            live.update(scan_table(found.values(), everything))

        asking = asyncio.create_task(_ask_all(scanner, found, time), name="ask") if connect else None
        try:
            await scanner.scan(show_advertisements, seconds)
        finally:
            if asking is not None:
                asking.cancel()
                await asyncio.wait([asking])
        if asking is not None and not asking.cancelled():
            asking.result()  # it ends of itself by an error only


async def _ask_all(scanner: Scanner, found: Mapping[str, FoundSensor], time: MonotonicClock) -> None:
    while True:
        for f in list(found.values()):
            if f.kinds and f.details is None:
                f.details = await query_details(scanner, f.advertisement, f.kinds[0], time)
        await time.sleep(1.0)


def scan_table(found: Iterable[FoundSensor], everything: bool) -> Table:
    """Return a table of the usable sensors, strongest first; with ``everything`` of other devices too."""
    ordered = sorted(found, key=lambda f: (not f.kinds, -(f.advertisement.rssi_dbm or -999)))
    others = sum(not f.kinds for f in ordered)
    out = Table(title=user_text("say.scan.title_others" if others else "say.scan.title", n=others))
    for heading in ("name", "kind", "signal", "battery", "measures"):
        out.add_column(user_text(f"say.scan.column.{heading}"), overflow="fold")
    for f in ordered:
        if f.kinds or everything:
            out.add_row(*_sensor_row(f))
    return out


def _placement(spec: SensorSpec) -> list[str]:
    if not is_imu(spec):
        return [f'placement = "pod"   # {user_text("say.scan.pod")}']
    worn, side = user_text("say.scan.worn"), user_text("say.scan.side")
    return [f'placement = "foot"   # {worn}', f'side = "L"   # {side}']


def _sensor_row(f: FoundSensor) -> list[str | Text]:
    details = f.details or SensorDetails()
    battery = f"{details.battery_pct:.0f} %" if details.battery_pct is not None else ""
    name = Text(f.advertisement.name or f.advertisement.address)
    if details.serial and details.serial not in f.advertisement.name:
        name.append("\n" + user_text("say.scan.serial", serial=details.serial), style="dim")
    return [
        name,
        Text("\n".join(f"{k.label} ({k.kind})" for k in f.kinds)),
        signal_text(f.advertisement.rssi_dbm),
        catalogue(user_language()).translate_recorded(details.trouble) or battery,
        Text("\n".join(k.gives for k in f.kinds)),
    ]


def signal_text(rssi_dbm: int | None) -> str:
    """Return bars and dBm; one bar is at -85 dBm or below, four are above -65, next to the sensor."""
    if rssi_dbm is None:
        return user_text("say.scan.connected")
    bars = 1 + sum(rssi_dbm > limit for limit in (-85, -75, -65))
    return f"{_BARS[:bars]:<4} {rssi_dbm} dBm"


def sensor_toml(f: FoundSensor, *, alike: bool = False) -> str:
    """Return the ``[[sensor]]`` table for the settings file, with comments on what to choose.

    ``alike``: another one has its name, so that only serial number or address tell it.
    """
    first, *others = f.kinds
    name, serial = f.advertisement.name, f.details.serial if f.details else ""
    match = (serial or f.advertisement.address) if alike else name or serial
    name = re.sub(r"[/+#\"'\\\x00-\x1f]", "", name or serial or first.label).strip()[:40] or first.kind
    rows = [
        "[[sensor]]",
        f"name = {toml_literal(name)}   # {user_text('say.scan.name')}",
        f"kind = {toml_literal(first.kind)}"
        + "".join(f"   # {user_text('say.scan.or', kind=toml_literal(k.kind))}" for k in others),
        *_placement(first),
    ]
    if match:
        rows.append(f"match = {toml_literal(match)}")
    if device := first.preset.get("device"):
        rows.append(f"options = {{ device = {toml_literal(device)} }}")
    return "\n".join(rows)
