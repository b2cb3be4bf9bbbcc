"""Recordings on disk to streams of samples: ``.npz`` of body-worn IMUs, and plain CSV of one IMU.

A CSV has the header ``t_s,acc_x_ms2,acc_y_ms2,acc_z_ms2`` and, with a gyroscope,
``gyr_x_rads,gyr_y_rads,gyr_z_rads``; times in seconds, growing; a hole in them is a gap.
"""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dsp.types import GRAVITY_MS2, Array, ImuChunk, Placement, Runner, Side, Worn
from monitor.errors import InputError

ACC_COLUMNS = ["t_s", "acc_x_ms2", "acc_y_ms2", "acc_z_ms2"]
GYR_COLUMNS = ["gyr_x_rads", "gyr_y_rads", "gyr_z_rads"]
PARTS = {p.value: p for p in (Placement.FOOT, Placement.SHANK, Placement.PELVIS)}
IN_G = {
    "left_ankle_acc_g": Worn("ankle", Placement.ANKLE, Side.LEFT),
    "left_hip_acc_g": Worn("hip", Placement.HIP),
}


@dataclass(frozen=True, slots=True)
class Recording:
    """Whole streams, one per sensor, and who ran as far as the file says."""

    streams: tuple[tuple[Worn, ImuChunk], ...]
    runner: Runner

    @property
    def duration_s(self) -> float:
        return max(float(c.t_s[-1] - c.t_s[0]) for _, c in self.streams)


def read(path: Path, placement: Placement | None = None, side: Side | None = None) -> Recording:
    """Read a recording; ``InputError`` says in one line what is wrong and what to do.

    ``placement`` and ``side`` say where the one IMU of a CSV (or of an ``.npz`` that does not tell)
    was worn.
    """
    if not path.exists():
        raise InputError(f"{path}: no such file; check the name")
    if not path.is_file():
        raise InputError(f"{path}: not a file; give one recording (.npz or .csv)")
    if path.stat().st_size == 0:
        raise InputError(f"{path}: the file is empty; record or copy it again")
    if path.suffix == ".npz":
        return _npz(path, placement, side)
    if path.suffix == ".csv":
        if placement is None:
            raise InputError(
                f"{path}: say where the sensor was worn, for example --placement foot --side L"
            )
        return Recording(((Worn(path.stem, placement, side), _csv(path)),), Runner())
    raise InputError(f"{path}: cannot read '{path.suffix}' files; give a .npz or a .csv recording")


def _npz(path: Path, placement: Placement | None, side: Side | None) -> Recording:
    try:
        with np.load(path, allow_pickle=False) as z:
            streams = _streams(path, z, placement, side)
            runner = Runner(height_m=_number(z, "height_m"), mass_kg=_number(z, "mass_kg"))
    except (zipfile.BadZipFile, ValueError, EOFError, OSError, KeyError) as exc:
        raise InputError(f"{path}: damaged or not a recording ({exc}); copy it again") from exc
    if not streams:
        raise InputError(f"{path}: no sensor in it; arrays like footL_acc or left_hip_acc_g are expected")
    return Recording(tuple(streams), runner)


def _number(z: np.lib.npyio.NpzFile, key: str) -> float | None:
    value = float(z[key]) if key in z and z[key].ndim == 0 else None
    return value if value is not None and np.isfinite(value) else None


def _streams(
    path: Path, z: np.lib.npyio.NpzFile, placement: Placement | None, side: Side | None
) -> list[tuple[Worn, ImuChunk]]:
    rate = next((v for k in ("fs_imu", "fs", "fs_hz") if (v := _number(z, k))), 100.0)
    out = []
    for part, where in PARTS.items():
        for end in ("", "L", "R"):
            key = part + end
            if f"{key}_acc" in z:
                leg = Side(end) if end else side
                worn = Worn(key, placement if placement and not end else where, leg)
                out.append((worn, _chunk(path, z, worn.sensor, f"{key}_acc", f"{key}_gyro", rate, 1.0)))
    for key, worn in IN_G.items():
        if key in z:
            out.append((worn, _chunk(path, z, worn.sensor, key, "", rate, GRAVITY_MS2)))
    return out


def _chunk(
    path: Path, z: np.lib.npyio.NpzFile, sensor: str, acc: str, gyr: str, rate_hz: float, unit: float
) -> ImuChunk:
    a = _rows(path, z, acc) * unit
    g = _rows(path, z, gyr) if gyr in z else None
    if g is not None and len(g) != len(a):
        raise InputError(f"{path}: {gyr} has {len(g)} rows but {acc} has {len(a)}; they must match")
    return checked(path, ImuChunk(sensor, np.arange(len(a)) / rate_hz, a, g))


def _rows(path: Path, z: np.lib.npyio.NpzFile, key: str) -> Array:
    raw = z[key]
    if raw.ndim != 2 or raw.shape[1] != 3:
        raise InputError(f"{path}: {key} has shape {raw.shape}; rows of three axes are expected")
    if raw.dtype.kind not in "iuf":
        raise InputError(f"{path}: {key} holds text, not numbers")
    scale = float(z[key + "__scale"]) if key + "__scale" in z else 1.0
    return np.asarray(raw, dtype=np.float64) * scale


def _csv(path: Path) -> ImuChunk:
    with path.open(encoding="utf-8", errors="replace") as f:
        header = [c.strip() for c in f.readline().split(",")]
        if header not in (ACC_COLUMNS, ACC_COLUMNS + GYR_COLUMNS):
            raise InputError(f"{path}: the first line must be {','.join(ACC_COLUMNS + GYR_COLUMNS)}")
        rows = []
        for number, line in enumerate(f, 2):
            try:
                rows.append([float(v) for v in line.split(",")])
            except ValueError:
                raise InputError(f"{path}, line {number}: not all numbers: {line.strip()[:60]!r}") from None
            if len(rows[-1]) != len(header):
                raise InputError(f"{path}, line {number}: {len(rows[-1])} values, {len(header)} expected")
    if not rows:
        raise InputError(f"{path}: no samples after the header")
    table = np.array(rows)
    gyr = table[:, 4:7] if len(header) == 7 else None
    return checked(path, ImuChunk(path.stem, table[:, 0], table[:, 1:4], gyr))


def checked(path: Path, chunk: ImuChunk) -> ImuChunk:
    """The chunk, if it can be what it claims; samples that are not numbers become a gap."""
    if len(chunk) < 2:
        raise InputError(f"{path}: {chunk.sensor} has {len(chunk)} samples; nothing to analyse")
    good = np.isfinite(chunk.t_s) & np.isfinite(chunk.acc_ms2).all(axis=1)
    if chunk.gyr_rads is not None:
        good &= np.isfinite(chunk.gyr_rads).all(axis=1)
    if good.mean() < 0.5:
        raise InputError(f"{path}: {chunk.sensor}: more than half of the samples are not numbers (NaN)")
    gyr = None if chunk.gyr_rads is None else chunk.gyr_rads[good]
    kept = ImuChunk(chunk.sensor, chunk.t_s[good], chunk.acc_ms2[good], gyr)
    mean = float(np.linalg.norm(kept.acc_ms2, axis=1).mean())
    if not 5.0 < mean < 40.0:
        raise InputError(
            f"{path}: {chunk.sensor}: the acceleration averages {mean:.3g}, near 9.81 m/s² is expected; "
            "convert it to m/s² (a sensor in g has to be multiplied by 9.80665)"
        )
    return kept
