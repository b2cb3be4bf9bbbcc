"""All readers of recordings, by the ending of the file, and one function that chooses among them.

A recording gives settings and packets, so that ``for packet in recording.packets():
session.push(packet)`` is an analysis and ``monitor.sources.replay`` a live run.
"""

from __future__ import annotations

from pathlib import Path
from stat import S_ISREG

from dsp.types import Placement, Side
from monitor.core.errors import ConfigError, InputError
from monitor.recordings.fit import read_fit
from monitor.recordings.generic_csv import read_any_csv
from monitor.recordings.npz import read_npz
from monitor.recordings.phone_export import is_export_folder, read_phone
from monitor.recordings.recording import WEARABLE, Recording, Wearing
from monitor.recordings.tape import read_tape

READERS = {
    ".csv": read_any_csv,
    ".fit": read_fit,
    ".npz": read_npz,
    ".tape": read_tape,
    ".zip": read_phone,
}
__all__ = ["READERS", "is_export_folder", "read_recording"]


def read_recording(
    path: Path,
    placement: str | None = None,
    side: str | None = None,
    *,
    with_speed: bool = False,
    columns: str = "",
) -> Recording:
    """Open a recording, check it and return it.

    ``placement`` and ``side`` (``left`` or ``right``) say where the sensor of a CSV was worn, and
    choose among the sensors of an ``.npz``.  ``with_speed`` adds the treadmill's nominal speed and
    slope, where the file has them, as a reading once a second.  ``columns`` maps those of a foreign CSV.
    ``InputError`` if it cannot be read, ``ConfigError`` if what the operator says does not fit.
    """
    wearing = Wearing(_placement(placement), _side(side), with_speed, columns)
    if is_export_folder(path):
        return read_phone(path, wearing)
    try:
        kind = path.stat().st_mode
    except OSError as exc:
        raise InputError("error.cannot_be_opened", path=path, reason=exc) from exc
    if not S_ISREG(kind):
        raise InputError("error.folder" if path.is_dir() else "error.not_plain", path=path)
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise InputError("error.unknown_recording", path=path, readers=", ".join(READERS))
    return reader(path, wearing)


def _placement(text: str | None) -> Placement | None:
    if text is None:
        return None
    try:
        return Placement(text.lower())
    except ValueError as exc:
        raise ConfigError("error.placement", text=text, wearable=WEARABLE) from exc


def _side(text: str | None) -> Side | None:
    sides = {None: None, "left": Side.LEFT, "l": Side.LEFT, "right": Side.RIGHT, "r": Side.RIGHT}
    key = None if text is None else text.lower()
    if key not in sides:
        raise ConfigError("error.side", text=text)
    return sides[key]
