"""CSV of one IMU that is not in our own form: Movesense's, or any with a column map.

A map is written ``t=time:ms,ax=AccX:g,ay=AccY:g,az=AccZ:g,gx=GyroX:dps,gy=GyroY:dps,gz=GyroZ:dps``: which
column is which, and its unit (``s ms us ns``; ``ms2 g mg``; ``rads dps mdps``).  Without a ``t`` column
``t=@200`` says samples per second.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from dsp.types import GRAVITY_MS2, Array
from monitor.core.errors import ConfigError, InputError
from monitor.core.message_catalogues import UserMessage
from monitor.recordings.delimited_text import Sheet, headings, parse_sheet, read_text
from monitor.recordings.imu_csv import HEADER_LINE, IMU_CSV_HEADER, read_csv
from monitor.recordings.recording import (
    Recording,
    Signal,
    Wearing,
    checked_signal,
    recording_from_signals,
    require_placement,
)

_UNITS: Mapping[str, Mapping[str, float]] = {
    "t": {"s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9},
    "a": {"ms2": 1.0, "g": GRAVITY_MS2, "mg": GRAVITY_MS2 / 1e3},
    "g": {"rads": 1.0, "dps": np.pi / 180, "mdps": np.pi / 180e3},
}
_ACC, _GYR = ("ax", "ay", "az"), ("gx", "gy", "gz")

_COLUMN_MAPS: tuple[tuple[str, str], ...] = (
    # Movesense: IMU6/IMU9 logs of its apps and of movesense-py's json2csv; m/s² and deg/s, ms since boot
    (
        "Movesense",
        "t=timestamp:ms,ax=accx:ms2,ay=accy:ms2,az=accz:ms2,gx=gyrox:dps,gy=gyroy:dps,gz=gyroz:dps",
    ),
    (
        "Movesense",
        "t=timestamp:ms,ax=acc_x:ms2,ay=acc_y:ms2,az=acc_z:ms2,gx=gyro_x:dps,gy=gyro_y:dps,gz=gyro_z:dps",
    ),
    ("Movesense", "t=timestamp:ms,ax=ax:ms2,ay=ay:ms2,az=az:ms2,gx=gx:dps,gy=gy:dps,gz=gz:dps"),
    ("Movesense", "t=timestamp:ms,ax=x:ms2,ay=y:ms2,az=z:ms2"),
)
"""Makers and maps of headings that are recognised (in lower case), the fullest first."""


def read_any_csv(path: Path, wearing: Wearing) -> Recording:
    """Return a recording of one sensor from a CSV in our own form, a known one or ``wearing.columns``.

    ``InputError`` if the file does not fit, ``ConfigError`` if ``wearing`` lacks the placement.
    """
    text = read_text(path, UserMessage("expected.table"))
    names = headings(text) if text.strip() else []
    if (not wearing.columns and tuple(names) in (IMU_CSV_HEADER, IMU_CSV_HEADER[:4])) or not text.strip():
        return read_csv(path, wearing)
    written = wearing.columns or _matching_columns(names)
    if not written:
        raise InputError("error.csv_unknown", path=path, names=", ".join(names[:8]), header=HEADER_LINE)
    placement = require_placement(path, wearing)
    sheet = parse_sheet(text, str(path))
    t_s, acc, gyr = _mapped_columns(sheet, _column_map(written))
    good = np.isfinite(t_s) & (np.diff(np.fmax.accumulate(t_s), prepend=-np.inf) > 0)
    start = t_s[good][0] if good.any() else 0.0
    signal = Signal(
        placement, wearing.side, t_s[good] - start, acc[good], None if gyr is None else gyr[good]
    )
    return recording_from_signals(path.stem, [checked_signal(signal, str(path))])


def _matching_columns(names: list[str]) -> str:
    lower = {name.lower() for name in names}
    for _, written in _COLUMN_MAPS:
        if all(part.split("=")[1].split(":")[0] in lower for part in written.split(",")):
            return written
    return ""


def _column_map(written: str) -> dict[str, tuple[str, float]]:
    """Return column and factor of each axis from ``--columns``; ``ConfigError`` says what is wrong."""
    out: dict[str, tuple[str, float]] = {}
    for part in written.split(","):
        axis, equals, rest = part.strip().partition("=")
        name, _, unit = rest.rpartition(":") if ":" in rest else (rest, "", "")
        if not equals or axis not in ("t", *_ACC, *_GYR):
            raise ConfigError("error.columns_part", part=part.strip())
        if axis == "t" and rest.startswith("@"):
            out[axis] = (rest, 1.0)
            continue
        units = _UNITS[axis[0]]
        if unit and unit not in units:
            raise ConfigError("error.columns_unit", unit=unit, axis=axis, units=", ".join(units))
        out[axis] = (name, units[unit] if unit else 1.0)
    missing = [axis for axis in ("t", *_ACC) if axis not in out]
    if missing or 0 < sum(axis in out for axis in _GYR) < 3:
        raise ConfigError("error.columns_missing", axes=", ".join(missing or _GYR))
    return out


def _mapped_columns(
    sheet: Sheet, columns: Mapping[str, tuple[str, float]]
) -> tuple[Array, Array, Array | None]:
    """Return times (n,) in s, acceleration (n, 3) in m/s² and angular rate (n, 3) in rad/s, or None."""

    def column(axis: str) -> Array:
        name, factor = columns[axis]
        values = sheet.find(name)
        if values is None:
            raise InputError(
                "error.no_column", where=sheet.where, name=name, columns=", ".join(list(sheet.columns)[:8])
            )
        return values * factor

    acc = np.column_stack([column(axis) for axis in _ACC])
    gyr = np.column_stack([column(axis) for axis in _GYR]) if "gx" in columns else None
    name = columns["t"][0]
    if not name.startswith("@"):
        return _spread_times(column("t")), acc, gyr
    try:
        return np.arange(len(acc)) / float(name[1:]), acc, gyr
    except (ValueError, ZeroDivisionError) as exc:
        raise ConfigError("error.columns_rate", name=name) from exc


def _spread_times(t_s: Array) -> Array:
    """Give rows that share a time (that of their notification's first sample) times of their own."""
    first = np.flatnonzero(np.diff(t_s, prepend=-np.inf) > 0)
    if len(first) < 2 or len(first) == len(t_s):
        return t_s
    period_s = float(np.median(np.diff(t_s[first])) / np.median(np.diff(first)))
    rows = np.arange(len(t_s))
    leader = first[np.searchsorted(first, rows, side="right") - 1]
    return np.asarray(t_s[leader] + period_s * (rows - leader), dtype=np.float64)
