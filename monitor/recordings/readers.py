"""All readers of recordings, by the ending of the file, and one function that chooses among them.

A recording gives settings and packets, so that ``for packet in recording.packets():
session.push(packet)`` is an analysis and ``monitor.sources.replay`` a live run.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from stat import S_ISREG

from dsp.types import Placement, Side
from monitor.core.activity_facts import ActivityFacts
from monitor.core.errors import ConfigError, InputError
from monitor.core.message_catalogues import EnglishText
from monitor.recordings.activity_sports import ON_FOOT, UNNAMED
from monitor.recordings.export_list import ListedActivity, activity_on_list, is_export_table
from monitor.recordings.fit import fit_activities
from monitor.recordings.generic_csv import read_any_csv
from monitor.recordings.gpx import gpx_activities
from monitor.recordings.npz import read_npz
from monitor.recordings.packed_files import GZIP, file_ending, inflate, packed_files
from monitor.recordings.phone_export import is_export_folder, is_export_zip, read_phone
from monitor.recordings.recording import WEARABLE, Recording, Wearing
from monitor.recordings.tape import read_tape
from monitor.recordings.tcx import tcx_activities
from monitor.recordings.watch_activity import WatchActivity, activity_recording

_ACTIVITIES: Mapping[str, Callable[[bytes], list[WatchActivity]]] = {
    ".fit": fit_activities,
    ".gpx": gpx_activities,
    ".tcx": tcx_activities,
}
"""What watches write: a file may hold several activities."""
_SAMPLES: Mapping[str, Callable[[Path, Wearing], Recording]] = {
    ".csv": read_any_csv,
    ".npz": read_npz,
    ".tape": read_tape,
    ".zip": read_phone,
}
READERS = sorted([*_ACTIVITIES, *(f"{ending}.gz" for ending in _ACTIVITIES), *_SAMPLES])
"""Endings of all files that can be read."""
__all__ = [
    "READERS",
    "is_export_folder",
    "is_recording_name",
    "read_recording",
    "read_recordings",
    "recordings_in",
]
_FIRST_OF_SEVERAL = "the file holds more than one run; this is the first, gaitcue import takes all"
logger = logging.getLogger(__name__)


def read_recording(
    path: Path,
    placement: str | None = None,
    side: str | None = None,
    *,
    with_speed: bool = False,
    columns: str = "",
) -> Recording:
    """Open a recording, check it and return it: of several in one file the first, with a remark.

    ``placement`` and ``side`` (``left`` or ``right``) say where the sensor of a CSV was worn, and
    choose among the sensors of an ``.npz``.  ``with_speed`` adds the treadmill's nominal speed and
    slope, where the file has them, as a reading once a second.  ``columns`` maps those of a foreign CSV.
    ``InputError`` if it cannot be read, ``ConfigError`` if what the operator says does not fit.
    """
    wearing = Wearing(_placement(placement), _side(side), with_speed, columns)
    refused: list[InputError] = []
    first: Recording | None = None
    for found in recordings_in(path, wearing):
        if isinstance(found, InputError):
            refused.append(found)
        elif first is None:
            first = found
        else:
            return replace(first, remarks=(_FIRST_OF_SEVERAL, *first.remarks))
    if first is None:
        raise refused[0]
    return first


def read_recordings(path: Path, wearing: Wearing) -> list[Recording]:
    """Open a file, check it and return all recordings in it, one or more.

    ``InputError`` if it cannot be read or holds none, ``ConfigError`` if what the operator says does not
    fit.
    """
    out: list[Recording] = []
    refused: list[InputError] = []
    for found in recordings_in(path, wearing):
        if isinstance(found, InputError):
            refused.append(found)
        else:
            out.append(found)
    if not out:
        raise refused[0]
    return out


IsImported = Callable[[str], bool]
"""Says of a file's fingerprint, the SHA-256 of its bytes when unpacked, whether it need not be read."""


def recordings_in(
    path: Path, wearing: Wearing, is_imported: IsImported = lambda fingerprint: False
) -> Iterator[Recording | InputError]:
    """Yield every recording in a file, folder of a phone or zip, and an error for what in it is not one.

    There is at least one of both, but for files that are imported already.  Of a zip one file at a time is
    in memory, and a bad one stops nobody.
    ``ConfigError`` if what the operator says does not fit.
    """
    try:
        yield from _recordings(path, wearing, is_imported)
    except InputError as exc:
        yield exc


