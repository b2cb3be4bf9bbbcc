"""Shoes: kilometres, and what is worth a remark."""

from __future__ import annotations

from monitor.training.entries import Entry
from monitor.training.plan_day import ReasonWriter
from monitor.training.plan_runs import PlanRun
from monitor.training.shoes import shoe_remarks, shoe_uses
from monitor.training.tables import shipped_tables
from tests.training.diary import date
from tests.training.test_entries import entry

TABLES = shipped_tables()


def run(day: int, km: float, shoe: str) -> PlanRun:
    return PlanRun(session=f"s{day}{shoe}", day=date(day), km=km, shoe=shoe, braking_dose_bws=2.0 * km)


def remarks(standing: list[Entry], runs: list[PlanRun], day: int) -> list[str]:
    writer = ReasonWriter(TABLES.grades)
    found = shoe_remarks(standing, runs, date(day), TABLES.shoes, writer)
    return [r.message.key.removeprefix("plan.shoe.") for r in found]


def test_kilometres_and_dose_of_a_pair() -> None:
    (use,) = shoe_uses([entry("shoe", start_km=120.0)], [run(1, 5, "blue"), run(2, 6, "red")])
    assert (use.km, use.braking_dose_bws, use.first_day) == (125, 10, date(1))


def test_warned_at_500_and_again_at_800_km() -> None:
    for km, keys in ((499, []), (500, ["warn"]), (799, ["warn"]), (800, ["alarm"])):
        assert remarks([entry("shoe", start_km=float(km))], [], 1) == keys
    assert remarks([entry("shoe", start_km=900.0, retired=True)], [], 1) == []


def test_one_pair_alone_is_a_hint() -> None:
    pairs = [entry("shoe", "a", start_km=10.0), entry("shoe", "b", shoe="red", start_km=10.0)]
    main = [run(day, 10, "blue") for day in range(0, 8, 2)]
    assert remarks(pairs, main, 10) == ["one_pair"]
    assert remarks(pairs, [*main, run(9, 10, "red")], 10) == []
    assert remarks(pairs, main[:2], 10) == []
    assert remarks(pairs, main, 40) == []


def test_a_new_pair_begins_with_little_and_its_drop_is_told() -> None:
    pairs = [
        entry("shoe", "a", start_km=10.0, drop_mm=10.0),
        entry("shoe", "b", shoe="red", drop_mm=4.0),
    ]
    runs = [run(day, 10, "blue") for day in (0, 2)] + [run(4, 4, "red")]
    assert remarks(pairs, runs, 4) == ["one_pair", "drop"]
    assert "new" in remarks(pairs, [*runs, run(5, 4, "red")], 5)
    assert "drop" not in remarks(pairs, runs, 18)
