"""Tapes on the disk: which session has one, how much room they take, and what is done with old ones.

A tape may be kept as it is, compressed (``.tape.xz``) or dropped; metrics always stay.
"""

from __future__ import annotations

import contextlib
import datetime
import lzma
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from monitor.core.errors import StoreError
from monitor.recordings.tape_lock import is_written
from monitor.storage.session_info import SessionInfo
from monitor.storage.store import Store

COMPRESSED = ".xz"
PRESET = 1  # ten times as fast as the default, and a few per cent larger


@dataclass(frozen=True, slots=True)
class Tidied:
    """What the policy did (or would do) to one session's tape: ``compressed`` or ``dropped``."""

    session: str
    done: str
    freed_bytes: int


def tape_file(info: SessionInfo) -> Path | None:
    """The file of a session's tape, plain or compressed; None if it has none (any more)."""
    if not info.tape:
        return None
    for path in (Path(info.tape), Path(info.tape + COMPRESSED)):
        if path.is_file():
            return path
    return None


@contextlib.contextmanager
def unpacked_tape(info: SessionInfo) -> Iterator[Path]:
    """The plain tape of a session, unpacked for as long as it is needed.  ``StoreError`` without one."""
    path = tape_file(info)
    if path is None:
        raise StoreError(f"{info.id}: its raw tape is not there (dropped, or never kept); metrics are")
    if path.suffix != COMPRESSED:
        yield path
        return
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder) / path.name.removesuffix(COMPRESSED)
        try:
            with lzma.open(path) as packed, plain.open("wb") as out:
                shutil.copyfileobj(packed, out, 1 << 20)
        except (OSError, lzma.LZMAError, EOFError) as exc:
            raise StoreError(f"{path}: cannot be unpacked: {exc}") from exc
        yield plain


def remove_tape(info: SessionInfo) -> int:
    """Delete a session's tape and what lies beside it; how many bytes that freed.

    ``StoreError`` while a living program writes it.
    """
    if not info.tape:
        return 0
    path = Path(info.tape)
    if is_written(path):
        raise StoreError(f"{info.id}: is being recorded right now; stop that first")
    freed = 0
    try:
        for left in [p for p in path.parent.glob(f"{path.name}*") if p.is_file()]:
            freed += left.stat().st_size
            left.unlink()
    except OSError as exc:
        raise StoreError(f"{path}: cannot be removed: {exc.strerror or exc}") from exc
    return freed


def tidy_tapes(
    store: Store,
    now: datetime.datetime,
    compress_days: float,
    drop_days: float | None,
    *,
    really: bool = True,
) -> Iterator[Tidied]:
    """Apply the policy to all ended sessions; with ``really`` False only say what would be done."""
    for info in store.sessions():
        path = tape_file(info)
        if path is None or not info.ended or is_written(Path(info.tape)):
            continue
        age_days = (now - datetime.datetime.fromisoformat(info.started_utc)).total_seconds() / 86400
        if drop_days is not None and age_days > drop_days:
            size = path.stat().st_size
            if really:
                remove_tape(info)
            yield Tidied(info.id, "dropped", size)
        elif age_days > compress_days and path.suffix != COMPRESSED:
            yield Tidied(info.id, "compressed", _compress(path) if really else 0)


def _compress(path: Path) -> int:
    """Pack, check, then remove the plain file; how many bytes that freed."""
    packed, waiting = (
        path.with_name(path.name + COMPRESSED),
        path.with_name(path.name + COMPRESSED + ".part"),
    )
    before = path.stat().st_size
    try:
        with path.open("rb") as plain, lzma.open(waiting, "wb", preset=PRESET) as out:
            shutil.copyfileobj(plain, out, 1 << 20)
        with lzma.open(waiting) as again:
            length = sum(len(piece) for piece in iter(lambda: again.read(1 << 20), b""))
        if length != before:
            raise StoreError(f"{waiting}: came out damaged; the plain tape stays")
        waiting.rename(packed)
        path.unlink()
    except (OSError, lzma.LZMAError, EOFError) as exc:
        raise StoreError(f"{path}: cannot be compressed: {exc}; it stays as it is") from exc
    finally:
        waiting.unlink(missing_ok=True)
    return before - packed.stat().st_size


def tape_sizes(sessions: Sequence[SessionInfo]) -> dict[str, int]:
    """Bytes of every session's tape on the disk."""
    return {info.id: path.stat().st_size for info in sessions if (path := tape_file(info)) is not None}
