"""What a coach sees: off by default, item by item, and nothing of what is not shared."""

from __future__ import annotations

import dataclasses
import functools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.training.entries import (
    AfterEntry,
    Entry,
    MorningEntry,
    ShareEntry,
    ShoeEntry,
    StrengthEntry,
    Withdrawn,
)
from monitor.training.plan_runs import PlanRun
from monitor.training.plan_settings import PlanSettings
from monitor.training.planned_days import PlannedDay, planned_day, planned_days
from monitor.training.sharing import (
    SHARED_ITEMS,
    SharedDay,
    SharedShoe,
    shared_day,
    shared_days,
    shared_items,
)
from monitor.training.standing_entries import standing_entries
from monitor.training.table_files import shipped_tables
from monitor.training.tables import Phase
from tests.training.diary import Diary, calm_then_rebuild, date, made

ADULT = PlanSettings(born_year=1991)
FIELDS_OF = {
    "phase": {"phase", "change", "held", "held_why", "held_since"},
    "allowance": {
        "allowed_km", "allowed_minutes", "allowed_descent_m", "done_km", "done_minutes", "done_descent_m",
    },
    "pain": {"during", "hurt_in", "after", "morning", "effort"},
    "strength": {"strength_done", "strength_planned"},
    "shoes": {"shoes"},
}  # fmt: skip
BOTH = {"km_before", "descent_before_m"}  # of pain under load: allowance and pain
EVERYTHING = frozenset(SHARED_ITEMS)
ITEMS = st.frozensets(st.sampled_from(SHARED_ITEMS))


def share(item: str, on: bool = True, *, hour: int = 8, day: int = 0, **more: Any) -> ShareEntry:
    name = more.pop("name", f"{item}{day}-{hour}-{on}")
    return ShareEntry(id=name, made_utc=made(day, hour), day=date(day), item=item, on=on, **more)  # type: ignore[arg-type]


def test_nothing_is_shared_by_default() -> None:
    assert shared_items([], ADULT, date(0)) == frozenset()
    plan = planned_day(diary().on(10))
    nothing = shared_day(plan, standing(diary()), diary().runs, (), shipped_tables())
    assert nothing == SharedDay(day=date(10))


def test_the_last_entry_of_an_item_holds_whatever_day_it_stands_for() -> None:
    entries = [share("pain", hour=8), share("pain", False, hour=9), share("shoes", day=0)]
    assert shared_items(entries, ADULT, date(0)) == {"shoes"}
    later = share("pain", hour=10)
    assert shared_items([later, *entries], ADULT, date(0)) == {"pain", "shoes"}
    backdated = dataclasses.replace(share("shoes", False, day=3), day=date(0))
    assert shared_items([*entries, backdated], ADULT, date(3)) == frozenset()


def test_of_two_entries_of_one_moment_that_which_switches_off_holds() -> None:
    for names in ("ab", "ba"):
        pair = [share("pain", True, name=names[0]), share("pain", False, name=names[1])]
        assert shared_items(pair, ADULT, date(0)) == frozenset()


def test_an_entry_for_a_later_day_shares_nothing_yet() -> None:
    assert shared_items([share("pain", day=3)], ADULT, date(2)) == frozenset()


def test_under_sixteen_only_with_the_tick_of_a_guardian_and_never_by_a_birthday() -> None:
    child = PlanSettings(born_year=date(0).year - 15)
    assert shared_items([share("pain")], child, date(0)) == frozenset()
    assert shared_items([share("pain", guardian=True)], child, date(0)) == {"pain"}
    assert shared_items([share("pain")], child, date(3 * 365)) == frozenset()
    grown = [share("pain"), share("pain", day=2 * 365)]
    assert shared_items(grown, child, date(2 * 365)) == {"pain"}
    perhaps_sixteen = PlanSettings(born_year=date(0).year - 16)  # or fifteen: the year alone is known
    assert shared_items([share("pain")], perhaps_sixteen, date(0)) == frozenset()


def test_an_entry_that_switches_off_needs_no_guardian() -> None:
    child = PlanSettings(born_year=date(0).year - 12)
    entries = [share("pain", guardian=True), share("pain", False, hour=9)]
    assert shared_items(entries, child, date(0)) == frozenset()


def test_an_entry_taken_back_does_not_share() -> None:
    on = share("pain", name="on")
    back = Withdrawn(id="back", made_utc=made(0, 9), day=date(0), replaces="on")
    assert shared_items(standing_entries([on, back], date(0)), ADULT, date(0)) == frozenset()


