"""Any script is kept as it is; what is no text, or turns its direction, neither is stored nor shown."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.safe_text import (
    clean_line,
    clean_note,
    file_name_part,
    line_complaint,
    printable_text,
    table_cell,
    topic_level,
)

NAMES = (
    "Łukasz", "李", "محمد", "דוד", "Nguyễn Thị", "Ωμέγα", "नरेन्द्र", "می\u200cخواهم",
    "\U0001f469\u200d\U0001f469\u200d\U0001f467", "Jürgen O'Neil",
)  # fmt: skip
HOSTILE = (
    "\x1b[2J", "\x9b31m", "\x07", "a\u202eb", "\u2066x", "\x00", "\ud800", "\ufeff", "\U000e0041", "\x7f",
)  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_a_name_in_any_script_is_kept_and_shown_as_it_is(name: str) -> None:
    assert clean_line(name) == unicodedata.normalize("NFC", name)
    assert printable_text(name) == name
    assert line_complaint(name) == ""


@pytest.mark.parametrize("text", HOSTILE)
def test_what_is_never_shown_is_refused_left_out_and_replaced(text: str) -> None:
    assert line_complaint(f"x{text}")
    assert set(clean_line(f"x{text}y")) <= set("xyab[2J31m")
    assert "\ufffd" in printable_text(text)


@given(st.text(st.characters(codec=None), max_size=300))
def test_whatever_comes_the_line_is_bounded_and_can_be_written(text: str) -> None:
    for line in (clean_line(text, 40), printable_text(text, 40)):
        assert len(line) <= 40
        line.encode()
        assert not {c for c in line if unicodedata.category(c) in ("Cc", "Zl", "Zp", "Cs")}
    assert clean_line(clean_line(text, 40), 40) == clean_line(text, 40)


def test_marks_that_belong_to_a_letter_go_with_it() -> None:
    assert clean_line("x" * 39 + "q\u0323\u0307y", 40) == "x" * 39
    family = "\U0001f469\u200d\U0001f469\u200d\U0001f467"
    assert clean_line(family * 2, 6) == family
    assert clean_line("q" + "\u0323" * 50, 10) == "q" + "\u0323" * 9  # a letter of nothing but marks


def test_a_note_keeps_its_lines() -> None:
    assert clean_note("a\r\n\x1b[31mb\u202e\n\n c \n", 100) == "a\n[31mb\n\nc"


def test_names_are_bounded_and_not_empty() -> None:
    assert "60" in line_complaint("x" * 61, 60)
    assert line_complaint(" \t") == "must not be empty"


@pytest.mark.parametrize("text", ["=cmd|' /C calc'!A1", "+1", "-1+2", "@x"])
def test_a_cell_that_a_spreadsheet_would_take_for_a_formula_begins_with_an_apostrophe(text: str) -> None:
    assert table_cell(text) == f"'{text}"
    assert table_cell(f"a{text}") == f"a{text}"
    assert table_cell("") == ""


def test_a_name_is_a_file_on_every_system_and_a_level_of_a_topic() -> None:
    assert file_name_part("../a b\\c:*?") == "a-b-c"
    assert file_name_part("...") == "runner"
    assert topic_level("a/+#b c") == "a-b-c"
    assert topic_level("नरेन्द्र") == "नरेन्द्र"
