"""Import: a recording becomes a session of its own, taped, analyzed as fast as possible and stored."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from monitor.core.errors import ImportedBefore, InputError
from monitor.core.local_time import parse_start
from monitor.core.records import Out, SessionEnded, SessionStarted, has_movement
from monitor.core.safe_text import printable_text
from monitor.core.session_settings import SessionSettings
from monitor.pipeline.run_timer import with_timer
from monitor.pipeline.session import Session
from monitor.recordings.recording import Recording
from monitor.recordings.signals import LONGEST_RECORDING_S
from monitor.recordings.tape import Tape
from monitor.storage.new_session import begin_session, checked_athlete, session_id
from monitor.storage.session_info import SessionInfo
from monitor.storage.store import Store

_RECORDS_PER_WRITE = 5000  # in one transaction
_LATEST_NS = round(1e9 * LONGEST_RECORDING_S)
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
    *,
    needs_movement: bool = False,
) -> SessionInfo:
    """Store the recording as a session of ``athlete`` and return it.

    ``began`` is its start if the recording does not say when it was.  ``name`` is the session's id, of
    one whose pauses and laps come later; by default it is made of the start.  ``progress`` is called
    with packets done and in all.
    ``ImportedBefore`` if a session was made of this recording, ``InputError`` if one began in the same
    second or, with ``needs_movement``, if nobody moves in it.  What fails half way leaves nothing behind.
    """
    recording = _with_start(recording)
    settings = replace(recording.settings, athlete=checked_athlete(athlete))
    started, tape = _begin(store, folder, recording, settings, began, name)
    try:
        session = make_session(settings)
        t_s, empty = _store_recording(store, started, recording, session, tape, progress)
        if needs_movement and empty:
            raise InputError("error.empty_recording", title=recording.title)
        tape.finish(keep_lock=True)
        for remark in recording.remarks:
            store.add_note(started.session, "remark", remark)
        facts = recording.facts if name else with_timer(recording.facts, session.timer, t_s)
        store.add_facts(started.session, facts)
    except BaseException:
        tape.close()
        tape.release()
        store.delete(started.session)
        for left in tape.path.parent.glob(f"{tape.path.name}*"):
            left.unlink(missing_ok=True)
        raise
    store.end(started.session, t_s)
    tape.release()
    return store.session(started.session)


def _with_start(recording: Recording) -> Recording:
    """Return the recording with its start in UTC; ``InputError`` if that is no date of a run."""
    if not recording.started_utc:
        return recording
    try:
        return replace(recording, started_utc=parse_start(recording.started_utc).isoformat())
    except ValueError as exc:
        date = printable_text(recording.started_utc, 40)
        raise InputError("error.start_date", title=recording.title, date=date) from exc


def _begin(
    store: Store,
    folder: Path,
    recording: Recording,
    settings: SessionSettings,
    began: datetime.datetime,
    name: str,
) -> tuple[SessionStarted, Tape]:
    """Begin the session; a start that is only a guess is moved on by seconds past others like it."""
    guess = began.astimezone(datetime.UTC).replace(microsecond=0)
    while True:
        start = recording.started_utc or guess.isoformat()
        session = name or session_id(start, settings.athlete)
        started = SessionStarted(session, settings.athlete, start, tuple(s.name for s in settings.sensors))
        try:
            return started, begin_session(
                store, folder, recording.title, settings, started, recording.source
            )
        except ImportedBefore:
            raise
        except InputError:
            if recording.started_utc or name:
                raise
            if not recording.source and store.session(session).title == recording.title:
                raise  # nothing tells it from the one that is there
        guess += datetime.timedelta(seconds=1)


def _store_recording(
    store: Store,
    started: SessionStarted,
    recording: Recording,
    session: Session,
    tape: Tape,
    progress: Progress,
) -> tuple[float, bool]:
    """Push every packet to the tape and the session, store the records.

    Return the length in seconds, and whether there is nothing of a run in it.
    """
    waiting: list[Out] = [started]
    empty = True
    for done, packet in enumerate(recording.packets(), start=1):
        if packet.arrival_ns > _LATEST_NS:
            days = LONGEST_RECORDING_S / 86_400
            raise InputError("error.long_recording", where=recording.title, days=days)
        tape.append(packet)
        waiting += session.push(packet)
        if done % _PACKETS_PER_COMMIT == 0:
            tape.commit()
        if len(waiting) > _RECORDS_PER_WRITE:
            store.write(started.session, waiting)
            empty = empty and not has_movement(waiting)
            waiting = []
            progress(done, recording.count)
    t_s = max(session.t_s, recording.duration_s)
    waiting += [*session.finish(), SessionEnded(started.session, t_s, "the recording ended")]
    store.write(started.session, waiting)
    progress(recording.count, recording.count)
    return t_s, empty and not has_movement(waiting)
