"""Points of TCX and GPX files: times in order, stretches with pauses between them, and the activity they make."""

from __future__ import annotations

import datetime
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from dsp.types import Array
from monitor.core.activity_facts import ActivityFacts, LapMark, Pause, Track
from monitor.core.errors import InputError
from monitor.recordings.activity_sports import ON_FOOT
from monitor.recordings.position_speed import position_distance, position_speed
from monitor.recordings.watch_activity import WatchActivity, WatchSeries

_LONGEST_S = 2 * 86_400
_LEAST_PAUSE_S = 2.0
"""A shorter break between two stretches is how often the watch writes."""
_FASTEST_MPS = 6.5
"""Mean speed while moving that nobody runs: the world record over 10 km is 6.4 m/s (Kejelcha 2024, road 6.3)."""
_PLACES = ("lat_deg", "lon_deg", "altitude_m")


@dataclass(frozen=True, slots=True)
class TimedPoint:
    """A ``TimedPoint`` is what a file says of one instant: Unix time in s, and values by quantity.

    Besides those of ``WatchSeries`` there are ``lat_deg`` and ``lon_deg``.
    """

    time_s: float
    values: dict[str, float]


@dataclass(slots=True, kw_only=True)
class TrackedActivity:
    """One activity of a TCX or GPX file as it was written.

    ``stretches`` are its points; between two of them recording was interrupted.  ``laps`` are the ends of
    its laps in Unix time with their triggers, the last one too; ``timer_s`` how long the timer ran from one
    Unix time to another, where the file says it.
    """

    device: str = ""
    sport: str = ""
    sub_sport: str = ""
    utc_offset_s: int | None = None
    distance_m: float | None = None
    stretches: list[list[TimedPoint]] = field(default_factory=list)
    laps: list[tuple[float, str]] = field(default_factory=list)
    timer_s: list[tuple[float, float, float]] = field(default_factory=list)


def parse_time(text: str) -> tuple[float, int | None] | None:
    """Return Unix time in s and the offset from UTC in s that the text names; None if it is no time.

    The offset is None where the text names UTC, or no zone: then TCX and GPX mean UTC.
    """
    try:
        when = datetime.datetime.fromisoformat(text)
        zone = when.utcoffset()
        if zone is None:
            return when.replace(tzinfo=datetime.UTC).timestamp(), None
        return when.timestamp(), int(zone.total_seconds()) or None
    except (ValueError, OverflowError):
        return None


