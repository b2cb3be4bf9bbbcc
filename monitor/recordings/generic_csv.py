"""CSV of one IMU that is not in our own form: Movesense's, or any with a column map.

A map is written ``t=time:ms,ax=AccX:g,ay=AccY:g,az=AccZ:g,gx=GyroX:dps,gy=GyroY:dps,gz=GyroZ:dps``: which
column is which, and its unit (``s ms us ns``; ``ms2 g mg``; ``rads dps mdps``).  Times that are written as
text need no unit, and without one that of numbers is told from their spacing.  Without a ``t`` column
``t=@200`` says samples per second.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from dsp.types import GRAVITY_MS2, Array
from monitor.core.activity_facts import ActivityFacts
from monitor.core.errors import ConfigError, InputError
from monitor.recordings.delimited_text import Sheet, TableText, file_text, headings, parse_sheet
from monitor.recordings.imu_csv import HEADER_LINE, IMU_CSV_HEADER, read_csv
from monitor.recordings.recording import Recording, Wearing, require_placement
from monitor.recordings.signals import Signal, checked_signal, recording_from_signals
from monitor.recordings.time_columns import TIME_UNITS, sample_times_s, start_time, suggested_columns

_UNITS: Mapping[str, Mapping[str, float]] = {
    "t": TIME_UNITS,
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
    text = file_text(path)
    blank = text.is_blank()
    names = [] if blank else headings(text)
    if blank or (not wearing.columns and tuple(names) in (IMU_CSV_HEADER, IMU_CSV_HEADER[:4])):
        return read_csv(path, wearing)
    written = wearing.columns or _matching_columns(names)
    if not written:
        raise _unknown_columns(path, text, names)
    placement = require_placement(path, wearing)
    sheet = parse_sheet(text)
    columns = _column_map(written)
    t_s, acc, gyr = _mapped_columns(sheet, columns, written)
    good = np.isfinite(t_s) & (np.diff(np.fmax.accumulate(t_s), prepend=-np.inf) > 0)
    start = t_s[good][0] if good.any() else 0.0
    signal = checked_signal(
        Signal(placement, wearing.side, t_s[good] - start, acc[good], None if gyr is None else gyr[good]),
        str(path),
    )
    recording = recording_from_signals(path.stem, [signal])
    began = start_time(sheet, columns["t"][0], start + signal.t_s[:1])
    return recording if began is None else _started_at(recording, began)


def _started_at(recording: Recording, began: datetime.datetime) -> Recording:
    """Return the recording with its start, and the offset from UTC where the file names another zone."""
    second = datetime.datetime.fromtimestamp(round(began.timestamp()), datetime.UTC)
    offset = began.utcoffset()
    facts = ActivityFacts(utc_offset_s=int(offset.total_seconds()) if offset else None)
    return replace(recording, started_utc=second.isoformat(), facts=facts)


def _unknown_columns(path: Path, text: TableText, names: list[str]) -> InputError:
    """Return an error that says what would help: the map that headings and numbers suggest."""
    if names[:2] == ["t_s", "utc"]:
        return InputError("error.csv_seconds", path=path)
    shown = ", ".join(names[:8])
    try:
        columns = suggested_columns(parse_sheet(text))
    except InputError:
        columns = ""
    if columns:
        return InputError("error.csv_guess", path=path, names=shown, columns=columns)
    return InputError("error.csv_unknown", path=path, names=shown, header=HEADER_LINE)


def _matching_columns(names: list[str]) -> str:
    lower = {name.lower() for name in names}
    for _, written in _COLUMN_MAPS:
        if all(part.split("=")[1].split(":")[0] in lower for part in written.split(",")):
            return written
    return ""


def _column_map(written: str) -> dict[str, tuple[str, str]]:
    """Return column and unit of each axis from ``--columns``; ``ConfigError`` says what is wrong."""
    out: dict[str, tuple[str, str]] = {}
    for part in written.split(","):
        axis, equals, rest = part.strip().partition("=")
        name, _, unit = rest.rpartition(":") if ":" in rest else (rest, "", "")
        if not equals or axis not in ("t", *_ACC, *_GYR):
            raise ConfigError("error.columns_part", part=part.strip())
        if axis == "t" and rest.startswith("@"):
            out[axis] = (rest, "")
            continue
        units = _UNITS[axis[0]]
        if unit and unit not in units:
            raise ConfigError("error.columns_unit", unit=unit, axis=axis, units=", ".join(units))
        out[axis] = (name, unit)
    missing = [axis for axis in ("t", *_ACC) if axis not in out]
    if missing or 0 < sum(axis in out for axis in _GYR) < 3:
        raise ConfigError("error.columns_missing", axes=", ".join(missing or _GYR))
    return out


def _mapped_columns(
    sheet: Sheet, columns: Mapping[str, tuple[str, str]], written: str
) -> tuple[Array, Array, Array | None]:
    """Return times (n,) in s, acceleration (n, 3) in m/s² and angular rate (n, 3) in rad/s, or None."""

    def column(axis: str) -> Array:
        name, unit = columns[axis]
        values = sheet.find(name)
        if values is None:
            raise InputError(
                "error.no_column", where=sheet.where, name=name, columns=", ".join(list(sheet.columns)[:8])
            )
        return values * _UNITS[axis[0]].get(unit, 1.0)

    acc = np.column_stack([column(axis) for axis in _ACC])
    gyr = np.column_stack([column(axis) for axis in _GYR]) if "gx" in columns else None
    name, unit = columns["t"]
    if not name.startswith("@"):
        column("t")  # it must be there
        rest = ",".join(part.strip() for part in written.split(",") if not part.strip().startswith("t="))
        return sample_times_s(sheet, name, unit, rest), acc, gyr
    try:
        return np.arange(len(acc)) / float(name[1:]), acc, gyr
    except (ValueError, ZeroDivisionError) as exc:
        raise ConfigError("error.columns_rate", name=name) from exc
