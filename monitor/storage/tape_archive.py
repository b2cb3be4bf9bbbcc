"""Tapes on the disk: which session has one, how much room they take, compressing and dropping old ones.

A tape may stay as it is, be compressed (``.tape.xz``) or be dropped; metrics always stay.
"""

from __future__ import annotations

import contextlib
import datetime
import logging
import lzma
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from monitor.core.errors import InputError, StoreError
from monitor.core.packet import Packet
from monitor.core.session_settings import SessionSettings
from monitor.recordings.inflation import inflate_into, largest_inflated, open_xz
from monitor.recordings.recording import Recording, Wearing
from monitor.recordings.tape import TapeReader, make_plain, read_tape, replace_settings
from monitor.recordings.tape_lock import is_written
from monitor.storage.session_info import SessionInfo, SessionStatus
from monitor.storage.store import TAPES_FOLDER, Store

_log = logging.getLogger(__name__)

_COMPRESSED_SUFFIX = ".xz"
_NEAR_S = 10  # a step is told after its packets, and the last second before a kill is on no tape
_PRESET = 1  # ten times as fast as the default, and a few per cent larger


@dataclass(frozen=True, slots=True)
class TapeChange:
    """``TapeChange`` says what ``tidy_tapes`` did (or would do) to one session's tape.

    ``done`` is ``compressed`` or ``deleted``.
    """

    session: str
    done: str
    freed_bytes: int


def tape_file(info: SessionInfo) -> Path | None:
    """Return the file of a session's tape, plain or compressed; None if it has none (any more)."""
    if not info.tape:
        return None
    for path in (Path(info.tape), Path(info.tape + _COMPRESSED_SUFFIX)):
        if path.is_file():
            return path
    return None


def lone_tapes(store: Store) -> list[Path]:
    """Return the plain paths of the tapes beside a store that no session of it has and nobody writes.

    Its database was lost, or the end of its log.
    """
    names = {Path(info.tape).name for info in store.sessions()}
    found = (store.path.parent / TAPES_FOLDER).glob("*.tape*")
    tapes = (path for path in found if path.suffix in (".tape", _COMPRESSED_SUFFIX))
    plain = {path.with_name(path.name.removesuffix(_COMPRESSED_SUFFIX)) for path in tapes}
    return sorted(path for path in plain if path.name not in names and not is_written(path))


def is_unfinished(info: SessionInfo) -> bool:
    """Return whether a session waits to be completed: it did not end, and no living program records it.

    It is completed at the next start, or as soon as the disk has room again.
    """
    if info.status is not SessionStatus.LIVE:
        return False
    try:
        return not info.tape or not is_written(Path(info.tape))
    except StoreError:  # a disk that can only be read: nobody writes there
        return True


@contextlib.contextmanager
def unpacked_tape(info: SessionInfo) -> Iterator[Path]:
    """Give the path of a session's plain tape inside the block, unpacked for that long if compressed.

    ``StoreError`` if there is no tape or it cannot be unpacked.
    """
    path = tape_file(info)
    if path is None:
        raise StoreError("error.tape_gone", session=info.id)
    if path.suffix != _COMPRESSED_SUFFIX:
        yield path
        return
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder) / path.name.removesuffix(_COMPRESSED_SUFFIX)
        try:
            with _opened_packed(path) as packed, plain.open("wb") as out:
                inflate_into(packed, out)
        except (OSError, InputError) as exc:
            raise StoreError("error.not_unpacked", path=path, error=exc) from exc
        yield plain


def read_whole_tape(path: Path) -> Recording:
    """Return the recording of a tape; ``InputError`` if a part of it is damaged.

    For what would take the place of that which is stored.
    """
    recording = read_tape(path, Wearing())
    if recording.damaged_packets:
        raise InputError("error.tape_part_damaged", path=path, count=recording.damaged_packets)
    return recording


def read_covering_tape(store: Store, info: SessionInfo, path: Path) -> Recording:
    """Return the recording of a session's tape at ``path``, which may take the place of what is stored.

    ``InputError`` if a part of it is damaged, or if it lacks packets of which the store has the steps: the
    disk of the tape was full, say, and the store's was not.
    """
    recording = read_whole_tape(path)
    if count := steps_off_tape(store.step_columns(info.id).ic_s, recording.packets()):
        raise InputError("error.tape_lacks", path=path, count=count)
    return recording


