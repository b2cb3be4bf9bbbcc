"""Downhill, pickups, tempo: rows, hard days, and when each is offered."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from monitor.training.evidence_timeline import evidence_of
from monitor.training.plan_runs import PlanRun
from monitor.training.stressors import (
    StressorOffer,
    is_hard,
    is_longest_of_week,
    kinds_of_run,
    stressor_at,
    stressor_offers,
)
from monitor.training.tables import Phase
from tests.training.diary import DOWNHILL, PICKUPS, TABLES, Diary, date

LADDERS, LIMITS = TABLES.ladders, TABLES.phases[Phase.REINTRODUCE]


def run(day: int = 0, **fields: Any) -> PlanRun:
    return PlanRun(session=f"s{day}", day=date(day), **({"km": 5.0} | fields))


@pytest.mark.parametrize(
    ("fields", "kinds"),
    [
        ({}, ()),
        ({"descent_s": 89.0}, ()),
        ({"descent_s": 90.0}, ("downhill",)),
        ({"pickups": 4}, ()),
        ({"pickups": 5}, ("pickups",)),
        ({"tempo_min": 10.0}, ("tempo",)),
        ({"pickups": 10, "descent_s": 120.0}, ("downhill", "pickups")),
    ],
)
def test_what_a_run_was(fields: dict[str, Any], kinds: tuple[str, ...]) -> None:
    assert kinds_of_run(run(**fields), LADDERS) == kinds


def test_the_longest_is_by_km_or_by_minutes_and_unknown_is_not_the_longest() -> None:
    week = [PlanRun(session="a", day=date(1), minutes=40.0), PlanRun(session="b", day=date(2), km=5.0)]
    longest = [
        PlanRun(session="c", day=date(3), km=6.0, minutes=41.0),
        PlanRun(session="c", day=date(3), minutes=41.0),
    ]
    assert all(is_longest_of_week(run, [*week, run]) for run in longest)
    shorter = [
        PlanRun(session="c", day=date(3), minutes=40.0),
        PlanRun(session="c", day=date(3), km=5.0),
        PlanRun(session="c", day=date(3)),
    ]
    assert not any(is_longest_of_week(run, [*week, run]) for run in shorter)


def test_hard_is_a_stressor_an_effort_of_7_or_the_longest_of_seven_days() -> None:
    runs = [run(0), run(2, effort=7.0), run(4, km=6.0), run(6, km=5.5), run(7, pickups=10)]
    assert [is_hard(r, runs, LADDERS) for r in runs] == [False, True, True, False, True]


def test_repeats_grow_before_steepness_and_stay_at_the_last_row() -> None:
    rows = [stressor_at("downhill", n, LADDERS) for n in (0, 1, 3, 4, 7, 20, 50)]
    assert [(s.repeats, s.seconds, s.slope_pct) for s in rows] == [
        (4, 30, -3),
        (6, 30, -3),
        (10, 30, -3),
        (6, 60, -3),
        (4, 30, -5),
        (10, 60, -8),
        (10, 60, -8),
    ]
    assert [stressor_at("pickups", n, LADDERS).repeats for n in (0, 1, 2)] == [10, 11, 12]
    tempo = [stressor_at("tempo", n, LADDERS) for n in (0, 1, 5, 9)]
    assert [s.repeats * s.seconds / 60 for s in tempo] == [10, 12, 20, 20]


def offers(diary: Diary, day: int, since: int = 0, off: frozenset[str] = frozenset()) -> dict[str, str]:
    evidence = evidence_of(diary.entries, diary.runs, date(day), TABLES)
    found: tuple[StressorOffer, ...] = stressor_offers(evidence, LIMITS, LADDERS, date(since), off)
    return {offer.kind: offer.why_not for offer in found}


def test_why_a_stressor_is_not_offered() -> None:
    diary = Diary()
    diary.run(1, 5)
    assert offers(diary, 3) == {"downhill": "", "pickups": "", "tempo": "not_all_green"}
    assert offers(diary, 3, off=frozenset({"pickups"}))["pickups"] == "off"
    assert offers(diary, 9)["downhill"] == "after_break"  # the first run after eight days
    diary.run(2, 5, **DOWNHILL)
    assert offers(diary, 3)["downhill"] == "hard_days"
    assert offers(diary, 4)["downhill"] == "downhill_days"
    assert offers(diary, 4)["pickups"] == "next_week"
    assert offers(diary, 5)["downhill"] == ""
    assert offers(diary, 4, since=-28)["pickups"] == ""
    assert offers(diary, 7)["pickups"] == ""  # a new week


def test_a_race_by_its_effort_keeps_two_days_free() -> None:
    diary = Diary()
    diary.run(1, 5, effort=9.0)
    assert offers(diary, 2)["pickups"] == "hard_days"
    assert offers(diary, 3)["pickups"] == ""


def test_tempo_after_fourteen_days_all_green() -> None:
    diary = Diary()
    for day in range(0, 14, 2):
        diary.run(day, 5)
    diary.mornings(range(1, 15))
    assert offers(diary, 14)["tempo"] == ""
    assert offers(diary, 14, since=1)["tempo"] == "not_all_green"
    diary.run(15, 5, (4, 0))
    assert offers(diary, 17)["tempo"] == "not_all_green"


def test_a_long_break_restarts_the_rows() -> None:
    diary = Diary()
    for day in (1, 5):
        diary.run(day, 5, **DOWNHILL)
    diary.mornings(range(1, 30))
    evidence = evidence_of(diary.entries, diary.runs, date(9), TABLES)
    assert _downhill(evidence) == 8
    diary.run(20, 5)
    assert _downhill(evidence_of(diary.entries, diary.runs, date(23), TABLES)) == 4


def _downhill(evidence: Any) -> int:
    found = {o.kind: o.stressor for o in stressor_offers(evidence, LIMITS, LADDERS, date(-28), frozenset())}
    stressor = found["downhill"]
    assert stressor is not None
    return stressor.repeats


def test_pickups_are_sessions_whatever_the_slope() -> None:
    assert kinds_of_run(run(**PICKUPS), LADDERS) == ("pickups",)
    assert datetime.timedelta(days=LADDERS.downhill.first_rest_days) == datetime.timedelta(hours=72)
