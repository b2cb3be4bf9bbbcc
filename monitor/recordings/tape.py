"""A tape: raw packets of one session in one SQLite file, its writer and its reader.

Packets are gathered and written about once a second, as one BLOB per second, sensor and channel (WAL,
synchronous=FULL): a kill loses at most what came since the last ``commit``, and ``<tape>-owner`` (see
``monitor.recordings.tape_lock``) tells how much that was.  A second process may read at any time.  A
finished tape is one plain file.

A BLOB is a row of frames, little-endian: ``u64 number of the packet in the session, i64 arrival
in ns, u32 link, u32 length, payload``.
"""

from __future__ import annotations

import contextlib
import json
import logging
import math
import sqlite3
import threading
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from monitor.core import json_codec
from monitor.core.database_copy import copy_database
from monitor.core.errors import ConfigError, InputError, StoreError
from monitor.core.message_catalogues import EnglishText
from monitor.core.packet import Packet
from monitor.core.private_files import create_private_file
from monitor.core.session_settings import SessionSettings
from monitor.core.write_trouble import WriteTrouble, displacement, file_identity, write_trouble
from monitor.recordings.recording import Recording, Wearing
from monitor.recordings.tape_blocks import BlockReader, Numbered, pack_frames
from monitor.recordings.tape_lock import TapeLock, lock_path
from monitor.recordings.tape_reading import SQLITE_ERRORS, check_tables, connect_reading, open_tape

_log = logging.getLogger(__name__)

_FORMAT = 1
MOST_PACKETS_WAITING = 200_000  # packets kept in memory while the disk is full: several minutes
KILLED = "the program was killed"
DAMAGED = "a part of the tape is damaged"
UNKNOWN_LOSS = "the program was killed, and the count of its packets is damaged"
"""Why packets are missing, as it stands on a tape, beside the texts of ``WriteTrouble``."""
_MOST_LOST = 1 << 40  # more packets than any writer accepts: such a count is damaged
_ODD_COUNT = "a count in it cannot be true"


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
_NUMBER_OF_PACKETS = f"""SELECT coalesce(sum(packets), 0) FROM block
  WHERE typeof(packets) = 'integer' AND packets BETWEEN 0 AND {MOST_PACKETS_WAITING}"""


@dataclass(frozen=True, slots=True)
class TapeHeader:
    """``TapeHeader`` says which session is on a tape; ``program`` is the version that recorded it."""

    session: str
    started_utc: str
    settings: SessionSettings
    program: str


@dataclass(frozen=True, slots=True)
class TapeContent:
    """``TapeContent`` says of a tape how many packets can be read, over which time, and how many cannot."""

    packets: int
    duration_s: float
    damaged: int