# ------------------------------------------------------------------ a day


def diary() -> Diary:
    """A rebuild with a hold, strength and two pairs of shoes."""
    made_up = calm_then_rebuild().lift(7, 9)
    made_up.add(ShoeEntry, 0, 6, shoe="blue", model="Fast 3", start_km=100.0)
    made_up.add(ShoeEntry, 0, 7, shoe="red")
    made_up.run(8, 5.5, (6, 4), shoe="red", descent_m=15.0, after={"effort": 5.0, "place": "behind"})
    made_up.morning(9, 4)
    made_up.morning(10, 2)
    return made_up


def standing(made_up: Diary, day: int = 40) -> tuple[Entry, ...]:
    return standing_entries(made_up.entries, date(day))


def shared(made_up: Diary, items: frozenset[Any], until: int) -> list[SharedDay]:
    days: list[SharedDay] = []
    for plan in planned(made_up, until):
        days.append(shared_day(plan, standing(made_up, until), made_up.runs, items, shipped_tables(), days))
    return days


def planned(made_up: Diary, until: int) -> tuple[PlannedDay, ...]:
    tables = shipped_tables()
    return planned_days(made_up.entries, made_up.runs, made_up.settings, date(until), tables)[0]


def shared_by_entries(made_up: Diary, until: int) -> tuple[SharedDay, ...]:
    """The days by the switches that stand in the diary."""
    plan = planned(made_up, until)
    return shared_days(plan, made_up.entries, made_up.runs, made_up.settings, shipped_tables())


def test_a_shared_day_has_what_was_decided_done_and_felt() -> None:
    by_day = {s.day: s for s in shared(diary(), EVERYTHING, 10)}
    eighth, ninth = by_day[date(8)], by_day[date(9)]
    assert (eighth.phase, eighth.done_km, eighth.done_descent_m) == (Phase.REBUILD, 5.5, 15.0)
    assert (eighth.during, eighth.after, eighth.effort) == (6, 4, 5)
    assert (ninth.morning, ninth.km_before, ninth.descent_before_m) == (4, 5.5, 15.0)
    assert (ninth.done_km, ninth.during) == (0.0, None)
    assert ninth.strength_done == 2
    assert ninth.strength_planned is not None
    assert ninth.shoes == (SharedShoe(1, 100.0), SharedShoe(2, 5.5))


def test_who_is_held_why_and_since_when() -> None:
    held = [s for s in shared(diary(), EVERYTHING, 16) if s.held]
    assert {s.held_why for s in held} == {"red"}
    assert {s.held_since for s in held} == {date(8)}
    assert held[-1].day == date(14)


def test_a_hold_goes_on_behind_a_stop_and_began_before_it() -> None:
    made_up = diary()
    made_up.flag(10)
    made_up.clear(12)
    held = {s.day: (s.held_why, s.held_since) for s in shared(made_up, EVERYTHING, 16) if s.held}
    assert held[date(9)] == ("red", date(8))
    assert (held[date(10)], held[date(11)]) == (("stop", date(10)), ("stop", date(10)))
    assert (held[date(12)], held[date(14)]) == (("red", date(8)), ("red", date(8)))
    assert date(15) not in held


def test_changes_of_the_phase_have_a_word() -> None:
    made_up = diary()
    made_up.flag(12)
    made_up.clear(14)
    changes = {s.day: s.change for s in shared(made_up, EVERYTHING, 15) if s.change}
    assert changes == {date(0): "declared", date(7): "forward", date(12): "stop", date(14): "cleared"}


def test_a_stop_is_told_without_its_reason() -> None:
    made_up = diary()
    made_up.flag(12, "calf_hot")
    (last,) = shared(made_up, EVERYTHING, 12)[-1:]
    assert (last.phase, last.held_why, last.held_since) == (Phase.STOP, "stop", date(12))
    assert "calf_hot" not in repr(last)
    silent = shared(made_up, EVERYTHING - {"phase"}, 12)[-1]
    assert "stop" not in repr(silent).lower()


def test_a_sum_with_an_unknown_part_is_unknown_and_a_day_without_a_run_is_zero() -> None:
    made_up = diary()
    made_up.run(9, None, None)
    by_day = {s.day: s for s in shared(made_up, EVERYTHING, 10)}
    assert (by_day[date(9)].done_km, by_day[date(10)].done_km) == (None, 0.0)
    assert by_day[date(10)].km_before is None


