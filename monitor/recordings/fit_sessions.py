"""The sessions of a FIT file, told apart: what sport each was, which records belong to it, and its totals.

A file of several sports has a ``session`` message for each, written at its end; a file that was cut off has
none for the last, whose sport stands in a ``sport`` message.  Where no message names a sport, the numbers
must be those of somebody on foot.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from dsp.types import Array
from monitor.core.activity_facts import PlaceTrack
from monitor.core.errors import InputError
from monitor.core.message_catalogues import EnglishText
from monitor.recordings.activity_sports import ON_FOOT, UNNAMED
from monitor.recordings.fit_records import CLOCK_WAS_SET, FitRecord, number_or_nan, record_places
from monitor.recordings.on_foot import StatedMotion, foot_doubt
from monitor.recordings.position_speed import position_distance

if TYPE_CHECKING:
    from monitor.recordings.fit_messages import FitMessages

_TREADMILL = "treadmill"
_MOST_INSIDE = 0.99
"""A session's length is believed if this share of its records lies in it."""
_PEDALS = (
    "left_torque_effectiveness",
    "left_pedal_smoothness",
    "left_pco",
    "left_power_phase",
    "left_right_balance",
)
_LONGEST_S = 2 * 86_400
_LEFT_OVER_S = 60
"""So long must records go on after the last session for them to be one more."""


@dataclass(slots=True, kw_only=True)
class FitSession:
    """A ``FitSession`` is a stretch of one sport: ``start`` in FIT's time, ``seconds`` with its pauses.

    ``dated_start`` is the start by a clock that was set, None if it never was.  ``records`` are its own,
    ``before`` is the last one ahead of it.  ``timer_s``, ``distance_m`` and
    ``strides`` are the file's totals, None where it has none.
    """

    sport: str
    sub_sport: str
    start: int
    seconds: float
    records: list[FitRecord]
    dated_start: int | None = None
    before: FitRecord | None = None
    timer_s: float | None = None
    distance_m: float | None = None
    strides: float | None = None

    @property
    def name(self) -> str:
        """The sport as a person calls it."""
        if self.sport == "swimming" and self.sub_sport == "lap_swimming":
            return "pool swimming"
        if not self.sport or self.sport.isdigit():  # of a profile newer than ours
            return "a sport that the file does not name"
        unclear = self.sport in ("fitness_equipment", "training") and self.sub_sport not in UNNAMED
        return (self.sub_sport if unclear else self.sport).replace("_", " ")

    @property
    def on_foot(self) -> bool | None:
        """Whether this was run, walked or hiked; None where no message says it."""
        if self.sub_sport == _TREADMILL:
            return True
        return None if self.sport in UNNAMED else self.sport in ON_FOOT


def whole_length_s(messages: FitMessages) -> float | None:
    """Return how long all sessions of a file took, from the first start to the last end, if they tell."""
    ends = [
        (start, start + max(lengths))
        for start, values in _started(messages)
        if (lengths := [v for v in _lengths(values) if v is not None])
    ]
    return max(end for _, end in ends) - min(start for start, _ in ends) if ends else None


def file_sessions(messages: FitMessages, records: Sequence[FitRecord]) -> list[FitSession]:
    """Return the sessions in order of time, at least one."""
    heads: Sequence[_Head] = _started(messages) or _heads_of_sports(messages, records)
    out = []
    for k, (start, values) in enumerate(heads):
        end = heads[k + 1][0] if k + 1 < len(heads) else _cut_off_end(messages, start, values)
        out.append(_session(messages, records, values, start if k else None, start, end))
    return out + list(_left_over(messages, records, out))


def runs_among(sessions: Sequence[FitSession]) -> list[FitSession]:
    """Return the sessions that were run, walked or hiked; ``InputError`` with the reason if none was."""
    out, reason = [], None
    for session in sessions:
        if session.on_foot is None:
            reason = reason or _doubt(session)
        if session.on_foot or (session.on_foot is None and _doubt(session) is None):
            out.append(session)
    named = dict.fromkeys(s.name for s in sessions if s.on_foot is False)
    if out:
        return out
    if reason is not None and not named:
        raise reason
    raise InputError("error.fit_not_running", sport=EnglishText(", ".join(named)))


