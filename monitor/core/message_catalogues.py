"""What a runner reads, by key, in every language: ``catalogues/en.json`` and ``catalogues/de.json``.

A message has places for values: ``{name}``, or ``{name:.1f}`` for a number with that many decimals.  It is
a text, or two by the value ``n`` (``one`` for 1, ``other`` for the rest), or a list of wordings that take
turns.  ``static/shared/messages.js`` reads the same files by the same rules.

What is stored keeps its English text for good; ``catalogues/recorded.json`` says by which message such a
text is shown: the first that fits.  Its places take any text, which is looked up in turn.  A text that is
not listed is shown as it is.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any, Literal, get_args

from dsp.metrics import METRICS

Language = Literal["en", "de"]
"""The languages there are; each has its file."""

_CATALOGUES = files("monitor.core") / "catalogues"
_PLACE = re.compile(r"\{(\w+)(?::\.(\d)f)?\}")
_DECIMAL = re.compile(r"-?\d+\.\d+")


@dataclass(frozen=True, slots=True)
class UserMessage:
    """A message that waits for its language; a value may be a message itself."""

    key: str
    values: MessageValues = field(default_factory=dict)


MessageValues = Mapping[str, UserMessage | str | float]
"""The values of a message, by the names of their places."""


class Catalogue:
    """A catalogue holds the messages of one language, and makes texts of them."""

    def __init__(self, messages: Mapping[str, Any], recorded: Mapping[str, str]) -> None:
        self._messages = messages
        self._exact = recorded
        self._patterns = {
            _pattern_of_recorded_text(text): key for text, key in recorded.items() if "{" in text
        }

    @property
    def keys(self) -> set[str]:
        """The keys of all messages in it, among them those of the metrics."""
        return set(self._messages)

    def text(self, key: str, **values: UserMessage | str | float) -> str:
        """Return a message with its values; ``KeyError`` if it, or a value that it names, is missing."""
        message = self._messages[key]
        if isinstance(message, dict):
            message = message["one" if values["n"] == 1 else "other"]
        return _PLACE.sub(lambda place: self._value_text(values[place[1]], place[2]), message)

    def render(self, message: UserMessage) -> str:
        """Return a message as a text in this language."""
        return self.text(message.key, **message.values)

    def translate_recorded(self, text: str) -> str:
        """Return a text of a record in this language, or as it is where it is not known."""
        if text in self._exact:
            return self.text(self._exact[text])
        for pattern, key in self._patterns.items():
            if match := pattern.fullmatch(text):
                parts = {name: self._recorded_part(name, part) for name, part in match.groupdict().items()}
                return self.text(key, **parts)
        return text

    def _recorded_part(self, name: str, text: str) -> str:
        if name == "names":
            return self.text("and").join(text.split(" and "))
        return self.localized(text) if _DECIMAL.fullmatch(text) else self.translate_recorded(text)

    def localized(self, number: str) -> str:
        """Return a number, written with a point, with the decimal mark of this language."""
        return number.replace(".", self._messages["number.decimal"])

    def _value_text(self, value: UserMessage | str | float, decimals: str | None) -> str:
        if isinstance(value, UserMessage):
            return self.render(value)
        return str(value) if decimals is None else self.localized(f"{value:.{decimals}f}")


@cache
def catalogue(language: Language) -> Catalogue:
    """Return the messages of a language.

    The files are read once, so the first call does not belong on an event loop.
    """
    return Catalogue(_messages(language), _read("recorded"))


@cache
def catalogues_json() -> str:
    """Return all messages as a page gets them: JSON that cannot end the script it stands in."""
    languages = {language: _messages(language) for language in get_args(Language)}
    text = json.dumps({"languages": languages, "recorded": _read("recorded")}, ensure_ascii=False)
    return text.replace("<", "\\u003c")


def _messages(language: Language) -> dict[str, Any]:
    """The catalogue of a language; English of the metrics is that of ``dsp.metrics``."""
    return _metric_messages() | _read(language) if language == "en" else _read(language)


def _metric_messages() -> dict[str, str]:
    return {
        f"metric.{m.name}.{part}": text
        for m in METRICS
        for part, text in (
            ("label", m.label),
            ("unit", m.display_or_unit.unit),
            ("definition", m.definition),
            ("source", m.source),
        )
    }


def _read(name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((_CATALOGUES / f"{name}.json").read_text(encoding="utf-8"))
    return content


def _pattern_of_recorded_text(text: str) -> re.Pattern[str]:
    """A recorded text whose places take anything."""
    fixed = re.split(r"\{(\w+)\}", text)
    parts = (re.escape(part) if i % 2 == 0 else f"(?P<{part}>.+?)" for i, part in enumerate(fixed))
    return re.compile("".join(parts))
