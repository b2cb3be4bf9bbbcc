"""The records of a FIT file in order of time: one for each time stamp, none of a wrong clock."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from monitor.core.activity_facts import PlaceTrack

if TYPE_CHECKING:
    from monitor.recordings.fit_layouts import DeveloperValue
    from monitor.recordings.fit_messages import FitMessage

CLOCK_WAS_SET = 0x10000000
"""Smaller times count from when the device was switched on (FIT, ``date_time``)."""
_DAY_S = 86_400
_FEW = 0.05
"""This share of the records may lie days away from the others and be left out."""
_CLOCK_SLACK_S = 120
_DEGREES = 180 / 2**31
_NEVER = 2**32  # after all times that FIT can write


@dataclass(frozen=True, slots=True)
class FitRecord:
    """A ``FitRecord`` is all that a file says of one second, ``time`` in seconds since FIT's epoch.

    ``values`` by field name, ``developer`` what apps wrote.
    """

    time: int
    values: Mapping[str, Any]
    developer: tuple[DeveloperValue, ...] = ()


@dataclass(frozen=True, slots=True)
class ClockChange:
    """``ClockChange``: the times from ``since`` on and before ``until`` are ``by`` seconds too early.

    They were written by the clock of the watch before it was set, or after.
    """

    since: int
    until: int
    by: int


def ordered_records(
    messages: Sequence[FitMessage], session_s: float | None = None, *, damaged: bool = False
) -> tuple[list[FitRecord], list[ClockChange]]:
    """Return what ``record`` messages say, one for each time, in order of time, and what was moved for it.

    Where times go back, as few records as possible are left out; so are a few that lie days from all
    others, and in a ``damaged`` file all after the first stretch: behind a lost byte everything can be read
    as something.
    ``session_s`` is how long the file says that everything took: where the clock was set in between, later
    records are moved so that it holds, or earlier ones where it was set back or had not been set.
    """
    merged = _merged([m for m in messages if isinstance(m.values.get("timestamp"), int)])
    changes: list[ClockChange] = []
    if not damaged:
        changes += _clock_set_back(merged, session_s)
        merged = _without_outliers(_moved(merged, changes))
    records = [merged[k] for k in _longest_rise([r.time for r in merged])]
    if damaged:
        records = _first_stretch(records)
    changes += (later := _clock_set_on(records, session_s))
    return _moved(records, later), changes


def right_time(time: int, changes: Sequence[ClockChange]) -> int:
    """Return a time of the file on the clock that its records were brought to."""
    for change in changes:
        if change.since <= time < change.until:
            time += change.by
    return time


def record_places(records: Sequence[FitRecord], start: int) -> PlaceTrack | None:
    """Return where the runner was, of the records that say it, in seconds from ``start`` (FIT's time)."""
    rows = []
    for r in records:
        lat, lon = (number_or_nan(r.values.get(f"position_{axis}")) for axis in ("lat", "long"))
        altitude = number_or_nan(r.values.get("enhanced_altitude"))
        placed = abs(lat * _DEGREES) <= 90 and abs(lon * _DEGREES) <= 180
        if placed or altitude == altitude:
            place = (lat * _DEGREES, lon * _DEGREES) if placed else (np.nan, np.nan)
            rows.append((float(r.time - start), *place, altitude))
    if not rows:
        return None
    columns = np.array(rows).T
    return PlaceTrack(*columns)


def number_or_nan(value: Any) -> float:
    """Return a number of a message; NaN where it is none."""
    return float(value) if isinstance(value, (int, float)) else float("nan")


def _merged(messages: Sequence[FitMessage]) -> list[FitRecord]:
    """Return one record for each time, in the order in which they first came; what comes later counts."""
    out: dict[int, FitRecord] = {}
    for m in messages:
        time = m.values["timestamp"]
        known = out.get(time)
        if known is None:
            out[time] = FitRecord(time, m.values, m.developer)
        else:
            out[time] = FitRecord(time, {**known.values, **m.values}, known.developer + m.developer)
    return list(out.values())


def _longest_rise(times: Sequence[int]) -> list[int]:
    """Return the places of the longest series of times that only grows."""
    if all(a < b for a, b in pairwise(times)):
        return list(range(len(times)))
    ends: list[int] = []  # the smallest last time of a series of each length
    places: list[int] = []
    before = [-1] * len(times)
    for k, time in enumerate(times):
        at = bisect_left(ends, time)
        before[k] = places[at - 1] if at else -1
        ends[at : at + 1], places[at : at + 1] = [time], [k]
    out = []
    k = places[-1] if places else -1
    while k >= 0:
        out.append(k)
        k = before[k]
    return out[::-1]


def _without_outliers(records: list[FitRecord]) -> list[FitRecord]:
    """Return the records without a few whose times lie half a day or more from those of all others."""
    parts = _stretches(sorted(records, key=lambda r: r.time))
    largest = max(parts, key=len)
    if len(largest) == len(records) or len(records) - len(largest) > max(1, _FEW * len(records)):
        return records
    return [r for r in records if largest[0].time <= r.time <= largest[-1].time]


def _first_stretch(records: list[FitRecord]) -> list[FitRecord]:
    """Return the first stretch of more than a few records, without what lies half a day or more from it."""
    few = max(1, _FEW * len(records))
    return next((part for part in _stretches(records) if len(part) > few), records)


def _stretches(records: list[FitRecord]) -> list[list[FitRecord]]:
    """Return the records cut where half a day or more lies between two."""
    edges = [k for k, (a, b) in enumerate(pairwise(records), 1) if b.time - a.time > _DAY_S / 2]
    return [records[a:b] for a, b in pairwise([0, *edges, len(records)])]


def _clock_set_back(records: list[FitRecord], session_s: float | None) -> list[ClockChange]:
    """Return by how much what was written before the clock was set back lies too late, if it was.

    Then all that follows lies ahead of all that was before, and both together took what the file says.
    """
    back = [k for k, (a, b) in enumerate(pairwise(records), 1) if b.time < a.time]
    if session_s is None or len(back) != 1:
        return []
    before, after = records[: back[0]], records[back[0] :]
    left_s = round(session_s) - (before[-1].time - before[0].time) - (after[-1].time - after[0].time)
    few = max(1, _FEW * len(records))
    if after[-1].time >= before[0].time or min(len(before), len(after)) <= few:
        return []
    if not -_CLOCK_SLACK_S < left_s < before[0].time - after[-1].time:
        return []
    by = after[0].time - max(1, left_s) - before[-1].time
    return [ClockChange((after[-1].time + before[0].time) // 2 + 1, _NEVER, by)]


def _clock_set_on(records: Sequence[FitRecord], session_s: float | None) -> list[ClockChange]:
    """Return what lies too late after the clock was set in between, or too early before it was set."""
    if session_s is None or len(records) < 2:
        return []
    too_long = records[-1].time - records[0].time - round(session_s)
    if too_long < _DAY_S / 2:
        return []
    gap, at = max((b.time - a.time, k) for k, (a, b) in enumerate(pairwise(records), 1))
    if gap <= too_long - _CLOCK_SLACK_S:
        return []
    by, before, after = min(too_long, gap - 1), records[at - 1].time, records[at].time
    if before < CLOCK_WAS_SET <= after:
        return [ClockChange(0, CLOCK_WAS_SET, by)]
    return [ClockChange((before + after) // 2 + 1, _NEVER, -by)]


def _moved(records: Sequence[FitRecord], changes: Sequence[ClockChange]) -> list[FitRecord]:
    if not changes:
        return list(records)
    return [FitRecord(right_time(r.time, changes), r.values, r.developer) for r in records]
