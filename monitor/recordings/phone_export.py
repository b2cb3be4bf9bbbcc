"""Exports of phone apps: Sensor Logger and phyphox, as a zip or an unpacked folder.

Sensor Logger (awesome-sensor-logger, UNITS.md): ``Accelerometer.csv`` is without gravity, so
``Gravity.csv`` is added to it, or ``TotalAcceleration.csv`` taken; m/s² and rad/s; ``time`` in ns since
1970, ``seconds_elapsed``; ``Location.csv`` gives a speed.  phyphox: ``Accelerometer.csv`` with gravity,
``Gyroscope.csv``, headings with their units, often in another language: columns are taken by place, the
speed of ``Location.csv`` by its unit.  ``meta/time.csv`` says when the experiment was started, paused and
started anew; its own time stands still in between.
"""

from __future__ import annotations

import contextlib
import csv
import datetime
import itertools
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath

import numpy as np
from numpy.typing import NDArray

from dsp.types import GRAVITY_MS2, Array
from monitor.core.errors import InputError
from monitor.recordings.delimited_text import (
    LARGEST_TEXT,
    Sheet,
    TableText,
    file_text,
    find_delimiter,
    parse_number,
    parse_sheet,
)
from monitor.recordings.inflation import open_member, open_zip
from monitor.recordings.packed_files import zip_names
from monitor.recordings.recording import Recording, Wearing, require_placement
from monitor.recordings.signals import Signal, checked_signal, recording_from_signals

_PHYPHOX_TIMES = "time.csv"
_EITHER = ("Accelerometer.csv", "TotalAcceleration.csv")
_TABLES = (*_EITHER, "Gravity.csv", "Gyroscope.csv", "Location.csv")
_MOST_STARTS = 1000


def is_export_folder(path: Path) -> bool:
    """Return whether this folder holds one recording of such an app."""
    return path.is_dir() and any((path / name).is_file() for name in _EITHER)


def is_export_zip(path: Path) -> bool:
    """Return whether this zip holds one recording of such an app, or of another app the like.

    ``InputError`` if it is no zip.
    """
    try:
        names = {PurePosixPath(name).name for name in zip_names(path)}
    except InputError as exc:
        raise InputError("error.at", where=path, what=exc) from exc
    return any(name in names for name in _EITHER)


def read_phone(path: Path, wearing: Wearing) -> Recording:
    """Return a recording of one phone as it was worn, with its GPS speed where there is one.

    ``InputError`` if it is not such an export, ``ConfigError`` if ``wearing`` lacks the placement.
    """
    placement = require_placement(path, wearing, "phone")
    with _tables(path) as texts:
        sensor_logger = any("seconds_elapsed" in text.first_line() for text in texts.values())
        sheets = {name: parse_sheet(text) for name, text in texts.items() if name != _PHYPHOX_TIMES}
        begun = [] if sensor_logger else _phyphox_starts(texts.get(_PHYPHOX_TIMES))
    t_s, acc, gyr = _sensor_logger(path, sheets) if sensor_logger else _read_phyphox(path, sheets)
    t_s = _with_pauses(t_s, begun)
    order = np.concatenate(([True], np.diff(np.maximum.accumulate(t_s)) > 0)) & np.isfinite(t_s)
    signal = Signal(placement, wearing.side, t_s[order], acc[order], None if gyr is None else gyr[order])
    start_utc = _start_utc(sheets) if sensor_logger else _phyphox_start_utc(begun)
    recording = recording_from_signals(
        path.stem, [checked_signal(signal, str(path))], track=_gps_speed(sheets, begun)
    )
    return replace(recording, started_utc=start_utc)


@contextlib.contextmanager
def _tables(path: Path) -> Iterator[dict[str, TableText]]:
    """Give the tables that are of use by their file names, to be read inside the block."""
    with contextlib.ExitStack() as stack:
        if path.is_dir():
            files = [*path.glob("*.csv"), *path.glob(f"meta/{_PHYPHOX_TIMES}")]
            found = {p.name: file_text(p) for p in files}
        else:
            try:
                packed = stack.enter_context(open_zip(stack.enter_context(path.open("rb"))))
            except (OSError, InputError) as exc:
                raise InputError("error.phone_damaged", path=path, error=exc) from exc
            found = {
                PurePosixPath(m.filename).name: _member_text(path, packed, m) for m in packed.infolist()
            }
        texts = {name: text for name, text in found.items() if name in (*_TABLES, _PHYPHOX_TIMES)}
        if not texts.keys() & {*_TABLES}:
            raise InputError("error.phone_no_file", path=path)
        yield texts


def _member_text(path: Path, packed: zipfile.ZipFile, member: zipfile.ZipInfo) -> TableText:
    where = f"{path}/{PurePosixPath(member.filename).name}"
    return TableText(where, lambda: open_member(packed, member, LARGEST_TEXT, where))


def _sensor_logger(path: Path, sheets: Mapping[str, Sheet]) -> tuple[Array, Array, Array | None]:
    """Return times (n,) in s, acceleration (n, 3) with gravity, and angular rate (n, 3) or None."""
    total = sheets.get("TotalAcceleration.csv")
    if total is not None:
        t_s, acc = _times_and_xyz(total)
    elif "Accelerometer.csv" in sheets and "Gravity.csv" in sheets:
        t_s, moved = _times_and_xyz(sheets["Accelerometer.csv"])
        acc = moved + _interpolated_at_times(t_s, *_times_and_xyz(sheets["Gravity.csv"]))
    else:
        raise InputError("error.phone_record", path=path)
    if np.nanmedian(np.linalg.norm(acc, axis=1)) < 3:
        acc = acc * GRAVITY_MS2  # the app set to "raw" units on an iPhone
    gyr = (
        _interpolated_at_times(t_s, *_times_and_xyz(sheets["Gyroscope.csv"]))
        if "Gyroscope.csv" in sheets
        else None
    )
    return t_s, acc, gyr


