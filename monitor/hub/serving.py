"""The loops of a hub's processes: connect, work, and begin again after whatever went wrong."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from functools import partial

from monitor.core.errors import MonitorError
from monitor.core.http_access import WebSettings
from monitor.core.monotonic import MonotonicClock
from monitor.core.nats_client import HubSettings, log_connection
from monitor.core.outage import Outage
from monitor.core.retry import Backoff, retry_until_done
from monitor.core.secret import Secret
from monitor.core.stop_signals import handle_stop_signals
from monitor.hub.hub_metrics import MetricsAddress, metrics_server, store_metrics, worker_metrics
from monitor.hub.partition_worker import PartitionState, PartitionWorker, WorkerParams
from monitor.hub.record_keeper import RecordKeeper
from monitor.hub.streams import HubLayout, HubStreams, create_streams, hub_connection

_log = logging.getLogger(__name__)
_BACKOFF = Backoff(longest_s=2.0)  # servers of a cluster take four to nine seconds to choose a new leader


async def make_hub(settings: HubSettings, layout: HubLayout) -> int:
    """Make what a hub keeps, where it is not there, and return the number of its partitions."""
    async with log_connection(settings) as log:
        return (await create_streams(log, layout)).partitions


async def serve_share(
    settings: HubSettings, number: int, of: int, time: MonotonicClock, metrics: MetricsAddress | None = None
) -> None:
    """Serve the partitions of worker ``number`` of ``of`` until cancelled; ``metrics`` shows how."""
    states: list[PartitionState] = []

    async def look(streams: HubStreams) -> None:
        states.extend(PartitionState(p) for p in range(number, streams.partitions, of))

    async with metrics_server(metrics, lambda: worker_metrics(states, time.now_s())):
        await _keep_connected(settings, "hub", look, time)
        await serve_partitions(settings, states, time)


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


async def keep_records(
    settings: HubSettings, keeper: RecordKeeper, time: MonotonicClock, metrics: MetricsAddress | None = None
) -> None:
    """Store the records of all tenants until cancelled; ``metrics`` shows how far the store is."""
    async with metrics_server(metrics, lambda: store_metrics(keeper.state)):
        await _keep_connected(settings, "records", keeper.run, time)


async def show_runs(
    settings: HubSettings,
    web: WebSettings,
    token: Secret,
    time: MonotonicClock,
    when_open: Callable[[str], None],
) -> None:
    """Show a coach the runs of the settings' tenant until cancelled; ``when_open`` is told the address."""
    from monitor.hub.tenant_page import hub_page_app  # pages, which workers do without
    from monitor.hub.tenant_runs import TenantRuns
    from monitor.web.app import serving_app

    runs = TenantRuns(settings.tenant, time)
    app = partial(hub_page_app, runs, token, web, time.now_s)
    async with serving_app(app, web, token, runs.close) as url:
        when_open(url)
        await _keep_connected(settings, "page", runs.run, time)


async def _keep_connected(
    settings: HubSettings, what: str, work: Callable[[HubStreams], Awaitable[None]], time: MonotonicClock
) -> None:
    """Work over one connection after another."""
    outage = Outage(_log, what, time.now_s, sink="hub")

    def report(exc: MonitorError, wait_s: float) -> None:
        _log.debug("%s: next try in %.0f s", what, wait_s)

    async def attempt(generation: int) -> None:
        async with hub_connection(settings) as streams:
            outage.over("works again")
            await work(streams)

    await retry_until_done(attempt, report, outage, time, _BACKOFF)
