"""What a user reads, by key, in every language.

``catalogues/en.json`` and ``de.json`` hold what is shown of a run, on a page or in the terminal;
``commands_en.json`` and ``commands_de.json`` what only commands say: help, errors, dialogues;
``plan_en.json`` and ``plan_de.json`` what the plan of coming back says.  Pages get the first alone.

A message has places for values: ``{name}``, or ``{name:.1f}`` for a number with that many decimals.  It is
a text, or two by the value ``n`` (``one`` for 1, ``other`` for the rest), or a list of wordings that take
turns.  ``static/shared/messages.js`` reads the same files by the same rules.

What is stored keeps its English text for good; ``catalogues/recorded.json`` says by which message such a
text is shown: the first that fits.  Its places take any text, which is looked up in turn.  A text that is
not listed is shown as it is.  Reasons that come in English from below (limits of ``dsp`` and of settings,
the operating system, typer) are shown by ``catalogues/english_de.json``, which has the German itself;
``english_en.json`` has plainer English for what is stiff.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal, get_args

from monitor.core.safe_text import printable_text

Language = Literal["en", "de"]
"""The languages there are; each has its file."""

_CATALOGUES = Path(__file__).with_name("catalogues")
_PLACE = re.compile(r"\{(\w+)(?::(?:\.(\d)f|(g)))?\}")
_LONGEST_VALUE = 1000  # characters of a text in a place; what is longer is nobody's name
_DECIMAL = re.compile(r"[+-]?\d+\.\d+")
_PLACES_OF_NUMBERS = dict.fromkeys(("here", "there"), _DECIMAL.pattern)
"""A name may have spaces."""


@dataclass(frozen=True, slots=True)
class UserMessage:
    """A message that waits for its language; a value may be a message itself."""

    key: str
    values: MessageValues = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class EnglishText:
    """A text that comes in English from below, as a value of a message; shown in the language of it."""

    text: str


MessageValue = UserMessage | EnglishText | str | float
"""The value of a place in a message."""
MessageValues = Mapping[str, MessageValue]
"""The values of a message, by the names of their places."""


class Catalogue:
    """A catalogue holds the messages of one language, and makes texts of them."""

    def __init__(
        self, messages: Mapping[str, Any], recorded: Mapping[str, str], english: Mapping[str, str]
    ) -> None:
        self._messages = messages
        self._recorded = _Patterns(recorded)
        self._english = _Patterns(english)

    @property
    def keys(self) -> set[str]:
        """The keys of all messages in it, among them those of the metrics."""
        return set(self._messages)

    def text(self, key: str, /, **values: MessageValue) -> str:
        """Return a message with its values; ``KeyError`` if it, or a value that it names, is missing."""
        message = self._messages[key]
        if isinstance(message, dict):
            message = message["one" if values["n"] == 1 else "other"]
        return _PLACE.sub(lambda place: self._value_text(values[place[1]], place[2] or place[3]), message)

    def render(self, message: UserMessage) -> str:
        """Return a message as a text in this language."""
        return self.text(message.key, **message.values)

    def translate_recorded(self, text: str) -> str:
        """Return a text of a record in this language, or as it is where it is not known."""
        key, parts = self._recorded.find(text)
        if key is None:
            return self.translate_english(text)
        return self.text(key, **{name: self._recorded_part(name, part) for name, part in parts.items()})

    def translate_english(self, text: str) -> str:
        """Return a text that came in English from below in this language, or as it is.

        The name of a setting may stand before it.
        """
        name, _, rest = text.partition(" ")
        for before, said in (("", text), (f"{name} ", rest)):
            template, parts = self._english.find(said)
            if template is not None:
                return before + self._filled_template(template, parts)
        return text

    def _filled_template(self, template: str, parts: Mapping[str, str]) -> str:
        return _PLACE.sub(lambda place: self._english_part(place[1], parts[place[1]]), template)

    def _english_part(self, name: str, text: str) -> str:
        if name != "choices":
            return self.translate_english(text)
        *others, last = text.replace("'", "").split(", ")
        return self.text("command.or").join([", ".join(others), last] if others else [last])

    def _recorded_part(self, name: str, text: str) -> str:
        if name == "words":  # a person's own
            return text
        if name == "names":
            return self.text("and").join(text.split(" and "))
        return self.localized(text) if _DECIMAL.fullmatch(text) else self.translate_recorded(text)

    def localized(self, number: str) -> str:
        """Return a number, written with a point, with the minus sign and decimal mark of this language."""
        return re.sub("^-", "−", number).replace(".", self._messages["number.decimal"])

    def _value_text(self, value: MessageValue, decimals: str | None) -> str:
        if isinstance(value, UserMessage):
            return self.render(value)
        if isinstance(value, EnglishText):
            return self.translate_recorded(printable_text(value.text, _LONGEST_VALUE))
        if isinstance(value, str):  # also what others wrote: names of files, answers of servers
            return printable_text(value, _LONGEST_VALUE)
        if decimals == "g":  # one decimal where there is one
            return self.localized(f"{round(float(value), 1):g}")
        return str(value) if decimals is None else self.localized(f"{value:.{decimals}f}")


class _Patterns:
    """English texts, some with places that take anything, each with what belongs to it."""

    def __init__(self, entries: Mapping[str, str]) -> None:
        self._exact = entries
        self._patterns = {_pattern(text): found for text, found in entries.items() if "{" in text}

    def find(self, text: str) -> tuple[str | None, dict[str, str]]:
        """Return what belongs to the first that fits, and what stands in its places; None if none fits."""
        if text in self._exact:
            return self._exact[text], {}
        for pattern, found in self._patterns.items():
            if match := pattern.fullmatch(text):
                return found, match.groupdict()
        return None, {}


@cache
def catalogue(language: Language) -> Catalogue:
    """Return the messages of a language.

    The files are read once, so the first call does not belong on an event loop.
    """
    messages = _messages(language) | commands_messages(language) | _read(f"plan_{language}")
    english = _read(f"english_{language}")
    for key, label in _metric_messages().items():
        if key.endswith(".label"):
            english[label] = messages[key]
    return Catalogue(messages, _read("recorded"), english)


@cache
def commands_messages(language: Language) -> dict[str, Any]:
    """Return what only commands say, which is all that ``--help`` needs; the file is read once."""
    return _read(f"commands_{language}")


@cache
def catalogues_json() -> str:
    """Return all messages as a page gets them: JSON that cannot end the script it stands in."""
    languages = {language: _messages(language) for language in get_args(Language)}
    return _script_json({"languages": languages, "recorded": _read("recorded")})


@cache
def catalogue_json(language: Language) -> str:
    """Return the messages of one language as a page gets them that speaks no other and shows no record."""
    return _script_json({"languages": {language: _messages(language)}, "recorded": {}})


def _script_json(messages: Mapping[str, Any]) -> str:
    return json.dumps(messages, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")


def _messages(language: Language) -> dict[str, Any]:
    """The catalogue of a language; English of the metrics is that of ``dsp.metrics``."""
    return _metric_messages() | _read(language) if language == "en" else _read(language)


def _metric_messages() -> dict[str, str]:
    from dsp.metrics import METRICS  # --help needs none of them

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


def _pattern(text: str) -> re.Pattern[str]:
    """A text whose places take anything; those of numbers behind a name only a number."""
    fixed = re.split(r"\{(\w+)\}", text)
    parts = (
        re.escape(part) if i % 2 == 0 else f"(?P<{part}>{_PLACES_OF_NUMBERS.get(part, '.+?')})"
        for i, part in enumerate(fixed)
    )
    return re.compile("".join(parts))
