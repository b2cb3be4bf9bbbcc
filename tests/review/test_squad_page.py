"""The squad's page: self-contained, escaped, in both languages, and "not shared" is never a zero."""

from __future__ import annotations

import datetime
import re
from typing import get_args

import pytest

from monitor.core.message_catalogues import Language
from monitor.review.squad_page import squad_html
from monitor.review.squad_week import AthleteWeek, SensorSilence
from tests.review.test_shared_report_page import Page

TODAY = datetime.date(2026, 3, 30)
ALL = AthleteWeek(
    athlete="<b>Zoë</b>", runs=4, km=31.25, km_before=28.0, in_band_pct=73.4, silent_pct=(20.0, 30.0),
    braking_pct=12.5, balance_points=-4.0, silence=SensorSilence(sensor="footL", share_pct=33.0),
    shares_phase=True, held=True, held_why="red", held_since=TODAY, shares_pain=True, pain=6.0,
)  # fmt: skip


def cells(text: str, athlete: str) -> list[str]:
    row = next(r for r in re.findall("<tr><td>(.*)</tr>", text) if r.startswith(athlete))
    return [re.sub("<[^>]*>", "", cell) for cell in row.split("</td>")[1:-1]]


@pytest.mark.parametrize("language", get_args(Language))
def test_the_page_is_whole_and_fetches_and_runs_nothing(language: Language) -> None:
    text = squad_html([ALL, AthleteWeek(athlete="ann")], TODAY, language)
    parsed = Page(text)
    assert parsed.open == []
    assert "default-src 'none'" in text
    assert "<b>" not in text
    assert not {name for name, _ in parsed.attributes} & {"src", "href", "onload", "onclick"}
    assert not [t for t in parsed.texts if t == "None" or "squad." in t]


def test_what_is_not_shared_and_what_is_not_known_is_said_and_is_no_number() -> None:
    text = squad_html([AthleteWeek(athlete="ann")], TODAY, "en")
    unknown, private = "not known", "not shared"
    assert cells(text, "ann") == ["0", "0.0", unknown, unknown, unknown, private, private]
    shares = AthleteWeek(athlete="ann", shares_phase=True, held=False, shares_pain=True)
    assert cells(squad_html([shares], TODAY, "en"), "ann")[-2:] == ["no", unknown]
    free = AthleteWeek(athlete="ann", shares_phase=True, held=False, shares_pain=True, pain=0.0)
    assert cells(squad_html([free], TODAY, "en"), "ann")[-1] == "0"


def test_numbers_stand_with_their_sign_and_what_they_were_before() -> None:
    text = squad_html([ALL], TODAY, "de")
    assert cells(text, "&lt;b&gt;Zoë") == [
        "4", "31,2 (28,0)", "73 %", "+12,5 %", "−4,0 Punkte", "ein Lauf war zu viel", "6",
    ]  # fmt: skip
    assert "4,0 Punkte mehr auf dem rechten Fuß" in text
    still = AthleteWeek(athlete="ann", braking_pct=-0.04)
    assert cells(squad_html([still], TODAY, "en"), "ann")[3] == "0.0 %"


def test_who_needs_nothing_is_named_and_nobody_is_left_out() -> None:
    text = squad_html([ALL, AthleteWeek(athlete="ann", runs=1)], TODAY, "en")
    assert "Nothing to look at: ann" in text
    assert text.index("Zoë") < text.index("ann")
