"""A report of the last weeks: what is not shared is not in it, and what is not known is no zero."""

from __future__ import annotations

import itertools

import pytest

from monitor.review.shared_report import SharedReport, count_runs, holds_of, weeks_of
from monitor.training.entries import SharedItem, ShoeEntry
from monitor.training.sharing import SHARED_ITEMS, SharedDay
from monitor.training.tables import Phase
from tests.review.plan_days import report_of, sharing
from tests.training.diary import Diary, calm_then_rebuild, date


def report(diary: Diary, day: int = 7, weeks: int = 4, *, own: bool = False) -> SharedReport:
    return report_of(diary, day, weeks, own=own)


def test_without_a_switch_nothing_is_in_a_coachs_report() -> None:
    empty = report(calm_then_rebuild())
    assert (empty.items, empty.days, empty.decided, empty.shoe_names) == (frozenset(), (), None, ())


def test_a_hold_that_a_stop_interrupts_is_one_hold() -> None:
    days = [
        SharedDay(day=date(k), items=frozenset({"phase"}), held=True, held_why=why, held_since=date(since))
        for k, (why, since) in enumerate([("red", 0), ("stop", 1), ("red", 0), ("red", 0)])
    ]
    free = SharedDay(day=date(4), items=frozenset({"phase"}), held=False)
    red, stop = holds_of([*days, free])
    assert (red.why, red.since, red.last) == ("red", date(0), date(3))
    assert (stop.why, stop.since, stop.last) == ("stop", date(1), date(1))
    assert holds_of(days)[0].last is None


@pytest.mark.parametrize("item", SHARED_ITEMS)
def test_one_item_brings_no_other_with_it(item: SharedItem) -> None:
    diary = sharing(item)
    diary.add(ShoeEntry, 0, 9, shoe="blue", default=True)
    last = report(diary).days[-2]
    there = {
        "phase": last.phase is not None,
        "allowance": last.allowed_km is not None or last.done_km is not None,
        "pain": last.morning is not None,
        "strength": last.strength_planned is not None,
        "shoes": last.shoes is not None,
    }
    assert {name for name, is_there in there.items() if is_there} == {item}


def test_the_runners_own_report_has_all_without_a_switch() -> None:
    diary = calm_then_rebuild()
    diary.add(ShoeEntry, 0, 9, shoe="blue", model="Pegasus", default=True)
    own = report(diary, own=True)
    assert own.own
    assert own.items == set(SHARED_ITEMS)
    assert own.shoe_names == ("Pegasus",)
    assert own.decided is not None
    assert own.decided.phase is Phase.REBUILD
    assert [day.day for day in own.days] == [date(k) for k in range(8)]


def test_it_reaches_back_so_many_weeks_and_no_further_than_the_plan() -> None:
    diary = sharing(*SHARED_ITEMS)
    diary.mornings(range(8, 20))
    short = report(diary, 19, weeks=1)
    assert [short.days[0].day, short.days[-1].day] == [date(13), date(19)]
    assert report(diary, 19, weeks=26).days[0].day == date(0)


def test_runs_are_compared_with_what_was_allowed_before_them() -> None:
    diary = sharing(*SHARED_ITEMS, diary=calm_then_rebuild())
    assert count_runs(report(diary, 6).days) == count_runs(report(diary, 6, own=True).days)
    assert count_runs(report(diary, 6).days).within == 3
    long = sharing(*SHARED_ITEMS, diary=Diary().before())
    long.declare()
    long.run(1, 9, (1, 1))  # 6 km are allowed
    long.run(2, 3, (1, 1))  # a day of rest
    long.run(4, None, (1, 1))
    kept = count_runs(report(long, 5).days)
    assert (kept.within, kept.longer, kept.on_rest_day, kept.unknown) == (0, 1, 1, 1)


def test_a_walk_on_the_ladder_is_no_run_and_a_few_metres_more_are_within() -> None:
    walk = SharedDay(
        day=date(0), items=frozenset({"allowance"}), allowed_km=0.0, allowed_minutes=30.0,
        done_km=0.0, done_minutes=31.0,
    )  # fmt: skip
    assert sum(count_runs([walk]).__getattribute__(n) for n in ("within", "longer", "on_rest_day")) == 0
    near = SharedDay(
        day=date(0), items=frozenset({"allowance"}), allowed_km=5.0, allowed_minutes=30.0, done_km=5.1
    )
    assert count_runs([near]).within == 1


def test_a_week_with_an_unknown_day_has_no_sum() -> None:
    days = [SharedDay(day=date(k), done_km=1.0 if k != 3 else None, morning=float(k)) for k in range(9)]
    first, second = weeks_of(days)
    assert (first.monday, first.km, first.worst_morning, first.mornings, first.days) == (
        date(0), None, 6.0, 7, 7,
    )  # fmt: skip
    assert (second.monday, second.km, second.worst_pain) == (date(7), 2.0, None)
    assert [w.monday for w in weeks_of(days)] == sorted({w.monday for w in weeks_of(days)})
    assert all(a.monday < b.monday for a, b in itertools.pairwise(weeks_of(days)))
