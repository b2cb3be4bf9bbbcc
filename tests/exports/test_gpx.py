"""GPX: places with their time, heart rate and cadence, as the schemas want it; nothing without places."""

from __future__ import annotations

import datetime
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import Phase, given, settings

from monitor.core.activity_facts import LapMark, TimerPause
from monitor.core.errors import StoreError
from monitor.exports.formats import export_session
from monitor.recordings.readers import read_recording
from tests.exports.made_activities import NOON, Made, made_activities, stored

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
    times = [datetime.datetime.fromisoformat(p.findtext(f"{GPX}time", "")) for p in points]
    assert [(when - NOON).total_seconds() for when in times] == [*range(121), 120.4]
    for t, point in enumerate(points[:-1]):
        assert names(point) == ["ele", "time", "extensions"]
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
    root = written(Made(seconds=300.0, pauses=(TimerPause(100.0, 60.0),)), tmp_path)
    segments = root.findall(f".//{GPX}trkseg")
    assert [len(segment) for segment in segments] == [101, 141]


PAUSES = (
    TimerPause(100.0, 60.0),  # at whole seconds
    TimerPause(200.4, 30.25),
    TimerPause(260.5, 1.75),  # a short one
    TimerPause(300.0, 2.5),
    TimerPause(390.7, 9.55),  # up to the end
)
MADE = Made(seconds=400.25, pauses=PAUSES)


@pytest.mark.parametrize("form", ["gpx", "tcx"])
@pytest.mark.parametrize("laps", [(), (LapMark(150.0, "manual"), LapMark(350.25, "manual"))])
def test_pauses_come_back_to_the_millisecond(tmp_path: Path, form: str, laps: tuple[LapMark, ...]) -> None:
    with stored(replace(MADE, laps=laps).recording()) as (store, one):
        (path,) = export_session(store, one.info.id, form, tmp_path / f"back.{form}")
        with stored(read_recording(path)) as (_, two):
            assert two.info.duration_s == pytest.approx(400.25, abs=1e-3)
            assert [(p.start_s, p.end_s) for p in two.pauses] == [
                (pytest.approx(p.start_s, abs=1e-3), pytest.approx(p.end_s, abs=1e-3)) for p in PAUSES
            ]
            assert two.timer_s == pytest.approx(one.timer_s, abs=2e-3)
            near = 0.02 if form == "gpx" else 2e-3  # no place of a GPX is where the watch was stopped
            assert two.distance_m[-1] == pytest.approx(one.distance_m[-1], rel=near)
            assert two.info.sport == "running"


def names_in_order(element: ElementTree.Element, order: str) -> bool:
    places = [order.split().index(name) for name in names(element)]
    return places == sorted(places)


@settings(max_examples=15, deadline=None, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(made=made_activities().filter(lambda made: made.track))
def test_whatever_was_recorded_the_elements_stand_in_the_order_of_the_schemas(
    made: Made, tmp_path_factory: pytest.TempPathFactory
) -> None:
    root = written(made, tmp_path_factory.mktemp("gpx") / "out.gpx")
    assert names_in_order(root, "metadata wpt rte trk extensions")
    assert [names(element) for element in root.iter(f"{GPX}metadata")] == [["time"]]
    for track in root.iter(f"{GPX}trk"):
        assert names_in_order(track, "name cmt desc src link number type extensions trkseg")
    for segment in root.iter(f"{GPX}trkseg"):
        assert set(names(segment)) == {"trkpt"}
    for point in root.iter(f"{GPX}trkpt"):
        assert set(point.keys()) == {"lat", "lon"}
        assert names_in_order(point, "ele time magvar geoidheight name extensions")
        assert all(
            names(element) == ["TrackPointExtension"] for element in point.findall(f"{GPX}extensions")
        )
    for extension in root.iter(f"{POINT}TrackPointExtension"):
        assert names_in_order(extension, "atemp wtemp depth hr cad")
    times = [element.text or "" for element in root.iter(f"{GPX}trkpt/{GPX}time")]
    assert times == sorted(set(times))


def test_a_session_without_places_is_refused_in_a_sentence(tmp_path: Path) -> None:
    with (
        stored(Made(seconds=60.0, track=False).recording()) as (store, run),
        pytest.raises(StoreError, match="no sensor said where the run was"),
    ):
        export_session(store, run.info.id, "gpx", tmp_path)
    assert list(tmp_path.iterdir()) == []
