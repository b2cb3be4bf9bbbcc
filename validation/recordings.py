"""Recordings with force-plate truth: what the engine may see, and the truth, kept apart."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dsp.types import GRAVITY_MS2, Array, ImuChunk, Placement, Runner, Side, Worn

SETS = ("foot", "foot+speed", "shank+speed", "pelvis+speed", "pod", "all")
WANTED = {
    "foot": ("foot",),
    "foot+speed": ("foot",),
    "shank+speed": ("shank",),
    "pelvis+speed": ("pelvis",),
    "pod": (),
    "all": ("foot", "shank", "pelvis"),
}


@dataclass(frozen=True, slots=True)
class Stream:
    """All samples of one sensor."""

    worn: Worn
    chunk: ImuChunk


@dataclass(frozen=True, slots=True)
class Recording:
    """One file: streams of the sensors asked for, who ran, and the speed a treadmill would show."""

    name: str
    streams: tuple[Stream, ...]
    runner: Runner
    speed_mps: float | None
    slope_pct: float | None
    duration_s: float


def load(path: Path, sensors: str) -> Recording:
    """Read one ``.npz``; arrays that hold truth are not touched."""
    with np.load(path, allow_pickle=False) as z:
        streams = _body_streams(z, WANTED[sensors])
        if not streams and sensors in ("foot", "foot+speed", "all") and "foot_acc" in z:
            streams = [_stream(z, "foot_acc", "foot_gyro", _rate(z), Worn("foot", Placement.FOOT))]
        if not streams and sensors in ("pelvis+speed", "all"):
            streams = _accelerometers(z)
        runner = Runner(height_m=_scalar(z, "height_m"), mass_kg=_scalar(z, "mass_kg"))
        speed, slope = _scalar(z, "speed_mps"), _scalar(z, "slope_pct")
        end = max((float(s.chunk.t_s[-1]) for s in streams), default=_duration(z))
    return Recording(path.stem, tuple(streams), runner, speed, slope, end)


def _scalar(z: np.lib.npyio.NpzFile, key: str) -> float | None:
    value = float(z[key]) if key in z and z[key].ndim == 0 else None
    return value if value is not None and np.isfinite(value) else None


def _rate(z: np.lib.npyio.NpzFile) -> float:
    return next((float(z[k]) for k in ("fs_imu", "fs", "fs_hz") if k in z), 100.0)


def _duration(z: np.lib.npyio.NpzFile) -> float:
    longest = max((len(z[k]) for k in z.files if k.endswith("_acc")), default=0)
    return longest / _rate(z)


def _array(z: np.lib.npyio.NpzFile, key: str) -> Array:
    scale = float(z[key + "__scale"]) if key + "__scale" in z else 1.0
    return np.asarray(z[key], dtype=np.float64) * scale


def _stream(z: np.lib.npyio.NpzFile, acc: str, gyro: str | None, rate_hz: float, worn: Worn) -> Stream:
    a = _array(z, acc)
    g = None if gyro is None or gyro not in z else _array(z, gyro)
    return Stream(worn, ImuChunk(worn.sensor, np.arange(len(a)) / rate_hz, a, g))


def _body_streams(z: np.lib.npyio.NpzFile, wanted: tuple[str, ...]) -> list[Stream]:
    out = []
    for part in wanted:
        sides = ("",) if part == "pelvis" else ("L", "R")
        for side in sides:
            key = part + side
            if f"{key}_acc" in z:
                worn = Worn(key, Placement(part), Side(side) if side else None)
                out.append(_stream(z, f"{key}_acc", f"{key}_gyro", _rate(z), worn))
    return out


def _accelerometers(z: np.lib.npyio.NpzFile) -> list[Stream]:
    """The sacral accelerometer with two axes, and the outdoor run in g."""
    if "sacrum_acc_vert_clipped_g" in z and "sacrum_acc_ap_g" in z:
        up, ahead = _array(z, "sacrum_acc_vert_clipped_g"), _array(z, "sacrum_acc_ap_g")
        acc = GRAVITY_MS2 * np.column_stack((ahead, np.zeros(len(up)), up))
        rate = next((float(z[k]) for k in ("fs_imu", "fs_acc", "fs") if k in z), 500.0)
        worn = Worn("sacrum", Placement.PELVIS)
        return [Stream(worn, ImuChunk("sacrum", np.arange(len(acc)) / rate, acc))]
    if "left_hip_acc_g" in z:
        acc = GRAVITY_MS2 * _array(z, "left_hip_acc_g")
        return [Stream(Worn("hip", Placement.HIP), ImuChunk("hip", np.arange(len(acc)) / 100.0, acc))]
    return []
