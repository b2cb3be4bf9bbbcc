"""TCX files as their watch meant them: laps, pauses, sports, what is known and what is refused."""

from __future__ import annotations

import numpy as np
import pytest

from monitor.core.activity_facts import LapMark, TimerPause
from monitor.core.errors import InputError
from monitor.recordings.recording import Recording
from monitor.recordings.tcx import tcx_activities
from monitor.recordings.watch_activity import activity_recording
from tests.track_bytes import column, distance_m, tcx_activity, tcx_file, tcx_lap, tcx_point, tcx_run

RUN = tcx_run(60)
JUNK = (b"", b"\x00", b"<", b"&#x0;", b"1e999", b"nan", b"-1", b"\xff\xfe", b"</Lap>", b'"')


def recorded(data: bytes) -> list[Recording]:
    return [activity_recording(a, "run") for a in tcx_activities(data)]


def moving(start_s: int, end_s: int, from_m: float = 0.0, step_s: int = 1) -> str:
    """Points at 3 m/s from one second to another."""
    times = range(start_s, end_s + 1, step_s)
    return "".join(tcx_point(t, metres=from_m + 3.0 * (t - start_s)) for t in times)


def test_a_run_has_its_distance_and_what_the_extension_says() -> None:
    (run,) = recorded(tcx_run())
    assert run.started_utc == "2026-11-24T12:00:00+00:00"
    assert run.duration_s == 600
    assert distance_m(run) == pytest.approx(1800, rel=0.001)
    for quantity, value in {"cadence_spm": 170, "heart_rate_bpm": 150, "power_w": 250}.items():
        assert np.nanmedian(column(run, quantity)) == value
    assert run.settings.sensors[0].name == "Forerunner 965"
    assert run.facts.sport == "running"
    assert run.facts.track is not None
    assert run.facts.track.altitude_m[:2].tolist() == [500, 500]
    assert run.facts.track.lat_deg[0] == 48


def test_two_tracks_in_a_lap_are_a_pause_between_them() -> None:
    lap = tcx_lap(0, [moving(0, 400), moving(1600, 2000, 1200.0)], timer_s=800, metres=2400)
    (run,) = recorded(tcx_file(tcx_activity(lap)))
    assert run.facts.pauses == (TimerPause(400.0, 1200.0),)
    assert distance_m(run) == pytest.approx(2400, rel=0.002)
    assert not np.isfinite(column(run, "speed_mps")[402:1600]).any()


def test_a_pause_within_one_track_is_told_by_the_timer() -> None:
    lap = tcx_lap(0, [moving(0, 400) + moving(1600, 2000, 1200.0)], timer_s=800, metres=2400)
    (run,) = recorded(tcx_file(tcx_activity(lap)))
    assert run.facts.pauses == (TimerPause(400.0, 1200.0),)


def test_a_gap_that_the_timer_ran_through_is_no_pause() -> None:
    points = moving(0, 100) + tcx_point(130, metres=390) + moving(131, 200, 393.0)
    (run,) = recorded(tcx_file(tcx_activity(tcx_lap(0, [points], timer_s=200, metres=600))))
    assert run.facts.pauses == ()
    assert distance_m(run) == pytest.approx(600, rel=0.005)


def test_laps_end_where_the_next_begins_with_their_trigger() -> None:
    laps = (
        tcx_lap(0, [moving(0, 100)], timer_s=100, metres=300, trigger="Distance"),
        tcx_lap(100, [moving(101, 250, 303.0)], timer_s=150, metres=450, trigger="Location"),
        tcx_lap(250, [moving(251, 300, 753.0)], timer_s=50, metres=150),
    )
    (run,) = recorded(tcx_file(tcx_activity(*laps)))
    assert run.facts.laps == (LapMark(100.0, "distance"), LapMark(250.0, "position_lap"))
    assert run.facts.pauses == ()


def test_starts_of_laps_that_leave_pauses_out_do_not_count() -> None:
    """As Polar writes it: a pause of 600 s in the first lap, the second "starts" right after 100 s."""
    laps = (
        tcx_lap(0, [moving(0, 50) + moving(650, 700, 150.0)], timer_s=100, metres=300),
        tcx_lap(100, [moving(701, 800, 303.0)], timer_s=100, metres=300),
    )
    (run,) = recorded(tcx_file(tcx_activity(*laps)))
    assert [lap.end_s for lap in run.facts.laps] == [701.0]
    assert sum(p.seconds for p in run.facts.pauses) == pytest.approx(600, abs=1)


def test_laps_that_are_missing_do_not_shorten_the_run() -> None:
    lap = tcx_lap(0, [moving(0, 900)], timer_s=300, metres=900)
    (run,) = recorded(tcx_file(tcx_activity(lap)))
    assert distance_m(run) == pytest.approx(2700, rel=0.005)
    assert run.facts.pauses == ()


def test_the_laps_distance_counts_where_points_have_none() -> None:
    points = "".join(
        tcx_point(t, inside="<HeartRateBpm><Value>140</Value></HeartRateBpm>") for t in range(301)
    )
    (run,) = recorded(tcx_file(tcx_activity(tcx_lap(0, [points], timer_s=300, metres=850))))
    assert distance_m(run) == pytest.approx(850, rel=0.005)


def test_positions_count_where_there_is_no_distance_and_say_how_sure_they_are() -> None:
    points = "".join(tcx_point(t, at_m=3.0 * t) for t in range(301))
    (run,) = recorded(tcx_file(tcx_activity(tcx_lap(0, [points], timer_s=300, metres=0))))
    assert distance_m(run) == pytest.approx(900, rel=0.005)
    assert np.nanmin(column(run, "speed_mps_sd")) >= 0.1


def test_the_runs_of_several_activities_are_imported_and_the_rest_is_named() -> None:
    ride = tcx_activity(tcx_lap(0, [moving(0, 200)], timer_s=200, metres=600), sport="Biking")
    run = tcx_activity(tcx_lap(0, [moving(300, 500)], timer_s=200, metres=600))
    runs = recorded(tcx_file(run, ride, run))
    assert len(runs) == 2
    assert runs[0].remarks == ("the file also holds cycling, which is left out",)
    with pytest.raises(InputError, match="is cycling, not running"):
        tcx_activities(tcx_file(ride, ride))


@pytest.mark.parametrize(
    ("speed", "cadence", "places", "refused"),
    [
        (8.0, 90, True, "29 km/h"),
        (6.0, 80, True, r"steps of 2\.2 m"),
        (0.6, 26, True, "as slow as a swim"),
        (0.8, 0, False, "as slow as a swim"),
        (0.8, 38, False, "as slow as a swim"),
        (1.4, 56, False, ""),
        (3.0, 85, True, ""),
        (1.2, 55, True, ""),
    ],
)
def test_without_a_sport_the_speed_decides(speed: float, cadence: int, places: bool, refused: str) -> None:
    points = "".join(
        tcx_point(
            t, metres=speed * t, at_m=speed * t if places else None, inside=f"<Cadence>{cadence}</Cadence>"
        )
        for t in range(401)
    )
    lap = tcx_lap(0, [points], timer_s=400, metres=400 * speed)
    data = tcx_file(tcx_activity(lap, sport="Other"))
    if not refused:
        assert len(recorded(data)) == 1
        return
    with pytest.raises(InputError, match=refused):
        tcx_activities(data)


def test_a_first_point_a_day_ahead_costs_that_point() -> None:
    points = tcx_point(86_400, metres=0) + moving(1, 200, 3.0)
    (run,) = recorded(tcx_file(tcx_activity(tcx_lap(0, [points], timer_s=200, metres=600))))
    assert run.started_utc == "2026-11-24T12:00:01+00:00"
    assert run.duration_s == 199


def test_points_of_one_instant_are_one() -> None:
    points = "".join(
        tcx_point(t, metres=3.0 * t) + tcx_point(t, inside="<Cadence>85</Cadence>") for t in range(101)
    )
    (run,) = recorded(tcx_file(tcx_activity(tcx_lap(0, [points], timer_s=100, metres=300))))
    assert np.nanmedian(column(run, "cadence_spm")) == 170
    assert distance_m(run) == pytest.approx(300, rel=0.01)


def test_the_offset_that_times_are_written_with_is_that_of_the_runners_clock() -> None:
    data = tcx_run(60).replace(b"2026-11-24T12:", b"2026-11-24T14:").replace(b"Z<", b"+02:00<")
    (run,) = recorded(data)
    assert run.facts.utc_offset_s == 7200
    assert run.started_utc == "2026-11-24T12:00:00+00:00"


@pytest.mark.parametrize(
    ("data", "refused"),
    [
        (b"", "is not a TCX file, or is empty"),
        (b"no xml at all", "is not a TCX file"),
        (b"<gpx></gpx>", "is not a TCX file"),
        (b"<TrainingCenterDatabase><Courses><Course/></Courses></TrainingCenterDatabase>", "is a course"),
        (
            b"<TrainingCenterDatabase><Workouts><Workout/></Workouts></TrainingCenterDatabase>",
            "workout plan",
        ),
        (b"<TrainingCenterDatabase/>", "holds no track"),
        (tcx_file(tcx_activity(tcx_lap(0, [], timer_s=9, metres=9))), "fewer than two points"),
    ],
)
def test_what_is_no_activity_is_refused_by_what_it_is(data: bytes, refused: str) -> None:
    with pytest.raises(InputError, match=refused):
        tcx_activities(data)


def refusal(data: bytes) -> str:
    """Why these bytes are refused; empty if they are not."""
    try:
        recorded(data)
    except InputError as exc:
        return str(exc)
    return ""
