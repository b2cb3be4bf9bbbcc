"""GPX: places with their time, heart rate and cadence, as the schemas want it; nothing without places."""

from __future__ import annotations

import datetime
from pathlib import Path
from xml.etree import ElementTree

import pytest

from monitor.core.activity_facts import Pause
from monitor.core.errors import StoreError
from monitor.exports.formats import export_session
from tests.exports.made_activities import NOON, Made, stored

GPX = "{http://www.topografix.com/GPX/1/1}"
POINT = "{http://www.garmin.com/xmlschemas/TrackPointExtension/v1}"


def written(made: Made, folder: Path) -> ElementTree.Element:
    with stored(made.recording()) as (store, run):
        (path,) = export_session(store, run.info.id, "gpx", folder)
    return ElementTree.parse(path).getroot()


def names(element: ElementTree.Element) -> list[str]:
    return [child.tag.split("}")[1] for child in element]


def test_every_second_with_a_place_is_a_point_as_the_schemas_want_it(tmp_path: Path) -> None:
    root = written(Made(seconds=120.4), tmp_path)
    assert (root.tag, root.get("version"), root.get("creator")) == (f"{GPX}gpx", "1.1", "gaitcue")
    assert names(root) == ["metadata", "trk"]
    (track,) = root.findall(f"{GPX}trk")
    assert names(track) == ["name", "type", "trkseg"]
    assert track.findtext(f"{GPX}type") == "running"
    points = track.findall(f".//{GPX}trkpt")
    assert len(points) == 121
    for t, point in enumerate(points):
        assert names(point) == ["ele", "time", "extensions"]
        when = datetime.datetime.fromisoformat(point.findtext(f"{GPX}time", ""))
        assert (when - NOON).total_seconds() == t
        (extension,) = point.findall(f"{GPX}extensions/{POINT}TrackPointExtension")
        assert names(extension) == ["hr", "cad"]
        assert extension.findtext(f"{POINT}cad") in ("84", "85", "86")
        assert 130 <= int(extension.findtext(f"{POINT}hr", "")) <= 150
        assert float(point.get("lat", "")) == pytest.approx(47.5 + t * 3 / 111_195, rel=1e-5)
        assert float(point.get("lon", "")) == pytest.approx(8.25, abs=1e-7)


def test_a_title_is_text_whatever_is_in_it(tmp_path: Path) -> None:
    root = written(Made(seconds=60.0), tmp_path)
    assert root.findtext(f"{GPX}trk/{GPX}name") == "a made-up <run> & more"


def test_a_pause_parts_two_segments(tmp_path: Path) -> None:
    root = written(Made(seconds=300.0, pauses=(Pause(100.0, 60.0),)), tmp_path)
    segments = root.findall(f".//{GPX}trkseg")
    assert [len(segment) for segment in segments] == [101, 141]


def test_a_session_without_places_is_refused_in_a_sentence(tmp_path: Path) -> None:
    with (
        stored(Made(seconds=60.0, track=False).recording()) as (store, run),
        pytest.raises(StoreError, match="no sensor said where the run was"),
    ):
        export_session(store, run.info.id, "gpx", tmp_path)
    assert list(tmp_path.iterdir()) == []
