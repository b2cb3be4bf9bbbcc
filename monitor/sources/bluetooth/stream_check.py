"""Do these sensors really stream, and how fast?  By the same way as in a run."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from dataclasses import dataclass

from dsp.types import ImuChunk
from monitor.core.monotonic import MonotonicClock
from monitor.core.packet import Packet
from monitor.core.records import SensorStatus
from monitor.core.session_settings import SensorSettings
from monitor.devices.registry import DEVICES
from monitor.pipeline.sensor_stream import SensorStream
from monitor.sources.bluetooth.settings import BluetoothSettings
from monitor.sources.bluetooth.source import BluetoothSource

WATCH_S = 5.0  # of streaming
_PATIENCE_S = 30.0  # until then it must have begun


@dataclass(frozen=True, slots=True)
class StreamCheck:
    """``per_second`` samples (or readings of a pod that gives finished numbers), 0 if it never streamed."""

    sensor: SensorSettings
    per_second: float
    imu: bool
    lost: int
    battery_pct: float | None
    text: str

    @property
    def good(self) -> bool:
        return self.per_second > 0


class _Trial:
    def __init__(self, sensor: SensorSettings) -> None:
        self.sensor = sensor
        self._stream = SensorStream(sensor, DEVICES[sensor.kind])
        self._count = self._imu = 0
        self._first_s: float | None = None
        self._last_s = 0.0

    @property
    def watched_s(self) -> float:
        return 0.0 if self._first_s is None else self._last_s - self._first_s

    def take(self, item: Packet | SensorStatus) -> None:
        """What came of this sensor."""
        if isinstance(item, SensorStatus):
            self._stream.push_status(item)
            return
        found = self._stream.push(item)
        samples = sum(len(i.t_s) if isinstance(i, ImuChunk) else 0 for i in found)
        if not found or (not samples and self._imu):
            return
        self._last_s = item.arrival_ns * 1e-9
        if self._first_s is None or (samples and not self._imu):
            self._first_s, self._count = self._last_s, 0  # the first packet only starts the watch
        else:
            self._count += samples or 1
        self._imu += samples

    def verdict(self) -> StreamCheck:
        """So far."""
        rate = self._count / self.watched_s if self.watched_s > 0 else 0.0
        status = self._stream.status(self._last_s)
        return StreamCheck(self.sensor, rate, self._imu > 0, status.lost, status.battery_pct, status.text)


async def trial(
    sensors: Sequence[SensorSettings], bluetooth: BluetoothSettings, time: MonotonicClock
) -> list[StreamCheck]:
    """Connect to all at once, watch each for some seconds; ``BluetoothOff`` never: it is in the text."""
    trials = {s.name: _Trial(s) for s in sensors}

    def emit(item: Packet | SensorStatus) -> None:
        trials[item.sensor].take(item)

    async with asyncio.TaskGroup() as group:
        source = group.create_task(BluetoothSource(sensors, time, bluetooth).run(emit), name="trial")
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_PATIENCE_S):
                while any(t.watched_s < WATCH_S for t in trials.values()):
                    await time.sleep(0.2)
        source.cancel()
    return [t.verdict() for t in trials.values()]
