"""Recordings with force-plate truth: what the engine may see, and the truth, kept apart."""

from __future__ import annotations

import math
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from dsp.types import GRAVITY_MS2, Array, ImuChunk, Placement, Runner, Side, Worn

SETS = ("foot", "foot+speed", "shank+speed", "pelvis", "pelvis+speed", "ankle", "pod", "all")
_FEET, _SHANKS, _ANKLES = ("footL", "footR", "foot"), ("shankL", "shankR"), ("ankleL", "ankleR")
_PELVIS = ("pelvis", "sacrum", "hip")
WITHOUT_SPEED = ("foot", "pelvis")
"""Sets that are not given the speed of the treadmill."""
SENSORS_OF_SET: dict[str, tuple[str, ...]] = {
    "foot": _FEET,
    "foot+speed": _FEET,
    "shank+speed": _SHANKS,
    "pelvis": _PELVIS,
    "pelvis+speed": _PELVIS,
    "pod": (),
    "ankle": _ANKLES,
    "all": (*_FEET, *_SHANKS, *_PELVIS, *_ANKLES),
}


@dataclass(frozen=True, slots=True)
class FileColumn:
    """How one sensor is spelled in the files: acceleration (three axes, or AP and vertical), rotation."""

    worn: Worn
    acc: tuple[str, ...]
    gyr: str = ""
    unit_ms2: float = 1.0


_L, _R = Side.LEFT, Side.RIGHT
FILE_COLUMNS = (
    FileColumn(Worn("footL", Placement.FOOT, _L), ("footL_acc",), "footL_gyro"),
    FileColumn(Worn("footR", Placement.FOOT, _R), ("footR_acc",), "footR_gyro"),
    FileColumn(Worn("foot", Placement.FOOT), ("foot_acc",), "foot_gyro"),
    FileColumn(Worn("shankL", Placement.SHANK, _L), ("shankL_acc",), "shankL_gyro"),
    FileColumn(Worn("shankR", Placement.SHANK, _R), ("shankR_acc",), "shankR_gyro"),
    FileColumn(Worn("pelvis", Placement.PELVIS), ("pelvis_acc",), "pelvis_gyro"),
    FileColumn(Worn("sacrum", Placement.PELVIS), ("acc_mps2_xyz",)),
    FileColumn(
        Worn("sacrum", Placement.PELVIS),
        ("sacrum_acc_ap_g", "sacrum_acc_vert_clipped_g"),
        unit_ms2=GRAVITY_MS2,
    ),
    FileColumn(Worn("hip", Placement.HIP), ("left_hip_acc_g",), unit_ms2=GRAVITY_MS2),
    FileColumn(Worn("ankleL", Placement.ANKLE, _L), ("left_ankle_acc_g",), unit_ms2=GRAVITY_MS2),
    FileColumn(Worn("ankleR", Placement.ANKLE, _R), ("right_ankle_acc_g",), unit_ms2=GRAVITY_MS2),
    FileColumn(Worn("ankleR", Placement.ANKLE, _R), ("ankleR_acc",)),
)
"""Every sensor of every published set; one sensor per name, the first spelling found."""


class UnreadableError(Exception):
    """Raised for a file that is no recording; the message says why, in one line."""


@dataclass(frozen=True, slots=True)
class FileStream:
    """All samples of one sensor, and where it is worn."""

    worn: Worn
    chunk: ImuChunk


@dataclass(frozen=True, slots=True)
class TrialRecording:
    """One file: streams of the sensors asked for, who ran, and the speed a treadmill would show.

    ``remarks`` say what could not be used.
    """

    name: str
    streams: tuple[FileStream, ...]
    runner: Runner
    speed_mps: float | None
    duration_s: float
    remarks: tuple[str, ...] = field(default=())


def load_recording(path: Path, sensors: str) -> TrialRecording:
    """Read one ``.npz`` for a set of sensors (a key of ``SENSORS_OF_SET``), without its arrays of truth.

    Raises ``UnreadableError``.
    """
    try:
        with np.load(path, allow_pickle=False) as z:
            return _read(path, z, sensors)
    except (OSError, ValueError, KeyError, EOFError, AttributeError, zipfile.BadZipFile) as exc:
        raise UnreadableError(" ".join(str(exc).split()) or type(exc).__name__) from exc


