"""Points of a shared day: only what is shared, one a day, under the runner's name alone."""

from __future__ import annotations

import datetime
from dataclasses import replace

from monitor.sinks.influx.line_protocol import protocol_lines
from monitor.sinks.influx.plan_points import PLAN_MEASUREMENTS, shared_day_points
from monitor.sinks.influx.schema import INFLUX_SCHEMA
from monitor.training.sharing import SHARED_ITEMS, SharedDay, SharedShoe
from monitor.training.tables import Phase

FULL_DAY = SharedDay(
    day=datetime.date(2026, 3, 9),
    items=frozenset(SHARED_ITEMS),
    phase=Phase.REBUILD,
    change="forward",
    held=True,
    held_why="red",
    held_since=datetime.date(2026, 3, 8),
    allowed_km=6,
    allowed_minutes=36.5,
    allowed_descent_m=20,
    done_km=5.5,
    done_minutes=33,
    done_descent_m=15,
    during=2,
    hurt_in="2026-03-09T16-00-00-ann",
    after=1,
    morning=0,
    effort=3,
    km_before=0,
    descent_before_m=0,
    strength_done=3,
    strength_planned=6,
    shoes=(SharedShoe(1, 412.5), SharedShoe(2, 30)),
)
"""A day of which everything is shared and known."""


def test_a_day_is_one_point_of_plan_and_log_and_one_for_each_pair() -> None:
    points = shared_day_points("Ann B", [FULL_DAY])
    assert [p.measurement for p in points] == ["plan", "log", "shoe", "shoe"]
    of_athletes = {m.name for m in INFLUX_SCHEMA if m.of_athlete}
    assert set(PLAN_MEASUREMENTS) == of_athletes - {"run", "day"}  # these are nobody's to withdraw
    noon = datetime.datetime(2026, 3, 9, 12, tzinfo=datetime.UTC)
    assert {p.t_ns for p in points} == {int(noon.timestamp()) * 10**9}
    assert [dict(p.tags) for p in points[2:]] == [
        {"athlete": "Ann B", "pair": "pair 1"},
        {"athlete": "Ann B", "pair": "pair 2"},
    ]


def test_what_is_not_shared_or_not_known_is_left_out_and_never_zero() -> None:
    day = SharedDay(day=FULL_DAY.day, items=frozenset({"phase"}), phase=Phase.CALM, held=False)
    text = protocol_lines(shared_day_points("ann", [day])).decode()
    fields = dict(field.split("=") for field in text.split(" ")[1].split(","))
    told = {name for name in fields if not name.startswith("shares_")}
    assert told == {"day", "phase", "hold", "hold_why", "hold_since"}
    assert fields["hold_why"] == fields["hold_since"] == '""'
    assert fields["shares_phase"] == "1i"
    assert fields["shares_pain"] == "0i"


def test_a_day_of_which_nothing_is_shared_has_no_point() -> None:
    assert shared_day_points("ann", [SharedDay(day=FULL_DAY.day)]) == []
    silent = replace(FULL_DAY, during=None, hurt_in=None, after=None, morning=None, effort=None)
    silent = replace(silent, km_before=None, descent_before_m=None, shoes=())
    assert [p.measurement for p in shared_day_points("ann", [silent])] == ["plan"]


def test_a_stop_is_code_zero() -> None:
    (plan, *_) = shared_day_points("ann", [replace(FULL_DAY, phase=Phase.STOP)])
    assert plan.values["phase"] == 0
