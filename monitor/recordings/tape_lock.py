"""The lock of a tape's writer, which dies with its process, and a count of packets that survives it.

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
    """``TapeLock`` holds the lock from construction to ``release`` (or death).

    ``StoreError`` if another process holds it, or if its file cannot be written.
    """

    def __init__(self, tape: Path) -> None:
        self._path = lock_path(tape)
        try:
            self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as exc:
            raise StoreError("error.at", where=self._path, what=exc) from exc
        try:
            lock_descriptor(self._descriptor)
        except OSError as exc:
            os.close(self._descriptor)
            raise StoreError("error.tape_locked", tape=tape) from exc
        try:
            os.ftruncate(self._descriptor, _COUNT.size)
            self._map = mmap.mmap(self._descriptor, _COUNT.size)
        except (OSError, ValueError) as exc:
            os.close(self._descriptor)
            raise StoreError("error.at", where=self._path, what=exc) from exc

    @property
    def accepted(self) -> int:
        """The number of packets that the writer has been given so far."""
        return int(_COUNT.unpack_from(self._map)[0])

    @accepted.setter
    def accepted(self, count: int) -> None:
        """Set the count; it is in the memory map at once."""
        _COUNT.pack_into(self._map, 0, count)

    def release(self) -> None:
        """Let go of the tape and remove the file of lock and count; may be called again."""
        if self._map.closed:
            return
        self._map.close()
        os.close(self._descriptor)
        self._path.unlink(missing_ok=True)


def lock_path(tape: Path) -> Path:
    """Return the path of the file with the lock and the count of this tape."""
    return tape.with_name(tape.name + "-owner")


def is_written(tape: Path) -> bool:
    """Return True while a living process writes this tape; ``StoreError`` if that cannot be seen."""
    try:
        descriptor = os.open(lock_path(tape), os.O_RDWR)
    except FileNotFoundError:
        return False
    except OSError as exc:
        raise StoreError("error.at", where=lock_path(tape), what=exc) from exc
    try:
        lock_descriptor(descriptor)
    except OSError:
        return True
    finally:
        os.close(descriptor)
    return False
