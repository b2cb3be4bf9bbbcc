"""What a runner of a hub costs: CPU time of worker, store and server, bytes in the log, size of a snapshot.

Two shoes at 100 Hz each, a message a second.  CPU time, not the clock: the machine may be busy with others.

    python -m bench.hub --runners 20 --seconds 120
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import resource
import tempfile
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator, Sequence
from pathlib import Path

from bench import bare
from dsp.simulation.runner import Device, simulated_imu, simulated_run
from dsp.types import ImuChunk, Placement, Side
from monitor.core.monotonic import SystemClock
from monitor.core.records import SessionStarted
from monitor.hub.fleet_account import is_evaluated, is_stored
from monitor.hub.hosted_run import HostedRun, Snapshot
from monitor.hub.local_server import local_hub
from monitor.hub.partition_worker import PartitionState, PartitionWorker, WorkerParams
from monitor.hub.record_keeper import RecordKeeper
from monitor.hub.record_messages import pack_records
from monitor.hub.simulated_fleet import SimulatedFleet
from monitor.hub.streams import PACKET_LOG, RECORD_LOG, HubLayout, HubStreams, hub_connection
from monitor.recordings.tape_blocks import Numbered
from monitor.simulation.simulated_runner import easy_bouts, two_feet_recording
from monitor.sinks.hub.run_messages import RunStart, pack_packets, unpack_packets

_TENANT = "bench"
_SNAPSHOT_MESSAGES = 30  # as many as come of a run in the time between two snapshots


class CpuTimes:
    """``CpuTimes`` adds up the CPU time of this process, by the name of what it was spent on."""

    def __init__(self) -> None:
        self.spent_s: dict[str, float] = defaultdict(float)

    @contextlib.contextmanager
    def of(self, name: str) -> Iterator[None]:
        """Add the CPU time of the block under a name."""
        began_s = time.process_time()
        yield
        self.spent_s[name] += time.process_time() - began_s


def main() -> None:
    """Print one JSON line for each case."""
    options = argparse.ArgumentParser(prog="python -m bench.hub", description=__doc__)
    options.add_argument("--runners", type=int, default=20, help="at once, through a server")
    options.add_argument("--seconds", type=float, default=120.0, help="length of each run")
    given = options.parse_args()
    for result in hub_cases(given.runners, given.seconds):
        short = {k: float(f"{v:.4g}") if isinstance(v, float) else v for k, v in result.items()}
        print(json.dumps(short), flush=True)


def hub_cases(runners: int, seconds: float) -> Iterator[dict[str, str | float]]:
    """Yield what one runner costs step by step, and what many cost through a real server."""
    yield step_costs(seconds)
    with tempfile.TemporaryDirectory() as folder:
        yield asyncio.run(server_costs(Path(folder), runners, seconds))


def step_costs(seconds: float) -> dict[str, str | float]:
    """Measure each step of a worker for one runner, in ms of CPU per second of the run."""
    recording, cpu = two_feet_recording(seconds), CpuTimes()
    started = SessionStarted("bench", "bench", "", tuple(s.name for s in recording.settings.sensors))
    run = HostedRun(RunStart(started, recording.settings, "bench"))
    packets_b = records_b = snapshot_b = 0
    for number, message in enumerate(_messages(list(enumerate(recording.packets())))):
        with cpu.of("unpack"):
            rows = unpack_packets(message)
        with cpu.of("evaluate"):
            batch = run.push(rows)
        with cpu.of("pack"):
            packed = pack_records(batch)
        if number % _SNAPSHOT_MESSAGES == _SNAPSHOT_MESSAGES - 1:
            with cpu.of("snapshot"):
                snapshot_b = len(Snapshot(number, run).pack())
        packets_b, records_b = packets_b + len(message), records_b + len(packed)
    return {
        "case": "hub: one runner, step by step",
        **{f"{name}_ms_per_second": 1e3 * spent_s / seconds for name, spent_s in cpu.spent_s.items()},
        "ratio_to_sosfilt": sum(cpu.spent_s.values()) / bare.cost_s(two_feet(seconds)),
        "packets_mb_per_hour": 3.6e-3 * packets_b / seconds,
        "records_mb_per_hour": 3.6e-3 * records_b / seconds,
        "snapshot_kb": 1e-3 * snapshot_b,
    }


def _messages(rows: Sequence[Numbered]) -> Iterator[bytes]:
    """The messages of a run, one a second."""
    seconds: dict[int, list[Numbered]] = defaultdict(list)
    for row in rows:
        seconds[int(row[1].arrival_ns * 1e-9)].append(row)
    for second in seconds.values():
        yield from (data for _, data in pack_packets(second))


def two_feet(seconds: float) -> list[ImuChunk]:
    """Return the samples of two shoes at 100 Hz."""
    run = simulated_run(easy_bouts(seconds))
    device = Device(rate_hz=100.0)
    return [simulated_imu(run, Placement.FOOT, side, device, str(side)) for side in (Side.LEFT, Side.RIGHT)]


async def server_costs(folder: Path, runners: int, seconds: float) -> dict[str, str | float]:
    """Send runs through a server of this machine and measure what worker, store and server spend."""
    fleet, cpu = SimulatedFleet(runners, seconds, _TENANT), CpuTimes()
    children_s = _children_s()
    async with local_hub(folder, HubLayout(partitions=1)) as settings, hub_connection(settings) as streams:
        await fleet.send(settings, SystemClock(), asyncio.Event(), 1e9)
        params = WorkerParams(at_once=runners, snapshot_messages=_SNAPSHOT_MESSAGES)
        worker = PartitionWorker(streams, PartitionState(0), SystemClock(), params)
        with cpu.of("worker"):
            await _run_until(worker.run(), lambda: is_evaluated(streams, fleet.runners))
        keeper = RecordKeeper(folder / "stores")
        store = await asyncio.to_thread(keeper.tenant_store, _TENANT)
        with cpu.of("store"):
            await _run_until(
                keeper.run(streams), lambda: asyncio.to_thread(is_stored, store, fleet), every_s=1.0
            )
        sizes = [await _bytes(streams, name) for name in (PACKET_LOG, RECORD_LOG)]
    await asyncio.to_thread(keeper.close)
    log_b, store_b = [await asyncio.to_thread(_disk_bytes, folder / name) for name in ("log", "stores")]
    cpu.spent_s["server"] = _children_s() - children_s
    all_s, hours = runners * seconds, runners * seconds / 3600
    return {
        "case": f"hub: {runners} runners through a server",
        **{f"{name}_percent_of_a_core": 100 * spent / all_s for name, spent in cpu.spent_s.items()},
        "runners_per_worker_core": all_s / cpu.spent_s["worker"],
        "log_packets_mb_per_runner_hour": 1e-6 * sizes[0] / hours,
        "log_records_mb_per_runner_hour": 1e-6 * sizes[1] / hours,
        "log_on_disk_mb_per_runner_hour": 1e-6 * log_b / hours,
        "store_mb_per_runner_hour": 1e-6 * store_b / hours,
    }


async def _run_until(
    work: Awaitable[None], ask: Callable[[], Awaitable[bool]], every_s: float = 0.5
) -> None:
    """Run until the answer is yes; asking is part of what is measured, so it is done seldom."""
    task = asyncio.ensure_future(work)
    while not await ask():  # noqa: ASYNC110 - the answer is in the log
        await asyncio.sleep(every_s)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def _bytes(streams: HubStreams, name: str) -> int:
    return (await streams.log.stream_info(name)).state.bytes


def _children_s() -> float:
    """CPU seconds of all processes that this one has started and that have ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _disk_bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


if __name__ == "__main__":
    main()
