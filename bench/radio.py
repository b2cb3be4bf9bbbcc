"""From notification to record on the emulated radio: latency in real time, and what a core could take.

Latency is from the moment bleak calls us to the moment the records of that packet are made; the air
before it (emulated, connection events every 15 ms) is not ours and not in it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator

import numpy as np

from dsp.types import Record
from monitor.core.monotonic import MonotonicClock, SystemClock
from monitor.core.packet import Packet
from monitor.core.records import SensorStatus, SessionStarted
from monitor.core.session_settings import SessionSettings
from monitor.pipeline.session import Session
from monitor.service.serve import serve

_LIVE_S = 30.0

Case = dict[str, str | float]


def cases() -> Iterator[Case]:
    """Yield the cases of two feet and a pelvis at 208 Hz, or one that says ``radio`` is not installed."""
    try:
        from monitor.simulation.emulated.runner import EmulatedRunner, emulated_settings, emulated_signals
    except ModuleNotFoundError as exc:
        yield {"case": "radio", "left_out": f"needs {exc.name}: pip install '.[radio]'"}
        return
    steady = SystemClock()
    session = _Timed(emulated_settings(), steady)
    started = SessionStarted("bench", "me", "2026-01-01T00:00:00+00:00", ())
    asyncio.run(
        serve([EmulatedRunner(emulated_signals(), _LIVE_S, steady)], session, [], started, time=steady)
    )
    yield {
        "case": "radio: notification to record, live",
        "notifications_per_s": round(len(session.packets) / _LIVE_S),
        **{f"p{q}_ms": round(float(np.percentile(session.latency_ms, q)), 2) for q in (50, 99, 100)},
    }
    again = Session(emulated_settings())
    began = time.process_time()
    for packet in session.packets:
        again.push(packet)
    spent = time.process_time() - began
    yield {
        "case": "radio: the same notifications as fast as possible",
        "notifications_per_s": round(len(session.packets) / spent),
        "times_real_time": round(_LIVE_S / spent),
    }


class _Timed(Session):
    """Keeps the packets, and how long after its arrival each had become records."""

    def __init__(self, settings: SessionSettings, steady: MonotonicClock) -> None:
        super().__init__(settings)
        self.packets: list[Packet] = []
        self.latency_ms: list[float] = []
        self._steady = steady

    def push(self, *packets: Packet) -> list[Record | SensorStatus]:
        records = super().push(*packets)
        now_ms = 1e3 * self._steady.now_s()
        self.latency_ms += [now_ms - packet.arrival_ns / 1e6 for packet in packets]
        self.packets += packets
        return records
