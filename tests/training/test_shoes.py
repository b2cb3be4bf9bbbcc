"""Shoes: kilometres and dose of a pair, and what is worth a remark."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.core.message_catalogues import catalogue
from monitor.training.entries import Entry
from monitor.training.evidence_timeline import evidence_of
from monitor.training.plan_runs import PlanRun
from monitor.training.plan_settings import PlanSettings
from monitor.training.plan_state import PlanRules
from monitor.training.shoes import ShoeUse, first_and_last_runs, shoe_remarks, shoe_table
from monitor.training.table_files import shipped_tables
from tests.training.diary import TABLES, date
from tests.training.test_entries import entry

RULES = PlanRules(settings=PlanSettings(), tables=shipped_tables())


def run(day: int, km: float | None, shoe: str = "", **fields: object) -> PlanRun:
    dose = None if km is None else 2.0 * km
    return PlanRun(
        session=f"s{day}{shoe}", day=date(day), km=km, shoe=shoe, braking_dose_bws=dose, **fields
    )  # type: ignore[arg-type]


def table(entries: list[Entry], runs: list[PlanRun], day: int) -> tuple[ShoeUse, ...]:
    return shoe_table(evidence_of(entries, runs, date(day), TABLES), RULES)


def remarks(entries: list[Entry], runs: list[PlanRun], day: int) -> list[str]:
    found = shoe_remarks(evidence_of(entries, runs, date(day), TABLES), RULES)
    return [r.message.key.removeprefix("plan.shoe.") for r in found]


def test_kilometres_and_dose_of_a_pair_with_what_is_not_known() -> None:
    runs = [
        run(1, 5, "blue", km_sd=0.1),
        run(2, 6, "red"),
        run(3, None, "blue"),
        run(4, 7, "blue", km_sd=0.1),
        run(9, 9, "blue"),
    ]
    (use,) = table([entry("shoe", start_km=120.0)], runs, 5)
    assert (use.km, use.runs, use.unknown_runs) == (132, 3, 1)
    assert use.km_pm == pytest.approx(0.392)
    assert (use.braking_dose_bws, use.dose_runs) == (24, 2)
    assert (use.first_day, use.last_day) == (date(1), date(4))


def test_what_nobody_measured_is_absent() -> None:
    (use,) = table([entry("shoe")], [], 5)
    assert (use.km, use.km_pm, use.braking_dose_bws, use.recent_share) == (0, None, None, None)
    assert (use.first_day, use.last_day, use.remarks) == (None, None, ())


def test_the_share_of_28_days_is_by_distance_or_else_by_time() -> None:
    pairs = [entry("shoe", "a"), entry("shoe", "b", shoe="red")]
    runs = [run(1, 30, "blue"), run(2, 10, "red"), run(3, 10, "red")]
    assert [u.recent_share for u in table(pairs, runs, 5)] == [0.6, 0.4]
    assert [u.recent_share for u in table(pairs, runs, 28)] == [0.6, 0.4]
    assert [u.recent_share for u in table(pairs, runs, 29)] == [0, 1]
    timed = [run(1, None, "blue", minutes=30.0), run(2, 10, "red", minutes=90.0)]
    assert [u.recent_share for u in table(pairs, timed, 5)] == [0.25, 0.75]
    assert [u.recent_share for u in table(pairs, [*timed, run(3, 10, "red")], 5)] == [None, None]


def test_an_unnamed_session_goes_to_the_default_pair() -> None:
    pairs = [entry("shoe", "a", day=0, default=True)]
    (use,) = table(pairs, [run(-1, 9), run(1, 5)], 3)
    assert (use.km, use.runs) == (5, 1)


def test_warned_at_500_and_again_at_800_km() -> None:
    for km, keys in ((499, []), (500, ["warn"]), (799, ["warn"]), (800, ["alarm"])):
        assert remarks([entry("shoe", start_km=float(km))], [], 1) == keys
    assert remarks([entry("shoe", start_km=900.0, retired=True)], [], 1) == []


def test_one_pair_alone_is_a_hint_after_a_run() -> None:
    pairs = [entry("shoe", "a", start_km=10.0), entry("shoe", "b", shoe="red", start_km=10.0)]
    main = [run(day, 10, "blue") for day in range(0, 8, 2)]
    assert [remarks(pairs, main, day) for day in (2, 4, 5, 6)] == [[], ["one_pair"], [], []]
    assert remarks(pairs, [*main[:2], run(3, 10, "red"), main[2]], 4) == []


@settings(deadline=None)
@given(gaps=st.lists(st.integers(1, 9), min_size=3, max_size=25), red=st.integers(2, 9))
def test_the_hint_comes_at_most_once_in_28_days(gaps: list[int], red: int) -> None:
    pairs = [entry("shoe", "a", start_km=10.0), entry("shoe", "b", shoe="red", start_km=10.0)]
    days = [sum(gaps[:k]) for k in range(len(gaps))]
    runs = [run(day, 10, "red" if k % red == 1 else "blue") for k, day in enumerate(days)]
    hints = [day for day in range(days[-1] + 40) if "one_pair" in remarks(pairs, runs, day)]
    assert all(b - a >= 28 for a, b in itertools.pairwise(hints))
    assert set(hints) <= set(days)


def new_pair() -> list[Entry]:
    return [
        entry("shoe", "a", start_km=10.0, drop_mm=10.0),
        entry("shoe", "b", shoe="red", drop_mm=4.0),
    ]


def test_a_new_pair_begins_with_little_and_its_drop_is_told() -> None:
    runs = [run(day, 10, "blue") for day in (0, 2)] + [run(4, 4, "red")]
    assert remarks(new_pair(), runs, 4) == ["one_pair", "drop"]
    assert remarks(new_pair(), [*runs, run(5, 4, "red")], 5) == ["drop", "new"]
    assert remarks(new_pair(), runs, 18) == []
    longer = replace(TABLES, shoes=replace(TABLES.shoes, new_days=21))
    rules = PlanRules(settings=RULES.settings, tables=longer)
    evidence = evidence_of(new_pair(), [*runs, run(5, 4, "red")], date(5), longer)
    said = [catalogue("en").render(r.message) for r in shoe_remarks(evidence, rules)]
    assert any("is enough for the first 21 days" in text for text in said), said


def test_a_new_pair_that_does_the_whole_week_is_told_though_it_is_the_main_pair_by_now() -> None:
    runs = [run(-1, 5, "blue"), *(run(day, 9, "red") for day in (0, 2, 4))]
    assert "new" in remarks(new_pair(), runs, 4)


def test_the_first_run_in_a_new_pair_is_not_for_a_hard_day() -> None:
    runs = [run(day, 10, "blue") for day in (0, 2)]
    assert "first_hard" in remarks(new_pair(), [*runs, run(4, 4, "red", pickups=10)], 4)
    assert "first_hard" not in remarks(new_pair(), [*runs, run(4, 4, "red")], 4)
    second = [*runs, run(4, 2, "red"), run(6, 2, "red", effort=8)]
    assert "first_hard" not in remarks(new_pair(), second, 6)


def test_a_drop_within_4_mm_and_an_only_pair_are_not_worth_a_word() -> None:
    close = [entry("shoe", "a", start_km=10.0, drop_mm=8.0), entry("shoe", "b", shoe="red", drop_mm=4.0)]
    assert remarks(close, [run(0, 30, "blue"), run(1, 4, "red")], 1) == []
    assert remarks([entry("shoe", "b", shoe="red", drop_mm=4.0)], [run(1, 4, "red")], 1) == []


def test_the_ends_of_a_pairs_life_are_its_first_and_its_last_hundred_kilometres() -> None:
    runs = [run(k, 30, "blue") for k in range(10)]
    first, last = first_and_last_runs(runs, "blue", 100)
    assert ([r.day for r in first], [r.day for r in last]) == (
        [date(k) for k in range(4)],
        [date(k) for k in range(6, 10)],
    )


@pytest.mark.parametrize("lengths", [[30] * 6, [150, 150], [150, 10, 60], []])
def test_ends_that_would_overlap_are_none(lengths: list[float]) -> None:
    runs = [run(k, km, "blue") for k, km in enumerate(lengths)]
    first, last = first_and_last_runs(runs, "blue", 100)
    assert not {r.session for r in first} & {r.session for r in last}
    assert bool(first) == bool(last) == (lengths == [150, 150])


def test_walks_other_pairs_and_unknown_lengths_are_at_no_end() -> None:
    runs = [run(k, 60, "blue") for k in range(4)]
    others = [run(5, None, "blue"), run(6, 60, "red"), run(7, 60, "blue", walk=True)]
    first, last = first_and_last_runs([*others, *runs, *others], "blue", 100)
    assert [r.session for r in (*first, *last)] == [r.session for r in runs]
