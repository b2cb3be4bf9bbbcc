"""Garmin's messages inside a Bluetooth stream: COBS frames, CRC, and as much protobuf as is needed.

Facts from mskerwiderski/GarminHRM600 and openrd-ble-running-dynamics (both MIT).  A message is
``u16 length, u16 type, body, u16 CRC-16 of all before it``; between zero bytes, coded by COBS so that
it holds none.  Compact types have bit 15 set, a sequence number in bits 8 to 14 and a kind in the
low byte; their body begins with a u16 counter that an answer repeats.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from monitor.core.errors import DecodeError

_COMPACT = 0x8000
REQUEST, RESPONSE, TRANSPORT, SESSION = 0x39, 0x3A, 0x2B, 0x32  # kinds of compact messages
_LONGEST = 2048  # bytes of one message

_HEAD = struct.Struct("<HH")
_U16 = struct.Struct("<H")


@dataclass(frozen=True, slots=True)
class GarminMessage:
    """A message of a strap or a watch whose CRC is right."""

    type: int
    body: bytes

    @property
    def kind(self) -> int | None:
        """The kind of a compact message, None for any other."""
        return self.type & 0xFF if self.type & _COMPACT else None

    @property
    def counter(self) -> int:
        """The counter that begins the body, 0 where the body is too short."""
        return int(_U16.unpack_from(self.body)[0]) if len(self.body) >= 2 else 0

    @property
    def protobuf(self) -> bytes:
        """The payload; a transport says three lengths before it."""
        return self.body[14:] if self.kind in (TRANSPORT, None) else self.body[2:]


class FrameReader:
    """A reader that turns a stream of bytes into messages; what is none is passed over and counted."""

    def __init__(self) -> None:
        self.bad = 0
        self._kept = b""

    def push(self, data: bytes) -> list[GarminMessage]:
        """Return the messages that these bytes complete; what is no message is counted in ``bad``."""
        *whole, self._kept = (self._kept + data).split(b"\0")
        self._kept = self._kept[-_LONGEST:]
        found = []
        for frame in filter(None, whole):
            message = _parse_message(_uncobs(frame))
            self.bad += message is None
            found += [message] if message is not None else []
        return found


def message_bytes(kind: int, body: bytes) -> bytes:
    """Return the bytes of a message of this type."""
    head = _HEAD.pack(_HEAD.size + len(body) + 2, kind) + body
    return head + _U16.pack(crc16(head))


def compact_message(kind: int, sequence: int, counter: int, protobuf: bytes) -> bytes:
    """Return the bytes of a compact message; ``sequence`` is 1 to 127."""
    return message_bytes(_COMPACT | sequence << 8 | kind, _U16.pack(counter) + protobuf)


def cobs_frame(data: bytes) -> bytes:
    """Return ``data`` coded by COBS (consistent overhead byte stuffing), between two zeros."""
    out = bytearray(1)
    for group in data.split(b"\0"):
        while len(group) >= 254:
            out += b"\xff" + group[:254]
            group = group[254:]
        out += bytes((len(group) + 1,)) + group
    return bytes(out) + b"\0"


def _uncobs(frame: bytes) -> bytes:
    out, at = bytearray(), 0
    while at < len(frame):
        code = frame[at]
        out += frame[at + 1 : at + code]
        at += code
        if code < 0xFF and at < len(frame):
            out.append(0)
    return bytes(out)


def _parse_message(data: bytes) -> GarminMessage | None:
    if len(data) < _HEAD.size + 2:
        return None
    length, kind = _HEAD.unpack_from(data)
    right = _U16.unpack_from(data, len(data) - 2)[0] == crc16(data[:-2])
    return GarminMessage(kind, data[_HEAD.size : -2]) if right and length == len(data) else None


def crc16(data: bytes) -> int:
    """Return the CRC-16 as in FIT files (reflected polynomial 0xA001)."""
    crc = 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0xA001 if crc & 1 else 0)
    return crc


# ---------------------------------------------------------------------------- protobuf


def protobuf_fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Yield number and value of each field: a varint as int, a nested message or text as bytes."""
    at = 0
    while at < len(data):
        key, at = _varint(data, at)
        number, wire = key >> 3, key & 7
        if wire == 0:
            value, at = _varint(data, at)
            yield number, value
            continue
        if wire == 2:
            size, at = _varint(data, at)
        else:
            size = {1: 8, 5: 4}.get(wire, -1)
        if size < 0 or at + size > len(data):
            raise DecodeError("Garmin message with a field that is cut off")
        if wire == 2:
            yield number, data[at : at + size]
        at += size


def nested_messages(data: bytes, *numbers: int) -> Iterator[bytes]:
    """Yield the nested messages at a path of field numbers."""
    if not numbers:
        yield data
        return
    for number, value in protobuf_fields(data):
        if number == numbers[0] and isinstance(value, bytes):
            yield from nested_messages(value, *numbers[1:])


def integer_fields(data: bytes) -> dict[int, int]:
    """Return the varint fields by number; of several the last."""
    return {number: value for number, value in protobuf_fields(data) if isinstance(value, int)}


def zigzag_decode(value: int) -> int:
    """Return the signed number that a varint stands for."""
    return value >> 1 ^ -(value & 1)


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        if at >= len(data):
            break
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at += 1
        if byte < 0x80:
            return value, at
    raise DecodeError("Garmin message with a number that does not end")
