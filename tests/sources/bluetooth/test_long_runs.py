"""What happens to a radio in the months of its life: pulled, restarted, renamed, empty, cut off often."""

from __future__ import annotations

import asyncio
import itertools

import pytest

from dsp.types import Side
from monitor.core.records import LinkState
from monitor.simulation.emulated.imus import Movesense
from monitor.simulation.emulated.pods import RunningPod
from monitor.simulation.emulated.radio import Radio
from monitor.sources.bluetooth.settings import BluetoothSettings
from tests.sources.bluetooth.conftest import RadioUnderTest
from tests.sources.bluetooth.service import foot, pod, running


@pytest.mark.parametrize("comes_back_as", ["hci0", "hci1"])
async def test_an_adapter_that_is_pulled_and_plugged_in_again_is_enough(
    tested: RadioUnderTest, comes_back_as: str
) -> None:
    bluez, shoe = tested.small_bluez(), Movesense(tested.radio)
    await shoe.start()
    left = foot(Side.LEFT, shoe.name)
    async with running(left) as heard:
        await heard.more(left.name, "data", 5)
        told, _ = await asyncio.gather(heard.said(left.name, LinkState.OFF), bluez.pull())
        assert "plug one in" in told.text
        bluez.plug(comes_back_as)
        await heard.more(left.name, "data", 5)


async def test_of_two_adapters_one_that_is_missing_is_told_and_the_other_takes_its_sensor(
    tested: RadioUnderTest,
) -> None:
    tested.small_bluez()
    device, shoe = RunningPod(tested.radio), Movesense(tested.radio)
    await device.start()
    await shoe.start()
    left, both = foot(Side.LEFT, shoe.name), BluetoothSettings(adapters=("hci0", "hci1"))
    async with running(pod(), left, settings=both) as heard:
        told = await heard.said(left.name, LinkState.OFF)
        assert "hci1" in told.text
        await heard.more(left.name, "data", 5)
        await heard.more("pod", "rsc", 2)
        assert LinkState.OFF not in heard.links("pod")


async def test_a_bluetooth_service_that_is_killed_and_started_anew_is_no_trouble(
    tested: RadioUnderTest,
) -> None:
    bluez, shoe = tested.small_bluez(), Movesense(tested.radio)
    await shoe.start()
    left = foot(Side.LEFT, shoe.name)
    async with running(left) as heard:
        for _ in range(2):
            await heard.more(left.name, "data", 5)
            await asyncio.gather(heard.said(left.name, LinkState.LOST), bluez.restart())
        await heard.more(left.name, "data", 5)


async def test_a_sensor_that_its_firmware_renames_goes_on(radio: Radio) -> None:
    device, stranger = RunningPod(radio, "RunPod 1"), RunningPod(radio, "RunPod 1")
    await device.start()
    async with running(pod("RunPod 1")) as heard:
        await heard.more("pod", "rsc", 3)
        await stranger.start()
        await device.vanish()
        device.rename("RunPod updated")
        await heard.said("pod", LinkState.SEARCHING)
        await device.appear()
        await heard.more("pod", "rsc", 3)
        assert stranger.notified == 0


async def test_forty_reconnections_in_an_hour_leave_nothing_behind(tested: RadioUnderTest) -> None:
    if tested.level != "inproc":
        pytest.skip("an hour in made-up time only")
    device = RunningPod(tested.radio)
    await device.start()
    async with running(pod()) as heard:
        await heard.more("pod", "rsc", 3)
        tasks = len(asyncio.all_tasks())
        for link in range(40):
            device.cut()
            await heard.said("pod", LinkState.LOST)
            await heard.more("pod", "rsc", 90, within_s=120)
            assert {p.link for p in heard.packets("pod")} == set(range(link + 2))
        assert len(asyncio.all_tasks()) == tasks
        arrivals_s = [p.arrival_ns * 1e-9 for p in heard.packets("pod", "rsc")]
    pauses_s = [b - a for a, b in itertools.pairwise(arrivals_s)]
    assert arrivals_s[-1] >= 3300
    assert max(pauses_s) < 10
