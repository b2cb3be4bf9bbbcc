"""Questions and answers at the terminal, so that who asks can be tested without one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from rich.console import Console
from rich.prompt import Prompt


class Dialogue(Protocol):
    """``say`` tells, ``ask`` gives what was typed, stripped (``default`` if nothing was)."""

    def say(self, text: str) -> None: ...

    def ask(self, question: str, default: str = "") -> str: ...


class AtTerminal:
    """With rich.  The end of the input (Ctrl-D) is a ``KeyboardInterrupt``, like Ctrl-C."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def say(self, text: str) -> None:
        """One paragraph."""
        self._console.print(text, markup=False, highlight=False)

    def ask(self, question: str, default: str = "") -> str:
        """One line."""
        try:
            typed = Prompt.ask(question, console=self._console, default=default, show_default=bool(default))
        except EOFError as exc:
            raise KeyboardInterrupt from exc
        return (typed or "").strip()


def yes(dialogue: Dialogue, question: str, default: bool = True) -> bool:
    """Ask until it is y or n."""
    while True:
        said = dialogue.ask(f"{question} (y/n)", "y" if default else "n").lower()
        if said in ("y", "yes", "n", "no"):
            return said[0] == "y"
        dialogue.say(f'"{said}" is neither y nor n.')


def choose_number(dialogue: Dialogue, question: str, options: Sequence[str], default: str) -> str:
    """Ask until it is one of them; a beginning that fits only one is enough."""
    while True:
        said = dialogue.ask(f"{question} ({', '.join(options)})", default).lower()
        fitting = [o for o in options if o.lower() == said] or [
            o for o in options if said and o.lower().startswith(said)
        ]
        if len(fitting) == 1:
            return fitting[0]
        dialogue.say(f'"{said}" is none of these: {", ".join(options)}.')


def pick(dialogue: Dialogue, question: str, count: int) -> list[int] | None:
    """Numbers from 1 to ``count``, separated by commas or blanks, as indices; None for "again"."""
    while True:
        said = dialogue.ask(question).lower()
        if said in ("r", "again"):
            return None
        words = said.replace(",", " ").split()
        if all(w.isdecimal() and 1 <= int(w) <= count for w in words):
            return list(dict.fromkeys(int(w) - 1 for w in words))
        dialogue.say(f"Give numbers from 1 to {count}, for example 1, 2; r looks again; Enter for none.")
