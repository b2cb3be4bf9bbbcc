"""Records just written to the store that are still in memory: who delivers them reads nothing back.

The store remains the buffer: memory answers only where it has every row that is asked for, unchanged.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence

from dsp.types import Gap, Metric, Step
from monitor.core.records import Out
from monitor.storage.record_rows import LATEST_S
from monitor.storage.session_info import WaitingRecord

_MOST = 2000  # a minute of a run: who is further behind reads the store (a choice)
_LARGEST = 1e300


class RecentRecords:
    """``RecentRecords`` holds the newest rows of a store, without a row missing among them."""

    def __init__(self) -> None:
        self._rows: deque[WaitingRecord] = deque(maxlen=_MOST)
        self._version = -1

    def forget(self) -> None:
        """Forget all: rows were changed or deleted."""
        self._rows.clear()

    def add(self, first: int, session: str, records: Sequence[Out], version: int) -> None:
        """Take records that were written as the rows from ``first`` on.

        ``version`` is SQLite's ``data_version``: it changes when another connection has written.
        """
        if version != self._version or (self._rows and self._rows[-1][0] + 1 != first):
            self._rows.clear()
        self._version = version
        start = max(0, len(records) - _MOST)
        self._rows.extend((first + k, session, records[k]) for k in range(start, len(records)))

    def after(self, row: int, last: int, version: int, limit: int) -> list[WaitingRecord] | None:
        """Return at most ``limit`` records after ``row``; None where the store has to be read.

        ``last`` is the newest row of the store.
        """
        if row == last:
            return []
        rows = self._rows
        if not rows or version != self._version or rows[-1][0] != last or rows[0][0] > row + 1:
            return None
        start = row + 1 - rows[0][0]
        found = [rows[k] for k in range(start, min(len(rows), start + limit))]
        return found if all(_comes_back_alike(record) for _, _, record in found) else None


def _comes_back_alike(record: Out) -> bool:
    """Whether a record that is read back is what was written: no number is missing or out of bounds."""
    numbers: tuple[float, ...]
    match record:
        case Metric(t_s, _, estimate):
            numbers = (t_s, estimate.value, estimate.sd)
            plain = -60 <= t_s <= LATEST_S and abs(estimate.value) <= _LARGEST
        case Step(_, _, ic_s, to_s):
            numbers = (ic_s, ic_s if to_s is None else to_s)
            plain = all(-60 <= t <= LATEST_S for t in numbers)
        case Gap(_, start_s, end_s):
            numbers = (start_s, end_s)
            plain = -60 <= start_s <= end_s <= LATEST_S
        case _:
            values = (getattr(record, name) for name in type(record).__match_args__)
            return all(math.isfinite(value) for value in values if isinstance(value, float))
    return plain and all(type(number) is float and math.isfinite(number) for number in numbers)
