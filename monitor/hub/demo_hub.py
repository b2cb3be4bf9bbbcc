"""A whole hub on one machine for a minute: server, workers, store, simulated runners, and a kill.

Everything it prints is counted in the log and in the store; nothing is left behind.
"""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console, Group
from rich.live import Live as Screen
from rich.table import Table

from monitor.core.errors import SinkError
from monitor.core.monotonic import MonotonicClock, SystemClock
from monitor.core.nats_client import HubSettings, require_nats_client
from monitor.core.retry import only_error
from monitor.core.stop_signals import handle_stop_signals
from monitor.core.user_language import user_text
from monitor.hub.fleet_account import (
    FleetAccount,
    RunTrace,
    fleet_account,
    is_evaluated,
    is_stored,
    read_run_traces,
)
from monitor.hub.hub_status import HubStatus, PartitionProgress, read_hub_status
from monitor.hub.local_server import local_hub
from monitor.hub.record_keeper import RecordKeeper
from monitor.hub.serving import keep_records
from monitor.hub.simulated_fleet import SimulatedFleet
from monitor.hub.streams import HubLayout, HubStreams, hub_connection
from monitor.hub.supervised_worker import SupervisedWorker

_WORKERS, _PARTITIONS = 2, 8
_TENANT = "demo"
_LOOK_S = 0.5
_READY_S = 120.0  # on a busy machine a worker needs half a minute to start


@dataclass
class _Scene:
    """Everything that is on stage, and what was seen of it last."""

    fleet: SimulatedFleet
    workers: Sequence[SupervisedWorker]
    keeper: RecordKeeper
    time: MonotonicClock
    status: HubStatus | None = None
    rate: float = 0.0  # messages a second that came
    victim: SupervisedWorker | None = None
    killed_s: float = 0.0
    waiting_before: int = 0
    caught_up_s: float | None = None

    def partitions(self, worker: SupervisedWorker) -> Sequence[PartitionProgress]:
        """How far each partition of a worker was at the last look, none before the first."""
        return () if self.status is None else self.status.partitions[worker.number :: worker.of]

    def waiting(self, worker: SupervisedWorker) -> int:
        """How many messages wait for a worker."""
        return sum(partition.waiting for partition in self.partitions(worker))

    def starts(self, worker: SupervisedWorker) -> int:
        """How often a worker has begun to serve all of its partitions."""
        return min((partition.claims for partition in self.partitions(worker)), default=0)

    def kill_a_worker(self) -> SupervisedWorker:
        """Kill the worker that has most partitions with runners in them."""
        self.victim = max(self.workers, key=lambda w: sum(p.last > 0 for p in self.partitions(w)))
        self.waiting_before, self.killed_s = self.waiting(self.victim), self.time.now_s()
        self.victim.kill()
        return self.victim

    def has_caught_up(self) -> bool:
        """Whether the killed worker serves again and is as far behind as it was before."""
        victim = self.victim
        return (
            victim is not None and self.starts(victim) > 1 and self.waiting(victim) <= self.waiting_before
        )


def run_demo_hub(count: int, seconds: float, console: Console) -> None:
    """Show ``count`` simulated runners on a hub of this machine, each for ``seconds``, at real pace.

    One of two workers is killed halfway.  Ctrl-C ends the runs and gives the account, a second one ends
    all.  ``SinkError`` if the account is not whole, ``ConfigError`` where server or client are missing.
    """
    require_nats_client()
    with console.status(user_text("say.demo.hub_simulating")):
        fleet = SimulatedFleet(count, seconds, _TENANT)
    with tempfile.TemporaryDirectory(prefix="gaitcue-hub-") as folder:
        try:
            whole = asyncio.run(_until_stopped(fleet, seconds, Path(folder), console))
        except BaseExceptionGroup as group:
            raise only_error(group) from None
    if whole is False:
        raise SinkError("the account of the demo is not whole")


async def _until_stopped(
    fleet: SimulatedFleet, seconds: float, folder: Path, console: Console
) -> bool | None:
    """Whether the account is whole; None if it was not waited for."""
    stop = asyncio.Event()
    task = asyncio.create_task(_play(fleet, seconds, folder, console, stop))

    def on_signal() -> None:
        if stop.is_set():
            task.cancel()
        stop.set()

    with handle_stop_signals(on_signal) as stopped:
        try:
            return await task
        except asyncio.CancelledError:
            if not stopped():
                raise
            return None


