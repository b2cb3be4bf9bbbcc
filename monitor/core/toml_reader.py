"""Frozen dataclasses out of TOML, with every mistake at once and its place.

A field's type says what is accepted: ``bool``, ``int``, ``float``, ``str``, ``Path``, a ``StrEnum``,
``Literal``, ``X | None``, ``tuple[X, ...]``, ``dict[str, ...]``, a nested dataclass (a table), a tuple of
dataclasses (an array of tables) or a ``Secret``.  Limits are the dataclass's own ``__post_init__``
(``ValueError``).  A secret never stands in the file: ``name_file = "path"`` names the file that holds
it, or the environment variable ``GAITCUE_TABLE_NAME`` gives it.

Why the types are walked here and not by pydantic's ``TypeAdapter``: tables stay ours for secrets, lines
and blame, so it would take over single values only.  Tried, that saved 4 lines of 47, turned one mistake
in a union into three, and made the first file take 30 ms after 70 ms of import instead of 5 ms.
"""

from __future__ import annotations

import dataclasses
import difflib
import math
import tomllib
import types
import typing
from collections.abc import Callable, Collection, Iterable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, TypeVar

from monitor.core import toml_text
from monitor.core.errors import ConfigError, reason_text
from monitor.core.message_catalogues import EnglishText, MessageValue, UserMessage
from monitor.core.secret import Secret, secret_fields
from monitor.core.toml_text import TomlKey

_T = TypeVar("_T")

_WRONG: Final = object()
"""Stands for a value whose mistake has been noted."""

_LARGEST_WHOLE = 2**63 - 1
_LONGEST_TEXT = 200_000  # characters: a device's description is a text, too

_KINDS = {
    bool: UserMessage("setting.kind.bool"),
    int: UserMessage("setting.kind.whole"),
    float: UserMessage("setting.kind.number"),
    str: UserMessage("setting.kind.text"),
}

Checks = Mapping[type, Callable[[Any], Iterable[tuple[TomlKey, UserMessage]]]]
"""What is wrong with a dataclass beyond its own limits, by key inside it; told together with the rest.

A table with mistakes is looked at without the values that are wrong.
"""


def read_toml_text(
    settings: type[_T], text: str, environment: Mapping[str, str], path: Path, checks: Checks | None = None
) -> _T:
    """Read ``text``; ``path`` names it in messages, and relative paths start at its folder."""
    try:
        raw = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as exc:
        raise ConfigError("error.not_toml", path=path, error=exc) from exc
    reader = _Reader(path, toml_text.key_lines(text), environment, checks or {})
    made = reader.table(settings, raw, ())
    if reader.mistakes:
        raise ConfigError.listing(message for _, message in sorted(reader.mistakes, key=lambda m: m[0]))
    return typing.cast(_T, made)


def suggestion(word: str, known: Collection[str]) -> UserMessage:
    """Return ``did you mean "..."?`` or the list of what there is, for the end of a message."""
    if close := difflib.get_close_matches(word, known, n=1, cutoff=0.6):
        return UserMessage("setting.meant", {"word": close[0]})
    return UserMessage("setting.known", {"known": ", ".join(known)})


