"""What stands in a runner's log in the words of a reader: the kind of an entry and what it says."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Mapping
from typing import Any

from monitor.core.message_catalogues import Catalogue, UserMessage
from monitor.training.entries import (
    AfterEntry,
    AnyEntry,
    Entry,
    ForeignEntry,
    SessionShoeEntry,
    entry_to_json,
)

COMMON_FIELDS = frozenset(field.name for field in dataclasses.fields(Entry))
"""The fields that every entry has."""
_ALWAYS = {
    "during",
    "now",
    "pain",
    "taking_part",
    "volume",
    "performance",
    "as_before",
    "runs_10_min",
    "on",
}
"""Fields that say something at their default, too."""
_CHOICES = {"side", "place", "swelling", "tender", "tissue", "item"}
_YES_NO = {"as_before", "runs_10_min"}


def entry_kind_text(entry: AnyEntry, messages: Catalogue) -> str:
    """Return the name of an entry's kind; one of a newer program by the name that it has there."""
    if isinstance(entry, ForeignEntry):
        return str(entry.raw.get("kind", ""))
    return messages.text(f"entry.kind.{entry_to_json(entry)['kind']}")


def entry_text(entry: AnyEntry, messages: Catalogue, days: Mapping[str, datetime.date]) -> str:
    """Return what an entry says, in one line; ``days`` are those of the runs, by session."""
    if isinstance(entry, ForeignEntry):
        return messages.text("entry.foreign")
    parts = [_run_text(entry, messages, days)]
    for field in own_fields(entry):
        value = getattr(entry, field.name)
        if field.name != "session" and _says_something(field, value):
            parts.append(_field_text(field.name, value, messages))
    if isinstance(entry, SessionShoeEntry) and not entry.shoe:
        parts.append(messages.text("entry.value.no_shoe"))
    return ", ".join(part for part in parts if part)


def own_fields(entry: Entry | type[Entry]) -> tuple[dataclasses.Field[Any], ...]:
    """Return the fields of an entry's kind that not every entry has."""
    return tuple(field for field in dataclasses.fields(entry) if field.name not in COMMON_FIELDS)


def _says_something(field: dataclasses.Field[Any], value: object) -> bool:
    if value is None or value in ("", ()):
        return False
    return field.name in _ALWAYS or value != field.default


def _run_text(entry: Entry, messages: Catalogue, days: Mapping[str, datetime.date]) -> str:
    """Which run an entry is about, empty where it is about none or its day says so."""
    if not isinstance(entry, AfterEntry | SessionShoeEntry):
        return ""
    day = days.get(entry.session)
    if day == entry.day:
        return ""
    return messages.text("entry.of_run", day=entry.session if day is None else day.isoformat())


def _field_text(name: str, value: object, messages: Catalogue) -> str:
    label = messages.text(f"entry.label.{name}")
    match value:
        case _ if name == "flag":
            key = f"plan.flag.{value}"
            return messages.text(key) if key in messages.keys else str(value)
        case _ if name == "exercise":
            key = f"plan.exercise.{value}"
            return messages.text(key) if key in messages.keys else str(value)
        case bool() if name in _YES_NO:
            return f"{label}: {messages.text('entry.value.yes' if value else 'entry.value.no')}"
        case bool() if name == "on":
            return messages.text("entry.value.on" if value else "entry.value.off")
        case bool():
            return label
        case str() if name in _CHOICES:
            return f"{label}: {messages.text(f'entry.value.{value}')}"
        case int() | float():
            return f"{label} {messages.localized(f'{value:g}')}"
        case datetime.datetime():
            return f"{label} {value:%H:%M}"
        case tuple():
            return f"{label} {', '.join(map(str, value))}"
        case _:
            return f"{label} {messages.render(UserMessage('entry.value.text', {'text': str(value)}))}"
