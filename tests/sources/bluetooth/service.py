"""The Bluetooth source under test, what it emitted, and what that amounts to."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

import numpy as np

from dsp.types import GRAVITY_MS2, Array, ImuChunk, Placement, Side
from monitor.core.packet import Packet, Samples
from monitor.core.records import LinkState, SensorStatus
from monitor.core.retry import Backoff
from monitor.core.session_settings import SensorSettings
from monitor.devices.registry import DEVICES
from monitor.pipeline.sensor_stream import SensorStream
from monitor.simulation.emulated.imus import NUMBERED_WRAP
from monitor.sources.bluetooth.settings import BluetoothSettings
from monitor.sources.bluetooth.source import BluetoothSource, SearchTiming
from tests.sources.bluetooth.quick import LoopTime

SOON = SearchTiming(search_s=2.0, by_name_s=1.0, remind_s=2.0, backoff=Backoff(first_s=0.2, longest_s=1.0))


class Heard:
    """What the source emitted, and waiting for something among it."""

    def __init__(self) -> None:
        self.items: list[Packet | SensorStatus] = []
        self._new = asyncio.Event()

    def emit(self, item: Packet | SensorStatus) -> None:
        self.items.append(item)
        self._new.set()

    def packets(self, sensor: str, channel: str | None = None) -> list[Packet]:
        mine = (i for i in self.items if isinstance(i, Packet) and i.sensor == sensor)
        return [p for p in mine if channel in (None, p.channel)]

    def statuses(self, sensor: str) -> list[SensorStatus]:
        return [i for i in self.items if isinstance(i, SensorStatus) and i.sensor == sensor]

    def links(self, sensor: str) -> list[LinkState]:
        """What was said, without repetitions."""
        said = [s.link for s in self.statuses(sensor)]
        return [link for n, link in enumerate(said) if n == 0 or link is not said[n - 1]]

    async def until(self, true: Callable[[], bool], within_s: float = 60) -> None:
        async with asyncio.timeout(within_s):
            while not true():
                self._new.clear()
                await self._new.wait()

    async def more(self, sensor: str, channel: str, count: int, within_s: float = 60) -> None:
        """So many more packets than there are now."""
        wanted = len(self.packets(sensor, channel)) + count
        await self.until(lambda: len(self.packets(sensor, channel)) >= wanted, within_s)

    async def said(self, sensor: str, link: LinkState) -> SensorStatus:
        """The next time that this is said of the sensor."""
        before = len(self.statuses(sensor))
        await self.until(lambda: any(s.link is link for s in self.statuses(sensor)[before:]))
        return next(s for s in self.statuses(sensor)[before:] if s.link is link)


@contextlib.asynccontextmanager
async def running(
    *sensors: SensorSettings, settings: BluetoothSettings | None = None
) -> AsyncIterator[Heard]:
    heard = Heard()
    source = BluetoothSource(sensors, LoopTime(), settings, timing=SOON)
    task = asyncio.create_task(source.run(heard.emit))
    try:
        yield heard
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


@dataclass
class Account:
    """Samples of one sensor: ``numbers`` (n,) as the pod numbered them, unwrapped; losses as counted."""

    numbers: Array
    lost: int
    bad: int

    @property
    def balanced(self) -> bool:
        """Received + counted as lost = sent, from the first to the last that was received."""
        return len(self.numbers) + self.lost == self.numbers[-1] - self.numbers[0] + 1

    @property
    def none_twice(self) -> bool:
        return bool((np.diff(self.numbers) > 0).all())


def decoded_numbers(sensor: SensorSettings, packets: list[Packet]) -> list[int]:
    """The numbers of all samples that came, whatever becomes of their times."""
    decoder = DEVICES[sensor.kind].decoder(sensor)
    samples = [s for p in packets for s in decoder.decode(p) if isinstance(s, Samples)]
    mg = np.concatenate([s.acc_ms2[:, 0] for s in samples]) / GRAVITY_MS2 * 1000
    return [int(n) for n in np.round(mg)]


def account(sensor: SensorSettings, packets: list[Packet]) -> Account:
    """Decode everything as a session would."""
    stream = SensorStream(sensor, DEVICES[sensor.kind])
    items = [c for p in packets for c in stream.push(p)] + stream.finish()
    chunks = [c for c in items if isinstance(c, ImuChunk)]
    mg = np.concatenate([c.acc_ms2[:, 0] for c in chunks]) / GRAVITY_MS2 * 1000
    wrapped = np.round(mg).astype(np.int64)
    step = np.diff(wrapped)
    turns = np.concatenate(([0], np.cumsum(step < -NUMBERED_WRAP / 2)))
    return Account(wrapped + turns * NUMBERED_WRAP, stream.lost, stream.bad)


def pod(match: str | None = None) -> SensorSettings:
    return SensorSettings(name="pod", kind="rsc", placement=Placement.POD, match=match)


def foot(side: Side, match: str, kind: str = "movesense", rate_hz: float | None = None) -> SensorSettings:
    name = f"foot {side.value}"
    return SensorSettings(
        name=name, kind=kind, placement=Placement.FOOT, side=side, match=match, rate_hz=rate_hz
    )


def pelvis(match: str, kind: str = "movesense", rate_hz: float | None = None) -> SensorSettings:
    return SensorSettings(
        name="pelvis", kind=kind, placement=Placement.PELVIS, match=match, rate_hz=rate_hz
    )


def heart(match: str | None = None) -> SensorSettings:
    return SensorSettings(name="heart", kind="heart_rate", placement=Placement.POD, match=match)
