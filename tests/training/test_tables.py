"""Tables: what those that are shipped hold, and that every row has its words."""

from __future__ import annotations

import pytest

from monitor.core.message_catalogues import catalogue
from monitor.training.red_flags import URGENCY, flag_messages
from monitor.training.strength_today import exercise_message
from monitor.training.table_files import shipped_tables
from monitor.training.tables import ORDER, Phase

TABLES = shipped_tables()


def test_the_phases_are_those_of_the_design() -> None:
    assert [TABLES.phases[p].week_share for p in ORDER] == [0.6, 0.8, 1.0, None]
    assert [TABLES.phases[p].stay_days for p in ORDER] == [7, 7, 14, 0]
    assert [p.code for p in (Phase.NONE, Phase.STOP, *ORDER)] == [-1, 0, 1, 2, 3, 4]


def test_the_downhill_ladder_has_repeats_before_steepness() -> None:
    rows = TABLES.ladders.downhill.rows
    assert rows[0] == (4, 30, 3)
    assert rows[3:5] == ((10, 30, 3), (6, 60, 3))
    assert [slope for _, _, slope in rows] == [3] * 7 + [5] * 7 + [8] * 7


@pytest.mark.parametrize("language", ["en", "de"])
def test_every_row_has_its_words(language: str) -> None:
    words = catalogue(language)  # type: ignore[arg-type]
    assert all(words.render(message) for message in flag_messages(TABLES.flags).values())
    for phase in ORDER:
        assert all(words.render(exercise_message(e)) for e in TABLES.exercises)
        assert words.text(f"plan.phase.{phase.value}")
    for week in TABLES.weeks:
        assert words.text(f"plan.week.{week.name}")
    for answer in URGENCY:
        assert words.text(f"plan.stop.{answer}", number="112")


def test_every_flag_has_an_answer_with_an_urgency() -> None:
    assert {flag.answer for flag in TABLES.flags} == set(URGENCY)
