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


def message(number: int, fields: Sequence[tuple[int, int, int]], *values: int, local: int = 7) -> bytes:
    """Definition and one message: fields as (number, size, base type), whole numbers for them."""
    codes = {1: "B", 2: "H", 4: "I"}
    form = "<" + "".join(codes[size] for _, size, _ in fields)
    return definition(local, number, fields) + bytes([local]) + struct.pack(form, *values)


def event(t: int, kind: int, event_number: int = 0) -> bytes:
    """An event ``t`` s after noon: of the timer, 0 starts it and 4 stops it."""
    return message(21, (TIME, (0, 1, 0), (1, 1, 0)), NOON_S + t, event_number, kind)


def sport(number: int, sub: int = 0) -> bytes:
    """A ``sport`` message: 1 running, 2 cycling, 5 swimming, 11 walking."""
    return message(12, ((0, 1, 0), (1, 1, 0)), number, sub)


def session(
    t: int,
    elapsed_s: float,
    *,
    timer_s: float | None = None,
    kind: int = 1,
    sub: int = 0,
    metres: float = 0xFFFFFFFF / 100,
    cycles: int = 0xFFFFFFFF,
) -> bytes:
    """A ``session`` that started ``t`` s after noon; ``kind`` as in ``sport``."""
    fields = (
        TIME,
        (2, 4, 0x86),
        (7, 4, 0x86),
        (8, 4, 0x86),
        (9, 4, 0x86),
        (10, 4, 0x86),
        (5, 1, 0),
        (6, 1, 0),
    )
    timer = elapsed_s if timer_s is None else timer_s
    times = (NOON_S + t + round(elapsed_s), NOON_S + t, round(1000 * elapsed_s), round(1000 * timer))
    return message(18, fields, *times, round(100 * metres), cycles, kind, sub)


def lap(t: int, elapsed_s: float, trigger: int = 0) -> bytes:
    """A ``lap`` that started ``t`` s after noon; trigger 0 is manual, 2 distance."""
    fields = (TIME, (2, 4, 0x86), (7, 4, 0x86), (24, 1, 0))
    return message(19, fields, NOON_S + t + round(elapsed_s), NOON_S + t, round(1000 * elapsed_s), trigger)


def activity(t: int, offset_s: int) -> bytes:
    """The ``activity`` message, with local time ``offset_s`` ahead of UTC."""
    return message(34, (TIME, (5, 4, 0x86)), NOON_S + t, (NOON_S + t + offset_s) & 0xFFFFFFFF)


def correlation(t: int, offset_s: int) -> bytes:
    """A ``timestamp_correlation``: local time again, as some watches write it at the start."""
    return message(162, (TIME, (3, 4, 0x86)), NOON_S + t, (NOON_S + t + offset_s) & 0xFFFFFFFF)


_ROW: dict[str, tuple[tuple[int, int, int], str, float]] = {
    "speed": (SPEED, "H", 1000),
    "cadence": (CADENCE, "B", 1),
    "heart": (HEART, "B", 1),
    "distance": ((5, 4, 0x86), "I", 100),
    "altitude": ((2, 2, 0x84), "H", 5),
    "lat": ((0, 4, 0x85), "i", 2**31 / 180),
    "lon": ((1, 4, 0x85), "i", 2**31 / 180),
    "power": ((7, 2, 0x84), "H", 1),
    "stance": ((41, 2, 0x84), "H", 10),
}
"""Values of records by a short name: the field, its code, its scale."""


def row(
    t: float, developer: Sequence[tuple[int, int, int]] = (), tail: bytes = b"", **values: float
) -> bytes:
    """Definition and one record ``t`` s after noon, with values in m/s, strides/min, m, degrees ..."""
    known = [_ROW[name] for name in values]
    out = definition(8, 20, (TIME, *(k[0] for k in known)), developer)
    form = "<I" + "".join(k[1] for k in known)
    numbers = [round((v + (500 if n == "altitude" else 0)) * _ROW[n][2]) for n, v in values.items()]
    return out + b"\x08" + struct.pack(form, NOON_S + round(t), *numbers) + tail
