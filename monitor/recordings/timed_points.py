"""Points of TCX and GPX files: times in order, the pauses between them, and the activity they make."""

from __future__ import annotations

import datetime
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from dsp.types import Array
from monitor.core.activity_facts import ActivityFacts, LapMark, PlaceTrack, TimerPause
from monitor.core.errors import InputError
from monitor.core.message_catalogues import EnglishText
from monitor.recordings.activity_sports import ON_FOOT
from monitor.recordings.on_foot import StatedMotion, foot_doubt
from monitor.recordings.position_speed import add_position_speed
from monitor.recordings.watch_activity import WatchActivity, WatchSeries

MOST_POINTS = 500_000
"""Of a file (a choice): 139 hours with one a second, in 300 MB.  Squeezed, millions fit into half a MB."""
_LONGEST_S = 2 * 86_400
_LEAST_PAUSE_S = 2.0
"""A shorter break between two stretches is how often the watch writes."""
_SAME_S = 0.5
_LONGEST_SKIP_S = 15.0
"""Watches that record "smart" skip this many seconds at most between two points, as files show."""
_WHOLE = 0.9
"""Laps whose timers sum up to less of the time that ran are not all that there were."""
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
    its laps in Unix time with their triggers, the last one too, ``lap_distance`` the distance up to them;
    ``timer_s`` how long the timer ran, where the file says it; ``exact``: it stops and starts with a point.
    """

    device: str = ""
    sport: str = ""
    sub_sport: str = ""
    utc_offset_s: int | None = None
    distance_m: float | None = None
    stretches: list[list[TimedPoint]] = field(default_factory=list)
    laps: list[tuple[float, str]] = field(default_factory=list)
    lap_distance: list[tuple[float, float]] = field(default_factory=list)
    timer_s: float | None = None
    exact: bool = False


def check_point_count(count: int) -> None:
    """Raise ``InputError`` if a file has more points than anything that somebody ran."""
    if count > MOST_POINTS:
        raise InputError("error.track_points", most=MOST_POINTS)


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
    """Return a number, also with a decimal comma; None if the text is none."""
    try:
        value = float(text.replace(",", "."))
    except ValueError:
        return None
    return value if abs(value) < 1e12 else None


def unread_track(damage: str) -> InputError:
    """Return the error of a file in which nothing stands before its ``damage``."""
    return InputError("error.fit_no_activity", why=EnglishText(f"it is damaged ({damage})"))


def watch_activities(found: Sequence[TrackedActivity], damage: str) -> list[WatchActivity]:
    """Return those activities that are on foot, with a remark on those that are not.

    ``damage`` is what is wrong with the file.  ``InputError`` if there is none.
    """
    out, others, errors = [], [], []
    for activity in found:
        if activity.sport not in ON_FOOT:
            others.append(activity.sport)
            continue
        try:
            out.append(_watch_activity(activity))
        except InputError as exc:
            errors.append(exc)
    if others and not out and not errors:
        names = ", ".join(dict.fromkeys(others)).replace("_", " ")
        raise InputError("error.fit_not_running", sport=EnglishText(names))
    if not out:
        raise errors[0] if errors else InputError("error.track_nothing")
    for made in out:
        made.remarks += [
            f"the file also holds {sport.replace('_', ' ')}, which is left out"
            for sport in dict.fromkeys(others)
        ]
    if damage:
        seconds = out[-1].seconds
        length = f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"
        out[-1].remarks.append(f"the file is damaged ({damage}); its first {length} could be read")
    return out


def _watch_activity(activity: TrackedActivity) -> WatchActivity:
    stretches = _in_order(activity.stretches)
    points = [p for stretch in stretches for p in stretch]
    if len(points) < 2:
        raise InputError("error.track_short")
    start, seconds = points[0].time_s, points[-1].time_s - points[0].time_s
    if seconds > _LONGEST_S:
        raise InputError("error.fit_two_days")
    pauses = _pauses(stretches, activity.timer_s, exact=activity.exact)
    series = WatchSeries(_device_name(activity.device))
    for p in points:
        for quantity, value in p.values.items():
            if quantity not in _PLACES[:2]:
                series.add(quantity, p.time_s - start, value)
    track = _track(points, start)
    if not series.advances and not add_position_speed(series, track, pauses):
        laps = [(0.0, 0.0), *((t - start, m) for t, m in activity.lap_distance)]
        series.points["distance_m"] = laps if len(laps) > 1 and laps[-1][1] > 0 else []
    doubt = None if activity.sport else foot_doubt(_motion(series, track))
    if doubt is not None:
        raise doubt
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
        distance_m=_total_m(activity, series, seconds - sum(p.seconds for p in pauses)),
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
    stretches: Sequence[Sequence[TimedPoint]], timer_s: float | None, *, exact: bool
) -> list[TimerPause]:
    """Return the breaks between stretches, and those gaps between points that the timer tells of.

    A break holds a bit of running on both sides, up to the next point: the timer says how much.  In an
    ``exact`` file, and where the timer agrees to half a second, it holds none.
    """
    times = np.array([p.time_s for stretch in stretches for p in stretch])
    gaps = np.diff(times, prepend=times[0])
    firsts = np.cumsum([len(s) for s in stretches])[:-1].tolist()
    whole = firsts if exact else _whole_breaks(gaps, firsts, timer_s)
    if whole is not None:
        return [TimerPause(float(times[i - 1] - times[0]), float(gaps[i])) for i in whole]
    usual = float(np.median(gaps))
    out = {i: float(gaps[i]) for i in firsts if gaps[i] >= usual + _LEAST_PAUSE_S}
    missing = times[-1] - times[0] - (timer_s or np.inf) - sum(out.values())
    if out and not missing >= 0:
        known = missing >= -_LONGEST_SKIP_S * len(out)
        out = {i: max(gap - (-missing / len(out) if known else usual), 1.0) for i, gap in out.items()}
    least = max(_LEAST_PAUSE_S, 3 * usual)
    long = [i for i in np.argsort(-gaps).tolist() if gaps[i] >= least and i not in out]
    if gaps[long].sum() < missing / 2:
        long = []  # the timer is that of something else
    for i in long:
        if missing < _LEAST_PAUSE_S:
            break
        out[i] = float(min(gaps[i], missing))
        missing -= out[i]
    return [TimerPause(float(times[i - 1] - times[0]), seconds) for i, seconds in sorted(out.items())]


def _whole_breaks(gaps: Array, firsts: Sequence[int], timer_s: float | None) -> list[int] | None:
    """Return the gaps that are pauses from one point to the next, if the timer agrees; else None.

    ``firsts`` are those between stretches.  With them may be the longest of the others: a pause at the end
    of a lap lies between no two tracks of one.
    """
    left = float(gaps.sum() - gaps[list(firsts)].sum()) - (timer_s or np.inf)
    if abs(left) < _SAME_S:
        return list(firsts)
    other = max((i for i in range(len(gaps)) if i not in set(firsts)), key=lambda i: float(gaps[i]))
    return sorted([*firsts, other]) if abs(left - gaps[other]) < _SAME_S else None


def _track(points: Sequence[TimedPoint], start: float) -> PlaceTrack | None:
    if not any(q in p.values for p in points for q in _PLACES):
        return None
    column = [np.array([p.values.get(q, np.nan) for p in points]) for q in _PLACES]
    return PlaceTrack(np.array([p.time_s for p in points]) - start, *column)


def _total_m(activity: TrackedActivity, series: WatchSeries, running_s: float) -> float | None:
    """Return the distance that the laps sum up to; None where laps are missing, as their timers show."""
    points = series.points.get("distance_m", [])
    if activity.distance_m and activity.timer_s and points and activity.timer_s < _WHOLE * running_s:
        return activity.distance_m if points[-1][1] <= activity.distance_m else None
    return activity.distance_m


def _motion(series: WatchSeries, track: PlaceTrack | None) -> StatedMotion:
    distance, rate = series.points.get("distance_m", []), dict(series.points.get("cadence_raw", []))
    return StatedMotion(
        t_s=np.array([t for t, _ in distance]),
        metres=np.array([m for _, m in distance]),
        cadence=np.array([rate.get(t, np.nan) for t, _ in distance]),
        outdoors=track is not None and bool(np.isfinite(track.lat_deg).any()),
    )


def _lap_marks(laps: Sequence[tuple[float, str]], start: float, seconds: float) -> tuple[LapMark, ...]:
    """Return the ends of the laps, without the last one, which is that of the run."""
    marks: Mapping[float, str] = {round(t - start, 3): trigger for t, trigger in laps}
    return tuple(LapMark(t_s, trigger) for t_s, trigger in sorted(marks.items()) if 0 < t_s < seconds - 1)
