"""What has come onto a tape since one last looked, while it is written."""

from __future__ import annotations

import contextlib
from pathlib import Path

from monitor.core.errors import InputError
from monitor.recordings.tape_blocks import Numbered, unpack_frames
from monitor.recordings.tape_reading import SQLITE_ERRORS, connect_reading

_NEXT = "SELECT id, part, sensor, channel, crc, frames FROM block WHERE id > ? ORDER BY id"


def read_tape_from(path: Path, after: int, most: int) -> tuple[list[Numbered], int]:
    """Return the packets after a block of a tape in the order of their numbers, and the last block read.

    At least ``most`` of them if there are as many, as whole seconds are read; a damaged block is passed
    over.  The file is closed again, or its writer could not make it plain.  ``InputError`` if it cannot
    be read.
    """
    rows: list[Numbered] = []
    second = None
    try:
        with contextlib.closing(connect_reading(path)) as db:
            for number, part, sensor, channel, crc, frames in db.execute(_NEXT, (after,)):
                if part != second and len(rows) >= most:
                    break
                second, after = part, number
                rows += unpack_frames(sensor, channel, crc, frames) or []
    except (*SQLITE_ERRORS, OSError) as exc:
        raise InputError("error.no_tape", path=path) from exc
    return sorted(rows, key=lambda row: row[0]), after
