"""Feed a recording to the live engine in chunks of 100 ms and keep its records."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np

from dsp.engine import Engine
from dsp.models import MODELS, Models
from dsp.types import ImuChunk, Metric, Placement, Reading, Record, Step, Worn
from validation.quantities import CSV_QUANTITIES
from validation.recordings import WITHOUT_SPEED, TrialRecording, load_recording
from validation.spoilt import degraded

_CHUNK_S = 0.1
_POD_SETTLES_S = 2  # a pod sends nothing before it has counted some strides
CSV_COLUMNS = ("side", "ic_s", "to_s", *CSV_QUANTITIES)
CsvRow = dict[str, str | float]


def streamed_records(
    path: Path,
    sensors: str,
    models: Models = MODELS,
    *,
    poor: bool = False,
    calibrated: Mapping[str, Worn] | None = None,
) -> list[Record]:
    """Return all records of the live engine for one file, or (``poor``) for what a poor sensor makes of it.

    ``calibrated`` holds sensors, by name, as they are worn with what was learned of them.  Raises
    ``UnreadableError``.
    """
    recording = load_recording(path, sensors)
    if calibrated:
        streams = (replace(s, worn=calibrated.get(s.worn.sensor, s.worn)) for s in recording.streams)
        recording = replace(recording, streams=tuple(streams))
    if sensors == "pod":
        return pod_records(recording, counted_cadence(path), models)
    return recording_records(
        degraded(recording) if poor else recording, models, given=sensors not in WITHOUT_SPEED
    )


def recording_records(recording: TrialRecording, models: Models = MODELS, *, given: bool) -> list[Record]:
    """Return all records of the live engine for a recording; ``given`` when it is also given the speed."""
    worn = [s.worn for s in recording.streams]
    if given:
        worn.append(Worn("treadmill", Placement.POD))
    engine = Engine(worn, recording.runner, models=models)
    return list(_live(engine, recording, given))


def csv_rows(records: Iterable[Record]) -> list[CsvRow]:
    """Return one row per estimated step; where there are none, one per report of a pod."""
    records = list(records)
    return [_row(r) for r in records if isinstance(r, Step)] or _reports(records)


def _live(engine: Engine, recording: TrialRecording, given: bool) -> Iterator[Record]:
    cuts = [_cut(s.chunk) for s in recording.streams]
    for k in range(max((len(c) for c in cuts), default=0)):
        if given and k % 10 == 0 and recording.speed_mps is not None:
            yield from engine.push(Reading("treadmill", k * _CHUNK_S, "speed_mps", recording.speed_mps))
        for chunks in cuts:
            if k < len(chunks):
                yield from engine.push(chunks[k])
    yield from engine.finish()


def _cut(chunk: ImuChunk) -> list[ImuChunk]:
    edges = np.searchsorted(chunk.t_s, np.arange(0.0, chunk.t_s[-1] + _CHUNK_S, _CHUNK_S))
    edges = np.append(edges, len(chunk.t_s))
    gyr = chunk.gyr_rads
    return [
        ImuChunk(chunk.sensor, chunk.t_s[a:b], chunk.acc_ms2[a:b], None if gyr is None else gyr[a:b])
        for a, b in pairwise(edges.tolist())
    ]


@cache
def counted_cadence(path: Path) -> dict[int, float]:
    """Return the cadence of every whole second, as a pod counts it on the shoe (or on the belt)."""
    for counter in ("foot", "pelvis+speed"):
        cadence = {
            round(r.t_s): r.estimate.value
            for r in streamed_records(path, counter)
            if isinstance(r, Metric) and r.side is None and r.estimate.metric == "cadence_spm"
        }
        if cadence:
            return cadence
    return {}


def pod_records(
    recording: TrialRecording, cadence_spm: Mapping[int, float], models: Models = MODELS
) -> list[Record]:
    """Return all records for a Running Speed and Cadence pod: 1/256 m/s and whole spm, at 1 Hz.

    ``cadence_spm`` is by whole second; without it or a speed there are no records.
    """
    if recording.speed_mps is None or not cadence_spm:
        return []
    engine = Engine([Worn("pod", Placement.POD)], recording.runner, models=models)
    records: list[Record] = []
    first = min((t for t in cadence_spm if t >= _POD_SETTLES_S), default=max(cadence_spm))
    held = cadence_spm[first]
    for t in range(first, int(recording.duration_s) + 1):
        held = cadence_spm.get(t, held)
        speed = round(recording.speed_mps * 256) / 256
        records += engine.push(Reading("pod", float(t), "speed_mps", speed))
        records += engine.push(Reading("pod", float(t), "cadence_spm", float(round(held))))
    return records + engine.finish()


def _reports(records: Iterable[Record]) -> list[CsvRow]:
    by_second: dict[float, CsvRow] = {}
    for r in records:
        if isinstance(r, Metric) and r.side is None:
            by_second.setdefault(r.t_s, {"ic_s": r.t_s})[r.estimate.metric] = r.estimate.value
    return [row for row in by_second.values() if "cadence_spm" in row]


def _row(step: Step) -> CsvRow:
    row: CsvRow = {"side": step.side.value if step.side else "", "ic_s": step.ic_s}
    if step.to_s is not None:
        row["to_s"] = step.to_s
    return row | {e.metric: e.value for e in step.estimates}


def write_csv(path: Path, rows: list[CsvRow]) -> None:
    """Write the CSV of one recording: exactly ``CSV_COLUMNS``, empty where the sensors cannot tell."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="") as f:
        out = csv.DictWriter(f, CSV_COLUMNS, extrasaction="ignore")
        out.writeheader()
        for row in rows:
            out.writerow({k: f"{v:.6g}" if isinstance(v, float) else v for k, v in row.items()})
