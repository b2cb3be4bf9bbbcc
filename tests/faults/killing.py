"""A run that is killed at some instant, or whose power is cut: what is left, and is it all there is?"""

from __future__ import annotations

import shutil
import signal
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from dsp.types import Record
from monitor.core.packet import Packet
from monitor.core.records import SessionEnded
from monitor.pipeline.session import Session
from monitor.recordings.tape import TapeReader
from monitor.storage.session_info import SessionStatus
from monitor.storage.store import Store
from tests.faults.program import PATIENCE_S, Home


@dataclass(frozen=True)
class Remains:
    """What a killed run left: packets ``sent`` in all, ``taped``, and ``lost`` as the program says it.

    ``problems`` is empty if tape and store hold exactly what the packets on the tape give.
    """

    sent: int
    taped: int
    lost: int
    problems: tuple[str, ...]


def packets_of(tape: Path) -> list[Packet]:
    with TapeReader(tape) as reader:
        return list(reader.packets())


def start_replay(home: Home, tape: Path, speed: float) -> tuple[subprocess.Popen[str], Path]:
    """Start a replay, and return it and the tape that it writes once there is one."""
    program = home.start("replay", tape, "--speed", speed)
    deadline = time.monotonic() + PATIENCE_S
    while not (new := list((home.data / "tapes").glob("*.tape"))):
        assert program.poll() is None, home.log
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return program, new[0]


def kill(program: subprocess.Popen[str]) -> None:
    """End it with SIGKILL and wait until it is gone."""
    program.send_signal(signal.SIGKILL)
    program.communicate(timeout=PATIENCE_S)


def cut_power(program: subprocess.Popen[str], home: Home, copy: Path) -> Home:
    """Copy a user's data in the middle of a write, and return that user.

    The program stands still meanwhile, so the copy is what the disk has if it keeps its word about all
    that was written.
    """
    program.send_signal(signal.SIGSTOP)
    shutil.copytree(home.folder / "data", copy / "data")
    program.send_signal(signal.SIGCONT)
    return Home(copy)


def examine(home: Home, sent: Sequence[Packet]) -> Remains:
    """Start the program once more, so that it completes the session, and compare all that there is."""
    done = home.run("sessions", "list")
    problems = [f"sessions list: {done.returncode}, {done.stderr[-300:]}"] if done.returncode else []
    if not home.sessions():  # killed before the store had it: nothing was promised yet
        return Remains(len(sent), 0, 0, tuple(problems))
    (info,) = home.sessions()
    taped = packets_of(Path(info.tape))
    if [_content(p) for p in taped] != [_content(p) for p in sent[: len(taped)]]:
        problems.append("the tape is not the beginning of what was sent")
    with TapeReader(Path(info.tape)) as tape:
        lost, finished, settings = tape.lost(), tape.finished, tape.header.settings
    if not finished or info.status is not SessionStatus.RECOVERED:
        problems.append(f"the session was not completed: {info.status}")
    session, want = Session(settings), list[object]()
    for packet in taped:
        want += session.push(packet)
    want += session.finish()
    with Store(home.data / "gaitcue.db") as store:
        have = [r for r in store.records(info.id) if isinstance(r, get_args(Record))]
        ends = [r for r in store.records(info.id) if isinstance(r, SessionEnded)]
        if store.digested_sessions() != [info.id] or store.damaged_parts(info.id):
            problems.append(f"its digest does not hold: {store.damaged_parts(info.id)}")
    if have != [r for r in want if isinstance(r, get_args(Record))]:
        problems.append(f"{len(have)} records in the store are not those of its tape")
    if len(ends) != 1 or (f" {lost} packets" if lost else " no packets") not in ends[0].reason:
        problems.append(f"its end is told as {[e.reason for e in ends]}, {lost} packets are lost")
    return Remains(len(sent), len(taped), lost, tuple(problems))


def _content(packet: Packet) -> tuple[str, str, bytes, int]:
    return packet.sensor, packet.channel, packet.payload, packet.link
