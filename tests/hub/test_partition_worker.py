"""Workers on a genuine server: killed, doubled, of another version, and still each record once."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from nats.js import JetStreamContext

from dsp.types import Side, Step
from monitor.core.errors import ConfigError
from monitor.core.monotonic import SystemClock
from monitor.core.nats_client import HubSettings, log_connection
from monitor.core.packet import Packet
from monitor.core.records import Out, SessionEnded, SessionStarted
from monitor.hub import hosted_run
from monitor.hub.partition_worker import PartitionState, PartitionWorker, WorkerParams
from monitor.hub.record_keeper import RecordKeeper
from monitor.hub.record_messages import unpack_records
from monitor.hub.run_snapshots import RunSnapshots
from monitor.hub.runner_budget import BudgetParams
from monitor.hub.streams import RECORD_LOG, HubStreams, open_streams
from monitor.pipeline.session import Session
from monitor.recordings.tape import TapeReader
from monitor.sinks.hub.run_messages import RunEnd, RunStart, pack_end, pack_packets, pack_start
from monitor.sinks.hub.subjects import RunAddress
from monitor.storage.late_packets import add_late_packets
from tests.hub_rig import TENANT, Box, eventually, has_ended, no_batches, running_hub, short_run, until
from tests.swallowed import ends_when_cancelled, swallow_cancellation

QUICK = WorkerParams(snapshot_s=0.05, wait_s=0.05, at_once=5)


@dataclass
class Rig:
    """A hub of one partition, a box whose run is sent bit by bit, and workers that may be killed."""

    settings: HubSettings
    streams: HubStreams
    box: Box

    @property
    def address(self) -> RunAddress:
        return RunAddress(TENANT, self.box.athlete, self.box.started.session)

    async def send(self, share: float) -> None:
        """Record up to this share of the run and send it."""
        await asyncio.to_thread(self.box.record, share)
        sink = await asyncio.to_thread(self.box.sink, self.settings)
        sending = asyncio.create_task(sink.run(no_batches()))
        await until(lambda: self.box.store.runs_to_send()[0].block == self.blocks())
        await kill(sending)

    def blocks(self) -> int:
        """Return the last block of the tape."""
        return int(self.box.tape._db.execute("SELECT max(id) FROM block").fetchone()[0])

    async def send_rest(self) -> None:
        """Record and send the rest, and the end."""
        await asyncio.to_thread(self.box.end)
        sink = await asyncio.to_thread(self.box.sink, self.settings)
        await sink.run(no_batches())

    def worker(self, state: PartitionState, params: WorkerParams = QUICK) -> asyncio.Task[None]:
        """Start a worker of the one partition."""
        return asyncio.create_task(self.partition_worker(state, params).run())

    def partition_worker(self, state: PartitionState, params: WorkerParams = QUICK) -> PartitionWorker:
        """Make a worker of the one partition."""
        return PartitionWorker(self.streams, state, SystemClock(), params)

    async def work(self, params: WorkerParams = QUICK) -> PartitionState:
        """Let a new worker go on until it has had all messages, and saved what is due then; kill it."""
        state, saved = PartitionState(0), 0
        worker = self.partition_worker(state, params)
        save = worker._save

        async def noted() -> None:
            nonlocal saved
            await save()
            saved = state.sequence

        worker._save = noted  # type: ignore[method-assign]
        last = (await self.streams.log.stream_info("PACKETS")).state.last_seq
        of_run = await self.streams.log.get_last_msg("PACKETS", f"part.0.gait.{self.address.key}.*")
        task = asyncio.create_task(worker.run())
        async with asyncio.timeout(60):
            saving = replace(params, budget=QUICK.budget) == QUICK
            while saved < last or (saving and await self.saved() < (of_run.seq or 0)):
                if task.done():
                    await task
                await asyncio.sleep(0.02)
        await kill(task)
        return state

    async def has_ended(self) -> bool:
        """Return whether the end of the run is saved."""
        return (await RunSnapshots(self.streams).find(self.address.key)).ended

    async def saved(self) -> int:
        """Return up to which message the run is in its snapshot."""
        return (await RunSnapshots(self.streams).find(self.address.key)).sequence

    async def records(self) -> list[Out]:
        """Return all records of the run in the log, which follow each other without hole or overlap."""
        out: list[Out] = []
        reader = await self.streams.log.pull_subscribe(self.address.subject("records"), stream=RECORD_LOG)
        with contextlib.suppress(TimeoutError):
            while True:
                for message in await reader.fetch(100, timeout=0.5):
                    batch = unpack_records(message.data)
                    assert batch.first == len(out)
                    out += batch.records
        return out


async def kill(task: asyncio.Task[None]) -> None:
    """End a worker where it stands: what it has in memory is gone."""
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


@contextlib.asynccontextmanager
async def rig(folder: Path) -> AsyncIterator[Rig]:
    async with running_hub(folder, partitions=1) as settings, log_connection(settings) as log:
        box = await asyncio.to_thread(Box, folder / "box", "ann")
        yield Rig(settings, await open_streams(log), box)


async def test_a_run_comes_out_as_one_process_makes_it(tmp_path: Path) -> None:
    async with rig(tmp_path) as hub:
        await hub.send(0.5)
        await hub.send_rest()
        state = await hub.work()
        assert await hub.records() == hub.box.undisturbed()
        assert (state.repeated, state.damaged, state.orphans, state.restored) == (0, 0, 0, 0)


async def test_workers_that_are_killed_lose_nothing_and_double_nothing(tmp_path: Path) -> None:
    async with rig(tmp_path) as hub:
        states = []
        for share in (0.2, 0.4, 0.7, 0.9):
            await hub.send(share)
            states.append(await hub.work())
        await hub.send_rest()
        states.append(await hub.work())
        assert await hub.records() == hub.box.undisturbed()
        assert [state.restored for state in states] == [0, 1, 1, 1, 1]
        assert [state.claims for state in states] == [1, 2, 3, 4, 5]


async def test_what_a_snapshot_has_already_is_counted_as_redelivered(tmp_path: Path) -> None:
    async with rig(tmp_path) as hub:
        await hub.send(0.6)
        first = await hub.work()
        await hub.streams.positions.delete("partition.0")  # the partition begins with its first message
        second = PartitionState(0)
        worker = hub.worker(second)
        await until(lambda: second.messages == first.messages)
        await kill(worker)
        assert (second.redelivered, second.restored, second.records) == (first.messages, 1, 0)


async def test_what_is_not_saved_has_an_age_until_it_is(tmp_path: Path) -> None:
    async with rig(tmp_path) as hub:
        await hub.send(0.3)
        state, clock = PartitionState(0), SystemClock()
        began_s = clock.now_s()
        worker = hub.worker(state, WorkerParams(snapshot_s=1000.0, wait_s=0.05))
        await until(lambda: state.unsaved_since_s is not None)
        assert began_s <= (state.unsaved_since_s or 0.0) <= clock.now_s()
        await kill(worker)
        worker = hub.worker(state)
        await until(lambda: state.snapshots > 0 and state.unsaved_since_s is None)
        await kill(worker)


async def test_who_catches_up_saves_before_the_time_so_that_the_next_kill_costs_less(
    tmp_path: Path,
) -> None:
    async with rig(tmp_path) as hub:
        for share in (0.2, 0.4, 0.6, 0.8):
            await hub.send(share)
        late = WorkerParams(snapshot_s=1000.0, snapshot_messages=3, wait_s=0.05, at_once=2)
        first = PartitionState(0)
        worker = hub.worker(first, late)
        await until(lambda: first.messages == 5)  # its start and four of packets
        await eventually(lambda: has_position(hub, 1))
        await kill(worker)
        assert first.snapshots == 1
        second = PartitionState(0)
        worker = hub.worker(second, late)
        await until(lambda: second.messages == 5)
        assert (second.restored, second.redelivered) == (1, 4)
        await kill(worker)


async def has_position(hub: Rig, least: int) -> bool:
    """Return whether the run is saved up to at least this message."""
    return await hub.saved() >= least


async def test_a_long_batch_does_not_hold_up_the_loop(tmp_path: Path) -> None:
    async with rig(tmp_path) as hub:
        for share in (0.2, 0.4, 0.6, 0.8):
            await hub.send(share)
        turns: list[int] = []
        state = PartitionState(0)
        worker = hub.worker(state, WorkerParams(snapshot_s=1000.0, wait_s=0.05, at_once=200))
        async with asyncio.timeout(60):
            while not worker.done() and (not turns or turns[-1] < 5):  # its start and four of packets
                await asyncio.sleep(0)
                turns.append(state.messages)
        await kill(worker)
        assert {1, 2, 3, 4} <= set(turns)


async def test_a_worker_killed_before_its_first_snapshot_evaluates_the_same_packets_again(
    tmp_path: Path,
) -> None:
    async with rig(tmp_path) as hub:
        await hub.send(0.6)
        first = PartitionState(0)
        worker = hub.worker(first, WorkerParams(snapshot_s=1000.0, wait_s=0.05))
        await until(lambda: first.records > 100)
        await kill(worker)
        await hub.send_rest()
        second = await hub.work()
        assert (second.restored, second.rebuilt) == (0, 0)  # it evaluated everything
        assert first.records + second.records == len(hub.box.undisturbed())  # and published the rest
        assert await hub.records() == hub.box.undisturbed()


async def test_of_two_workers_the_one_that_came_last_has_the_partition(tmp_path: Path) -> None:
    async with rig(tmp_path) as hub:
        await hub.send(0.3)
        first, state = PartitionState(0), PartitionState(0)
        old = hub.worker(first)
        await until(lambda: first.snapshots > 0)
        new = hub.worker(state)
        await hub.send(0.6)
        with pytest.raises(ConfigError, match="another worker"):
            async with asyncio.timeout(30):
                await old
        assert (first.claims, first.claims_lost, first.serving) == (1, 1, False)
        assert (state.claims, state.claims_lost, state.serving) == (2, 0, True)
        await hub.send_rest()
        await until(lambda: state.lag == 0 and state.runs == 0 and state.snapshots > 0)
        await kill(new)
        assert await hub.records() == hub.box.undisturbed()


async def test_a_new_version_begins_with_the_first_packet_of_a_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with rig(tmp_path) as hub:
        await hub.send(0.5)
        await hub.work()
        monkeypatch.setattr(hosted_run, "PROGRAM", "99.0")
        await hub.send_rest()
        state = await hub.work()
        assert (state.restored, state.rebuilt) == (0, 1)
        assert await hub.records() == hub.box.undisturbed()


async def test_packets_that_come_again_are_left_out(tmp_path: Path) -> None:
    async with rig(tmp_path) as hub:
        await hub.send(0.5)
        await hub.work()
        last = await hub.streams.log.get_last_msg("PACKETS", "part.0.gait." + hub.address.key + ".packets")
        for name in ("a", "b"):  # other names: to the server they are new
            await hub.streams.log.publish(
                hub.address.subject("packets"), last.data or b"", headers={"Nats-Msg-Id": name}
            )
        await hub.send_rest()
        state = await hub.work()
        assert state.repeated > 0
        assert await hub.records() == hub.box.undisturbed()


async def test_junk_and_packets_of_nobody_cost_themselves(tmp_path: Path) -> None:
    async with rig(tmp_path) as hub:
        await hub.send(0.5)
        stranger = replace(hub.address, session="never-started")
        packets = await hub.streams.log.get_last_msg(
            "PACKETS", "part.0.gait." + hub.address.key + ".packets"
        )
        for subject, data in (
            (hub.address.subject("packets"), b"junk"),
            (hub.address.subject("start"), b"junk"),
            (stranger.subject("packets"), packets.data or b""),
            ("gait.a=zz.b.c.packets", b"junk"),
        ):
            await hub.streams.log.publish(subject, data)
        await hub.send_rest()
        state = await hub.work()
        assert (state.damaged, state.orphans) == (2, 1)
        assert await hub.records() == hub.box.undisturbed()


async def test_a_start_that_names_another_athlete_is_refused(tmp_path: Path) -> None:
    async with rig(tmp_path) as hub:
        await hub.send(0.1)
        start = await hub.streams.log.get_last_msg("PACKETS", "part.0.gait." + hub.address.key + ".start")
        forged = replace(hub.address, athlete="ben")
        await hub.streams.log.publish(forged.subject("start"), start.data or b"")
        state = await hub.work()
        assert state.damaged == 1


async def test_a_run_that_breaks_the_engine_ends_alone(tmp_path: Path) -> None:
    async with rig(tmp_path) as hub:
        await hub.send(0.5)
        broken = replace(hub.address, session="2026-01-01T00-00-00-ann-2")
        started = SessionStarted(broken.session, "ann", "2026-01-01T00:00:00+00:00", ())
        start = json.loads(pack_start(RunStart(started, short_run().settings, "1")))
        start["settings"]["sensors"][0]["kind"] = ["plain"]
        await hub.streams.log.publish(broken.subject("start"), json.dumps(start).encode())
        state = await hub.work()
        assert state.broken == 1
        await hub.send_rest()
        assert (await hub.work()).damaged == 0
        assert await hub.records() == hub.box.undisturbed()


async def other_run(hub: Rig, athlete: str, number: int = 1) -> RunAddress:
    """Publish the start of a run of somebody, and return it."""
    address = RunAddress(TENANT, athlete, f"2026-01-01T00-00-00-{athlete}-{number}")
    started = SessionStarted(address.session, athlete, "2026-01-01T00:00:00+00:00", ())
    settings = replace(short_run().settings, athlete=athlete)
    await hub.streams.log.publish(address.subject("start"), pack_start(RunStart(started, settings, "1")))
    return address


async def in_log(hub: Rig, address: RunAddress) -> int:
    """Return how many messages of a run the log has."""
    subjects = f"part.0.gait.{address.key}.*"
    info = await hub.streams.log.stream_info("PACKETS", subjects_filter=subjects)
    return sum((info.state.subjects or {}).values())


async def test_who_sends_more_than_one_runner_may_loses_that_run_and_the_log_its_packets(
    tmp_path: Path,
) -> None:
    budget = BudgetParams(day_mb=0.2)
    async with rig(tmp_path) as hub:
        mallory = await other_run(hub, "mallory")
        for message in (b"x" * 90_000, b"y" * 90_000, b"z" * 90_000):
            await hub.streams.log.publish(mallory.subject("packets"), message)
        await hub.send(0.5)
        state = await hub.work(replace(QUICK, budget=budget))
        assert (state.damaged, state.over_budget) == (2, 1)
        await hub.send_rest()
        await hub.streams.log.publish(mallory.subject("packets"), b"z" * 300_000)
        state = PartitionState(0)
        task = hub.worker(state, replace(QUICK, budget=budget))

        async def is_gone() -> bool:
            return state.dropped == 1 and await in_log(hub, mallory) == 0

        await eventually(is_gone)
        await eventually(hub.has_ended)
        await kill(task)
        assert state.over_budget == 0
        assert await in_log(hub, hub.address) > 2
        assert await hub.records() == hub.box.undisturbed()
        message = await hub.streams.log.get_last_msg(RECORD_LOG, mallory.subject("records"))
        last = unpack_records(message.data or b"")
        assert [r.reason for r in last.records if isinstance(r, SessionEnded)] == [
            "more was sent in a day than one runner may send"
        ]


@pytest.mark.parametrize(
    ("budget", "reason"),
    [
        (BudgetParams(message_cpu_s=2.0), "a second of the run takes too long to compute"),
        (
            BudgetParams(day_cpu_s=1.0, message_cpu_s=1e9),
            "more computing in a day than there is for one runner",
        ),
        (BudgetParams(run_records=1, message_cpu_s=1e9), "more sensors or numbers than a run has"),
    ],
)
async def test_a_run_that_holds_the_worker_up_is_ended_with_its_reason(
    tmp_path: Path, budget: BudgetParams, reason: str
) -> None:
    async with rig(tmp_path) as hub:
        await hub.send(0.4)
        await hub.send(0.8)
        seconds = itertools.count(0.0, 0.5)  # of CPU, by each look at the clock
        state, params = PartitionState(0), replace(QUICK, budget=budget)
        worker = PartitionWorker(hub.streams, state, SystemClock(), params, lambda: next(seconds))
        task = asyncio.create_task(worker.run())
        await until(lambda: state.over_budget == 1)
        await eventually(hub.has_ended)
        await kill(task)
        assert state.broken == state.damaged == 0
        last = (await hub.records())[-1]
        assert isinstance(last, SessionEnded)
        assert last.reason == reason


async def test_no_runner_has_more_runs_or_sensors_than_one_can_have(tmp_path: Path) -> None:
    async with rig(tmp_path) as hub:
        for number in range(1, 5):
            await other_run(hub, "mallory", number)
        await hub.send(0.5)
        state = await hub.work(replace(QUICK, budget=BudgetParams(runs=3)))
        assert (state.over_budget, state.broken, state.damaged) == (1, 0, 0)
        await other_run(hub, "eve")
        await hub.send_rest()
        state = await hub.work(replace(QUICK, budget=BudgetParams(sensors=1)))
        assert state.over_budget == 1, "what has begun goes on"
        assert await hub.records() == hub.box.undisturbed()


async def test_a_run_that_breaks_in_its_middle_has_an_end_and_stays_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with rig(tmp_path) as hub:
        await hub.send(0.5)
        await hub.work()
        with monkeypatch.context() as patch:
            patch.setattr(Session, "evaluate", lambda *_: 1 / 0)
            await hub.send(0.7)
            assert (await hub.work()).broken == 1
        assert await hub.has_ended()
        await hub.send_rest()
        await hub.work(replace(QUICK, idle_s=60.0))  # what comes after an end is not saved
        *before, last = await hub.records()
        assert before == hub.box.undisturbed()[: len(before)]
        assert isinstance(last, SessionEnded)
        assert last.reason == "what follows could not be evaluated"


async def end_before_it_saves(hub: Rig, params: WorkerParams, killed_at: int | None = None) -> None:
    """Let a worker take all messages and be killed after its records are in the log, before a snapshot.

    With ``killed_at`` it is killed at this message, and saves what it has before.
    """
    state = PartitionState(0)
    worker = PartitionWorker(hub.streams, state, SystemClock(), params)
    save = worker._save
    last = killed_at or (await hub.streams.log.stream_info("PACKETS")).state.last_seq

    async def killed() -> None:
        if state.sequence >= last:
            raise asyncio.CancelledError
        if killed_at is not None:
            await save()

    worker._save = killed  # type: ignore[method-assign]
    with contextlib.suppress(asyncio.CancelledError):
        await worker.run()


@pytest.mark.parametrize("breaks", [False, True])
async def test_who_was_given_up_stays_so_after_a_kill_before_the_snapshot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, breaks: bool
) -> None:
    """The account is new, and what broke may not break again: what follows has numbers that the log has."""
    async with rig(tmp_path) as hub:
        await hub.send(0.3)
        await hub.work()
        await hub.send(0.7)
        with monkeypatch.context() as patch:
            if breaks:
                patch.setattr(Session, "evaluate", lambda *_: 1 / 0)
            budget = BudgetParams() if breaks else BudgetParams(day_mb=1e-6)
            await end_before_it_saves(hub, replace(QUICK, budget=budget))
        given_up = await hub.records()
        assert isinstance(given_up[-1], SessionEnded)
        await hub.send_rest()
        state = await hub.work(replace(QUICK, idle_s=60.0))
        assert await hub.has_ended()
        assert await hub.records() == given_up
        assert (await in_log(hub, hub.address) == 0) == (not breaks), "of a broken one the packets stay"
        assert state.orphans == 0


async def test_who_is_given_up_at_a_record_that_the_log_has_already_still_has_an_end(
    tmp_path: Path,
) -> None:
    """A worker was killed before it saved; the next one needs longer, or is of a version that breaks."""
    async with rig(tmp_path) as hub:
        await hub.send(0.3)
        await hub.work()
        await hub.send(0.7)
        await end_before_it_saves(hub, QUICK)
        before = await hub.records()
        assert (await hub.work(replace(QUICK, budget=BudgetParams(day_mb=1e-6)))).over_budget == 1
        await eventually(hub.has_ended)
        *others, last = await hub.records()
        assert others == before
        assert isinstance(last, SessionEnded)
        assert last.reason == "more was sent in a day than one runner may send"


@dataclass
class LateRun:
    """A run of which a sensor was out of reach in its second half, and what that had sent then."""

    hub: Rig
    late: list[Packet] = field(default_factory=list)

    def __post_init__(self) -> None:
        packets = self.hub.box.packets
        middle = packets[len(packets) // 2].arrival_ns
        self.late = [p for p in packets if p.sensor == "footR" and p.arrival_ns > middle]
        self.hub.box.packets = [p for p in packets if p not in self.late]

    async def come(self) -> None:
        """Let what was out of reach come in, and be sent."""
        box = self.hub.box
        session = box.started.session
        added = await asyncio.to_thread(add_late_packets, box.store, "ann", session, self.late)
        assert added == len(self.late)
        await (await asyncio.to_thread(box.sink, self.hub.settings)).run(no_batches())

    def records(self) -> list[Out]:
        """Return what one process makes of the tape as it is."""
        box = self.hub.box
        with TapeReader(box.tape.path) as tape:
            session = Session(tape.header.settings)
            records: list[Out] = [r for packet in tape.packets() for r in session.push(packet)]
        records += session.finish()
        ends = [r for r in box.store.events(box.started.session) if isinstance(r, SessionEnded)]
        return [box.started, *records, replace(ends[-1], t_s=session.t_s)]


async def test_what_came_late_on_a_box_becomes_part_of_its_run_here(tmp_path: Path) -> None:
    async with rig(tmp_path) as hub:
        run = LateRun(hub)
        await hub.send_rest()
        keeper = RecordKeeper(tmp_path / "stores")
        keeping = asyncio.create_task(keeper.run(hub.streams))
        before = await asyncio.to_thread(run.records)
        assert (await hub.work()).missing == 0
        await until(has_ended(keeper, hub.box))
        await run.come()
        after = await asyncio.to_thread(run.records)
        assert right_steps(after) > right_steps(before) + 5
        state = await hub.work()
        assert (state.late, state.repeated, state.orphans, state.damaged) == (0, 0, 0, 0)
        store = keeper.tenant_store(TENANT)
        await until(lambda: store.records(hub.box.started.session) == after)
        await until(has_ended(keeper, hub.box))
        await kill(keeping)
        await asyncio.to_thread(keeper.close)
        assert (await editions(hub))[0] == before


def right_steps(records: list[Out]) -> int:
    return sum(isinstance(r, Step) and r.side is Side.RIGHT and r.sensor == "footR" for r in records)


async def editions(hub: Rig) -> dict[int, list[Out]]:
    """Return the records of each edition of the run in the log, which follow each other."""
    out: dict[int, list[Out]] = {}
    reader = await hub.streams.log.pull_subscribe(hub.address.subject("records"), stream=RECORD_LOG)
    with contextlib.suppress(TimeoutError):
        while True:
            for message in await reader.fetch(100, timeout=0.5):
                batch = unpack_records(message.data)
                assert batch.edition == max([*out, batch.edition]), (
                    "an older edition comes to its end first"
                )
                assert batch.first == len(out.setdefault(batch.edition, []))
                out[batch.edition] += batch.records
    return out


async def test_workers_that_are_killed_between_two_editions_lose_nothing_of_either(tmp_path: Path) -> None:
    """Each is killed when a message's records are in the log, and before any snapshot says so."""
    async with rig(tmp_path) as hub:
        run = LateRun(hub)
        for share in (0.3, 0.6):
            await hub.send(share)
        await hub.send_rest()
        before = await asyncio.to_thread(run.records)
        await run.come()
        after = await asyncio.to_thread(run.records)
        last = (await hub.streams.log.stream_info("PACKETS")).state.last_seq
        assert last == 8, "a start, three of packets and an end; a start, one of packets and an end"
        for killed_at in range(2, last + 1):
            await end_before_it_saves(hub, replace(QUICK, at_once=1), killed_at)
        await hub.work()
        first, newest = (await editions(hub)).values()
        assert (first, newest) == (before, after)


