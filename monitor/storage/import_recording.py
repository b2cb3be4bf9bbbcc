"""A recording becomes a session of its own: taped, analysed as fast as possible, stored."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from monitor.core.errors import InputError
from monitor.core.records import Out, SessionEnded, SessionStarted
from monitor.core.session_settings import SessionSettings
from monitor.pipeline.session import Session
from monitor.recordings.recording import Recording
from monitor.recordings.tape import Tape
from monitor.storage.new_session import begin_session, session_id
from monitor.storage.session_info import SessionInfo
from monitor.storage.store import Store

BATCH = 5000  # records written in one transaction
COMMIT = 20_000  # packets given to the tape before they are written

SessionOf = Callable[[SessionSettings], Session]
Progress = Callable[[int, int], None]


def import_recording(
    store: Store,
    folder: Path,
    recording: Recording,
    athlete: str,
    began: datetime.datetime,
    session_of: SessionOf = Session,
    progress: Progress = lambda done, total: None,
    name: str = "",
) -> SessionInfo:
    """Store the recording as a session of ``athlete`` that began at ``began`` if it does not say when.

    It is called by its start if it gets no ``name``.

    ``InputError`` if that session is there already.  A file that fails half way leaves nothing behind.
    """
    settings = replace(recording.settings, athlete=athlete)
    start = recording.started_utc or began.astimezone(datetime.UTC).replace(microsecond=0).isoformat()
    if not recording.started_utc:
        start = _free(store, start, athlete, recording.title)
    name = name or session_id(start, athlete)
    if any(info.id == name for info in store.sessions()):
        raise InputError(f"{recording.title}: is kept already as {name}")
    started = SessionStarted(name, athlete, start, tuple(s.name for s in settings.sensors))
    tape = begin_session(store, folder, recording.title, settings, started)
    try:
        t_s = _through(store, started, recording, session_of(settings), tape, progress)
        tape.finish()
    except BaseException:
        tape.close()
        store.delete(name)
        for left in tape.path.parent.glob(f"{tape.path.name}*"):
            left.unlink(missing_ok=True)
        raise
    for remark in recording.remarks:
        store.add_note(name, "remark", remark)
    for lap_s in recording.laps_s:
        store.add_note(name, "lap", "", t_s=lap_s)
    store.end(name, t_s)
    return store.session(name)


def _free(store: Store, start: str, athlete: str, title: str) -> str:
    """A start that is only a guess moves on by seconds, past others that were guessed the same."""
    taken = {info.id: info.title for info in store.sessions()}
    while taken.get(session_id(start, athlete), title) != title:
        later = datetime.datetime.fromisoformat(start) + datetime.timedelta(seconds=1)
        start = later.isoformat()
    return start


def _through(
    store: Store,
    started: SessionStarted,
    recording: Recording,
    session: Session,
    tape: Tape,
    progress: Progress,
) -> float:
    waiting: list[Out] = [started]
    for done, packet in enumerate(recording.packets(), start=1):
        tape.append(packet)
        waiting += session.push(packet)
        if done % COMMIT == 0:
            tape.commit()
        if len(waiting) > BATCH:
            store.write(started.session, waiting)
            waiting = []
            progress(done, recording.count)
    t_s = max(session.t_s, recording.duration_s)
    waiting += [*session.finish(), SessionEnded(started.session, t_s, "the recording ended")]
    store.write(started.session, waiting)
    progress(recording.count, recording.count)
    return t_s
