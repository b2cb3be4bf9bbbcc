"""GPX tracks: extensions of several writers, interruptions, distance and speed from positions."""

from __future__ import annotations

import numpy as np
import pytest

from monitor.core.activity_facts import LapMark, TimerPause
from monitor.core.errors import InputError
from monitor.devices.plain import decode_values
from monitor.recordings.gpx import gpx_activities
from monitor.recordings.recording import Recording
from monitor.recordings.watch_activity import activity_recording
from tests.track_bytes import distance_m, gpx_file, gpx_point, gpx_run, gpx_track, utc

RUN = gpx_run(60)
JUNK = (
    b"",
    b"\x00",
    b"<",
    b"&#x0;",
    b"1e999",
    b"nan",
    b"9999-12-31T23:59:59Z",
    b"\xff\xfe",
    b"</trkseg>",
    b'"',
)


def recorded(data: bytes) -> list[Recording]:
    return [activity_recording(a, "run") for a in gpx_activities(data)]


def means(recording: Recording) -> dict[str, float]:
    """The mean of each quantity, and the distance."""
    seen: dict[str, list[float]] = {}
    for packet in recording.packets():
        for quantity, value in decode_values(packet.payload).values.items():
            seen.setdefault(quantity, []).append(value)
    out = {quantity: float(np.nanmean(values)) for quantity, values in seen.items()}
    return out | {"distance_m": distance_m(recording)}


def segment(start_s: int, end_s: int, from_m: float = 0.0) -> str:
    return "".join(gpx_point(t, from_m + 3.0 * (t - start_s)) for t in range(start_s, end_s + 1))


GARMIN = (
    "<extensions><gpxtpx:TrackPointExtension><gpxtpx:hr>150</gpxtpx:hr><gpxtpx:cad>85</gpxtpx:cad>"
    "<gpxtpx:speed>3.0</gpxtpx:speed></gpxtpx:TrackPointExtension></extensions>"
)
STRAVA = "<extensions><power>250</power><x:TrackPointExtension><x:hr>150</x:hr>"
STRAVA += "</x:TrackPointExtension></extensions>"
CLUETRUST = "<extensions><gpxdata:hr>150</gpxdata:hr><gpxdata:cadence>85</gpxdata:cadence></extensions>"
POWER = "<extensions><pwr:PowerInWatts>250</pwr:PowerInWatts></extensions>"


@pytest.mark.parametrize(
    ("inside", "expected"),
    [
        (GARMIN, {"heart_rate_bpm": 150, "cadence_spm": 170}),
        (STRAVA, {"heart_rate_bpm": 150, "power_w": 250}),
        (CLUETRUST, {"heart_rate_bpm": 150, "cadence_spm": 170}),
        (POWER, {"power_w": 250}),
    ],
)
def test_the_extensions_of_common_writers_are_read(inside: str, expected: dict[str, float]) -> None:
    (run,) = recorded(gpx_run(inside=inside))
    found = means(run)
    assert found["distance_m"] == pytest.approx(1800, rel=0.001)
    assert {q: found[q] for q in expected} == pytest.approx(expected)
    assert run.facts.sport == "running"


def test_speed_from_positions_comes_with_its_sd_and_one_from_the_file_does_not() -> None:
    assert means(recorded(RUN)[0])["speed_mps_sd"] == pytest.approx(0.1, abs=0.01)
    assert "speed_mps_sd" not in means(recorded(gpx_run(60, inside=GARMIN))[0])


def test_between_two_segments_the_recording_was_interrupted() -> None:
    (run,) = recorded(gpx_file(gpx_track(segment(0, 400), segment(1600, 2000, 5000.0))))
    assert run.facts.pauses == (TimerPause(400.0, pytest.approx(1199.0)),)  # type: ignore[arg-type]
    assert means(run)["distance_m"] == pytest.approx(2400, rel=0.002)


def test_segments_without_a_gap_are_one_run() -> None:
    (run,) = recorded(gpx_file(gpx_track(segment(0, 100), segment(101, 200, 303.0))))
    assert run.facts.pauses == ()
    assert means(run)["distance_m"] == pytest.approx(600, rel=0.01)


def test_every_track_is_an_activity_and_other_sports_are_left_out() -> None:
    run, ride = gpx_track(segment(0, 200)), gpx_track(segment(300, 500), kind="cycling")
    runs = recorded(gpx_file(run, ride, gpx_track(segment(600, 700), kind="9")))
    assert [r.duration_s for r in runs] == [200, 100]
    assert runs[0].remarks == ("the file also holds cycling, which is left out",)


def test_laps_of_cluetrusts_extension_are_laps() -> None:
    lap = f"<extensions><gpxdata:lap><gpxdata:startTime>{utc(0)}</gpxdata:startTime>"
    lap += "<gpxdata:elapsedTime>80</gpxdata:elapsedTime></gpxdata:lap></extensions>"
    (run,) = recorded(gpx_run(200).replace(b"</gpx>", lap.encode() + b"</gpx>"))
    assert run.facts.laps == (LapMark(80.0),)


@pytest.mark.parametrize(
    ("data", "refused"),
    [
        (gpx_file(gpx_track("".join(gpx_point(None, 9.0 * k) for k in range(20)))), "without times"),
        (gpx_file("<rte><rtept lat='1' lon='2'/></rte>"), "holds a route"),
        (gpx_file("<wpt lat='1' lon='2'/>"), "holds no track"),
        (gpx_run(400, 8.0, kind=""), "29 km/h"),
        (gpx_run(400, 3.0, kind="cycling"), "is cycling, not running"),
        (b"\x1f\x8b\x08", "is not a GPX file"),
        (gpx_file("<metadata><</metadata>"), "it is damaged .its XML is broken in line"),
    ],
)
def test_what_is_no_run_is_refused_by_what_it_is(data: bytes, refused: str) -> None:
    with pytest.raises(InputError, match=refused):
        gpx_activities(data)


def test_positions_that_cannot_be_are_left_out() -> None:
    bad = b'<trkpt lat="0" lon="0"><time>2026-11-24T12:00:30Z</time></trkpt>'
    bad += b'<trkpt lat="nan" lon="inf"><time>2026-11-24T12:00:31Z</time></trkpt>'
    at = RUN.index(b"<trkpt", len(RUN) // 2)
    (run,) = recorded(RUN[:at] + bad + RUN[at:])
    assert means(run)["distance_m"] == pytest.approx(180, rel=0.03)


def refusal(data: bytes) -> str:
    """Why these bytes are refused; empty if they are not."""
    try:
        recorded(data)
    except InputError as exc:
        return str(exc)
    return ""


def test_a_decimal_comma_is_one() -> None:
    comma = b"".join(
        line.replace(b".", b",") if b"trkpt" in line else line
        for line in gpx_run(100).splitlines(keepends=True)
    )
    assert b'lat="48,0' in comma
    (run,), (usual,) = recorded(comma), recorded(gpx_run(100))
    assert [p.payload for p in run.packets()] == [p.payload for p in usual.packets()]
    assert means(run)["speed_mps"] == pytest.approx(3.0, abs=0.1)
