"""The calendar of the plan: RFC 5545 to the letter, the same events every time, nothing of how one is."""

from __future__ import annotations

import datetime
import itertools
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.message_catalogues import Language, UserMessage, catalogue
from monitor.review.plan_calendar import (
    CalendarDay,
    assumed_days,
    calendar_days,
    calendar_text,
    folded_line,
)
from monitor.training.tables import Phase
from tests.review.plan_days import plan_of
from tests.training.diary import Diary, calm_then_rebuild, date, in_full, in_reintroduce

NOW = datetime.datetime(2026, 3, 9, 20, 0, tzinfo=datetime.timezone(datetime.timedelta(hours=2)))


def parsed(text: str) -> list[dict[str, str]]:
    """The events of a file, read by the rules of RFC 5545 and nothing of ours."""
    assert text.endswith("\r\n")
    assert "\n" not in text.replace("\r\n", "")
    for line in text.split("\r\n"):
        assert len(line.encode()) <= 75
    lines = re.sub(r"\r\n[ \t]", "", text).split("\r\n")[:-1]
    assert (lines[0], lines[-1]) == ("BEGIN:VCALENDAR", "END:VCALENDAR")
    events: list[dict[str, str]] = []
    for line in lines:
        name, _, value = line.partition(":")
        if line == "BEGIN:VEVENT":
            events.append({})
        elif events:
            events[-1][name] = value
    return events


def unescaped(text: str) -> str:
    return re.sub(r"\\(.)", lambda m: "\n" if m[1] in "nN" else m[1], text)


def test_every_day_is_one_event_of_a_whole_day_without_a_time_zone() -> None:
    plan = plan_of(calm_then_rebuild(), 7)
    events = parsed(calendar_text(calendar_days(plan), "ann", NOW, "en"))
    starts = [e["DTSTART;VALUE=DATE"] for e in events]
    assert starts == [f"{date(7 + k):%Y%m%d}" for k in range(8)]
    for event in events:
        start = datetime.datetime.strptime(event["DTSTART;VALUE=DATE"], "%Y%m%d").date()
        end = datetime.datetime.strptime(event["DTEND;VALUE=DATE"], "%Y%m%d").date()
        assert (end - start).days == 1
        assert event["DTSTAMP"] == "20260309T180000Z"
    assert not any("TZID" in name for e in events for name in e)


def test_the_next_file_changes_the_events_of_the_last_one_and_leaves_none_behind() -> None:
    first = parsed(calendar_text(calendar_days(plan_of(calm_then_rebuild(), 7)), "ann", NOW, "en"))
    later = NOW + datetime.timedelta(days=1)
    second = parsed(calendar_text(calendar_days(plan_of(calm_then_rebuild(), 8)), "ann", later, "de"))
    uids = {e["DTSTART;VALUE=DATE"]: e["UID"] for e in first}
    assert len(set(uids.values())) == 8
    for event in second[:-1]:
        assert event["UID"] == uids[event["DTSTART;VALUE=DATE"]]
    assert min(int(e["SEQUENCE"]) for e in second) > max(int(e["SEQUENCE"]) for e in first)
    other = parsed(calendar_text(calendar_days(plan_of(calm_then_rebuild(), 7)), "ben", NOW, "en"))
    assert not {e["UID"] for e in other} & set(uids.values())


@pytest.mark.parametrize("language", ["en", "de"])
def test_titles_say_what_to_run_and_nothing_of_pain(language: Language) -> None:
    stopped = calm_then_rebuild()
    stopped.flag(7)
    walking = Diary()
    walking.declare(runs_10_min=False)
    diaries = [
        (calm_then_rebuild(), 7),
        (in_reintroduce(), 15),
        (in_full(), 43),
        (stopped, 7),
        (walking, 0),
    ]
    messages, titles = catalogue(language), set()
    for diary, day in diaries:
        days = calendar_days(plan_of(diary, day))
        text = calendar_text(days, "ann", NOW, language)
        assert not re.search("pain|schmerz|knee|knie|stop|calm|beruhig|phase|swell", text, re.IGNORECASE)
        titles |= {messages.render(d.title) for d in days}
    expected = {
        "en": {"Run 5.5 km easy, flat", "Rest", "Walk 30 min"},
        "de": {"5,5 km laufen, locker, flach", "Pause", "30 min gehen"},
    }
    assert expected[language] <= titles


