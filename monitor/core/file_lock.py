"""A lock on a file that the operating system drops when its process dies."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from monitor.core.errors import StoreError

_LOCK_AT = 1 << 20  # on Windows a locked byte cannot be read: lock one beyond the count

if sys.platform == "win32":
    import msvcrt

    def lock_descriptor(descriptor: int) -> None:
        """Lock an open file without waiting; ``OSError`` if another process holds it."""
        os.lseek(descriptor, _LOCK_AT, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def lock_descriptor(descriptor: int) -> None:
        """Lock an open file without waiting; ``OSError`` if another process holds it."""
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


@contextlib.contextmanager
def exclusive_lock(path: Path) -> Iterator[bool]:
    """Hold ``path`` locked while inside; False if somebody else holds it.  The file stays."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as exc:
        raise StoreError("error.at", where=path, what=exc) from exc
    try:
        lock_descriptor(descriptor)
        held = True
    except OSError:
        held = False
    try:
        yield held
    finally:
        os.close(descriptor)
