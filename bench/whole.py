"""Re-analysis of a whole session: two feet and a pelvis, by the engine alone and from the tape.

Each case runs in a process of its own, so that its peak memory is its own; what only loading the
program takes stands beside it.
"""

from __future__ import annotations

import multiprocessing
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from bench import bare, live
from monitor.pipeline.session import Session
from monitor.recordings.tape import Tape, TapeHeader, TapeReader
from monitor.simulation.simulated_runner import simulated_recording

ENGINE_CHUNK_S = 0.5  # what the engine alone is given at once; the tape has packets of 100 ms

_Result = dict[str, str | float]


def cases(seconds: float) -> Iterator[_Result]:
    """Yield the cost of both ways over the same session."""
    yield in_fresh_process(engine_alone, seconds)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "session.tape"
        in_fresh_process(write_simulated_tape, str(path), seconds)
        yield in_fresh_process(from_tape, str(path), seconds)


def in_fresh_process(work: Callable[..., _Result], *args: str | float) -> _Result:
    """Return the result of ``work(*args)`` in a fresh process."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(work, args)


def engine_alone(seconds: float) -> _Result:
    """Measure the engine on samples in memory, in chunks of 0.5 s."""
    worn = live.streams(live.FEET_AND_PELVIS, seconds)
    before = peak_mb()
    spent = sum(live.times_s([w for w, _ in worn], [c for _, c in worn], ENGINE_CHUNK_S))
    return {
        "case": "re-analysis: engine alone",
        "times_real_time": seconds / spent,
        "cpu_s_per_hour": 3600 * spent / seconds,
        "ratio_to_sosfilt": spent / bare.cost_s([c for _, c in worn]),
        "peak_memory_mb": peak_mb(),
        "of_it_samples_mb": before,
    }


def write_simulated_tape(path: str, seconds: float) -> _Result:
    """Write the tape that a live session would have left."""
    recording = simulated_recording(seconds)
    tape = Tape(Path(path), TapeHeader("bench", "", recording.settings, "bench"))
    for packet in recording.packets():
        tape.append(packet)
    tape.finish()
    return {}


def from_tape(path: str, seconds: float) -> _Result:
    """Measure tape, decoder, clock, engine and seconds: everything but the writing of records."""
    before = peak_mb()
    began, records = time.process_time(), 0
    with TapeReader(Path(path)) as tape:
        session = Session(tape.header.settings)
        for packet in tape.packets():
            records += len(session.push(packet))
        records += len(session.finish())
    spent = time.process_time() - began
    samples = [c for _, c in live.streams(live.FEET_AND_PELVIS, min(seconds, 60.0))]
    return {
        "case": "re-analysis: from the tape",
        "times_real_time": seconds / spent,
        "cpu_s_per_hour": 3600 * spent / seconds,
        "ratio_to_sosfilt": spent / (bare.cost_s(samples) * seconds / min(seconds, 60.0)),
        "peak_memory_mb": peak_mb(),
        "of_it_program_mb": before,
        "records": records,
    }


def peak_mb() -> float:
    """Return the most memory this process has ever held, in MB."""
    unit = 1024**2 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit
