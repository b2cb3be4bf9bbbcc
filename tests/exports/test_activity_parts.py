"""The parts of an activity: laps and tracks to its end, seconds that are written, places by second."""

from __future__ import annotations

import numpy as np

from monitor.core.activity_facts import LapMark, PlaceTrack, TimerPause
from monitor.exports.activity_parts import (
    lap_parts,
    places_on_seconds,
    runs_of_seconds,
    sport_names,
    timed_seconds,
    utc_text,
)
from monitor.storage.session_data import Stretch
from tests.exports.made_activities import NOON, Made, stored


def test_laps_reach_from_the_start_to_the_end_with_the_right_triggers() -> None:
    marks = (LapMark(60.0, "distance"), LapMark(90.0), LapMark(400.0, "time"))
    with stored(Made(seconds=120.5, laps=marks).recording()) as (_, run):
        found = [(p.where.start_s, p.where.end_s, p.trigger) for p in lap_parts(run)]
    assert found == [(0, 60, "distance"), (60, 90, "manual"), (90, 120.5, "session_end")]


def test_the_timer_runs_between_pauses_only() -> None:
    made = Made(seconds=120.5, pauses=(TimerPause(30.0, 20.0), TimerPause(50.0, 10.0)))
    with stored(made.recording()) as (_, run):
        assert run.timer_stretches(Stretch(0, 120.5)) == [Stretch(0, 30), Stretch(60, 120.5)]
        assert run.timer_stretches(Stretch(35, 55)) == []
        assert run.timer_stretches(Stretch(40, 70)) == [Stretch(60, 70)]
        written = np.flatnonzero(timed_seconds(run)).tolist()
        assert written == [*range(31), 50, *range(60, 121)]
        runs = list(runs_of_seconds(run, [Stretch(0, 20), Stretch(20, 25)], timed_seconds(run)))
        assert runs == [[*range(21)], [21, 22, 23, 24, 25]]


def test_after_the_last_stop_nothing_is_written() -> None:
    with stored(Made(seconds=120.0, pauses=(TimerPause(100.0, 20.0),)).recording()) as (_, run):
        assert np.flatnonzero(timed_seconds(run)).tolist() == [*range(101)]


def test_places_stand_at_their_second_and_nowhere_else() -> None:
    with stored(Made(seconds=100.0).recording()) as (_, run):
        t_s, nan = np.array([3.4, 3.6, 500.0]), np.full(3, np.nan)
        places = places_on_seconds(run, PlaceTrack(t_s, np.array([1.0, 2.0, 3.0]), nan, nan))
        assert np.flatnonzero(np.isfinite(places[:, 0])).tolist() == [3, 4]
        assert np.isnan(places_on_seconds(run, None)).all()


def test_a_sport_that_nobody_said_is_running() -> None:
    with stored(Made(seconds=60.0, sport="", sub_sport="").recording()) as (_, run):
        assert sport_names(run) == ("running", "generic")


def test_times_are_utc() -> None:
    assert utc_text(NOON) == "2026-11-24T12:00:00Z"
    assert utc_text(NOON.replace(microsecond=250_000)) == "2026-11-24T12:00:00.250Z"
