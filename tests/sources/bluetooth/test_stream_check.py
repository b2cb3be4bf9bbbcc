"""Setup's check: what streams, how fast, and what does not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from bleak import BleakScanner

from dsp.types import GRAVITY_MS2, Array, Side
from monitor.simulation.emulated.imus import Movesense, WitMotion
from monitor.simulation.emulated.pods import RunningPod
from monitor.simulation.emulated.radio import Radio
from monitor.sources.bluetooth import stream_check
from monitor.sources.bluetooth.settings import BluetoothSettings
from monitor.sources.bluetooth.stream_check import check_streams, find_shaken
from tests.sources.bluetooth.quick import LoopTime
from tests.sources.bluetooth.service import foot, pod


async def test_a_trial_tells_the_rate_of_what_streams_and_why_the_rest_does_not(
    radio: Radio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream_check, "_PATIENCE_S", 8.0)
    shoe, device = Movesense(radio, battery_pct=41), RunningPod(radio)
    await shoe.start()
    await device.start()
    sensors = [foot(Side.LEFT, shoe.name), pod(), foot(Side.RIGHT, "Movesense 999")]
    left, belt, right = await check_streams(sensors, BluetoothSettings(), LoopTime())
    assert left.per_second == pytest.approx(208, rel=0.1)
    assert (left.imu, left.lost, left.battery_pct) == (True, 0, 41.0)
    assert belt.per_second == pytest.approx(1, abs=0.1)
    assert not belt.imu
    assert not right.good
    assert "Movesense 999" in right.text


@pytest.mark.parametrize("hands", [0, 1, 2])
async def test_of_two_alike_the_one_that_is_shaken_is_told_and_only_if_that_is_clear(
    radio: Radio, hands: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream_check, "_SHAKE_S", 2.5)
    twins, said = [WitMotion(radio, "WT901BLE68") for _ in range(2)], list[str]()

    def signal(n: Array, shaken: bool) -> tuple[Array, Array]:
        rows = np.tile((0.0, 0.0, GRAVITY_MS2), (len(n), 1))
        rows[:, 2] += 8.0 * np.sin(0.3 * np.asarray(n)) * shaken
        return rows, np.zeros((len(n), 3))

    for number, device in enumerate(twins):
        device.signal = lambda n, number=number: signal(n, bool(said) and number < hands)
        await device.start()
    seen = [d.address for d in await BleakScanner.discover(timeout=2.0) if d.name == "WT901BLE68"]
    sensors = [
        replace(foot(Side.LEFT, address, "witmotion"), name=f"twin {n}") for n, address in enumerate(seen)
    ]
    found = await find_shaken(sensors, BluetoothSettings(), LoopTime(), lambda: said.append("shake"))
    assert said == ["shake"]
    if hands == 1:
        assert found is not None
        assert found.match == twins[0].device.static_address.to_string(with_type_qualifier=False)
    else:
        assert found is None
