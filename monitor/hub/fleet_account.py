"""What has become of everything that simulated runners have sent: an account that the log itself gives."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

from monitor.hub.record_messages import unpack_records
from monitor.hub.run_snapshots import RunSnapshots
from monitor.hub.simulated_fleet import FleetRunner, SimulatedFleet
from monitor.hub.streams import PACKET_LOG, RECORD_LOG, HubStreams
from monitor.sinks.hub.subjects import parse_subject
from monitor.storage.store import Store

if TYPE_CHECKING:
    from nats.aio.msg import Msg

_AT_ONCE = 500


@dataclass(slots=True)
class RunTrace:
    """``RunTrace`` is what the log has of one run: its partition, and when packets and records came (s).

    ``numbers`` are those of the records in each message: of the first, and behind the last.
    """

    partition: int = 0
    packets_s: list[float] = field(default_factory=list)
    records_s: list[float] = field(default_factory=list)
    numbers: list[tuple[int, int]] = field(default_factory=list)

    @property
    def records(self) -> int:
        """The number of records in the log, those that are there twice counted twice."""
        return sum(end - first for first, end in self.numbers)

    @property
    def longest_silence_s(self) -> float:
        """The longest time between two messages with records."""
        return max((b - a for a, b in pairwise(self.records_s)), default=0.0)

    def delays_s(self, since_s: float, until_s: float) -> list[float]:
        """Return how long after each message with packets the next one with records came.

        Packets that came between the two times are meant; those after which no records came are left out.
        """
        out, later = [], iter(self.records_s)
        newest = next(later, None)
        for packets_s in self.packets_s:
            while newest is not None and newest < packets_s:
                newest = next(later, None)
            if newest is not None and since_s <= packets_s < until_s:
                out.append(newest - packets_s)
        return out


@dataclass(frozen=True, slots=True)
class FleetAccount:
    """``FleetAccount`` counts what was sent, and what has become of it.

    ``same`` of ``runs`` have in the store, record by record, what one process makes of them undisturbed.
    """

    runs: int
    same: int
    packets_sent: int
    packets_evaluated: int
    records_expected: int
    records_in_log: int
    records_stored: int

    @property
    def is_whole(self) -> bool:
        """Whether nothing is missing and nothing is there twice."""
        counts = {self.records_expected, self.records_in_log, self.records_stored}
        return self.same == self.runs and self.packets_sent == self.packets_evaluated and len(counts) == 1


async def read_run_traces(streams: HubStreams) -> dict[str, RunTrace]:
    """Return what the log has of every run, by the run's key; it reads the whole log."""
    traces: dict[str, RunTrace] = {}
    async for message in _messages(streams, PACKET_LOG):
        address, what = parse_subject(message.subject)
        trace = traces.setdefault(address.key, RunTrace(int(message.subject.split(".")[1])))
        if what == "packets":
            trace.packets_s.append(message.metadata.timestamp.timestamp())
    async for message in _messages(streams, RECORD_LOG):
        trace = traces.setdefault(parse_subject(message.subject)[0].key, RunTrace())
        batch = unpack_records(message.data)
        trace.records_s.append(message.metadata.timestamp.timestamp())
        trace.numbers.append((batch.first, batch.first + len(batch.records)))
    return traces


async def _messages(streams: HubStreams, name: str) -> AsyncIterator[Msg]:
    """All messages that a stream has now, in order."""
    from nats.js import api

    left = (await streams.log.stream_info(name)).state.messages
    config = api.ConsumerConfig(
        name=f"account-{uuid.uuid4().hex}",
        deliver_policy=api.DeliverPolicy.ALL,
        ack_policy=api.AckPolicy.NONE,
        inactive_threshold=60.0,
    )
    await streams.log.add_consumer(name, config)
    reader = await streams.log.pull_subscribe_bind(consumer=config.name, stream=name)
    while left > 0:
        for message in await reader.fetch(min(left, _AT_ONCE), timeout=10.0):
            left -= 1
            yield message


async def is_evaluated(streams: HubStreams, runners: Iterable[FleetRunner]) -> bool:
    """Return whether the end of each of these runs is saved."""
    snapshots = RunSnapshots(streams)
    entries = await asyncio.gather(*(snapshots.find(runner.address.key) for runner in runners))
    return all(entry.ended for entry in entries)


def is_stored(store: Store, fleet: SimulatedFleet) -> bool:
    """Return whether the store has the end of each of these runs."""
    return sum(info.ended for info in store.sessions()) == len(fleet.runners)


async def fleet_account(
    streams: HubStreams, fleet: SimulatedFleet, traces: Mapping[str, RunTrace], store: Store
) -> FleetAccount:
    """Return the account of runs that have ended."""
    snapshots = RunSnapshots(streams)
    entries = [await snapshots.find(runner.address.key) for runner in fleet.runners]
    same, expected, stored = await asyncio.to_thread(_compare, fleet.runners, store)
    return FleetAccount(
        runs=len(fleet.runners),
        same=same,
        packets_sent=sum(runner.packets for runner in fleet.runners),
        packets_evaluated=sum(entry.packets for entry in entries),
        records_expected=expected,
        records_in_log=sum(trace.records for trace in traces.values()),
        records_stored=stored,
    )


def _compare(runners: Sequence[FleetRunner], store: Store) -> tuple[int, int, int]:
    """How many runs are stored as they must be, and the numbers of records wanted and stored."""
    same = expected = stored = 0
    for runner in runners:
        wanted, there = runner.undisturbed(), store.records(runner.address.session)
        same += wanted == there
        expected += len(wanted)
        stored += len(there)
    return same, expected, stored
