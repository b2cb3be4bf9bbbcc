"""What is said of a run in the log: its start, its packets, its end.

Packets are numbered through a session, as on its tape.  A message holds some with growing numbers, so
whoever reads the log knows which are missing, and which came before.  A header says of which edition of
the run a message is, where that is not 0: where packets came late the whole run is sent once more, with
the next one.  Binary, little-endian: ``gp1``, u32
CRC-32 of all that follows, u8 number of channels; each channel's sensor and name as u16 length and UTF-8;
then the packets: ``u64 number, i64 arrival in ns, u32 link, u8 channel, u32 length, payload``.
"""

from __future__ import annotations

import itertools
import json
import struct
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from monitor.core import json_codec
from monitor.core.errors import DecodeError
from monitor.core.packet import Packet
from monitor.core.records import SessionStarted
from monitor.core.session_settings import SessionSettings
from monitor.pipeline.plan_privacy import settings_for_others
from monitor.recordings.tape_blocks import Numbered

_T = TypeVar("_T")
_MARK = b"gp1"
_CHECK = struct.Struct("<I")
_FRAME = struct.Struct("<QqIBI")
_LARGEST = 500_000  # bytes of packets in a message; a server takes 1 MB unless it was told otherwise
_TEXT = struct.Struct("<H")
_MOST_CHANNELS = 255
_EDITION_HEADER = "Gaitcue-Edition"


@dataclass(frozen=True, slots=True)
class RunStart:
    """``RunStart`` is the first message of a run: whose it is, and the settings it is evaluated with."""

    started: SessionStarted
    settings: SessionSettings
    program: str


@dataclass(frozen=True, slots=True)
class RunEnd:
    """``RunEnd`` is the last message of a run: the packets on its tape, those that are not, and why."""

    packets: int
    reason: str
    lost: dict[str, int] = field(default_factory=dict)


def edition_headers(edition: int) -> dict[str, str]:
    """Return the headers of a message of this edition of a run."""
    return {_EDITION_HEADER: str(edition)} if edition else {}


def edition_of(headers: Mapping[str, str] | None) -> int:
    """Return the edition of a run that stands in a message's headers; ``DecodeError`` if it is none."""
    text = (headers or {}).get(_EDITION_HEADER, "0")
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise DecodeError("no edition of a run")
    return int(text)


def pack_start(start: RunStart) -> bytes:
    """Return the bytes of a start, without what the runner's plan allowed on that day."""
    private = RunStart(start.started, settings_for_others(start.settings), start.program)
    return json.dumps(json_codec.to_json(private)).encode()


def unpack_start(data: bytes) -> RunStart:
    """Return the start in these bytes; ``DecodeError`` if there is none."""
    return _from_json(RunStart, data)


def pack_end(end: RunEnd) -> bytes:
    """Return the bytes of an end."""
    return json.dumps(json_codec.to_json(end)).encode()


def unpack_end(data: bytes) -> RunEnd:
    """Return the end in these bytes; ``DecodeError`` if there is none."""
    return _from_json(RunEnd, data)


def pack_packets(rows: Sequence[Numbered]) -> Iterator[tuple[int, bytes]]:
    """Yield messages with these packets in the order of their numbers, none too large.

    Each is the number of its first packet, and its bytes.
    """
    piece: list[Numbered] = []
    size, channels = 0, set[tuple[str, str]]()
    for row in sorted(rows, key=lambda row: row[0]):
        packet = row[1]
        channels.add((packet.sensor, packet.channel))
        if piece and (size + len(packet.payload) > _LARGEST or len(channels) > _MOST_CHANNELS):
            yield piece[0][0], _pack_message(piece)
            piece, size, channels = [], 0, {(packet.sensor, packet.channel)}
        piece.append(row)
        size += _FRAME.size + len(packet.payload)
    if piece:
        yield piece[0][0], _pack_message(piece)


def _pack_message(rows: Sequence[Numbered]) -> bytes:
    channels: dict[tuple[str, str], int] = {}
    for _, p in rows:
        channels.setdefault((p.sensor, p.channel), len(channels))
    head = [bytes((len(channels),))]
    for texts in channels:
        for text in texts:
            encoded = text.encode()
            head.append(_TEXT.pack(len(encoded)) + encoded)
    frames = [
        _FRAME.pack(number, p.arrival_ns, p.link, channels[p.sensor, p.channel], len(p.payload)) + p.payload
        for number, p in rows
    ]
    body = b"".join([*head, *frames])
    return _MARK + _CHECK.pack(zlib.crc32(body)) + body


def unpack_packets(data: bytes) -> list[Numbered]:
    """Return the packets of a message with their numbers, which grow; ``DecodeError`` if it is damaged."""
    start = len(_MARK) + _CHECK.size
    if data[: len(_MARK)] != _MARK or len(data) <= start:
        raise DecodeError("no packets of a run")
    (check,) = _CHECK.unpack_from(data, len(_MARK))
    if check != zlib.crc32(memoryview(data)[start:]):
        raise DecodeError("damaged packets of a run")
    try:
        rows = _rows(data, start)
    except (struct.error, IndexError, UnicodeDecodeError) as exc:
        raise DecodeError("packets of a run, not as they are written") from exc
    if not rows or any(a[0] >= b[0] for a, b in itertools.pairwise(rows)):
        raise DecodeError("packets of a run, out of order")
    return rows


def _rows(data: bytes, at: int) -> list[Numbered]:
    count, at = data[at], at + 1
    texts: list[str] = []
    for _ in range(2 * count):
        at, end = at + _TEXT.size, at + _TEXT.size + _TEXT.unpack_from(data, at)[0]
        texts.append(_piece(data, at, end).decode())
        at = end
    channels = list(zip(texts[::2], texts[1::2], strict=True))
    rows: list[Numbered] = []
    while at < len(data):
        number, arrival_ns, link, index, length = _FRAME.unpack_from(data, at)
        at += _FRAME.size
        sensor, channel = channels[index]
        rows.append((number, Packet(sensor, arrival_ns, channel, _piece(data, at, at + length), link)))
        at += length
    return rows


def _piece(data: bytes, start: int, end: int) -> bytes:
    if end > len(data):
        raise IndexError("cut off")
    return data[start:end]


def _from_json(kind: type[_T], data: bytes) -> _T:
    try:
        return json_codec.from_json(kind, json_codec.parse_json(data))
    except ValueError as exc:
        raise DecodeError(f"no {kind.__name__} of a run") from exc
