"""A worker of one partition: it reads the log from where its runs are safe, and evaluates every run in it.

What a worker knows is in memory, and may be lost at any time.  Its runs' snapshots say up to which
message of the log each of them went, and the partition's position is a message before which nothing is
missing from them.  After a kill, a lost connection or a new version it begins at the position, gives each
run the messages that its snapshot has not had, and publishes the records that the log has not got.  There
is no other way back, and no protocol between workers: a worker that begins claims the partition, and the
one before finds that out as soon as it wants to save anything.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import re
import time as clocks
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from monitor.core.errors import ConfigError, DecodeError, InputError
from monitor.core.monotonic import MonotonicClock
from monitor.hub.hosted_run import GIVEN_UP, HostedRun, RecordBatch, Snapshot
from monitor.hub.log_reader import LogRange, read_log
from monitor.hub.partition_position import PartitionPosition, unpack_position
from monitor.hub.record_messages import pack_records, unpack_records
from monitor.hub.run_snapshots import RunSnapshots, SnapshotEntry
from monitor.hub.runner_budget import BudgetParams, OverBudget, RunnerBudgets
from monitor.hub.streams import PACKET_LOG, RECORD_LOG, HubStreams, partition_filter, position_key
from monitor.recordings.tape_blocks import Numbered
from monitor.sinks.hub.run_messages import (
    RunEnd,
    RunStart,
    edition_of,
    unpack_end,
    unpack_packets,
    unpack_start,
)
from monitor.sinks.hub.subjects import RunAddress, parse_subject
from monitor.storage.new_session import session_id

if TYPE_CHECKING:
    from nats.aio.msg import Msg
    from nats.js import JetStreamContext

_log = logging.getLogger(__name__)
_GIVEN_UP_HEADER = "Gaitcue-Given-Up"
"""Of the last message of records of a run that was given up: whether it used too much or broke.

A worker that is killed before its snapshot would else go on behind that end, with numbers the log has.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerParams:
    """Sizes and times of a worker (choices)."""

    snapshot_s: float = 30.0  # between two snapshots of a run: what a kill costs is evaluated again
    snapshot_messages: int = (
        60  # or sooner, after so many of a run: who catches up and is killed again gets on
    )
    at_once: int = 200  # messages read at a time
    wait_s: float = 0.5  # for the first of them
    most_records: int = 2000  # in a message
    idle_s: float = 600.0  # a run of which nothing comes leaves the memory; its snapshot stays
    budget: BudgetParams = field(default_factory=BudgetParams)

    def __post_init__(self) -> None:
        if min(self.snapshot_s, self.wait_s, self.idle_s) <= 0:
            raise ValueError("times must be positive")
        if min(self.snapshot_messages, self.at_once, self.most_records) < 1:
            raise ValueError("snapshot_messages, at_once and most_records must be positive")


@dataclass(slots=True)
class PartitionState:
    """``PartitionState`` is how a partition is doing, as far as this process knows.

    It is ``serving`` while it has claimed the partition and is connected.  ``sequence`` is the last message
    that was evaluated, ``lag`` messages waited after it when it came; ``runs`` are in memory.  Since
    ``unsaved_since_s`` (monotonic) some run has had messages that its snapshot has not, None if none has.
    The rest only grow: ``restored`` runs were gone on with from a snapshot, ``rebuilt`` from their first
    message; ``redelivered`` messages were in their run's snapshot already, ``repeated`` packets came twice;
    ``damaged`` messages could not be read, nor ``damaged_entries`` of what workers note of the partition
    and of runs; ``orphans`` belong to a run whose start is not there; ``late`` packets came after the end
    of their run, ``missing`` ones had not come by then and are on its tape; ``broken``
    runs were given up, as one of their messages could be read but not evaluated, ``over_budget`` runs as
    they or their runner used more than there is for one; ``dropped`` later messages of such runs were left
    out, and are gone from the log.
    ``claims`` counts those of all processes that ever served the partition, ``claims_lost`` those that
    this one has lost to another.
    """

    partition: int
    serving: bool = False
    sequence: int = 0
    messages: int = 0
    records: int = 0
    runs: int = 0
    lag: int = 0
    snapshots: int = 0
    unsaved_since_s: float | None = None
    restored: int = 0
    rebuilt: int = 0
    redelivered: int = 0
    repeated: int = 0
    damaged: int = 0
    damaged_entries: int = 0
    orphans: int = 0
    late: int = 0
    missing: int = 0
    broken: int = 0
    over_budget: int = 0
    dropped: int = 0
    claims: int = 0
    claims_lost: int = 0


