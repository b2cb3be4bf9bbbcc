"""TCX activities (Garmin Training Center Database v2, with its ActivityExtension) as recordings at 1 Hz.

A lap may hold several ``Track``s: the timer stood still between them.  Most writers put a whole lap into
one; then ``TotalTimeSeconds``, which is timer time, against the lap's length tells of pauses, which are the
longest gaps between its points.  ``RunCadence`` counts strides by the standard and steps in some files.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from monitor.core.errors import InputError
from monitor.recordings.activity_sports import sport_words
from monitor.recordings.timed_points import (
    TimedPoint,
    TrackedActivity,
    parse_time,
    parse_value,
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
    """Return the activities on foot of a TCX file, as far as it can be read; ``InputError`` if there are none.

    The error names no file: who opened it knows its name.
    """
    reader = _TcxReader()
    damage = parse_xml(pieces_of(data), reader)
    reader.finish()
    if not reader.activities:
        raise _no_activity(reader.roots, damage)
    return watch_activities(reader.activities, damage)


def _no_activity(names: set[str], damage: str) -> InputError:
    if "TrainingCenterDatabase" not in names:
        return InputError("error.track_other", form="TCX", damage=damage or "its elements are others")
    if "Course" in names:
        return InputError("error.track_course")
    if "Workout" in names:
        return InputError("error.track_workout")
    return InputError("error.track_nothing")


@dataclass(slots=True)
class _Lap:
    start_s: float | None = None
    timer_s: float | None = None
    trigger: str = ""


class _TcxReader:
    """Takes the elements of a TCX file."""

    def __init__(self) -> None:
        self.activities: list[TrackedActivity] = []
        self.roots: set[str] = set()  # which of the elements that say what the file is
        self._activity: TrackedActivity | None = None
        self._path: list[str] = []
        self._point: dict[str, float] | None = None
        self._time: float | None = None
        self._lap = _Lap()
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
                self._end_lap(None if time is None else time[0])
                self._lap = _Lap(start_s=None if time is None else time[0])
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
            self._end_lap(None)
            self._activity = None
        elif self._path and self._path[-1] == "Lap":
            self._close_in_lap(activity, name, text)
        elif name == "Name" and self._path and self._path[-1] == "Creator":
            activity.device = text[:40]

    def finish(self) -> None:
        """End what a file that is cut off leaves open."""
        self._end_lap(None)

    def _close_in_point(self, name: str, text: str) -> None:
        assert self._point is not None
        if name == "Trackpoint":
            if self._time is not None and self._point and self._activity and self._activity.stretches:
                self._activity.stretches[-1].append(TimedPoint(self._time, self._point))
            self._point = None
        elif name == "Time":
            time = parse_time(text)
            if time is not None:
                self._time = time[0]
                if self._activity is not None and self._activity.utc_offset_s is None:
                    self._activity.utc_offset_s = time[1]
        elif (quantity := _OF_A_POINT.get(name)) and (value := parse_value(text)) is not None:
            self._point[quantity] = value

    def _close_in_lap(self, activity: TrackedActivity, name: str, text: str) -> None:
        value = parse_value(text)
        if name == "TotalTimeSeconds":
            self._lap.timer_s = value
        elif name == "DistanceMeters" and value is not None:
            activity.distance_m = (activity.distance_m or 0.0) + value
        elif name == "TriggerMethod":
            self._lap.trigger = _TRIGGERS.get(text, "")

    def _end_lap(self, next_s: float | None) -> None:
        """End the lap at the start of the next one, or with the activity."""
        lap, activity = self._lap, self._activity
        self._lap = _Lap()
        if activity is None or lap.start_s is None:
            return
        last = activity.stretches[-1][-1].time_s if activity.stretches and activity.stretches[-1] else None
        end_s = next_s if next_s is not None else last
        if end_s is None or end_s < lap.start_s:
            return
        activity.laps.append((end_s, lap.trigger))
        if lap.timer_s:
            activity.timer_s.append((lap.start_s, end_s, lap.timer_s))


