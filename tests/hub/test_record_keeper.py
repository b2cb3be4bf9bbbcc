"""Records from the log in the tenants' stores: each once, whatever comes twice or was cut off."""

from __future__ import annotations

import asyncio
import json
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.core.activity_facts import LapMark, TimerPause
from monitor.core.errors import InputError
from monitor.core.monotonic import SystemClock
from monitor.core.nats_client import HubSettings, log_connection
from monitor.core.records import Out, SessionEnded, SessionStarted
from monitor.hub.hosted_run import RecordBatch
from monitor.hub.hub_status import read_hub_status
from monitor.hub.partition_worker import PartitionState, PartitionWorker
from monitor.hub.record_keeper import RecordKeeper, store_records, tenant_folder
from monitor.hub.record_messages import pack_records
from monitor.hub.serving import keep_records
from monitor.hub.streams import HubStreams, hub_connection, open_streams
from monitor.sinks.hub.subjects import RunAddress
from monitor.storage.store import Store
from tests.hub_rig import TENANT, Box, eventually, has_ended, no_batches, running_hub, until

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
                    store_records(store, ADDRESS, RecordBatch(first, batch))
                continue
            assert store_records(store, ADDRESS, RecordBatch(first, batch)) == max(
                0, first + len(batch) - taken
            )
            taken = max(taken, first + len(batch))
        assert store.records(ADDRESS.session) == records[:taken]


def test_no_athlete_writes_into_the_run_of_another(tmp_path: Path) -> None:
    with Store(tmp_path / "gaitcue.db") as store:
        store_records(store, ADDRESS, RecordBatch(0, [STARTED]))
        forged = RunAddress("club", "ben", ADDRESS.session)
        for first, record in (
            (0, SessionStarted(ADDRESS.session, "ben", "2026-01-01T00:00:00+00:00", ())),
            (1, SessionEnded(ADDRESS.session, 1.0, "cut off by ben")),
        ):
            with pytest.raises(InputError):
                store_records(store, forged, RecordBatch(first, [record]))
        assert store.records(ADDRESS.session) == [STARTED]
        assert not store.session(ADDRESS.session).ended


def test_an_end_ends_the_session(tmp_path: Path) -> None:
    with Store(tmp_path / "gaitcue.db") as store:
        store_records(store, ADDRESS, RecordBatch(0, [STARTED]))
        assert not store.session(ADDRESS.session).ended
        store_records(store, ADDRESS, RecordBatch(1, [SessionEnded(ADDRESS.session, 61.0, "stopped")]))
        info = store.session(ADDRESS.session)
        assert (info.ended, info.duration_s, info.athlete) == (True, 61.0, "ann")
        assert store.runs_to_send() == []  # what came from a hub is not sent to one


def test_pauses_and_laps_come_with_the_end_and_once(tmp_path: Path) -> None:
    pauses, laps = (TimerPause(20.0, 9.5),), (LapMark(12.0, "manual"), LapMark(40.0, "distance"))
    ended: list[Out] = [SessionEnded(ADDRESS.session, 61.0, "stopped")]
    with Store(tmp_path / "gaitcue.db") as store:
        store_records(store, ADDRESS, RecordBatch(0, [STARTED]))
        store_records(store, ADDRESS, RecordBatch(1, ended))  # and killed before the rest of it
        for _ in range(2):
            assert store_records(store, ADDRESS, RecordBatch(1, ended, pauses, laps)) == 0
        facts = store.facts(ADDRESS.session)
        assert (facts.pauses, facts.laps) == (pauses, laps)


async def test_stores_share_the_tenants_and_each_goes_on_where_it_was(tmp_path: Path) -> None:
    tenants = [f"club {number}" for number in range(12)]
    async with running_hub(tmp_path) as hub, log_connection(hub) as log:

        async def publish(first: int, record: Out) -> None:
            for tenant in tenants:
                address = replace(ADDRESS, tenant=tenant)
                await log.publish(address.subject("records"), pack_records(RecordBatch(first, [record])))

        async def stored() -> list[int]:
            """Let three stores take what waits, and say how many records each got."""
            keepers = [RecordKeeper(tmp_path / "hub", number, 3) for number in range(3)]
            tasks = [asyncio.create_task(keep_records(hub, k, SystemClock())) for k in keepers]
            await until(lambda: sum(k.state.records for k in keepers) >= len(tenants))
            async with hub_connection(hub) as streams:
                await eventually(lambda: has_read_all(streams))
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            assert all(k.state.redelivered == 0 for k in keepers)
            for keeper in keepers:
                await asyncio.to_thread(keeper.close)
            return [keeper.state.records for keeper in keepers]

        await publish(0, STARTED)
        first = await stored()
        assert sum(first) == len(tenants)
        assert all(first), "each has some"
        await publish(1, SessionEnded(ADDRESS.session, 61.0, "stopped"))
        assert await stored() == first
    counts = await asyncio.to_thread(lambda: [stored_records(tmp_path / "hub", t) for t in tenants])
    assert counts == [2] * len(tenants)


