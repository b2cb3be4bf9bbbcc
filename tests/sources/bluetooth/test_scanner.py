"""One adapter for all: an answer that does not come is told; a flaky sensor waits for the others."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import pytest
from bleak import BleakScanner
from bleak_retry_connector.bleak_manager import _reset_dbus_socket_cache

from monitor.core.errors import BluetoothOff
from monitor.core.records import LinkState
from monitor.simulation.emulated import pods
from monitor.simulation.emulated.backend import _Client
from monitor.simulation.emulated.pods import RunningPod, Strap
from monitor.simulation.emulated.radio import Radio
from monitor.sources.bluetooth.scanner import Scanner
from monitor.sources.bluetooth.settings import BluetoothSettings
from monitor.sources.bluetooth.stream_check import check_streams
from tests.sources.bluetooth.conftest import RadioUnderTest
from tests.sources.bluetooth.quick import LoopTime, QuickLoop
from tests.sources.bluetooth.service import heart, pod, running

_TOLD_S = 10.0  # within so long silence of Bluetooth must be told


async def test_a_scan_that_never_starts_is_told_also_where_it_was_to_be_short(
    radio: Radio, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never(_: BleakScanner) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(BleakScanner, "start", never)
    async with asyncio.timeout(_TOLD_S):
        with pytest.raises(BluetoothOff, match="does not answer") as told:
            await Scanner(LoopTime()).scan(lambda _: None, 1.0)
    async with asyncio.timeout(_TOLD_S):
        with pytest.raises(BluetoothOff, match="does not answer"):
            await check_streams([pod()], BluetoothSettings(), LoopTime())
    german = await asyncio.to_thread(told.value.text_in, "de")
    assert german.startswith("Bluetooth antwortet nicht (seit 4 s")
    async with running(pod()) as heard, asyncio.timeout(_TOLD_S):
        await heard.said("pod", LinkState.OFF)


async def test_a_bus_that_accepts_and_says_nothing_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if isinstance(asyncio.get_running_loop(), QuickLoop):
        pytest.skip("a socket: in real time")
    path = str(tmp_path / "bus")
    with socket.socket(socket.AF_UNIX) as mute:
        mute.bind(path)
        mute.listen(8)
        monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", f"unix:path={path}")
        _reset_dbus_socket_cache()
        async with asyncio.timeout(_TOLD_S):
            with pytest.raises(BluetoothOff, match="does not answer"):
                await Scanner(LoopTime()).check()


async def test_a_flaky_sensor_holds_up_anothers_return_for_one_attempt_at_most(
    tested: RadioUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    if tested.level != "inproc":
        pytest.skip("the emulated client is made to hang")
    connect, attempts = _Client.connect, list[float]()
    time = LoopTime()

    async def hang(client: _Client, pair: bool, **kwargs: object) -> None:
        if client._ble.name == "RunPod 1":
            attempts.append(time.now_s())
            await asyncio.sleep(1000)
        await connect(client, pair, **kwargs)

    monkeypatch.setattr(_Client, "connect", hang)
    flaky = RunningPod(tested.radio, "RunPod 1")
    monkeypatch.setattr(pods, "_ADVERTISING_MS", 1500.0)  # it must be listened for that long
    strap = Strap(tested.radio)
    await strap.start()
    async with running(pod("RunPod 1"), heart()) as heard:
        await heard.more("heart", "heart_rate", 2)
        await flaky.start()
        for cut_s in (3.0, 17.0, 8.0, 11.0):  # at several moments of an attempt
            await heard.until(lambda: len(attempts) > 0, 200)
            await asyncio.sleep(cut_s)
            before, cut_at = len(attempts), time.now_s()
            strap.cut()
            await heard.said("heart", LinkState.LOST)
            await heard.more("heart", "heart_rate", 1)
            assert time.now_s() - cut_at < 20 + 8  # that attempt, then its own search and connection
            assert len(attempts) <= before + 1
        assert len(attempts) >= 4  # and the flaky one is tried on
