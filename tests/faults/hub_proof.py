"""``make hub-proof``: a hub on three servers whose workers and servers are killed, and an account of it.

    python -m tests.faults.hub_proof --runners 10 --seconds 300 --kills 20 --seed 1

Simulated runners send at ``--pace`` times real pace.  At random a worker, the server that leads the log, or
both in turn are killed with ``kill -9`` and started again.  Exits with 1 if anything is missing or doubled.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import random
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from monitor.core.errors import SinkError
from monitor.core.monotonic import SystemClock
from monitor.hub.fleet_account import (
    FleetAccount,
    RunTrace,
    fleet_account,
    is_evaluated,
    is_stored,
    read_run_traces,
)
from monitor.hub.hub_status import read_hub_status
from monitor.hub.record_keeper import RecordKeeper
from monitor.hub.serving import keep_records
from monitor.hub.simulated_fleet import SimulatedFleet
from monitor.hub.streams import hub_connection
from monitor.hub.supervised_worker import SupervisedWorker
from tests.faults.hub_cluster import HubCluster, leader_of, running_cluster
from tests.hub_rig import TENANT, eventually, until

WORKERS, PARTITIONS = 2, 8
VICTIMS = ("worker", "leader", "both")
DOWN_S = 1.0  # until a killed server is started again


@dataclass(frozen=True)
class Kill:
    """Who was killed, and when by the clock of the log (s)."""

    victim: str
    at_s: float


@dataclass(frozen=True)
class Proof:
    """What came of a fleet, the kills, and when the log had what."""

    account: FleetAccount
    kills: Sequence[Kill]
    traces: Mapping[str, RunTrace]

    def gap_s(self, kill: Kill) -> float:
        """Return the longest time from a kill to the next records of a runner who still sends."""
        waits = [
            min(after) - kill.at_s
            for trace in self.traces.values()
            if (after := [s for s in trace.records_s if s > kill.at_s]) and trace.packets_s[-1] > kill.at_s
        ]
        return max(waits, default=0.0)

    def delays_s(self, since_s: float, until_s: float) -> np.ndarray:
        """Return the delays from packets to the next records of all runs between two times."""
        return np.array([d for trace in self.traces.values() for d in trace.delays_s(since_s, until_s)])


async def prove(
    folder: Path, fleet: SimulatedFleet, pace: float, victims: Sequence[str], every_s: float, seed: int
) -> Proof:
    """Let a fleet run on a cluster, kill these victims one after another, and return what came of it."""
    keeper, clock, rng = RecordKeeper(folder / "stores"), SystemClock(), random.Random(seed)
    async with running_cluster(folder, PARTITIONS) as cluster:
        config = folder / "gaitcue.toml"
        text = f'[hub]\nurl = "{cluster.settings.url}"\ntimeout_s = {cluster.settings.timeout_s}\n'
        await asyncio.to_thread(config.write_text, text)
        workers = [SupervisedWorker(number, WORKERS, config) for number in range(WORKERS)]
        works = [*(worker.run() for worker in workers), keep_records(cluster.settings, keeper, clock)]
        async with at_work(works):
            await eventually(lambda: all_serve(cluster), 120)
            sending = asyncio.create_task(fleet.send(cluster.settings, clock, asyncio.Event(), pace))
            kills: list[Kill] = []
            for victim in victims:
                await asyncio.sleep(every_s * rng.uniform(0.7, 1.3))
                kills.append(Kill(victim, time.time()))
                await kill(victim, cluster, workers, rng)
            await sending
            await eventually(lambda: all_evaluated(cluster, fleet), 600)
            store = await asyncio.to_thread(keeper.tenant_store, TENANT)
            await until(lambda: is_stored(store, fleet), 600)
            async with hub_connection(cluster.settings) as streams:
                traces = await read_run_traces(streams)
                account = await fleet_account(streams, fleet, traces, store)
        await asyncio.to_thread(keeper.close)
    return Proof(account, kills, traces)


@contextlib.asynccontextmanager
async def at_work(works: Sequence[object]) -> AsyncIterator[None]:
    """Let all work go on while inside; what fails there fails the block."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(work) for work in works]  # type: ignore[arg-type]
        yield
        for task in tasks:
            task.cancel()


async def kill(
    victim: str, cluster: HubCluster, workers: Sequence[SupervisedWorker], rng: random.Random
) -> None:
    """Kill a worker, the leader of the packets' log, or first one and then the other."""
    if victim in ("worker", "both"):
        rng.choice(workers).kill()
    if victim in ("leader", "both"):
        name = ""

        async def has_a_leader() -> bool:
            nonlocal name
            try:
                async with hub_connection(cluster.settings) as streams:
                    name = await leader_of(streams)
            except SinkError:
                return False
            return name != ""

        await eventually(has_a_leader)
        await cluster.kill(name)
        await asyncio.sleep(DOWN_S)
        await cluster.start(name)


async def all_serve(cluster: HubCluster) -> bool:
    """Return whether every partition has a worker."""
    try:
        async with hub_connection(cluster.settings) as streams:
            return all(p.claims for p in (await read_hub_status(streams)).partitions)
    except SinkError:
        return False


async def all_evaluated(cluster: HubCluster, fleet: SimulatedFleet) -> bool:
    """Return whether the end of every run is saved."""
    try:
        async with hub_connection(cluster.settings) as streams:
            return await is_evaluated(streams, fleet.runners)
    except SinkError:
        return False


def say(proof: Proof) -> None:
    """Print the account, and how long each kill was felt."""
    print(proof.account)
    print(f"load of the machine: {os.getloadavg()[0]:.1f}")
    for kill_of in proof.kills:
        print(f"{kill_of.victim}: {proof.gap_s(kill_of):.1f} s", end="; ")
    print()
    for victim in VICTIMS:
        gaps = [proof.gap_s(k) for k in proof.kills if k.victim == victim]
        if gaps:
            median, longest = np.median(gaps), max(gaps)
            print(f"{victim}: {len(gaps)} kills, gap median {median:.1f} s, longest {longest:.1f} s")
    first, last = proof.kills[0].at_s, proof.kills[-1].at_s + 30
    for name, delays in (
        ("before", proof.delays_s(0.0, first)),
        ("meanwhile", proof.delays_s(first, last)),
        ("after", proof.delays_s(last, np.inf)),
    ):
        if len(delays):
            p50, p99 = np.quantile(delays, [0.5, 0.99])
            print(
                f"packets to records {name}: median {p50:.2f} s, 99 % within {p99:.2f} s (n={len(delays)})"
            )


def main() -> int:
    """Run the proof as the command line says; 1 if the account is not whole."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runners", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=300.0, help="length of each run")
    parser.add_argument("--pace", type=float, default=1.0, help="times real pace")
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    rng = random.Random(given.seed)
    victims = [rng.choice(VICTIMS) for _ in range(given.kills)]
    fleet = SimulatedFleet(given.runners, given.seconds, TENANT)
    every_s = 0.85 * given.seconds / given.pace / (given.kills + 1)
    with tempfile.TemporaryDirectory() as folder:
        proof = asyncio.run(prove(Path(folder), fleet, given.pace, victims, every_s, given.seed))
    say(proof)
    return 0 if proof.account.is_whole else 1


if __name__ == "__main__":
    sys.exit(main())
