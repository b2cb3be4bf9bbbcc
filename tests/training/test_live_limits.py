"""What a day's plan tells the session: limits, silence and STOP."""

from __future__ import annotations

import datetime
from dataclasses import replace

import pytest

from monitor.core.message_catalogues import UserMessage
from monitor.core.session_settings import TodaysLimits
from monitor.training.live_limits import live_limits
from monitor.training.plan_day import Allowance, PlanDay, StopAnswer
from monitor.training.tables import Phase
from tests.training.diary import Diary

DAY = datetime.date(2026, 3, 2)
OWN = TodaysLimits(longest_km=9.0, longest_min=60.0, speed_loss_mps=300.0)
EASY = Allowance(run=True, km=6.0, minutes=38.0, descent_m=20.0, descent_s=120.0, form_cues=True)


def day(allowance: Allowance | None, phase: Phase = Phase.REBUILD, **more: object) -> PlanDay:
    return PlanDay(day=DAY, phase=phase, allowance=allowance, **more)  # type: ignore[arg-type]


def test_without_a_plan_the_runners_own_limits_hold() -> None:
    assert live_limits(day(None, Phase.NONE), OWN) == OWN


def test_a_run_has_its_kilometres_minutes_and_descent_and_the_longest_run_is_the_plans() -> None:
    limits = live_limits(day(EASY, longest_km=8.0), OWN)
    assert limits == replace(
        OWN, longest_km=8.0, most_km=6.0, most_min=38.0, descent_m=20.0, descent_s=120.0
    )
    assert not limits.timed


def test_minutes_of_the_ladder_count_whatever_the_distance_and_a_walk_has_no_running() -> None:
    ladder = replace(EASY, km=None, minutes=24.0, ladder="W1")
    limits = live_limits(day(ladder), OWN)
    assert (limits.timed, limits.most_min, limits.most_km) == (True, 24.0, None)
    walk = live_limits(day(replace(ladder, km=0.0, walk=True)), OWN)
    assert (walk.most_km, walk.descent_m) == (0.0, None)


def test_a_day_of_rest_has_no_running() -> None:
    assert live_limits(day(Allowance(form_cues=True)), OWN) == replace(OWN, most_km=0.0)


@pytest.mark.parametrize(
    ("phase", "hold", "silence"),
    [(Phase.CALM, None, "calm"), (Phase.CALM, DAY, "hold"), (Phase.FULL, None, "red")],
)
def test_where_form_cues_are_silent_it_is_said_why(
    phase: Phase, hold: datetime.date | None, silence: str
) -> None:
    limits = live_limits(day(replace(EASY, form_cues=False), phase, hold_until=hold), OWN)
    assert (limits.form_cues, limits.silence, limits.stop) == (False, silence, False)
    assert live_limits(day(EASY, phase, hold_until=hold), OWN).silence == ""


def test_stop_has_no_run_no_target_and_no_cue_whatever_else_the_day_says() -> None:
    answer = StopAnswer(flags=("calf",), answer="today", message=UserMessage("x"), entries=())
    limits = live_limits(day(EASY, Phase.STOP, stop=answer), OWN)
    assert (limits.stop, limits.form_cues, limits.most_km) == (True, False, 0.0)


def test_the_days_of_a_runner_who_comes_back_are_told_as_they_were_decided() -> None:
    diary = Diary().before()
    diary.declare()
    calm = live_limits(diary.on(0), OWN)
    assert calm.silence == "calm"
    assert calm.most_km == pytest.approx(6.0)
    assert calm.descent_m is not None
    diary.flag(2)
    assert live_limits(diary.on(2), OWN).stop
