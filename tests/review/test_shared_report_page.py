"""The page of a report: self-contained, escaped, in both languages, and "not shared" where nothing is."""

from __future__ import annotations

import datetime
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import get_args

import pytest

from monitor.core.errors import StoreError
from monitor.core.message_catalogues import Language, catalogue
from monitor.review.shared_report_page import report_html, shared_names, write_report
from monitor.training.entries import ShoeEntry
from monitor.training.sharing import SHARED_ITEMS
from tests.review.plan_days import report_of, sharing
from tests.training.diary import Diary, calm_then_rebuild, date

VOID = {"meta", "rect", "circle", "line"}


class Page(HTMLParser):
    """Tags that are open, and the texts in them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.texts: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag != "meta":
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open and data.strip():
            self.texts.append(data.strip())


def page(
    diary: Diary, day: int = 7, language: Language = "en", *, own: bool = False, athlete: str = "ann"
) -> str:
    return report_html(report_of(diary, day, own=own, athlete=athlete), language)


@pytest.mark.parametrize("language", get_args(Language))
@pytest.mark.parametrize("own", [True, False])
def test_the_page_is_whole_and_fetches_and_runs_nothing(language: Language, own: bool) -> None:
    text = page(sharing(*SHARED_ITEMS), language=language, own=own)
    parsed = Page(text)
    assert parsed.open == []
    assert "default-src 'none'" in text
    names = {name for name, _ in parsed.attributes}
    assert not names & {"src", "href", "onload", "onclick"}
    assert "<script" not in text
    assert "http" not in text.replace('http-equiv="', "")
    assert catalogue(language).text("plan.disclaimer") in " ".join(parsed.texts)
    assert "None" not in " ".join(parsed.texts)


def test_nothing_shared_is_said_item_by_item_and_has_no_number() -> None:
    texts = Page(page(calm_then_rebuild())).texts
    assert texts.count("not shared") == 5
    assert "Held or not: not shared." in texts
    assert not [t for t in texts if re.search(r"\d", t) and not re.fullmatch(r"[\d-]+ to [\d-]+", t)]


def test_pain_without_the_load_says_that_the_load_is_not_shared() -> None:
    text = page(sharing("pain"))
    assert "Load: not shared." in text
    assert "km of the day before</text>" not in text
    assert "<svg" in text
    assert "<svg" not in page(sharing("phase", "allowance"))


def test_who_is_held_why_and_since_when_comes_first() -> None:
    diary = sharing("phase")
    diary.run(7, 6, (6, 6))
    diary.mornings(range(8, 10), 6)
    texts = Page(page(diary, 9)).texts
    held = "Held since 2026-03-09: a run was too much, so nothing is raised for now."
    assert texts.index(held) < texts.index("Phase")
    stopped = sharing("phase")
    stopped.flag(6, "calf_hot")
    text = page(stopped)
    assert "Held since 2026-03-08: running has stopped until somebody has looked at it." in text
    assert not re.search("calf|swollen|emergency|flag", text)
    assert "Not held" in page(sharing("phase"))


def test_a_hold_from_before_the_weeks_is_not_given_a_beginning() -> None:
    diary = sharing("phase")
    diary.flag(6)
    assert "Held since 2026-03-08 or before:" in report_html(report_of(diary, 12, 1), "en")


def test_what_others_call_themselves_and_their_shoes_can_do_no_harm() -> None:
    diary = sharing("shoes")
    diary.add(ShoeEntry, 0, 9, shoe="x", model="<script>alert(1)</script>")
    nasty = '<img src=x onerror="a">&'
    for own in (True, False):
        text = page(diary, own=own, athlete=nasty)
        assert "<script" not in text
        assert "<img" not in text
        assert "&lt;img src=x onerror=&quot;a&quot;&gt;&amp;" in text
    assert "alert(1)" in page(diary, own=True)
    assert "alert(1)" not in page(diary)  # a coach sees a number
    assert "Pair 1: 0 km" in page(diary)


def test_the_runners_own_page_has_reasons_with_grades_and_checkpoints() -> None:
    text = page(calm_then_rebuild(), own=True)
    assert (
        "Your last run went well: it felt all right, and the next morning was as before. [evidence B]"
        in text
    )
    assert "Unknown: Hamstring curls left: not tested yet" in text
    assert "Your last run" not in page(sharing(*SHARED_ITEMS))


def test_numbers_are_those_of_the_language_and_unknown_ones_question_marks() -> None:
    diary = sharing(*SHARED_ITEMS)
    text = page(diary, language="de")
    assert '<td class="n">15,0</td>' in text
    assert '<td class="n">?</td>' in text  # metres downhill: no sensor
    assert "nicht freigegeben" not in text


def test_it_is_written_for_its_owner_alone(tmp_path: Path) -> None:
    report = report_of(calm_then_rebuild(), 7, own=True)
    path = tmp_path / "new" / "report.html"
    write_report(report, path, "en")
    assert path.stat().st_mode & 0o077 == 0
    assert path.read_text(encoding="utf-8") == report_html(report, "en")
    with pytest.raises(StoreError):
        write_report(report, path / "below", "en")


def test_the_names_of_what_is_shared_come_in_order() -> None:
    report = report_of(sharing("shoes", "phase"), 7)
    assert shared_names(report, catalogue("en")) == "phase, shoes"
    assert report.last - report.first == datetime.timedelta(days=27)
    assert report.last == date(7)


def test_every_hold_of_the_weeks_is_listed_with_its_days() -> None:
    diary = sharing("phase")
    diary.run(7, 6, (6, 6))
    diary.mornings(range(8, 10), 6)
    diary.mornings(range(10, 20), 0)
    text = page(diary, 19)
    assert "Not held" in text
    assert "<li>2026-03-09 to 2026-03-15: held, a run was too much</li>" in text
    assert "<li>since 2026-03-09: held, a run was too much</li>" in page(diary, 10)
    assert "a run was too much" not in page(sharing("pain", "allowance", diary=diary), 2)


def test_the_runners_own_page_says_what_was_declared_and_which_warning_signs_there_were() -> None:
    diary = sharing(*SHARED_ITEMS)
    diary.flag(6, "calf_hot")
    own, others = page(diary, own=True), page(diary)
    assert "start of the plan:" in own
    assert "behind the knee" in own
    assert "A calf that is swollen, warm and tender" in own
    assert not re.search("start of the plan|behind the knee, |calf", others)


def test_the_highest_effort_of_a_week_stands_with_its_pain() -> None:
    assert "highest effort" in page(sharing("pain", "allowance"))
    assert "highest effort" not in page(sharing("allowance"))


def test_of_a_phase_that_is_not_shared_the_words_below_the_drawing_say_nothing() -> None:
    assert "The band above is the phase." in page(sharing("pain", "phase"))
    assert "The band above is the phase." not in page(sharing("pain"))
