"""``kill -9`` of a hub's processes in the middle of runs: every record is stored, once."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

from monitor.hub.record_keeper import tenant_folder
from monitor.hub.simulated_fleet import SimulatedFleet
from monitor.storage.store import Store
from tests.faults.hub_processes import HubProcesses
from tests.faults.hub_proof import prove
from tests.hub_rig import TENANT, Box, batches_until, running_hub, until

LUCK = random.Random(23)
KILLS = 3  # more of them in ``python -m tests.faults.hub_proof``


async def test_runs_are_whole_whoever_is_killed(tmp_path: Path) -> None:
    async with running_hub(tmp_path, partitions=4) as hub:
        processes = HubProcesses(tmp_path / "hub", hub, workers=2)
        await asyncio.to_thread(processes.start)
        boxes = [await asyncio.to_thread(Box, tmp_path / name, name) for name in ("ann", "ben", "cem")]
        done = asyncio.Event()
        sinks = [await asyncio.to_thread(box.sink, hub) for box in boxes]
        sending = [asyncio.create_task(sink.run(batches_until(done))) for sink in sinks]
        for kill in range(KILLS):
            for box in boxes:
                await asyncio.to_thread(box.record, (kill + 1) / (KILLS + 1))
            name = LUCK.choice([*processes.running])
            await asyncio.sleep(LUCK.uniform(0.5, 2.0))
            await asyncio.to_thread(processes.replace, name)
        for box in boxes:
            await asyncio.to_thread(box.end)
        done.set()
        await asyncio.gather(*sending)
        store = await asyncio.to_thread(
            Store, tenant_folder(tmp_path / "hub" / "stores", TENANT) / "gaitcue.db"
        )
        await until(lambda: sum(info.ended for info in store.sessions()) == len(boxes), 120)
        codes = await asyncio.to_thread(processes.stop)
    assert set(codes.values()) == {0}
    for box in boxes:
        assert await asyncio.to_thread(store.records, box.started.session) == box.undisturbed()
    assert "Traceback" not in processes.log()


async def test_on_three_servers_worker_and_leader_may_be_killed(tmp_path: Path) -> None:
    fleet = await asyncio.to_thread(SimulatedFleet, 3, 16.0, TENANT)
    proof = await prove(tmp_path, fleet, pace=2.0, victims=("worker", "leader"), every_s=2.5, seed=1)
    assert proof.account.is_whole, proof.account
    assert proof.account.packets_sent == 3 * 2 * 160
    for trace in proof.traces.values():  # no record is in the log twice
        assert [first for first, _ in trace.numbers[1:]] == [end for _, end in trace.numbers[:-1]]