class _Reader:
    """One pass over one file; notes mistakes as (line, message) and goes on."""

    def __init__(
        self, path: Path, lines: Mapping[TomlKey, int], environment: Mapping[str, str], checks: Checks
    ) -> None:
        self.path = path
        self.lines = lines
        self.environment = environment
        self.checks = checks
        self.mistakes: list[tuple[int, UserMessage]] = []

    def note_mistake(self, at: TomlKey, mistake: MessageValue, **values: MessageValue) -> object:
        """Note a mistake (a key of the catalogues if a text), on the line of the key or of its table."""
        keys = [(*at, 0), *(at[:n] for n in range(len(at), -1, -1))]  # of many tables the first
        line = next((self.lines[key] for key in keys if key in self.lines), 0)
        where = f"{self.path}:{line}" if line else str(self.path)
        what = UserMessage(mistake, values) if isinstance(mistake, str) else mistake
        text = UserMessage("setting.mistake", {"where": where, "place": _place_text(at), "mistake": what})
        self.mistakes.append((line, text))
        return _WRONG

    def table(self, cls: type, raw: object, at: TomlKey) -> object:
        """One TOML table to one dataclass."""
        if not isinstance(raw, dict):
            return self.note_mistake(at, "setting.table")
        hints = typing.get_type_hints(cls)
        fields = {f.name: f for f in dataclasses.fields(cls)}
        secrets = secret_fields(cls)
        before = len(self.mistakes)
        self._refuse_unknown(raw, [*(set(fields) - secrets), *(f"{s}_file" for s in secrets)], secrets, at)
        values: dict[str, Any] = {s: v for s in secrets if (v := self._read_secret(s, raw, at)) is not None}
        for name, field in fields.items():
            kind = hints[name]
            if name in raw and name not in secrets:
                values[name] = self.value(kind, raw[name], (*at, name))
            elif dataclasses.is_dataclass(kind):
                values[name] = self.table(typing.cast(type, kind), {}, (*at, name))
            elif name not in values and _is_required(field):
                values[name] = self.note_mistake((*at, name), "setting.missing")
        complete, noted = len(self.mistakes) == before, len(self.mistakes)
        good = {name: value for name, value in values.items() if value is not _WRONG}
        missing = {n: _stand_in(hints[n]) for n, f in fields.items() if _is_required(f) and n not in good}
        if _WRONG in missing.values():
            return _WRONG  # nothing can be judged without it
        unread = {
            s: Secret("of a file that was named as a mistake") for s in secrets if values.get(s) is _WRONG
        }
        made = self._build_dataclass(cls, good | missing | unread, at)
        if cls in self.checks and made is not _WRONG:
            for key, mistake in self.checks[cls](made):
                if not {*key[:1]} & missing.keys():
                    self.note_mistake((*at, *key), mistake)
            return made  # what is around it can be judged with it
        return made if complete and len(self.mistakes) == noted else _WRONG

    def _build_dataclass(self, cls: type, values: Mapping[str, Any], at: TomlKey) -> object:
        """Make ``cls`` without what it refuses; a complaint is laid on the first value that changes it."""
        optional = [f.name for f in dataclasses.fields(cls) if not _is_required(f)]
        complaint = _constructor_complaint(cls, values)
        if not complaint:
            return cls(**values)
        while complaint:
            suspects = ((name, _without_key(values, name)) for name in optional if name in values)
            blamed = next((s for s in suspects if _constructor_complaint(cls, s[1]) != complaint), None)
            if blamed is None:
                word, _, rest = complaint.partition(" ")
                key, text = ((*at, word), rest) if word in values else (at, complaint)
                return self.note_mistake(key, EnglishText(text))
            self.note_mistake((*at, blamed[0]), EnglishText(_without_name(complaint, blamed[0])))
            values = blamed[1]
            complaint = _constructor_complaint(cls, values)
        return cls(**values)

    def _refuse_unknown(
        self, raw: Mapping[str, object], known: Collection[str], secrets: Collection[str], at: TomlKey
    ) -> None:
        for key in raw:
            if key in secrets:
                variable = _environment_variable(at, key)
                self.note_mistake((*at, key), "setting.secret", key=key, variable=variable)
            elif key not in known:
                self.note_mistake((*at, key), "setting.unknown", hint=suggestion(key, sorted(known)))

    def _read_secret(self, name: str, raw: Mapping[str, object], at: TomlKey) -> object:
        """From the environment, else from the file that ``name_file`` names, else None."""
        if given := self.environment.get(_environment_variable(at, name)):
            return Secret(given)
        key = f"{name}_file"
        if key not in raw:
            return None
        path = self.value(Path, raw[key], (*at, key))
        if not isinstance(path, Path):
            return _WRONG
        try:
            return Secret(path.read_text(encoding="utf-8").strip())
        except (OSError, ValueError) as exc:
            if isinstance(exc, FileNotFoundError) and path.absolute().parts[-3:-1] == ("secrets", "influx"):
                return self.note_mistake((*at, key), "setting.stack_first", path=str(path))
            return self.note_mistake(
                (*at, key), "setting.no_secret", path=str(path), reason=EnglishText(reason_text(exc))
            )

    def value(self, kind: Any, raw: object, at: TomlKey) -> object:
        """One TOML value to what the field's type asks for."""
        origin, arguments = typing.get_origin(kind), typing.get_args(kind)
        if origin in (types.UnionType, typing.Union):
            return self._one_of([a for a in arguments if a is not types.NoneType], raw, at)
        if origin is typing.Literal:
            return raw if raw in arguments else self._not_among(arguments, raw, at)
        if origin is tuple:
            if not isinstance(raw, list):
                return self.note_mistake(at, "setting.list")
            items = [self.value(arguments[0], item, (*at, n)) for n, item in enumerate(raw)]
            if arguments[0] in self.checks:
                return tuple(item for item in items if item is not _WRONG)
            return _WRONG if _WRONG in items else tuple(items)
        if origin is dict:
            if not isinstance(raw, dict):
                return self.note_mistake(at, "setting.table")
            entries = {key: self.value(arguments[1], item, (*at, key)) for key, item in raw.items()}
            return _WRONG if _WRONG in entries.values() else entries
        if dataclasses.is_dataclass(kind):
            return self.table(typing.cast(type, kind), raw, at)
        return self._read_scalar(kind, raw, at)

    def _one_of(self, kinds: list[Any], raw: object, at: TomlKey) -> object:
        fitting = [k for k in kinds if k is type(raw) or (k is float and type(raw) is int)]
        return self.value((fitting or kinds)[0], raw, at)

    def _read_scalar(self, kind: type, raw: object, at: TomlKey) -> object:
        if issubclass(kind, StrEnum):
            names = [str(member) for member in kind]
            return kind(raw) if raw in names else self._not_among(names, raw, at)
        if issubclass(kind, Path) and isinstance(raw, str):
            return self.path.absolute().parent / Path(raw).expanduser()
        if kind is float and type(raw) is int:
            return float(raw) if abs(raw) <= _LARGEST_WHOLE else self._not_finite(raw, at)
        if type(raw) is not kind:
            wanted = _KINDS.get(kind, _KINDS[str])
            if isinstance(raw, dict):
                return self.note_mistake(at, "setting.type_table", kind=wanted)
            given = toml_text.toml_literal(raw)
            return self.note_mistake(at, "setting.type", kind=wanted, value=given)
        if isinstance(raw, float) and not math.isfinite(raw):
            return self._not_finite(raw, at)
        if isinstance(raw, int) and abs(raw) > _LARGEST_WHOLE:
            return self._not_finite(raw, at)
        if isinstance(raw, str) and len(raw) > _LONGEST_TEXT:
            return self.note_mistake(at, "setting.long", limit=_LONGEST_TEXT)
        return raw

    def _not_finite(self, raw: float, at: TomlKey) -> object:
        return self.note_mistake(at, "setting.finite", value=f"{raw!s:.30}")

    def _not_among(self, known: Collection[str], raw: object, at: TomlKey) -> object:
        hint = suggestion(str(raw), known)
        return self.note_mistake(at, "setting.impossible", value=toml_text.toml_literal(raw), hint=hint)


