"""TCX activities (Garmin Training Center Database v2, with its ActivityExtension) as recordings at 1 Hz.

A lap may hold several ``Track``s: the timer stood still between them.  Most writers put a whole lap into
one; then ``TotalTimeSeconds``, which is timer time, tells that there were pauses, and they are the longest
gaps between points.  ``RunCadence`` counts strides by the standard and steps in some files.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from monitor.core.errors import InputError
from monitor.recordings.activity_sports import sport_words
from monitor.recordings.timed_points import (
    TimedPoint,
    TrackedActivity,
    check_point_count,
    parse_time,
    parse_value,
    unread_track,
    watch_activities,
)
from monitor.recordings.watch_activity import WatchActivity
from monitor.recordings.xml_events import parse_xml, pieces_of

_OF_A_POINT: Mapping[str, str] = {
    "LatitudeDegrees": "lat_deg",
    "LongitudeDegrees": "lon_deg",
    "AltitudeMeters": "altitude_m",
    "DistanceMeters": "distance_m",
    "Cadence": "cadence_raw",
    "RunCadence": "cadence_raw",
    "Speed": "speed_mps",
    "Watts": "power_w",
    "Value": "heart_rate_bpm",
}
"""``Value`` stands in ``HeartRateBpm`` alone."""
_TRIGGERS: Mapping[str, str] = {
    "Manual": "manual",
    "Distance": "distance",
    "Location": "position_lap",
    "Time": "time",
}
"""TCX's words for what ended a lap, in FIT's; it has none for ``HeartRate``."""


def tcx_activities(data: bytes) -> list[WatchActivity]:
    """Return the activities on foot of a TCX file, as far as it can be read; ``InputError`` if none.

    The error names no file: who opened it knows its name.
    """
    reader = _TcxReader()
    damage = parse_xml(pieces_of(data), reader)
    if not reader.activities:
        raise _no_activity(reader.roots, damage)
    return watch_activities(reader.activities, damage)


def _no_activity(names: set[str], damage: str) -> InputError:
    if "TrainingCenterDatabase" not in names:
        return InputError("error.track_other", form="TCX")
    if damage:
        return unread_track(damage)
    if "Course" in names:
        return InputError("error.track_course")
    if "Workout" in names:
        return InputError("error.track_workout")
    return InputError("error.track_nothing")


@dataclass(slots=True)
class _Lap:
    start_s: float | None = None
    timer_s: float = 0.0
    distance_m: float = 0.0
    trigger: str = ""
    times: list[float] = field(default_factory=list)  # of its points


class _TcxReader:
    """Takes the elements of a TCX file."""

    def __init__(self) -> None:
        self.activities: list[TrackedActivity] = []
        self.roots: set[str] = set()  # which of the elements that say what the file is
        self._activity: TrackedActivity | None = None
        self._path: list[str] = []
        self._count = 0  # of points
        self._point: dict[str, float] | None = None
        self._time: float | None = None
        self._laps: list[_Lap] = []  # of this activity
        self._tracks = 0  # of this lap

    def open_element(self, name: str, attributes: Mapping[str, str]) -> None:
        self._path.append(name)
        match name:
            case "TrainingCenterDatabase" | "Course" | "Workout":
                self.roots.add(name)
            case "Activity":
                sport, sub_sport = sport_words(attributes.get("Sport", ""))
                self._activity = TrackedActivity(sport=sport, sub_sport=sub_sport)
                self.activities.append(self._activity)
            case "Lap" if self._activity is not None:
                time = parse_time(attributes.get("StartTime", ""))
                self._laps.append(_Lap(start_s=None if time is None else time[0]))
                self._tracks = 0
            case "Track" if self._activity is not None:
                if self._tracks or not self._activity.stretches:
                    self._activity.stretches.append([])
                self._tracks += 1
            case "Trackpoint":
                self._point, self._time = {}, None

    def close_element(self, name: str, text: str) -> None:
        self._path.pop()
        activity = self._activity
        if self._point is not None:
            self._close_in_point(name, text)
        elif activity is None:
            return
        elif name == "Activity":
            _add_laps(activity, self._laps)
            self._activity, self._laps = None, []
        elif self._path and self._path[-1] == "Lap":
            self._close_in_lap(name, text)
        elif name == "Name" and self._path and self._path[-1] == "Creator":
            activity.device = text[:40]

    def _close_in_point(self, name: str, text: str) -> None:
        assert self._point is not None
        if name == "Trackpoint":
            self._count += 1
            check_point_count(self._count)
            if self._time is not None and self._point and self._activity and self._activity.stretches:
                self._activity.stretches[-1].append(TimedPoint(self._time, self._point))
                if self._laps:
                    self._laps[-1].times.append(self._time)
            self._point = None
        elif name == "Time":
            time = parse_time(text)
            if time is not None:
                self._time = time[0]
                if self._activity is not None and self._activity.utc_offset_s is None:
                    self._activity.utc_offset_s = time[1]
        elif (quantity := _OF_A_POINT.get(name)) and (value := parse_value(text)) is not None:
            self._point[quantity] = value

    def _close_in_lap(self, name: str, text: str) -> None:
        lap, value = self._laps[-1], parse_value(text) or 0.0
        if name == "TotalTimeSeconds":
            lap.timer_s = value
        elif name == "DistanceMeters":
            lap.distance_m = value
        elif name == "TriggerMethod":
            lap.trigger = _TRIGGERS.get(text, "")


def _add_laps(activity: TrackedActivity, laps: Sequence[_Lap]) -> None:
    """Add what the laps say of a whole activity: its distance, its timer, and where they end.

    In a file that is cut off they would tell of more than there is.
    """
    activity.distance_m = sum(lap.distance_m for lap in laps) or None
    if all(lap.timer_s > 0 for lap in laps):
        activity.timer_s = sum(lap.timer_s for lap in laps)
    metres = 0.0
    for number, lap in enumerate(laps, start=1):
        end_s = _lap_end(lap, laps[number] if number < len(laps) else None)
        if end_s is None:
            continue
        metres += lap.distance_m
        activity.laps.append((end_s, lap.trigger))
        activity.lap_distance.append((end_s, metres))


def _lap_end(lap: _Lap, after: _Lap | None) -> float | None:
    """Return when a lap ended in Unix time: when the next one starts, or with its last point.

    Some writers leave pauses out of the starts of later laps; then the first point of the next one counts.
    """
    last = max(lap.times, default=None)
    if after is None:
        return last
    first = min(after.times, default=None)
    if after.start_s is None or last is None or first is None or last <= after.start_s <= first:
        return first if after.start_s is None else after.start_s
    return first
