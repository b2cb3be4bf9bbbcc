"""A check whether sensors really stream, and how fast, by the same way as in a run."""

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

_STREAMING_S = 5.0  # of streaming are measured
_PATIENCE_S = 30.0  # by then all of it must be over


@dataclass(frozen=True, slots=True)
class StreamCheck:
    """``StreamCheck`` is the result for one sensor.

    ``per_second`` are samples (or readings of a pod that gives finished numbers), 0 if it never streamed;
    ``imu`` whether these are samples; ``lost`` how many were lost; ``text`` what its last status said.
    """

    sensor: SensorSettings
    per_second: float
    imu: bool
    lost: int
    battery_pct: float | None
    text: str

    @property
    def good(self) -> bool:
        """True if the sensor streamed at all."""
        return self.per_second > 0


class _StreamMeter:
    """Counts what arrives of one sensor."""

    def __init__(self, sensor: SensorSettings) -> None:
        self.sensor = sensor
        self._stream = SensorStream(sensor, DEVICES[sensor.kind])
        self._count = self._imu = 0
        self._first_s: float | None = None
        self._last_s = 0.0

    @property
    def measured_s(self) -> float:
        return 0.0 if self._first_s is None else self._last_s - self._first_s

    def push(self, item: Packet | SensorStatus) -> None:
        if isinstance(item, SensorStatus):
            self._stream.push_status(item)
            return
        decoded = self._stream.push(item)
        samples = sum(len(i.t_s) if isinstance(i, ImuChunk) else 0 for i in decoded)
        if not decoded or (not samples and self._imu):
            return
        self._last_s = item.arrival_ns * 1e-9
        if self._first_s is None or (samples and not self._imu):
            self._first_s, self._count = self._last_s, 0  # the first packet only starts the clock
        else:
            self._count += samples or 1
        self._imu += samples

    def result(self) -> StreamCheck:
        rate = self._count / self.measured_s if self.measured_s > 0 else 0.0
        status = self._stream.status(self._last_s)
        return StreamCheck(self.sensor, rate, self._imu > 0, status.lost, status.battery_pct, status.text)


async def check_streams(
    sensors: Sequence[SensorSettings], bluetooth: BluetoothSettings, time: MonotonicClock
) -> list[StreamCheck]:
    """Connect to all sensors at once, let each stream for some seconds, and return a result for each.

    Errors of Bluetooth are not raised; they are in the ``text`` of the results.
    """
    meters = {s.name: _StreamMeter(s) for s in sensors}

    def emit(item: Packet | SensorStatus) -> None:
        meters[item.sensor].push(item)

    async with asyncio.TaskGroup() as group:
        source = group.create_task(BluetoothSource(sensors, time, bluetooth).run(emit), name="stream check")
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_PATIENCE_S):
                while any(m.measured_s < _STREAMING_S for m in meters.values()):
                    await time.sleep(0.2)
        source.cancel()
    return [m.result() for m in meters.values()]