@functools.cache
def with_and_without_a_flag() -> tuple[tuple[Diary, tuple[PlannedDay, ...]], ...]:
    both = (diary(), diary())
    both[1].flag(9)
    return tuple((made_up, planned(made_up, 16)) for made_up in both)


@given(items=ITEMS, day=st.integers(0, 16), flagged=st.booleans())
def test_a_shared_day_contains_no_unshared_item(items: frozenset[Any], day: int, flagged: bool) -> None:
    made_up, days = with_and_without_a_flag()[flagged]
    seen = shared_day(days[day], standing(made_up, day), made_up.runs, items, shipped_tables())
    values = {f.name: getattr(seen, f.name) for f in dataclasses.fields(seen)}
    allowed = {"day", "items"}.union(*(FIELDS_OF[item] for item in items))
    allowed |= BOTH if {"pain", "allowance"} <= items else set()
    assert seen.items == items
    assert {name for name, value in values.items() if value is not None} <= allowed
    assert set(values) == {"day", "items", *BOTH}.union(*FIELDS_OF.values())


@pytest.mark.parametrize(
    ("item", "kind"), [("shoes", AfterEntry), ("shoes", StrengthEntry), ("strength", MorningEntry),
                       ("strength", AfterEntry), ("pain", StrengthEntry), ("pain", ShoeEntry)],
)  # fmt: skip
def test_what_is_not_shared_changes_nothing_in_a_shared_day(item: str, kind: type[Entry]) -> None:
    full, without = diary(), diary()
    without.entries = [e for e in full.entries if not isinstance(e, kind)]
    plan = planned_day(full.on(10))
    one, other = (
        shared_day(plan, standing(d), d.runs, {item}, shipped_tables())  # type: ignore[arg-type]
        for d in (full, without)
    )
    assert one == other


CANARY = "Kanarienvogel"


def test_no_text_of_a_runner_is_in_a_shared_day() -> None:
    made_up = diary()
    made_up.add(ShoeEntry, 1, 6, shoe=CANARY, model=CANARY)
    made_up.runs.append(PlanRun(session=CANARY, day=date(10), km=3.0, shoe=CANARY))
    made_up.add(AfterEntry, 10, 18, session=CANARY, during=1, now=0)
    made_up.add(StrengthEntry, 10, 18, exercise=CANARY, sets=3)
    days = shared(made_up, EVERYTHING, 10)
    assert any(SharedShoe(3, 3.0) in (s.shoes or ()) for s in days)
    assert CANARY not in repr(days)


def test_the_run_that_hurt_most_is_told_by_its_id_and_one_without_sensors_is_not() -> None:
    made_up = diary()
    for session, during in (("2026-03-12T16-00-00-ann", 2), ("2026-03-12T18-00-00-ann", 5), ("by hand", 4)):
        made_up.runs.append(PlanRun(session=session, day=date(10), km=3.0))
        made_up.add(AfterEntry, 10, 18, session=session, during=during, now=0)
    today = shared(made_up, EVERYTHING, 10)[-1]
    assert (today.during, today.hurt_in) == (5, "2026-03-12T18-00-00-ann")
    made_up.add(AfterEntry, 10, 19, session="by hand", during=9, now=0)
    today = shared(made_up, EVERYTHING, 10)[-1]
    assert (today.during, today.hurt_in) == (9, None)


def test_all_days_of_the_plan_are_shared_by_what_is_switched_on_today() -> None:
    made_up = diary()
    made_up.entries.append(share("allowance", day=9))
    days = shared_by_entries(made_up, 10)
    assert [s.day for s in days] == [date(k) for k in range(11)]
    assert {s.items for s in days} == {frozenset({"allowance"})}
    made_up.entries.append(share("allowance", False, day=10))
    assert shared_by_entries(made_up, 10) == ()


def test_planned_is_what_was_allowed_before_the_run_of_the_day() -> None:
    made_up = diary()
    made_up.entries.append(share("allowance", day=9))
    days = shared_by_entries(made_up, 10)
    eighth = days[8]
    assert made_up.on(8).allowance.km == 0  # type: ignore[union-attr]
    assert eighth.allowed_km == eighth.done_km == 5.5


def test_a_correction_of_a_past_day_is_in_what_was_felt() -> None:
    made_up = diary()
    made_up.entries.append(share("pain", day=9))
    wrong = next(e for e in made_up.entries if isinstance(e, MorningEntry) and e.day == date(9))
    made_up.morning(9, 1, on=10, replaces=wrong.id)
    days = shared_by_entries(made_up, 10)
    assert days[9].morning == 1
