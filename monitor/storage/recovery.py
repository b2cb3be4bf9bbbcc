"""Recovery: sessions that a dead process left behind are completed from their tapes.

What the store has of such a session is the beginning of what the tape gives, since live records
equal replayed ones; only the rest is added, so that sinks with an outbox send nothing twice.  Where
the beginning differs (another version computed it), all records are made anew.  An import that was cut
short is undone instead: a part of a file must not pass for the whole of it.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from dsp.types import Record, Step
from monitor.core.errors import InputError, StoreDamaged, StoreError
from monitor.core.records import Out, SensorStatus, SessionEnded
from monitor.pipeline.run_timer import RunTimer
from monitor.pipeline.session import Session
from monitor.recordings.tape import DAMAGED, UNKNOWN_LOSS, TapeReader, finish_abandoned
from monitor.recordings.tape_lock import is_written, lock_path
from monitor.storage import tape_archive
from monitor.storage.import_recording import SessionFactory
from monitor.storage.imported_files import file_fingerprints
from monitor.storage.session_info import SessionInfo, SessionStatus
from monitor.storage.store import Store

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class RecoveredSession:
    """``RecoveredSession`` says how one session was completed.

    ``added`` records came from the tape, ``lost`` packets never reached it, for these reasons.  ``trouble``
    says why the tape could not be used (empty if it could); the session then stays with what the store had.
    """

    session: str
    added: int
    lost: Mapping[str, int]
    trouble: str = ""


def recover(store: Store, make_session: SessionFactory = Session) -> list[RecoveredSession]:
    """Complete every session that is marked live and that no living process writes; return what was done.

    Each is logged as a warning too: a program was killed.  One that cannot be completed now, as a disk is
    full or takes no writing, stays as it is for the next time, which is a warning as well.
    A program must make the tape before it calls ``store.begin``, or another that starts at the same
    moment would take its session for a dead one.
    """
    recovered = []
    for info in store.sessions():
        if info.status is not SessionStatus.LIVE:
            _finish_tape(info)
            continue
        try:
            if info.tape and is_written(Path(info.tape)):
                continue
            if file_fingerprints(info.source):
                _drop_import(store, info)
            else:
                recovered += _recover(store, info, make_session)
        except StoreDamaged:
            raise
        except StoreError as exc:
            _log.warning(
                "%s is not complete yet; it waits to be completed: %s",
                info.id,
                exc,
                extra={"session": info.id},
            )
    for r in recovered:
        text = r.trouble or f"{r.added} records from its tape, {_loss_text(r.lost)}"
        fields = {"session": r.session, "count": r.added, "lost": sum(r.lost.values())}
        _log.warning("recovered %s, which was left unfinished: %s", r.session, text, extra=fields)
    return recovered


def _finish_tape(info: SessionInfo) -> None:
    """Note on the tape of an ended session what it lacks, where there was no room for that before."""
    tape = Path(info.tape)
    if not info.tape or not lock_path(tape).exists() or not tape.exists():
        return
    try:
        if not is_written(tape):
            finish_abandoned(tape)
    except (StoreError, InputError) as exc:
        _log.debug("%s: its tape is not finished yet: %s", info.id, exc)


def rebuild_session(
    store: Store, info: SessionInfo, make_session: SessionFactory = Session, *, timer_anew: bool = False
) -> None:
    """Replace all records of an ended session with those that its tape gives.

    ``timer_anew``: its pauses and laps too, else those that are there stay.
    ``StoreError`` or ``InputError`` if there is no tape, or if it lacks something and gives no more than
    there is: nothing is changed then.
    """
    with tape_archive.unpacked_tape(info) as path:
        replayed, t_s, lost, timer = _replay(path, make_session)
        lacking = _steps_not_on(path, store.steps(info.id))
    records: list[Out] = [r for r in replayed if isinstance(r, get_args(Record))]
    if DAMAGED in lost and len(records) <= _stored_count(store, info):
        raise InputError("error.tape_part_damaged", path=path, count=lost[DAMAGED])
    if lacking and len(records) <= _stored_count(store, info):
        raise InputError("error.tape_lacks", path=path, count=lacking)
    ended = SessionEnded(info.id, t_s, f"recovered from its tape; {_loss_text(lost)}")
    store.complete(info.id, [*records, ended], t_s, SessionStatus.RECOVERED, anew=True, live=False)
    store.add_timer_facts(info.id, timer.pauses_until(t_s), timer.laps, anew=timer_anew)


def _steps_not_on(tape: Path, stored: Sequence[Record]) -> int:
    """How many steps were stored whose packets never reached the tape."""
    with TapeReader(tape) as reader:
        steps_s = (r.ic_s for r in stored if isinstance(r, Step))
        return tape_archive.steps_off_tape(steps_s, reader.packets())


def _stored_count(store: Store, info: SessionInfo) -> int:
    return sum(isinstance(r, get_args(Record)) for r in store.records(info.id))


def _loss_text(lost: Mapping[str, int]) -> str:
    """How many packets are lost and why; where a count is not known, that it is not."""
    if not lost:
        return "no packets lost"
    return ", ".join(
        f"{count} packets are lost: {reason}" if count else reason for reason, count in lost.items()
    )


def _drop_import(store: Store, info: SessionInfo) -> None:
    """Remove what a killed import has of a session: its file has all of it, and may be imported again."""
    tape_archive.remove_tape(info)
    store.delete(info.id)
    _log.warning("%s: its import was cut short and is undone; import the file again", info.title)


def _recover(store: Store, info: SessionInfo, make_session: SessionFactory) -> list[RecoveredSession]:
    """Complete one session; nothing where another program, started at the same moment, did it first."""
    stored = [r for r in store.records(info.id) if isinstance(r, get_args(Record))]
    try:
        replayed, t_s, lost, timer = _replay_abandoned(Path(info.tape), make_session)
    except InputError as exc:
        return _end_without_tape(store, info, exc)
    records = [r for r in replayed if isinstance(r, get_args(Record))]
    anew = records[: len(stored)] != stored
    if anew and len(records) <= len(stored) and (DAMAGED in lost or _steps_not_on(Path(info.tape), stored)):
        records, anew = stored, False  # a tape with holes does not mend the store
    rest: list[Out] = [*(records if anew else records[len(stored) :])]
    reason = f"recovered from its tape; {_loss_text(lost)}"
    ended = SessionEnded(info.id, t_s, reason)
    if not store.complete(info.id, [*rest, ended], t_s, SessionStatus.RECOVERED, anew=anew):
        return []
    store.add_timer_facts(info.id, timer.pauses_until(t_s), timer.laps)
    return [RecoveredSession(info.id, len(rest), lost)]


def _end_without_tape(store: Store, info: SessionInfo, exc: InputError) -> list[RecoveredSession]:
    """The tape is gone or damaged: what is stored is all there is."""
    t_s = max((r.t_s for r in store.events(info.id) if isinstance(r, SensorStatus)), default=0.0)
    ended = SessionEnded(info.id, t_s, f"the program was killed; no tape: {exc}")
    done = store.complete(info.id, [ended], t_s, SessionStatus.RECOVERED)
    return [RecoveredSession(info.id, 0, {}, str(exc))] if done else []


_Replayed = tuple[list[Out], float, dict[str, int], RunTimer]
"""What a session gives for a tape, its length, what is missing and why, and its timer."""


def _replay_abandoned(path: Path, make_session: SessionFactory) -> _Replayed:
    """Finish the tape of a dead program and replay it; one that is too damaged for that as it lies."""
    try:
        finish_abandoned(path)
    except InputError as exc:
        replayed, t_s, lost, timer = _replay(path, make_session)
        _log.warning("%s", exc.log_text)
        return replayed, t_s, {**lost, UNKNOWN_LOSS: 0}, timer
    return _replay(path, make_session)


def _replay(path: Path, make_session: SessionFactory) -> _Replayed:
    with TapeReader(path) as tape:
        session = make_session(tape.header.settings)
        out: list[Out] = []
        for found in session.evaluate(tape.packets()):
            out += found
        out += session.finish()
        try:
            lost = tape.losses()
        except InputError:  # the rest of the tape could be read
            lost = {DAMAGED: tape.damaged, UNKNOWN_LOSS: 0} if tape.damaged else {UNKNOWN_LOSS: 0}
    return out, session.t_s, lost, session.timer
