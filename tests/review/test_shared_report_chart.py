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
    assert pain_chart(DAYS, EN).count(">?<") == 2  # the load and the morning of the last day
    pain_only = [replace(day, items=frozenset({"pain"}), km_before=None, phase=None) for day in DAYS]
    text = pain_chart(pain_only, EN)
    assert text.count(">?<") == 1
    assert "km" not in text


def test_phases_stand_above_with_their_names() -> None:
    text = pain_chart(DAYS, EN)
    assert text.count("<title>calm</title>") == text.count("<title>rebuild</title>") == 1
    assert ">calm</text>" in text
    assert pain_chart([], EN).startswith("<svg")
