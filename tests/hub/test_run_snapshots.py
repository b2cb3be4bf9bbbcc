"""Snapshots of runs: each replaced by the next, and never waited for without end."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from nats.js.object_store import ObjectStore

from monitor.core.errors import SinkError
from monitor.core.nats_client import HubSettings
from monitor.hub import run_snapshots
from monitor.hub.hosted_run import HostedRun, Snapshot
from monitor.hub.run_snapshots import RunSnapshots, SnapshotEntry
from monitor.hub.streams import hub_connection
from monitor.sinks.hub.run_messages import RunStart
from tests.hub_rig import Box, running_hub, short_run


def hosted(folder: Path) -> HostedRun:
    box = Box(folder, "ann")
    return HostedRun(RunStart(box.started, short_run().settings, "test"))


async def test_a_snapshot_takes_the_place_of_the_one_before_and_an_end_keeps_the_account(
    tmp_path: Path,
) -> None:
    run = await asyncio.to_thread(hosted, tmp_path / "box")
    async with running_hub(tmp_path) as hub, hub_connection(hub) as streams:
        snapshots = RunSnapshots(streams)
        assert await snapshots.find("a.b.c") == SnapshotEntry()
        first = await snapshots.save("a.b.c", SnapshotEntry(), Snapshot(5, run), ended=False)
        run.next_packet, run.missing, run.records = 100, 10, 40
        second = await snapshots.save("a.b.c", first, Snapshot(9, run), ended=False)
        assert await snapshots.load(first) is None
        loaded = await snapshots.load(second)
        assert loaded is not None
        assert (loaded.sequence, loaded.run.packets) == (9, 90)
        assert await snapshots.find("a.b.c") == second
        with pytest.raises(SinkError, match="another worker"):
            await snapshots.save("a.b.c", first, Snapshot(7, run), ended=False)
        last = await snapshots.save("a.b.c", second, Snapshot(12, run), ended=True)
        assert (last.ended, last.packets, last.records, last.object_name) == (True, 90, 40, "")
        assert await snapshots.load(last) is None
        assert await snapshots.load(second) is None


async def load_and_save(hub: HubSettings, entry: SnapshotEntry, snapshot: Snapshot) -> None:
    async with hub_connection(hub) as streams:
        snapshots = RunSnapshots(streams)
        await snapshots.load(entry)
        await snapshots.save("a.b.c", entry, snapshot, ended=False)


@pytest.mark.parametrize("method", ["get", "put", "delete"])
async def test_an_object_whose_pieces_do_not_come_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    async def never(*ignored: Any) -> Any:
        await asyncio.Event().wait()

    run = await asyncio.to_thread(hosted, tmp_path / "box")
    async with running_hub(tmp_path) as hub:
        async with hub_connection(hub) as streams:
            entry = await RunSnapshots(streams).save(
                "a.b.c", SnapshotEntry(), Snapshot(5, run), ended=False
            )
        monkeypatch.setattr(run_snapshots, "_ANSWER_S", 0.2)
        monkeypatch.setattr(ObjectStore, method, never)
        async with asyncio.timeout(20):
            with pytest.raises(SinkError, match="did not answer"):
                await load_and_save(hub, entry, Snapshot(6, run))
