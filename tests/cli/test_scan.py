"""``gaitcue sensors scan``: what is near and the settings to paste, where no terminal can be drawn on."""

from __future__ import annotations

import asyncio
import io
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from bleak.backends.device import BLEDevice
from rich.console import Console

from dsp.types import Placement
from monitor.cli import scan
from monitor.cli.scan import scan_sensors, signal_text
from monitor.core.session_settings import SensorSettings
from monitor.devices import declared, heart_rate
from monitor.service.config import load_config
from monitor.service.sensor_search import SensorDetails
from monitor.sources.bluetooth.scanner import Advertisement
from monitor.sources.bluetooth.settings import BluetoothSettings

GATT = heart_rate.gatt(SensorSettings(name="strap", kind="heart_rate", placement=Placement.POD))
STRAP = Advertisement(BLEDevice("AA:01", "Strap 7", {}), "Strap 7", frozenset(GATT.services), -60, 0.0)
TOOTHBRUSH = Advertisement(BLEDevice("AA:02", "Brush", {}), "Brush", frozenset(), -80, 0.0)


def scanned(
    monkeypatch: pytest.MonkeyPatch,
    near: list[Advertisement],
    devices: Path = Path("nowhere"),
    *,
    connect: bool = False,
    all_: bool = False,
) -> str:
    """What the command prints in a room with these devices."""

    class Room:
        def __init__(self, *_: object) -> None:
            pass

        async def scan(self, report: Callable[[list[Advertisement]], None], seconds: float) -> None:
            report(near)
            await asyncio.sleep(seconds)

    async def details(*_: object) -> SensorDetails:
        return SensorDetails("SN-12", 41.0)

    monkeypatch.setattr(scan, "Scanner", Room)
    monkeypatch.setattr(scan, "query_details", details)
    console = Console(width=140, file=io.StringIO())
    with console.capture() as text:
        scan_sensors(BluetoothSettings(), 0.3, console, devices, connect=connect, everything=all_)
    return text.get()


def test_a_sensor_is_a_row_and_settings_to_paste(monkeypatch: pytest.MonkeyPatch) -> None:
    text = scanned(monkeypatch, [TOOTHBRUSH, STRAP])
    assert "(1 other device)" in text
    assert "Brush" not in text
    assert "-60 dBm" in text
    assert 'kind = "heart_rate"' in text
    assert "SN-12" not in text


def test_unknown_devices_are_listed_when_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    text = scanned(monkeypatch, [STRAP, TOOTHBRUSH], all_=True)
    assert text.index("Strap 7") < text.index("Brush")


def test_a_sensor_that_is_asked_tells_battery_and_serial_number(monkeypatch: pytest.MonkeyPatch) -> None:
    text = scanned(monkeypatch, [STRAP], connect=True)
    assert "41 %" in text
    assert "serial number SN-12" in text


def test_a_device_that_a_file_describes_is_a_sensor_too(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    text = (Path(declared.__file__).parent / "described" / "thingy52.toml").read_text()
    assert 'name_prefix = ["Thingy"]' in text
    own = text.replace('name_prefix = ["Thingy"]', 'name_prefix = ["Brush"]').replace(
        "Nordic Thingy:52", "My brush"
    )
    (tmp_path / "shoebox.toml").write_text(own)
    (tmp_path / "unreadable.toml").write_text("schema = ")
    printed = scanned(monkeypatch, [TOOTHBRUSH], tmp_path)
    assert "My brush (declared)" in printed
    assert 'options = { device = "shoebox" }' in printed
    table = tomllib.loads(printed[printed.index("[[sensor]]") :])["sensor"][0]
    settings = tmp_path / "gaitcue.toml"
    (tmp_path / "devices").mkdir()
    (tmp_path / "devices" / "shoebox.toml").write_text(own)
    settings.write_text(printed[printed.index("[[sensor]]") :])
    assert load_config(settings, {}).sensor[0].options["description"] == own
    assert (table["kind"], table["match"]) == ("declared", "Brush")


def test_an_empty_room_gets_advice(monkeypatch: pytest.MonkeyPatch) -> None:
    empty, only_others = scanned(monkeypatch, []), scanned(monkeypatch, [TOOTHBRUSH])
    assert all("No sensor was seen" in text for text in (empty, only_others))
    assert "described by a file" in only_others
    assert "described by a file" not in empty + scanned(monkeypatch, [TOOTHBRUSH, STRAP])


@pytest.mark.parametrize(
    ("rssi_dbm", "bars"), [(None, 0), (-90, 1), (-85, 1), (-84, 2), (-70, 3), (-64, 4), (-30, 4)]
)
def test_a_signal_has_a_bar_for_every_ten_db(rssi_dbm: int | None, bars: int) -> None:
    assert sum(c in "▂▄▆█" for c in signal_text(rssi_dbm)) == bars
