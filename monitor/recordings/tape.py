"""A tape: raw packets of one session in one SQLite file, its writer and its reader.

Packets are gathered and written about once a second, as one BLOB per second, sensor and channel (WAL,
synchronous=FULL): a kill loses at most what came since the last ``commit``, and ``<tape>-owner`` (see
``monitor.recordings.tape_lock``) tells how much that was.  A second process may read at any time.  A
finished tape is one plain file.

A BLOB is a row of frames, little-endian: ``u64 number of the packet in the session, i64 arrival
in ns, u32 link, u32 length, payload``.
"""

from __future__ import annotations

import json
import logging
import sqlite3
import struct
import threading
import zlib
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from monitor.core import json_codec
from monitor.core.errors import ConfigError, InputError, StoreError
from monitor.core.packet import Packet
from monitor.core.session_settings import SessionSettings
from monitor.recordings.recording import Recording, Wearing
from monitor.recordings.tape_lock import TapeLock
from monitor.recordings.tape_reading import LONGEST_TAPE_S, SQLITE_ERRORS, check_tables, connect_reading

_log = logging.getLogger(__name__)

_FORMAT = 1
MOST_PACKETS_WAITING = 200_000  # packets kept in memory while the disk is full: several minutes


_FRAME = struct.Struct("<QqII")
_SCHEMA = """
CREATE TABLE header (
  format INTEGER, session TEXT, started_utc TEXT, settings TEXT, program TEXT, packets INTEGER
);
CREATE TABLE block (
  id INTEGER PRIMARY KEY, part INTEGER, sensor TEXT, channel TEXT,
  packets INTEGER, first_ns INTEGER, last_ns INTEGER, crc INTEGER, frames BLOB
);
CREATE TABLE gap (first_number INTEGER, packets INTEGER, reason TEXT);
"""
_LAST_NS = round(LONGEST_TAPE_S * 1e9)
_ODD_BLOCKS = f"""SELECT EXISTS (SELECT 1 FROM block WHERE
  typeof(part) <> 'integer' OR typeof(sensor) <> 'text' OR typeof(channel) <> 'text'
  OR typeof(packets) <> 'integer' OR typeof(crc) <> 'integer' OR typeof(frames) <> 'blob'
  OR typeof(first_ns) <> 'integer' OR typeof(last_ns) <> 'integer'
  OR packets < 0 OR first_ns < 0 OR last_ns > {_LAST_NS})"""


@dataclass(frozen=True, slots=True)
class TapeHeader:
    """``TapeHeader`` says which session is on a tape; ``program`` is the version that recorded it."""

    session: str
    started_utc: str
    settings: SessionSettings
    program: str


