"""FIT files byte by byte, for what no encoder writes."""

from __future__ import annotations

import datetime
import struct
from collections.abc import Sequence

from garmin_fit_sdk import CrcCalculator

NOON = datetime.datetime(2026, 11, 24, 12, 0, tzinfo=datetime.UTC)
NOON_S = int(NOON.timestamp()) - 631_065_600
"""Noon in seconds since FIT's epoch."""

TIME, SPEED, CADENCE, HEART = (253, 4, 0x86), (6, 2, 0x84), (4, 1, 0x02), (3, 1, 0x02)
"""Fields of a record as (number, size, base type).  Numbers 4 and 3 are cadence and heart rate."""


def crc(data: bytes) -> int:
    return int(CrcCalculator.calculate_crc(bytearray(data), 0, len(data)))


def fit_file(body: bytes, header_size: int = 14) -> bytes:
    """A whole file: header, body, checksum."""
    header = struct.pack("<BBHI4s", header_size, 0x20, 21158, len(body), b".FIT")
    if header_size == 14:
        header += struct.pack("<H", crc(header))
    return header + body + struct.pack("<H", crc(header + body))


def definition(
    local: int,
    number: int,
    fields: Sequence[tuple[int, int, int]],
    developer: Sequence[tuple[int, int, int]] = (),
    *,
    big: bool = False,
) -> bytes:
    """A definition message; developer fields as (number, size, developer data index)."""
    head = 0x40 | (0x20 if developer else 0) | local
    order = ">" if big else "<"
    out = struct.pack(order + "BBBHB", head, 0, int(big), number, len(fields))
    out += b"".join(bytes(f) for f in fields)
    if developer:
        out += bytes([len(developer)]) + b"".join(bytes(f) for f in developer)
    return out


def file_id(kind: int = 4, maker: int = 294, *, big: bool = False) -> bytes:
    """Definition and message: an activity of a Coros, unless told otherwise."""
    fields = ((0, 1, 0x00), (1, 2, 0x84), (4, 4, 0x86))
    order = ">" if big else "<"
    return definition(0, 0, fields, big=big) + b"\0" + struct.pack(order + "BHI", kind, maker, NOON_S)


def records(
    seconds: int = 60,
    start_s: int = NOON_S,
    *,
    extra: tuple[int, int, int] | None = None,
    developer: Sequence[tuple[int, int, int]] = (),
    tail: bytes = b"",
    big: bool = False,
) -> bytes:
    """Definition and one record a second: 3 m/s, 85 strides/min, 150 beats/min.

    ``extra`` is one more native field; ``tail`` are the bytes of it and of the developer fields.
    """
    fields = (TIME, SPEED, CADENCE, HEART, *([extra] if extra else []))
    out = definition(1, 20, fields, developer, big=big)
    order = ">" if big else "<"
    for t in range(seconds):
        out += b"\1" + struct.pack(order + "IHBB", start_s + t, 3000, 85, 150) + tail
    return out


def compressed_records(seconds: int, start_s: int = NOON_S) -> bytes:
    """The same, the first record with a whole time stamp, the others with the five bits of their header."""
    out = records(1, start_s) + definition(2, 20, (SPEED, CADENCE, HEART))
    for t in range(1, seconds):
        out += bytes([0x80 | 2 << 5 | (start_s + t) & 31]) + struct.pack("<HBB", 3000, 85, 150)
    return out


def developer_id(index: int = 0) -> bytes:
    """Definition and message that make a developer data index known."""
    return definition(3, 207, ((3, 1, 0x02),)) + bytes([3, index])


def description(name: str, base_type: int | None, number: int = 0, index: int = 0) -> bytes:
    """Definition and message that describe a developer field in watts."""
    text, unit = name.encode() + b"\0", b"Watts\0"
    fields = [(0, 1, 0x02), (1, 1, 0x02), (3, len(text), 0x07), (8, len(unit), 0x07)]
    values = bytes([index, number]) + text + unit
    if base_type is not None:
        fields.append((2, 1, 0x02))
        values += bytes([base_type])
    return definition(4, 206, fields) + b"\4" + values
