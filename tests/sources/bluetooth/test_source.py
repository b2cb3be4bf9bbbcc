"""No sample unaccounted for, none twice: received + counted as lost = sent."""

from __future__ import annotations

import math
import os
from itertools import pairwise

import pytest

from dsp.types import Side
from monitor.core.records import LinkState
from monitor.simulation.emulated.imus import Movesense, PolarH10, WitMotion
from monitor.simulation.emulated.radio import INTERVAL_S, Radio
from tests.sources.bluetooth.conftest import RadioUnderTest
from tests.sources.bluetooth.service import account, decoded_numbers, foot, pelvis, running

LONG_S = float(os.environ.get("GAITCUE_RADIO_SECONDS", "60"))
"""On the clock that does not wait; the other radios run for a fifteenth of it."""


async def test_values_longer_than_one_packet_arrive_whole(radio: Radio) -> None:
    device = Movesense(radio, "204830000007")
    await device.start()
    left = foot(Side.LEFT, "204830000007")
    async with running(left) as heard:
        await heard.more(left.name, "data", 60)
        packets = heard.packets(left.name)
    assert max(len(p.payload) for p in packets) == 152
    got = account(left, packets)
    assert got.bad == 0
    assert got.lost == 0
    assert got.balanced


@pytest.mark.parametrize("kind", ["movesense", "polar"])
async def test_a_broken_link_costs_what_is_counted_and_brings_nothing_twice(
    radio: Radio, kind: str
) -> None:
    device = Movesense(radio) if kind == "movesense" else PolarH10(radio)
    await device.start()
    sensor = foot(Side.LEFT, device.name, kind)
    async with running(sensor) as heard:
        for _ in range(2):
            await heard.more(sensor.name, "data", 20)
            device.cut()
            await heard.said(sensor.name, LinkState.LOST)
        await heard.more(sensor.name, "data", 20)
        got = account(sensor, heard.packets(sensor.name))
        assert len({p.link for p in heard.packets(sensor.name, "data")}) == 3
    assert got.none_twice
    assert got.lost > 0
    assert got.balanced, (len(got.numbers), got.lost, got.numbers[0], got.numbers[-1])
    await device.wait_until_free()


async def test_two_hundred_notifications_a_second_arrive_all_and_once(radio: Radio) -> None:
    device = WitMotion(radio)
    await device.start()
    sensor = pelvis(device.name, "witmotion")
    async with running(sensor) as heard:
        await heard.more(sensor.name, "imu", 50)
        assert device.rate_hz == 100.0  # as the start script set it
        device.rate_hz = 200.0
        await heard.more(sensor.name, "imu", 1000)
        streamed, sent = decoded_numbers(sensor, heard.packets(sensor.name)), device.notified
        device.cut()
        await heard.said(sensor.name, LinkState.LOST)
        await heard.more(sensor.name, "imu", 200)
        got = decoded_numbers(sensor, heard.packets(sensor.name))
    on_the_air = 200 * 2 * INTERVAL_S
    assert sent - on_the_air <= len(streamed) <= sent
    assert all(b > a for a, b in pairwise(got))
    assert len(got) <= device.notified


async def test_two_feet_and_a_pelvis_for_a_minute_with_losses_of_link(tested: RadioUnderTest) -> None:
    seconds = LONG_S if tested.level == "inproc" else LONG_S / 15
    half = 2 * math.ceil(0.4 * seconds * 208 / 8)  # packets of that time, each in two parts
    devices = [Movesense(tested.radio, f"20483000000{n}") for n in range(3)]
    for device in devices:
        await device.start()
    left, right, belt = sensors = [
        foot(Side.LEFT, devices[0].name),
        foot(Side.RIGHT, devices[1].name),
        pelvis(devices[2].name),
    ]
    async with running(*sensors) as heard:
        for sensor in sensors:
            await heard.more(sensor.name, "data", half)
        devices[0].cut()
        await heard.said(left.name, LinkState.LOST)
        await heard.more(left.name, "data", half)
        got = {s.name: account(s, heard.packets(s.name)) for s in sensors}
    for name, one in got.items():
        assert one.none_twice, name
        assert one.balanced, name
        assert one.bad == 0 or name == left.name, name
        assert len(one.numbers) > 0.8 * 208 * seconds, name
    assert got[right.name].lost == got[belt.name].lost == 0
    assert got[left.name].lost > 0
