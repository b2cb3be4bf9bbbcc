"""What sensors really send, by the same way as in a run: how fast, and which of them is shaken."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from dsp.types import ImuChunk, Reading
from monitor.core.monotonic import MonotonicClock
from monitor.core.packet import Packet
from monitor.core.records import SensorStatus
from monitor.core.session_settings import SensorSettings
from monitor.devices.registry import DEVICES
from monitor.pipeline.sensor_stream import SensorStream
from monitor.sources.bluetooth.scanner import check_adapters
from monitor.sources.bluetooth.settings import BluetoothSettings
from monitor.sources.bluetooth.source import BluetoothSource

_STREAMING_S = 5.0  # of streaming are measured
_PATIENCE_S = 30.0  # by then all of it must be over
_SHAKE_S = 6.0  # for a hand to shake; a pod tells a cadence after some seconds
_SHAKEN_MS2 = 2.0  # SD of the norm of the acceleration; a hand makes 5 and more, a table 0.1
_SHAKEN_SPM = 20.0  # of a pod that gives finished numbers
_CLEARLY = 3.0  # times more than the others


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

    ``BluetoothOff`` if an adapter cannot scan; later errors are in the ``text`` of the results.
    """
    await check_adapters(bluetooth, time)
    meters = {s.name: _StreamMeter(s) for s in sensors}
    async with _listening(meters, sensors, bluetooth, time):
        await _wait_until(lambda: all(m.measured_s >= _STREAMING_S for m in meters.values()), time)
    return [m.result() for m in meters.values()]


@contextlib.asynccontextmanager
async def _listening(
    meters: Mapping[str, _StreamMeter | _MotionMeter],
    sensors: Sequence[SensorSettings],
    bluetooth: BluetoothSettings,
    time: MonotonicClock,
) -> AsyncIterator[None]:
    """All sensors connected at once, each heard by its meter."""

    def emit(item: Packet | SensorStatus) -> None:
        meters[item.sensor].push(item)

    async with asyncio.TaskGroup() as group:
        source = group.create_task(BluetoothSource(sensors, time, bluetooth).run(emit), name="stream check")
        yield
        source.cancel()


async def _wait_until(ready: Callable[[], bool], time: MonotonicClock) -> None:
    """Return when it is so, or nobody has the patience any more."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_PATIENCE_S):
            while not ready():
                await time.sleep(0.2)


class _MotionMeter:
    """Measures how much one sensor is moved, as a multiple of what a shaken one is moved at least."""

    def __init__(self, sensor: SensorSettings) -> None:
        self._stream = SensorStream(sensor, DEVICES[sensor.kind])
        self._norms: list[float] = []
        self._cadence = 0.0
        self.streams = False

    def push(self, item: Packet | SensorStatus) -> None:
        if isinstance(item, SensorStatus):
            return
        for decoded in (*self._stream.push(item), *self._stream.tick(item.arrival_ns * 1e-9)):
            self.streams = True
            match decoded:
                case ImuChunk():
                    self._norms += np.linalg.norm(decoded.acc_ms2, axis=1).tolist()
                case Reading(quantity="cadence_raw" | "cadence_spm"):
                    self._cadence = max(self._cadence, decoded.value)

    def begin(self) -> None:
        self._norms, self._cadence = [], 0.0

    @property
    def motion(self) -> float:
        moved_ms2 = float(np.std(self._norms)) if self._norms else 0.0
        return max(moved_ms2 / _SHAKEN_MS2, self._cadence / _SHAKEN_SPM)


async def find_shaken(
    sensors: Sequence[SensorSettings],
    bluetooth: BluetoothSettings,
    time: MonotonicClock,
    ready: Callable[[], None],
) -> SensorSettings | None:
    """Connect to all sensors, call ``ready`` once they stream, and return the one that is shaken then.

    None if not all of them stream, or if none is shaken clearly more than the others.
    """
    meters = {s.name: _MotionMeter(s) for s in sensors}
    async with _listening(meters, sensors, bluetooth, time):
        await _wait_until(lambda: all(m.streams for m in meters.values()), time)
        if all(m.streams for m in meters.values()):
            ready()
            await time.sleep(1.0)  # what was sent before
            for meter in meters.values():
                meter.begin()
            await time.sleep(_SHAKE_S)
    if not all(m.streams for m in meters.values()):
        return None
    most, *others = sorted(sensors, key=lambda s: -meters[s.name].motion)
    motion = meters[most.name].motion
    clear = all(motion >= _CLEARLY * meters[s.name].motion for s in others)
    return most if motion >= 1.0 and clear else None
