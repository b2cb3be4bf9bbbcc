"""The estimates of a step as bytes: compact, exact, and quick to read by the ten thousand.

20 bytes each, little-endian: u16 number of the metric's name, u16 number of its ``how``, f64 value,
f64 sd.  Names are numbered in the store's table ``word``.
"""

from __future__ import annotations

import sqlite3
import struct
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from dsp.metrics import is_modelled
from dsp.types import Array, Estimate

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_ONE = struct.Struct("<HHdd")


class NameTable:
    """``NameTable`` numbers names for one database connection, and packs estimates with these numbers."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._numbers: dict[str, int] = {}
        self._texts: dict[int, str] = {}

    def pack(self, estimates: Sequence[Estimate]) -> bytes:
        """Return the bytes of one step's estimates.

        Call it inside a transaction: a name that has no number yet is written to the table.
        """
        return b"".join(
            _ONE.pack(self._number(e.metric), self._number(e.how), e.value, e.sd) for e in estimates
        )

    def unpack(self, blobs: Sequence[bytes]) -> list[tuple[Estimate, ...]]:
        """Return the estimates of every step from the bytes of every step."""
        import numpy as np

        rows = _rows(blobs)
        texts = {n: self._text(n) for n in named_numbers(blobs)}
        names = [texts[n] for n in rows["metric"].tolist()]
        hows = [texts[n] for n in rows["how"].tolist()]
        estimates = list(map(Estimate, names, rows["value"].tolist(), rows["sd"].tolist(), hows))
        ends = np.cumsum([len(blob) // _ONE.size for blob in blobs]).tolist()
        return [tuple(estimates[a:b]) for a, b in zip([0, *ends], ends, strict=False)]

    def columns(self, blobs: Sequence[bytes]) -> dict[str, Array]:
        """Return the values (n,) of every metric by name, from n steps; NaN where a step has none."""
        import numpy as np

        rows = _rows(blobs)
        step = np.repeat(np.arange(len(blobs)), [len(blob) // _ONE.size for blob in blobs])
        out: dict[str, Array] = {}
        for number in np.unique(rows["metric"]).tolist():
            mine = rows["metric"] == number
            values = out[self._text(number)] = np.full(len(blobs), np.nan)
            values[step[mine]] = rows["value"][mine]
            values[np.isinf(values)] = np.nan
        return out

    def modelled(self, blobs: Sequence[bytes]) -> dict[str, NDArray[np.bool_]]:
        """Return which of n steps have a modelled value (n,), for every metric of which any has."""
        import numpy as np

        rows = _rows(blobs)
        step = np.repeat(np.arange(len(blobs)), [len(blob) // _ONE.size for blob in blobs])
        out: dict[str, NDArray[np.bool_]] = {}
        for metric, how in np.unique(rows[["metric", "how"]]).tolist():
            name = self._text(metric)
            if is_modelled(name, self._text(how)):
                mine = step[(rows["metric"] == metric) & (rows["how"] == how)]
                out.setdefault(name, np.zeros(len(blobs), dtype=bool))[mine] = True
        return out

    def forget(self) -> None:
        """Drop all remembered numbers: those given in a transaction that was rolled back do not hold."""
        self._numbers.clear()
        self._texts.clear()

    def _number(self, text: str) -> int:
        if text not in self._numbers:
            self._db.execute("INSERT OR IGNORE INTO word (text) VALUES (?)", (text,))
            (number,) = self._db.execute("SELECT id FROM word WHERE text = ?", (text,)).fetchone()
            self._numbers[text], self._texts[number] = number, text
        return self._numbers[text]

    def _text(self, number: int) -> str:
        if number not in self._texts:
            row = self._db.execute("SELECT text FROM word WHERE id = ?", (number,)).fetchone()
            if row is None or not isinstance(row[0], str):
                raise ValueError(f"there is no name {number}")
            (text,) = row
            self._numbers[text], self._texts[number] = number, text
        return self._texts[number]


def named_numbers(blobs: Sequence[bytes]) -> list[int]:
    """Return the numbers of all names in the bytes of these steps; ``ValueError`` if they are cut."""
    if not blobs:
        return []
    import numpy as np

    rows = _rows(blobs)
    numbers: list[int] = np.union1d(rows["metric"], rows["how"]).tolist()
    return numbers


def _rows(blobs: Sequence[bytes]) -> NDArray[Any]:
    """All estimates of these steps, one a row; who reads steps loads numpy, who lists runs does not."""
    import numpy as np

    return np.frombuffer(b"".join(blobs), _row_type())


@cache
def _row_type() -> np.dtype[Any]:
    import numpy as np

    return np.dtype([("metric", "<u2"), ("how", "<u2"), ("value", "<f8"), ("sd", "<f8")])
