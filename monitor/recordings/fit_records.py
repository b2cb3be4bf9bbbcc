"""The records of a FIT file in order of time: one for each time stamp, without those whose clock was wrong."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from monitor.core.errors import InputError

if TYPE_CHECKING:
    from monitor.recordings.fit_messages import DeveloperValue, FitMessage

_DAY_S = 86_400
_LONGEST_S = 2 * _DAY_S
_FEW = 0.05
"""This share of the records may lie days away from the others and be left out."""
_CLOCK_SLACK_S = 120


@dataclass(frozen=True, slots=True)
class FitRecord:
    """A ``FitRecord`` is all that a file says of one second, ``time`` in seconds since FIT's epoch.

    ``values`` by field name, ``developer`` what apps wrote.
    """

    time: int
    values: Mapping[str, Any]
    developer: tuple[DeveloperValue, ...] = ()


def ordered_records(messages: Sequence[FitMessage], session_s: float | None = None) -> list[FitRecord]:
    """Return what ``record`` messages say, one for each time, in order of time.

    Where times go back, as few records as possible are left out; so are a few that lie days from all others.
    ``session_s`` is how long the file says that everything took: where the clock was set in between, later
    records are moved so that it holds.  ``InputError`` where they span over two days all the same.
    """
    timed = [m for m in messages if isinstance(m.values.get("timestamp"), int)]
    records = _merged([timed[k] for k in _longest_rise([m.values["timestamp"] for m in timed])])
    records = _without_outliers(records)
    shift = _clock_shift(records, session_s)
    if shift is not None:
        at, by = shift
        later = [FitRecord(r.time - by, r.values, r.developer) for r in records[at:]]
        records = records[:at] + later
    return records


def check_length(records: Sequence[FitRecord]) -> None:
    """Raise ``InputError`` where these records span over two days."""
    if records and records[-1].time - records[0].time > _LONGEST_S:
        raise InputError("error.fit_two_days")


def _merged(messages: Sequence[FitMessage]) -> list[FitRecord]:
    """Return one record for each time, of messages in order of time; what comes later counts."""
    out: list[FitRecord] = []
    for m in messages:
        time = m.values["timestamp"]
        if out and out[-1].time == time:
            before = out.pop()
            out.append(FitRecord(time, {**before.values, **m.values}, before.developer + m.developer))
        else:
            out.append(FitRecord(time, m.values, m.developer))
    return out


def _longest_rise(times: Sequence[int]) -> list[int]:
    """Return the places of the longest series of times that never goes back."""
    if all(a <= b for a, b in pairwise(times)):
        return list(range(len(times)))
    ends: list[int] = []  # the smallest last time of a series of each length
    places: list[int] = []
    before = [-1] * len(times)
    for k, time in enumerate(times):
        at = bisect_right(ends, time)
        before[k] = places[at - 1] if at else -1
        ends[at : at + 1], places[at : at + 1] = [time], [k]
    out = []
    k = places[-1] if places else -1
    while k >= 0:
        out.append(k)
        k = before[k]
    return out[::-1]


def _without_outliers(records: list[FitRecord]) -> list[FitRecord]:
    """Return the records without a few that lie a day or more from all others."""
    edges = [k for k, (a, b) in enumerate(pairwise(records), 1) if b.time - a.time > _DAY_S / 2]
    parts = [records[a:b] for a, b in pairwise([0, *edges, len(records)])]
    largest = max(parts, key=len)
    return largest if len(records) - len(largest) <= max(1, _FEW * len(records)) else records


def _clock_shift(records: Sequence[FitRecord], session_s: float | None) -> tuple[int, int] | None:
    """Return from which record on times are how many seconds too late, if the clock was set in between."""
    if session_s is None or len(records) < 2:
        return None
    too_long = records[-1].time - records[0].time - round(session_s)
    if too_long < _DAY_S / 2:
        return None
    gap, at = max((b.time - a.time, k) for k, (a, b) in enumerate(pairwise(records), 1))
    return (at, min(too_long, gap - 1)) if gap > too_long - _CLOCK_SLACK_S else None
