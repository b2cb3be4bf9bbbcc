"""The loops of a hub's processes: connect, work, and begin again after whatever went wrong."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from functools import partial

from monitor.core.errors import ConfigError, MonitorError
from monitor.core.monotonic import MonotonicClock
from monitor.core.nats_client import HubSettings, log_connection
from monitor.core.outage import Outage
from monitor.core.retry import Backoff, retry_until_done
from monitor.core.stop_signals import handle_stop_signals
from monitor.hub.partition_worker import PartitionState, PartitionWorker, WorkerParams
from monitor.hub.record_keeper import RecordKeeper
from monitor.hub.streams import HubLayout, HubStreams, create_streams, open_streams

_log = logging.getLogger(__name__)
_BACKOFF = Backoff(longest_s=5.0)


async def make_hub(settings: HubSettings, layout: HubLayout) -> int:
    """Make what a hub keeps, where it is not there, and return the number of its partitions."""
    async with log_connection(settings) as log:
        return (await create_streams(log, layout)).partitions


async def serve_share(settings: HubSettings, number: int, of: int, time: MonotonicClock) -> None:
    """Serve the partitions of worker ``number`` of ``of`` until cancelled."""
    found: list[int] = []

    async def look(streams: HubStreams) -> None:
        found.append(streams.partitions)

    await _keep_connected(settings, "hub", look, time)
    await serve_partitions(settings, [PartitionState(p) for p in range(number, found[0], of)], time)


async def run_until_stopped(work: Coroutine[object, object, None]) -> None:
    """Run until the work ends, or a signal asks to stop: what is in memory then is in the log, too."""
    task = asyncio.ensure_future(work)
    with handle_stop_signals(partial(_cancel, task)) as stopped:
        try:
            await task
        except asyncio.CancelledError:
            if not stopped():
                raise


def _cancel(task: asyncio.Future[None]) -> None:
    task.cancel()


async def serve_partitions(
    settings: HubSettings,
    states: Sequence[PartitionState],
    time: MonotonicClock,
    params: WorkerParams | None = None,
) -> None:
    """Serve these partitions until cancelled; ``ConfigError`` when another worker has taken one of them."""

    async def work(state: PartitionState) -> None:
        async def once(streams: HubStreams) -> None:
            await PartitionWorker(streams, state, time, params).run()

        await _keep_connected(settings, f"partition {state.partition}", once, time)

    async with asyncio.TaskGroup() as group:
        for state in states:
            group.create_task(work(state), name=f"partition {state.partition}")


async def keep_records(settings: HubSettings, keeper: RecordKeeper, time: MonotonicClock) -> None:
    """Store the records of all tenants until cancelled."""
    await _keep_connected(settings, "records", keeper.run, time)


async def _keep_connected(
    settings: HubSettings, what: str, work: Callable[[HubStreams], Awaitable[None]], time: MonotonicClock
) -> None:
    """Work over one connection after another."""
    from nats.js.errors import NotFoundError

    outage = Outage(_log, what, time.now_s, sink="hub")

    def report(exc: MonitorError, wait_s: float) -> None:
        _log.debug("%s: next try in %.0f s", what, wait_s)

    async def attempt(generation: int) -> None:
        async with log_connection(settings) as log:
            try:
                streams = await open_streams(log)
            except NotFoundError as exc:
                raise ConfigError("error.hub_missing", address=settings.address) from exc
            outage.over("works again")
            await work(streams)

    await retry_until_done(attempt, report, outage, time, _BACKOFF)
