"""Sensors found, connected, lost and found again, through the real bleak."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable

from dsp.types import Placement
from monitor.emulated.pods import RunningPod
from monitor.emulated.radio import Radio
from monitor.packet import Packet
from monitor.records import Link, SensorStatus
from monitor.settings import SensorSettings
from monitor.sources.ble import Ble
from tests.radio.quick import LoopTime


class Heard:
    """What the source emitted, and waiting for something among it."""

    def __init__(self) -> None:
        self.items: list[Packet | SensorStatus] = []
        self.new = asyncio.Event()

    def emit(self, item: Packet | SensorStatus) -> None:
        self.items.append(item)
        self.new.set()

    def packets(self, sensor: str, channel: str) -> list[Packet]:
        return [
            i for i in self.items if isinstance(i, Packet) and (i.sensor, i.channel) == (sensor, channel)
        ]

    def links(self, sensor: str) -> list[Link]:
        return [i.link for i in self.items if isinstance(i, SensorStatus) and i.sensor == sensor]

    async def until(self, true: Callable[[], bool], within_s: float = 60) -> None:
        async with asyncio.timeout(within_s):
            while not true():
                self.new.clear()
                await self.new.wait()


@contextlib.asynccontextmanager
async def running(*sensors: SensorSettings) -> AsyncIterator[Heard]:
    heard = Heard()
    task = asyncio.create_task(Ble(sensors, LoopTime()).run(heard.emit))
    try:
        yield heard
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


def pod(name: str = "pod", match: str | None = None) -> SensorSettings:
    return SensorSettings(name=name, kind="rsc", placement=Placement.POD, match=match)


async def test_a_pod_is_found_and_streams(radio: Radio) -> None:
    device = RunningPod(radio)
    await device.start()
    async with running(pod()) as heard:
        await heard.until(lambda: len(heard.packets("pod", "rsc")) >= 3)
        assert heard.links("pod") == [Link.SEARCHING, Link.CONNECTING]
        assert [p.payload for p in heard.packets("pod", "battery")] == [bytes([87])]
    await device.free()
    await device.stop()


async def test_a_link_that_breaks_comes_back_and_nothing_comes_twice(radio: Radio) -> None:
    device = RunningPod(radio)
    await device.start()
    async with running(pod()) as heard:
        await heard.until(lambda: len(heard.packets("pod", "rsc")) >= 2)
        device.cut()
        await heard.until(lambda: len({p.link for p in heard.packets("pod", "rsc")}) == 2)
        await heard.until(lambda: len(heard.packets("pod", "rsc")) >= 6)
        assert Link.LOST in heard.links("pod")
        assert len(heard.packets("pod", "rsc")) <= device.notified
    await device.stop()
