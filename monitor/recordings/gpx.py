"""GPX tracks (1.0 and 1.1, with the extensions of Garmin, Cluetrust and Strava) as recordings at 1 Hz.

Every ``trk`` is an activity.  Between two ``trkseg`` the recording was interrupted: reception was lost, or
the receiver off (GPX 1.1, ``trkseg``).  Times are UTC.  A track without times is a route and no run.
"""

from __future__ import annotations

from collections.abc import Mapping

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

_OF_POINTS: Mapping[str, str] = {
    "ele": "altitude_m",
    "hr": "heart_rate_bpm",
    "heartrate": "heart_rate_bpm",
    "cad": "cadence_raw",
    "cadence": "cadence_raw",
    "speed": "speed_mps",
    "power": "power_w",
    "PowerInWatts": "power_w",
    "watts": "power_w",
    "distance": "distance_m",
}
"""Elements within a ``trkpt``, at whatever depth.  ``distance`` (Cluetrust) is from the start, in m."""


def gpx_activities(data: bytes) -> list[WatchActivity]:
    """Return the activities on foot of a GPX file, as far as it can be read; ``InputError`` if none.

    The error names no file: who opened it knows its name.
    """
    reader = _GpxReader()
    damage = parse_xml(pieces_of(data), reader)
    if not any(points for a in reader.activities for points in a.stretches):
        raise _no_track(reader, damage)
    return watch_activities([a for a in reader.activities if any(a.stretches)], damage)


def _no_track(reader: _GpxReader, damage: str) -> InputError:
    if "gpx" not in reader.elements:
        return InputError("error.track_other", form="GPX")
    if damage:
        return unread_track(damage)
    if {"trkpt", "rte"} & reader.elements:
        return InputError("error.track_no_times")
    return InputError("error.track_nothing")


class _GpxReader:
    """Takes the elements of a GPX file."""

    def __init__(self) -> None:
        self.activities: list[TrackedActivity] = []
        self.elements: set[str] = set()  # which of those that say what the file holds
        self._device = ""
        self._path: list[str] = []
        self._count = 0  # of points
        self._point: dict[str, float] | None = None
        self._time: tuple[float, int | None] | None = None
        self._lap: dict[str, float] = {}

    def open_element(self, name: str, attributes: Mapping[str, str]) -> None:
        self._path.append(name)
        match name:
            case "gpx":
                self.elements.add(name)
                self._device = attributes.get("creator", "").split(" - ")[0][:40]
            case "rte":
                self.elements.add(name)
            case "trk":
                ours = self._device == "gaitcue"  # see ``monitor.exports.gpx``
                self.activities.append(TrackedActivity(device=self._device, exact=ours))
            case "trkseg" if self.activities:
                self.activities[-1].stretches.append([])
            case "trkpt":
                self.elements.add(name)
                self._time, self._point = None, _position(attributes)

    def close_element(self, name: str, text: str) -> None:
        self._path.pop()
        parent = self._path[-1] if self._path else ""
        if self._point is not None:
            self._close_in_point(self._point, name, text)
        elif name == "type" and parent == "trk":
            activity = self.activities[-1]
            activity.sport, activity.sub_sport = sport_words(text)
        elif parent == "lap":
            self._close_in_lap(name, text)
        elif name == "lap" and self.activities and "start" in self._lap:
            end_s = self._lap["start"] + self._lap.get("elapsed", 0.0)
            self.activities[-1].laps.append((end_s, ""))

    def _close_in_point(self, point: dict[str, float], name: str, text: str) -> None:
        if name == "trkpt":
            self._count += 1
            check_point_count(self._count)
            if self._time is not None and self.activities and self.activities[-1].stretches:
                activity = self.activities[-1]
                activity.stretches[-1].append(TimedPoint(self._time[0], point))
                activity.utc_offset_s = activity.utc_offset_s or self._time[1]
            self._point = None
        elif name == "time":
            self._time = parse_time(text)
        elif (quantity := _OF_POINTS.get(name)) and (value := parse_value(text)) is not None:
            point.setdefault(quantity, value)

    def _close_in_lap(self, name: str, text: str) -> None:
        """Take what Cluetrust's extension says of a lap."""
        if name == "startTime" and (time := parse_time(text)) is not None:
            self._lap = {"start": time[0]}
        elif name == "elapsedTime" and (value := parse_value(text)) is not None:
            self._lap["elapsed"] = value


def _position(attributes: Mapping[str, str]) -> dict[str, float]:
    lat, lon = parse_value(attributes.get("lat", "")), parse_value(attributes.get("lon", ""))
    if lat is None or lon is None or not (abs(lat) <= 90 and abs(lon) <= 180) or lat == lon == 0:
        return {}
    return {"lat_deg": lat, "lon_deg": lon}
