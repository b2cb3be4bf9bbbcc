"""Plain CSV of one IMU.

The first line is ``t_s,acc_x_ms2,acc_y_ms2,acc_z_ms2,gyr_x_rads,gyr_y_rads,gyr_z_rads`` (the three
``gyr`` columns may be absent), every other line holds the numbers: seconds that increase, specific
force in m/s² (9.81 at rest) and angular rate in rad/s, in any one set of axes.  Times are kept as
they are, so that steps can be compared with the file; a hole in them is a gap, and so are samples
of ``nan``.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from dsp.types import Array
from monitor.core.errors import InputError
from monitor.core.message_catalogues import UserMessage
from monitor.recordings.delimited_text import TableText, file_text, limited_rows, parse_clock
from monitor.recordings.recording import Recording, Wearing, require_placement
from monitor.recordings.signals import Signal, checked_signal, recording_from_signals
from monitor.recordings.time_columns import fitting_unit

IMU_CSV_HEADER = ("t_s", "acc_x_ms2", "acc_y_ms2", "acc_z_ms2", "gyr_x_rads", "gyr_y_rads", "gyr_z_rads")
HEADER_LINE = ",".join(IMU_CSV_HEADER)


def read_csv(path: Path, wearing: Wearing) -> Recording:
    """Return a recording of one sensor, worn as the operator says.

    ``InputError`` names the line that is wrong; ``ConfigError`` if ``wearing`` lacks the placement.
    """
    placement = require_placement(path, wearing)
    text = file_text(path, UserMessage("expected.csv", {"header": HEADER_LINE}))
    rows = _read_numbers(path, text)
    t_s = rows[:, 0]
    back = np.flatnonzero(np.diff(t_s) <= 0)
    if len(back):
        raise InputError("error.time_back", path=path, line=back[0] + 3, t_s=f"{t_s[back[0] + 1]:g}")
    unit = fitting_unit(t_s)
    if unit not in ("", "s"):
        columns = f"t=t_s:{unit},{_rest_of_map(rows.shape[1])}"
        raise InputError("error.csv_unit", where=path, name="t_s", unit="s", columns=columns)
    gyr = rows[:, 4:7] if rows.shape[1] == len(IMU_CSV_HEADER) else None
    signal = Signal(placement, wearing.side, t_s, rows[:, 1:4], gyr)
    return recording_from_signals(path.stem, [checked_signal(signal, str(path))])


def _read_numbers(path: Path, text: TableText) -> Array:
    """Return all lines after the header as numbers (n, 4) or (n, 7); their times are finite."""
    first = text.first_line()
    header = tuple(name.strip() for name in first.split(","))
    if not first and text.is_blank():
        raise InputError("error.csv_empty", path=path, header=HEADER_LINE)
    if header not in (IMU_CSV_HEADER, IMU_CSV_HEADER[:4]):
        raise InputError("error.csv_header", path=path, header=HEADER_LINE)
    count = _rows_to_last(limited_rows(text, len(header)))
    if count < 2:
        raise InputError("error.few_samples", where=path, count=count)
    try:
        rows = np.loadtxt(text.rows(), delimiter=",", ndmin=2, comments=None)
    except ValueError as exc:
        raise _first_mistake(path, text, len(header)) from exc
    if rows.shape != (count, len(header)) or not np.isfinite(rows[:, 0]).all():
        raise _first_mistake(path, text, len(header))
    return np.asarray(rows, dtype=np.float64)


def _rows_to_last(lines: Iterator[str]) -> int:
    """Return how many lines there are up to the last that is not blank."""
    return max((number for number, line in enumerate(lines, start=1) if line.strip()), default=0)


def _rest_of_map(width: int) -> str:
    """Return the map of our own columns, but the time, as ``--columns`` takes it."""
    axes = zip(("ax", "ay", "az", "gx", "gy", "gz"), IMU_CSV_HEADER[1:width], strict=False)
    return ",".join(f"{axis}={name}:{'rads' if axis[0] == 'g' else 'ms2'}" for axis, name in axes)


def _first_mistake(path: Path, text: TableText, width: int) -> InputError:
    """Return an error that names the line that is wrong, searched the slow way."""
    for number, line in enumerate(text.rows(), start=2):
        cells = line.rstrip("\n").split(",")
        if len(cells) != width:
            return InputError("error.columns", where=path, number=number, cells=len(cells), width=width)
        for name, cell in zip(IMU_CSV_HEADER, cells, strict=False):
            try:
                good = bool(np.isfinite(float(cell))) or name != IMU_CSV_HEADER[0]
            except ValueError:
                good = False
            if not good and name == IMU_CSV_HEADER[0] and parse_clock(cell) is not None:
                columns = f"t=t_s,{_rest_of_map(width)}"
                return InputError(
                    "error.csv_clock", path=path, line=number, cell=cell.strip(), columns=columns
                )
            if not good:
                return InputError("error.cell", path=path, line=number, name=name, cell=cell.strip())
    return InputError("error.not_numbers", path=path)