async def _play(
    fleet: SimulatedFleet, seconds: float, folder: Path, console: Console, stop: asyncio.Event
) -> bool:
    time = SystemClock()
    async with (
        local_hub(folder, HubLayout(partitions=_PARTITIONS)) as settings,
        hub_connection(settings) as streams,
    ):
        config = folder / "gaitcue.toml"
        await asyncio.to_thread(config.write_text, f'[hub]\nurl = "{settings.url}"\n')
        workers = [SupervisedWorker(number, _WORKERS, config) for number in range(_WORKERS)]
        keeper = RecordKeeper(folder / "stores")
        scene = _Scene(fleet, workers, keeper, time)
        screen = Screen(console=console, refresh_per_second=4, get_renderable=lambda: _scene_parts(scene))
        async with _running(
            *(worker.run() for worker in workers),
            keep_records(settings, keeper, time),
            _look(scene, streams),
        ):
            with screen if console.is_terminal else contextlib.nullcontext():
                await _act(scene, settings, streams, seconds, console, stop)
            store = await asyncio.to_thread(keeper.tenant_store, _TENANT)
            traces = await read_run_traces(streams)
            account = await fleet_account(streams, fleet, traces, store)
        await asyncio.to_thread(keeper.close)
    for line in _account_lines(scene, account, traces):
        console.print(line, highlight=False, soft_wrap=True)
    return account.is_whole


async def _act(
    scene: _Scene,
    settings: HubSettings,
    streams: HubStreams,
    seconds: float,
    console: Console,
    stop: asyncio.Event,
) -> None:
    """Let all runners run, kill a worker halfway, and wait until everything is stored."""
    async with asyncio.timeout(_READY_S):
        await _poll(scene.time, lambda: _answer(all(scene.starts(worker) > 0 for worker in scene.workers)))
    console.print(user_text("say.demo.hub_ready", n=len(scene.fleet.runners), workers=_WORKERS))
    began_s = scene.time.now_s()
    sending = asyncio.create_task(scene.fleet.send(settings, scene.time, stop), name="runners")
    try:
        await _poll(
            scene.time,
            lambda: _answer(stop.is_set() or scene.time.now_s() >= began_s + seconds / 2 or sending.done()),
        )
        if not stop.is_set():
            victim = scene.kill_a_worker()
            console.print(user_text("say.demo.hub_killed", n=victim.number, pid=victim.pid or 0))
        await sending
    finally:
        sending.cancel()
    await _poll(scene.time, lambda: is_evaluated(streams, scene.fleet.runners))
    store = await asyncio.to_thread(scene.keeper.tenant_store, _TENANT)
    await _poll(scene.time, lambda: asyncio.to_thread(is_stored, store, scene.fleet))


@contextlib.asynccontextmanager
async def _running(*works: Awaitable[None]) -> AsyncIterator[None]:
    """Let all work go on while inside; what fails there ends the block."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(_await(work)) for work in works]
        yield
        for task in tasks:
            task.cancel()


async def _await(work: Awaitable[None]) -> None:
    await work


async def _poll(time: MonotonicClock, ask: Callable[[], Awaitable[bool]]) -> None:
    while not await ask():
        await time.sleep(_LOOK_S / 2)


async def _answer(value: bool) -> bool:
    return value


async def _look(scene: _Scene, streams: HubStreams) -> None:
    """Look at the hub again and again, and note when the worker has caught up."""
    before, before_s = 0, scene.time.now_s()
    while True:
        scene.status = await read_hub_status(streams)
        now_s, now = scene.time.now_s(), scene.status.streams[0].messages
        scene.rate = (now - before) / max(now_s - before_s, _LOOK_S)
        before, before_s = now, now_s
        if scene.caught_up_s is None and scene.has_caught_up():
            scene.caught_up_s = now_s
        await scene.time.sleep(_LOOK_S)


def _scene_parts(scene: _Scene) -> Group:
    totals = user_text(
        "say.demo.hub_totals",
        running=scene.fleet.running,
        rate=scene.rate,
        records=scene.keeper.state.records,
    )
    table = Table()
    for heading in ("worker", "process", "waiting", "restarts"):
        table.add_column(user_text(f"say.demo.hub_column.{heading}"), justify="right")
    for worker in scene.workers:
        process = "—" if worker.pid is None else str(worker.pid)
        table.add_row(str(worker.number), process, str(scene.waiting(worker)), str(worker.restarts))
    return Group(totals, table)


def _account_lines(scene: _Scene, account: FleetAccount, traces: dict[str, RunTrace]) -> list[str]:
    """What was measured, in lines."""
    lines = [
        user_text("say.demo.hub_packets", sent=account.packets_sent, evaluated=account.packets_evaluated),
        user_text(
            "say.demo.hub_records",
            expected=account.records_expected,
            log=account.records_in_log,
            stored=account.records_stored,
        ),
        user_text("say.demo.hub_same", same=account.same, n=account.runs),
    ]
    if scene.victim is not None:
        gaps = {worker: _longest_silence_s(traces, worker) for worker in scene.workers}
        killed = gaps.pop(scene.victim)
        lines.append(user_text("say.demo.hub_gap", killed=killed, other=max(gaps.values())))
        if scene.caught_up_s is None:
            lines.append(user_text("say.demo.hub_behind"))
        else:
            lines.append(user_text("say.demo.hub_caught_up", seconds=scene.caught_up_s - scene.killed_s))
    return lines


def _longest_silence_s(traces: dict[str, RunTrace], worker: SupervisedWorker) -> float:
    """The longest time without records of any one runner whom this worker serves."""
    mine = [t.longest_silence_s for t in traces.values() if t.partition % worker.of == worker.number]
    return max(mine, default=0.0)
