"""How far a hub is, read from its log alone: with workers, without them, and after them."""

from __future__ import annotations

import asyncio
import datetime
from pathlib import Path

import pytest

from monitor.core.errors import ConfigError
from monitor.core.monotonic import SystemClock
from monitor.core.nats_client import HubSettings, log_connection
from monitor.hub.hub_status import HubStatus, PartitionProgress, read_hub_status
from monitor.hub.partition_worker import PartitionState, PartitionWorker, WorkerParams
from monitor.hub.record_keeper import RecordKeeper
from monitor.hub.serving import keep_records
from monitor.hub.streams import PACKET_LOG, hub_connection
from tests.hub_rig import Box, eventually, has_ended, no_batches, running_hub, until

QUICK = WorkerParams(snapshot_s=0.05, wait_s=0.05)


async def status_of(hub: HubSettings) -> HubStatus:
    async with hub_connection(hub) as streams:
        return await read_hub_status(streams)


async def end(*tasks: asyncio.Task[None]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_a_new_hub_is_empty(tmp_path: Path) -> None:
    async with running_hub(tmp_path, partitions=3) as hub:
        status = await status_of(hub)
    assert list(status.partitions) == [PartitionProgress(n) for n in range(3)]
    assert [stream.messages for stream in status.streams] == [0, 0, 0]
    assert status.records_waiting is None


async def test_what_waits_is_seen_with_workers_and_without(tmp_path: Path) -> None:
    async with running_hub(tmp_path, partitions=1) as hub:
        box = await asyncio.to_thread(Box, tmp_path / "box", "ann")
        await asyncio.to_thread(box.end)
        await (await asyncio.to_thread(box.sink, hub)).run(no_batches())
        before = await status_of(hub)
        sent = before.streams[0].messages
        assert before.partitions[0] == PartitionProgress(0, last=sent, waiting=sent)
        async with hub_connection(hub) as streams:
            worker = asyncio.create_task(
                PartitionWorker(streams, PartitionState(0), SystemClock(), QUICK).run()
            )

            async def is_saved() -> bool:
                return (await read_hub_status(streams)).partitions[0].position == sent

            await eventually(is_saved)
            now = datetime.datetime.now(datetime.UTC)
            (working,) = (await read_hub_status(streams)).partitions
            await end(worker)
        assert (working.waiting, working.claims, working.last) == (0, 1, sent)
        assert working.saved_utc is not None
        assert abs((now - working.saved_utc).total_seconds()) < 20
        after = await status_of(hub)
        assert after.partitions[0].waiting == 0
        assert after.records_waiting is None
        keeper = RecordKeeper(tmp_path / "stores")
        keeping = asyncio.create_task(keep_records(hub, keeper, SystemClock()))
        await until(has_ended(keeper, box))

        async def nothing_waits() -> bool:
            return (await status_of(hub)).records_waiting == 0

        await eventually(nothing_waits)
        await end(keeping)
        await asyncio.to_thread(keeper.close)


async def test_a_partition_that_nobody_serves_any_more_waits_from_its_position_on(tmp_path: Path) -> None:
    async with running_hub(tmp_path, partitions=1) as hub, log_connection(hub) as log:
        box = await asyncio.to_thread(Box, tmp_path / "box", "ann")
        await asyncio.to_thread(box.end)
        await (await asyncio.to_thread(box.sink, hub)).run(no_batches())
        async with hub_connection(hub) as streams:
            state = PartitionState(0)
            worker = asyncio.create_task(PartitionWorker(streams, state, SystemClock(), QUICK).run())

            async def is_saved() -> bool:
                return (await read_hub_status(streams)).partitions[0].position == state.sequence > 0

            await until(lambda: state.snapshots > 0 and state.runs == 0)
            await eventually(is_saved)
            await end(worker)
        position = state.sequence
        for info in await log.consumers_info(PACKET_LOG):  # as the server does it after a minute
            await log.delete_consumer(PACKET_LOG, info.name)
        for n in range(3):
            await log.publish(f"gait.a.b.c{n}.start", b"{}")
        (left,) = (await status_of(hub)).partitions
        assert (left.last, left.position) == (position + 3, position)
        assert left.waiting == 3


@pytest.mark.parametrize("junk", [b"junk", b"{}", b'{"claims": 3}', b'{"sequence": null}'])
async def test_a_position_that_cannot_be_read_is_shown_as_such(tmp_path: Path, junk: bytes) -> None:
    async with running_hub(tmp_path, partitions=2) as hub, hub_connection(hub) as streams:
        await streams.log.publish("gait.a.b.c.start", b"{}")
        await streams.positions.put("partition.0", junk)
        await streams.positions.put("partition.1", b'{"sequence": 1, "claims": 3}')
        first, second = (await read_hub_status(streams)).partitions
        assert (first.readable, first.position, first.claims) == (False, 0, 0)
        assert first.saved_utc is not None
        assert first.waiting == (1 if first.last else 0)
        assert (second.readable, second.position, second.claims) == (True, 1, 3)


async def test_without_a_hub_it_says_what_to_do(tmp_path: Path) -> None:
    async with running_hub(tmp_path) as hub:
        async with log_connection(hub) as log:
            await log.delete_stream(PACKET_LOG)
        with pytest.raises(ConfigError, match="gaitcue hub init"):
            await status_of(hub)