class Tape:
    """``Tape`` writes a tape: ``append`` is quick and never fails, ``commit`` does the writing.

    ``append`` belongs to one thread; ``commit`` and ``finish`` may run in others.  ``StoreError`` if the
    file exists already or cannot be written.
    """

    def __init__(self, path: Path, header: TapeHeader) -> None:
        self.path = path
        self.committed = 0
        self.lost = 0  # given up while the disk was full
        self._accepted = 0
        self._part = 0
        self._commit_lock = threading.Lock()  # a cancelled commit goes on in its thread
        self._waiting: deque[tuple[int, Packet]] = deque()
        self._gap_from: int | None = None
        if path.exists():
            raise StoreError("error.tape_exists", path=path)
        self._tape_lock = TapeLock(path)
        self._tape_lock.accepted = 0
        try:
            self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=FULL")
            self._db.executescript(f"BEGIN; {_SCHEMA} COMMIT;")
            settings = json.dumps(json_codec.to_json(header.settings))
            row = (_FORMAT, header.session, header.started_utc, settings, header.program)
            self._db.execute("INSERT INTO header VALUES (?, ?, ?, ?, ?, NULL)", row)
        except sqlite3.Error as exc:
            self._tape_lock.release()
            raise StoreError("error.at", where=path, what=exc) from exc

    @property
    def accepted(self) -> int:
        """The number of packets given to ``append`` so far."""
        return self._accepted

    def append(self, packet: Packet) -> None:
        """Take a packet; it is safe from the next ``commit`` on."""
        if len(self._waiting) >= MOST_PACKETS_WAITING:
            number, _ = self._waiting.popleft()
            if self._gap_from is None:
                self._gap_from = number
                waiting = len(self._waiting)
                _log.error("tape: %d packets wait for the disk; from now on the oldest are lost", waiting)
            self.lost += 1
        self._waiting.append((self._accepted, packet))
        self._accepted += 1
        self._tape_lock.accepted = self._accepted

    def commit(self) -> None:
        """Write what waits, in one transaction; after a ``StoreError`` (disk full) it goes on waiting."""
        with self._commit_lock:
            self._commit()

    def _commit(self) -> None:
        rows = [self._waiting.popleft() for _ in range(len(self._waiting))]
        if not rows:
            return
        try:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                self._write(rows)
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise
        except sqlite3.Error as exc:
            self._waiting.extendleft(reversed(rows))
            raise StoreError(
                "error.tape_waiting", path=self.path, error=exc, waiting=len(self._waiting)
            ) from exc
        if self._gap_from is not None:
            lost = rows[0][0] - self._gap_from
            _log.warning("tape: %d packets are missing: no room on the disk", lost, extra={"lost": lost})
        self._gap_from = None
        self.committed += len(rows)

    def finish(self) -> None:
        """Write the rest and make it one plain file (unless somebody is just reading it)."""
        self.commit()
        _seal_tape(self._db, self.path, self.committed)
        self._tape_lock.release()

    def close(self) -> None:
        """Close the file without finishing: whatever waits is lost, the tape is left for recovery."""
        self._db.close()

    def _write(self, rows: list[tuple[int, Packet]]) -> None:
        if self._gap_from is not None:
            gap = (self._gap_from, rows[0][0] - self._gap_from, "no room on the disk")
            self._db.execute("INSERT INTO gap VALUES (?, ?, ?)", gap)
        start = 0
        for end in range(1, len(rows) + 1):
            if end == len(rows) or _arrival_second(rows[end]) != _arrival_second(rows[start]):
                self._write_part(rows[start:end])
                start = end

    def _write_part(self, rows: list[tuple[int, Packet]]) -> None:
        """Write one second (or less) of packets."""
        self._part += 1
        blocks: dict[tuple[str, str], list[tuple[int, Packet]]] = {}
        for row in rows:
            blocks.setdefault((row[1].sensor, row[1].channel), []).append(row)
        for (sensor, channel), members in blocks.items():
            frames = b"".join(
                _FRAME.pack(number, p.arrival_ns, p.link, len(p.payload)) + p.payload
                for number, p in members
            )
            first, last = members[0][1].arrival_ns, members[-1][1].arrival_ns
            self._db.execute(
                "INSERT INTO block VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?)",
                (self._part, sensor, channel, len(members), first, last, zlib.crc32(frames), frames),
            )


