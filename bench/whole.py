"""Re-analysis of a whole session: two feet and a pelvis, by the engine alone and from the tape.

Each case runs in a process of its own, so that its peak memory is its own; what only loading the
program takes stands beside it.  ``ratios`` sets all ways beside the bare filter: one process, the same
samples, the ways in turn, so that what else the machine does falls on all of them.
"""

from __future__ import annotations

import multiprocessing
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from bench import bare, live
from dsp.types import ImuChunk, Worn
from monitor.pipeline.session import Session, decoded_inputs
from monitor.recordings.tape import Tape, TapeHeader, TapeReader
from monitor.simulation.simulated_runner import simulated_recording

ENGINE_CHUNK_S = 0.5  # what the engine alone is given at once; the tape has packets of 100 ms
_COMMIT_EVERY = 30  # packets: a second of three sensors, as a live session writes them

_Result = dict[str, str | float]


def cases(seconds: float) -> Iterator[_Result]:
    """Yield the ratios to the bare filter, then the cost of both ways over the same session."""
    with tempfile.TemporaryDirectory() as folder:
        short, path = Path(folder) / "short.tape", Path(folder) / "session.tape"
        in_fresh_process(write_simulated_tape, str(short), min(seconds, 120.0))
        yield from in_fresh_process(ratios, str(short), 7)
        yield in_fresh_process(engine_alone, seconds)
        in_fresh_process(write_simulated_tape, str(path), seconds)
        yield in_fresh_process(from_tape, str(path))


def in_fresh_process(work: Callable[..., Any], *args: str | float) -> Any:
    """Return the result of ``work(*args)`` in a fresh process."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(work, args)


def ratios(path: str, repetitions: int) -> list[_Result]:
    """Measure each way over the samples of a tape, as multiples of one ``sosfilt``: median and spread.

    The engine alone in chunks of 0.5 s, live in packets of 100 ms, and all from the tape: reading,
    decoding, clock, engine, records.
    """
    chunks, worn = tape_samples(path)
    ways: dict[str, Callable[[], float]] = {
        "re-analysis: engine alone": lambda: sum(live.times_s(worn, chunks, ENGINE_CHUNK_S)),
        "live: engine, packets of 100 ms": lambda: sum(live.times_s(worn, chunks, live.CHUNK_S)),
        "re-analysis: from the tape": lambda: time_from_tape(path)[0],
    }
    found: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(repetitions):
        for name, way in ways.items():
            before = bare.cost_s(chunks, 10)
            spent = way()
            found[name].append(2 * spent / (before + bare.cost_s(chunks, 10)))
    return [
        {"case": name, "ratio_to_sosfilt": statistics.median(r), "least": min(r), "most": max(r)}
        for name, r in found.items()
    ]


def tape_samples(path: str) -> tuple[list[ImuChunk], list[Worn]]:
    """Return the samples of each IMU of a tape in one piece, and how it was worn."""
    with TapeReader(Path(path)) as tape:
        settings, pieces = tape.header.settings, list(tape.packets())
    parts: dict[str, list[ImuChunk]] = {s.name: [] for s in settings.sensors}
    for item in decoded_inputs(settings, pieces):
        if isinstance(item, ImuChunk):
            parts[item.sensor].append(item)
    chunks = [
        ImuChunk(
            name,
            np.concatenate([c.t_s for c in own]),
            np.concatenate([c.acc_ms2 for c in own]),
            np.concatenate([c.gyr_rads for c in own if c.gyr_rads is not None]),
        )
        for name, own in parts.items()
    ]
    return chunks, [s.worn for s in settings.sensors]


def engine_alone(seconds: float) -> _Result:
    """Measure the engine on samples in memory, in chunks of 0.5 s."""
    worn = live.streams(live.FEET_AND_PELVIS, seconds)
    before = peak_mb()
    spent = sum(live.times_s([w for w, _ in worn], [c for _, c in worn], ENGINE_CHUNK_S))
    return {
        "case": "re-analysis: engine alone",
        "times_real_time": seconds / spent,
        "cpu_s_per_hour": 3600 * spent / seconds,
        "peak_memory_mb": peak_mb(),
        "of_it_samples_mb": before,
    }


def write_simulated_tape(path: str, seconds: float) -> _Result:
    """Write the tape that a live session would have left."""
    recording = simulated_recording(seconds)
    tape = Tape(Path(path), TapeHeader("bench", "", recording.settings, "bench"))
    for number, packet in enumerate(recording.packets(), start=1):
        tape.append(packet)
        if number % _COMMIT_EVERY == 0:
            tape.commit()
    tape.finish()
    return {"seconds": recording.duration_s}


def from_tape(path: str) -> _Result:
    """Measure tape, decoder, clock, engine and seconds: everything but the writing of records."""
    before = peak_mb()
    spent, records, seconds = time_from_tape(path)
    return {
        "case": "re-analysis: from the tape",
        "times_real_time": seconds / spent,
        "cpu_s_per_hour": 3600 * spent / seconds,
        "peak_memory_mb": peak_mb(),
        "of_it_program_mb": before,
        "records": records,
    }


def time_from_tape(path: str) -> tuple[float, int, float]:
    """Return the CPU seconds of a tape from its file to its records, their number, and its session time."""
    began, records = time.process_time(), 0
    with TapeReader(Path(path)) as tape:
        session = Session(tape.header.settings)
        for found in session.evaluate(tape.packets()):
            records += len(found)
        records += len(session.finish())
    return time.process_time() - began, records, session.t_s


def peak_mb() -> float:
    """Return the most memory this process has ever held, in MB."""
    unit = 1024**2 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit
