"""Which of several sensors is whose: by name, by address and by serial number; strangers are left alone."""

from __future__ import annotations

import asyncio
import itertools
import logging
from dataclasses import replace

import pytest
from bleak import BleakScanner

from monitor.core.errors import ConfigError
from monitor.core.records import LinkState
from monitor.core.session_settings import SensorSettings
from monitor.simulation.emulated.pods import RunningPod
from monitor.simulation.emulated.radio import Radio
from monitor.sources.bluetooth.source import BluetoothSource
from tests.deep import DEEP
from tests.sources.bluetooth.quick import LoopTime
from tests.sources.bluetooth.service import pod, running


async def test_of_two_alike_each_is_known_by_its_name(radio: Radio) -> None:
    devices = [RunningPod(radio, "RunPod 1"), RunningPod(radio, "RunPod 12", battery_pct=12)]
    for device in devices:
        await device.start()
    async with running(pod("RunPod 1")) as heard:
        await heard.more("pod", "rsc", 2)
        await heard.until(lambda: bool(heard.packets("pod", "battery")))
        assert heard.packets("pod", "battery")[0].payload == bytes([87])
        assert len(devices[0].connections) == 1
        assert not devices[1].connections


async def test_a_sensor_is_known_by_its_serial_number_where_the_name_does_not_tell(radio: Radio) -> None:
    wrong = RunningPod(radio, "RunPod", serial="A-1", battery_pct=12)
    right = RunningPod(radio, "RunPod", serial="A-2")
    await wrong.start()
    await right.start()
    async with running(pod("A-2")) as heard:
        await heard.more("pod", "rsc", 2)
        await heard.until(lambda: bool(heard.packets("pod", "battery")))
        assert heard.packets("pod", "battery")[0].payload == bytes([87])


async def test_a_strangers_pod_is_told_and_never_taken_over(radio: Radio) -> None:
    mine, stranger = RunningPod(radio, "Stryd mine"), RunningPod(radio, "Stryd of a stranger")
    await mine.start()
    async with running(pod()) as heard:
        await heard.more("pod", "rsc", 3)
        await stranger.start()
        await mine.vanish()
        await heard.until(lambda: "Stryd of a stranger" in heard.statuses("pod")[-1].text)
        told = heard.statuses("pod")[-1]
        assert told.link is LinkState.SEARCHING
        assert "another one fits" in told.text
        await asyncio.sleep(5)
        assert stranger.notified == 0
        await mine.appear()
        await heard.more("pod", "rsc", 3)
        assert stranger.notified == 0


async def test_one_of_the_same_name_is_not_taken_over_either(radio: Radio) -> None:
    mine, twin = RunningPod(radio, "RunPod 1"), RunningPod(radio, "RunPod 1")
    await mine.start()
    async with running(pod("RunPod 1")) as heard:
        await heard.more("pod", "rsc", 3)
        await twin.start()
        await mine.vanish()
        await heard.until(lambda: "another one fits" in heard.statuses("pod")[-1].text)
        await mine.appear()
        await heard.more("pod", "rsc", 3)
        assert twin.notified == 0


async def test_a_device_with_a_new_address_is_known_by_its_serial_number(radio: Radio) -> None:
    before, stranger = RunningPod(radio, "RunPod", serial="A-1"), RunningPod(radio, "RunPod", serial="A-2")
    await before.start()
    async with running(pod("RunPod")) as heard:
        await heard.more("pod", "rsc", 3)
        await before.vanish()
        await stranger.start()
        await heard.until(
            lambda: any("serial number A-2, not A-1" in s.text for s in heard.statuses("pod"))
        )
        renewed = RunningPod(radio, "RunPod renamed", serial="A-1")
        await renewed.start()
        await heard.more("pod", "rsc", 3)
        assert renewed.notified >= 3
        assert stranger.notified == 0
        renewed.cut()
        await heard.said("pod", LinkState.LOST)
        await heard.more("pod", "rsc", 3)
        assert stranger.notified == 0


async def test_two_of_one_name_are_left_and_right_by_their_addresses(radio: Radio) -> None:
    left, right = RunningPod(radio, "RunPod", battery_pct=11), RunningPod(radio, "RunPod", battery_pct=22)
    for device in (left, right):
        await device.start()
    addresses = [d.address for d in await BleakScanner.discover(timeout=2.0) if d.name == "RunPod"]
    assert len(addresses) == 2
    told = []
    for address in addresses:
        async with running(pod(address)) as heard:
            await heard.until(lambda: bool(heard.packets("pod", "battery")))
            told.append(heard.packets("pod", "battery")[0].payload[0])
    assert sorted(told) == [11, 22]


@pytest.mark.parametrize(
    ("by", "nearest"),
    list(itertools.product(("address", "serial"), (0, 1))) if DEEP else [("address", 0), ("serial", 1)],
)
async def test_one_told_by_its_name_leaves_alone_what_another_is_told_by(
    radio: Radio, by: str, nearest: int
) -> None:
    """The first was set up by the name that a whole batch has; then a second one was bought."""
    batteries = (11, 22)
    devices = [RunningPod(radio, "RunPod", serial=f"A-{pct}", battery_pct=pct) for pct in batteries]
    await devices[nearest].start()
    (address,) = [d.address for d in await BleakScanner.discover(timeout=2.0) if d.name == "RunPod"]
    second = replace(pod(address if by == "address" else f"A-{batteries[nearest]}"), name="second")
    async with running(pod("RunPod"), second) as heard:
        await asyncio.sleep(3.0)
        await devices[1 - nearest].start()
        for name, pct in (("pod", batteries[1 - nearest]), ("second", batteries[nearest])):
            await heard.until(lambda name=name: bool(heard.packets(name, "battery")))  # type: ignore[misc]
            assert {p.payload[0] for p in heard.packets(name, "battery")} == {pct}


async def test_two_of_a_kind_without_names_are_refused() -> None:
    twice = [SensorSettings(name=name, kind="rsc", placement=pod().placement) for name in ("left", "right")]
    with pytest.raises(ConfigError) as refused:
        BluetoothSource(twice, LoopTime())
    assert len(refused.value.messages) == 2


async def test_no_log_line_names_a_device_that_is_refused_or_its_address(
    radio: Radio, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "monitor")
    stranger = RunningPod(radio, "Annas Pod", serial="A-1")
    await stranger.start()
    async with running(pod("A-2")) as heard:
        await heard.until(lambda: any("serial number A-1" in s.text for s in heard.statuses("pod")))
        await heard.said("pod", LinkState.SEARCHING)
    text = "\n".join(
        f"{r.getMessage()} {r.__dict__}" for r in caplog.records if r.name.startswith("monitor")
    )
    assert "pod: another device of this kind was there and was refused" in text
    for private in (
        "Annas",
        "A-1",
        str(stranger.device.public_address),
        str(stranger.device.random_address),
    ):
        assert private not in text
