"""What was planned for a day is what was allowed before its runs; all else is the decision of the day."""

from __future__ import annotations

from monitor.core import json_codec
from monitor.training.plan_replay import replayed_days
from monitor.training.planned_days import PlannedBook, PlannedDay, planned_day, planned_days
from monitor.training.table_files import shipped_tables
from tests.training.diary import Diary, date, in_full

LIMITS = ("km", "minutes", "descent_m")


def planned(
    diary: Diary, until: int, book: PlannedBook | None = None
) -> tuple[tuple[PlannedDay, ...], PlannedBook]:
    tables = shipped_tables()
    return planned_days(diary.entries, diary.runs, diary.settings, date(until), tables, book)


def test_only_the_limits_of_a_day_with_a_run_are_others_than_those_of_the_decision() -> None:
    diary = in_full()
    diary.flag(43)
    decided = replayed_days(diary.entries, diary.runs, diary.settings, date(44))
    ran = {r.day for r in diary.runs}
    different = set()
    for one, other in zip(planned(diary, 44)[0], map(planned_day, decided), strict=True):
        fields = {name for name in PlannedDay.__slots__ if getattr(one, name) != getattr(other, name)}
        assert fields <= set(LIMITS)
        assert not fields or one.day in ran
        different |= fields
    assert different == set(LIMITS)


def test_the_limits_are_those_of_the_morning() -> None:
    diary = in_full()
    days, _ = planned(diary, 20)
    for day in (8, 10, 12, 15):
        morning = Diary(settings=diary.settings)
        morning.runs = [r for r in diary.runs if r.day < date(day)]
        morning.entries = [e for e in diary.entries if getattr(e, "session", "") != f"s{day}"]
        assert days[day] == planned_day(morning.on(day))
        assert days[day].km


def test_going_on_from_a_book_is_beginning_anew_and_a_book_survives_its_json() -> None:
    diary = in_full()
    whole, last = planned(diary, 44)
    assert last.mark.day == date(43)
    assert last.days == whole[:-1]
    for day in (0, 7, 20, 43):
        _, book = planned(diary, day)
        stored = json_codec.from_json(PlannedBook, json_codec.to_json(book))
        assert stored == book
        assert planned(diary, 44, stored) == (whole, last)
