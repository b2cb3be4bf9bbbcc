"""What ``gaitcue sensors scan`` sees and says."""

from __future__ import annotations

import tomllib

from rich.console import Console

from dsp.types import Placement
from monitor.cli.scan import scan_table, sensor_toml
from monitor.core.session_settings import SensorSettings
from monitor.service.sensor_search import FoundSensor, SensorDetails, merge_advertisements, query_details
from monitor.simulation.emulated.pods import RunningPod, Strap
from monitor.simulation.emulated.radio import Radio
from monitor.sources.bluetooth.scanner import Scanner
from tests.sources.bluetooth.quick import LoopTime


async def seen(radio: Radio, seconds: float = 2.0) -> list[FoundSensor]:
    found: dict[str, FoundSensor] = {}
    await Scanner(LoopTime()).scan(lambda seen: merge_advertisements(found, seen), seconds)
    return sorted(found.values(), key=lambda f: f.advertisement.name)


async def test_a_scan_names_the_sensors_and_what_they_are(radio: Radio) -> None:
    devices = [RunningPod(radio, "Footpod 12"), Strap(radio, "Strap 7")]
    for device in devices:
        await device.start()
    pod, strap = await seen(radio)
    assert (pod.advertisement.name, [k.kind for k in pod.kinds]) == ("Footpod 12", ["rsc"])
    assert [k.kind for k in strap.kinds] == ["heart_rate"]
    with Console(width=140, record=True, file=None) as console:
        console.print(scan_table([pod, strap], everything=False))
    drawn = console.export_text()
    assert "Footpod 12" in drawn
    assert "dBm" in drawn


async def test_what_is_to_be_pasted_are_settings_that_fit(radio: Radio) -> None:
    device = RunningPod(radio, 'My "pod"')
    await device.start()
    (found,) = await seen(radio)
    (row,) = tomllib.loads(sensor_toml(found).replace('\\"', ""))["sensor"]
    made = SensorSettings(**row | {"placement": Placement(row["placement"])})
    assert made.kind == "rsc"


async def test_of_two_that_are_alike_the_address_or_the_serial_number_is_to_be_pasted(radio: Radio) -> None:
    for _ in range(2):
        await RunningPod(radio, "RunPod").start()
    one, other = await seen(radio)
    rows = [tomllib.loads(sensor_toml(f, alike=True))["sensor"][0]["match"] for f in (one, other)]
    assert rows == [one.advertisement.address, other.advertisement.address]
    one.details = SensorDetails(serial="A-1")
    assert 'match = "A-1"' in sensor_toml(one, alike=True)


async def test_a_sensor_that_is_asked_tells_its_battery_and_serial_number(radio: Radio) -> None:
    device = RunningPod(radio, serial="A-1234", battery_pct=41)
    await device.start()
    (found,) = await seen(radio)
    details = await query_details(Scanner(LoopTime()), found.advertisement, found.kinds[0], LoopTime())
    assert (details.serial, details.battery_pct, details.trouble) == ("A-1234", 41.0, "")
    await device.wait_until_free()
