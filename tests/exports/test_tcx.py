"""TCX: laps, tracks and points with their elements in the order of Garmin's schemas, and what they say."""

from __future__ import annotations

import datetime
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import Phase, given, settings

from monitor.core.activity_facts import LapMark, TimerPause
from monitor.exports.formats import export_session
from monitor.recordings.readers import read_recording
from tests.exports.made_activities import NOON, Made, made_activities, stored

TCX = "{http://www.garmin.com/xmlschemas/TrainingCenterDatabase/v2}"
EXTENSION = "{http://www.garmin.com/xmlschemas/ActivityExtension/v2}"
HEART_RATE = {"AverageHeartRateBpm", "MaximumHeartRateBpm", "HeartRateBpm"}
SEQUENCES = {
    "TrainingCenterDatabase": "Folders Activities Workouts Courses Author Extensions",
    "Activities": "Activity",
    "Activity": "Id Lap Notes Training Creator Extensions",
    "Lap": "TotalTimeSeconds DistanceMeters MaximumSpeed Calories AverageHeartRateBpm MaximumHeartRateBpm "
    "Intensity Cadence TriggerMethod Track Notes Extensions",
    "Track": "Trackpoint",
    "Trackpoint": "Time Position AltitudeMeters DistanceMeters HeartRateBpm Cadence SensorState Extensions",
    "Position": "LatitudeDegrees LongitudeDegrees",
    "TPX": "Speed RunCadence Watts Extensions",
    "LX": "AvgSpeed MaxBikeCadence AvgRunCadence MaxRunCadence Steps AvgWatts MaxWatts Extensions",
    "Extensions": "TPX LX",
} | dict.fromkeys(HEART_RATE, "Value")
"""The children that each element may have, in the order in which the schemas want them."""
REQUIRED = {
    "Activity": {"Id", "Lap"},
    "Lap": {"TotalTimeSeconds", "DistanceMeters", "Calories", "Intensity", "TriggerMethod"},
    "Track": {"Trackpoint"},
    "Trackpoint": {"Time"},
    "Position": {"LatitudeDegrees", "LongitudeDegrees"},
} | {name: {"Value"} for name in HEART_RATE}
REPEATED = {"Activity", "Lap", "Track", "Trackpoint"}


def written(made: Made, folder: Path) -> ElementTree.Element:
    with stored(made.recording()) as (store, run):
        (path,) = export_session(store, run.info.id, "tcx", folder / "out.tcx")
    root = ElementTree.parse(path).getroot()
    path.unlink()
    return root


def short(element: ElementTree.Element) -> str:
    return element.tag.split("}")[1]


def assert_valid(element: ElementTree.Element) -> None:
    names = [short(child) for child in element]
    order = SEQUENCES.get(short(element), "").split()
    places = [order.index(name) for name in names]
    assert places == sorted(places), (short(element), names)
    assert REQUIRED.get(short(element), set()) <= set(names)
    assert all(names.count(name) == 1 for name in set(names) - REPEATED)
    for child in element:
        own = EXTENSION if short(child) in ("TPX", "LX") or element.tag.startswith(EXTENSION) else TCX
        assert child.tag.startswith(own)
        assert_valid(child)


def test_a_run_is_laps_and_tracks_and_points(tmp_path: Path) -> None:
    made = Made(
        seconds=600.25,
        pauses=(TimerPause(100.0, 60.0),),
        laps=(LapMark(300.0, "distance"), LapMark(400.0, "position_lap")),
        power_w=250,
        contact_ms=240.0,
    )
    root = written(made, tmp_path)
    assert_valid(root)
    (activity,) = root.findall(f"{TCX}Activities/{TCX}Activity")
    assert activity.get("Sport") == "Running"
    assert activity.findtext(f"{TCX}Notes") == "a made-up <run> & more"
    laps = activity.findall(f"{TCX}Lap")
    starts = [datetime.datetime.fromisoformat(lap.get("StartTime", "")) for lap in laps]
    assert [(start - NOON).total_seconds() for start in starts] == [0, 300, 400]
    timers = [float(lap.findtext(f"{TCX}TotalTimeSeconds", "")) for lap in laps]
    assert timers == [240.0, 100.0, 200.25]
    assert [lap.findtext(f"{TCX}TriggerMethod") for lap in laps] == ["Distance", "Location", "Manual"]
    assert [len(lap.findall(f"{TCX}Track")) for lap in laps] == [2, 1, 1]
    points = root.findall(f".//{TCX}Trackpoint")
    assert len(points) == len(made.recorded_s) + 1  # that of the end, between two seconds
    last = points[-1]
    total = sum(float(lap.findtext(f"{TCX}DistanceMeters", "")) for lap in laps)
    assert float(last.findtext(f"{TCX}DistanceMeters", "")) == pytest.approx(total, abs=0.02)
    assert total == pytest.approx(3.0 * 540, rel=0.02)
    assert last.findtext(f".//{EXTENSION}Watts") == "250"
    assert last.findtext(f".//{EXTENSION}RunCadence") in ("84", "85", "86")
    assert float(last.findtext(f".//{EXTENSION}Speed", "")) == pytest.approx(3.0, abs=0.35)
    assert "240" not in {e.text for e in last.iter()}, "contact time has no place in TCX"


@pytest.mark.parametrize(
    ("sport", "said"), [("walking", "Other"), ("hiking", "Other"), ("running", "Running")]
)
def test_only_a_run_is_called_running(tmp_path: Path, sport: str, said: str) -> None:
    root = written(Made(seconds=60.0, sport=sport), tmp_path)
    assert [a.get("Sport") for a in root.iter(f"{TCX}Activity")] == [said]


def test_without_places_too_a_pause_comes_back_where_it_was(tmp_path: Path) -> None:
    made = Made(
        seconds=600.0,
        pauses=(TimerPause(100.0, 60.0),),
        laps=(LapMark(130.0, "manual"),),
        track=False,
        altitude=False,
    )
    with stored(made.recording()) as (store, one):
        (path,) = export_session(store, one.info.id, "tcx", tmp_path / "back.tcx")
        with stored(read_recording(path)) as (_, two):
            assert two.pauses == one.pauses
            assert two.laps == one.laps
            assert two.distance_at(130.0) == pytest.approx(one.distance_at(130.0), abs=0.1)
            assert two.distance_m[-1] == pytest.approx(one.distance_m[-1], abs=0.1)


@settings(max_examples=15, deadline=None, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(made=made_activities())
def test_whatever_was_recorded_the_file_is_valid(
    made: Made, tmp_path_factory: pytest.TempPathFactory
) -> None:
    root = written(made, tmp_path_factory.mktemp("tcx"))
    assert_valid(root)
    timers = [float(e.text or "") for e in root.iter(f"{TCX}TotalTimeSeconds")]
    assert sum(timers) == pytest.approx(made.seconds - sum(p.seconds for p in made.pauses), abs=0.01)
    times = [
        (datetime.datetime.fromisoformat(e.text or "") - NOON).total_seconds()
        for e in root.iter(f"{TCX}Time")
    ]
    assert times == sorted(set(times))
    assert not [t for t in times for p in made.pauses if p.start_s < t < p.end_s]
