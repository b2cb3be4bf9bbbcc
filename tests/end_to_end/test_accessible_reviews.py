"""Review, plan and the pages beside them for everybody: axe-core finds nothing, by day and by night."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from monitor.core.message_catalogues import Language
from monitor.review.shared_report_page import write_report
from monitor.review.squad_page import write_squad_page
from monitor.review.squad_week import AthleteWeek
from monitor.storage.backup import DATABASE
from monitor.storage.store import Store
from monitor.training.sharing import SHARED_ITEMS
from monitor.web.baseline_file import write_baseline_chart
from tests.end_to_end.axe_source import axe_source
from tests.end_to_end.review_tab import review_tab
from tests.end_to_end.test_plan_page import box
from tests.end_to_end.test_review_page import kept, long_file, made, opened
from tests.end_to_end.test_sessions import home
from tests.review.plan_days import report_of, sharing
from tests.review.test_baseline_chart import view

__all__ = ["box", "home", "kept", "long_file", "made"]

THEMES = ("light", "dark")
DETAILS_OPEN = "document.querySelectorAll('details').forEach((d) => { d.open = true; })"


def complaints(page: Any, themes: Sequence[str] = THEMES) -> list[str]:
    """What axe-core finds wrong: the theme, the rule, and the first element that breaks it."""
    page.evaluate(axe_source())
    wrong, grounds = list[str](), set[str]()
    for theme in themes:
        page.emulate_media(color_scheme=theme)
        grounds.add(page.evaluate("getComputedStyle(document.body).backgroundColor"))
        found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
        wrong += [f"{theme}, {rule['id']}: {node['html']}" for rule in found for node in rule["nodes"][:1]]
    assert len(grounds) == len(themes)
    return wrong


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("width", [360, 1280])
def test_nothing_is_wrong_with_a_review_that_has_every_part(
    long_file: dict[Language, Path], width: int, language: Language
) -> None:
    with opened(width, 844, offline=True) as (page, _):
        page.goto(f"file://{long_file[language]}")
        page.wait_for_selector("#timeline path.line")
        page.evaluate(DETAILS_OPEN)
        assert complaints(page) == []


def test_nothing_is_wrong_with_the_picture_of_the_own_normal(tmp_path: Path) -> None:
    write_baseline_chart(view(30), tmp_path / "baseline.html")
    with opened(390, 844, offline=True) as (page, _):
        page.goto(f"file://{tmp_path}/baseline.html")
        page.wait_for_selector("#baseline path.line")
        assert complaints(page) == []


@pytest.mark.parametrize("width", [360, 1280])
def test_nothing_is_wrong_with_the_squads_week(tmp_path: Path, width: int) -> None:
    weeks = [
        AthleteWeek(athlete="Ann", runs=2, km=9.0, in_band_pct=40.0, balance_points=4.0),
        AthleteWeek(athlete="Ben"),
    ]
    write_squad_page(weeks, datetime.date(2026, 11, 30), tmp_path / "week.html", "en")
    with opened(width, 844, offline=True) as (page, _):
        page.goto(f"file://{tmp_path}/week.html")
        assert complaints(page, ["light"]) == []  # as it is printed


@pytest.mark.parametrize("width", [360, 1280])
def test_nothing_is_wrong_with_the_report_of_a_plan_and_a_phone_moves_no_page_sideways(
    tmp_path: Path, width: int
) -> None:
    report = report_of(sharing(*SHARED_ITEMS), 20, own=True)
    write_report(report, tmp_path / "report.html", "de")
    with opened(width, 844, offline=True) as (page, _):
        page.goto(f"file://{tmp_path}/report.html")
        assert complaints(page, ["light"]) == []  # as it is printed
        assert page.evaluate("document.documentElement.scrollWidth") == width
        assert page.evaluate("document.querySelector('svg').getBoundingClientRect().width") >= 600


@pytest.fixture
def tab(home: Path, kept: str) -> Iterator[str]:
    """The address of the Review tab over a store with a run that has a note."""
    with Store(home / DATABASE) as store:
        store.add_note(kept, "note", "windy")
    with review_tab(home) as url:
        yield url


def test_nothing_is_wrong_with_the_tab_its_tools_and_the_pages_beside_it(tab: str) -> None:
    with opened(390, 844) as (page, _):
        page.goto(tab)
        page.wait_for_selector("#timeline path.line")
        assert complaints(page) == []
        assert page.evaluate(LARGE_TEXT) == [0, "24px"]
        page.click("#more")
        page.wait_for_selector("#tools:not([hidden])")
        assert complaints(page) == [], "tools"
        assert page.evaluate(LARGE_TEXT) == [0, "24px"], "tools"
        page.click("#flags")
        page.wait_for_selector("dialog[open]")
        assert complaints(page) == [], "warning signs"
        page.keyboard.press("Escape")
        page.click("#trends")
        page.wait_for_selector("#review h1, #review h2")
        assert complaints(page) == [], "trends"
        page.goto(tab.partition("review")[0] + "pair")
        page.wait_for_selector("#code")
        assert complaints(page) == [], "pairing"
        page.goto(tab.partition("review")[0] + "api/v1/docs")
        page.wait_for_selector("#TimelineJson")  # models stand at its end
        assert complaints(page) == [], "description of the API"
        assert page.evaluate("document.documentElement.scrollWidth") == 390


LARGE_TEXT = """() => {
  const page = document.documentElement;
  page.style.fontSize = "24px";
  const found = [page.scrollWidth - page.clientWidth, getComputedStyle(document.body).fontSize];
  page.style.fontSize = "";
  return found;
}"""
"""How much too wide the page is with text of one and a half times the size, and the size of its text."""

VIEWS = ("today", "diary", "strength", "calendar", "shoes", "sharing", "morning", "weekly", "manual_run")


def test_nothing_is_wrong_with_the_plan(box: Any) -> None:
    with opened(360, 740) as (page, _):
        page.goto(f"{box.url}/plan?token=let-me-in-please")
        page.wait_for_selector("#plan section, #plan form")
        assert complaints(page) == [], "before a plan"
    box.write("declare", place="behind", side="left", reference_km=30, longest_km=12)
    with opened(360, 740) as (page, _):
        page.goto(f"{box.url}/plan?token=let-me-in-please")
        for name in VIEWS:
            page.goto(f"{box.url}/plan#{name}")
            page.reload()
            page.wait_for_selector("#plan section, #plan form")
            page.evaluate(DETAILS_OPEN)
            assert complaints(page) == [], name
            assert page.evaluate(LARGE_TEXT) == [0, "24px"], name
