"""The simulated runner wearing emulated sensors: three Movesense on an emulated radio, as a source."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence

import numpy as np

from dsp.simulation.runner import Bout, Device, simulated_imu, simulated_run
from dsp.types import Array, ImuChunk, Placement, Runner, Side
from monitor.core.monotonic import MonotonicClock
from monitor.core.session_settings import SensorSettings, SessionSettings
from monitor.simulation.emulated.imus import ImuSignal, Movesense
from monitor.simulation.emulated.radio import emulated_radio
from monitor.sources.bluetooth.source import BluetoothSource
from monitor.sources.protocol import Emit

_RATE_HZ = 208.0
_WORN = (
    ("left foot", Placement.FOOT, Side.LEFT, "Movesense 204830000001"),
    ("right foot", Placement.FOOT, Side.RIGHT, "Movesense 204830000002"),
    ("belt", Placement.PELVIS, None, "Movesense 204830000003"),
)


def emulated_settings() -> SessionSettings:
    """Return the settings that a user would have made for these three sensors."""
    return SessionSettings(
        runner=Runner(height_m=1.75, mass_kg=70.0),
        sensors=tuple(
            SensorSettings(name=name, kind="movesense", placement=placement, side=side, match=match)
            for name, placement, side, match in _WORN
        ),
    )


class EmulatedRunner:
    """A source that ends ``seconds`` after its start, in real time: a radio cannot be hurried.

    ``signals`` are those of ``emulated_signals``, made beforehand: they take longer than the radio does.
    """

    name = "emulated sensors"
    live = True

    def __init__(self, signals: Sequence[ImuSignal], seconds: float, time: MonotonicClock) -> None:
        self._signals = signals
        self._seconds = seconds
        self._time = time

    async def run(self, emit: Emit) -> None:
        """Put the sensors on the air and listen to them as to real ones."""
        async with emulated_radio() as (radio, _):
            for signal, (_, _, _, match) in zip(self._signals, _WORN, strict=True):
                pod = Movesense(radio, match.split()[1])
                pod.signal = signal
            for each in radio.pods:
                await each.start()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._seconds):
                    await BluetoothSource(emulated_settings().sensors, self._time).run(emit)


_BOUTS = (Bout(seconds=12, speed_mps=2.7), Bout(seconds=15, speed_mps=3.0), Bout(seconds=10, speed_mps=2.7))
_LAP_FROM_S = 6.0
"""From here on the run repeats itself: the pace is that of its end."""


def emulated_signals() -> list[ImuSignal]:
    """Return the samples of the three sensors by their number, of a run that has no end.

    Half a minute at two paces, again and again, from a landing of the left foot to another at the same
    pace, so that nothing jumps where it begins anew.
    """
    run = simulated_run(_BOUTS, seed=1)
    left = run.ic_s[run.left]
    rows = [round(float(t) * _RATE_HZ) for t in (left[left >= _LAP_FROM_S][0], left[-3])]
    case = Device(rate_hz=_RATE_HZ, misaligned_deg=(4.0, 8.0, -5.0))
    return [
        _repeated(simulated_imu(run, placement, side, case, name, 1 + n), *rows)
        for n, (name, placement, side, _) in enumerate(_WORN)
    ]


def _repeated(chunk: ImuChunk, first: int, end: int) -> ImuSignal:
    """The samples by their number; after the row before ``end`` those from ``first`` on come again."""
    acc_ms2, gyr_rads = chunk.acc_ms2, chunk.gyr_rads
    assert gyr_rads is not None

    def signal(number: Array) -> tuple[Array, Array]:
        n = number.astype(np.int64)
        row = np.where(n < end, n, first + (n - first) % (end - first))
        return acc_ms2[row], gyr_rads[row]

    return signal
