"""When a watch's timer ran and stood still, and where its laps end, from the messages of a FIT file.

Elapsed time runs from the first start to the last stop; the timer stands still between a stop and the next
start (Garmin's activity cookbook, "durations").  Where a file has no such events, holes in its records are
pauses as far as its totals say so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING, Any

from monitor.core.activity_facts import LapMark, TimerPause

if TYPE_CHECKING:
    from monitor.recordings.fit_messages import FitMessage

_STOPS = frozenset(
    {"stop", "stop_all", "stop_disable", "stop_disable_all", "end_depreciated", "end_all_depreciated"}
)
_STARTS = frozenset({"start", "begin_depreciated"})
_HOLE_S = 5.0
"""Holes in the records that are shorter are no pauses."""
_SHORTEST_S = 1.0
"""A pause that is shorter comes of the rounding of its events, unless the totals tell of it."""
_NO_TIME_S = 1e-3  # totals have milliseconds
_ROUNDING_S = 2.0
"""Times of events are whole seconds; totals are not."""


def timer_pauses(
    events: Sequence[FitMessage],
    start: int,
    seconds: float,
    timer_s: float | None,
    times_s: Sequence[float],
) -> list[TimerPause]:
    """Return the stretches in which the timer stood still, in order, in an activity of ``seconds``.

    ``start`` is its start in FIT's time, ``timer_s`` the file's total of time that the timer ran,
    ``times_s`` when there are records, from the start on.
    """
    pauses = _pauses_of_events(events, start, seconds)
    if timer_s is not None and 0 < timer_s <= seconds + _ROUNDING_S:
        rest = pauses[:-1]
        if (
            pauses
            and _is_explained(rest, seconds - timer_s)
            and not _is_explained(pauses, seconds - timer_s)
        ):
            pauses = rest  # the start after the last stop was not written
        open_s = seconds - timer_s - sum(p.seconds for p in pauses)
        if open_s > max(_ROUNDING_S + len(pauses), 0.002 * timer_s):
            pauses += _pauses_of_holes(times_s, pauses, open_s)
            pauses.sort(key=lambda p: p.start_s)
        if _is_explained(pauses, seconds - timer_s):
            return _exact(pauses, seconds, seconds - timer_s)
    return [p for p in pauses if p.seconds >= _SHORTEST_S]


def _pauses_of_events(events: Sequence[FitMessage], start: int, seconds: float) -> list[TimerPause]:
    out: list[TimerPause] = []
    since: float | None = None
    for time, kind in sorted(_timer_changes(events), key=lambda change: change[0]):
        t_s = min(max(float(time - start), 0.0), seconds)
        if kind in _STOPS:
            since = t_s if since is None and time >= start else since
        elif since is not None:
            if t_s > since:
                out.append(TimerPause(since, t_s - since))
            since = None
    if since is not None and seconds > since:
        out.append(TimerPause(since, seconds - since))
    return out


def _timer_changes(events: Sequence[FitMessage]) -> list[tuple[int, str]]:
    """Return when the timer was started or stopped, in the order of the file."""
    out = []
    for e in events:
        time, kind = e.values.get("timestamp"), str(e.values.get("event_type", ""))
        if e.values.get("event") == "timer" and isinstance(time, int) and kind in _STOPS | _STARTS:
            out.append((time, kind))
    return out


def _pauses_of_holes(
    times_s: Sequence[float], pauses: Sequence[TimerPause], open_s: float
) -> list[TimerPause]:
    """Return the largest holes in the records that are no pauses yet, up to ``open_s`` seconds."""
    holes = [(b - a, a) for a, b in pairwise(times_s) if b - a > 0]
    if not holes:
        return []
    least = max(_HOLE_S, 3 * median(length for length, _ in holes))
    out: list[TimerPause] = []
    for length, at in sorted(holes, reverse=True):
        if length < least or open_s < _HOLE_S:
            break
        if any(p.start_s < at + length and at < p.end_s for p in pauses):
            continue
        out.append(TimerPause(at, min(length, open_s)))
        open_s -= out[-1].seconds
    return out


def _is_explained(pauses: Sequence[TimerPause], paused_s: float) -> bool:
    """Return whether the pauses sum up to ``paused_s`` but for the rounding of their events."""
    return abs(_missing_s(pauses, paused_s)) <= _ROUNDING_S + len(pauses)


def _missing_s(pauses: Sequence[TimerPause], paused_s: float) -> float:
    return paused_s - sum(p.seconds for p in pauses)


def _exact(pauses: Sequence[TimerPause], seconds: float, paused_s: float) -> list[TimerPause]:
    """Return the pauses changed to sum up to ``paused_s``, as far as they have room.

    That is the one that lasts to the end of the ``seconds``, which vanishes beside others if it is that
    short (recorders write the last stop with their last second); then the longest.
    """
    out = list(pauses)
    last = [seconds - p.end_s < _NO_TIME_S for p in out]
    for k in sorted(range(len(out)), key=lambda k: (not last[k], -out[k].seconds)):
        missing_s, p = _missing_s(out, paused_s), out[k]
        if last[k]:
            room_s = p.start_s - (out[k - 1].end_s if k else 0.0)
            length = p.seconds + min(missing_s, room_s)
            length = length if length >= _SHORTEST_S or len(out) == 1 else 0.0
            out[k] = TimerPause(round(seconds - length, 3), round(length, 3))
        else:
            room_s = (out[k + 1].start_s if k + 1 < len(out) else seconds) - p.end_s
            length = p.seconds + max(min(missing_s, room_s), -p.seconds / 2)
            out[k] = TimerPause(p.start_s, round(length, 3))
    return [p for p in out if p.seconds >= _NO_TIME_S]


def lap_marks(laps: Sequence[FitMessage], start: int, seconds: float) -> list[LapMark]:
    """Return the ends of the laps with what ended them, without the last one, which ends the activity.

    A lap ends where the next one starts, to the millisecond where its length says so.
    """
    inside = sorted(
        (m.values for m in laps if -1 <= _start_of(m.values, start) < seconds),
        key=lambda values: _start_of(values, start),
    )
    out: list[LapMark] = []
    before = 0.0
    for k, values in enumerate(inside):
        begun = _start_of(values, start)
        begun = before if abs(before - begun) < 1.5 else begun
        end = _lap_end(values, begun, inside[k + 1 : k + 2], start)
        if end is not None and 0 < end < seconds - (5.0 if k == len(inside) - 1 else 0.0) and end > before:
            out.append(LapMark(round(end, 3), str(values.get("lap_trigger", ""))))
            before = end
    return out


def _start_of(values: Mapping[str, Any], start: int) -> float:
    """Return when a lap starts, in seconds of the activity; before all of it where that is not known."""
    time = values.get("start_time")
    return float(time - start) if isinstance(time, int) else -1e9


def _lap_end(
    values: Mapping[str, Any], begun: float, following: Sequence[Mapping[str, Any]], start: int
) -> float | None:
    length = values.get("total_elapsed_time")
    own = begun + length if isinstance(length, (int, float)) and length > 0 else None
    if not following:
        return own
    end = _start_of(following[0], start)
    return own if own is not None and abs(own - end) < 1.5 else end
