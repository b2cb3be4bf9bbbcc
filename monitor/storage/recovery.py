"""Recovery: sessions that a dead process left behind are completed from their tapes.

What the store has of such a session is the beginning of what the tape gives, since live records
equal replayed ones; only the rest is added, so that sinks with an outbox send nothing twice.  Where
the beginning differs (another version computed it), all records are made anew.  An import that was cut
short is undone instead: a part of a file must not pass for the whole of it.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from dsp.types import Record
from monitor.core.errors import InputError, StoreError
from monitor.core.records import Out, SensorStatus, SessionEnded
from monitor.pipeline.session import Session
from monitor.recordings.tape import TapeReader, finish_abandoned
from monitor.recordings.tape_lock import is_written
from monitor.storage import tape_archive
from monitor.storage.import_recording import SessionFactory
from monitor.storage.imported_files import file_fingerprints
from monitor.storage.session_info import SessionInfo, SessionStatus
from monitor.storage.store import Store

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class RecoveredSession:
    """``RecoveredSession`` says how one session was completed.

    ``added`` records came from the tape, ``lost`` packets never reached it.  ``trouble`` says why the
    tape could not be used (empty if it could); the session then stays with what the store had.
    """

    session: str
    added: int
    lost: int
    trouble: str = ""


def recover(store: Store, make_session: SessionFactory = Session) -> list[RecoveredSession]:
    """Complete every session that is marked live and that no living process writes; return what was done.

    Each is logged as a warning too: a program was killed.
    A program must make the tape before it calls ``store.begin``, or another that starts at the same
    moment would take its session for a dead one.
    """
    live = [info for info in store.sessions() if info.status is SessionStatus.LIVE]
    left = [info for info in live if not (info.tape and is_written(Path(info.tape)))]
    for info in left:
        if file_fingerprints(info.source):
            _drop_import(store, info)
    recovered = [_recover(store, info, make_session) for info in left if not file_fingerprints(info.source)]
    for r in recovered:
        text = r.trouble or f"{r.added} records from its tape, {r.lost} packets lost"
        fields = {"session": r.session, "count": r.added, "lost": r.lost}
        _log.warning("recovered %s, which a killed program left: %s", r.session, text, extra=fields)
    return recovered


def _drop_import(store: Store, info: SessionInfo) -> None:
    """Remove what a killed import has of a session: its file has all of it, and may be imported again."""
    tape_archive.remove_tape(info)
    store.delete(info.id)
    _log.warning("%s: its import was cut short and is undone; import the file again", info.title)


def _recover(store: Store, info: SessionInfo, make_session: SessionFactory) -> RecoveredSession:
    stored = [r for r in store.records(info.id) if isinstance(r, get_args(Record))]
    try:
        lost = finish_abandoned(Path(info.tape))
        replayed, t_s = _replay(Path(info.tape), make_session)
    except (InputError, StoreError) as exc:
        t_s = max((r.t_s for r in store.events(info.id) if isinstance(r, SensorStatus)), default=0.0)
        store.write(info.id, [SessionEnded(info.id, t_s, f"the program was killed; no tape: {exc}")])
        store.end(info.id, t_s, SessionStatus.RECOVERED)
        return RecoveredSession(info.id, 0, 0, str(exc))
    records = [r for r in replayed if isinstance(r, get_args(Record))]
    if records[: len(stored)] == stored:
        rest: list[Out] = [*records[len(stored) :]]
    else:
        store.clear(info.id)
        rest = [*records]
    reason = f"recovered from its tape; {lost} packets of the last second are lost"
    store.write(info.id, [*rest, SessionEnded(info.id, t_s, reason)])
    store.end(info.id, t_s, SessionStatus.RECOVERED)
    return RecoveredSession(info.id, len(rest), lost)


def _replay(path: Path, make_session: SessionFactory) -> tuple[list[Out], float]:
    """Return everything the session gives for the packets on the tape, and its length in seconds."""
    with TapeReader(path) as tape:
        session = make_session(tape.header.settings)
        out: list[Out] = []
        for packet in tape.packets():
            out += session.push(packet)
        out += session.finish()
    return out, session.t_s
