"""Who writes a tape: a lock that dies with its process, and a count that survives it.

Beside a tape that is being written lies ``<tape>-owner``: eight bytes, locked by the operating
system as long as the writing process lives, holding the number of packets it has accepted.  The
count lives in a memory map, so a ``kill -9`` cannot lose it.
"""

from __future__ import annotations

import mmap
import os
import struct
from pathlib import Path

from monitor.core.errors import StoreError
from monitor.core.file_lock import lock_descriptor

_COUNT = struct.Struct("<Q")


class TapeLock:
    """Holds the lock from construction to ``release`` (or death); ``StoreError`` if another does."""

    def __init__(self, tape: Path) -> None:
        self._path = lock_file(tape)
        try:
            self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as exc:
            raise StoreError(f"{self._path}: {exc.strerror or exc}") from exc
        try:
            lock_descriptor(self._descriptor)
        except OSError as exc:
            os.close(self._descriptor)
            raise StoreError(f"{tape}: is being written by another process") from exc
        try:
            os.ftruncate(self._descriptor, _COUNT.size)
            self._map = mmap.mmap(self._descriptor, _COUNT.size)
        except (OSError, ValueError) as exc:
            os.close(self._descriptor)
            raise StoreError(f"{self._path}: {exc}") from exc

    @property
    def accepted(self) -> int:
        """Packets the writer has been given so far."""
        return int(_COUNT.unpack_from(self._map)[0])

    @accepted.setter
    def accepted(self, count: int) -> None:
        _COUNT.pack_into(self._map, 0, count)

    def release(self) -> None:
        """The tape is nobody's any more, and needs no count."""
        self._map.close()
        os.close(self._descriptor)
        self._path.unlink(missing_ok=True)


def lock_file(tape: Path) -> Path:
    """Where the lock and the count of a tape lie."""
    return tape.with_name(tape.name + "-owner")


def is_written(tape: Path) -> bool:
    """True while a living process writes this tape."""
    try:
        descriptor = os.open(lock_file(tape), os.O_RDWR)
    except FileNotFoundError:
        return False
    except OSError as exc:
        raise StoreError(f"{lock_file(tape)}: {exc.strerror or exc}") from exc
    try:
        lock_descriptor(descriptor)
    except OSError:
        return True
    finally:
        os.close(descriptor)
    return False