class Tape:
    """``Tape`` writes a tape: ``append`` is quick and never fails, ``commit`` does the writing.

    ``append`` belongs to one thread; ``commit``, ``finish`` and ``close`` may run in others.
    ``StoreError`` if the file exists already or cannot be written.

    ``lost`` packets were dropped because too many waited; ``trouble`` says why the last ``commit`` failed,
    None if it did not, and ``loss_reason`` why the last one did that failed.  A tape whose file is removed
    is written anew, from what SQLite still has of it, as soon as its folder is there again.
    """

    def __init__(self, path: Path, header: TapeHeader) -> None:
        self.path = path
        self.committed = 0
        self.finished = False
        self.lost = 0
        self.trouble: WriteTrouble | None = None
        self.loss_reason = WriteTrouble.FAILING.value
        self._accepted = 0
        self._part = 0
        self._commit_lock = threading.Lock()  # a cancelled commit goes on in its thread
        self._waiting: deque[tuple[int, Packet]] = deque()
        self._gap_from: int | None = None
        if path.exists():
            raise StoreError("error.tape_exists", path=path)
        self._tape_lock = TapeLock(path)
        try:
            self._db = _writing_connection(path)
            self._identity = file_identity(path)
            self._db.executescript(f"BEGIN; {_SCHEMA} COMMIT;")
            settings = json.dumps(json_codec.to_json(header.settings))
            row = (_FORMAT, header.session, header.started_utc, settings, header.program)
            self._db.execute("INSERT INTO header VALUES (?, ?, ?, ?, ?, NULL)", row)
        except sqlite3.Error as exc:
            trouble = write_trouble(exc, path)
            _remove_beginning(path)
            self._tape_lock.release()
            raise _unwritable(path, trouble) from exc

    @property
    def accepted(self) -> int:
        """The number of packets given to ``append`` so far."""
        return self._accepted

    @property
    def missing(self) -> int:
        """The number of packets given to ``append`` that are in no file, all if the file is gone."""
        displaced = self.trouble in (WriteTrouble.GONE, WriteTrouble.REPLACED)
        return self._accepted if displaced else self._accepted - self.committed

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

    def finish(self, *, keep_lock: bool = False) -> None:
        """Write the rest and make it one plain file (unless somebody is just reading it).

        With ``keep_lock`` it stays this process's until ``release``: whoever finds a session that has not
        ended and whose tape nobody holds takes it for a dead program's.
        """
        self.commit()
        _seal_tape(self._db, self.path, self.committed)
        self.finished = True
        if not keep_lock:
            self.release()

    def release(self) -> None:
        """Let go of a finished tape; may be called again."""
        if self.finished:
            self._tape_lock.release()

    def close(self) -> None:
        """Close the file without finishing: whatever waits is lost, the tape is left for recovery."""
        with self._commit_lock:
            self._db.close()
            self._tape_lock.leave()

    def _commit(self) -> None:
        rows = [self._waiting.popleft() for _ in range(len(self._waiting))]
        try:
            self._ensure_file()
            if rows:
                self._write_all(rows)
        except (sqlite3.Error, OSError, StoreError, _Displaced) as exc:
            self._waiting.extendleft(reversed(rows))
            self._set_trouble(_trouble_of(exc, self.path))
            raise _unwritable(self.path, self.trouble, len(self._waiting)) from exc
        if rows and self._gap_from is not None:
            lost = rows[0][0] - self._gap_from
            _log.warning("tape: %d packets are missing", lost, extra={"lost": lost})
            self._gap_from = None
        self._set_trouble(None)
        self.committed += len(rows)

    def _write_all(self, rows: list[tuple[int, Packet]]) -> None:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            self._write(rows)
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise

    def _set_trouble(self, trouble: WriteTrouble | None) -> None:
        if trouble is not self.trouble:
            self.trouble = self._tape_lock.trouble = trouble
        if trouble is not None:
            self.loss_reason = trouble.value

    def _ensure_file(self) -> None:
        """Write the file anew if somebody removed it and its folder is there."""
        displaced = displacement(self.path, self._identity)
        if displaced is WriteTrouble.REPLACED or not self.path.parent.is_dir():
            raise _Displaced(displaced or WriteTrouble.GONE)
        self._tape_lock.renew()
        if displaced is None:
            return
        partial = self.path.with_name(self.path.name + ".part")
        copy_database(self._db, partial)
        partial.rename(self.path)
        self._db.close()
        self._db = _writing_connection(self.path)
        self._identity = file_identity(self.path)
        _log.warning("tape: its file was gone and is written anew: %d packets", self.committed)

    def _write(self, rows: list[tuple[int, Packet]]) -> None:
        if self._gap_from is not None:
            gap = (self._gap_from, rows[0][0] - self._gap_from, self.loss_reason)
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
            crc, frames = pack_frames(members)
            first, last = members[0][1].arrival_ns, members[-1][1].arrival_ns
            self._db.execute(
                "INSERT INTO block VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?)",
                (self._part, sensor, channel, len(members), first, last, crc, frames),
            )