def _is_required(field: dataclasses.Field[Any]) -> bool:
    return field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING


def _stand_in(kind: Any) -> object:
    """Something harmless for a required value that was wrong, so that the others can be judged."""
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return list(kind)[-1]  # of placements the one that asks for nothing more
    return "x" if kind is str else _WRONG


def _constructor_complaint(cls: type, values: Mapping[str, Any]) -> str:
    """What ``cls`` has against these values; empty if nothing."""
    try:
        cls(**values)
    except ValueError as exc:
        return str(exc)
    return ""


def _without_name(complaint: str, name: str) -> str:
    """What is said of a setting whose name stands before it; of several settings the whole of it."""
    said = complaint.removeprefix(f"{name} ")
    return complaint if said.startswith("and ") else said


def _without_key(values: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in values.items() if key != name}


def _environment_variable(at: TomlKey, name: str) -> str:
    return "_".join(["GAITCUE", *(str(part).upper() for part in at), name.upper()])


def _place_text(at: TomlKey) -> str:
    """``[[sensor]] 2, placement: `` for the reader; counts start at 1."""
    words: list[str] = []
    for n, part in enumerate(at):
        if isinstance(part, int):
            words[-1:] = (
                [f"[{words[-1]}] {part + 1}"] if words[-1].startswith("[") else [words[-1], str(part + 1)]
            )
        else:
            words.append(part if n == len(at) - 1 else f"[{part}]")
    return ", ".join(words) + ": " if words else ""
