"""The runner's timer: what a pause, a lap and intervals do, and what is said of them."""

from __future__ import annotations

import json

import pytest

from monitor.core.activity_facts import ActivityFacts, LapMark, TimerPause
from monitor.core.message_catalogues import catalogue
from monitor.core.session_settings import IntervalPlan
from monitor.pipeline.run_timer import TIMER_NOTICES, RunTimer, with_timer


def intervals(**fields: float) -> bytes:
    return json.dumps({"repeats": 2, "work_s": 60, "easy_s": 30, **fields}).encode()


def test_the_timer_stands_still_in_a_pause() -> None:
    timer = RunTimer()
    (said,) = timer.follow("pause", b"", 10.0)
    assert (said.wording, said.t_s, timer.paused) == ("paused", 10.0, True)
    assert timer.follow("pause", b"", 12.0) == []
    assert [timer.timer_s(t) for t in (5.0, 10.0, 25.0)] == [5.0, 10.0, 10.0]
    (said,) = timer.follow("resume", b"", 30.0)
    assert (said.wording, timer.paused) == ("resumed", False)
    assert timer.follow("resume", b"", 31.0) == []
    assert [timer.timer_s(t) for t in (10.0, 20.0, 30.0, 35.0)] == [10.0, 10.0, 10.0, 15.0]
    assert [timer.is_paused_at(t) for t in (9.9, 10.0, 29.9, 30.0)] == [False, True, True, False]
    assert timer.pauses == [TimerPause(10.0, 20.0)]


def test_a_pause_that_is_not_ended_lasts_until_the_end() -> None:
    timer = RunTimer()
    timer.follow("pause", b"", 10.0)
    assert timer.pauses_until(25.0) == (TimerPause(10.0, 15.0),)
    assert timer.pauses_until(9.0) == ()


def test_a_lap_is_the_time_without_pauses_and_the_distance() -> None:
    timer = RunTimer()
    for t in range(1, 61):
        assert timer.cover(float(t), 3.0) == []
    timer.follow("pause", b"", 60.0)
    assert timer.follow("lap", b"", 70.0) == [], "no lap ends in a pause"
    timer.follow("resume", b"", 100.0)
    (said,) = timer.follow("lap", b"", 110.0)
    assert (said.wording, said.why) == ("lap", "Lap 1: 1:10, 0.18 km.")
    assert timer.follow("lap", b"", 110.5) == [], "the finger slipped"
    (said,) = timer.follow("lap", b"", 140.0)
    assert said.why == "Lap 2: 0:30.", "no speed was known in it"
    assert timer.laps == [LapMark(110.0, "manual"), LapMark(140.0, "manual")]


def test_an_automatic_lap_ends_where_its_metres_are_full() -> None:
    timer = RunTimer(auto_lap_m=100.0)
    said = [cue for t in range(1, 76) for cue in timer.cover(float(t), 3.0)]
    assert [cue.why for cue in said] == ["Lap 1: 0:33, 0.10 km.", "Lap 2: 0:33, 0.10 km."]
    assert [lap.trigger for lap in timer.laps] == ["distance", "distance"]
    assert [lap.end_s for lap in timer.laps] == pytest.approx([100 / 3, 200 / 3])


def test_intervals_go_from_work_to_easy_and_end_with_the_last_work() -> None:
    timer = RunTimer(auto_lap_m=100.0)
    said = timer.follow("intervals", intervals(pace_s_per_km=285), 10.2)
    for t in range(11, 300):
        timer.cover(float(t), 4.0)
        said += timer.second(float(t))
    assert [(cue.t_s, cue.why) for cue in said] == [
        (10.2, "Work 1 of 2: 1:00 at 4:45 min/km."),
        (71.0, "Easy: 0:30."),
        (101.0, "Work 2 of 2: 1:00 at 4:45 min/km."),
        (161.0, "Intervals done. Easy from here."),
    ]
    assert timer.interval is None
    laps = [lap for lap in timer.laps if lap.trigger != "distance"]
    assert [round(lap.end_s, 3) for lap in laps] == [10.2, 70.2, 100.2, 160.2]
    assert [lap.trigger for lap in laps] == ["manual", "time", "time", "time"]
    assert all(not 10.2 < lap.end_s < 160.2 for lap in timer.laps if lap.trigger == "distance")


