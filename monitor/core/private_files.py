"""Files and folders that are their owner's alone: how somebody moves is nobody else's business."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path


def make_private(path: Path) -> None:
    """Take a file or folder away from everybody but its owner, where others may read it."""
    mode = path.stat().st_mode & 0o777
    if mode & 0o077:
        path.chmod(mode & 0o700)


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
