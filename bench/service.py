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

FASTER = 10.0  # than life, so that a minute does not take a minute; the core is idle in between


class Paced:
    """Packets in their own rhythm; when each was handed over is kept."""

    name = "bench"

    def __init__(self, recording: Recording, faster: float) -> None:
        self._recording, self._faster = recording, faster
        self.handed_over: list[float] = []

    async def run(self, emit: Emit) -> None:
        began = time.perf_counter()
        for k, packet in enumerate(self._recording.packets()):
            wait = began + packet.arrival_ns * 1e-9 / self._faster - time.perf_counter()
            if wait > 0 or k % 64 == 0:
                await asyncio.sleep(max(0.0, wait))
            self.handed_over.append(time.perf_counter())
            emit(packet)


class Arrivals:
    """A sink that notes when each step reaches it."""

    name = "arrivals"

    def __init__(self) -> None:
        self.records = 0
        self.steps: list[float] = []

    async def run(self, batches: AsyncIterator[list[Out]]) -> None:
        async for batch in batches:
            now = time.perf_counter()
            self.records += len(batch)
            self.steps += [now for r in batch if isinstance(r, Step)]


def run(recording: Recording, faster: float) -> tuple[Paced, Arrivals, float]:
    """The whole service, with a tape on disk; source, sink and CPU seconds."""
    source, sink = Paced(recording, faster), Arrivals()
    with tempfile.TemporaryDirectory() as folder:
        tape = Tape(Path(folder) / "bench.tape", TapeHeader("bench", "", recording.settings, "bench"))
        started = SessionStarted("bench", "bench", "", tuple(s.name for s in recording.settings.sensors))
        began = time.process_time()
        asyncio.run(serve([source], Session(recording.settings), [sink], started, tape=tape))
        return source, sink, time.process_time() - began


def throughput(seconds: float) -> dict[str, str | float]:
    """Packets of two shoes and a belt as fast as they are taken."""
    source, sink, spent = run(simulated_recording(seconds), np.inf)
    packets = len(source.handed_over)
    return {
        "case": "service: as fast as it goes",
        "packets_per_cpu_second": packets / spent,
        "times_real_time": seconds / spent,
        "records": sink.records,
    }


def latency(seconds: float) -> dict[str, str | float]:
    """From the notification that decides a step to the step at a sink, wall time."""
    source, sink, _ = run(simulated_recording(seconds), FASTER)
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
