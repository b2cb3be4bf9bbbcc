"""Sends to InfluxDB, with a progress bar, what waits in the store, or whole sessions once more."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from monitor.core.errors import SinkError
from monitor.core.monotonic import SystemClock
from monitor.core.user_language import user_text
from monitor.sinks.influx.settings import InfluxSettings
from monitor.sinks.influx.sink import INFLUX_SINK, InfluxSink, require_influx_client
from monitor.storage.store import Store

_COLUMNS = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())


def send_waiting(settings: InfluxSettings, store: Store, sessions: Sequence[str], console: Console) -> None:
    """Deliver everything that waits or, if ``sessions`` (ids) are named, all records of these once more.

    Sending a record again changes nothing at the far end.  Raises ``SinkError`` when the server fails or
    another process delivers (run it again to go on), ``ConfigError`` when the client is not installed.
    """
    require_influx_client()
    sink = InfluxSink(settings, store, SystemClock())
    with Progress(*_COLUMNS, console=console) as progress:
        if sessions:
            asyncio.run(_send_sessions(sink, store, sessions, progress))
        else:
            asyncio.run(_send_waiting(sink, store, progress))
    if refused := store.quarantined(INFLUX_SINK):
        console.print(user_text("say.send.refused", n=len(refused)))


def send_runs(settings: InfluxSettings, store: Store, sessions: Sequence[str], console: Console) -> None:
    """Send the points of these sessions (ids) as runs, and of their days, but none of their seconds.

    ``SinkError`` when the server fails, ``ConfigError`` when the client is not installed.
    """
    require_influx_client()
    sink = InfluxSink(settings, store, SystemClock())
    with Progress(*_COLUMNS, console=console) as progress:
        bar = progress.add_task(user_text("say.send.runs_and_days"), total=len(sessions))
        asyncio.run(sink.send_runs(sessions, lambda: progress.advance(bar)))


async def _send_waiting(sink: InfluxSink, store: Store, progress: Progress) -> None:
    bar = progress.add_task(user_text("say.send.waiting"), total=store.backlog(INFLUX_SINK))
    async with sink.connected():
        await sink.replace_changed_days()
        if not await sink.outbox.drain(lambda n: progress.advance(bar, n)):
            raise SinkError("another gaitcue on this machine is delivering them just now")
        await sink.send_notes(await asyncio.to_thread(_session_ids, store))


async def _send_sessions(
    sink: InfluxSink, store: Store, sessions: Sequence[str], progress: Progress
) -> None:
    counts = await asyncio.to_thread(lambda: {s: store.count(s) for s in sessions})
    bars = {s: progress.add_task(s, total=n) for s, n in counts.items()}
    async with sink.connected():
        await sink.replace_changed_days()
        for session, bar in bars.items():
            await asyncio.to_thread(store.release, INFLUX_SINK, session)
            row = 0
            while batch := await asyncio.to_thread(store.page, session, row):
                await sink.outbox.send(batch)
                row = batch[-1][0]
                progress.advance(bar, len(batch))
        await sink.send_notes(sessions)


def _session_ids(store: Store) -> list[str]:
    return [s.id for s in store.sessions()]