def is_recording_name(path: Path) -> bool:
    """Return whether a file with this name may be a recording, where it lies."""
    ending, packed = file_ending(path.name)
    return ending in _ACTIVITIES or (ending in _SAMPLES and not packed and not is_export_table(path))


def _recordings(path: Path, wearing: Wearing, is_imported: IsImported) -> Iterator[Recording | InputError]:
    if is_export_folder(path):
        yield read_phone(path, wearing)
        return
    try:
        kind = path.stat().st_mode
    except OSError as exc:
        raise InputError("error.cannot_be_opened", path=path, reason=exc) from exc
    if not S_ISREG(kind):
        raise InputError("error.folder" if path.is_dir() else "error.not_plain", path=path)
    ending, packed = file_ending(path.name)
    if ending in _ACTIVITIES:
        yield from _recordings_of_file(path, ending, is_imported, packed=packed)
    elif packed or ending not in _SAMPLES:
        raise InputError("error.unknown_recording", path=path, readers=", ".join(READERS))
    elif ending == ".zip" and not is_export_zip(path):
        yield from _recordings_of_zip(path, is_imported)
    else:
        yield _SAMPLES[ending](path, wearing)


def _recordings_of_file(
    path: Path, ending: str, is_imported: IsImported, *, packed: bool
) -> Iterator[Recording | InputError]:
    title = path.stem.removesuffix(ending) if packed else path.stem
    try:
        data = path.read_bytes()
        data = inflate(data) if packed or data.startswith(GZIP) else data
    except (OSError, InputError) as exc:
        raise InputError("error.at", where=path, what=exc) from exc
    listed = activity_on_list(path)
    yield from _activity_recordings(str(path), title, _ACTIVITIES[ending], data, listed, is_imported)


def _recordings_of_zip(path: Path, is_imported: IsImported) -> Iterator[Recording | InputError]:
    nothing = True
    try:
        for packed in packed_files(path, _ACTIVITIES):
            nothing = False
            if isinstance(packed, InputError):
                yield InputError("error.at", where=path, what=packed)
            else:
                where, read = f"{path}/{packed.path}", _ACTIVITIES[packed.ending]
                for found in _activity_recordings(
                    where, packed.title, read, packed.data, packed.listed, is_imported
                ):
                    yield found if isinstance(found, InputError) else replace(found, member=packed.path)
    except InputError as exc:
        raise InputError("error.at", where=path, what=exc) from exc
    if nothing:
        raise InputError("error.zip_nothing", path=path)


def _activity_recordings(
    where: str,
    title: str,
    read: Callable[[bytes], list[WatchActivity]],
    data: bytes,
    listed: ListedActivity,
    is_imported: IsImported,
) -> Iterator[Recording | InputError]:
    """Yield the activities of a file, and errors for those that cannot be shown.

    ``listed`` gives their title, and the sport where the file does not.
    Any exception is this file's line: a bug in a reader must not stop the files after it.
    """
    source = hashlib.sha256(data).hexdigest()
    if is_imported(source):
        return
    try:
        activities = read(data)
    except InputError as exc:
        yield InputError("error.at", where=where, what=exc)
        return
    except Exception:
        logger.exception("%s cannot be read", where)
        yield InputError("error.reader_failed", where=where)
        return
    for number, activity in enumerate(activities):
        try:
            activity.facts = _with_listed_sport(activity.facts, listed)
            recording = activity_recording(activity, listed.title or title, f"{source}:{number}")
        except InputError as exc:
            yield InputError("error.at", where=where, what=exc)
        else:
            yield recording


def _with_listed_sport(facts: ActivityFacts, listed: ListedActivity) -> ActivityFacts:
    """Return the facts, with the sport of the list if they have none; ``InputError`` if it is another."""
    if not listed.sport or facts.sport not in UNNAMED:
        return facts
    if listed.sport not in ON_FOOT:
        raise InputError("error.fit_not_running", sport=EnglishText(listed.sport.replace("_", " ")))
    return replace(facts, sport=listed.sport, sub_sport=listed.sub_sport or facts.sub_sport)


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
