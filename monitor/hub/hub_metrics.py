"""What a hub's workers and store count, as metrics for Prometheus, and the small server that shows them.

There are no names of tenants, runners or runs in them: anybody who reaches the server may read it.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from fastapi import Response

from monitor.core.errors import ConfigError
from monitor.core.http_guard import GuardedApp, GuardSettings, RouteRule
from monitor.core.http_roles import Visitor
from monitor.core.http_server import listen, running
from monitor.core.prometheus_text import CONTENT_TYPE, MetricFamily, exposition_text
from monitor.hub.partition_worker import PartitionState
from monitor.hub.record_keeper import KeeperState

METRICS_PATH = "/metrics"
_Row = tuple[str, str, Literal["counter", "gauge"], str]

WORKER_METRICS: tuple[_Row, ...] = (
    ("serving", "serving", "gauge", "1 while the worker has the partition and a connection, else 0."),
    ("sequence", "sequence", "gauge", "Number in the log of the last message that was evaluated."),
    ("lag", "lag_messages", "gauge", "Messages of the partition that waited when the last one came."),
    ("runs", "runs", "gauge", "Runs in memory."),
    ("unsaved_since_s", "snapshot_age_seconds", "gauge", "Longest time for which a run was not saved."),
    ("messages", "messages_total", "counter", "Messages read."),
    ("records", "records_total", "counter", "Records put into the log."),
    ("snapshots", "snapshots_total", "counter", "Snapshots of runs saved."),
    ("restored", "restored_runs_total", "counter", "Runs gone on with from a snapshot."),
    ("rebuilt", "rebuilt_runs_total", "counter", "Runs gone on with from their first message."),
    ("redelivered", "redelivered_messages_total", "counter", "Messages that a snapshot had already."),
    ("repeated", "repeated_packets_total", "counter", "Packets that came twice, left out."),
    ("damaged", "damaged_messages_total", "counter", "Messages that could not be read, left out."),
    ("orphans", "orphan_messages_total", "counter", "Messages of runs whose start is not there."),
    ("broken", "broken_runs_total", "counter", "Runs given up: a message could not be evaluated."),
    ("over_budget", "over_budget_runs_total", "counter", "Runs given up: too much for one runner."),
    ("late", "late_packets_total", "counter", "Packets that came after the end of their run, left out."),
    ("missing", "missing_packets_total", "counter", "Packets of runs that ended, which never came."),
    ("damaged_entries", "damaged_entries_total", "counter", "Unreadable notes of positions and snapshots."),
    ("dropped", "dropped_messages_total", "counter", "Later messages of such runs, left out."),
    ("claims", "claims_total", "counter", "Times that any process has begun to serve the partition."),
    ("claims_lost", "claims_lost_total", "counter", "Times that this process lost it to another."),
)
"""Every number of ``PartitionState``: its field, name behind ``gaitcue_hub_``, kind, and what it is."""

STORE_METRICS: tuple[_Row, ...] = (
    ("serving", "serving", "gauge", "1 while the store has a connection, else 0."),
    ("lag", "lag_messages", "gauge", "Messages with records that waited when the last one came."),
    ("messages", "messages_total", "counter", "Messages with records read."),
    ("records", "records_total", "counter", "Records stored."),
    ("redelivered", "redelivered_messages_total", "counter", "Messages that were stored already."),
    ("damaged", "damaged_messages_total", "counter", "Messages that could not be read, left out."),
)
"""Every number of ``KeeperState``, named behind ``gaitcue_hub_store_``."""


def worker_metrics(states: Sequence[PartitionState], now_s: float) -> list[MetricFamily]:
    """Return the metrics of a worker's partitions at monotonic second ``now_s``."""

    def value(state: PartitionState, field: str) -> float:
        if field == "unsaved_since_s":
            return 0.0 if state.unsaved_since_s is None else now_s - state.unsaved_since_s
        return float(getattr(state, field))

    return [
        MetricFamily(
            name=f"gaitcue_hub_{name}",
            kind=kind,
            help=text,
            samples=tuple(({"partition": str(state.partition)}, value(state, field)) for state in states),
        )
        for field, name, kind, text in WORKER_METRICS
    ]


def store_metrics(state: KeeperState) -> list[MetricFamily]:
    """Return the metrics of a hub's store."""
    return [
        MetricFamily(
            name=f"gaitcue_hub_store_{name}",
            kind=kind,
            help=text,
            samples=(({}, float(getattr(state, field))),),
        )
        for field, name, kind, text in STORE_METRICS
    ]


def process_metrics() -> list[MetricFamily]:
    """Return the CPU time of this process, named as Prometheus's own clients name it."""
    return [
        MetricFamily(
            name="process_cpu_seconds_total",
            kind="counter",
            help="CPU time of the process.",
            samples=(({}, time.process_time()),),
        )
    ]


@dataclass(frozen=True, slots=True)
class MetricsAddress:
    """``MetricsAddress`` is where metrics are shown; port 0 is any free one."""

    host: str
    port: int


def parse_metrics_address(text: str) -> MetricsAddress:
    """Return the address in ``PORT``, which is on this machine alone, or ``HOST:PORT``; ``ConfigError``."""
    host, colon, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if (colon and not host) or not port.isascii() or not port.isdigit() or int(port) > 65_535:
        raise ConfigError("error.hub_metrics", text=text)
    return MetricsAddress(host or "127.0.0.1", int(port))


class _NoTokens:
    """Nobody has a token: the one page is for anyone, and there is nothing else."""

    async def visitor_of(self, token: str) -> Visitor | None:
        return None


@contextlib.asynccontextmanager
async def metrics_server(
    address: MetricsAddress | None, families: Callable[[], Sequence[MetricFamily]]
) -> AsyncIterator[int]:
    """Show what ``families`` returns, for as long as the block lasts; yield the port, 0 without address.

    ``ConfigError`` if the port is taken.
    """
    if address is None:
        yield 0
        return
    app = await asyncio.to_thread(_metrics_app, families)
    listener = listen(address.host, address.port, "error.port_of_metrics")
    port: int = listener.getsockname()[1]
    async with running(app, listener, "metrics"):
        yield port


def _metrics_app(families: Callable[[], Sequence[MetricFamily]]) -> GuardedApp:
    rules = {f"GET {METRICS_PATH}": RouteRule(role=None)}
    app = GuardedApp("Metrics of a hub of gaitcue", GuardSettings(rules=rules, tokens=_NoTokens()))

    @app.get(METRICS_PATH)
    async def metrics() -> Response:
        return Response(exposition_text([*families(), *process_metrics()]), media_type=CONTENT_TYPE)

    return app
