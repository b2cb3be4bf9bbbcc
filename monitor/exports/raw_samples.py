"""What the sensors sent: the tape as it is, or its samples as tables."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from dsp.types import Array, ImuChunk
from monitor.core.errors import StoreError
from monitor.exports.tables import save_csv, save_parquet
from monitor.pipeline.plan_privacy import settings_for_others
from monitor.pipeline.session import decoded_inputs
from monitor.recordings.readers import read_recording
from monitor.recordings.tape import TapeReader, make_plain, replace_settings
from monitor.storage.session_data import SessionData
from monitor.storage.store import Store
from monitor.storage.tape_archive import unpacked_tape

_log = logging.getLogger(__name__)

_HEADER = ("t_s", "acc_x_ms2", "acc_y_ms2", "acc_z_ms2", "gyr_x_rads", "gyr_y_rads", "gyr_z_rads")


def write_tape(store: Store, run: SessionData, path: Path) -> list[Path]:
    """Copy the tape of a session and return the path of the copy, which every reader of tapes takes.

    The copy does not say what the runner's plan allowed on that day: it is made to be given away.
    """
    with unpacked_tape(run.info) as tape:
        make_plain(tape)
        shutil.copyfile(tape, path)
    with TapeReader(path) as copy:
        settings = copy.header.settings
    if settings_for_others(settings) != settings:
        replace_settings(path, settings_for_others(settings))
    return [path]


def write_raw_csv(store: Store, run: SessionData, path: Path) -> list[Path]:
    """Write ``X.<sensor>.imu.csv`` for each motion sensor, a form that can be imported; return the paths.

    Raises ``StoreError`` when the tape is gone or no sensor gave raw samples.
    """
    paths = []
    for name, table in _samples(run):
        paths.append(_sensor_path(path, name, ".imu.csv"))
        save_csv(paths[-1], table)
    return paths


def write_raw_parquet(store: Store, run: SessionData, path: Path) -> list[Path]:
    """Write ``X.<sensor>.imu.parquet`` for each motion sensor and return the paths.

    Raises ``StoreError`` as ``write_raw_csv`` does, ``ConfigError`` without the Parquet library.
    """
    paths = []
    for name, table in _samples(run):
        paths.append(_sensor_path(path, name, ".imu.parquet"))
        save_parquet(paths[-1], table)
    return paths


def _sensor_path(path: Path, sensor: str, ending: str) -> Path:
    stem = path.name.removesuffix(ending)
    return path.with_name(f"{stem}.{'-'.join(sensor.split())}{ending}")


def _samples(run: SessionData) -> Iterator[tuple[str, dict[str, Array]]]:
    """Each motion sensor's samples in session time."""
    with unpacked_tape(run.info) as path:
        recording = read_recording(path)
        for remark in recording.remarks:
            _log.warning("%s: %s", run.info.id, remark)
        chunks: dict[str, list[ImuChunk]] = {}
        for item in decoded_inputs(recording.settings, recording.packets()):
            if isinstance(item, ImuChunk):
                chunks.setdefault(item.sensor, []).append(item)
    if not chunks:
        raise StoreError("error.no_raw", session=run.info.id)
    for name, members in chunks.items():
        columns = [np.concatenate([c.t_s for c in members])]
        columns += list(np.concatenate([c.acc_ms2 for c in members]).T)
        if all(c.gyr_rads is not None for c in members):
            columns += list(np.concatenate([c.gyr_rads for c in members if c.gyr_rads is not None]).T)
        yield name, dict(zip(_HEADER, columns, strict=False))
