"""Runs that wait for a folder or a training diary, sent when somebody asks for it."""

from __future__ import annotations

import asyncio

from monitor.core.errors import SinkError
from monitor.core.monotonic import SystemClock
from monitor.service.config import Config
from monitor.service.wiring import run_sink
from monitor.sinks.finished_runs import RUN_SINKS
from monitor.storage.store import Store


def send_waiting_runs(config: Config, store: Store) -> list[tuple[str, int]]:
    """Deliver all runs that wait; return the name of each far end that is set up and how many it got.

    Raises ``SinkError`` at the first failure or where another process delivers; all else goes on waiting.
    """
    return [result for name in RUN_SINKS if (result := _drain(name, config, store)) is not None]


def _drain(name: str, config: Config, store: Store) -> tuple[str, int] | None:
    sink = run_sink(name, config, store, SystemClock(), None)
    if sink is None:
        return None
    counts: list[int] = []
    if not asyncio.run(sink.outbox.drain(counts.append)):
        raise SinkError("another gaitcue on this machine is delivering them just now")
    return name, sum(counts)
