"""Sensors found, connected, lost and found again; what the runner is told; what recovers by itself."""

from __future__ import annotations

import asyncio
import logging

import pytest
from bleak import BleakClient, BleakScanner
from bleak.exc import BleakError
from bumble.gatt import CharacteristicValue

from dsp.types import Side
from monitor.core.records import LinkState
from monitor.core.session_settings import SensorSettings
from monitor.simulation.emulated.backend import _Client
from monitor.simulation.emulated.imus import Movesense
from monitor.simulation.emulated.pods import RunningPod, Strap
from monitor.simulation.emulated.radio import Radio
from tests.sources.bluetooth.conftest import RadioUnderTest
from tests.sources.bluetooth.service import foot, heart, pod, running


async def test_a_pod_is_found_and_streams(radio: Radio) -> None:
    device = RunningPod(radio)
    await device.start()
    async with running(pod()) as heard:
        await heard.more("pod", "rsc", 3)
        await heard.until(lambda: bool(heard.packets("pod", "battery")))
        assert heard.links("pod") == [LinkState.SEARCHING, LinkState.CONNECTING]
        assert [p.payload for p in heard.packets("pod", "battery")] == [bytes([87])]
    await device.wait_until_free()


async def test_arrival_is_session_time_and_never_runs_back(radio: Radio) -> None:
    device = RunningPod(radio)
    await device.start()
    async with running(pod()) as heard:
        await heard.more("pod", "rsc", 3)
        arrivals = [p.arrival_ns for p in heard.packets("pod", "rsc")]
        assert 0 < arrivals[0] < 60e9
        assert arrivals == sorted(arrivals)


async def test_a_link_that_breaks_comes_back_and_nothing_comes_twice(radio: Radio) -> None:
    device = RunningPod(radio)
    await device.start()
    async with running(pod()) as heard:
        await heard.more("pod", "rsc", 2)
        device.cut()
        lost = await heard.said("pod", LinkState.LOST)
        assert "out of range" in lost.text
        await heard.more("pod", "rsc", 2)
        assert {p.link for p in heard.packets("pod", "rsc")} == {0, 1}
        assert len(heard.packets("pod", "rsc")) <= device.notified


async def test_a_sensor_switched_off_and_on_again_comes_back(radio: Radio) -> None:
    device = RunningPod(radio)
    await device.start()
    async with running(pod("RunPod 1")) as heard:
        await heard.more("pod", "rsc", 2)
        await device.vanish()
        await heard.said("pod", LinkState.LOST)
        told = await heard.said("pod", LinkState.SEARCHING)
        assert "RunPod 1" in told.text
        await device.appear()
        await heard.more("pod", "rsc", 2)


async def test_a_run_may_start_before_its_sensor_is_there(radio: Radio) -> None:
    device = RunningPod(radio)
    async with running(pod()) as heard:
        told = await heard.said("pod", LinkState.SEARCHING)
        assert "switch it on" in told.text
        await device.start()
        await heard.more("pod", "rsc", 2)


async def test_a_link_that_is_silent_is_told_and_made_anew(radio: Radio) -> None:
    device = Movesense(radio)
    await device.start()
    left = foot(Side.LEFT, device.name)
    async with running(left) as heard:
        await heard.more(left.name, "data", 20)
        device.silent = True
        told = await heard.said(left.name, LinkState.LOST)
        assert "sent nothing" in told.text
        device.silent = False
        await heard.more(left.name, "data", 20)


async def test_a_battery_that_does_not_answer_keeps_nobody_from_streaming(tested: RadioUnderTest) -> None:
    if tested.level == "bluez":
        pytest.skip("bluetoothd reads the battery itself, and waits for it")
    device = RunningPod(tested.radio)

    async def never(_: object) -> bytes:
        await asyncio.sleep(1000)
        return b""

    device.battery.value = CharacteristicValue(read=never)
    await device.start()
    async with running(pod()) as heard:
        await heard.more("pod", "rsc", 3)
        device.cut()
        await heard.said("pod", LinkState.LOST)
        assert heard.packets("pod", "battery") == []


async def test_bluetooth_that_goes_away_is_told_and_its_return_is_enough(tested: RadioUnderTest) -> None:
    device = RunningPod(tested.radio)
    await device.start()
    async with running(pod()) as heard:
        await heard.more("pod", "rsc", 2)
        await tested.off()
        told = await heard.said("pod", LinkState.OFF)
        assert "switch it on" in told.text or "plug one in" in told.text
        await tested.on()
        await heard.more("pod", "rsc", 2)


