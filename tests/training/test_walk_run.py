"""The walk-run ladder: twice GREEN up, RED down."""

from __future__ import annotations

from monitor.training.plan_runs import PlanRun
from monitor.training.table_files import shipped_tables
from monitor.training.verdict import RunVerdict, Verdict
from monitor.training.walk_run import LadderPlace, ladder_after, ladder_start, next_row
from tests.training.diary import date

ROWS = shipped_tables().ladders.walk_run
GREEN, AMBER, RED = Verdict.GREEN, Verdict.AMBER, Verdict.RED


def session(verdict: Verdict, minutes: float = 30, *, walk: bool = False) -> RunVerdict:
    run = PlanRun(session="s", day=date(0), minutes=minutes, walk=walk)
    return RunVerdict(run=run, verdict=verdict, why="")


def after(place: LadderPlace, *verdicts: Verdict, minutes: float = 30) -> LadderPlace:
    for verdict in verdicts:
        place = next_row(ladder_after(place, session(verdict, minutes)))
    return place


def test_each_row_twice_and_then_the_end() -> None:
    place, names = ladder_start(ROWS, bone=False, walk_first=True), []
    while not place.finished:
        names.append(place.now.name)
        place = after(place, GREEN)
    assert names == [n for n in ("walk", "w1", "w2", "w3", "w4", "w5", "run20", "run30") for _ in range(2)]
    assert after(place, RED) == place


def test_red_is_a_row_down_and_the_second_on_a_row_two_with_advice() -> None:
    place = after(ladder_start(ROWS, bone=False, walk_first=True), *[GREEN] * 6)
    assert place.now.name == "w3"
    down = after(place, GREEN, RED)
    assert (down.now.name, down.greens, down.ask) == ("w2", 0, False)
    second = after(down, GREEN, GREEN, RED)
    assert (second.now.name, second.ask) == ("w1", True)
    assert not after(second, GREEN, GREEN).ask
    assert after(ladder_start(ROWS, bone=False, walk_first=True), RED).now.name == "walk"


def test_amber_short_sessions_and_walks_are_no_step() -> None:
    place = ladder_start(ROWS, bone=False, walk_first=False)
    assert place.now.name == "w1"
    assert after(place, AMBER) == place
    assert after(place, GREEN, minutes=11) == place
    assert ladder_after(place, session(GREEN, walk=True)) == place
    assert after(place, GREEN, minutes=12).greens == 1


def test_bone_repeats_its_row_once_and_then_walks() -> None:
    place = ladder_start(ROWS, bone=True, walk_first=False)
    assert (place.now.name, place.now.minutes) == ("bone", 12)
    again = after(place, RED)
    assert (again.now.name, again.ask) == ("bone", False)
    assert (after(again, RED).now.name, after(again, RED).ask) == ("walk", True)
    assert after(place, GREEN, GREEN).now.name == "w1"


def test_two_green_sessions_are_all_that_a_row_takes_and_it_is_left_when_asked_for() -> None:
    place = ladder_start(ROWS, bone=False, walk_first=True)
    for _ in range(3):
        place = ladder_after(place, session(GREEN))
    assert (place.now.name, place.greens) == ("walk", 2)
    assert (next_row(place).now.name, next_row(place).greens) == ("w1", 0)
    assert next_row(next_row(place)) == next_row(place)