def left_out_remarks(sessions: Sequence[FitSession], runs: Sequence[FitSession]) -> list[str]:
    """Return a remark on each sport of the file that is not imported."""
    names = dict.fromkeys(s.name for s in sessions if all(s is not run for run in runs))
    return [f"the file also holds {name}, which is left out" for name in names]


_Head = tuple[int | None, Mapping[str, Any]]
"""Where a session starts, if that is known, and its message."""


def _started(messages: FitMessages) -> list[tuple[int, Mapping[str, Any]]]:
    """Return the session messages in the order of their starts; of two with one start the last."""
    found = {}
    for message in messages.named("session"):
        start = message.values.get("start_time")
        if isinstance(start, int):
            found[start] = message.values
    return sorted(found.items(), key=lambda item: item[0])


def _heads_of_sports(messages: FitMessages, records: Sequence[FitRecord]) -> list[_Head]:
    """Return where each ``sport`` message begins a stretch, in a file whose sessions have no start."""
    sports = messages.named("sport")
    if len(sports) < 2:
        whole = {**(sports[0].values if sports else {}), **messages.first("session")}
        return [(None, whole)]
    starts: list[int | None] = [None, *(max(m.time, records[0].time if records else 0) for m in sports[1:])]
    return [(start, m.values) for start, m in zip(starts, sports, strict=True)]


def _session(
    messages: FitMessages,
    records: Sequence[FitRecord],
    values: Mapping[str, Any],
    first: int | None,
    start: int | None,
    end: int | None,
) -> FitSession:
    """Return the session whose records lie from ``first`` on and before ``end``; None: all of them."""
    own = [r for r in records if (first is None or r.time >= first) and (end is None or r.time < end)]
    before = [r for r in records if first is not None and r.time < first][-1:]
    elapsed, timer = _lengths(values)
    if elapsed and timer and timer > elapsed + 1 and own and own[-1].time - own[0].time > elapsed + 60:
        elapsed, timer = timer, elapsed
    start = _believed_start(own, start, elapsed, end)
    own = [r for r in own if r.time >= start]
    inside = [r for r in own if elapsed is None or r.time <= start + elapsed + 1.5]
    if len(inside) < _MOST_INSIDE * len(own):
        inside, elapsed = own, None
    span = float(inside[-1].time - start) if inside else 0.0
    seconds = elapsed if elapsed is not None and _likely_end(elapsed, span, values, start) else span
    sport = {**({} if values.get("sport") else messages.first("sport")), **values}
    return FitSession(
        sport=str(sport.get("sport") or ""),
        sub_sport=str(sport.get("sub_sport") or ""),
        start=start,
        seconds=max(seconds, span - 1.5, 0.0),
        records=inside,
        dated_start=_dated_start(start, values, elapsed),
        before=before[0] if before else None,
        timer_s=timer,
        distance_m=_positive(values.get("total_distance")),
        strides=_positive(values.get("total_cycles")) or _lap_strides(messages, start, start + seconds),
    )


def _lengths(values: Mapping[str, Any]) -> tuple[float | None, float | None]:
    """Return elapsed and timer time."""
    return _positive(values.get("total_elapsed_time")), _positive(values.get("total_timer_time"))


def _positive(value: Any) -> float | None:
    return float(value) if isinstance(value, (int, float)) and value > 0 else None


def _believed_start(
    records: Sequence[FitRecord], start: int | None, elapsed: float | None, end: int | None
) -> int:
    """Return the start that the message gives, or that of the records where their length fits better."""
    if not records:
        return start or 0
    first, last = records[0].time, records[-1].time
    if start is None or start > last:
        return first
    if first < start - 1 and elapsed is not None:
        stop = last if end is None else max(last, end)
        return first if abs(stop - first - elapsed) < abs(stop - start - elapsed) else start
    return start if abs(start - first) < 86_400 else first


