"""Questions and answers at the terminal, so that who asks can be tested without one."""

from __future__ import annotations

import datetime
import math
import sys
from collections.abc import Mapping, Sequence
from typing import Protocol

from rich.console import Console
from rich.prompt import Prompt

from monitor.core.user_language import user_text


class Dialogue(Protocol):
    """A partner that answers questions: a person at the terminal, or a test."""

    def say(self, text: str) -> None:
        """Show one paragraph of text to the person."""

    def ask(self, question: str, default: str = "") -> str:
        """Return what was typed in answer, stripped; ``default`` if nothing was."""


def is_at_terminal() -> bool:
    """Return whether a person can be asked: input and output are a terminal."""
    return sys.stdin.isatty() and sys.stdout.isatty()


class TerminalDialogue:
    """A dialogue in the terminal; the end of the input (Ctrl-D) is a ``KeyboardInterrupt``, like Ctrl-C."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def say(self, text: str) -> None:
        """Print one paragraph as it is, without markup."""
        self._console.print(text, markup=False, highlight=False)

    def ask(self, question: str, default: str = "") -> str:
        """Return one typed line, stripped; ``default`` if it is empty."""
        try:
            typed = Prompt.ask(question, console=self._console, default=default, show_default=bool(default))
        except EOFError as exc:
            raise KeyboardInterrupt from exc
        return (typed or "").strip()


def ask_yes_no(dialogue: Dialogue, question: str, default: bool = True) -> bool:
    """Ask until the answer is yes or no; return whether it is yes."""
    while True:
        yes, no = user_text("say.ask.yes"), user_text("say.ask.no")
        answer = dialogue.ask(f"{question} ({yes[0]}/{no[0]})", (yes if default else no)[0]).lower()
        if answer in (yes, yes[0], no, no[0]):
            return answer[0] == yes[0]
        dialogue.say(user_text("say.ask.neither", answer=answer, yes=yes[0], no=no[0]))


def ask_choice(dialogue: Dialogue, question: str, options: Sequence[str], default: str) -> str:
    """Ask until the answer is one of ``options``, and return it; a unique beginning is enough."""
    while True:
        answer = dialogue.ask(f"{question} ({', '.join(options)})", default).lower()
        fitting = [o for o in options if o.lower() == answer] or [
            o for o in options if answer and o.lower().startswith(answer)
        ]
        if len(fitting) == 1:
            return fitting[0]
        dialogue.say(user_text("say.ask.none_of", answer=answer, options=", ".join(options)))


def ask_numbers(dialogue: Dialogue, question: str, count: int) -> list[int] | None:
    """Ask for numbers from 1 to ``count`` and return them as indices from 0; None to look again."""
    while True:
        answer = dialogue.ask(question).lower()
        if answer == user_text("say.ask.again"):
            return None
        words = answer.replace(",", " ").split()
        if all(w.isdecimal() and 1 <= int(w) <= count for w in words):
            return list(dict.fromkeys(int(w) - 1 for w in words))
        dialogue.say(user_text("say.ask.numbers", count=count))


def ask_number(
    dialogue: Dialogue, question: str, least: float, most: float, *, optional: bool = False
) -> float | None:
    """Ask until the answer is a number in these limits, and return it; None for Enter, if that may be."""
    while True:
        answer = dialogue.ask(question).replace(",", ".")
        if optional and not answer:
            return None
        try:
            number = float(answer)
        except ValueError:
            number = math.nan
        if least <= number <= most:
            return number
        dialogue.say(user_text("say.ask.number", answer=answer, least=f"{least:g}", most=f"{most:g}"))


def ask_one_of(dialogue: Dialogue, question: str, options: Mapping[str, str], *, default: str = "") -> str:
    """Ask for one of ``options``, whose texts stand behind their numbers, and return its key.

    Enter is ``default``; where that is empty, it is not taken for an answer.
    """
    keys = list(options)
    preset = str(keys.index(default) + 1) if default in keys else ""
    dialogue.say(question)
    _say_options(dialogue, options)
    while True:
        answer = dialogue.ask(user_text("say.ask.which_number"), preset)
        if answer.isdecimal() and 1 <= int(answer) <= len(keys):
            return keys[int(answer) - 1]
        dialogue.say(user_text("say.ask.one_number", answer=answer, count=len(keys)))


def ask_which(dialogue: Dialogue, question: str, options: Mapping[str, str]) -> list[str]:
    """Ask which of ``options`` are so, by their numbers, and return their keys; none for Enter."""
    keys = list(options)
    _say_options(dialogue, options)
    while True:
        answer = dialogue.ask(question)
        words = answer.replace(",", " ").split()
        if all(w.isdecimal() and 1 <= int(w) <= len(keys) for w in words):
            return list(dict.fromkeys(keys[int(w) - 1] for w in words))
        dialogue.say(user_text("say.ask.some_numbers", answer=answer, count=len(keys)))


def _say_options(dialogue: Dialogue, options: Mapping[str, str]) -> None:
    for number, text in enumerate(options.values(), start=1):
        dialogue.say(f"{number:3}  {text}")


def ask_day(dialogue: Dialogue, question: str) -> datetime.date | None:
    """Ask until the answer is a day like 2026-11-24, and return it; None for Enter."""
    while True:
        answer = dialogue.ask(question)
        if not answer:
            return None
        try:
            return datetime.date.fromisoformat(answer)
        except ValueError:
            dialogue.say(user_text("say.ask.day", answer=answer))
