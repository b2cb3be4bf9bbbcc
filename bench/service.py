"""The live service in this process: tape, session, channels and a sink around simulated packets."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np

from dsp.types import Step
from monitor.core.records import Out, SessionStarted
from monitor.pipeline.session import Session
from monitor.recordings.recording import Recording
from monitor.recordings.tape import Tape, TapeHeader
from monitor.service.serve import serve
from monitor.simulation.simulated_runner import simulated_recording
from monitor.sources.protocol import Emit

_SPEED_UP = 10.0  # than life, so that a minute does not take a minute; the core is idle in between


class PacedSource:
    """A source of packets in their own rhythm that keeps when each was handed over."""

    name = "bench"
    live = False

    def __init__(self, recording: Recording, faster: float) -> None:
        self._recording, self._faster = recording, faster
        self.handed_over: list[float] = []

    async def run(self, emit: Emit) -> None:
        """Emit every packet at its time, ``faster`` than life."""
        began = time.perf_counter()
        for k, packet in enumerate(self._recording.packets()):
            wait = began + packet.arrival_ns * 1e-9 / self._faster - time.perf_counter()
            if wait > 0 or k % 64 == 0:
                await asyncio.sleep(max(0.0, wait))
            self.handed_over.append(time.perf_counter())
            emit(packet)


class ArrivalSink:
    """A sink that notes when each step reaches it."""

    name = "arrivals"

    def __init__(self) -> None:
        self.records = 0
        self.steps: list[float] = []

    async def run(self, batches: AsyncIterator[list[Out]]) -> None:
        """Count all records and note when each step arrives."""
        async for batch in batches:
            now = time.perf_counter()
            self.records += len(batch)
            self.steps += [now for r in batch if isinstance(r, Step)]


def run_service(recording: Recording, faster: float) -> tuple[PacedSource, ArrivalSink, float]:
    """Run the whole service, with a tape on disk, and return source, sink and CPU seconds."""
    source, sink = PacedSource(recording, faster), ArrivalSink()
    with tempfile.TemporaryDirectory() as folder:
        tape = Tape(Path(folder) / "bench.tape", TapeHeader("bench", "", recording.settings, "bench"))
        started = SessionStarted("bench", "bench", "", tuple(s.name for s in recording.settings.sensors))
        began = time.process_time()
        asyncio.run(serve([source], Session(recording.settings), [sink], started, tape=tape))
        return source, sink, time.process_time() - began


def throughput(seconds: float) -> dict[str, str | float]:
    """Measure how fast packets of two shoes and a belt are taken."""
    source, sink, spent = run_service(simulated_recording(seconds), np.inf)
    packets = len(source.handed_over)
    return {
        "case": "service: as fast as it goes",
        "packets_per_cpu_second": packets / spent,
        "times_real_time": seconds / spent,
        "records": sink.records,
    }


def latency(seconds: float) -> dict[str, str | float]:
    """Measure the wall time from the notification that decides a step to the step at a sink."""
    source, sink, _ = run_service(simulated_recording(seconds), _SPEED_UP)
    given = np.array(source.handed_over)
    steps = np.array(sink.steps)
    waited = steps - given[np.searchsorted(given, steps) - 1] if len(steps) else np.array([np.nan])
    return {
        "case": "service: notification to record",
        "median_ms": 1e3 * float(np.median(waited)),
        "p99_ms": 1e3 * float(np.quantile(waited, 0.99)),
        "longest_ms": 1e3 * float(waited.max()),
        "steps": len(steps),
    }
