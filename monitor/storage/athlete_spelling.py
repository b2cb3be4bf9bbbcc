"""Runners whose names differ in capitals alone: many disks take the files of both for one.

So there is only one of them.  A name that is there already stays, whatever others there are.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from monitor.core.errors import InputError, StoreError


def require_spelling(athlete: str, athletes: Iterable[str]) -> None:
    """Raise ``InputError`` for a new name that is in ``athletes`` in other capitals."""
    if (other := _in_other_capitals(athlete, athletes)) is not None:
        raise InputError("error.athlete_capitals", athlete=athlete, other=other)


def require_file_spelling(path: Path) -> None:
    """Raise ``StoreError`` if there is no file of this name beside one of it in other capitals.

    On some disks that one would be opened; it is somebody else's.
    """
    try:
        names = os.listdir(path.parent)
    except OSError:  # whoever opens the file is told why
        return
    if (other := _in_other_capitals(path.name, names)) is not None:
        raise StoreError("error.athlete_capitals", athlete=path.stem, other=Path(other).stem)


def _in_other_capitals(name: str, names: Iterable[str]) -> str | None:
    names = [*names]
    alike = (other for other in names if other.casefold() == name.casefold())
    return None if name in names else next(alike, None)
