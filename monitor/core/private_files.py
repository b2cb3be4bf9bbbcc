"""Files and folders that are their owner's alone: how somebody moves is nobody else's business."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from monitor.core.errors import StoreError


def make_private(path: Path) -> None:
    """Take a file or folder away from everybody but its owner, where others may read it."""
    mode = path.stat().st_mode & 0o777
    if mode & 0o077:
        path.chmod(mode & 0o700)


def make_private_folder(folder: Path) -> None:
    """Make a folder for its owner alone where there is none, with those above it that are missing.

    ``OSError`` if that cannot be.
    """
    for above in reversed(folder.parents):
        if not above.exists():
            above.mkdir(mode=0o700, exist_ok=True)
    folder.mkdir(mode=0o700, exist_ok=True)


def make_own_folder_private(folder: Path) -> None:
    """Take our folder away from others: one that is called as ours are, not a shared one of the settings.

    One of somebody else's that we may write into stays as it is.
    """
    if folder.name == "gaitcue":
        with contextlib.suppress(OSError):
            make_private(folder)


def create_private_file(path: Path) -> None:
    """Make a file that its owner alone may read, empty if it is new, for a database that is opened next.

    Where that cannot be, nothing is done: whoever opens it is told why.
    """
    with contextlib.suppress(OSError):
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600))
        make_private(path)


def write_private_file(path: Path, text: str) -> None:
    """Write a file that only its owner may read, whole or not at all; ``StoreError`` if that fails."""
    part = path.with_name(f"{path.name}.part")
    try:
        part.unlink(missing_ok=True)
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as out:
            out.write(text)
            out.flush()
            os.fsync(out.fileno())
        part.replace(path)
    except OSError as exc:
        raise StoreError("error.at", where=path, what=exc) from exc
