"""The account of simulated runners: it finds what is missing and what is there twice."""

from __future__ import annotations

import asyncio
from dataclasses import fields, replace
from pathlib import Path

import pytest

from monitor.core.monotonic import SystemClock
from monitor.hub.fleet_account import (
    FleetAccount,
    RunTrace,
    fleet_account,
    is_evaluated,
    is_stored,
    read_run_traces,
)
from monitor.hub.partition_worker import PartitionState, PartitionWorker
from monitor.hub.record_keeper import RecordKeeper
from monitor.hub.record_messages import pack_records, unpack_records
from monitor.hub.simulated_fleet import SimulatedFleet
from monitor.hub.streams import RECORD_LOG, hub_connection
from tests.hub_rig import TENANT, eventually, running_hub, until

WHOLE = FleetAccount(2, 2, 100, 100, 50, 50, 50)


@pytest.mark.parametrize("field", [field.name for field in fields(FleetAccount)])
def test_an_account_in_which_any_number_is_off_is_not_whole(field: str) -> None:
    assert WHOLE.is_whole
    assert not replace(WHOLE, **{field: getattr(WHOLE, field) - 1}).is_whole


def test_what_comes_twice_counts_twice_and_the_longest_silence_is_found() -> None:
    trace = RunTrace(0, [], [10.0, 11.0, 14.5, 15.0], [(0, 5), (5, 9), (5, 9), (9, 10)])
    assert trace.records == 14
    assert trace.longest_silence_s == 3.5
    assert RunTrace().longest_silence_s == 0.0


def test_a_delay_is_the_time_to_the_next_records() -> None:
    trace = RunTrace(0, [1.0, 2.0, 3.0, 9.0], [1.2, 3.5])
    assert trace.delays_s(0.0, 99.0) == pytest.approx([0.2, 1.5, 0.5])
    assert trace.delays_s(2.0, 3.0) == pytest.approx([1.5])


async def test_a_whole_fleet_has_a_whole_account_and_a_doubled_message_shows(tmp_path: Path) -> None:
    fleet = await asyncio.to_thread(SimulatedFleet, 3, 6.0, TENANT)
    keeper = RecordKeeper(tmp_path / "stores")
    async with running_hub(tmp_path, partitions=1) as hub, hub_connection(hub) as streams:
        assert not await is_evaluated(streams, fleet.runners)
        await fleet.send(hub, SystemClock(), asyncio.Event(), 1000.0)
        worker = PartitionWorker(streams, PartitionState(0), SystemClock())
        tasks = [asyncio.create_task(worker.run()), asyncio.create_task(keeper.run(streams))]
        await eventually(lambda: is_evaluated(streams, fleet.runners))
        store = await asyncio.to_thread(keeper.tenant_store, TENANT)
        await until(lambda: is_stored(store, fleet))
        traces = await read_run_traces(streams)
        account = await fleet_account(streams, fleet, traces, store)
        assert account.is_whole
        assert account.packets_sent == sum(runner.packets for runner in fleet.runners) == 3 * 2 * 60
        assert account.records_stored == sum(len(runner.undisturbed()) for runner in fleet.runners)
        for trace in traces.values():
            assert (trace.partition, len(trace.packets_s)) == (0, 6)
            assert trace.records_s == sorted(trace.records_s)
            assert trace.records_s[0] >= trace.packets_s[0] - 1.0
        subject = fleet.runners[0].address.subject("records")
        last = unpack_records((await streams.log.get_last_msg(RECORD_LOG, subject)).data or b"")
        await streams.log.publish(subject, pack_records(last))
        doubled = await fleet_account(streams, fleet, await read_run_traces(streams), store)
        assert doubled.records_in_log == account.records_in_log + len(last.records)
        assert not doubled.is_whole
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.to_thread(keeper.close)
