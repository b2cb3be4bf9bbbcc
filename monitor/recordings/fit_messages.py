"""The messages of a FIT file, as far as they can be read: little and big endian, compressed time stamps,
chained files, developer fields, files that were never closed.

The bytes are decoded by the protocol that Garmin publishes; what a message holds is in
``monitor.recordings.fit_layouts``.  Import this module where a file is read, not at the top of a module
(see there).  Messages that nobody here needs are passed over, so that an oddity in them costs nothing.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from monitor.core.errors import InputError
from monitor.recordings.fit_layouts import DescribedFields, DeveloperValue, MessageLayout

_MAGIC = b".FIT"
_TIMED = ("event", "lap", "session", "sport")
"""What has its place among the records by its time."""


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

    def moved(self, right_time: Callable[[int], int]) -> FitMessages:
        """Return the messages with the times of events, laps, sports and sessions put right."""
        return FitMessages(
            self.damage, {**self._by_name, **{n: self._moved(n, right_time) for n in _TIMED}}
        )

    def _moved(self, name: str, right_time: Callable[[int], int]) -> list[FitMessage]:
        out = []
        for m in self.named(name):
            times = {k: m.values[k] for k in ("timestamp", "start_time") if k in m.values}
            right = {k: right_time(t) for k, t in times.items() if isinstance(t, int)}
            out.append(FitMessage({**m.values, **right}, m.developer, right_time(m.time)))
        return out

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
        self._layouts: dict[int, MessageLayout] = {}
        self._apps = DescribedFields()
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
        self._layouts[local] = MessageLayout(number, order, _triples(own), _triples(added))
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
