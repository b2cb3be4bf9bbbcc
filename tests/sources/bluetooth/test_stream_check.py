"""Setup's check: what streams, how fast, and what does not."""

from __future__ import annotations

import pytest

from dsp.types import Side
from monitor.simulation.emulated.imus import Movesense
from monitor.simulation.emulated.pods import RunningPod
from monitor.simulation.emulated.radio import Radio
from monitor.sources.bluetooth import stream_check
from monitor.sources.bluetooth.settings import BluetoothSettings
from monitor.sources.bluetooth.stream_check import check_streams
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