def _times_and_xyz(sheet: Sheet) -> tuple[Array, Array]:
    """Return seconds (n,) and x, y, z (n, 3), with times that move forward."""
    present = [sheet.find(name) for name in ("seconds_elapsed", "x", "y", "z")]
    columns = [c for c in present if c is not None]
    if len(columns) < 4:
        raise InputError("error.phone_columns", where=sheet.where)
    good = _rows_in_order(columns[0])
    return columns[0][good], np.column_stack(columns[1:])[good]


def _read_phyphox(path: Path, sheets: Mapping[str, Sheet]) -> tuple[Array, Array, Array | None]:
    sheet = sheets.get("Accelerometer.csv")
    if sheet is None or len(sheet.columns) < 4:
        raise InputError("error.phyphox_columns", path=path)
    t_s, acc = _first_four(sheet)
    gyr = (
        _interpolated_at_times(t_s, *_first_four(sheets["Gyroscope.csv"]))
        if "Gyroscope.csv" in sheets
        else None
    )
    return t_s, acc, gyr


def _first_four(sheet: Sheet) -> tuple[Array, Array]:
    rows = np.column_stack(list(sheet.columns.values())[:4])
    rows = rows[_rows_in_order(rows[:, 0])]
    return rows[:, 0], rows[:, 1:]


def _rows_in_order(t_s: Array) -> NDArray[np.bool_]:
    """Return which rows (n,) have a time, and one later than the row before."""
    return np.asarray(np.isfinite(t_s) & (np.diff(t_s, prepend=-np.inf) > 0))


def _interpolated_at_times(t_s: Array, own_s: Array, values: Array) -> Array:
    """Return values (n, 3) of a second sensor at the first one's times; NaN where it was silent for 0.1
    s.
    """
    if len(own_s) < 2:
        return np.full((len(t_s), 3), np.nan)
    out = np.column_stack([np.interp(t_s, own_s, v, left=np.nan, right=np.nan) for v in values.T])
    after = np.clip(np.searchsorted(own_s, t_s), 1, len(own_s) - 1)
    out[own_s[after] - own_s[after - 1] > 0.1] = np.nan
    return out


def _gps_speed(
    sheets: Mapping[str, Sheet], begun: Sequence[tuple[float, float]]
) -> tuple[Array, dict[str, Array]] | None:
    """Return times (n,) and values of the GPS speed, with its SD where the app gives it; None if none."""
    sheet = sheets.get("Location.csv")
    if sheet is None:
        return None
    by_unit = next((name for name in sheet.columns if "m/s)" in name and "^" not in name), "speed")
    t_s, speed = sheet.find("seconds_elapsed"), sheet.find("speed", by_unit)
    t_s = next(iter(sheet.columns.values()), None) if t_s is None and by_unit != "speed" else t_s
    if t_s is None or speed is None:
        return None
    good = _rows_in_order(t_s) & (speed >= 0) & (speed < 12)
    values = {"speed_mps": speed[good]}
    sd = sheet.find("speedAccuracy")
    if sd is not None:
        values["speed_mps_sd"] = np.where((sd > 0) & (sd < 10), sd, np.nan)[good]
    return (_with_pauses(t_s[good], begun), values) if good.any() else None


def _phyphox_starts(text: TableText | None) -> list[tuple[float, float]]:
    """Return experiment time and Unix time in s at each ``START`` of phyphox's ``meta/time.csv``."""
    if text is None:
        return []
    out = []
    rows = itertools.islice(text.rows(), 2 * _MOST_STARTS)
    for row in csv.reader(rows, delimiter=find_delimiter(text.first_line())):
        if len(row) >= 3 and row[0].strip().upper() == "START":
            experiment, system = (parse_number(cell.replace(",", ".")) for cell in row[1:3])
            if 0 <= experiment < 1e9 and 1e9 < system < 1e11:
                out.append((experiment, system))
    return out


def _with_pauses(t_s: Array, begun: Sequence[tuple[float, float]]) -> Array:
    """Return times (n,) that go on while the experiment was paused, from its first start."""
    out = t_s.copy()
    for experiment, system in begun[1:]:
        paused_s = system - begun[0][1] - (experiment - begun[0][0])
        out[t_s >= experiment] = t_s[t_s >= experiment] + max(0.0, paused_s)
    return out


def _phyphox_start_utc(begun: Sequence[tuple[float, float]]) -> str:
    if not begun:
        return ""
    experiment, system = begun[0]
    return datetime.datetime.fromtimestamp(round(system - experiment), datetime.UTC).isoformat()


def _start_utc(sheets: Mapping[str, Sheet]) -> str:
    """Return when second 0 was, from the epoch times beside it; empty if they make no sense."""
    for sheet in sheets.values():
        time, elapsed = sheet.find("time"), sheet.find("seconds_elapsed")
        if time is not None and elapsed is not None and len(time) and 1e18 < time[0] < 4e18:
            began = datetime.datetime.fromtimestamp(time[0] / 1e9 - elapsed[0], datetime.UTC)
            return began.replace(microsecond=0).isoformat()
    return ""
