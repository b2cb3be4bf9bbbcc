"""TOML as text: on which line a key stands, and settings written out again."""

from __future__ import annotations

import dataclasses
import json
import re
from collections import Counter
from enum import Enum
from pathlib import Path
from typing import Any

from monitor.core.secret import secret_fields

TomlKey = tuple[str | int, ...]
"""Where a value lives: ``("sensor", 1, "placement")`` is in the second ``[[sensor]]``."""

_HEADER = re.compile(r"^\s*(\[\[?)\s*([^\[\]]+?)\s*\]\]?\s*(#.*)?$")
_ASSIGNMENT = re.compile(r"^\s*([A-Za-z0-9_\-.\"']+?)\s*=")


def key_lines(text: str) -> dict[TomlKey, int]:
    """Return the line number (from 1) of every table and key.

    ``tomllib`` does not tell; this reads headers and ``key =`` line by line, which is right for
    anything but keys hidden inside multi-line strings and inline tables.
    """
    found: dict[TomlKey, int] = {}
    counts: Counter[TomlKey] = Counter()
    table: TomlKey = ()
    for number, line in enumerate(text.splitlines(), start=1):
        if header := _HEADER.match(line):
            table = _numbered_path(_split_key(header[2]), counts)
            if header[1] == "[[":
                counts[table] += 1
                table = (*table, counts[table] - 1)
            found.setdefault(table, number)
        elif assignment := _ASSIGNMENT.match(line):
            found.setdefault((*table, *_split_key(assignment[1])), number)
    return found


def _numbered_path(table: TomlKey, counts: Counter[TomlKey]) -> TomlKey:
    """The same with the number of the last entry after every array of tables that it lies in."""
    found: TomlKey = ()
    for n, part in enumerate(table, start=1):
        found = (*found, part)
        if n < len(table) and counts[found]:
            found = (*found, counts[found] - 1)
    return found


def _split_key(dotted: str) -> TomlKey:
    return tuple(part.strip().strip("\"'") for part in dotted.split("."))


def to_toml(settings: Any) -> str:
    """Return settings (nested dataclasses) as TOML; what is not set is a comment, secrets are ``***``."""
    plain, tables = [], []
    for field in dataclasses.fields(settings):
        value = getattr(settings, field.name)
        if dataclasses.is_dataclass(value):
            tables.append(_table_text(f"[{field.name}]", value))
        elif isinstance(value, tuple) and value and dataclasses.is_dataclass(value[0]):
            tables += [_table_text(f"[[{field.name}]]", row) for row in value]
        elif isinstance(value, tuple):
            plain.append(f"# no [[{field.name}]]")
        else:
            plain.append(_setting_line(field.name, value))
    return "\n\n".join(["\n".join(plain), *tables]) + "\n"


def _table_text(header: str, settings: Any) -> str:
    secrets, rows = secret_fields(type(settings)), []
    for field in dataclasses.fields(settings):
        value = getattr(settings, field.name)
        if field.name not in secrets:
            rows.append(_setting_line(field.name, value))
        elif value is None:
            rows.append(f"# {field.name}_file is not set")
        else:
            rows.append(f"# {field.name}_file = ***")
    return "\n".join([header, *rows])


def _setting_line(name: str, value: object) -> str:
    if value is None:
        return f"# {name} is not set"
    return f"{name} = {toml_literal(value)}"


def toml_literal(value: object) -> str:
    """Return one value as TOML writes it."""
    match value:
        case Enum():
            return toml_literal(value.value)
        case bool():
            return "true" if value else "false"
        case dict():
            return "{" + ", ".join(f"{toml_literal(k)} = {toml_literal(v)}" for k, v in value.items()) + "}"
        case tuple() | list():
            return "[" + ", ".join(map(toml_literal, value)) + "]"
        case str() | Path():
            return json.dumps(str(value), ensure_ascii=False)
        case _ if dataclasses.is_dataclass(value):
            shown = {f.name: getattr(value, f.name) for f in dataclasses.fields(value)}
            return toml_literal({k: v for k, v in shown.items() if v is not None})
        case _:
            return str(value)
