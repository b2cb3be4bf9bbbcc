"""Whether a file has its end, by its own account: one that is still being copied has not."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

from monitor.core.errors import InputError
from monitor.recordings.packed_files import file_ending, inflate

_FIT_HEADER, _FIT_CHECKSUM = 12, 2  # bytes
_LAST_TAGS = {".tcx": b"</TrainingCenterDatabase>", ".gpx": b"</gpx>"}
_TAIL = 256  # bytes in which the last tag stands, blanks and a comment behind it included


def has_end(path: Path) -> bool:
    """Return False where a file says that more of it must follow; True also for what is no such file.

    A FIT file tells its length in its header (0 while it is being written), XML ends with the tag that it
    began with, an archive with its directory.  ``OSError`` is taken for a missing end: it may be gone.
    """
    ending, packed = file_ending(path.name)
    try:
        if packed:
            inflate(path.read_bytes())
        elif ending == ".fit":
            return _fit_has_end(path)
        elif ending in _LAST_TAGS:
            return _LAST_TAGS[ending] in _tail(path)
        elif ending in (".zip", ".npz"):
            return zipfile.is_zipfile(path)
    except (OSError, InputError):
        return False
    return True


def _fit_has_end(path: Path) -> bool:
    with path.open("rb") as file:
        head = file.read(_FIT_HEADER)
    if head[8:12] != b".FIT":
        return True
    length = int.from_bytes(head[4:8], "little")
    return length > 0 and head[0] + length + _FIT_CHECKSUM <= path.stat().st_size


def _tail(path: Path) -> bytes:
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - _TAIL), os.SEEK_SET)
        return file.read()
