"""NumPy archives of several sensors: ``footL_acc`` (n, 3) in m/s², ``footL_gyro`` in rad/s and so on.

Every sensor shares ``fs_imu`` and starts at t = 0.  An integer array ``name`` with a scalar
``name__scale`` means ``name * name__scale``.  Reference truth in the file (``step_*``, ``ref_*``, forces)
is never read.
"""

from __future__ import annotations

import math
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

import numpy as np

from dsp.types import GRAVITY_MS2, Array, Placement, Runner, Side
from monitor.core.errors import ConfigError, InputError
from monitor.recordings.inflation import BROKEN, open_member
from monitor.recordings.recording import Recording, Wearing
from monitor.recordings.signals import Signal, checked_signal, recording_from_signals


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


_MOST_NUMBERS = 60_000_000
"""Of all arrays that are read: six sensors of six axes at 200 Hz for two hours, half a gigabyte."""
_LONGEST_HEADER = 10_000


def _load_arrays(path: Path) -> dict[str, Array]:
    """Return the arrays that may be read, scaled; truth stays in the file."""
    wanted = {name for c in _COLUMNS for name in (*c.acc, c.gyr) if name}
    wanted |= {"fs_imu", "mass_kg", "height_m", "speed_mps", "slope_pct", "slope_deg"}
    try:
        with path.open("rb") as raw, zipfile.ZipFile(raw) as packed:
            raw_arrays = _ArrayReader(path, packed)
            out = {name: values for name in sorted(wanted) if (values := raw_arrays.read(name)) is not None}
            scales = {name: raw_arrays.read(f"{name}__scale") for name in out}
    except BROKEN as exc:
        raise InputError("error.npz_damaged", path=path) from exc
    for name, values in out.items():
        scale = scales[name]
        if scale is not None and scale.size != 1:
            raise InputError("error.npz_one_number", path=path, name=f"{name}__scale", shape=scale.shape)
        out[name] = values.astype(np.float64) if scale is None else values * float(scale.reshape(()))
    return out


class _ArrayReader:
    """Reads single arrays of a zip of ``.npy`` files, after a look at their type, shape and size."""

    def __init__(self, path: Path, packed: zipfile.ZipFile) -> None:
        self._path, self._packed = path, packed
        self._members = {member.filename: member for member in packed.infolist()}
        self._left = _MOST_NUMBERS

    def read(self, name: str) -> Array | None:
        """Return an array; None if there is none of this name, ``InputError`` if it cannot be read."""
        member = self._members.get(f"{name}.npy")
        if member is None:
            return None
        limit, where = 2 * _LONGEST_HEADER + 8 * self._left, f"{self._path}: {name}"
        with open_member(self._packed, member, limit, where) as file:
            shape, is_fortran, dtype = self._header(file)
            if dtype.kind not in "iuf":
                raise InputError("error.npz_type", path=self._path, name=name, dtype=dtype)
            count = math.prod(shape)
            if any(n < 0 for n in shape) or count > self._left:
                raise InputError("error.npz_large", path=self._path, name=name, shape=shape)
            self._left -= count
            data = file.read(count * dtype.itemsize)
        if len(data) < count * dtype.itemsize:
            raise InputError("error.npz_damaged", path=self._path)
        return np.frombuffer(data, dtype).reshape(shape, order="F" if is_fortran else "C")

    def _header(self, file: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype[np.generic]]:
        version = np.lib.format.read_magic(file)
        readers = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
        if version not in readers:
            raise InputError("error.npz_damaged", path=self._path)
        try:
            return readers[version](file, max_header_size=_LONGEST_HEADER)
        except (MemoryError, RecursionError, SyntaxError) as exc:  # of a literal that is nested too deep
            raise InputError("error.npz_damaged", path=self._path) from exc


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
