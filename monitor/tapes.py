"""Tapes on the disk: which session has one, how much room they take, and what is done with old ones.

A tape may be kept as it is, compressed (``.tape.xz``) or dropped; metrics always stay.
"""

from __future__ import annotations

import contextlib
import lzma
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from monitor.errors import StoreError
from monitor.store import SessionInfo

COMPRESSED = ".xz"


def found(info: SessionInfo) -> Path | None:
    """The file of a session's tape, plain or compressed; None if it has none (any more)."""
    if not info.tape:
        return None
    for path in (Path(info.tape), Path(info.tape + COMPRESSED)):
        if path.is_file():
            return path
    return None


@contextlib.contextmanager
def tape_of(info: SessionInfo) -> Iterator[Path]:
    """The plain tape of a session, unpacked for as long as it is needed.  ``StoreError`` without one."""
    path = found(info)
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
