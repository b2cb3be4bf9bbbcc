"""One runner's session on a worker: messages of the log in, records out, and all of it in a snapshot.

It is ordinary synchronous code around ``Session``.  Records are numbered through a run, and the same
packets give the same records with the same numbers, whichever worker they come to and however often: that
is what lets others store each of them once.
"""

from __future__ import annotations

import logging
import pickle
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from importlib.metadata import version

from monitor.core.activity_facts import LapMark, TimerPause
from monitor.core.errors import InputError
from monitor.core.packet import Packet
from monitor.core.records import Out, SessionEnded
from monitor.pipeline.session import Session
from monitor.recordings.tape_blocks import Numbered
from monitor.sinks.hub.run_messages import RunEnd, RunStart

_log = logging.getLogger(__name__)
PROGRAM = version("gaitcue")
"""The version that makes snapshots here, and can go on from those it made."""
_QUICK = 1  # of zlib's levels: a quarter smaller than nothing, in a tenth of the best level's time

GIVEN_UP = "what follows could not be evaluated"
"""The reason of the end of a run that breaks its evaluation."""


@dataclass(frozen=True, slots=True)
class RecordBatch:
    """``RecordBatch`` is some records of an edition of a run; ``first`` is the number of the first of them,
    from 0 on.

    That of a run's end says which ``pauses`` and ``laps`` its timer had.
    """

    first: int
    records: Sequence[Out]
    pauses: tuple[TimerPause, ...] = ()
    laps: tuple[LapMark, ...] = ()
    edition: int = 0


@dataclass(slots=True)
class HostedRun:
    """``HostedRun`` is a session on a worker.

    ``records`` were made so far; ``next_packet`` is the number that comes next; ``missing`` packets are
    not on the tape they come from, ``repeated`` came before and were left out.
    """

    start: RunStart
    edition: int = 0
    session: Session = field(init=False)
    records: int = 0
    next_packet: int = 0
    missing: int = 0
    repeated: int = 0

    def __post_init__(self) -> None:
        self.session = Session(self.start.settings)

    @property
    def packets(self) -> int:
        """The number of packets that were evaluated, each once."""
        return self.next_packet - self.missing

    def begin(self) -> RecordBatch:
        """Return the first record of the run."""
        return self._numbered([self.start.started])

    def push(self, rows: Sequence[Numbered], check: Callable[[], None] = lambda: None) -> RecordBatch:
        """Return the records that follow from packets; those that came before are left out.

        ``check`` is called between packets, and may end this by what it raises.
        """
        fresh: list[Packet] = []
        for number, packet in rows:
            if number < self.next_packet:
                self.repeated += 1
                continue
            self.missing += number - self.next_packet
            self.next_packet = number + 1
            fresh.append(packet)
        out: list[Out] = []
        check()
        for records in self.session.evaluate(fresh):
            out += records
            check()
        return self._numbered(out)

    def finish(self, end: RunEnd) -> RecordBatch:
        """Return the records that were still waiting, and the last one."""
        return self._last([*self.session.finish()], end.reason)

    def give_up(self, reason: str = GIVEN_UP) -> RecordBatch:
        """Return the last record of a run that is not evaluated any further, for this reason."""
        return self._last([], reason)

    def _last(self, records: list[Out], reason: str) -> RecordBatch:
        """These records, the end, and what the timer tells of the whole run."""
        t_s, timer = self.session.t_s, self.session.timer
        batch = self._numbered([*records, SessionEnded(self.start.started.session, t_s, reason)])
        return replace(batch, pauses=timer.pauses_until(t_s), laps=tuple(timer.laps))

    def _numbered(self, records: Sequence[Out]) -> RecordBatch:
        batch = RecordBatch(self.records, records, edition=self.edition)
        self.records += len(records)
        return batch


@dataclass(frozen=True, slots=True)
class Snapshot:
    """``Snapshot`` is a run as it was after the message ``sequence`` of the log.

    ``program`` is the version that made it: another version may have other state.
    """

    sequence: int
    run: HostedRun
    program: str = field(default_factory=lambda: PROGRAM)

    def pack(self) -> bytes:
        """Return its bytes, of which ``unpack_snapshot`` makes it again."""
        return zlib.compress(pickle.dumps(self, protocol=5), _QUICK)


def unpack_snapshot(data: bytes) -> Snapshot:
    """Return the snapshot in these bytes; ``InputError`` if there is none that this version can go on from.

    They are a pickle, which can hold a program: only workers may write into the bucket that they come from.
    """
    try:
        snapshot = pickle.loads(zlib.decompress(data))
    except Exception as exc:  # whatever an older version's classes make of it
        raise InputError("error.hub_snapshot") from exc
    if not isinstance(snapshot, Snapshot) or snapshot.program != PROGRAM:
        raise InputError("error.hub_snapshot")
    return snapshot
