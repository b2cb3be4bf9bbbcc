"""The blocks of a tape: a second of packets of one sensor and channel each, written and read.

A block that is damaged, or cannot be found any more in a damaged file, costs itself: those before and after
it are read.  Packets are numbered through a session, so how many are lost is known.
"""

from __future__ import annotations

import contextlib
import sqlite3
import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from monitor.core.packet import RUNNER, Packet
from monitor.core.session_settings import SessionSettings
from monitor.recordings.tape_reading import LONGEST_TAPE_S, SQLITE_ERRORS

_FRAME = struct.Struct("<QqII")
_LAST_NS = round(LONGEST_TAPE_S * 1e9)
_MOST_SOUGHT = 500_000  # blocks between two that are found: two days of three sensors
_COLUMNS = "part, sensor, channel, crc, frames"
_TYPES = (int, str, str, int, bytes)
Numbered = tuple[int, Packet]


@dataclass(frozen=True, slots=True)
class TapeBlock:
    """``TapeBlock`` is one block: ``part`` counts the seconds as written, ``rows`` are its packets."""

    part: int
    rows: Sequence[Numbered]


def pack_frames(rows: Sequence[Numbered]) -> tuple[int, bytes]:
    """Return the checksum and the bytes of a block of these packets."""
    frames = b"".join(
        _FRAME.pack(number, p.arrival_ns, p.link, len(p.payload)) + p.payload for number, p in rows
    )
    return zlib.crc32(frames), frames


class BlockReader:
    """``BlockReader`` reads the blocks of a tape with these settings, in the order of writing.

    ``sound``: SQLite finds nothing wrong with the file.  After a pass ``found`` packets were read,
    ``after_last`` is the number that would follow the last of them, ``left_out`` says whether blocks were.
    """

    def __init__(self, db: sqlite3.Connection, settings: SessionSettings, *, sound: bool) -> None:
        self._db, self._sound = db, sound
        self._sensors = {RUNNER, *(s.name for s in settings.sensors)}
        self.found, self.after_last, self.left_out = 0, 0, not sound

    def blocks(self) -> Iterator[TapeBlock]:
        """Yield every block that can be read."""
        self.found, self.after_last, self.left_out = 0, 0, not self._sound
        for row in self._rows():
            block = self._block(row)
            if block is None:
                self.left_out = True
                continue
            self.found += len(block.rows)
            self.after_last = max(self.after_last, *(number + 1 for number, _ in block.rows), 0)
            yield block

    def _rows(self) -> Iterator[tuple[Any, ...]]:
        if self._sound:
            with contextlib.suppress(*SQLITE_ERRORS):
                yield from self._db.execute(f"SELECT {_COLUMNS} FROM block ORDER BY id")
                return
            self.left_out = True  # of a file that was changed since it was opened
            return
        for number in self._places():
            with contextlib.suppress(*SQLITE_ERRORS):
                yield from self._db.execute(f"SELECT {_COLUMNS} FROM block WHERE id = ?", (number,))

    def _places(self) -> Sequence[int]:
        """The ids from the first to the damage, from the damage to the last, and all between."""
        forth, back = self._ids("ASC"), self._ids("DESC")
        if not forth or not back or forth[-1] >= back[-1]:
            return forth or back[::-1]
        between = range(forth[-1] + 1, min(back[-1], forth[-1] + _MOST_SOUGHT))
        return [*forth, *between, *back[::-1]]

    def _ids(self, order: str) -> list[int]:
        out: list[int] = []
        with contextlib.suppress(*SQLITE_ERRORS):
            for (number,) in self._db.execute(f"SELECT id FROM block ORDER BY id {order}"):
                out.append(number)
        return out

    def _block(self, row: tuple[Any, ...]) -> TapeBlock | None:
        """The block of a row; None if it is damaged."""
        if not all(type(value) is kind for value, kind in zip(row, _TYPES, strict=True)):
            return None
        part, sensor, channel, crc, frames = row
        rows = unpack_frames(sensor, channel, crc, frames) if sensor in self._sensors else None
        return None if rows is None else TapeBlock(part, rows)


def unpack_frames(sensor: str, channel: str, crc: int, frames: bytes) -> list[Numbered] | None:
    """Return the packets of a block, None if it is damaged."""
    if zlib.crc32(frames) != crc:
        return None
    rows: list[Numbered] = []
    at = 0
    while at < len(frames):
        if at + _FRAME.size > len(frames):
            return None
        number, arrival_ns, link, length = _FRAME.unpack_from(frames, at)
        at += _FRAME.size + length
        if at > len(frames) or not 0 <= arrival_ns <= _LAST_NS:
            return None
        rows.append((number, Packet(sensor, arrival_ns, channel, frames[at - length : at], link)))
    return rows
