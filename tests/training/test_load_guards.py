"""How long the next run may be."""

from __future__ import annotations

from dataclasses import replace

import pytest

from monitor.training.load_guards import (
    excess_over_longest,
    km_of,
    longest_run,
    minutes_per_km,
    next_run_most,
    reference_week,
    week_after_break,
    week_guard,
    week_total,
)
from monitor.training.plan_runs import PlanRun
from monitor.training.tables import DoseRules
from monitor.training.verdict import RunVerdict, Verdict
from tests.training.diary import DOSES, MONDAY, date

GREEN, UNKNOWN, AMBER, RED = Verdict.GREEN, Verdict.UNKNOWN, Verdict.AMBER, Verdict.RED
Told = tuple[int, float | None, Verdict]


def most(*runs: Told, day: int, doses: DoseRules = DOSES) -> float | None:
    verdicts = [
        RunVerdict(run=PlanRun(session=str(d), day=date(d), km=km, minutes=30.0), verdict=v, why="")
        for d, km, v in runs
    ]
    return next_run_most(verdicts, date(day), km_of, doses)


@pytest.mark.parametrize(
    ("runs", "day", "km"),
    [
        ([], 1, None),
        ([(0, 5, GREEN)], 2, 5.5),
        ([(0, 5, UNKNOWN)], 2, 5),
        ([(0, 6, AMBER)], 2, 5.4),
        ([(0, 6, RED)], 2, 4.8),
        ([(0, 10, GREEN), (2, 3, GREEN)], 4, 11),  # a short run between takes nothing away
        ([(0, 6, AMBER), (2, 5.4, GREEN)], 4, 5.94),
        ([(0, 6, RED), (2, 4.8, GREEN)], 4, 4.8),  # seven days without progress
        ([(0, 6, RED), (7, 4.8, GREEN)], 9, 5.28),
        ([(0, 6, RED), (2, 9, UNKNOWN)], 4, 4.8),  # nobody runs out of it
        ([(0, 6, RED), (2, 9, AMBER)], 4, 4.8),
        ([(0, 5, GREEN), (2, 12, RED)], 4, 5.5),  # a run that was far too long allows no longer one
        ([(0, 5, GREEN), (2, 12, AMBER)], 4, 5.5),
        ([(0, 5, GREEN), (2, None, RED)], 4, 4.4),
        ([(0, 10, GREEN)], 7, 11),
        ([(0, 10, GREEN)], 8, 8),
        ([(0, 10, GREEN)], 15, 6),
        ([(0, 10, GREEN)], 29, None),
        ([(0, 10, GREEN), (10, 8, GREEN)], 12, 8),  # the first run after a break is no step
        ([(0, 10, GREEN), (10, 8, GREEN), (12, 8, GREEN)], 14, 8.8),
    ],
)
def test_the_most_for_the_next_run(runs: list[Told], day: int, km: float | None) -> None:
    assert most(*runs, day=day) == (None if km is None else pytest.approx(km))


@pytest.mark.parametrize(
    ("days", "share"),
    [(None, None), (7, None), (8, 0.8), (14, 0.8), (15, 0.6), (28, 0.6), (29, 0.0)],
)
def test_breaks(days: int | None, share: float | None) -> None:
    rule = DOSES.break_after(days)
    assert (None if rule is None else rule.share) == share


def test_doses_of_an_own_table_decide() -> None:
    (short, *_) = DOSES.breaks
    own = replace(
        DOSES,
        growth=1.05,
        amber_share=0.7,
        red_share=0.5,
        hold_days=3,
        breaks=(replace(short, from_days=5, share=0.5),),
    )
    assert most((0, 10, GREEN), day=2, doses=own) == pytest.approx(10.5)
    assert most((0, 10, AMBER), day=2, doses=own) == pytest.approx(7)
    assert most((0, 10, RED), day=2, doses=own) == pytest.approx(5)
    assert most((0, 10, RED), (3, 5, GREEN), day=5, doses=own) == pytest.approx(5.25)
    assert most((0, 10, GREEN), day=5, doses=own) == pytest.approx(5)
    assert most((0, 10, GREEN), day=40, doses=own) == pytest.approx(5)  # no row leads to walking
    assert not own.walks_after(40)
    assert DOSES.walks_after(29)


def run(day: int, km: float, *, walk: bool = False) -> PlanRun:
    return PlanRun(session=f"s{day}", day=date(day), km=km, minutes=6 * km, walk=walk)


def test_the_longest_run_is_that_of_thirty_days_and_no_walk() -> None:
    runs = [run(0, 12), run(10, 6), run(11, 20, walk=True)]
    assert longest_run(runs, date(30), km_of) == 12
    assert longest_run(runs, date(31), km_of) == 6
    assert longest_run(runs, date(9), km_of) == 12
    assert longest_run([], date(9), km_of) is None
    assert minutes_per_km(runs) == 6


@pytest.mark.parametrize(
    ("planned", "rate"), [(6.6, None), (6.7, 1.64), (7.8, 1.64), (9, 1.52), (12, 1.52), (12.1, 2.28)]
)
def test_a_planned_run_against_the_longest(planned: float, rate: float | None) -> None:
    excess, told = excess_over_longest(planned, 6)
    assert excess == pytest.approx(100 * (planned / 6 - 1))
    assert told == rate


def test_weeks_begin_on_monday_and_the_guard_needs_three() -> None:
    runs = [run(0, 10), run(8, 12), run(16, 14), run(21, 5), run(22, 50, walk=True)]
    assert week_total(runs, MONDAY, km_of) == 10
    assert week_guard(runs, date(21), km_of) == pytest.approx(1.1 * 12)
    assert week_guard(runs, date(15), km_of) is None


def test_what_is_not_known_of_a_week_is_no_nothing_and_nothing_is_compared_with_nothing() -> None:
    runs = [run(0, 10), run(8, 12), replace(run(9, 5), km=None), run(16, 14), run(21, 5)]
    assert week_guard(runs, date(21), km_of) is None
    assert week_guard([*runs, run(23, 5), run(30, 5)], date(35), km_of) == pytest.approx(
        1.1 * (14 + 10 + 5) / 3
    )
    hilly = [replace(r, descent_m=m) for r, m in zip(runs, (60.0, 0.0, 0.0, 30.0, 0.0), strict=True)]
    assert week_guard(hilly, date(21), lambda r: r.descent_m) == pytest.approx(1.1 * 30)
    level = [replace(r, descent_m=0.0) for r in runs]
    assert week_guard(level, date(21), lambda r: r.descent_m) is None


def test_the_week_of_coming_back_is_a_share_of_the_last_one() -> None:
    runs = [run(0, 10), run(2, 10)]
    assert week_after_break(runs, date(9), km_of, DOSES) is None
    assert week_after_break(runs, date(12), km_of, DOSES) == pytest.approx(16)
    assert week_after_break([*runs, run(12, 8)], date(13), km_of, DOSES) == pytest.approx(16)
    assert week_after_break([*runs, run(12, 8)], date(15), km_of, DOSES) is None


def test_the_reference_is_the_median_of_four_weeks() -> None:
    runs = [run(-7, 30), run(-14, 20), run(-21, 10), run(-28, 40)]
    assert reference_week(runs, date(0), km_of) == 25
    assert reference_week([], date(0), km_of) is None
