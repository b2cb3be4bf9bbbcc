"""The lock of a tape's writer, which dies with its process, and a count of packets that survives it.

Beside a tape that is being written lies ``<tape>-owner``: 24 bytes, locked by the operating system as long
as the writing process lives.  They hold the number of packets it has accepted, that number with all bits
turned over, and why the tape takes nothing at the moment.  They live in a memory map, so a ``kill -9``
cannot lose them, and their room is taken from the disk before it can be full.  The file stays until what it
says is on the tape.
"""

from __future__ import annotations

import mmap
import os
import struct
from pathlib import Path

from monitor.core.errors import StoreError
from monitor.core.file_lock import lock_descriptor
from monitor.core.write_trouble import FileIdentity, WriteTrouble, displacement, file_identity

_COUNT = struct.Struct("<QQ")
_TROUBLE = struct.Struct("<Q")
_SIZE = _COUNT.size + _TROUBLE.size
_ALL_BITS = (1 << 64) - 1
_TROUBLES = tuple(WriteTrouble)
"""Their places are stored: add new ones at the end."""


class TapeLock:
    """``TapeLock`` holds the lock from construction to ``release``, ``leave`` or death.

    ``StoreError`` if another process holds it, or if its file cannot be written.
    """

    def __init__(self, tape: Path) -> None:
        self._tape = tape
        self._path = lock_path(tape)
        self._descriptor: int | None = None
        self._hold()

    def _hold(self) -> None:
        try:
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as exc:
            raise StoreError("error.at", where=self._path, what=exc) from exc
        try:
            lock_descriptor(descriptor)
        except OSError as exc:
            os.close(descriptor)
            raise StoreError("error.tape_locked", tape=self._tape) from exc
        try:
            _take_room(descriptor)
            mapped = mmap.mmap(descriptor, _SIZE)
        except (OSError, ValueError) as exc:
            os.close(descriptor)
            raise StoreError("error.at", where=self._path, what=exc) from exc
        self._identity: FileIdentity | None = file_identity(self._path)
        self._descriptor, self._map = descriptor, mapped

    @property
    def accepted(self) -> int | None:
        """The number of packets that the writer has been given so far; None if its file is damaged."""
        count, turned = _COUNT.unpack_from(self._map)
        turned ^= _ALL_BITS
        if abs(count - turned) <= 1:  # a kill may come between the two
            return int(max(count, turned))
        return None

    @accepted.setter
    def accepted(self, count: int) -> None:
        """Set the count; it is in the memory map at once."""
        _COUNT.pack_into(self._map, 0, count, count ^ _ALL_BITS)

    @property
    def trouble(self) -> WriteTrouble | None:
        """The reason why the tape took nothing when this was last set; None if all was well."""
        (place,) = _TROUBLE.unpack_from(self._map, _COUNT.size)
        return _TROUBLES[place - 1] if 0 < place <= len(_TROUBLES) else None

    @trouble.setter
    def trouble(self, trouble: WriteTrouble | None) -> None:
        """Set the reason; it is in the memory map at once."""
        place = 0 if trouble is None else 1 + _TROUBLES.index(trouble)
        _TROUBLE.pack_into(self._map, _COUNT.size, place)

    def renew(self) -> None:
        """Make the file of lock and count anew if somebody removed it; ``StoreError`` if that fails."""
        if displacement(self._path, self._identity) is None:
            return
        content, descriptor = bytes(self._map), self._descriptor
        self._hold()
        self._map[:] = content
        if descriptor is not None:
            os.close(descriptor)

    def leave(self) -> None:
        """Let go of the tape and leave the file with the count for the recovery."""
        self._map.close()
        if self._descriptor is not None:
            os.close(self._descriptor)
        self._descriptor = None

    def release(self) -> None:
        """Let go of the tape and remove the file of lock and count; may be called again."""
        if self._map.closed:
            return
        self.leave()
        self._path.unlink(missing_ok=True)


def lock_path(tape: Path) -> Path:
    """Return the path of the file with the lock and the count of this tape."""
    return tape.with_name(tape.name + "-owner")


def is_written(tape: Path) -> bool:
    """Return True while a living process writes this tape; ``StoreError`` if that cannot be seen."""
    try:
        descriptor = os.open(lock_path(tape), os.O_RDWR)
    except (FileNotFoundError, NotADirectoryError):
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


def _take_room(descriptor: int) -> None:
    """Give the file its size and its place on the disk; what it holds already stays.

    A map of a hole in a file ends the program when the disk is full.
    """
    held = os.read(descriptor, _SIZE)
    content = held if len(held) == _SIZE else _no_packets() if not held else bytes(_SIZE - 1) + b"\xff"
    os.lseek(descriptor, 0, os.SEEK_SET)
    os.ftruncate(descriptor, _SIZE)
    os.write(descriptor, content)


def _no_packets() -> bytes:
    return _COUNT.pack(0, _ALL_BITS) + _TROUBLE.pack(0)