def _read(path: Path, z: Mapping[str, np.ndarray], sensors: str) -> TrialRecording:
    remarks: list[str] = []
    rate = next((v for k in ("fs_imu", "fs_acc", "fs") if (v := _scalar(z, k)) is not None), 100.0)
    if not 10 <= rate <= 10_000:
        raise UnreadableError(f"{rate:g} samples per second")
    streams: dict[str, FileStream] = {}
    for column in FILE_COLUMNS:
        if column.worn.sensor in SENSORS_OF_SET[sensors] and column.worn.sensor not in streams:
            stream = _stream(z, column, rate, remarks)
            if stream is not None:
                streams[column.worn.sensor] = stream
    lengths = [len(z[c.acc[0]]) for c in FILE_COLUMNS if c.acc[0] in z and z[c.acc[0]].ndim]
    duration = max(lengths, default=_scalar(z, "n_imu") or 0.0) / rate
    speed = _scalar(z, "speed_mps")
    if speed is not None and not 0 <= speed < 15:
        remarks.append(f"speed_mps {speed:g} is no speed of a runner")
        speed = None
    return TrialRecording(
        path.stem, tuple(streams.values()), _runner(z, remarks), speed, duration, tuple(remarks)
    )


def _scalar(z: Mapping[str, np.ndarray], key: str) -> float | None:
    if key not in z or z[key].size != 1 or z[key].dtype.kind not in "iuf":
        return None
    value = float(z[key].reshape(()))
    return value if math.isfinite(value) else None


def _runner(z: Mapping[str, np.ndarray], remarks: list[str]) -> Runner:
    """Who ran; a height or mass that cannot be one is left out."""
    known: dict[str, float] = {}
    for name in ("height_m", "mass_kg"):
        value = _scalar(z, name)
        if value is None:
            continue
        try:
            Runner(**{name: value})
        except ValueError as exc:
            remarks.append(str(exc))
        else:
            known[name] = value
    return Runner(**known)


def _array(z: Mapping[str, np.ndarray], key: str) -> Array:
    return np.asarray(z[key], dtype=np.float64) * (_scalar(z, key + "__scale") or 1.0)


def _stream(
    z: Mapping[str, np.ndarray], column: FileColumn, rate_hz: float, remarks: list[str]
) -> FileStream | None:
    """One sensor, its lost samples (not finite) left out; without rotation a foot is worn as an ankle."""
    if any(name not in z for name in column.acc):
        return None
    parts = [_array(z, name) for name in column.acc]
    acc = parts[0] if len(parts) == 1 else np.column_stack((parts[0], 0 * parts[0], parts[1]))
    gyr = _array(z, column.gyr) if column.gyr in z else None
    for name, x in ((column.acc[0], acc), (column.gyr, gyr)):
        if x is not None and (x.ndim != 2 or x.shape[1] != 3):
            remarks.append(f"{name} has shape {x.shape}, (n, 3) is needed")
            return None
    worn, n = column.worn, len(acc) if gyr is None else min(len(acc), len(gyr))
    acc, gyr = acc[:n] * column.unit_ms2, None if gyr is None else gyr[:n]
    if gyr is None and worn.placement in (Placement.FOOT, Placement.SHANK):
        remarks.append(f"{worn.sensor} has no gyroscope: worn as an ankle")
        worn = Worn(worn.sensor, Placement.ANKLE, worn.side)
    good = np.isfinite(acc).all(axis=1) & (True if gyr is None else np.isfinite(gyr).all(axis=1))
    if good.sum() < 2:
        remarks.append(f"{worn.sensor} has no samples")
        return None
    t = np.arange(n) / rate_hz
    return FileStream(worn, ImuChunk(worn.sensor, t[good], acc[good], None if gyr is None else gyr[good]))
