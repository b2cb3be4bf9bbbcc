"""Feed a recording to the live engine in chunks of 100 ms and keep what it says."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np

from dsp.engine import Engine
from dsp.types import ImuChunk, Metric, Placement, Reading, Record, Step, Worn
from validation.recordings import Recording

CHUNK_S = 0.1
COLUMNS = (
    "side", "ic_s", "to_s", "contact_ms", "cadence_spm", "speed_mps", "foot_strike_deg", "shank_deg",
    "overstride_m", "braking_impulse_bws", "peak_braking_bw", "slope_pct",
)  # fmt: skip
Row = dict[str, str | float]


def rows(recording: Recording, sensors: str, cadence_spm: float | None = None) -> list[Row]:
    """One row per estimated step; for a pod one per report, at the time of the report.

    ``cadence_spm`` is what a pod would have measured; only the pod set uses it.
    """
    if sensors == "pod":
        return _pod_rows(recording, cadence_spm)
    given = sensors != "foot"
    worn = [s.worn for s in recording.streams]
    engine = Engine([*worn, Worn("treadmill", Placement.POD)] if given else worn, recording.runner)
    records = list(_live(engine, recording, given))
    return [_row(r) for r in records if isinstance(r, Step)]


def _live(engine: Engine, recording: Recording, given: bool) -> Iterator[Record]:
    cuts = [_cut(s.chunk) for s in recording.streams]
    for k in range(max((len(c) for c in cuts), default=0)):
        if given and k % 10 == 0:
            for reading in _treadmill(recording, k * CHUNK_S):
                yield from engine.push(reading)
        for chunks in cuts:
            if k < len(chunks):
                yield from engine.push(chunks[k])
    yield from engine.finish()


def _cut(chunk: ImuChunk) -> list[ImuChunk]:
    edges = np.searchsorted(chunk.t_s, np.arange(0.0, chunk.t_s[-1] + CHUNK_S, CHUNK_S))
    edges = np.append(edges, len(chunk.t_s))
    gyr = chunk.gyr_rads
    return [
        ImuChunk(chunk.sensor, chunk.t_s[a:b], chunk.acc_ms2[a:b], None if gyr is None else gyr[a:b])
        for a, b in pairwise(edges.tolist())
    ]


def _treadmill(recording: Recording, t_s: float) -> Iterator[Reading]:
    if recording.speed_mps is not None:
        yield Reading("treadmill", t_s, "speed_mps", recording.speed_mps)
    if recording.slope_pct is not None:
        yield Reading("treadmill", t_s, "slope_pct", recording.slope_pct)


def _pod_rows(recording: Recording, cadence_spm: float | None) -> list[Row]:
    """A Running Speed and Cadence pod: 1/256 m/s and whole steps per minute, once a second."""
    if recording.speed_mps is None or cadence_spm is None:
        return []
    engine = Engine([Worn("pod", Placement.POD)], recording.runner)
    records: list[Record] = []
    for t in range(int(recording.duration_s) + 1):
        records += engine.push(
            Reading("pod", float(t), "speed_mps", round(recording.speed_mps * 256) / 256)
        )
        records += engine.push(Reading("pod", float(t), "cadence_spm", float(round(cadence_spm))))
    records += engine.finish()
    by_second: dict[float, Row] = {}
    for r in records:
        if isinstance(r, Metric) and r.side is None:
            by_second.setdefault(r.t_s, {"ic_s": r.t_s})[r.estimate.metric] = r.estimate.value
    return [row for row in by_second.values() if "cadence_spm" in row]


def _row(step: Step) -> Row:
    row: Row = {"side": step.side.value if step.side else "", "ic_s": step.ic_s}
    if step.to_s is not None:
        row["to_s"] = step.to_s
    return row | {e.metric: e.value for e in step.estimates}


def write(path: Path, found: list[Row]) -> None:
    """The CSV of one recording: exactly ``COLUMNS``, empty where the sensors cannot tell."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="") as f:
        out = csv.DictWriter(f, COLUMNS, extrasaction="ignore")
        out.writeheader()
        for row in found:
            out.writerow({k: f"{v:.6g}" if isinstance(v, float) else v for k, v in row.items()})
