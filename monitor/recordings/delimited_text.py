"""Delimited text to columns: comma, semicolon or tab, decimal point or comma, quoted headings."""

from __future__ import annotations

import csv
import datetime
import io
import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from dsp.types import Array
from monitor.core.errors import InputError
from monitor.core.message_catalogues import UserMessage


@dataclass(frozen=True, slots=True)
class Sheet:
    """``Sheet`` holds columns (n,) by heading; cells that are neither numbers nor times are NaN.

    ``where`` names it in errors; its length is the number of rows.  In the columns ``clocks`` times stood
    as text (of which these map to the first), and are seconds now: Unix time where the text names a day,
    else since midnight.
    """

    where: str
    columns: dict[str, Array]
    clocks: Mapping[str, str] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()), ()))

    def find(self, *wanted: str) -> Array | None:
        """Return the column of the first of these headings that there is, whatever the case; else None."""
        by_name = {name.lower(): values for name, values in self.columns.items()}
        return next((by_name[name.lower()] for name in wanted if name.lower() in by_name), None)


def read_text(path: Path, expected: UserMessage) -> str:
    """Return the text of a file; ``InputError`` if it cannot be read, or is not text but ``expected``."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as exc:
        raise InputError("error.not_text", path=path, expected=expected) from exc
    except OSError as exc:
        raise InputError("error.at", where=path, what=exc) from exc


def headings(text: str) -> list[str]:
    """Return the cells of the first line."""
    line = text.lstrip("\ufeff").split("\n", 1)[0].strip()
    return [cell.strip() for cell in next(csv.reader([line], delimiter=find_delimiter(line)), [])]


def parse_sheet(text: str, where: str) -> Sheet:
    """Return all rows after the heading; ``InputError`` if there are none, or if they do not fit it."""
    text = text.lstrip("\ufeff")
    names = headings(text)
    first, _, body = text.partition("\n")
    if not names or not body.strip():
        raise InputError("error.no_rows", where=where)
    delimiter = find_delimiter(first)
    if delimiter != "," and "," in body[:2000]:
        body = body.replace(",", ".")
    rows, clocks = _read_rows(body, delimiter, len(names), where)
    columns = {name: rows[:, k] for k, name in enumerate(names) if name}
    return Sheet(where, columns, {names[k]: first for k, first in clocks.items()})


def find_delimiter(line: str) -> str:
    """Return what separates the cells of a line: a comma, a semicolon or a tab."""
    return max(",;\t", key=line.count)


def _read_rows(body: str, delimiter: str, width: int, where: str) -> tuple[Array, dict[int, str]]:
    """Return numbers (n, width): the quick way, or cell by cell where some are not numbers.

    With them come the columns in which times stand as text, with the first of these texts.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            rows = np.loadtxt(
                io.StringIO(body.replace('"', "")), delimiter=delimiter, ndmin=2, comments=None
            )
        if rows.shape[1] == width:
            return np.asarray(rows, dtype=np.float64), {}
    except ValueError:
        pass
    out: list[list[float]] = []
    clocks: dict[int, str] = {}
    try:
        for number, cells in enumerate(csv.reader(io.StringIO(body), delimiter=delimiter), start=2):
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) != width:
                raise InputError("error.columns", where=where, number=number, cells=len(cells), width=width)
            out.append([_cell_value(k, cell, clocks) for k, cell in enumerate(cells)])
    except csv.Error as exc:
        raise InputError("error.at", where=where, what=exc) from exc
    if not out:
        raise InputError("error.no_rows", where=where)
    return np.array(out, dtype=np.float64), clocks


def _cell_value(k: int, cell: str, clocks: dict[int, str]) -> float:
    value = parse_number(cell)
    if np.isnan(value) and (clock := parse_clock(cell)) is not None:
        clocks.setdefault(k, cell)
        return clock
    return value


def parse_number(cell: str) -> float:
    """Return the number in a cell, NaN if there is none."""
    try:
        return float(cell)
    except ValueError:
        return np.nan


_DAY_FIRST = re.compile(r"(\d{1,2})[./](\d{1,2})[./](\d{4}),?[ T]+(.+)")
_CLOCK = re.compile(r"(?:(\d{1,2}):)?(\d{1,2}):(\d{1,2}(?:[.,]\d*)?)")


def parse_clock(cell: str) -> float | None:
    """Return the seconds that a written time means, None if it is none.

    ISO 8601, ``31.12.2026 23:59:59,5`` and ``12/31/2026 23:59:59`` are Unix time, in UTC where they name no
    zone; ``23:59:59.5`` and a spreadsheet's ``59:59.5`` are seconds since midnight or the hour.
    """
    text = cell.strip()
    if match := _CLOCK.fullmatch(text):
        hours, minutes, seconds = match.groups()
        return 3600 * int(hours or 0) + 60 * int(minutes) + float(seconds.replace(",", "."))
    when = _date_and_time(text)
    if when is None:
        return None
    try:
        return (when if when.tzinfo else when.replace(tzinfo=datetime.UTC)).timestamp()
    except OverflowError:
        return None


def parse_date_time(cell: str) -> datetime.datetime | None:
    """Return a written day and time of day, with a zone where one is named; None if it names no sure day.

    In ``03/04/2026`` either may be the day, and nothing tells which.
    """
    text = cell.strip()
    match = _DAY_FIRST.fullmatch(text)
    one, two = (match[1], match[2]) if match and "/" in text else ("", "")
    unsure = bool(one) and int(one) <= 12 and int(two) <= 12 and int(one) != int(two)
    return None if unsure or _CLOCK.fullmatch(text) else _date_and_time(text)


def _date_and_time(text: str) -> datetime.datetime | None:
    if match := _DAY_FIRST.fullmatch(text):
        one, two, year, clock = match.groups()
        day, month = (two, one) if int(two) > 12 else (one, two)
        text = f"{year}-{int(month):02}-{int(day):02} {clock}"
    try:
        return datetime.datetime.fromisoformat(text.replace("/", "-"))
    except ValueError:
        return None