def steps_off_tape(steps_s: Iterable[float], packets: Iterable[Packet]) -> int:
    """Return how many of these steps (session time in s) lie where a tape has no packet for a while."""
    seconds = {packet.arrival_ns // 1_000_000_000 for packet in packets}
    covered = {second + near for second in seconds for near in range(-_NEAR_S, _NEAR_S + 1)}
    return sum(int(step_s) not in covered for step_s in steps_s)


@contextlib.contextmanager
def _opened_packed(path: Path) -> Iterator[IO[bytes]]:
    """A compressed tape to be read; ``InputError`` where it is damaged, or larger than one can be."""
    with path.open("rb") as file:
        yield open_xz(file, largest_inflated(path.stat().st_size), _damage_error)


def _damage_error(exc: Exception) -> InputError:
    return InputError("error.tape_unpacked", error=exc)


def remove_tape(info: SessionInfo) -> int:
    """Delete a session's tape with the files beside it and return how many bytes that freed.

    ``StoreError`` while a living program writes it, or if it cannot be removed.
    """
    if not info.tape:
        return 0
    path = Path(info.tape)
    if is_written(path):
        raise StoreError("error.session_live", session=info.id)
    freed = 0
    try:
        for left in [p for p in path.parent.glob(f"{path.name}*") if p.is_file()]:
            freed += left.stat().st_size
            left.unlink()
            _log.info("%s: tape removed", info.id, extra={"session": info.id})
    except OSError as exc:
        raise StoreError("error.cannot_remove", path=path, reason=exc) from exc
    return freed


def tidy_tapes(
    store: Store,
    now: datetime.datetime,
    compress_days: float,
    drop_days: float | None,
    *,
    really: bool = True,
) -> Iterator[TapeChange]:
    """Compress and drop the tapes of ended sessions by age, and yield each change.

    Tapes older than ``drop_days`` are dropped (None: never), those older than ``compress_days``
    compressed.  With ``really`` False nothing is done, the changes are only yielded.
    """
    for info in store.sessions():
        path = tape_file(info)
        if path is None or not info.ended or is_written(Path(info.tape)):
            continue
        age_days = (now - datetime.datetime.fromisoformat(info.started_utc)).total_seconds() / 86400
        if drop_days is not None and age_days > drop_days:
            size = path.stat().st_size
            if really:
                remove_tape(info)
            yield TapeChange(info.id, "deleted", size)
        elif age_days > compress_days and path.suffix != _COMPRESSED_SUFFIX:
            yield TapeChange(info.id, "compressed", _compress_tape(path) if really else 0)


def change_tape_settings(info: SessionInfo, change: Callable[[SessionSettings], SessionSettings]) -> None:
    """Replace the settings on a session's tape, plain or compressed, by what ``change`` makes of them.

    ``StoreError`` while it is written, or if it cannot be.
    """
    path = tape_file(info)
    if path is None:
        return
    with unpacked_tape(info) as plain:
        make_plain(plain)
        with TapeReader(plain) as tape:
            settings = tape.header.settings
        if (changed := change(settings)) == settings:
            return
        replace_settings(plain, changed)
        if plain != path:
            _pack_tape(plain, path)


def _compress_tape(path: Path) -> int:
    """Pack, check, then remove the plain file; return how many bytes that freed."""
    packed = path.with_name(path.name + _COMPRESSED_SUFFIX)
    make_plain(path)
    before = path.stat().st_size
    _pack_tape(path, packed)
    path.unlink()
    freed = before - packed.stat().st_size
    _log.info("%s: compressed, %.1f MB freed", path.name, freed / 1e6)
    return freed


def _pack_tape(path: Path, packed: Path) -> None:
    """Compress a plain tape to ``packed``, whole and checked or not at all."""
    partial = packed.with_name(packed.name + ".part")
    before = path.stat().st_size
    try:
        with path.open("rb") as plain, lzma.open(partial, "wb", preset=_PRESET) as out:
            shutil.copyfileobj(plain, out, 1 << 20)
        with _opened_packed(partial) as check:
            length = sum(len(piece) for piece in iter(lambda: check.read(1 << 20), b""))
        if length != before:
            raise StoreError("error.compressed_damaged", partial=partial)
        partial.replace(packed)
    except (OSError, lzma.LZMAError, InputError) as exc:
        raise StoreError("error.not_compressed", path=path, error=exc) from exc
    finally:
        partial.unlink(missing_ok=True)


def tape_sizes(sessions: Sequence[SessionInfo]) -> dict[str, int]:
    """Return the bytes that each session's tape takes on the disk, by session id; no entry without one."""
    return {info.id: path.stat().st_size for info in sessions if (path := tape_file(info)) is not None}
