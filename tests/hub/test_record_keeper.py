"""Records from the log in the tenants' stores: each once, whatever comes twice or was cut off."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.core.errors import InputError
from monitor.core.monotonic import SystemClock
from monitor.core.nats_client import log_connection
from monitor.core.records import SessionEnded, SessionStarted
from monitor.hub.hosted_run import RecordBatch
from monitor.hub.partition_worker import PartitionState, PartitionWorker
from monitor.hub.record_keeper import RecordKeeper, store_records, tenant_folder
from monitor.hub.record_messages import pack_records
from monitor.hub.serving import keep_records
from monitor.hub.streams import open_streams
from monitor.sinks.hub.subjects import RunAddress
from monitor.storage.store import Store
from tests.hub_rig import TENANT, Box, has_ended, no_batches, running_hub, until

ADDRESS = RunAddress("club", "ann", "2026-01-01T00-00-00-ann")
STARTED = SessionStarted(ADDRESS.session, "ann", "2026-01-01T00:00:00+00:00", ("footL",))


async def test_two_runs_of_one_tenant_are_stored_as_one_process_makes_them(tmp_path: Path) -> None:
    async with running_hub(tmp_path, partitions=1) as hub, log_connection(hub) as log:
        boxes = [await asyncio.to_thread(Box, tmp_path / name, name) for name in ("ann", "李" * 60)]
        for box in boxes:
            await asyncio.to_thread(box.end)
            await (await asyncio.to_thread(box.sink, hub)).run(no_batches())
        keeper = RecordKeeper(tmp_path / "hub")
        streams = await open_streams(log)
        worker = asyncio.create_task(PartitionWorker(streams, PartitionState(0), SystemClock()).run())
        keeping = asyncio.create_task(keep_records(hub, keeper, SystemClock()))
        for box in boxes:
            await until(has_ended(keeper, box))
        for task in (worker, keeping):
            task.cancel()
        await asyncio.gather(worker, keeping, return_exceptions=True)
        store = keeper.tenant_store(TENANT)
        for box in boxes:
            assert await asyncio.to_thread(store.records, box.started.session) == box.undisturbed()
            assert (await asyncio.to_thread(store.session, box.started.session)).athlete == box.athlete
        await asyncio.to_thread(keeper.close)
    assert (tenant_folder(tmp_path / "hub", TENANT) / "gaitcue.db").exists()


@settings(max_examples=20)
@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20)), max_size=20))
def test_whatever_overlaps_is_stored_once(pieces: list[tuple[int, int]]) -> None:
    records = [STARTED, *(SessionEnded(ADDRESS.session, float(n), "x") for n in range(20))]
    with tempfile.TemporaryDirectory() as folder, Store(Path(folder) / "gaitcue.db") as store:
        taken = 0
        for first, length in [(0, 1), *pieces]:
            batch = records[first : first + length]
            if not batch:
                continue
            if first > taken:
                with pytest.raises(InputError):
                    store_records(store, ADDRESS, first, batch)
                continue
            assert store_records(store, ADDRESS, first, batch) == max(0, first + len(batch) - taken)
            taken = max(taken, first + len(batch))
        assert store.records(ADDRESS.session) == records[:taken]


def test_an_end_ends_the_session(tmp_path: Path) -> None:
    with Store(tmp_path / "gaitcue.db") as store:
        store_records(store, ADDRESS, 0, [STARTED])
        assert not store.session(ADDRESS.session).ended
        store_records(store, ADDRESS, 1, [SessionEnded(ADDRESS.session, 61.0, "stopped")])
        info = store.session(ADDRESS.session)
        assert (info.ended, info.duration_s, info.athlete) == (True, 61.0, "ann")
        assert store.runs_to_send() == []  # what came from a hub is not sent to one


async def test_junk_in_the_log_does_not_stop_it(tmp_path: Path) -> None:
    async with running_hub(tmp_path) as hub, log_connection(hub) as log:
        keeper = RecordKeeper(tmp_path / "hub")
        good = pack_records(RecordBatch(0, [STARTED]))
        for data in (b"junk", pack_records(RecordBatch(5, [STARTED])), good):
            await log.publish(ADDRESS.subject("records"), data)
        keeping = asyncio.create_task(keep_records(hub, keeper, SystemClock()))
        await until(lambda: keeper.state.records == 1)
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)
        info = await log.consumer_info("RECORDS", "keeper")
        assert info.num_ack_pending in (0, None)
        await asyncio.to_thread(keeper.close)
