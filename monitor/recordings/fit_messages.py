"""The messages of a FIT file, as far as they can be read: little and big endian, compressed time stamps,
chained files, developer fields, files that were never closed.

The bytes are decoded here, by the protocol that Garmin publishes; names, scales and words of the fields
come from the profile in fitdecode (21.171).  Import this module where a file is read, not at the top of a
module: the profile costs 60 ms at start-up.  Messages that nobody here needs are passed over, so that an
oddity in them costs nothing; a field that cannot be what its definition says costs that field.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from fitdecode.profile import MESSAGE_TYPES

from monitor.core.errors import InputError

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
_TIMESTAMP, _DESCRIPTION = 253, 206
_MAGIC = b".FIT"
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


@dataclass(frozen=True, slots=True)
class FitMessage:
    """``FitMessage`` is one message: its values by field name, scaled to the units of the profile.

    Times are whole seconds since FIT's epoch; ``time`` is the last one in the file up to this message.
    What the file marks as not known is left out.
    """

    values: Mapping[str, Any]
    developer: tuple[DeveloperValue, ...] = ()
    time: int = 0


@dataclass(slots=True)
class FitMessages:
    """``FitMessages`` holds the messages of one file by name, in their order, and what is wrong with it.

    ``damage`` is empty, or says in a few words where reading went wrong first.
    """

    damage: str = ""
    _by_name: dict[str, list[FitMessage]] = field(default_factory=dict)

    def named(self, name: str) -> list[FitMessage]:
        """Return the messages of this name, which are none if the file has none."""
        return self._by_name.get(name, [])

    def first(self, name: str) -> Mapping[str, Any]:
        """Return the values of the first message of this name, empty if there is none."""
        return next((m.values for m in self.named(name)), {})

    def add(self, name: str, message: FitMessage) -> None:
        """Keep a message as the last of its name."""
        self._by_name.setdefault(name, []).append(message)

    def mark_damaged(self, damage: str) -> None:
        """Keep the damage if it is the first one."""
        self.damage = self.damage or damage


def read_messages(data: bytes) -> list[FitMessages]:
    """Return the messages of each FIT file in ``data``, one or more, up to what cannot be read.

    Files may be chained; one that is there a second time, byte for byte, is left out.  Raises
    ``InputError`` without a file name if this is no FIT file at all.
    """
    if not _header_size(data, 0):
        raise InputError("error.not_fit")
    out: list[FitMessages] = []
    seen: set[bytes] = set()
    at = 0
    while at < len(data):
        if not _header_size(data, at):
            out[-1].mark_damaged("what follows its end is not FIT")
            break
        reader = _FileReader(data, at)
        reader.read()
        if (whole := data[at : reader.at]) not in seen:
            out.append(reader.messages)
        seen.add(whole)
        at = reader.at
    return out


def _header_size(data: bytes, at: int) -> int:
    """Return the size of the header that starts there, 0 if none does."""
    size = data[at] if at < len(data) else 0
    return size if size >= 12 and data[at + 8 : at + 12] == _MAGIC else 0


class _FileReader:
    """Reads one file of those in ``data``; ``at`` is where it stands."""

    def __init__(self, data: bytes, start: int) -> None:
        self._data, self._start = data, start
        self.at = start + _header_size(data, start)
        length = int.from_bytes(data[start + 4 : start + 8], "little")
        self._open = length == 0  # the watch never came to closing it
        self._end = len(data) if self._open else self.at + length
        self.messages = FitMessages()
        self._layouts: dict[int, _Layout] = {}
        self._apps = _Apps()
        self._time = 0  # the last whole time stamp

    def read(self) -> None:
        """Read the messages and the checksum behind them."""
        while self.at < self._end and self.at < len(self._data):
            if self._open and self._closes_here():
                return
            if not self._read_record():
                return
        if not self._open:
            self._check_sum()

    def _closes_here(self) -> bool:
        """Return whether a file without length ends here: a checksum, and nothing or a file behind it."""
        left = len(self._data) - self.at
        if left == 2 or _header_size(self._data, self.at + 2):
            self.at += 2
            return True
        return bool(_header_size(self._data, self.at)) and self.at > self._start + 14

    def _read_record(self) -> bool:
        head = self._data[self.at]
        if head & 0xC0 == 0x40:
            return self._read_definition(head & 0x0F, apps=bool(head & 0x20))
        layout = self._layouts.get((head >> 5) & 3 if head & 0x80 else head & 0x0F)
        if layout is None:
            return self._stop("it cannot be decoded to its end")
        start, self.at = self.at + 1, self.at + 1 + layout.size
        if self.at > min(self._end, len(self._data)):
            return self._overrun()
        values, developer = layout.values(self._data, start, self._apps)
        time = values.get("timestamp")
        if head & 0x80 and not isinstance(time, int):
            values["timestamp"] = time = self._time + ((head - self._time) & 0x1F)
        if isinstance(time, int):
            self._time = time
        if layout.name:
            self._keep(layout.name, FitMessage(values, developer, self._time))
        return True

    def _keep(self, name: str, message: FitMessage) -> None:
        self.messages.add(name, message)
        if name == "field_description":
            self._apps.describe(message.values)
        elif name == "developer_data_id":
            self._apps.add(message.values.get("developer_data_index"))
        elif name == "file_id" and isinstance(made := message.values.get("time_created"), int):
            self._time = self._time or made  # compressed time stamps count on from something

    def _read_definition(self, local: int, *, apps: bool) -> bool:
        data, at = self._data, self.at + 1
        count = data[at + 4] if at + 4 < len(data) else 0
        fields_end = end = at + 5 + 3 * count
        if apps:
            end += 1 + 3 * (data[fields_end] if fields_end < len(data) else 0)
        if end > min(self._end, len(data)):
            return self._overrun()
        order = ">" if data[at + 1] == 1 else "<"
        (number,) = struct.unpack_from(order + "H", data, at + 2)
        own, added = data[at + 5 : fields_end], data[fields_end + 1 : end]
        self._layouts[local] = _Layout(number, order, _triples(own), _triples(added))
        self.at = end
        return True

    def _stop(self, damage: str) -> bool:
        """Leave the file; return False.  A file behind it can still be read."""
        self.messages.mark_damaged(damage)
        behind = self._end + 2
        self.at = behind if _header_size(self._data, behind) else len(self._data)
        return False

    def _overrun(self) -> bool:
        return self._stop(
            "it ends early" if self._end >= len(self._data) else "it cannot be decoded to its end"
        )

    def _check_sum(self) -> None:
        end = self.at + 2
        if end > len(self._data):
            self._stop("it ends early")
            return
        stated = int.from_bytes(self._data[self.at : end], "little")
        if stated and stated != _checksum(self._data[self._start : self.at]):
            self.messages.mark_damaged("its checksum is wrong")
        self.at = end


def _triples(data: bytes) -> list[tuple[int, int, int]]:
    return [(data[k], data[k + 1], data[k + 2]) for k in range(0, len(data) - 2, 3)]


Convert = Callable[[Any], Any]


class _Field(NamedTuple):
    """A field to be read from a message: where it lies, its code for ``struct`` and what to make of it."""

    at: int
    code: str
    name: str
    convert: Convert


class _Layout:
    """The layout of a kind of message, as the file defines it."""

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
        self, data: bytes, at: int, apps: _Apps
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

    def _developer_values(self, data: bytes, at: int, apps: _Apps) -> tuple[DeveloperValue, ...]:
        if self._apps_known != apps.version:
            self._app_fields, self._apps_known = self._read_apps(apps), apps.version
        out = []
        for about, form, offset, convert in self._app_fields:
            raw = form.unpack_from(data, at + offset)[0]
            if (value := convert(raw)) is not None:
                out.append(DeveloperValue(about.source, about.name, about.unit, value))
        return tuple(out)

    def _read_apps(self, apps: _Apps) -> list[tuple[_AppField, struct.Struct, int, Convert]]:
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


class _Apps:
    """What the file has said so far of the apps that write into it; ``version`` grows when that changes."""

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


def _checksum(data: bytes) -> int:
    """Return FIT's checksum: CRC-16 with the polynomial 0xA001."""
    crc = 0
    table = _CRC_TABLE
    for byte in data:
        crc = crc >> 8 ^ table[(crc ^ byte) & 0xFF]
    return crc


def _crc_table() -> Iterator[int]:
    for byte in range(256):
        for _ in range(8):
            byte = byte >> 1 ^ (0xA001 if byte & 1 else 0)
        yield byte


_CRC_TABLE = tuple(_crc_table())