class TapeReader:
    """``TapeReader`` reads a tape, finished or still being written.

    ``header`` is its ``TapeHeader``, ``finished`` whether ``Tape.finish`` was reached.  Every method raises
    ``InputError`` if the file is not a tape or is damaged.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        if not path.is_file():
            raise InputError("error.not_plain" if path.exists() else "error.no_file", path=path)
        try:
            self._db = connect_reading(path)
            try:
                self.header, self.finished = self._read_header()
            except BaseException:
                self._db.close()
                raise
        except SQLITE_ERRORS as exc:
            raise InputError("error.no_tape", path=path) from exc

    def close(self) -> None:
        """Close the file; nothing of this reader may be used afterwards."""
        self._db.close()

    def __enter__(self) -> TapeReader:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def packets(self) -> Iterator[Packet]:
        """Yield all packets committed so far, in the order in which they were appended."""
        part: list[tuple[int, Packet]] = []
        number = None
        for row in self._blocks():
            if row[0] != number:
                yield from _in_order(part)
                part, number = [], row[0]
            part += self._frames(*row[1:])
            if len(part) > MOST_PACKETS_WAITING:
                raise InputError("error.tape_values", path=self.path)
        yield from _in_order(part)

    def count(self) -> int:
        """Return the number of packets committed so far."""
        return int(self._single_value("SELECT coalesce(sum(packets), 0) FROM block"))

    def lost(self) -> int:
        """Return the number of packets that could not be written because the disk was full."""
        return int(self._single_value("SELECT coalesce(sum(packets), 0) FROM gap"))

    def duration_s(self) -> float:
        """Return the seconds from the first to the last arrival."""
        sql = "SELECT coalesce(max(last_ns) - min(first_ns), 0) FROM block"
        return max(0.0, float(self._single_value(sql)) * 1e-9)

    def _read_header(self) -> tuple[TapeHeader, bool]:
        check_tables(self._db, self.path, _SCHEMA, _FORMAT)  # before anything is asked of them
        if self._single_value("PRAGMA quick_check(1)") != "ok":
            raise InputError("error.tape_cut", path=self.path)
        row = self._db.execute("SELECT * FROM header").fetchone()
        if row is None:
            raise InputError("error.tape_no_header", path=self.path)
        version, session, started_utc, settings, program, packets = row
        if version != _FORMAT:
            raise InputError("error.tape_format", path=self.path, version=version, format=_FORMAT)
        if self._single_value(_ODD_BLOCKS) or not all(isinstance(x, str) for x in row[1:5]):
            raise InputError("error.tape_values", path=self.path)
        if packets is not None and packets != self.count():
            raise InputError("error.tape_packets", path=self.path, count=self.count(), packets=packets)
        try:
            session_settings = json_codec.from_json(SessionSettings, json_codec.parse_json(settings))
        except ValueError as exc:
            raise InputError("error.tape_settings", path=self.path, program=program, error=exc) from exc
        return TapeHeader(session, started_utc, session_settings, program), packets is not None

    def _blocks(self) -> Iterator[tuple[int, str, str, int, bytes]]:
        sql = "SELECT part, sensor, channel, crc, frames FROM block ORDER BY id"
        try:
            yield from self._db.execute(sql)
        except SQLITE_ERRORS as exc:
            raise InputError("error.tape_damaged", path=self.path, error=exc) from exc

    def _frames(self, sensor: str, channel: str, crc: int, frames: bytes) -> Iterator[tuple[int, Packet]]:
        if zlib.crc32(frames) != crc:
            raise InputError("error.tape_block", path=self.path, sensor=sensor)
        at = 0
        while at < len(frames):
            if at + _FRAME.size > len(frames):
                raise InputError("error.tape_block", path=self.path, sensor=sensor)
            number, arrival_ns, link, length = _FRAME.unpack_from(frames, at)
            at += _FRAME.size + length
            if at > len(frames) or not 0 <= arrival_ns <= _LAST_NS:
                raise InputError("error.tape_block", path=self.path, sensor=sensor)
            yield number, Packet(sensor, arrival_ns, channel, frames[at - length : at], link)

    def _single_value(self, sql: str) -> Any:
        try:
            return self._db.execute(sql).fetchone()[0]
        except SQLITE_ERRORS as exc:
            raise InputError("error.no_tape", path=self.path) from exc


def finish_abandoned(path: Path) -> int:
    """Finish a tape whose writer died and return how many accepted packets are not on it.

    ``StoreError`` if its writer lives or it cannot be written, ``InputError`` if it is damaged.
    """
    lock = TapeLock(path)
    with TapeReader(path) as tape:
        committed, lost = tape.count(), max(0, lock.accepted - tape.count())
    try:
        db = sqlite3.connect(path, isolation_level=None)
    except sqlite3.Error as exc:
        raise StoreError("error.at", where=path, what=exc) from exc
    if lost:
        db.execute("INSERT INTO gap VALUES (?, ?, ?)", (committed, lost, "the program was killed"))
    _seal_tape(db, path, committed)
    lock.release()
    text = "tape: one that a dead program left is finished: %d packets, %d lost"
    _log.info(text, committed, lost, extra={"count": committed, "lost": lost})
    return lost


def replace_settings(path: Path, settings: SessionSettings) -> None:
    """Replace the settings on a finished tape; its packets are not touched.

    ``StoreError`` if it is not finished or cannot be written.
    """
    with TapeReader(path) as tape:
        if not tape.finished:
            raise StoreError("error.tape_busy", path=path)
    try:
        db = sqlite3.connect(path)
        try:
            with db:
                db.execute("UPDATE header SET settings = ?", (json.dumps(json_codec.to_json(settings)),))
        finally:
            db.close()
    except sqlite3.Error as exc:
        raise StoreError("error.at", where=path, what=exc) from exc


def _seal_tape(db: sqlite3.Connection, path: Path, packets: int) -> None:
    try:
        db.execute("UPDATE header SET packets = ?", (packets,))
        try:
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            db.execute("PRAGMA journal_mode=DELETE")
        except sqlite3.OperationalError:
            _log.debug("tape: somebody reads it; the last one to close it removes the -wal file")
        db.close()
    except sqlite3.Error as exc:
        raise StoreError("error.at", where=path, what=exc) from exc


def _arrival_second(row: tuple[int, Packet]) -> int:
    return row[1].arrival_ns // 1_000_000_000


def _in_order(part: list[tuple[int, Packet]]) -> list[Packet]:
    return [packet for _, packet in sorted(part, key=lambda row: row[0])]


def read_tape(path: Path, wearing: Wearing) -> Recording:
    """Return the session of a tape; ``ConfigError`` if ``wearing`` says where the sensors were worn."""
    if wearing.placement or wearing.side:
        raise ConfigError("error.tape_knows", path=path)
    with TapeReader(path) as tape:
        header, duration_s, count = tape.header, tape.duration_s(), tape.count()

    def packets() -> Iterator[Packet]:
        with TapeReader(path) as reopened:
            yield from reopened.packets()

    return Recording(
        path.stem, header.settings, duration_s, count, packets, header.session, header.started_utc
    )
