"""NumPy archives of several sensors: ``footL_acc`` (n, 3) in m/s², ``footL_gyro`` in rad/s and so on.

Every sensor shares ``fs_imu`` and starts at t = 0.  An integer array ``name`` with a scalar
``name__scale`` means ``name * name__scale``.  Reference truth in the file (``step_*``, ``ref_*``, forces)
is never read.
"""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from dsp.types import GRAVITY_MS2, Array, Placement, Runner, Side
from monitor.core.errors import ConfigError, InputError
from monitor.recordings.recording import Recording, Signal, Wearing, checked_signal, recording_from_signals


@dataclass(frozen=True, slots=True)
class _Column:
    """How one sensor is spelled: arrays of acceleration (three, or AP and vertical) and angular rate."""

    acc: tuple[str, ...]
    gyr: str | None
    placement: Placement | None
    side: Side | None = None
    unit_ms2: float = 1.0


_COLUMNS = (
    _Column(("footL_acc",), "footL_gyro", Placement.FOOT, Side.LEFT),
    _Column(("footR_acc",), "footR_gyro", Placement.FOOT, Side.RIGHT),
    _Column(("foot_acc",), "foot_gyro", Placement.FOOT),
    _Column(("shankL_acc",), "shankL_gyro", Placement.SHANK, Side.LEFT),
    _Column(("shankR_acc",), "shankR_gyro", Placement.SHANK, Side.RIGHT),
    _Column(("pelvis_acc",), "pelvis_gyro", Placement.PELVIS),
    _Column(("left_ankle_acc_g",), None, Placement.ANKLE, Side.LEFT, GRAVITY_MS2),
    _Column(("right_ankle_acc_g",), None, Placement.ANKLE, Side.RIGHT, GRAVITY_MS2),
    _Column(("left_hip_acc_g",), None, Placement.HIP, Side.LEFT, GRAVITY_MS2),
    _Column(("right_hip_acc_g",), None, Placement.HIP, Side.RIGHT, GRAVITY_MS2),
    _Column(("sacrum_acc_ap_g", "sacrum_acc_vert_clipped_g"), None, Placement.PELVIS, unit_ms2=GRAVITY_MS2),
    _Column(("acc_mps2_xyz",), None, None),
)


def read_npz(path: Path, wearing: Wearing) -> Recording:
    """Return a recording of all sensors of the file, or of those that ``wearing`` chooses.

    ``InputError`` if it is not such a file, ``ConfigError`` if no sensor fits ``wearing``.
    """
    arrays = _load_arrays(path)
    rate_hz = _read_scalar(path, arrays, "fs_imu")
    if rate_hz is None:
        raise InputError("error.npz_rate_missing", path=path)
    if not 20 <= rate_hz <= 5000:
        raise InputError("error.npz_rate", path=path, rate_hz=f"{rate_hz:g}")
    present = [c for c in _COLUMNS if all(name in arrays for name in c.acc)]
    if not present:
        raise InputError("error.npz_no_sensor", path=path, sensors=", ".join(c.acc[0] for c in _COLUMNS))
    wanted = [c for c in (_with_wearing(path, column, wearing) for column in present) if c is not None]
    if not wanted:
        names = ", ".join(sorted({str(c.placement) for c in present}))
        raise ConfigError("error.npz_placement", path=path, names=names)
    streams = [_stream(path, arrays, column, rate_hz) for column in wanted]
    speed = _read_speed(path, arrays) if wearing.with_speed else None
    return recording_from_signals(path.stem, streams, _read_runner(path, arrays), speed)


def _load_arrays(path: Path) -> dict[str, Array]:
    """Return the arrays that may be read, scaled; truth stays in the file."""
    wanted = {name for c in _COLUMNS for name in (*c.acc, c.gyr)}
    wanted |= {"fs_imu", "mass_kg", "height_m", "speed_mps", "slope_pct", "slope_deg"}
    try:
        with path.open("rb") as raw, np.load(raw, allow_pickle=False) as file:
            out = {name: file[name] for name in file.files if name in wanted}
            scales = {name: file[f"{name}__scale"] for name in out if f"{name}__scale" in file.files}
    except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile, AttributeError) as exc:
        raise InputError("error.npz_damaged", path=path) from exc
    for name, values in out.items():
        if values.dtype.kind not in "iuf":
            raise InputError("error.npz_type", path=path, name=name, dtype=values.dtype)
        out[name] = values * scales[name] if name in scales else values.astype(np.float64)
    return out


def _with_wearing(path: Path, column: _Column, wearing: Wearing) -> _Column | None:
    """Return the column, completed by what the operator says, if he wants it; else None."""
    if column.placement is None:
        if wearing.placement is None:
            raise ConfigError("error.npz_where", path=path, sensor=column.acc[0])
        column = replace(column, placement=wearing.placement)
    if wearing.placement not in (None, column.placement):
        return None
    if column.side is None and wearing.side is not None and wearing.placement is not None:
        return replace(column, side=wearing.side)
    return column if wearing.side in (None, column.side) else None


def _stream(path: Path, arrays: Mapping[str, Array], column: _Column, rate_hz: float) -> Signal:
    where = f"{path}: {column.acc[0]}"
    if len(column.acc) == 2:
        ahead, up = (arrays[name] for name in column.acc)
        if ahead.ndim != 1 or ahead.shape != up.shape:
            raise InputError("error.npz_shapes", where=where, one=ahead.shape, two=up.shape)
        acc = np.column_stack((ahead, np.zeros(len(ahead)), up)) * column.unit_ms2
    else:
        acc = arrays[column.acc[0]] * column.unit_ms2
    gyr = arrays.get(column.gyr) if column.gyr else None
    for name, values in ((column.acc[0], acc), (column.gyr, gyr)):
        if values is not None and (values.ndim != 2 or values.shape[1] != 3 or len(values) != len(acc)):
            raise InputError("error.npz_shape", path=path, name=name, shape=values.shape, rows=len(acc))
    assert column.placement is not None
    signal = Signal(column.placement, column.side, np.arange(len(acc)) / rate_hz, acc, gyr)
    return checked_signal(signal, where)


def _read_scalar(path: Path, arrays: Mapping[str, Array], name: str) -> float | None:
    """Return a number (0-d array); None where it is absent or not known (NaN)."""
    if name not in arrays:
        return None
    if arrays[name].size != 1:
        raise InputError("error.npz_one_number", path=path, name=name, shape=arrays[name].shape)
    value = float(arrays[name].reshape(()))
    return value if np.isfinite(value) else None


def _read_runner(path: Path, arrays: Mapping[str, Array]) -> Runner:
    try:
        return Runner(
            height_m=_read_scalar(path, arrays, "height_m"), mass_kg=_read_scalar(path, arrays, "mass_kg")
        )
    except ValueError as exc:
        raise InputError("error.at", where=path, what=exc) from exc


def _read_speed(path: Path, arrays: Mapping[str, Array]) -> dict[str, float]:
    out = {}
    for name in ("speed_mps", "slope_pct"):
        value = _read_scalar(path, arrays, name)
        if value is not None:
            out[name] = value
    degrees = _read_scalar(path, arrays, "slope_deg")
    if degrees is not None:
        out["slope_pct"] = float(100 * np.tan(np.radians(degrees)))
    return out
