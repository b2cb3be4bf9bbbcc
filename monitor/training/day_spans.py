"""Spans of days in sequences that are in the order of days: runs, verdicts, entries."""

from __future__ import annotations

import datetime
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from operator import attrgetter
from typing import Protocol, TypeVar

_day_of = attrgetter("day")


class HasDay(Protocol):
    """Something that belongs to a day."""

    @property
    def day(self) -> datetime.date:
        """The day that it belongs to, on the runner's calendar."""
        ...


_Item = TypeVar("_Item", bound=HasDay)


def on_days(
    items: Sequence[_Item], first: datetime.date, last: datetime.date = datetime.date.max
) -> Sequence[_Item]:
    """Return the items of these days and all between; ``items`` are in the order of days."""
    begin, end = places_on_days(items, first, last)
    return items[begin:end]


def places_on_days(
    items: Sequence[_Item], first: datetime.date, last: datetime.date = datetime.date.max
) -> tuple[int, int]:
    """Return where the items of these days begin and end."""
    return bisect_left(items, first, key=_day_of), bisect_right(items, last, key=_day_of)