class _RunMessage(NamedTuple):
    """A message of a run: its start, packets or end, of which edition, and its bytes."""

    what: str
    edition: int
    data: bytes


class _Published(NamedTuple):
    """What the log has of a run: ``records`` of its newest edition, and why that was given up, if so."""

    edition: int = 0
    records: int = 0
    given_up: str = ""


@dataclass(slots=True)
class _LiveRun:
    """A run in memory: ``sequence`` is its last message, ``published`` is in the log."""

    key: str
    address: RunAddress
    run: HostedRun | None
    entry: SnapshotEntry
    sequence: int
    published: _Published
    saved_s: float
    touched_s: float
    edition: int = 0
    unsaved: int = 0  # messages since the snapshot
    waiting: list[RecordBatch] = field(default_factory=list)
    ended: bool = False
    given_up: bool = False
    over_budget: bool = False
    late: int = 0

    @property
    def dirty(self) -> bool:
        """Whether it has had a message that its snapshot has not."""
        return self.sequence > self.entry.sequence

    @property
    def next_packet(self) -> int:
        """The number that the next packet of this edition has, as far as it is known here."""
        return self.entry.next_packet if self.run is None else self.run.next_packet

    def take_edition(self, edition: int) -> None:
        """Be this edition from now on, ended if the log says that it was given up."""
        why = self.published.given_up if edition == self.published.edition else ""
        self.edition, self.given_up = edition, False
        self.ended, self.over_budget = bool(why), why == "over budget"