class _Displaced(Exception):
    """The file that was opened lies no longer at its path; its argument is the ``WriteTrouble``."""


def _trouble_of(exc: Exception, path: Path) -> WriteTrouble:
    match exc:
        case _Displaced(args=(WriteTrouble() as trouble,)):
            return trouble
        case sqlite3.Error() | OSError():
            return write_trouble(exc, path)
        case StoreError(__cause__=OSError() as cause):
            return write_trouble(cause, path)
        case _:
            return WriteTrouble.FAILING


def _unwritable(path: Path, trouble: WriteTrouble | None, waiting: int | None = None) -> StoreError:
    reason = EnglishText(str(trouble or WriteTrouble.FAILING))
    if waiting is None:
        return StoreError("error.at", where=path, what=reason)
    return StoreError("error.tape_waiting", path=path, error=reason, waiting=waiting)


def _writing_connection(path: Path) -> sqlite3.Connection:
    create_private_file(path)
    db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    try:
        db.execute("PRAGMA journal_mode=WAL")
        db.execute("PRAGMA synchronous=FULL")
    except BaseException:
        db.close()
        raise
    return db


def _remove_beginning(path: Path) -> None:
    """Remove what there is of a tape that could not be begun; whoever comes later would take it for one."""
    for left in (path, log_path(path), path.with_name(path.name + "-shm")):
        with contextlib.suppress(OSError):
            left.unlink()