def parse_value(text: str) -> float | None:
    """Return a number; None if the text is none."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if abs(value) < 1e12 else None


def watch_activities(found: Sequence[TrackedActivity], damage: str) -> list[WatchActivity]:
    """Return those activities that are on foot, with a remark on those that are not.

    ``damage`` is what is wrong with the file.  ``InputError`` if there is none.
    """
    out, others, errors = [], [], []
    for activity in found:
        try:
            made = _watch_activity(activity)
        except InputError as exc:
            errors.append(exc)
            continue
        if activity.sport in ON_FOOT:
            out.append(made)
        else:
            others.append(activity.sport)
    if not out and others:
        raise InputError("error.fit_not_running", sport=", ".join(dict.fromkeys(others)).replace("_", " "))
    if not out:
        raise errors[0] if errors else InputError("error.track_nothing")
    for made in out:
        made.remarks += [f"left out, as it is not on foot: {', '.join(others)}"] if others else []
    if damage:
        seconds = out[-1].seconds
        length = f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"
        out[-1].remarks.append(f"the file is damaged ({damage}); its first {length} could be read")
    return out


def _watch_activity(activity: TrackedActivity) -> WatchActivity:
    stretches = _in_order(activity.stretches)
    points = [p for stretch in stretches for p in stretch]
    if len(points) < 2:
        raise InputError("error.track_no_times")
    start, seconds = points[0].time_s, points[-1].time_s - points[0].time_s
    if seconds > _LONGEST_S:
        raise InputError("error.fit_two_days")
    pauses = _pauses(stretches, activity.timer_s)
    series = WatchSeries(_device_name(activity.device))
    for p in points:
        for quantity, value in p.values.items():
            if quantity not in _PLACES[:2]:
                series.add(quantity, p.time_s - start, value)
    track = _track(points, start)
    if not _advances(series.points.get("distance_m", [])):
        _add_positions(series, track, pauses)
    if not activity.sport:
        _check_speed(series, pauses)
    return WatchActivity(
        series=[series],
        seconds=seconds,
        started=datetime.datetime.fromtimestamp(start, datetime.UTC),
        facts=ActivityFacts(
            sport=activity.sport,
            sub_sport=activity.sub_sport,
            utc_offset_s=activity.utc_offset_s,
            pauses=tuple(pauses),
            laps=_lap_marks(activity.laps, start, seconds),
            track=track,
        ),
        distance_m=activity.distance_m,
    )


def _device_name(text: str) -> str:
    return " ".join("".join(c for c in text if c.isalnum() or c in " -_").split())[:40].strip() or "watch"


def _in_order(stretches: Iterable[Sequence[TimedPoint]]) -> list[list[TimedPoint]]:
    """Return stretches whose times move forward: points off the longest such chain are left out.

    So a first point a day ahead costs that point.  Points with one time are one.
    """
    flat = [(number, p) for number, stretch in enumerate(stretches) for p in stretch]
    chain = _longest_chain([p.time_s for _, p in flat])
    out: dict[int, list[TimedPoint]] = {}
    last: TimedPoint | None = None
    for number, p in (flat[i] for i in chain):
        if last is not None and p.time_s == last.time_s:
            last.values.update({q: v for q, v in p.values.items() if q not in last.values})
            continue
        out.setdefault(number, []).append(p)
        last = p
    return list(out.values())


def _longest_chain(times: Sequence[float]) -> list[int]:
    """Return the indices of the longest subsequence of ``times`` that never falls."""
    ends: list[float] = []
    at: list[int] = []
    before = [-1] * len(times)
    for i, t in enumerate(times):
        k = bisect_right(ends, t)
        before[i] = at[k - 1] if k else -1
        if k == len(ends):
            ends.append(t)
            at.append(i)
        else:
            ends[k], at[k] = t, i
    out: list[int] = []
    i = at[-1] if at else -1
    while i >= 0:
        out.append(i)
        i = before[i]
    return out[::-1]


def _pauses(
    stretches: Sequence[Sequence[TimedPoint]], timers: Iterable[tuple[float, float, float]]
) -> list[Pause]:
    """Return the breaks between stretches, and those gaps between points that the timers tell of."""
    times = np.array([p.time_s for stretch in stretches for p in stretch])
    firsts = np.cumsum([len(s) for s in stretches])[:-1]
    broken = {int(i): float(times[i] - times[i - 1]) for i in firsts}
    out = {i: gap for i, gap in broken.items() if gap >= _LEAST_PAUSE_S}
    gaps = np.diff(times, prepend=times[0])
    least = max(_LEAST_PAUSE_S, 3 * float(np.median(gaps)))  # watches that record "smart" skip seconds
    for start, end, timer_s in timers:
        inside = np.flatnonzero((times > start) & (times - gaps < end))
        missing = min(end, times[-1]) - max(start, times[0]) - timer_s - sum(out.get(int(i), 0.0) for i in inside)
        for i in sorted((int(i) for i in inside if int(i) not in out), key=lambda i: -gaps[i]):
            if missing < _LEAST_PAUSE_S or gaps[i] < least:
                break
            out[i] = float(min(gaps[i], missing))
            missing -= out[i]
    return [Pause(float(times[i - 1] - times[0]), seconds) for i, seconds in sorted(out.items())]


def _track(points: Sequence[TimedPoint], start: float) -> Track | None:
    if not any(q in p.values for p in points for q in _PLACES):
        return None
    column = [np.array([p.values.get(q, np.nan) for p in points]) for q in _PLACES]
    return Track(np.array([p.time_s for p in points]) - start, *column)


def _advances(distance: Sequence[tuple[float, float]]) -> bool:
    return len(distance) > 1 and any(b[1] > a[1] for a, b in zip(distance, distance[1:], strict=False))


def _add_positions(series: WatchSeries, track: Track | None, pauses: Sequence[Pause]) -> None:
    """Add the distance between the positions, and the speed that they show where the file has none."""
    if track is None:
        return
    there = np.isfinite(track.lat_deg) & np.isfinite(track.lon_deg)
    if there.sum() < 2:
        return
    t_s = track.t_s[there]
    metres = position_distance(t_s, track.lat_deg[there], track.lon_deg[there], pauses)
    series.points["distance_m"] = _pairs(t_s, metres)
    if "speed_mps" not in series.points:
        speed, sd = position_speed(t_s, metres)
        series.points |= {"speed_mps": _pairs(t_s, speed), "speed_mps_sd": _pairs(t_s, sd)}


def _pairs(t_s: Array, values: Array) -> list[tuple[float, float]]:
    return list(zip(t_s.tolist(), values.tolist(), strict=True))


def _check_speed(series: WatchSeries, pauses: Sequence[Pause]) -> None:
    """Refuse what moves faster than people do, where no sport is named."""
    distance = np.array(series.points.get("distance_m", []))
    if len(distance) < 2:
        return
    metres, seconds = np.diff(distance[:, 1]), np.diff(distance[:, 0])
    moving = (metres > 0) & (seconds > 0) & (metres > 0.4 * seconds)
    fast = metres[moving].sum() / seconds[moving].sum() if moving.any() else 0.0
    if fast > _FASTEST_MPS and metres[moving].sum() > 1000:
        raise InputError("error.track_too_fast", speed_kmh=f"{3.6 * fast:.0f}")


def _lap_marks(laps: Sequence[tuple[float, str]], start: float, seconds: float) -> tuple[LapMark, ...]:
    """Return the ends of the laps, without the last one, which is that of the run."""
    marks: Mapping[float, str] = {round(t - start, 3): trigger for t, trigger in laps}
    return tuple(LapMark(t_s, trigger) for t_s, trigger in sorted(marks.items()) if 0 < t_s < seconds - 1)
