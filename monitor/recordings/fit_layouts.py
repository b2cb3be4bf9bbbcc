"""The fields of FIT messages: how a file lays them out, and what their bytes mean by Garmin's profile.

Names, scales and words come from the profile in fitdecode (21.171).  Import this module where a file is
read, not at the top of a module: the profile costs 60 ms at start-up.  A field that cannot be what its
definition says costs that field.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from fitdecode.profile import MESSAGE_TYPES

_USED: Mapping[int, Any] = {
    number: kind
    for number, kind in MESSAGE_TYPES.items()
    if kind.name
    in {
        *("file_id", "activity", "session", "sport", "lap", "event", "record"),
        *("developer_data_id", "field_description", "timestamp_correlation"),
    }
}
"""What the program asks for, by the number of the message."""
_TIMESTAMP = 253
_KINDS: Mapping[int, tuple[str, float | bytes]] = {
    0: ("B", 0xFF),
    1: ("b", 0x7F),
    2: ("B", 0xFF),
    3: ("h", 0x7FFF),
    4: ("H", 0xFFFF),
    5: ("i", 0x7FFFFFFF),
    6: ("I", 0xFFFFFFFF),
    8: ("f", float("nan")),
    9: ("d", float("nan")),
    10: ("B", 0),
    11: ("H", 0),
    12: ("I", 0),
    14: ("q", 2**63 - 1),
    15: ("Q", 2**64 - 1),
    16: ("Q", 0),
}
"""Types of numbers by the low five bits of their number, which is all that some files have: their code in
``struct``, and what stands for "not known"."""
_TEXT, _BYTES = 7, 13


class DeveloperValue(NamedTuple):
    """A ``DeveloperValue`` is what an app wrote: named as the file describes it, ``source`` is the number
    that the file gives the app (its developer data index)."""

    source: int
    name: str
    unit: str
    value: Any


Convert = Callable[[Any], Any]


class _Field(NamedTuple):
    """A field to be read from a message: where it lies, its code for ``struct`` and what to make of it."""

    at: int
    code: str
    name: str
    convert: Convert


class MessageLayout:
    """``MessageLayout`` is the layout of a kind of message, as the file defines it.

    ``name`` is empty where nobody here needs such messages; ``size`` is that of one in bytes.
    """

    def __init__(
        self,
        number: int,
        order: str,
        fields: Sequence[tuple[int, int, int]],
        apps: Sequence[tuple[int, int, int]],
    ) -> None:
        kind = _USED.get(number)
        self.name: str = kind.name if kind else ""
        self.size = sum(f[1] for f in fields) + sum(f[1] for f in apps)
        known = kind.fields if kind else {}
        self._order, self._apps = order, apps
        self._apps_at = self.size - sum(f[1] for f in apps)
        self._app_fields: list[tuple[_AppField, struct.Struct, int, Convert]] = []
        self._apps_known = -1
        self._distance = _Accumulator()
        chosen: list[_Field] = []
        self._parts: list[_Field] = []
        at = 0
        for num, size, base in fields:
            about = known.get(num)
            if about is None and num == _TIMESTAMP:
                about = _TIME
            if about is not None and size:
                self._add(chosen, about, at, size, base)
            at += size
        self._fields = chosen
        self._struct = struct.Struct(order + _padded(chosen, self._apps_at))

    def _add(self, chosen: list[_Field], about: Any, at: int, size: int, base: int) -> None:
        code, count, unknown = _code(size, base)
        if about.name == "compressed_speed_distance":
            self._parts.append(_Field(at, f"{size}s", about.name, bytes))
            return
        if code:
            chosen.append(_Field(at, code, about.name, _converter(about, count, unknown, self._order)))

    def values(
        self, data: bytes, at: int, apps: DescribedFields
    ) -> tuple[dict[str, Any], tuple[DeveloperValue, ...]]:
        """Return what the message at this place says, by name, and what apps say in it."""
        values: dict[str, Any] = {}
        for (_, _, name, convert), raw in zip(
            self._fields, self._struct.unpack_from(data, at), strict=True
        ):
            if (value := convert(raw)) is None:
                continue
            if name not in values or not isinstance(value, tuple):
                values[name] = value
        for part in self._parts:
            self._add_compressed(values, data[at + part.at :])
        for old, new in _ENHANCED:
            if old in values and isinstance(values.get(new, ()), tuple):
                values[new] = values[old]
        return values, self._developer_values(data, at + self._apps_at, apps) if self._apps else ()

    def _add_compressed(self, values: dict[str, Any], raw: bytes) -> None:
        """Add speed and distance that share three bytes: 12 bits each, the distance counting on."""
        if len(raw) >= 3 and raw[:3] != b"\xff\xff\xff":
            both = int.from_bytes(raw[:3], "little")
            values.setdefault("speed", (both & 0xFFF) / 100)
            values.setdefault("distance", self._distance.push(both >> 12) / 16)

    def _developer_values(self, data: bytes, at: int, apps: DescribedFields) -> tuple[DeveloperValue, ...]:
        if self._apps_known != apps.version:
            self._app_fields, self._apps_known = self._read_apps(apps), apps.version
        out = []
        for about, form, offset, convert in self._app_fields:
            raw = form.unpack_from(data, at + offset)[0]
            if (value := convert(raw)) is not None:
                out.append(DeveloperValue(about.source, about.name, about.unit, value))
        return tuple(out)

    def _read_apps(self, apps: DescribedFields) -> list[tuple[_AppField, struct.Struct, int, Convert]]:
        out, at = [], 0
        for num, size, source in self._apps:
            about = apps.fields.get((source, num))
            if about is not None and size:
                code, count, unknown = _code(size, about.base)
                if code:
                    form = struct.Struct(self._order + code)
                    out.append((about, form, at, _converter(None, count, unknown, self._order)))
            at += size
        return out


class _AppField(NamedTuple):
    """A developer field as the file describes it."""

    source: int
    name: str
    unit: str
    base: int


class DescribedFields:
    """``DescribedFields`` is what the file has said so far of the fields of apps that write into it.

    ``version`` grows when that changes.
    """

    def __init__(self) -> None:
        self.fields: dict[tuple[int, int], _AppField] = {}
        self.version = 0
        self._sources: set[Any] = set()

    def add(self, source: Any) -> None:
        """Note the number of an app; only fields of apps that were noted are used."""
        self._sources.add(source)

    def describe(self, about: Mapping[str, Any]) -> None:
        """Note a field of an app; one whose app is unknown or whose type is not told cannot be used."""
        source: Any = about.get("developer_data_index")
        number, base = about.get("field_definition_number"), about.get("fit_base_type_id")
        known = isinstance(source, int) and source in self._sources
        if known and isinstance(number, int) and isinstance(base, int):
            name, unit = (str(about.get(key) or "") for key in ("field_name", "units"))
            self.fields[int(source), number] = _AppField(int(source), name, unit, base)
            self.version += 1


class _Accumulator:
    """Counts on a number of which a message has only the low 12 bits."""

    def __init__(self) -> None:
        self._total: int | None = None

    def push(self, low: int) -> int:
        """Return the number that these low 12 bits continue: the next one at or after the last."""
        self._total = low if self._total is None else self._total + ((low - self._total) & 0xFFF)
        return self._total


class _Time(NamedTuple):
    """The time stamp, which messages have that the profile does not list it for."""

    name: str = "timestamp"
    type: Any = None
    scale: float | None = None
    offset: float | None = None


_TIME = _Time()
_ENHANCED = (("speed", "enhanced_speed"), ("altitude", "enhanced_altitude"))
"""Old fields of 16 bits, and what takes their value where it is missing or (a Garmin FR55) a pair."""
_WORDLESS = frozenset({"date_time", "local_date_time", "fit_base_type", "bool"})
"""Types whose words are no help: times, and types that are looked up by number here."""


def _code(size: int, base: int) -> tuple[str, int, Any]:
    """Return the code for ``struct``, how many numbers (0: a text) and what is not known, if any."""
    if base & 0x1F == _TEXT:
        return f"{size}s", 0, None
    kind = ("B", 0xFF) if base & 0x1F == _BYTES else _KINDS.get(base & 0x1F)
    if kind is None:
        return "", 0, None
    count, rest = divmod(size, struct.calcsize("=" + kind[0]))
    if rest or not count:
        return "", 0, None
    return (kind[0] if count == 1 else f"{size}s", count, kind)


def _padded(fields: list[_Field], size: int) -> str:
    out, at = [], 0
    for f in fields:
        out += [f"{f.at - at}x", f.code]
        at = f.at + struct.calcsize("=" + f.code)
    return "".join([*out, f"{size - at}x"])


def _converter(about: Any, count: int, kind: Any, order: str) -> Convert:
    """Return what makes a value of the raw one: None where it is not known."""
    if count == 0:
        return _text
    words = {} if about is None or about.type is None else getattr(about.type, "enum", None) or {}
    if words and about.type.name in _WORDLESS:
        words = {}
    scale, offset = (getattr(about, "scale", None) or 1), (getattr(about, "offset", None) or 0)
    code, unknown = kind

    def plain(raw: Any) -> Any:
        return None if raw == unknown or raw != raw else raw

    def scaled(raw: Any) -> Any:
        return None if raw == unknown or raw != raw else raw / scale - offset

    def worded(raw: Any) -> Any:
        return None if raw == unknown else words.get(raw, raw)

    value = worded if words else plain if scale == 1 and offset == 0 else scaled
    if count == 1:
        return value
    form = struct.Struct(f"{order}{count}{code}")

    def values(raw: bytes) -> Any:
        several = tuple(value(one) for one in form.unpack(raw))
        return None if all(one is None for one in several) else several

    return values


def _text(raw: bytes) -> str | None:
    return raw.split(b"\0", 1)[0].decode("utf-8", "replace") or None
