"""Frozen dataclasses to JSON values and back, by their declared types.

For what this program wrote itself: records in the store, settings on a tape.  (Files that people
write are read by ``monitor.core.toml_reader``, which explains mistakes.)

Why not pydantic's ``TypeAdapter``: it reads a stored event in 4 µs where this takes 15, but its import
and the adapters of all kinds take 180 ms and 14 MB first, as much as 16,000 events, which is six hours
of running.  The older keys and the refusal of unknown ones would have to be told to it at every class,
those of ``dsp`` too.
"""

from __future__ import annotations

import dataclasses
import datetime
import functools
import json
import math
import re
import types
import typing
import zlib
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any, TypeVar

from monitor.core.records import Out

_T = TypeVar("_T")
_CHECKED = re.compile(rb'(\{.*), "crc": "([0-9a-f]{8})"\}\s*', re.DOTALL)


def to_json(value: object) -> Any:
    """Return anything that ``json.dumps`` takes, with the fields of dataclasses by name."""
    kind: Any = type(value)
    if kind in _PLAIN:  # most values: asked first, as this runs for every record of a live session
        return value
    if keys := _stored_keys(kind):
        return {key: to_json(getattr(value, name)) for key, name in keys}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, (tuple, list)):
        return [to_json(item) for item in value]
    if isinstance(value, Mapping):
        return {key: to_json(item) for key, item in value.items()}
    if isinstance(value, (set, frozenset)):
        return sorted(to_json(item) for item in value)
    if isinstance(value, datetime.date):  # a time of day with it, too
        return value.isoformat()
    return value


def parse_json(text: str | bytes) -> Any:
    """Return the value of a JSON text; ``ValueError`` if it is none, or is nested too deep.

    Numbers are finite: ``NaN``, ``Infinity`` and ``1e999`` are refused.
    """
    try:
        return json.loads(text, parse_float=_finite_number, parse_constant=_finite_number)
    except (RecursionError, TypeError) as exc:
        raise ValueError("no JSON, or nested too deep") from exc


def checked_json(value: Mapping[str, Any]) -> str:
    """Return a JSON object as one line with a checksum at its end: one wrong bit makes another number."""
    text = json.dumps(dict(value), ensure_ascii=False, allow_nan=False)[:-1]
    return f'{text}, "crc": "{zlib.crc32(text.encode()):08x}"}}\n'


def parse_checked(text: bytes) -> Any:
    """Return the object of ``checked_json``; ``ValueError`` if it is damaged.

    Earlier versions wrote their files without a checksum: those are read as they are.
    """
    checked = _CHECKED.fullmatch(text)
    if checked is not None and int(checked[2], 16) != zlib.crc32(checked[1]):
        raise ValueError("its checksum is another")
    value = parse_json(text if checked is None else checked[1] + b"}")
    if isinstance(value, dict) and "crc" in value:
        raise ValueError("its checksum is not one")
    return value


def _finite_number(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text[:20]} is no number that can be used")
    return value


def finite_json(value: Any) -> Any:
    """Return a JSON value with None in the place of numbers that are not finite, which JSON has not."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, (list, tuple)):
        return [finite_json(item) for item in value]
    return {k: finite_json(v) for k, v in value.items()} if isinstance(value, Mapping) else value


def from_json(cls: type[_T], raw: Any) -> _T:
    """Return the object that ``to_json`` was given; ``ValueError`` if ``raw`` has other fields."""
    try:
        return typing.cast(_T, _json_reader(typing.cast(Any, cls))(raw))
    except (TypeError, KeyError, AttributeError, OverflowError) as exc:
        raise ValueError(f"not a {cls.__name__}: {exc}") from exc


RECORD_KINDS: Mapping[str, type] = {
    re.sub(r"(?<=[a-z])(?=[A-Z])", "_", cls.__name__).lower(): cls for cls in typing.get_args(Out)
}
"""Every kind of record by its name in text: ``step``, ``activity_change``, ``sensor_status`` ..."""

_NAMES = {cls: name for name, cls in RECORD_KINDS.items()}


def kind_of(record: Out) -> str:
    """Return the name of a record's kind, a key of ``RECORD_KINDS``."""
    return _NAMES[type(record)]


_PLAIN = frozenset((str, int, float, bool, types.NoneType))


@functools.cache
def _stored_keys(kind: type) -> tuple[tuple[str, str], ...]:
    """Stored key and name of every field that the constructor takes; empty if ``kind`` is no dataclass."""
    if not dataclasses.is_dataclass(kind):
        return ()
    return tuple((_stored_key(f), f.name) for f in dataclasses.fields(kind) if f.init)


def _stored_key(field: dataclasses.Field[Any]) -> str:
    """The key of a field in stored JSON: its name, or the older one that its metadata keeps as
    ``stored``.
    """
    return str(field.metadata.get("stored", field.name))


@functools.cache
def _json_reader(kind: Any) -> Callable[[Any], Any]:
    """The function that makes ``kind`` of its JSON value."""
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (types.UnionType, typing.Union):
        return _optional_reader(arguments)
    if origin in (tuple, frozenset):
        item = _json_reader(arguments[0])
        return lambda raw: origin(item(x) for x in raw)
    if origin is Mapping:
        value = _json_reader(arguments[1])
        return lambda raw: {key: value(x) for key, x in raw.items()}
    if dataclasses.is_dataclass(kind):
        hints = typing.get_type_hints(kind)
        readers = {_stored_key(f): (f.name, _json_reader(hints[f.name])) for f in dataclasses.fields(kind)}
        make = typing.cast(Callable[..., Any], kind)

        def read(raw: Any) -> Any:
            given = ((*readers[key], value) for key, value in raw.items())
            return make(**{name: reader(value) for name, reader, value in given})

        return read
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind
    if kind is float:
        return float
    if kind in (datetime.date, datetime.datetime):
        return typing.cast(Callable[[Any], Any], kind.fromisoformat)
    return lambda raw: raw


def _optional_reader(arguments: tuple[Any, ...]) -> Callable[[Any], Any]:
    kinds = [a for a in arguments if a is not types.NoneType]
    if len(kinds) > 1:
        return lambda raw: _one_of(kinds, raw) if isinstance(raw, Mapping) else raw
    inner = _json_reader(kinds[0])
    return lambda raw: None if raw is None else inner(raw)


def _one_of(kinds: list[Any], raw: Mapping[str, Any]) -> Any:
    """The first dataclass among these that has all of these fields; plain values stay as they are."""
    for kind in kinds:
        if raw.keys() <= {key for key, _ in _stored_keys(kind)}:
            return _json_reader(kind)(raw)  # read when it is met: a message may hold messages
    return raw
