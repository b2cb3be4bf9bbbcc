"""``python -m bench``: one JSON line per case.

Cost is CPU time per second of sensor data; ``ratio`` compares it with one second-order low-pass
(``sosfilt``, two sections) over the same samples in one go, the least anybody could do.
"""

from __future__ import annotations

import json
import resource
import time

import numpy as np
from scipy.signal import butter, sosfilt

from bench import cue_latency, radio, review
from dsp.engine import Engine
from dsp.simulate import leg, trunk
from dsp.types import ImuChunk, Placement, Side, Worn

SECONDS = 120.0
RATE_HZ = 200.0
LIVE_S, WHOLE_S = 0.1, 0.5


def main() -> None:
    """Each placement alone, then two feet and a pelvis, live and as fast as possible."""
    for placement in (Placement.FOOT, Placement.SHANK, Placement.ANKLE, Placement.PELVIS):
        print(json.dumps(case(f"{placement.value}, live", [stream(placement)], LIVE_S)), flush=True)
    three = [stream(Placement.FOOT), stream(Placement.FOOT, Side.RIGHT), stream(Placement.PELVIS)]
    print(json.dumps(case("two feet and pelvis, live", three, LIVE_S)), flush=True)
    print(json.dumps(case("two feet and pelvis, re-analysis", three, WHOLE_S)), flush=True)
    for found in radio.cases():
        print(json.dumps(found), flush=True)
    for row in cue_latency.cases():
        print(json.dumps(row), flush=True)
    review.main()


def stream(placement: Placement, side: Side = Side.LEFT) -> tuple[Worn, ImuChunk]:
    """A simulated sensor at 200 Hz."""
    name = placement.value + side.value
    if placement is Placement.PELVIS:
        return Worn(name, placement), trunk(name, SECONDS, RATE_HZ)
    return Worn(name, placement, side), leg(name, SECONDS, RATE_HZ, phase=0.5 * (side is Side.RIGHT))


def case(name: str, streams: list[tuple[Worn, ImuChunk]], chunk_s: float) -> dict[str, str | float]:
    """Push everything; the time of every push is kept."""
    engine = Engine([w for w, _ in streams])
    size = round(chunk_s * RATE_HZ)
    pushes: list[float] = []
    for a in range(0, round(SECONDS * RATE_HZ), size):
        for _, c in streams:
            gyr = None if c.gyr_rads is None else c.gyr_rads[a : a + size]
            piece = ImuChunk(c.sensor, c.t_s[a : a + size], c.acc_ms2[a : a + size], gyr)
            began = time.process_time()
            engine.push(piece)
            pushes.append(time.process_time() - began)
    spent = sum(pushes)
    return {
        "case": name,
        "cpu_percent_of_a_core": round(100 * spent / SECONDS, 3),
        "times_real_time": round(SECONDS / spent),
        "p99_push_ms": round(1e3 * float(np.quantile(pushes, 0.99)), 2),
        "ratio_to_sosfilt": round(spent / bare(streams), 1),
        "peak_memory_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }


def bare(streams: list[tuple[Worn, ImuChunk]]) -> float:
    """CPU seconds of one low-pass over the same samples."""
    sos = butter(4, 30.0, fs=RATE_HZ, output="sos")
    began = time.process_time()
    for _, c in streams:
        sosfilt(sos, c.acc_ms2, axis=0)
        if c.gyr_rads is not None:
            sosfilt(sos, c.gyr_rads, axis=0)
    return time.process_time() - began


if __name__ == "__main__":
    main()