def stored_records(folder: Path, tenant: str) -> int:
    """Return how many records of the run a tenant's store has."""
    with Store(tenant_folder(folder, tenant) / "gaitcue.db") as store:
        return len(store.records(ADDRESS.session))


async def has_read_all(streams: HubStreams) -> bool:
    """Return whether no store lags."""
    return (await read_hub_status(streams)).records_waiting == 0


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
        assert keeper.state.damaged == 2
        await asyncio.to_thread(keeper.close)


def batches(count: int) -> list[bytes]:
    """Return messages of one run, each with one record."""
    records = [STARTED, *(SessionEnded(ADDRESS.session, float(n), "x") for n in range(count - 1))]
    return [pack_records(RecordBatch(n, [record])) for n, record in enumerate(records)]


async def keep_until(hub: HubSettings, keeper: RecordKeeper, records: int) -> None:
    """Let a store begin and end it, however it stands, when it has stored so many records."""
    keeping = asyncio.create_task(keep_records(hub, keeper, SystemClock()))
    try:
        await until(lambda: keeper.state.records >= records)
    finally:
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)


async def test_what_was_under_way_when_a_store_was_killed_comes_first_when_it_begins_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running_hub(tmp_path) as hub, log_connection(hub) as log:
        first, messages = RecordKeeper(tmp_path / "hub"), batches(9)
        monkeypatch.setattr(first, "_store_all", lambda messages: 1 / 0)  # handed out, and never stored
        for data in messages[:5]:
            await log.publish(ADDRESS.subject("records"), data)
        async with hub_connection(hub) as streams:
            with pytest.raises(ZeroDivisionError):
                await first.run(streams)
        for data in messages[5:]:
            await log.publish(ADDRESS.subject("records"), data)
        second = RecordKeeper(tmp_path / "hub")
        await keep_until(hub, second, 9)
        assert (second.state.records, second.state.damaged) == (9, 0)
        await asyncio.to_thread(second.close)


async def test_a_store_reads_on_where_it_was_and_a_new_one_from_the_beginning(tmp_path: Path) -> None:
    async with running_hub(tmp_path) as hub, log_connection(hub) as log:
        messages = batches(6)
        for data in messages[:4]:
            await log.publish(ADDRESS.subject("records"), data)
        first = RecordKeeper(tmp_path / "hub")
        await keep_until(hub, first, 4)
        await asyncio.to_thread(first.close)
        for data in messages[4:]:
            await log.publish(ADDRESS.subject("records"), data)
        again, other = RecordKeeper(tmp_path / "hub"), RecordKeeper(tmp_path / "other")
        await keep_until(hub, again, 2)
        await keep_until(hub, other, 6)
        assert again.state.messages + first.state.messages >= 6
        assert (again.state.records, other.state.records, again.state.damaged) == (2, 6, 0)
        for keeper in (again, other):
            await asyncio.to_thread(keeper.close)


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"log": "another", "sequence": 999}'])
async def test_a_position_that_is_not_of_this_log_is_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "hub").mkdir()
    (tmp_path / "hub" / "position.json").write_text(text)
    async with running_hub(tmp_path) as hub, log_connection(hub) as log:
        for data in batches(3):
            await log.publish(ADDRESS.subject("records"), data)
        keeper = RecordKeeper(tmp_path / "hub")
        await keep_until(hub, keeper, 3)
        await asyncio.to_thread(keeper.close)
        made = (await log.stream_info("RECORDS")).created
    assert made is not None
    assert json.loads((tmp_path / "hub" / "position.json").read_text()) == {"log": str(made), "sequence": 3}