class PartitionWorker:
    """``PartitionWorker`` serves one partition for as long as its connection lasts.

    ``state`` may be read at any time.
    """

    def __init__(
        self,
        streams: HubStreams,
        state: PartitionState,
        time: MonotonicClock,
        params: WorkerParams | None = None,
        cpu_s: Callable[[], float] = clocks.thread_time,
    ) -> None:
        self._streams = streams
        self._log: JetStreamContext = streams.log
        self._snapshots = RunSnapshots(streams)
        self.state = state
        self._time = time
        self._p = params or WorkerParams()
        self._cpu_s = cpu_s
        self._budgets = RunnerBudgets(self._p.budget)
        self._runs: dict[str, _LiveRun] = {}
        self._name = position_key(state.partition)
        self._revision = 0
        self._position = PartitionPosition(0)
        self._saved_s = time.now_s()

    async def run(self) -> None:
        """Serve the partition until this is cancelled.

        Raises what NATS does; ``ConfigError`` when another worker has the partition now.
        """
        await self._claim()
        self.state.serving = True
        try:
            async for messages in self._batches():
                for message in messages:
                    await self._take(message)
                    await asyncio.sleep(0)  # for other partitions, and what the hub asks
                await self._publish()
                await self._save()
        finally:
            self.state.serving = False

    # ------------------------------------------------------------------ the partition

    async def _claim(self) -> None:
        """Take the partition over, from whoever had it."""
        from nats.js.errors import KeyNotFoundError

        positions = self._streams.positions
        try:
            found = await positions.get(self._name)
            last = (await self._log.stream_info(PACKET_LOG)).state.last_seq
            self._position = unpack_position(found.value or b"", last)
        except KeyNotFoundError:
            self._position = PartitionPosition(0)
        except DecodeError as exc:
            self.state.damaged_entries += 1
            _log.error("partition %d begins with its first message: %s", self.state.partition, exc)
            self._position = PartitionPosition(0)
        self._position = self._position.claimed()
        self.state.sequence, self.state.claims = self._position.sequence, self._position.claims
        self._revision = await positions.put(self._name, self._position.pack())

    async def _move_position(self) -> None:
        from nats.js.errors import KeyWrongLastSequenceError

        dirty = [live.entry.sequence for live in self._runs.values() if live.dirty]
        first = min(dirty, default=self.state.sequence)
        self._position = replace(self._position, sequence=max(self._position.sequence, first))
        try:
            body = self._position.pack()
            self._revision = await self._streams.positions.update(self._name, body, self._revision)
        except KeyWrongLastSequenceError as exc:
            self.state.claims_lost += 1
            raise ConfigError("error.hub_partition", partition=self.state.partition) from exc

    def _batches(self) -> AsyncIterator[Sequence[Msg]]:
        """The messages after the position, in order."""
        number = self.state.partition
        wanted = LogRange(
            stream=PACKET_LOG,
            after=self._position.sequence,  # which says what is safe
            reader=worker_consumer(number),
            subjects=partition_filter(number),
        )
        return read_log(self._log, wanted, self._p.at_once, self._p.wait_s)

    # ------------------------------------------------------------------ the runs

    async def _take(self, message: Msg) -> None:
        """Give a message to its run."""
        self.state.sequence = sequence = message.metadata.sequence.stream
        self.state.messages += 1
        self.state.lag = message.metadata.num_pending
        try:
            address, what = parse_subject(message.subject)
            live = self._runs.get(address.key) or await self._enter(address, sequence)
            if sequence > live.sequence:
                live.touched_s = self._time.now_s()
                live.sequence = sequence
                live.unsaved += 1
                self._budgets.begin_day(message.metadata.timestamp.date())
                self._evaluate(live, _run_message(message, what))
            else:
                self.state.redelivered += 1
        except (DecodeError, InputError) as exc:
            self.state.damaged += 1
            _log.warning("a message of the log is left out: %s", exc)

    def _evaluate(self, live: _LiveRun, message: _RunMessage, *, counted: bool = True) -> None:
        """Give a run one message; one that breaks it ends that run, and nobody else's.

        What a runner sends must not end the worker, which would meet it again at each of its starts.
        """
        began_s = self._cpu_s()
        try:
            if counted:
                self._budgets.take_message(_runner_of(live), len(message.data))
            self._push(live, message, began_s)
        except (DecodeError, InputError):
            raise
        except OverBudget as exc:
            self._end_over_budget(live, str(exc))
        except Exception:
            _log.exception("%s cannot be evaluated and ends here", live.key)
            self.state.broken += 1
            self._give_up(live, GIVEN_UP)
        finally:
            self._budgets.add_time(_runner_of(live), self._cpu_s() - began_s)

    def _end_over_budget(self, live: _LiveRun, reason: str) -> None:
        """End a run of somebody who has used too much; what still comes of it leaves the log with it."""
        live.over_budget = True
        if live.ended:
            self.state.dropped += 1
            return
        _log.warning("%s ends here: %s", live.key, reason)
        self.state.over_budget += 1
        self._give_up(live, reason)

    def _give_up(self, live: _LiveRun, reason: str) -> None:
        live.ended = live.given_up = True
        if live.run is not None:
            live.waiting.append(live.run.give_up(reason))

    def _push(self, live: _LiveRun, message: _RunMessage, began_s: float) -> None:
        what, edition, data = message
        if live.over_budget:
            self.state.dropped += 1
        elif what == "start":
            if edition > live.edition or (live.run is None and not live.ended and edition == live.edition):
                self._start(live, _own_start(live.address, data), edition)
        elif edition < live.edition or (live.ended and edition == live.edition):
            if what == "packets":
                self._count_late(live, edition, unpack_packets(data))
        elif live.run is None or edition > live.edition:
            self.state.orphans += 1
        elif what == "packets":
            repeated = live.run.repeated
            self._budgets.check_run(live.run.records, 0)
            live.waiting.append(live.run.push(unpack_packets(data), partial(self._check_time, began_s)))
            self.state.repeated += live.run.repeated - repeated
        else:
            self._end(live, live.run, unpack_end(data))

    def _start(self, live: _LiveRun, start: RunStart, edition: int) -> None:
        """Begin a run, or a newer edition of it: the whole run, with what came late."""
        self._check_start(live, start)
        live.take_edition(edition)
        if not live.ended:
            live.run = HostedRun(start, edition)
            live.waiting.append(live.run.begin())

    def _end(self, live: _LiveRun, run: HostedRun, end: RunEnd) -> None:
        missing = max(0, end.packets - run.packets)
        if missing:
            self.state.missing += missing
            _log.warning("%s: %d packets of its tape never came", live.key, missing)
        live.waiting.append(run.finish(end))
        live.ended = True

    def _count_late(self, live: _LiveRun, edition: int, rows: Sequence[Numbered]) -> None:
        """Count packets of a run that has ended; a newer edition has all of an older one."""
        late = sum(edition == live.edition and number >= live.next_packet for number, _ in rows)
        self.state.repeated += len(rows) - late
        if late and not live.late:
            _log.warning("%s: packets came after its end and are not part of it", live.key)
        live.late += late
        self.state.late += late

    def _check_time(self, began_s: float) -> None:
        self._budgets.check_message(self._cpu_s() - began_s)

    def _check_start(self, live: _LiveRun, start: RunStart) -> None:
        self._budgets.check_run(0, len(start.settings.sensors))
        runner = _runner_of(live)
        mine = sum(_runner_of(run) == runner and run.run is not None for run in self._runs.values())
        self._budgets.check_runs(mine + 1)

    async def _enter(self, address: RunAddress, sequence: int) -> _LiveRun:
        """Bring the run of a message into memory: from its snapshot, from its first message, or as new."""
        key, now_s = address.key, self._time.now_s()
        entry = await self._snapshots.find(key)
        if not entry.readable:
            self.state.damaged_entries += 1
            _log.error("%s begins with its first message: the note of its snapshot cannot be read", key)
            entry = replace(entry, sequence=sequence - 1)
        published = await self._published(address)
        live = _LiveRun(key, address, None, entry, entry.sequence, published, now_s, now_s)
        live.take_edition(entry.edition)
        live.ended = live.ended or entry.ended
        snapshot = await self._snapshots.load(entry)
        if snapshot is not None:
            live.run = snapshot.run
            self.state.restored += 1
        elif entry.revision and not entry.ended:
            await self._rebuild(live)
            self.state.rebuilt += 1
        self._runs[key] = live
        self.state.runs = len(self._runs)
        return live

    async def _rebuild(self, live: _LiveRun) -> None:
        """Evaluate a run from its first message up to its entry, whose snapshot cannot be read here."""
        partition = self.state.partition
        subjects = f"part.{partition}.gait.{live.key}.*"
        wanted = LogRange(stream=PACKET_LOG, after=0, reader="rebuild-", subjects=subjects)
        async for messages in read_log(self._log, wanted, self._p.at_once, self._p.wait_s):
            for message in messages:
                if message.metadata.sequence.stream > live.entry.sequence:
                    return
                said = _run_message(message, parse_subject(message.subject)[1])
                if said.edition >= live.edition:
                    self._evaluate(live, said, counted=False)
            if not messages:
                return

    async def _published(self, address: RunAddress) -> _Published:
        from nats.js.errors import NotFoundError

        try:
            last = await self._log.get_last_msg(RECORD_LOG, address.subject("records"))
        except NotFoundError:
            return _Published()
        batch = unpack_records(last.data or b"")
        given_up = (last.headers or {}).get(_GIVEN_UP_HEADER, "")
        return _Published(batch.edition, batch.first + len(batch.records), given_up)

    async def _publish(self) -> None:
        """Put the records that are not there yet into the log: of each run in order, the runs at once."""
        waiting = [live for live in self._runs.values() if live.waiting]
        await asyncio.gather(*(self._publish_run(live) for live in waiting))

    async def _publish_run(self, live: _LiveRun) -> None:
        batches, live.waiting = live.waiting, []
        for edition, some in itertools.groupby(batches, key=lambda batch: batch.edition):
            if edition > live.published.edition:
                live.published = _Published(edition)
            if edition == live.published.edition:  # of an older one all is in the log
                await self._publish_edition(live, list(some))

    async def _publish_edition(self, live: _LiveRun, batches: list[RecordBatch]) -> None:
        records = [record for batch in batches for record in batch.records]
        first, published = batches[0].first, live.published.records
        fresh, at = records[max(0, published - first) :], max(first, published)
        given_up = live.given_up and live.edition == batches[0].edition
        if given_up and not fresh:  # a worker before this one came further: the end stands behind that
            fresh = records[-1:]
        for start in range(0, len(fresh), self._p.most_records):
            some, last = fresh[start : start + self._p.most_records], batches[-1]
            is_last = start + self._p.most_records >= len(fresh)
            plain = RecordBatch(0, (), edition=last.edition)
            batch = replace(last if is_last else plain, first=at + start, records=some)
            headers = {"Nats-Msg-Id": f"{live.key}/{batch.edition}/{batch.first}/{len(batch.records)}"}
            if given_up and is_last:
                headers[_GIVEN_UP_HEADER] = "over budget" if live.over_budget else "broken"
            await self._log.publish(live.address.subject("records"), pack_records(batch), headers=headers)
            live.published = live.published._replace(records=batch.first + len(batch.records))
            self.state.records += len(batch.records)

    # ------------------------------------------------------------------ what a kill leaves

    async def _save(self) -> None:
        """Snapshot the runs that are due, one after another, and move the position."""
        now_s = self._time.now_s()
        due = [live for live in self._runs.values() if self._is_due(live, now_s)]
        if due or now_s - self._saved_s >= self._p.snapshot_s:
            await self._move_position()  # first: it fails where another worker has the partition
            self._saved_s = now_s
        for live in due:
            await self._save_run(live, now_s)
        for key in [k for k, live in self._runs.items() if live.ended or self._is_idle(live, now_s)]:
            if self._runs[key].over_budget:
                await self._purge(self._runs[key])
            if not self._runs[key].dirty:
                del self._runs[key]
        dirty = [live.saved_s for live in self._runs.values() if live.dirty]
        self.state.runs, self.state.unsaved_since_s = len(self._runs), min(dirty, default=None)

    def _is_due(self, live: _LiveRun, now_s: float) -> bool:
        many = live.unsaved >= self._p.snapshot_messages
        return live.dirty and (live.ended or many or now_s - live.saved_s >= self._p.snapshot_s)

    def _is_idle(self, live: _LiveRun, now_s: float) -> bool:
        return now_s - live.touched_s >= self._p.idle_s

    async def _save_run(self, live: _LiveRun, now_s: float) -> None:
        live.unsaved = 0
        if live.run is None:  # an orphan: nothing to go on with
            live.entry = replace(live.entry, sequence=live.sequence)
            return
        snapshot = Snapshot(live.sequence, live.run)
        live.entry = await self._snapshots.save(live.key, live.entry, snapshot, ended=live.ended)
        live.saved_s = now_s
        self.state.snapshots += 1

    async def _purge(self, live: _LiveRun) -> None:
        """Remove the messages of a run from the log: it would keep them for days, and nobody wants them."""
        subjects = f"part.{self.state.partition}.gait.{live.key}.*"
        await self._log.purge_stream(PACKET_LOG, subject=subjects)


def _run_message(message: Msg, what: str) -> _RunMessage:
    return _RunMessage(what, edition_of(message.headers), message.data)


def _runner_of(live: _LiveRun) -> str:
    return live.key.rpartition(".")[0]


def worker_consumer(partition: int) -> str:
    """Return how the names begin under which workers of a partition read the log."""
    return f"worker-{partition}-"


def _own_start(address: RunAddress, data: bytes) -> RunStart:
    """The start in these bytes; ``DecodeError`` if it is another's than the subject says, or its run has a
    name that the runner's machine would not have given it: a tenant's store has one run of a name.
    """
    start = unpack_start(data)
    started = start.started
    if (started.athlete, started.session) != (address.athlete, address.session):
        raise DecodeError("the start of a run under the name of another")
    try:
        name = session_id(started.started_utc, started.athlete)
    except (ValueError, OverflowError) as exc:
        raise DecodeError("the start of a run at a time that cannot be") from exc
    if not re.fullmatch(re.escape(name) + r"(-\d{1,4})?", address.session):
        raise DecodeError("the start of a run with a name that is not its own")
    return start