def test_an_interval_waits_in_a_pause() -> None:
    timer = RunTimer()
    timer.follow("intervals", intervals(), 0.0)
    timer.follow("pause", b"", 50.0)
    assert [timer.second(float(t)) for t in range(51, 200)] == [[]] * 149
    timer.follow("resume", b"", 200.0)
    assert timer.second(209.0) == []
    assert [cue.wording for cue in timer.second(210.0)] == ["interval_easy"]


def test_intervals_are_left_by_asking_for_none() -> None:
    timer = RunTimer()
    timer.follow("intervals", intervals(), 0.0)
    assert timer.follow("intervals", intervals(repeats=0), 5.0) == []
    assert timer.interval is None
    assert timer.second(500.0) == []


@pytest.mark.parametrize("payload", [b"", b"{", b"[]", intervals(repeats=101), intervals(work_s=0)])
def test_intervals_that_cannot_be_change_nothing(payload: bytes) -> None:
    timer = RunTimer()
    assert timer.follow("intervals", payload, 5.0) == []
    assert timer.follow("of a later version", payload, 5.0) == []
    assert timer.to_json() == RunTimer().to_json()


def test_without_rest_one_work_follows_another() -> None:
    assert IntervalPlan(repeats=2, work_s=60, easy_s=0).parts == [("work", 60), ("work", 60)]
    assert IntervalPlan(repeats=1, work_s=60, easy_s=30).parts == [("work", 60)]


def test_what_a_page_gets_is_the_state_of_the_timer() -> None:
    timer = RunTimer()
    timer.cover(1.0, 3.4)
    timer.follow("intervals", intervals(), 20.0)
    timer.follow("pause", b"", 30.0)
    told = timer.to_json()
    assert (told["paused_at_s"], told["distance_m"], told["lap_from_s"]) == (30.0, 3, 20.0)
    assert told["laps"] == [{"number": 1, "seconds": 20.0, "distance_m": 3}]
    assert told["interval"]["until_s"] == 80.0


def test_facts_that_have_pauses_or_laps_keep_them() -> None:
    timer = RunTimer()
    timer.follow("pause", b"", 10.0)
    facts = with_timer(ActivityFacts(sport="running"), timer, 15.0)
    assert (facts.sport, facts.pauses, facts.laps) == ("running", (TimerPause(10.0, 5.0),), ())
    own = ActivityFacts(laps=(LapMark(3.0),))
    assert with_timer(own, timer, 15.0) is own


def test_everything_that_is_said_is_said_in_german_too() -> None:
    timer = RunTimer(auto_lap_m=10.0)
    said = timer.follow("pause", b"", 1.0) + timer.follow("resume", b"", 2.0)
    said += timer.cover(5.0, 20.0) + timer.follow("lap", b"", 20.0)
    said += timer.follow("intervals", intervals(), 30.0) + timer.second(90.0) + timer.second(120.0)
    said += timer.second(180.0) + timer.follow("intervals", intervals(pace_s_per_km=300), 200.0)
    assert {cue.wording for cue in said} == TIMER_NOTICES
    german = catalogue("de")
    assert all(german.translate_recorded(cue.why) != cue.why for cue in said)


def test_running_and_walking_are_told_in_these_words() -> None:
    timer = RunTimer()
    (said,) = timer.follow("intervals", intervals(walk=True), 5.0)
    assert (said.wording, said.why) == ("interval_work", "Run 1 of 2: 1:00.")
    (said,) = timer.second(65.0)
    assert (said.wording, said.why) == ("interval_easy", "Walk: 0:30.")
    assert timer.to_json()["interval"]["walk"] is True
    german = catalogue("de")
    assert german.translate_recorded("Run 1 of 2: 1:00.") == "Laufen 1 von 2: 1:00."
    assert german.translate_recorded("Walk: 0:30.") == "Gehen: 0:30."
