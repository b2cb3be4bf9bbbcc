"""A session as GPX 1.1: its places, with heart rate and cadence as Garmin's extension of track points.

A pause parts two segments of the track.  Cadence is strides a minute there, as watches write it.  GPX knows
no laps and no distance; who needs them takes FIT or TCX.
"""

from __future__ import annotations

import datetime
from pathlib import Path

import numpy as np

from dsp.types import Array
from monitor.core.errors import StoreError
from monitor.exports.activity_parts import (
    places_on_seconds,
    sport_names,
    start_second,
    strides_per_minute,
    timed_seconds,
    track_points,
    utc_text,
)
from monitor.exports.xml_stream import XmlStream
from monitor.storage.session_data import SessionData, Stretch
from monitor.storage.store import Store

_GPX = "http://www.topografix.com/GPX/1/1"
_POINT = "http://www.garmin.com/xmlschemas/TrackPointExtension/v1"
_NAMESPACES = {
    "xmlns": _GPX,
    "xmlns:gpxtpx": _POINT,
    "xmlns:xsi": "http://www.w3.org/2001/XMLSchema-instance",
    "xsi:schemaLocation": f"{_GPX} {_GPX}/gpx.xsd {_POINT} {_POINT.replace('/v1', 'v1')}.xsd",
}


def write_gpx(store: Store, run: SessionData, path: Path) -> list[Path]:
    """Write one file and return its path.

    Raises ``StoreError`` if the session has no places, ``OSError`` when the file is there already.
    """
    places = places_on_seconds(run, store.track(run.info.id))
    placed = np.isfinite(places[:, :2]).all(axis=1) & timed_seconds(run)
    if not placed.any():
        raise StoreError("error.gpx_no_places", session=run.info.id)
    began = start_second(run)
    point = _TrackPoints(run, places, began)
    with path.open("xb") as out:
        xml = XmlStream(out)
        with xml.element("gpx", {"version": "1.1", "creator": "gaitcue", **_NAMESPACES}):
            with xml.element("metadata"):
                xml.write("time", utc_text(began))
            with xml.element("trk"):
                xml.write("name", run.info.title)
                xml.write("type", sport_names(run)[0])
                whole = run.timer_stretches(Stretch(0.0, run.elapsed_s))
                for points in track_points(run, whole, placed):
                    with xml.element("trkseg"):
                        for t_s, at in points:
                            point.write(xml, t_s, at)
        xml.close()
    return [path]


class _TrackPoints:
    """The points of a track, one a second and where the timer stops and starts."""

    def __init__(self, run: SessionData, places: Array, began: datetime.datetime) -> None:
        self._places, self._began = places, began
        self._extensions = {
            "gpxtpx:hr": np.round(run.value("heart_rate_bpm")),
            "gpxtpx:cad": np.round(strides_per_minute(run)),
        }

    def write(self, xml: XmlStream, t_s: float, at: int) -> None:
        """Write the point of a session's instant, with the place and the numbers of its second ``at``."""
        latitude, longitude, altitude = self._places[at].tolist()
        with xml.element("trkpt", {"lat": f"{latitude:.8f}", "lon": f"{longitude:.8f}"}):
            if altitude == altitude:
                xml.write("ele", f"{altitude:.2f}")
            xml.write("time", utc_text(self._began + datetime.timedelta(seconds=t_s)))
            known = {name: int(v[at]) for name, v in self._extensions.items() if np.isfinite(v[at])}
            if known:
                with xml.element("extensions"), xml.element("gpxtpx:TrackPointExtension"):
                    for name, value in known.items():
                        xml.write(name, str(value))
