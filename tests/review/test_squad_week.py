"""What of a squad's week to look at first: the limits of the alerts, in one order, and nothing unshared."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from grafana.alerts import RULES
from monitor.review import squad_week
from monitor.review.squad_week import (
    AthleteWeek,
    SensorSilence,
    by_need,
    reasons_to_look,
    shared_fields,
)
from monitor.training.sharing import SharedDay
from monitor.training.tables import Phase

DAY = datetime.date(2026, 3, 30)


def week(name: str = "ann", **fields: Any) -> AthleteWeek:
    return AthleteWeek(athlete=name, **{"runs": 3, "km": 20.0, **fields})


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"held": True, "held_why": "red", "held_since": DAY}, "held.red"),
        ({"held": True, "held_why": "stop", "held_since": DAY}, "held.stop"),
        ({"pain": 3.5}, "pain"),
        ({"balance_points": -3.1}, "balance"),
        ({"braking_pct": 10.1}, "braking"),
        ({"silent_pct": (59.0, 20.0)}, "in_band"),
        ({"silence": SensorSilence(sensor="footL", share_pct=10.1)}, "sensor"),
        ({"runs": 0, "km": 0.0}, "no_run"),
    ],
)
def test_each_reason_has_a_word(fields: dict[str, Any], reason: str) -> None:
    assert [r.key for r in reasons_to_look(week(**fields))] == [f"squad.look.{reason}"]


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"held": False},
        {"pain": 3.0},
        {"balance_points": 3.0},
        {"braking_pct": 10.0},
        {"silent_pct": (20.0, 61.0)},
        {"silent_pct": (20.0,)},
        {"silence": SensorSilence(sensor="footL", share_pct=10.0)},
    ],
)
def test_what_is_in_order_unknown_or_not_shared_is_no_reason(fields: dict[str, Any]) -> None:
    assert reasons_to_look(week(**fields)) == []


def test_the_limits_are_those_of_the_alerts() -> None:
    conditions = " ".join(rule.condition for rule in RULES)
    for name, limit in (
        ("best <", squad_week.LEAST_IN_BAND_PCT),
        ("change >", squad_week.MOST_BRAKING_PCT),
        ("change >", squad_week.MOST_BALANCE_POINTS),
        ("pain >", squad_week.MOST_PAIN),
    ):
        assert f"${name} {limit:g}" in conditions


def test_the_most_important_comes_first_then_the_name() -> None:
    weeks = [
        week("zoe"),
        week("ben", braking_pct=50.0),
        week("ann", runs=0),
        week("eve", pain=9.0),
        week("cid"),
    ]
    assert [w.athlete for w in by_need(weeks)] == ["eve", "ben", "ann", "cid", "zoe"]


def test_only_what_is_shared_becomes_a_field() -> None:
    assert shared_fields([]) == {}
    phase = SharedDay(day=DAY, items=frozenset({"phase"}), phase=Phase.CALM, held=False)
    got = AthleteWeek(athlete="a", **shared_fields([phase]))  # type: ignore[arg-type]
    assert (got.shares_phase, got.held, got.shares_pain, got.pain) == (True, False, False, None)
    pains = [
        SharedDay(day=DAY - datetime.timedelta(days=ago), items=frozenset({"pain"}), during=during)
        for ago, during in ((7, 9.0), (6, 2.0), (3, 0.0), (0, None))
    ]
    got = AthleteWeek(athlete="a", **shared_fields(pains))  # type: ignore[arg-type]
    assert (got.shares_phase, got.held, got.shares_pain, got.pain) == (False, None, True, 2.0)
