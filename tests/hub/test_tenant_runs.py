"""Runs of a tenant as a coach follows them: the same state as one process has, nobody else's."""

from __future__ import annotations

import asyncio
import contextlib
import datetime
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

from nats.js import JetStreamContext

from dsp.types import Estimate, Metric, Step
from monitor.core.monotonic import SystemClock
from monitor.core.nats_client import HubSettings, log_connection
from monitor.core.records import Out, SessionEnded, SessionStarted
from monitor.hub.hosted_run import RecordBatch
from monitor.hub.partition_worker import PartitionState, PartitionWorker
from monitor.hub.record_messages import pack_records
from monitor.hub.streams import RECORD_LOG, open_streams
from monitor.hub.tenant_runs import SHOWN_S, TenantRuns, run_row
from monitor.sinks.hub.subjects import RunAddress
from monitor.sinks.live_state import LiveState
from tests.hub_rig import TENANT, Box, eventually, no_batches, running_hub, until

ANN = RunAddress(TENANT, "ann", "2026-01-01T00-00-00-ann")
STARTED = SessionStarted(ANN.session, "ann", "2026-01-01T00:00:00+00:00", ("footL",))


def second(t_s: float) -> Metric:
    return Metric(t_s, None, Estimate("cadence_spm", 160 + t_s, 1.0, "foot"))


class Clock(SystemClock):
    """A clock that can be put forward."""

    ahead_s = 0.0

    def now_s(self) -> float:
        return super().now_s() + self.ahead_s


@contextlib.asynccontextmanager
async def following(
    log: JetStreamContext, time: SystemClock, back: datetime.timedelta = datetime.timedelta(minutes=15)
) -> AsyncIterator[TenantRuns]:
    runs = TenantRuns(TENANT, time, back)
    task = asyncio.create_task(runs.run(await open_streams(log)))
    try:
        yield runs
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        runs.close()


async def publish(log: JetStreamContext, address: RunAddress, first: int, *records: Out) -> None:
    await log.publish(address.subject("records"), pack_records(RecordBatch(first, list(records))))


async def is_read(log: JetStreamContext) -> bool:
    return bool(await log.consumers_info(RECORD_LOG))


def has_cadence(runs: TenantRuns, value: float, run: str = ANN.key) -> Callable[[], bool]:
    def there() -> bool:
        row = runs.runs.get(run)
        return row is not None and run_row(row, 0.0)["cadence_spm"] == value

    return there


async def test_what_came_late_for_a_run_that_ended_is_no_news(tmp_path: Path) -> None:
    async with (
        running_hub(tmp_path, partitions=1) as hub,
        log_connection(hub) as log,
        following(log, SystemClock()) as runs,
    ):
        again = RecordBatch(0, [STARTED, second(1.0)], edition=1)
        await log.publish(ANN.subject("records"), pack_records(again))
        ben = RunAddress(TENANT, "ben", "2026-01-01T00-00-00-ben")
        await publish(log, ben, 0, replace(STARTED, session=ben.session), second(2.0))
        await until(has_cadence(runs, 162.0, ben.key))
        assert ANN.key not in runs.runs


async def test_a_page_of_a_hub_has_the_state_that_the_runners_own_page_has(tmp_path: Path) -> None:
    async with running_hub(tmp_path, partitions=1) as hub, log_connection(hub) as log:
        box = await asyncio.to_thread(Box, tmp_path / "ann", "ann")
        await asyncio.to_thread(box.end)
        worker = asyncio.create_task(
            PartitionWorker(await open_streams(log), PartitionState(0), SystemClock()).run()
        )
        async with following(log, SystemClock()) as runs:
            await (await asyncio.to_thread(box.sink, hub)).run(no_batches())
            name = RunAddress(TENANT, box.athlete, box.started.session).key
            await until(lambda: name in runs.runs and bool(run_row(runs.runs[name], 0.0)["ended"]))
            found = runs.runs[name].feed.state(own=False)
        worker.cancel()
        await asyncio.gather(worker, return_exceptions=True)
        alone = LiveState()
        alone.push(box.undisturbed())
        assert {**found, "timer": 0, "allowance": 0} == {**alone.state(), "timer": 0, "allowance": 0}


async def test_who_begins_to_look_in_a_run_knows_whose_it_is_and_counts_nothing_twice(
    tmp_path: Path,
) -> None:
    async with running_hub(tmp_path) as hub, log_connection(hub) as log:
        await publish(log, ANN, 0, STARTED, *map(second, range(1, 5)))
        async with following(log, SystemClock(), datetime.timedelta()) as runs:
            await eventually(lambda: is_read(log))
            step = Step("footL", None, 5.5, 5.7)
            await publish(log, ANN, 5, second(5), step)
            await publish(log, ANN, 5, second(5), step, second(6))  # a worker that began anew says it again
            await until(has_cadence(runs, 166.0))
            state = runs.runs[ANN.key].feed.state(own=False)
            assert state["session"]["athlete"] == "ann"
            assert state["steps"] == 1
            assert state["now"]["cadence_spm"]["t_s"] == 6


async def test_runs_of_other_tenants_are_not_followed_and_a_forged_name_hides_nobody(
    tmp_path: Path,
) -> None:
    async with (
        running_hub(tmp_path) as hub,
        log_connection(hub) as log,
        following(log, SystemClock()) as runs,
    ):
        await publish(log, RunAddress("other", "eve", "evening"), 0, second(1))
        await publish(log, RunAddress(TENANT, "eve", ANN.session), 2, second(30))
        await publish(log, ANN, 0, STARTED, second(1))
        await log.publish(ANN.subject("records"), b"nonsense")
        await publish(log, ANN, 2, second(2))
        await until(has_cadence(runs, 162.0))
        forged = runs.runs.keys() - {ANN.key}
        assert forged == {
            RunAddress(TENANT, "eve", ANN.session).key
        }  # beside the real one, not in its place


async def test_a_run_that_is_silent_is_forgotten_and_shown_again_when_it_goes_on(tmp_path: Path) -> None:
    time = Clock()
    async with running_hub(tmp_path) as hub, log_connection(hub) as log, following(log, time) as runs:
        await publish(log, ANN, 0, STARTED, second(1))
        await until(has_cadence(runs, 161.0))
        page = runs.runs[ANN.key].feed.attach(own=False)
        time.ahead_s = SHOWN_S + 5
        await until(lambda: runs.runs == {})
        assert page.closed
        await publish(log, ANN, 2, second(2), SessionEnded(ANN.session, 3.0, "stopped"))
        await until(has_cadence(runs, 162.0))
        row = run_row(runs.runs[ANN.key], time.now_s())
        assert (row["athlete"], row["ended"]) == ("ann", True)


async def test_after_a_broken_connection_it_reads_on_behind_what_it_has(tmp_path: Path) -> None:
    async def once(runs: TenantRuns, hub: HubSettings, value: float) -> None:
        async with log_connection(hub) as log:
            task = asyncio.create_task(runs.run(await open_streams(log)))
            await until(has_cadence(runs, value))
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async with running_hub(tmp_path) as hub, log_connection(hub) as log:
        runs = TenantRuns(TENANT, SystemClock())
        await publish(log, ANN, 0, STARTED, second(1))
        await once(runs, hub, 161.0)
        await publish(log, ANN, 2, second(2))
        await once(runs, hub, 162.0)
        assert len(runs.runs[ANN.key].feed.state(own=False)["history"]["cadence_spm"]) == 2
        runs.close()
