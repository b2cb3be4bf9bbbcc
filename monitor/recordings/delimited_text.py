"""Delimited text to columns: comma, semicolon or tab, decimal point or comma, quoted headings."""

from __future__ import annotations

import csv
import io
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dsp.types import Array
from monitor.core.errors import InputError
from monitor.core.message_catalogues import UserMessage


@dataclass(frozen=True, slots=True)
class Sheet:
    """``Sheet`` holds columns (n,) by heading; cells that are not numbers are NaN.

    ``where`` names it in errors; its length is the number of rows.
    """

    where: str
    columns: dict[str, Array]

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
    return [cell.strip() for cell in next(csv.reader([line], delimiter=_find_delimiter(line)), [])]


def parse_sheet(text: str, where: str) -> Sheet:
    """Return all rows after the heading; ``InputError`` if there are none, or if they do not fit it."""
    text = text.lstrip("\ufeff")
    names = headings(text)
    first, _, body = text.partition("\n")
    if not names or not body.strip():
        raise InputError("error.no_rows", where=where)
    delimiter = _find_delimiter(first)
    if delimiter != "," and "," in body[:2000]:
        body = body.replace(",", ".")
    rows = _read_rows(body, delimiter, len(names), where)
    return Sheet(where, {name: rows[:, k] for k, name in enumerate(names) if name})


def _find_delimiter(line: str) -> str:
    return max(",;\t", key=line.count)


def _read_rows(body: str, delimiter: str, width: int, where: str) -> Array:
    """Return numbers (n, width): the quick way, or cell by cell where some are not numbers."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            rows = np.loadtxt(
                io.StringIO(body.replace('"', "")), delimiter=delimiter, ndmin=2, comments=None
            )
        if rows.shape[1] == width:
            return np.asarray(rows, dtype=np.float64)
    except ValueError:
        pass
    out = []
    for number, cells in enumerate(csv.reader(io.StringIO(body), delimiter=delimiter), start=2):
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != width:
            raise InputError("error.columns", where=where, number=number, cells=len(cells), width=width)
        out.append([_read_number(cell) for cell in cells])
    if not out:
        raise InputError("error.no_rows", where=where)
    return np.array(out, dtype=np.float64)


def _read_number(cell: str) -> float:
    try:
        return float(cell)
    except ValueError:
        return np.nan
