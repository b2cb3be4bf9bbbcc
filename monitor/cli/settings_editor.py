"""Settings written into a file that somebody keeps by hand: comments and what we do not know stay."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError

from monitor.core.errors import ConfigError, StoreError

BACKUP_SUFFIX = ".old"


@dataclass(frozen=True, slots=True)
class SettingsEdit:
    """The changes to a settings file: ``values`` at the top, ``tables`` of values, and every sensor.

    None takes a key away, and a ``[[sensor]]`` that is not in ``sensors`` goes.  One that was there under
    the same name keeps what is not mentioned.
    """

    values: Mapping[str, Any]
    tables: Mapping[str, Mapping[str, Any]]
    sensors: Sequence[Mapping[str, Any]]


def with_new_settings(text: str, edit: SettingsEdit, path: Path) -> str:
    """Return the text of the file with the changes; ``ConfigError`` if ``text`` is not TOML."""
    try:
        document = tomlkit.parse(text)
    except TOMLKitError as exc:
        raise ConfigError("error.not_toml", path=path, error=exc) from exc
    before = {str(s.get("name")): s for s in document.get("sensor", [])}
    _set_values(document, edit.values)
    for name, values in edit.tables.items():
        if any(v is not None for v in values.values()) and name not in document:
            document.add(name, tomlkit.table())
        if name in document:
            _set_values(document[name], values)
    document.pop("sensor", None)
    sensors = tomlkit.aot()
    for values in edit.sensors:
        row = before.get(str(values["name"]), tomlkit.table())
        _set_values(row, values)
        sensors.append(row)
    if edit.sensors:
        document.append("sensor", sensors)
    return tomlkit.dumps(document)


def save_settings(path: Path, text: str) -> Path | None:
    """Write the file, all of it or nothing; ``StoreError`` if it cannot be written.

    Returns where the one that was there before is kept, None if there was none.
    """
    backup = path.with_name(path.name + BACKUP_SUFFIX) if path.exists() else None
    new = path.with_name(path.name + ".new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        new.write_text(text, encoding="utf-8")
        if backup is not None:
            path.replace(backup)
        new.replace(path)
    except OSError as exc:
        with contextlib.suppress(OSError):
            new.unlink()
        raise StoreError("error.cannot_be_written", path=path, reason=exc) from exc
    return backup


def _set_values(table: Any, values: Mapping[str, Any]) -> None:
    for key, value in values.items():
        if value is None:
            table.pop(key, None)
        elif table.get(key) != value:
            table[key] = value