def _dated_start(start: int, values: Mapping[str, Any], elapsed: float | None) -> int | None:
    """Return the start by a clock that was set: reckoned from the message where records had none."""
    stated, written = values.get("start_time"), values.get("timestamp")
    if start >= CLOCK_WAS_SET:
        return start
    if isinstance(stated, int) and stated >= CLOCK_WAS_SET:
        return stated
    if isinstance(written, int) and written >= CLOCK_WAS_SET and elapsed is not None:
        return int(written - elapsed)
    return None


def _likely_end(elapsed: float, span: float, values: Mapping[str, Any], start: int) -> bool:
    """Return whether the session may have lasted ``elapsed``: like its records or a little longer."""
    written = values.get("timestamp")
    stated = isinstance(written, int) and abs(written - start - elapsed) < 120
    return span - 1.5 <= elapsed and (stated or elapsed < 1.5 * span + 600)


def _lap_strides(messages: FitMessages, start: int, end: float) -> float | None:
    """Return the sum over the laps from ``start`` to ``end``."""
    laps = [m.values for m in messages.named("lap")]
    inside = [
        v for v in laps if isinstance(v.get("start_time"), int) and start - 1 <= v["start_time"] < end
    ]
    counts = [_positive(v.get("total_cycles")) for v in inside]
    return sum(c for c in counts if c) if counts and all(counts) else None


def _cut_off_end(messages: FitMessages, start: int | None, values: Mapping[str, Any]) -> int | None:
    """Return where the last session ended if a ``sport`` message begins one more after it."""
    elapsed = _lengths(values)[0]
    if start is None or elapsed is None:
        return None
    later = any(m.time >= start + elapsed - 1.5 for m in messages.named("sport"))
    return int(start + elapsed) + 1 if later else None


def _left_over(
    messages: FitMessages, records: Sequence[FitRecord], sessions: Sequence[FitSession]
) -> Iterator[FitSession]:
    """Yield the session whose message is missing at the end of a file that was cut off."""
    if not messages.named("session") or not sessions[-1].records:
        return
    end = sessions[-1].start + sessions[-1].seconds
    begun = [m for m in messages.named("sport") if m.time >= end - 1.5]
    rest = [r for r in records if r.time > sessions[-1].records[-1].time and r.time >= end]
    if begun and rest and rest[-1].time - end >= _LEFT_OVER_S:
        yield _session(messages, records, begun[-1].values, rest[0].time, rest[0].time, None)


def _doubt(session: FitSession) -> InputError | None:
    """Return why somebody on foot cannot have recorded this; None where he can."""
    records = session.records
    if any(name in r.values for r in records for name in _PEDALS):
        return InputError("error.fit_pedals")
    if session.seconds > _LONGEST_S:
        return None  # refused for that
    return foot_doubt(_motion(records))


def _motion(records: Sequence[FitRecord]) -> StatedMotion:
    places = record_places(records, records[0].time) if records else None
    outdoors = places is not None and bool(np.isfinite(places.lat_deg).any())
    return StatedMotion(
        t_s=np.array([r.time for r in records], dtype=float),
        metres=_metres(records, places if outdoors else None),
        cadence=np.array([number_or_nan(r.values.get("cadence")) for r in records]),
        outdoors=outdoors,
    )


def _metres(records: Sequence[FitRecord], places: PlaceTrack | None) -> Array:
    """Return the distance up to each record (n,): what the file says, or from its speed or its places."""
    t_s = np.array([r.time for r in records], dtype=float)
    stated = np.array([number_or_nan(r.values.get("distance")) for r in records])
    known = np.isfinite(stated)
    if known.sum() > 1:
        return np.asarray(np.interp(t_s, t_s[known], stated[known]))
    speed = np.array([number_or_nan(r.values.get("enhanced_speed")) for r in records])
    if places is not None and not np.isfinite(speed).any():
        there = np.isfinite(places.lat_deg) & np.isfinite(places.lon_deg)
        at_s = places.t_s[there]
        metres = position_distance(at_s, places.lat_deg[there], places.lon_deg[there])
        return np.asarray(np.interp(t_s - t_s[0], at_s, metres))
    return np.cumsum(np.minimum(np.diff(t_s, prepend=t_s[:1]), 3) * np.nan_to_num(speed))
