"""How a session begins: its name, its tape, its row in the store."""

from __future__ import annotations

import datetime
import itertools
import json
from collections.abc import Iterator
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

from monitor.core import json_codec
from monitor.core.errors import InputError
from monitor.core.message_catalogues import EnglishText
from monitor.core.private_files import make_private_folder
from monitor.core.records import SessionStarted
from monitor.core.safe_text import LONGEST_NAME, clean_line, file_name_part, line_complaint
from monitor.core.session_settings import SessionSettings
from monitor.recordings.tape import Tape, TapeHeader
from monitor.storage.session_info import SessionInfo
from monitor.storage.store import TAPES_FOLDER, Store


def session_id(started_utc: str, athlete: str) -> str:
    """Return the id of a session, like ``2026-11-24T13-05-12-me``: it sorts by time and is a file name."""
    began = datetime.datetime.fromisoformat(started_utc).astimezone(datetime.UTC)
    return f"{began:%Y-%m-%dT%H-%M-%S}-{file_name_part(athlete)}"


def checked_athlete(name: str) -> str:
    """Return a runner's name as it is stored, in NFC; ``InputError`` if it cannot be a name."""
    if complaint := line_complaint(name, LONGEST_NAME):
        raise InputError("error.athlete", complaint=EnglishText(complaint))
    return clean_line(name, LONGEST_NAME)


def create_tape(path: Path, settings: SessionSettings, started: SessionStarted) -> Tape:
    """Create and return the empty tape of a session that starts now; ``StoreError`` if it cannot be."""
    return Tape(path, TapeHeader(started.session, started.started_utc, settings, version("gaitcue")))


def begin_session(
    store: Store,
    folder: Path,
    title: str,
    settings: SessionSettings,
    started: SessionStarted,
    source: str = "",
) -> Tape:
    """Create an empty session: its tape, which is returned, and its row in the store.

    The tape must be there first, or ``recovery`` in another process would take the session for a dead
    one.  ``source`` is the fingerprint of the file it is made of.  ``InputError`` if the session exists
    (``ImportedBefore`` if its source does), ``StoreError`` if it cannot be written.
    """
    path = _free_path(folder / TAPES_FOLDER, started.session)
    info = SessionInfo(
        id=started.session,
        athlete=started.athlete,
        title=clean_line(title) or started.session,
        started_utc=started.started_utc,
        sensors=started.sensors,
        tape=str(path),
        settings=json.dumps(json_codec.to_json(settings)),
        version=version("gaitcue"),
        source=source,
    )
    with store.beginning(info):
        make_private_folder(path.parent)
        return create_tape(path, settings, started)


def begin_run(
    store: Store,
    folder: Path,
    title: str,
    settings: SessionSettings,
    started: SessionStarted,
    *,
    replayed: bool = False,
) -> tuple[SessionStarted, Tape]:
    """Begin the session of a run that starts now, or is ``replayed`` now; return its first record and tape.

    The id gets a number where another run of this athlete began in the same second.  ``StoreError`` if the
    session cannot be written.
    """
    for name in _numbered(started.session):
        named = replace(started, session=name)
        source = f"replay:{name}" if replayed else ""
        try:
            return named, begin_session(store, folder, title, settings, named, source)
        except InputError:
            if all(info.id != name for info in store.sessions()):
                raise
    raise AssertionError("there is always another number")


def _numbered(name: str) -> Iterator[str]:
    return itertools.chain([name], (f"{name}-{n}" for n in itertools.count(2)))


def _free_path(tapes: Path, session: str) -> Path:
    """A path for the tape: a program that was killed at the wrong moment may have left one of its name."""
    return next(path for name in _numbered(session) if not (path := tapes / f"{name}.tape").exists())