def test_coming_days_take_no_step_and_keep_the_rest_between_runs() -> None:
    plan = plan_of(calm_then_rebuild(), 6)  # the next morning would lead to rebuild
    days = assumed_days(plan, 7)
    assert [d.phase for d in days] == [Phase.CALM] * 7
    runs = [d.day for d in days if d.allowance is not None and d.allowance.run]
    assert len(runs) >= 2
    assert all((b - a).days >= 2 for a, b in itertools.pairwise(runs))
    longest = max(d.allowance.km or 0.0 for d in days if d.allowance is not None)
    assert longest <= 6.0  # half of 12 km


def test_after_a_run_that_was_too_much_the_coming_days_are_not_rest_for_ever() -> None:
    """Nobody knows the coming mornings; that they are not worse is what the calendar takes for granted."""
    diary = calm_then_rebuild()
    diary.run(7, 5, (7, 5))
    diary.morning(8, 4, as_before=False)
    plan = plan_of(diary, 8)
    assert plan.now.hold_until == date(14)
    days = assumed_days(plan, 7)
    first = next(d for d in days if d.allowance is not None and d.allowance.run)
    assert first.day == date(9)
    assert first.allowance is not None
    assert first.allowance.km == pytest.approx(4.0)
    assert {d.phase for d in days} == {Phase.CALM}  # the run took back that morning's step


def test_a_session_of_the_ladder_does_not_use_up_the_week_of_the_coming_days() -> None:
    diary = Diary().before()
    diary.declare(runs_10_min=False)
    diary.mornings(range(8))
    for day in (0, 2):
        diary.run(day, None, minutes=30.0, walk=True)
    days = assumed_days(plan_of(diary, 6), 7)
    allowances = [d.allowance for d in days if d.allowance is not None]
    assert [a.run for a in allowances] == [False, True] * 3 + [False]
    assert {a.ladder for a in allowances} == {"w1"}


def test_a_day_on_which_one_has_run_keeps_its_title_and_the_next_is_rest() -> None:
    diary = calm_then_rebuild()
    before = calendar_days(plan_of(diary, 5), 1)
    without = Diary(diary.settings, [e for e in diary.entries if e.day < date(5)], diary.runs[:-1])
    without.morning(5)
    assert before == calendar_days(plan_of(without, 5), 1)
    assert before[1].title.key == "plan.calendar.rest"


def test_stop_has_no_run_in_any_coming_day_and_no_plan_no_days() -> None:
    diary = calm_then_rebuild()
    assert calendar_days(plan_of(Diary(), 3)) == ()
    diary.flag(7)
    assert {d.title.key for d in calendar_days(plan_of(diary, 7))} == {"plan.calendar.rest"}


@given(st.text(st.characters(exclude_categories=("Cs", "Cc"))))
def test_folding_can_be_undone_and_cuts_no_character(text: str) -> None:
    folded = folded_line(text)
    assert folded.replace("\r\n ", "") == text
    assert all(len(line.encode()) <= 75 for line in folded.split("\r\n"))


def test_what_has_a_meaning_there_is_escaped() -> None:
    title = UserMessage("plan.calendar.free", {"how": "a;b,c\\d " + "ü" * 80})
    (event,) = parsed(calendar_text([CalendarDay(date(0), title)], "ann", NOW, "en"))
    assert event["SUMMARY"].startswith("Run a\\;b\\,c\\\\d ")
    assert unescaped(event["SUMMARY"]) == "Run a;b,c\\d " + "ü" * 80
