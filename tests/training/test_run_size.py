"""How long today's run may be: hard days apart, and minutes where no kilometres are known."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from monitor.training.plan_day import Allowance, PlanDay
from monitor.training.stressors import is_hard
from monitor.training.table_files import shipped_tables
from monitor.training.tables import Phase
from tests.training.diary import Diary, date, in_full, keys

TABLES = shipped_tables()


def may(decided: PlanDay) -> Allowance:
    assert decided.allowance is not None
    return decided.allowance


def test_the_day_after_a_hard_run_is_not_for_the_longest_of_the_week() -> None:
    diary = in_full()
    diary.run(43, 5.5, (1, 1), pickups=10)
    diary.mornings(range(43, 47))
    assert diary.on(43).phase is Phase.FULL
    next_day = diary.on(44)
    assert may(next_day).km == 8.0  # the long run of day 41, which stays the longest
    assert "plan.limit.hard_days" in keys(next_day)
    assert not may(next_day).hard
    later = diary.on(45)
    assert may(later).km == 8.8
    assert "plan.limit.hard_days" not in keys(later)


@settings(deadline=None, max_examples=25)
@given(
    kms=st.lists(st.floats(3, 8), min_size=1, max_size=6),
    hard=st.lists(st.booleans(), min_size=6, max_size=6),
)
@example(kms=[3.0, 3.0, 3.0, 3.0, 3.0, 3.999999999999999], hard=[False] * 6)  # allowed: 4.0 km
def test_a_run_as_allowed_without_a_stressor_is_never_hard_within_48_hours(
    kms: list[float], hard: list[bool]
) -> None:
    diary = in_full().mornings(range(43, 60))
    for k, km in enumerate(kms):
        diary.run(43 + k, km, (1, 1), pickups=10 if hard[k] else 0)
    day = 43 + len(kms)
    allowed = may(diary.on(day))
    was_hard = [r.day for r in diary.runs if is_hard(r, diary.runs, TABLES.ladders)]
    diary.run(day, allowed.km, (1, 1))
    is_hard_too = is_hard(diary.runs[-1], diary.runs, TABLES.ladders)
    assert not is_hard_too or (date(day) - max(was_hard)).days >= 2


def by_time(weeks: int = 4, minutes: float = 40.0) -> Diary:
    diary = Diary()
    for week in range(1, weeks + 1):
        for day in (0, 2, 4):
            diary.run(-7 * week + day, None, None, minutes=minutes)
    return diary


def test_a_week_of_calm_is_a_share_of_the_usual_minutes_where_no_km_are_known() -> None:
    diary = by_time()
    diary.declare()
    for day, minutes in ((0, 20.0), (2, 20.0), (4, 20.0)):
        diary.run(day, None, (1, 1), minutes=minutes)
    diary.mornings(range(1, 7))
    decided = diary.on(6)
    assert decided.week is not None
    assert (decided.week.limit_km, decided.week.limit_minutes) == (None, 72)
    assert decided.week.left_minutes == 12
    assert may(decided).minutes == 12
    assert "plan.limit_minutes.week" in keys(decided)
    diary.run(6, None, (1, 1), minutes=10.0)
    assert keys(diary.on(6))[0] == "plan.rest.done"


def test_a_full_week_by_minutes_is_a_day_of_rest() -> None:
    diary = by_time()
    diary.declare()
    for day in (0, 2, 4):
        diary.run(day, None, (1, 1), minutes=23.0)
    diary.mornings(range(1, 7))
    assert keys(diary.on(6))[0] == "plan.rest.week_minutes"


def test_minutes_do_not_limit_where_km_do() -> None:
    diary = Diary().before()
    diary.declare()
    diary.run(0, 5, (1, 1), minutes=200.0)  # most of it standing
    diary.mornings(range(1, 3))
    decided = diary.on(2)
    assert keys(decided)[0] == "plan.today.run"
    assert not [key for key in keys(decided) if key.startswith("plan.limit_minutes")]


def test_the_descent_of_the_week_is_shown_beside_its_guard() -> None:
    diary = in_full()
    diary.run(43, 5, (1, 1), descent_m=30.0)
    some = diary.on(43).week
    assert some is not None
    assert (some.done_descent_m, some.guard_descent_m) == (30, None)  # of some runs before nobody knows
    diary.runs = [replace(run, descent_m=run.descent_m or 8.0) for run in diary.runs]
    week = diary.on(43).week
    assert week is not None
    assert week.done_descent_m == 30
    assert week.guard_descent_m == pytest.approx(1.1 * (3 * 8 + 3 * 12 + 12 + 2 * 8) / 3)
    diary.run(45, 5, (1, 1))  # nothing measured its height
    level = diary.on(45).week
    assert level is not None
    assert level.done_descent_m is None


def test_a_run_without_distance_counts_in_the_week_and_for_the_next_run_by_its_time() -> None:
    """Three runs of an hour at 6 min/km are 30 km of the week, not none, and the next is no 13.2 km."""
    diary = Diary().before()
    diary.declare()
    for day in (1, 3, 5):
        diary.run(day, None, (1, 1), minutes=60.0)
    diary.mornings(range(1, 8))
    full = diary.on(6)
    assert full.week is not None
    assert (full.week.done_km, full.week.left_km) == (30, 0)
    said = next(r.message for r in full.reasons if r.message.key == "plan.reckoned")
    assert said.values == {"km": 30.0}
    decided = diary.on(7)
    assert may(decided).km == 11
    assert "plan.limit.verdict" in keys(decided)
    assert "plan.reckoned" not in keys(diary.on(8))


def test_who_says_a_usual_week_and_notes_minutes_alone_is_limited_by_the_runs() -> None:
    diary = by_time()
    diary.declare(reference_km=30.0)
    assert may(diary.on(0)).km == 3.3  # half of 40 minutes at 6 min/km, and not all of the week's 18 km
    diary.run(0, None, (1, 1), minutes=18.0)
    diary.mornings(range(1, 3))
    assert may(diary.on(2)).km == 3.3


def test_minutes_on_the_ladder_are_walked_too_and_are_no_km() -> None:
    diary = Diary().before()
    diary.declare(runs_10_min=False)
    diary.run(0, None, minutes=30.0, walk=True)
    diary.run(2, None, minutes=24.0)
    week = diary.on(2).week
    assert week is not None
    assert week.done_km == 0


def test_the_usual_week_reckons_its_runs_without_distance() -> None:
    diary = Diary()
    for week in range(1, 5):
        diary.run(-7 * week, 10, None)
        diary.run(-7 * week + 3, None, None, minutes=60.0)
    diary.declare()
    week = diary.on(0).week
    assert week is not None
    assert week.limit_km == 12


def test_a_short_longest_run_grows_though_limits_are_rounded() -> None:
    """A tenth more than 0.5 km would be 0.5 km again, and than 6 minutes 6."""
    diary = Diary()
    diary.declare(reference_km=30.0, longest_km=1.0)
    first = diary.on(0)
    assert may(first).km == 1.0
    assert "plan.limit.least" in keys(first)
    diary.mornings(range(40))
    kms = []
    for day in range(1, 40):
        if (km := may(diary.on(day)).km) and may(diary.on(day)).run:
            diary.run(day, km, (0, 0))
            kms.append(km)
    assert kms[-1] > 2.0
    assert "plan.limit.least" not in keys(diary.on(39))
    timed = Diary()
    for day in (-20, -17, -15, -13, -10, -8, -6, -3, -1):
        timed.run(day, None, None, minutes=12.0)
    timed.declare()
    assert may(timed.on(1)).minutes == 10
    assert "plan.limit_minutes.least" in keys(timed.on(1))
