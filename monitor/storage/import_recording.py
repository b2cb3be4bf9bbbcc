"""Import: a recording becomes a session of its own, taped, analyzed as fast as possible and stored."""

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

_RECORDS_PER_WRITE = 5000  # in one transaction
_PACKETS_PER_COMMIT = 20_000  # given to the tape before they are written

SessionFactory = Callable[[SessionSettings], Session]
"""Makes the session that the packets are pushed into."""
Progress = Callable[[int, int], None]
"""Is called with what is done and with how much there is in all."""


def import_recording(
    store: Store,
    folder: Path,
    recording: Recording,
    athlete: str,
    began: datetime.datetime,
    make_session: SessionFactory = Session,
    progress: Progress = lambda done, total: None,
    name: str = "",
) -> SessionInfo:
    """Store the recording as a session of ``athlete`` and return it.

    ``began`` is its start if the recording does not say when it was.  ``name`` is the session's id; by
    default it is made of the start.  ``progress`` is called with packets done and in all.
    ``InputError`` if that session is there already.  A file that fails half way leaves nothing behind.
    """
    settings = replace(recording.settings, athlete=athlete)
    start = recording.started_utc or _free_start(store, began, athlete, recording.title)
    name = name or session_id(start, athlete)
    if any(info.id == name for info in store.sessions()):
        raise InputError("error.imported_before", title=recording.title, name=name)
    started = SessionStarted(name, athlete, start, tuple(s.name for s in settings.sensors))
    tape = begin_session(store, folder, recording.title, settings, started, recording.source)
    try:
        t_s = _store_recording(store, started, recording, make_session(settings), tape, progress)
        tape.finish()
    except BaseException:
        tape.close()
        store.delete(name)
        for left in tape.path.parent.glob(f"{tape.path.name}*"):
            left.unlink(missing_ok=True)
        raise
    for remark in recording.remarks:
        store.add_note(name, "remark", remark)
    store.add_facts(name, recording.facts)
    store.end(name, t_s)
    return store.session(name)


def _free_start(store: Store, began: datetime.datetime, athlete: str, title: str) -> str:
    """Return a start that is only a guess, moved on by seconds past others that were guessed the same."""
    taken = {info.id: info.title for info in store.sessions()}
    start = began.astimezone(datetime.UTC).replace(microsecond=0)
    while taken.get(session_id(start.isoformat(), athlete), title) != title:
        start += datetime.timedelta(seconds=1)
    return start.isoformat()


def _store_recording(
    store: Store,
    started: SessionStarted,
    recording: Recording,
    session: Session,
    tape: Tape,
    progress: Progress,
) -> float:
    """Push every packet to the tape and the session, store the records; return the length in seconds."""
    waiting: list[Out] = [started]
    for done, packet in enumerate(recording.packets(), start=1):
        tape.append(packet)
        waiting += session.push(packet)
        if done % _PACKETS_PER_COMMIT == 0:
            tape.commit()
        if len(waiting) > _RECORDS_PER_WRITE:
            store.write(started.session, waiting)
            waiting = []
            progress(done, recording.count)
    t_s = max(session.t_s, recording.duration_s)
    waiting += [*session.finish(), SessionEnded(started.session, t_s, "the recording ended")]
    store.write(started.session, waiting)
    progress(recording.count, recording.count)
    return t_s
