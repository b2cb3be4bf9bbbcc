"""A session as TCX (Garmin's Training Center Database, version 2): laps, distance, places, rates.

The time of a lap is that of the timer; a pause parts two tracks within it.  Speed, power and the cadence of
running stand in Garmin's extension of activities; cadence is strides a minute, as watches write it.  TCX
has no field for running dynamics, so no modelled number gets into it.  Its sports are running, biking and
other: a walk is "other" there, and FIT keeps it a walk.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from dsp.types import Array
from monitor.core.errors import StoreError
from monitor.exports.activity_parts import (
    LapPart,
    lap_parts,
    places_on_seconds,
    sport_names,
    start_second,
    strides_per_minute,
    timed_seconds,
    track_points,
    utc_text,
)
from monitor.exports.xml_stream import XmlStream
from monitor.storage.session_data import Mask, SessionData, Stretch
from monitor.storage.store import Store

_TCX = "http://www.garmin.com/xmlschemas/TrainingCenterDatabase/v2"
_ACTIVITY = "http://www.garmin.com/xmlschemas/ActivityExtension/v2"
_NAMESPACES = {
    "xmlns": _TCX,
    "xmlns:ns3": _ACTIVITY,
    "xmlns:xsi": "http://www.w3.org/2001/XMLSchema-instance",
    "xsi:schemaLocation": f"{_TCX} {_TCX.replace('/v2', 'v2')}.xsd {_ACTIVITY} "
    f"{_ACTIVITY.replace('/v2', 'v2')}.xsd",
}
_SPORTS: Mapping[str, str] = {"running": "Running", "cycling": "Biking"}
_TRIGGERS: Mapping[str, str] = {"distance": "Distance", "time": "Time"} | dict.fromkeys(
    ("position_start", "position_lap", "position_waypoint", "position_marked"), "Location"
)
_HEART_RATE, _STRIDES = "heart_rate_bpm", "strides"


def write_tcx(store: Store, run: SessionData, path: Path) -> list[Path]:
    """Write one file and return its path.

    Raises ``StoreError`` if the session has nothing that TCX could hold, ``OSError`` when the file is there
    already.
    """
    activity = _TrainingActivity(run, places_on_seconds(run, store.track(run.info.id)))
    if not activity.with_point.any():
        raise StoreError("error.tcx_nothing", session=run.info.id)
    with path.open("xb") as out:
        xml = XmlStream(out)
        with (
            xml.element("TrainingCenterDatabase", _NAMESPACES),
            xml.element("Activities"),
            xml.element("Activity", {"Sport": _SPORTS.get(sport_names(run)[0], "Other")}),
        ):
            xml.write("Id", activity.time_text(0.0))
            for lap in lap_parts(run):
                activity.write_lap(xml, lap)
            xml.write("Notes", run.info.title)
        xml.close()
    return [path]


class _TrainingActivity:
    """A session on its way into TCX: its columns (n,), of which every second becomes a track point."""

    def __init__(self, run: SessionData, places: Array) -> None:
        self._run, self._places, self._began = run, places, start_second(run)
        self._distance_m = run.distance_m if "speed_mps" in run.columns else np.full(len(run.t_s), np.nan)
        self._whole = {
            _HEART_RATE: np.round(run.value(_HEART_RATE)),
            _STRIDES: np.round(strides_per_minute(run)),
            "power_w": np.round(run.value("power_w")),
        }
        self._speed_mps = run.value("speed_mps")
        columns = (*self._whole.values(), self._speed_mps, *places.T)
        known = np.any([np.isfinite(c) for c in columns], axis=0)
        if known.any():  # a track goes on up to the stop, where a session without places holds nothing
            known |= np.isin(run.t_s, [pause.start_s for pause in run.pauses])
        self.with_point: Mask = known & timed_seconds(run)

    def time_text(self, t_s: float) -> str:
        """The time of day of a session second as text."""
        return utc_text(self._began + datetime.timedelta(seconds=t_s))

    def write_lap(self, xml: XmlStream, lap: LapPart) -> None:
        """Write a lap with its tracks, its elements in the order of Garmin's schema."""
        run, where = self._run, lap.where
        last = where.end_s + (where.end_s == run.elapsed_s)
        inside = run.mask([Stretch(where.start_s, last)]) & timed_seconds(run)
        with xml.element("Lap", {"StartTime": self.time_text(where.start_s)}):
            timer_s = where.seconds - run.paused_s(where)
            covered_m = run.distance_at(where.end_s) - run.distance_at(where.start_s)
            xml.write("TotalTimeSeconds", f"{timer_s:.3f}")
            xml.write("DistanceMeters", f"{covered_m:.2f}")
            if np.isfinite(self._speed_mps[inside]).any():
                xml.write("MaximumSpeed", f"{np.nanmax(self._speed_mps[inside]):.3f}")
            xml.write("Calories", "0")  # the schema wants a number; nothing here measures it
            rates = self._whole[_HEART_RATE][inside]
            if np.isfinite(rates).any():
                for name, rate in (("Average", np.nanmean(rates)), ("Maximum", np.nanmax(rates))):
                    with xml.element(f"{name}HeartRateBpm"):
                        xml.write("Value", f"{rate:.0f}")
            xml.write("Intensity", "Active")
            xml.write("TriggerMethod", _TRIGGERS.get(lap.trigger, "Manual"))
            for points in track_points(run, run.timer_stretches(where), self.with_point & inside):
                with xml.element("Track"):
                    for t_s, at in points:
                        self._write_point(xml, t_s, at)
            self._write_lap_extension(xml, inside, covered_m / timer_s if timer_s > 0 else 0.0)

    def _write_lap_extension(self, xml: XmlStream, inside: Mask, mean_mps: float) -> None:
        strides = self._whole[_STRIDES][inside]
        moving = strides[strides > 0]
        power = self._whole["power_w"][inside]
        with xml.element("Extensions"), xml.element("ns3:LX"):
            xml.write("ns3:AvgSpeed", f"{mean_mps:.3f}")
            if len(moving):
                xml.write("ns3:AvgRunCadence", f"{np.mean(moving):.0f}")
                xml.write("ns3:MaxRunCadence", f"{np.max(moving):.0f}")
            if np.isfinite(power).any():
                xml.write("ns3:AvgWatts", f"{np.nanmean(power):.0f}")

    def _write_point(self, xml: XmlStream, t_s: float, at: int) -> None:
        latitude, longitude, altitude = self._places[at].tolist()
        with xml.element("Trackpoint"):
            xml.write("Time", self.time_text(t_s))
            if latitude == latitude and longitude == longitude:
                with xml.element("Position"):
                    xml.write("LatitudeDegrees", f"{latitude:.8f}")
                    xml.write("LongitudeDegrees", f"{longitude:.8f}")
            if altitude == altitude:
                xml.write("AltitudeMeters", f"{altitude:.2f}")
            if np.isfinite(self._distance_m[at]):
                metres = np.interp(t_s, self._run.t_s, self._distance_m)
                xml.write("DistanceMeters", f"{metres:.2f}")
            known = {name: int(v[at]) for name, v in self._whole.items() if np.isfinite(v[at])}
            if _HEART_RATE in known:
                with xml.element("HeartRateBpm"):
                    xml.write("Value", str(known[_HEART_RATE]))
            extension = {"Speed": f"{self._speed_mps[at]:.3f}"} if np.isfinite(self._speed_mps[at]) else {}
            extension |= {"RunCadence": str(known[_STRIDES])} if _STRIDES in known else {}
            extension |= {"Watts": str(known["power_w"])} if "power_w" in known else {}
            if extension:
                with xml.element("Extensions"), xml.element("ns3:TPX"):
                    for name, text in extension.items():
                        xml.write(f"ns3:{name}", text)
