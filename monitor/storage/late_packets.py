"""Packets that come after their session has ended, as from a phone that was out of reach when it did.

They go onto its tape where they belong, and all its records are made anew from that.  A hub gets the run
once more, too.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from monitor.core.errors import InputError, StoreError
from monitor.core.packet import RUNNER, Packet
from monitor.core.session_settings import SessionSettings
from monitor.recordings.tape import Tape, TapeReader, copy_gaps, make_plain
from monitor.recordings.tape_lock import is_written
from monitor.recordings.tape_reading import LONGEST_TAPE_S
from monitor.storage.recovery import rebuild_session
from monitor.storage.session_info import SessionStatus
from monitor.storage.store import Store
from monitor.storage.tape_archive import steps_off_tape, tape_file, unpacked_tape

_log = logging.getLogger(__name__)

_SAME_NS = 300_000_000  # by so much two clocks may differ about when one packet came
_COMMIT_EVERY = 5000


def add_late_packets(store: Store, athlete: str, session: str, late: Sequence[Packet]) -> int:
    """Add packets to a session that has ended, on its own clock; return how many it did not have.

    Their ``link`` counts connections from 0; those of the tape come before.  Wishes of the runner are
    followed at their second, and the pauses and laps of the session are made anew.  What is of no sensor
    of the session, or later than any session is long, is left out.  ``StoreError`` if the session is not
    there, is not of this athlete, goes on or cannot be written, ``InputError`` if its tape cannot be read
    or lacks what was measured: then nothing is changed.
    """
    info = next((i for i in store.sessions() if (i.id, i.athlete) == (session, athlete)), None)
    if info is None:
        raise StoreError("error.tape_gone", session=session)
    if info.status is SessionStatus.LIVE or is_written(Path(info.tape)):
        raise StoreError("error.session_live", session=session)
    path, old_file = Path(info.tape), tape_file(info)
    if old_file is None:
        raise StoreError("error.tape_gone", session=session)
    with unpacked_tape(info) as old, TapeReader(old) as tape:
        there = list(tape.packets())
        if tape.damaged:
            raise InputError("error.tape_part_damaged", path=old, count=tape.damaged)
        new = _unheard(there, [p for p in late if _may_be_of(p, tape.header.settings)])
        if not new:
            return 0
        if lacking := steps_off_tape(store.step_columns(info.id).ic_s, [*there, *new]):
            raise InputError("error.tape_lacks", path=old, count=lacking)
        merged = _write_merged(tape, old, path, sorted([*there, *new], key=lambda p: p.arrival_ns))
    if path.exists():
        make_plain(path)  # nothing of it may lie beside the new one
    store.send_anew(info.id)  # before too: a kill right after the next line leaves no run half sent
    merged.replace(path)
    store.send_anew(info.id)  # what was sent meanwhile may have been read from the old tape
    if old_file != path:
        old_file.unlink()  # compressed
    rebuild_session(store, info, timer_anew=True)
    _log.info("%s: %d packets came late and are part of it now", session, len(new))
    return len(new)


def _may_be_of(packet: Packet, settings: SessionSettings) -> bool:
    in_time = packet.arrival_ns <= LONGEST_TAPE_S * 1e9
    return in_time and packet.sensor in {RUNNER, *(s.name for s in settings.sensors)}


def _unheard(there: Iterable[Packet], late: Sequence[Packet]) -> list[Packet]:
    """Those that are not on the tape, as connections after those of the tape."""
    times: dict[tuple[str, str, bytes], list[int]] = {}
    links: dict[str, int] = {}
    for p in there:
        times.setdefault((p.sensor, p.channel, p.payload), []).append(p.arrival_ns)
        links[p.sensor] = max(links.get(p.sensor, -1), p.link)
    links[RUNNER] = -1  # who makes wishes over no connection
    return [
        replace(p, link=links.get(p.sensor, -1) + 1 + p.link)
        for p in late
        if all(abs(p.arrival_ns - t) > _SAME_NS for t in times.get((p.sensor, p.channel, p.payload), ()))
    ]


def _write_merged(tape: TapeReader, old: Path, path: Path, packets: Sequence[Packet]) -> Path:
    merged = path.with_name(f"late.{path.stem}.part")  # no tape yet
    merged.unlink(missing_ok=True)
    out = Tape(merged, tape.header)
    try:
        for count, packet in enumerate(packets, start=1):
            out.append(packet)
            if count % _COMMIT_EVERY == 0:
                out.commit()
        out.finish()
        copy_gaps(old, merged)
    except (StoreError, sqlite3.Error):
        out.close()
        merged.unlink(missing_ok=True)
        raise
    return merged