class TapeReader:
    """``TapeReader`` reads a tape, finished or still being written.

    ``header`` is its ``TapeHeader``, ``finished`` whether ``Tape.finish`` was reached, ``sound`` whether
    SQLite finds nothing wrong with the file; of one that is damaged what can be found is read.  Every
    method raises ``InputError`` if the file is not a tape, or nothing of it can be read.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        if not path.is_file():
            raise InputError("error.not_plain" if path.exists() else "error.no_file", path=path)
        try:
            self._db, self.sound = open_tape(path)
            try:
                self.header, self._packets = self._read_header()
            except BaseException:
                self._db.close()
                raise
        except SQLITE_ERRORS as exc:
            raise InputError("error.no_tape", path=path) from exc
        self.finished = self._packets is not None
        self._blocks = BlockReader(self._db, self.header.settings, sound=self.sound)

    def close(self) -> None:
        """Close the file; nothing of this reader may be used afterwards."""
        self._db.close()

    def __enter__(self) -> TapeReader:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def packets(self) -> Iterator[Packet]:
        """Yield the packets committed so far, in the order in which they were appended.

        What lies in a damaged block is left out; ``damaged`` says afterwards how many packets that are.
        """
        part: list[Numbered] = []
        number = None
        for block in self._blocks.blocks():
            if block.part != number:
                yield from _in_order(part)
                part, number = [], block.part
            part += block.rows
            if len(part) > MOST_PACKETS_WAITING:
                raise InputError("error.tape_values", path=self.path)
        yield from _in_order(part)
        if self.damaged and not self._blocks.found:
            raise InputError("error.tape_cut", path=self.path)

    @property
    def damaged(self) -> int:
        """The number of packets that ``packets`` left out, once it has come to its end."""
        blocks = self._blocks
        if self._packets is not None:
            return max(0, self._packets - blocks.found)
        if not blocks.left_out:
            return 0
        lost = blocks.after_last - blocks.found
        with contextlib.suppress(InputError):
            lost -= sum(self._gaps().values())
        return lost if 0 < lost < _MOST_LOST else 1

    def examine(self) -> TapeContent:
        """Read the whole tape and return what it holds."""
        first_s, last_s, count = math.inf, 0.0, 0
        for packet in self.packets():
            t_s = packet.arrival_ns * 1e-9
            first_s, last_s, count = min(first_s, t_s), max(last_s, t_s), count + 1
        return TapeContent(count, max(0.0, last_s - first_s), self.damaged)

    def count(self) -> int:
        """Return the number of packets committed so far, as the tape says it."""
        return int(self._single_value(_NUMBER_OF_PACKETS))

    def lost(self) -> int:
        """Return the number of packets that could not be written."""
        return sum(self.losses().values())

    def losses(self) -> dict[str, int]:
        """Return how many packets could not be written, by reason; once all were read also damaged ones."""
        damaged = {DAMAGED: self.damaged} if self._blocks.found and self.damaged else {}
        return self._gaps() | damaged

    def _gaps(self) -> dict[str, int]:
        try:
            rows = self._db.execute("SELECT reason, packets FROM gap ORDER BY rowid").fetchall()
        except SQLITE_ERRORS as exc:
            raise InputError("error.tape_damaged", path=self.path, error=exc) from exc
        out: dict[str, int] = {}
        for reason, packets in rows:
            if not isinstance(reason, str) or not isinstance(packets, int) or not 0 <= packets < _MOST_LOST:
                raise InputError("error.tape_damaged", path=self.path, error=EnglishText(_ODD_COUNT))
            out[reason] = out.get(reason, 0) + packets
        return out

    def _read_header(self) -> tuple[TapeHeader, int | None]:
        check_tables(self._db, self.path, _SCHEMA, _FORMAT)  # before anything is asked of them
        row = self._db.execute("SELECT * FROM header").fetchone()
        if row is None:
            raise InputError("error.tape_no_header", path=self.path)
        version, session, started_utc, settings, program, packets = row
        if version != _FORMAT:
            raise InputError("error.tape_format", path=self.path, version=version, format=_FORMAT)
        if not all(isinstance(x, str) for x in row[1:5]):
            raise InputError("error.tape_values", path=self.path)
        if packets is not None and (type(packets) is not int or not 0 <= packets < _MOST_LOST):
            raise InputError("error.tape_values", path=self.path)
        try:
            session_settings = json_codec.from_json(SessionSettings, json_codec.parse_json(settings))
        except ValueError as exc:
            raise InputError("error.tape_settings", path=self.path, program=program, error=exc) from exc
        return TapeHeader(session, started_utc, session_settings, program), packets

    def _single_value(self, sql: str) -> Any:
        try:
            return self._db.execute(sql).fetchone()[0]
        except SQLITE_ERRORS as exc:
            raise InputError("error.no_tape", path=self.path) from exc


def finish_abandoned(path: Path) -> int:
    """Finish a tape whose writer died and return how many accepted packets are not on it.

    ``StoreError`` if its writer lives or it cannot be written, ``InputError`` if it is damaged.  The count
    of the writer stays beside the tape until it is written on it.
    """
    with TapeReader(path) as tape:
        if not tape.sound:  # nothing may be written into it
            raise InputError("error.tape_cut", path=path)
        gaps = tape.lost()
        plain = not log_path(path).exists()
        if tape.finished and plain and not lock_path(path).exists():
            return gaps
    lock = TapeLock(path)
    try:
        with TapeReader(path) as tape:
            committed, gaps, finished = tape.count(), tape.lost(), tape.finished
        db = _writing_connection(path)
        if not finished:
            number = committed + gaps
            missing, reason = _missing_packets(lock, number)
            if reason:
                db.execute("INSERT INTO gap VALUES (?, ?, ?)", (number, missing, reason))
                gaps += missing
        _seal_tape(db, path, committed)
    except sqlite3.Error as exc:
        lock.leave()
        raise _unwritable(path, write_trouble(exc, path)) from exc
    except BaseException:
        lock.leave()
        raise
    lock.release()
    text = "tape: one that a dead program left is finished: %d packets, %d lost"
    _log.info(text, committed, gaps, extra={"count": committed, "lost": gaps})
    return gaps


def _missing_packets(lock: TapeLock, number: int) -> tuple[int, str]:
    """How many packets after ``number`` the writer had accepted, and why they are missing.

    A count that cannot be true is not believed.
    """
    accepted = lock.accepted
    if accepted is None or not number <= accepted < number + _MOST_LOST:
        return 0, UNKNOWN_LOSS
    return accepted - number, (lock.trouble or KILLED) if accepted > number else ""


def log_path(tape: Path) -> Path:
    """Return the path of the write-ahead log of this tape, which a plain one has not."""
    return tape.with_name(tape.name + "-wal")


def make_plain(path: Path) -> None:
    """Make a finished tape one plain file, so that its bytes may be copied; ``StoreError`` if that fails.

    It is not one where somebody read it when it was finished, or the disk was full.
    """
    if not log_path(path).exists():
        return
    try:
        db = _writing_connection(path)
        try:
            _fold_log(db)
        finally:
            db.close()
    except sqlite3.Error as exc:
        raise _unwritable(path, write_trouble(exc, path)) from exc
    if log_path(path).exists():
        raise StoreError("error.tape_busy", path=path)


def _fold_log(db: sqlite3.Connection) -> None:
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    db.execute("PRAGMA journal_mode=DELETE").fetchall()


def replace_settings(path: Path, settings: SessionSettings) -> None:
    """Replace the settings on a finished tape; its packets are not touched.

    ``StoreError`` if it is not finished or cannot be written, ``InputError`` if it is damaged.
    """
    with TapeReader(path) as tape:
        if not tape.sound:  # nothing may be written into it
            raise InputError("error.tape_cut", path=path)
        if not tape.finished:
            raise StoreError("error.tape_busy", path=path)
    try:
        db = sqlite3.connect(path)
        try:
            db.execute("PRAGMA secure_delete=ON")
            with db:
                db.execute("UPDATE header SET settings = ?", (json.dumps(json_codec.to_json(settings)),))
        finally:
            db.close()
    except sqlite3.Error as exc:
        raise StoreError("error.at", where=path, what=exc) from exc


def copy_gaps(path: Path, onto: Path) -> None:
    """Note on a finished tape what could not be written on another one; ``sqlite3.Error`` if that fails."""
    with contextlib.closing(connect_reading(path)) as old:
        gaps = old.execute("SELECT first_number, packets, reason FROM gap ORDER BY rowid").fetchall()
    with contextlib.closing(sqlite3.connect(onto)) as db, db:
        db.executemany("INSERT INTO gap VALUES (?, ?, ?)", gaps)


def _seal_tape(db: sqlite3.Connection, path: Path, packets: int) -> None:
    try:
        db.execute("UPDATE header SET packets = ?", (packets,))
        try:
            _fold_log(db)
        except sqlite3.OperationalError:
            _log.debug("tape: somebody reads it; the last one to close it removes the -wal file")
        db.close()
    except sqlite3.Error as exc:
        raise _unwritable(path, write_trouble(exc, path)) from exc


def _arrival_second(row: tuple[int, Packet]) -> int:
    return row[1].arrival_ns // 1_000_000_000


def _in_order(part: list[tuple[int, Packet]]) -> list[Packet]:
    return [packet for _, packet in sorted(part, key=lambda row: row[0])]


def read_tape(path: Path, wearing: Wearing) -> Recording:
    """Return the session of a tape; ``ConfigError`` if ``wearing`` says where the sensors were worn."""
    if wearing.placement or wearing.side:
        raise ConfigError("error.tape_knows", path=path)
    with TapeReader(path) as tape:
        header, content = tape.header, tape.examine()
    remarks = (
        (f"the tape is damaged: {content.damaged} of its packets are lost",) if content.damaged else ()
    )

    def packets() -> Iterator[Packet]:
        with TapeReader(path) as reopened:
            yield from reopened.packets()

    return Recording(
        path.stem, header.settings, content.duration_s, content.packets, packets, header.session,
        header.started_utc, remarks, damaged_packets=content.damaged,
    )  # fmt: skip
