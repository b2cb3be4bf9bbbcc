"""All readers of recordings, by the ending of the file, and one function that chooses among them.

A recording gives settings and packets, so that ``for packet in recording.packets():
session.push(packet)`` is an analysis and ``monitor.sources.replay`` a live run.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from stat import S_ISREG

from dsp.types import Placement, Side
from monitor.core.errors import ConfigError, InputError
from monitor.recordings.fit import fit_activities
from monitor.recordings.generic_csv import read_any_csv
from monitor.recordings.npz import read_npz
from monitor.recordings.phone_export import is_export_folder, read_phone
from monitor.recordings.recording import WEARABLE, Recording, Wearing
from monitor.recordings.tape import read_tape
from monitor.recordings.watch_activity import WatchActivity, activity_recording

_ACTIVITIES: Mapping[str, Callable[[bytes], list[WatchActivity]]] = {".fit": fit_activities}
"""What watches write: a file may hold several activities."""
_SAMPLES: Mapping[str, Callable[[Path, Wearing], Recording]] = {
    ".csv": read_any_csv,
    ".npz": read_npz,
    ".tape": read_tape,
    ".zip": read_phone,
}
READERS = sorted([*_ACTIVITIES, *_SAMPLES])
"""Endings of all files that can be read."""
__all__ = ["READERS", "is_export_folder", "read_recording", "read_recordings", "recordings_in"]


def read_recording(
    path: Path,
    placement: str | None = None,
    side: str | None = None,
    *,
    with_speed: bool = False,
    columns: str = "",
) -> Recording:
    """Open a recording, check it and return it: of several in one file the first.

    ``placement`` and ``side`` (``left`` or ``right``) say where the sensor of a CSV was worn, and
    choose among the sensors of an ``.npz``.  ``with_speed`` adds the treadmill's nominal speed and
    slope, where the file has them, as a reading once a second.  ``columns`` maps those of a foreign CSV.
    ``InputError`` if it cannot be read, ``ConfigError`` if what the operator says does not fit.
    """
    wearing = Wearing(_placement(placement), _side(side), with_speed, columns)
    return read_recordings(path, wearing)[0]


def read_recordings(path: Path, wearing: Wearing) -> list[Recording]:
    """Open a file, check it and return all recordings in it, one or more.

    ``InputError`` if it cannot be read, ``ConfigError`` if what the operator says does not fit.
    """
    if is_export_folder(path):
        return [read_phone(path, wearing)]
    try:
        kind = path.stat().st_mode
    except OSError as exc:
        raise InputError("error.cannot_be_opened", path=path, reason=exc) from exc
    if not S_ISREG(kind):
        raise InputError("error.folder" if path.is_dir() else "error.not_plain", path=path)
    ending = path.suffix.lower()
    if (read_samples := _SAMPLES.get(ending)) is not None:
        return [read_samples(path, wearing)]
    if ending in _ACTIVITIES:
        return _read_activities(path, _ACTIVITIES[ending])
    raise InputError("error.unknown_recording", path=path, readers=", ".join(READERS))


def recordings_in(
    path: Path, wearing: Wearing, is_known: Callable[[str], bool] = lambda fingerprint: False
) -> Iterator[Recording | InputError]:
    """Yield every recording in a file, and an ``InputError`` for what in it is none.

    A file whose SHA-256 ``is_known`` is not read and yields nothing.
    """
    try:
        if path.is_file() and is_known(hashlib.sha256(path.read_bytes()).hexdigest()):
            return
        yield from read_recordings(path, wearing)
    except InputError as exc:
        yield exc


def is_readable(path: Path) -> bool:
    """Return whether the name of this file is that of a recording."""
    return path.suffix.lower() in READERS


def _read_activities(path: Path, read: Callable[[bytes], list[WatchActivity]]) -> list[Recording]:
    try:
        data = path.read_bytes()
        source = hashlib.sha256(data).hexdigest()
        return [
            activity_recording(activity, path.stem, f"{source}:{number}")
            for number, activity in enumerate(read(data))
        ]
    except (OSError, InputError) as exc:
        raise InputError("error.at", where=path, what=exc) from exc


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
