"""What the engine costs while somebody runs: chunks of 100 ms, the CPU time of every push."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np

from bench import bare
from dsp.engine import Engine
from dsp.simulation.runner import Bout, Device, simulated_imu, simulated_run
from dsp.types import ImuChunk, Placement, Side, Worn

RATE_HZ = 200.0
CHUNK_S = 0.1
FEET_AND_PELVIS = ((Placement.FOOT, Side.LEFT), (Placement.FOOT, Side.RIGHT), (Placement.PELVIS, None))
_Sensors = Sequence[tuple[Placement, Side | None]]


def streams(sensors: _Sensors, seconds: float) -> list[tuple[Worn, ImuChunk]]:
    """Return the sensors of a simulated runner at 3 m/s; a leg without a side is the left one."""
    run = simulated_run([Bout(seconds=seconds, speed_mps=3.0)])
    out = []
    for placement, side in sensors:
        leg = side or (Side.LEFT if placement.one_leg else None)
        name = f"{placement}{leg or ''}"
        out.append(
            (Worn(name, placement, leg), simulated_imu(run, placement, leg, Device(rate_hz=RATE_HZ), name))
        )
    return out


def case(name: str, sensors: _Sensors, seconds: float) -> dict[str, str | float]:
    """Push every chunk through a fresh engine and return what it cost."""
    worn = streams(sensors, seconds)
    pushes = np.array(times_s([w for w, _ in worn], [c for _, c in worn], CHUNK_S))
    spent, sensor_s = float(pushes.sum()), seconds * len(worn)
    return {
        "case": f"live: {name}",
        "cpu_ms_per_sensor_second": 1e3 * spent / sensor_s,
        "cpu_percent_of_a_core": 100 * spent / seconds,
        "push_p99_ms": 1e3 * float(np.quantile(pushes, 0.99)),
        "ratio_to_sosfilt": spent / bare.cost_s([c for _, c in worn]),
    }


def times_s(worn: list[Worn], chunks: list[ImuChunk], chunk_s: float) -> list[float]:
    """Return the CPU seconds of each push of ``chunk_s``, the sensors in turn, and of the end."""
    engine, size = Engine(worn), round(chunk_s * RATE_HZ)
    out: list[float] = []
    for at in range(0, max(map(len, chunks)), size):
        for c in chunks:
            rows = slice(at, at + size)
            gyr = None if c.gyr_rads is None else c.gyr_rads[rows]
            piece = ImuChunk(c.sensor, c.t_s[rows], c.acc_ms2[rows], gyr)
            began = time.process_time()
            engine.push(piece)
            out.append(time.process_time() - began)
    began = time.process_time()
    engine.finish()
    return [*out, time.process_time() - began]