async def test_a_sensor_that_a_killed_program_left_connected_is_taken_over(tested: RadioUnderTest) -> None:
    if tested.level == "inproc":
        pytest.skip("links of the emulated stack end with their program")
    device = RunningPod(tested.radio)
    await device.start()
    seen = await BleakScanner.find_device_by_name(device.name, timeout=10)
    assert seen is not None
    await BleakClient(seen).connect()  # and nobody disconnects: the pod does not advertise any more
    async with running(pod("RunPod 1")) as heard:
        await heard.more("pod", "rsc", 2)
    await device.wait_until_free()


async def test_several_sensors_stream_side_by_side_and_one_that_is_away_holds_up_nobody(
    radio: Radio,
) -> None:
    device, strap = RunningPod(radio), Strap(radio)
    await device.start()
    away = SensorSettings(name="belt", kind="treadmill", placement=pod().placement)
    async with running(pod(), heart(), away) as heard:
        await strap.start()
        await heard.more("pod", "rsc", 2)
        await heard.more("heart", "heart_rate", 2)
        device.cut()
        await heard.more("heart", "heart_rate", 2)
        await heard.said("belt", LinkState.SEARCHING)
        await heard.more("pod", "rsc", 2)


@pytest.mark.parametrize("where", ["connect", "start_notify", "read_gatt_char"])
@pytest.mark.parametrize(
    ("error", "told"),
    [
        (RuntimeError("bug"), "RuntimeError"),
        (asyncio.CancelledError(), "CancelledError"),
        (ExceptionGroup("", [KeyError()]), "KeyError"),
        (BaseExceptionGroup("", [asyncio.CancelledError()]), "CancelledError"),
    ],
)
async def test_an_error_that_nobody_foresaw_costs_one_sensor_one_attempt(
    tested: RadioUnderTest,
    where: str,
    error: BaseException,
    told: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    if tested.level != "inproc":
        pytest.skip("the emulated client is made to fail")
    method, left = getattr(_Client, where), [error, error]

    async def fail(client: _Client, *args: object, **kwargs: object) -> object:
        if client._ble.name == "RunPod 1" and left:
            raise left.pop()
        return await method(client, *args, **kwargs)

    monkeypatch.setattr(_Client, where, fail)
    device, strap = RunningPod(tested.radio, "RunPod 1"), Strap(tested.radio)
    await strap.start()
    async with running(pod(), heart()) as heard:
        await heard.more("heart", "heart_rate", 2)
        await device.start()
        await heard.until(lambda: not left)
        await heard.more("pod", "rsc", 5)
        assert f"unexpected error ({told})" in " ".join(s.text for s in heard.statuses("pod"))
        assert {p.link for p in heard.packets("heart")} == {0}
    ours = [r for r in caplog.records if r.name.startswith("monitor.") and r.levelno >= logging.ERROR]
    bugs = [r.exc_info[1] for r in ours if r.exc_info]
    assert bugs == [error, error]


async def test_a_link_that_broke_in_discovery_and_then_was_made_is_kept(
    tested: RadioUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    if tested.level != "inproc":
        pytest.skip("the emulated client is made to fail")
    discover, left = _Client._discover, [1]

    async def cut_once(client: _Client, peer: object) -> None:
        if left:
            left.clear()
            await client.disconnect()
            raise BleakError("le-connection-abort-by-local")
        await discover(client, peer)  # type: ignore[arg-type]

    monkeypatch.setattr(_Client, "_discover", cut_once)
    device = RunningPod(tested.radio)
    await device.start()
    async with running(pod()) as heard:
        await heard.more("pod", "rsc", 5)
        assert LinkState.LOST not in heard.links("pod")
        assert {p.link for p in heard.packets("pod")} == {0}


async def test_a_link_that_breaks_and_comes_back_is_logged_in_two_lines(
    radio: Radio, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "monitor")
    device = RunningPod(radio)
    await device.start()
    async with running(pod()) as heard:
        await heard.more("pod", "rsc", 2)
        await device.vanish()
        await heard.said("pod", LinkState.LOST)
        for _ in range(3):
            await heard.said("pod", LinkState.SEARCHING)
        await device.appear()
        await heard.more("pod", "rsc", 2)
    lines = [(r.levelname, r.getMessage()) for r in caplog.records if r.name.startswith("monitor.sources")]
    assert lines[0] == ("WARNING", "pod is out of range or switched off")
    assert {level for level, _ in lines[1:-1]} <= {"WARNING"}  # that it is not to be seen is another reason
    assert lines[-1][1].startswith("pod: connected after")
    assert len(lines) <= 4
    assert all(r.sensor == "pod" for r in caplog.records if r.name.endswith("bluetooth.source"))  # type: ignore[attr-defined]
