"""Delimited text to columns: comma, semicolon or tab, decimal point or comma, quoted headings."""

from __future__ import annotations

import csv
import datetime
import io
import itertools
import re
import warnings
from array import array
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import numpy as np

from dsp.types import Array
from monitor.core.errors import InputError
from monitor.core.message_catalogues import UserMessage

A_TABLE = UserMessage("expected.table")
"""What is expected in most files."""
LARGEST_TEXT = 1_500_000_000
"""Characters of one table: more than ten hours of a phone at 200 Hz."""
LONGEST_TABLE_LINE = 100_000
"""Characters of a line; the widest export we know has 2000."""
MOST_COLUMNS = 500
MOST_CELLS = 25_000_000
"""Of a table, 8 bytes each: seven hours at 200 Hz in five columns."""
_LINES_SEEN = 40  # to tell whether a comma is a decimal point


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


class TableText:
    """The text of a table, read line by line as often as asked: it never is in memory as a whole.

    ``where`` names it in errors; ``open_bytes`` gives its bytes, from the start.  Every method raises
    ``InputError`` if they cannot be read, are not text but ``expected``, or exceed a limit.
    """

    def __init__(
        self,
        where: str,
        open_bytes: Callable[[], IO[bytes]],
        expected: UserMessage = A_TABLE,
    ) -> None:
        self.where = where
        self._open_bytes = open_bytes
        self._expected = expected

    def first_line(self) -> str:
        """Return the first line without its end; empty if there is none."""
        return next(self._all_lines(), "").strip()

    def rows(self) -> Iterator[str]:
        """Yield every line after the first."""
        lines = self._all_lines()
        next(lines, "")
        return lines

    def is_blank(self) -> bool:
        """Return whether there is nothing but white space in it."""
        return not any(line.strip() for line in self._all_lines())

    def _all_lines(self) -> Iterator[str]:
        left = LARGEST_TEXT
        try:
            with self._open_bytes() as data, io.TextIOWrapper(data, encoding="utf-8-sig") as text:
                while line := text.readline(LONGEST_TABLE_LINE):
                    left -= len(line)
                    if len(line) == LONGEST_TABLE_LINE and not line.endswith("\n"):
                        raise InputError("error.long_line", where=self.where, limit=LONGEST_TABLE_LINE)
                    if left < 0:
                        raise InputError("error.large_text", where=self.where, limit=LARGEST_TEXT // 10**6)
                    yield line
        except UnicodeDecodeError as exc:
            raise InputError("error.not_text", path=self.where, expected=self._expected) from exc
        except OSError as exc:
            raise InputError("error.at", where=self.where, what=exc) from exc


def file_text(path: Path, expected: UserMessage = A_TABLE) -> TableText:
    """Return the text of a file, which is opened whenever it is read."""
    return TableText(str(path), lambda: path.open("rb"), expected)


def headings(text: TableText) -> list[str]:
    """Return the cells of the first line."""
    line = text.first_line()
    return [cell.strip() for cell in next(csv.reader([line], delimiter=find_delimiter(line)), [])]


def parse_sheet(text: TableText) -> Sheet:
    """Return all rows after the heading; ``InputError`` if there are none, or if they do not fit it."""
    names = headings(text)
    if len(names) > MOST_COLUMNS:
        raise InputError("error.many_columns", where=text.where, count=len(names), limit=MOST_COLUMNS)
    if not names or not any(line.strip() for line in text.rows()):
        raise InputError("error.no_rows", where=text.where)
    delimiter = find_delimiter(text.first_line())
    points = delimiter != "," and any("," in line for line in itertools.islice(text.rows(), _LINES_SEEN))
    rows, clocks = _read_rows(text, delimiter, len(names), points=points)
    columns = {name: rows[:, k] for k, name in enumerate(names) if name}
    return Sheet(text.where, columns, {names[k]: first for k, first in clocks.items()})


def find_delimiter(line: str) -> str:
    """Return what separates the cells of a line: a comma, a semicolon or a tab."""
    return max(",;\t", key=line.count)


def _read_rows(
    text: TableText, delimiter: str, width: int, *, points: bool
) -> tuple[Array, dict[int, str]]:
    """Return numbers (n, width): the quick way, or cell by cell where some are not numbers.

    With them come the columns in which times stand as text, with the first of these texts.  With ``points``
    a comma is a decimal point.
    """

    def lines() -> Iterator[str]:
        for line in limited_rows(text, width):
            yield line.replace(",", ".") if points else line

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            bare = (line.replace('"', "") for line in lines())
            rows = np.loadtxt(bare, delimiter=delimiter, ndmin=2, comments=None)
        if rows.shape[1] == width:
            return np.asarray(rows, dtype=np.float64), {}
    except ValueError:
        pass
    values, clocks = array("d"), dict[int, str]()
    try:
        for number, cells in enumerate(csv.reader(lines(), delimiter=delimiter), start=2):
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) != width:
                raise InputError(
                    "error.columns", where=text.where, number=number, cells=len(cells), width=width
                )
            values.extend(_cell_value(k, cell, clocks) for k, cell in enumerate(cells))
    except csv.Error as exc:
        raise InputError("error.at", where=text.where, what=exc) from exc
    if not values:
        raise InputError("error.no_rows", where=text.where)
    return np.array(values, dtype=np.float64).reshape(-1, width), clocks


def limited_rows(text: TableText, width: int) -> Iterator[str]:
    """Yield the lines after the first; ``InputError`` where they have more cells than can be held."""
    most = MOST_CELLS // width
    for number, line in enumerate(text.rows()):
        if number >= most:
            raise InputError("error.many_rows", where=text.where, limit=most)
        yield line


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
