"""The questions at a terminal: asked again until they are answered, and not more than needed."""

from __future__ import annotations

import datetime
from collections.abc import Callable

import pytest

from monitor.cli.log_questions import (
    ask_after_run,
    ask_declaration,
    ask_morning,
    ask_red_flags,
    ask_week,
)
from monitor.core.message_catalogues import catalogue
from monitor.review.training_plan import new_entry
from monitor.training.red_flags import flag_messages
from monitor.training.table_files import shipped_tables

NOW = datetime.datetime(2026, 11, 24, 20, 0, tzinfo=datetime.UTC)


class Typed:
    """Answers in their order; the end of them is an error."""

    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)
        self.shown: list[str] = []

    def say(self, text: str) -> None:
        self.shown.append(text)

    def ask(self, question: str, default: str = "") -> str:
        self.shown.append(question)
        return self.answers.pop(0) or default

    @property
    def text(self) -> str:
        return "\n".join(self.shown)


def test_a_run_that_did_not_hurt_is_not_asked_where() -> None:
    typed = Typed("0", "0", "3", "", "")
    fields = ask_after_run(typed)
    assert fields == {"during": 0, "now": 0, "effort": 3, "stopped_early": False, "painkiller": False}
    assert typed.answers == []
    assert "Where" not in typed.text
    new_entry("after", fields | {"session": "x"}, NOW)


def test_a_run_that_hurt_is_asked_where_and_whether_one_limped() -> None:
    typed = Typed("3,5", "1", "4", "2", "y", "", "n", "y")
    fields = ask_after_run(typed)
    assert fields == {
        "during": 3.5, "now": 1, "place": "behind", "side": "right", "limp": True, "effort": None,
        "stopped_early": False, "painkiller": True,
    }  # fmt: skip
    assert "  4  behind the knee" in typed.text


@pytest.mark.parametrize("wrong", ["", "eleven", "11", "-1", "nan"])
def test_what_is_no_number_of_the_scale_is_asked_again(wrong: str) -> None:
    typed = Typed(wrong, "2", "0", "1", "1", "", "", "", "")
    assert ask_after_run(typed)["during"] == 2
    assert "is not a number from 0 to 10" in typed.text


def test_the_morning_asks_as_before_only_after_a_run() -> None:
    typed = Typed("1", "", "", "", "n")
    fields = ask_morning(typed, ran_yesterday=True)
    assert fields == {
        "pain": 1, "stiffness_min": None, "swelling": "none", "tender": "same", "as_before": False,
    }  # fmt: skip
    assert "as_before" not in ask_morning(Typed("1", "20", "3", "1"), ran_yesterday=False)
    assert "before yesterday" not in typed.shown[0]


def test_the_week_has_four_questions_with_four_answers() -> None:
    typed = Typed("1", "2", "5", "3", "4")
    assert ask_week(typed) == {"taking_part": 0, "volume": 1, "performance": 2, "pain": 3}
    assert "is not one of the numbers from 1 to 4" in typed.text


def test_a_declaration_asks_for_up_to_5_only_of_a_tendon() -> None:
    typed = Typed("2026-11-01", "4", "1", "1", "y", "", "30", "")
    assert ask_declaration(typed) == {
        "began": datetime.date(2026, 11, 1), "place": "behind", "side": "left", "tissue": "tendon",
        "up_to_5": True, "runs_10_min": True, "reference_km": 30, "longest_km": None,
    }  # fmt: skip
    bone = Typed("yesterday-ish", "", "6", "3", "3", "n", "", "")
    fields = ask_declaration(bone)
    assert (fields["began"], fields["tissue"], fields["runs_10_min"]) == (None, "bone", False)
    assert "is not a day" in bone.text
    assert "up_to_5" not in fields


def test_every_warning_sign_is_shown_and_none_is_an_answer() -> None:
    flags, english = shipped_tables().flags, catalogue("en")
    texts = {name: english.render(message) for name, message in flag_messages(flags).items()}
    typed = Typed("")
    assert ask_red_flags(typed, flags, texts) == []
    assert all(text in typed.text for text in texts.values())
    picked = Typed("99", "x", "2, 5,2")
    assert ask_red_flags(picked, flags, texts) == ["calf_hot", "locked"]


@pytest.mark.parametrize("question", [ask_after_run, ask_week])
def test_the_end_of_the_input_ends_the_questions(question: Callable[[Typed], object]) -> None:
    with pytest.raises(IndexError):
        question(Typed())