@pytest.mark.parametrize("restarted", [False, True])
async def test_packets_behind_the_end_of_a_run_are_counted_and_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, restarted: bool
) -> None:
    async with rig(tmp_path) as hub:
        await hub.send_rest()
        if restarted:
            await hub.work()
        rows = list(enumerate(hub.box.packets))
        behind = [(len(rows) + n, packet) for n, (_, packet) in enumerate(rows[-7:])]
        for _, message in pack_packets([*rows[-5:], *behind]):
            await hub.streams.log.publish(hub.address.subject("packets"), message)
        await hub.streams.log.publish(hub.address.subject("end"), pack_end(RunEnd(1, "twice")))
        state = await hub.work(replace(QUICK, idle_s=60.0))
        assert (state.late, state.repeated, state.damaged) == (7, 5, 0)
        assert caplog.text.count("came after its end") == 1
        assert await hub.records() == hub.box.undisturbed()


async def test_packets_that_an_end_tells_of_and_that_never_came_are_counted(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with rig(tmp_path) as hub:
        await hub.send(0.5)
        end = RunEnd(hub.box.sent + 40, "stopped")
        await hub.streams.log.publish(hub.address.subject("end"), pack_end(end))
        assert (await hub.work()).missing == 40
        assert "40 packets of its tape never came" in caplog.text


async def test_a_message_of_no_edition_is_damaged_one_of_an_edition_without_start_an_orphan(
    tmp_path: Path,
) -> None:
    async with rig(tmp_path) as hub:
        await hub.send(0.5)
        (_, message), *_ = pack_packets([(0, hub.box.packets[0])])
        for edition in ("one", "-1", "", "9" * 30, "1"):
            headers = {"Gaitcue-Edition": edition}
            await hub.streams.log.publish(hub.address.subject("packets"), message, headers=headers)
        await hub.send_rest()
        state = await hub.work()
        assert (state.damaged, state.orphans) == (4, 1)
        assert await hub.records() == hub.box.undisturbed()


@pytest.mark.parametrize(
    "junk", [b"", b"junk", b"[1]", b"{}", b'{"claims": 4}', b'{"sequence": "x"}', b'{"sequence": 99999}']
)
async def test_a_position_that_cannot_be_read_is_none(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, junk: bytes
) -> None:
    async with rig(tmp_path) as hub:
        await hub.send(0.5)
        await hub.work()
        await hub.streams.positions.put("partition.0", junk)
        await hub.send_rest()
        state = await hub.work()
        assert (state.damaged_entries, state.claims, state.restored) == (1, 1, 1)
        assert "partition 0 begins with its first message" in caplog.text
        assert await hub.records() == hub.box.undisturbed()


@pytest.mark.parametrize(
    "junk", [b"", b"junk", b"[1]", b"{}", b'{"sequence": "x"}', b'{"sequence": -3}', b'{"sequences": 5}']
)
async def test_a_run_whose_note_cannot_be_read_is_evaluated_from_its_first_message(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, junk: bytes
) -> None:
    async with rig(tmp_path) as hub:
        await hub.send(0.5)
        await hub.work()
        await hub.streams.positions.put(f"run.{hub.address.key}", junk)
        await hub.send_rest()
        state = await hub.work()
        assert (state.damaged_entries, state.rebuilt, state.orphans, state.damaged) == (1, 1, 0, 0)
        assert "the note of its snapshot cannot be read" in caplog.text
        assert await hub.has_ended()
        assert await hub.records() == hub.box.undisturbed()


@pytest.mark.parametrize(
    ("session", "started_utc"),
    [
        ("2026-01-01T00-00-00-ben", "2026-01-01T00:00:00+00:00"),  # another runner's run
        ("2026-01-01T00-00-00-anna", "2026-01-01T00:00:00+00:00"),
        ("2026-01-01T00-00-00-ann-x", "2026-01-01T00:00:00+00:00"),
        ("2026-01-01T00-00-00-ann\x1b[2J", "2026-01-01T00:00:00+00:00"),
        ("2026-01-01T00-00-00-ann-7", "yesterday"),
        ("0001-01-01T00-00-00-ann", "0001-01-01T00:00:00+14:00"),
        ("2026-01-01T00-00-01-ann", "2026-01-01T00:00:00+00:00"),
    ],
)
async def test_a_start_with_a_name_that_its_machine_would_not_give_is_refused(
    tmp_path: Path, session: str, started_utc: str
) -> None:
    async with rig(tmp_path) as hub:
        await hub.send(0.1)
        address = replace(hub.address, session=session)
        start = RunStart(SessionStarted(session, "ann", started_utc, ()), short_run().settings, "1")
        await hub.streams.log.publish(address.subject("start"), pack_start(start))
        assert (await hub.work()).damaged == 1


async def test_a_quiet_run_leaves_the_memory_and_comes_back(tmp_path: Path) -> None:
    async with rig(tmp_path) as hub:
        state = PartitionState(0)
        await hub.send(0.5)
        worker = hub.worker(state, replace(QUICK, idle_s=0.2))
        await until(lambda: state.snapshots > 0 and state.runs == 0)
        await hub.send_rest()
        await eventually(hub.has_ended)
        assert state.restored > 0
        await kill(worker)
        assert await hub.records() == hub.box.undisturbed()


async def test_it_ends_when_told_to_although_the_client_swallows_that(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetch = JetStreamContext.PullSubscription.fetch

    async def deaf(reader: Any, batch: int, **options: Any) -> list[Any]:
        return await swallow_cancellation(fetch(reader, batch, **options)) or []

    monkeypatch.setattr(JetStreamContext.PullSubscription, "fetch", deaf)
    async with rig(tmp_path) as hub:
        await ends_when_cancelled(hub.worker(PartitionState(0), replace(QUICK, wait_s=1.0)))
        await ends_when_cancelled(RecordKeeper(tmp_path / "stores").run(hub.streams))


@pytest.mark.parametrize(
    "bad", [{"snapshot_s": 0.0}, {"at_once": 0}, {"idle_s": -1.0}, {"snapshot_messages": 0}]
)
def test_sizes_that_cannot_be_are_refused(bad: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="positive"):
        WorkerParams(**bad)  # type: ignore[arg-type]
