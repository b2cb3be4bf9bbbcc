"""The picture of pain under load: one column a day, the load and the pain of the run before in it."""

from __future__ import annotations

import re
from dataclasses import replace

from monitor.core.message_catalogues import catalogue
from monitor.review.shared_report_chart import pain_chart
from monitor.training.entries import SharedItem
from monitor.training.sharing import SharedDay
from monitor.training.tables import Phase
from tests.training.diary import date

BOTH: frozenset[SharedItem] = frozenset({"pain", "allowance", "phase"})
DAYS = [
    SharedDay(day=date(0), items=BOTH, phase=Phase.CALM, km_before=0.0, during=4, after=2, morning=1),
    SharedDay(day=date(1), items=BOTH, phase=Phase.CALM, km_before=8.0, morning=3),
    SharedDay(day=date(2), items=BOTH, phase=Phase.REBUILD, km_before=None),
]
EN = catalogue("en")


def column(text: str, what: str) -> float:
    """The middle of what is drawn under this title."""
    shape = re.search(rf"<(rect|circle)([^>]*)><title>{re.escape(what)}</title>", text)
    assert shape is not None, what
    values = {name: float(v) for name, v in re.findall(r'(\w+)="([\d.]+)"', shape[2])}
    return values["cx"] if "cx" in values else values["x"] + values["width"] / 2


def test_a_run_and_the_morning_after_it_stand_in_one_column() -> None:
    text = pain_chart(DAYS, EN)
    bar = column(text, f"{date(1)}: 8.0 km the day before")
    ring = column(text, f"{date(1)}: worst pain of 4 in the run of the day before")
    square = column(text, f"{date(1)}: pain of 3 this morning")
    assert abs(bar - ring) < 0.2
    assert abs(bar - square) < 0.2
    assert column(text, f"{date(0)}: pain of 1 this morning") < bar


def test_more_pain_is_drawn_higher_and_more_load_as_a_longer_bar() -> None:
    def top(pain: float) -> float:
        text = pain_chart([replace(DAYS[0], morning=pain)], EN)
        shape = re.search(r'y="([\d.]+)"[^>]*><title>[^<]*this morning', text)
        assert shape is not None
        return float(shape[1])

    assert top(0) > top(3) > top(10)


def test_what_is_not_known_is_a_question_mark_and_what_is_not_shared_nothing() -> None:
    rested = [replace(DAYS[0], done_minutes=50.0), replace(DAYS[1], done_minutes=0.0), DAYS[2]]
    assert pain_chart(rested, EN).count(">?<") == 2  # the load and the morning of the last day
    pain_only = [replace(day, items=frozenset({"pain"}), km_before=None, phase=None) for day in DAYS]
    text = pain_chart(pain_only, EN)
    assert text.count(">?<") == 1
    assert "km" not in text


def test_phases_stand_above_with_their_names() -> None:
    text = pain_chart(DAYS, EN)
    assert text.count("<title>calm</title>") == text.count("<title>rebuild</title>") == 1
    assert ">calm</text>" in text
    assert pain_chart([], EN).startswith("<svg")


def test_a_run_of_which_nobody_said_how_it_felt_has_a_question_mark_of_its_own() -> None:
    ran = [replace(DAYS[0], done_minutes=50.0, during=None, after=None), DAYS[1]]
    unsaid = 'style="fill:#0b61b0">?<'
    assert pain_chart(ran, EN).count(unsaid) == 1
    assert pain_chart([replace(ran[0], during=4.0), DAYS[1]], EN).count(unsaid) == 0
    assert pain_chart([replace(ran[0], done_minutes=0.0), DAYS[1]], EN).count(unsaid) == 0
    assert pain_chart([replace(ran[0], done_minutes=None), DAYS[1]], EN).count(unsaid) == 1


def test_without_load_there_is_no_empty_room_for_it() -> None:
    def height(text: str) -> float:
        found = re.search(r'viewBox="0 0 800 (\d+)"', text)
        assert found is not None
        return float(found[1])

    pain_only = [replace(day, items=frozenset({"pain", "phase"}), km_before=None) for day in DAYS]
    text = pain_chart(pain_only, EN)
    assert height(pain_chart(DAYS, EN)) - height(text) == 90
    assert text.index("<title>calm</title>") < text.index("<g transform") < text.index("this morning")
