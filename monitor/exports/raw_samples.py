"""What the sensors sent: the tape as it is, or its samples as tables."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from dsp.types import Array, ImuChunk
from monitor.core.errors import StoreError
from monitor.devices.registry import SENSORS
from monitor.exports.tables import save_csv, save_parquet
from monitor.pipeline.sensor_stream import Stream
from monitor.recordings.readers import read
from monitor.storage.session_data import Run
from monitor.storage.store import Store
from monitor.storage.tape_archive import tape_of

HEADER = ("t_s", "acc_x_ms2", "acc_y_ms2", "acc_z_ms2", "gyr_x_rads", "gyr_y_rads", "gyr_z_rads")


def write_tape(store: Store, run: Run, path: Path) -> list[Path]:
    """A copy; ``gaitcue replay`` and ``gaitcue import`` read it."""
    with tape_of(run.info) as tape:
        shutil.copyfile(tape, path)
    return [path]


def write_csv(store: Store, run: Run, path: Path) -> list[Path]:
    """``X.<sensor>.imu.csv`` per sensor: the form that ``gaitcue analyze`` reads."""
    made = []
    for name, table in _samples(run):
        made.append(_named(path, name, ".imu.csv"))
        save_csv(made[-1], table)
    return made


def write_parquet(store: Store, run: Run, path: Path) -> list[Path]:
    made = []
    for name, table in _samples(run):
        made.append(_named(path, name, ".imu.parquet"))
        save_parquet(made[-1], table)
    return made


def _named(path: Path, sensor: str, ending: str) -> Path:
    stem = path.name.removesuffix(ending)
    return path.with_name(f"{stem}.{'-'.join(sensor.split())}{ending}")


def _samples(run: Run) -> Iterator[tuple[str, dict[str, Array]]]:
    """Each motion sensor's samples in session time."""
    with tape_of(run.info) as path:
        recording = read(path)
        streams = {s.name: Stream(s, SENSORS[s.kind]) for s in recording.settings.sensors}
        chunks: dict[str, list[ImuChunk]] = {}
        for packet in recording.packets():
            for item in streams[packet.sensor].push(packet):
                if isinstance(item, ImuChunk):
                    chunks.setdefault(item.sensor, []).append(item)
    if not chunks:
        raise StoreError(f"{run.info.id}: its sensors gave finished numbers only; there are no raw samples")
    for name, members in chunks.items():
        columns = [np.concatenate([c.t_s for c in members])]
        columns += list(np.concatenate([c.acc_ms2 for c in members]).T)
        if all(c.gyr_rads is not None for c in members):
            columns += list(np.concatenate([c.gyr_rads for c in members if c.gyr_rads is not None]).T)
        yield name, dict(zip(HEADER, columns, strict=False))
