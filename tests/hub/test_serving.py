"""The loops of a hub's processes: what ends them, what they get over."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

import pytest

from monitor.core.errors import ConfigError
from monitor.core.monotonic import SystemClock
from monitor.core.nats_client import HubSettings, log_connection
from monitor.hub.local_server import running_server
from monitor.hub.partition_worker import PartitionState, WorkerParams
from monitor.hub.record_keeper import RecordKeeper
from monitor.hub.serving import keep_records, make_hub, run_until_stopped, serve_partitions, serve_share
from monitor.hub.streams import PACKET_LOG, HubLayout
from tests.hub_rig import TENANT, Box, batches_until, has_ended, running_hub, until

QUICK = WorkerParams(snapshot_s=0.2, wait_s=0.05)


async def end(*tasks: asyncio.Task[None]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_a_server_that_comes_back_is_gone_on_with(tmp_path: Path) -> None:
    async with running_hub(tmp_path, partitions=2) as hub:
        box = await asyncio.to_thread(Box, tmp_path / "box", "ann")
        await asyncio.to_thread(box.record, 0.6)
        sink = await asyncio.to_thread(box.sink, hub)
        states = [PartitionState(p) for p in range(2)]
        keeper = RecordKeeper(tmp_path / "hub")
        done = asyncio.Event()
        sending = asyncio.create_task(sink.run(batches_until(done)))
        working = asyncio.create_task(serve_partitions(hub, states, SystemClock(), QUICK))
        keeping = asyncio.create_task(keep_records(hub, keeper, SystemClock()))
        await until(lambda: sum(state.snapshots for state in states) > 0)
    async with running_server(tmp_path / "nats.conf"):
        await asyncio.to_thread(box.end)
        done.set()
        await sending
        await until(has_ended(keeper, box))
        await end(working, keeping)
    store = keeper.tenant_store(TENANT)
    assert await asyncio.to_thread(store.records, box.started.session) == box.undisturbed()
    assert sum(state.restored for state in states) > 0
    await asyncio.to_thread(keeper.close)


async def test_workers_share_the_partitions_by_their_numbers(tmp_path: Path) -> None:
    async with running_hub(tmp_path, partitions=5) as hub:
        workers = [asyncio.create_task(serve_share(hub, n, 2, SystemClock())) for n in range(2)]
        async with log_connection(hub) as log:
            names: set[str] = set()
            async with asyncio.timeout(30):
                while len(names) < 5:
                    found = await log.consumers_info(PACKET_LOG)
                    names = {info.name.split("-")[1] for info in found}
                    await asyncio.sleep(0.05)
        assert names == {"0", "1", "2", "3", "4"}
        await end(*workers)


async def test_without_a_hub_it_says_what_to_do(tmp_path: Path) -> None:
    async with running_hub(tmp_path) as hub:
        async with log_connection(hub) as log:
            await log.delete_stream(PACKET_LOG)
        with pytest.raises(ConfigError, match="gaitcue hub init"):
            await serve_share(hub, 0, 1, SystemClock())


async def test_a_hub_is_made_once(tmp_path: Path) -> None:
    async with running_hub(tmp_path, partitions=3) as hub:
        assert await make_hub(hub, HubLayout(partitions=8)) == 3


async def test_a_signal_ends_the_work() -> None:
    begun = asyncio.Event()

    async def work() -> None:
        begun.set()
        await asyncio.Event().wait()

    running = asyncio.create_task(run_until_stopped(work()))
    await begun.wait()
    os.kill(os.getpid(), signal.SIGTERM)
    async with asyncio.timeout(10):
        await running


async def test_an_error_of_the_work_is_raised() -> None:
    async def work() -> None:
        raise ConfigError("error.hub_no_url")

    with pytest.raises(ConfigError, match="no hub"):
        await run_until_stopped(work())


async def test_nobody_there_is_waited_for(tmp_path: Path) -> None:
    settings = HubSettings(url="nats://127.0.0.1:1", timeout_s=0.5)
    waiting = asyncio.create_task(serve_share(settings, 0, 1, SystemClock()))
    done, _ = await asyncio.wait([waiting], timeout=0.3)
    assert not done
    await end(waiting)
