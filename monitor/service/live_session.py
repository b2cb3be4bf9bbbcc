"""A live session put together: store, tape, page and terminal context the sources."""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import segno
from rich.console import Console

from monitor.core.http_access import WebSettings, needed_token
from monitor.core.monotonic import MonotonicClock, SystemClock
from monitor.core.records import SessionEnded, SessionStarted
from monitor.core.session_settings import SessionSettings
from monitor.pipeline.session import Session
from monitor.pipeline.tap_alignment import unaligned
from monitor.review.recording_summary import summary_table
from monitor.service.config import Config, data_folder
from monitor.service.serve import serve
from monitor.service.wiring import SINKS, SinkContext
from monitor.sinks.live_state import LiveState
from monitor.sinks.protocol import Sink
from monitor.sinks.run_summary import RunSummary
from monitor.sinks.store import StoreSink
from monitor.sinks.terminal import TerminalSink
from monitor.sources.protocol import Source
from monitor.storage.new_session import begin_session, new_tape, session_id
from monitor.storage.recovery import recover
from monitor.storage.store import Store
from monitor.web.app import serving
from monitor.web.live_feed import LiveFeed


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveOptions:
    """What to run.  ``sources`` are made with the session's clock, which starts at 0.

    ``keep``: write store and tape; ``tape``: write this tape and nothing else; ``web``: serve the page;
    ``linger``: until Ctrl-C; ``summary_table``: tell at the end what came of it;
    ``pace``: how many seconds of the session pass in one second; infinite as fast as possible.
    """

    title: str
    settings: SessionSettings
    sources: Callable[[MonotonicClock], Sequence[Source]]
    keep: bool = True
    web: WebSettings | None = None
    linger: bool = False
    tape: Path | None = None
    summary: bool = False
    pace: float = 1.0


def run_session(config: Config, live: LiveOptions, console: Console) -> SessionEnded:
    """Run it to its end; tells where the page is and what was kept."""
    with contextlib.ExitStack() as stack:
        return asyncio.run(_go(config, live, console, stack))


async def _go(
    config: Config, live: LiveOptions, console: Console, stack: contextlib.ExitStack
) -> SessionEnded:
    time = SystemClock()
    started = session_started(live.settings)
    tape, store, tally = None, None, RunSummary()
    sinks: list[Sink] = [TerminalSink(console), tally]
    if live.tape is not None:
        tape = new_tape(live.tape, live.settings, started)
    elif live.keep:
        store = stack.enter_context(open_store(config, console))
        tape = begin_session(store, data_folder(config), live.title, live.settings, started)
        sinks.append(StoreSink(store, started.session, time))
    if live.tape is None:
        context = SinkContext(config=config, store=store, started=started, time=time, pace=live.pace)
        sinks += [sink for make in SINKS if (sink := make(context)) is not None]
    session = Session(live.settings)
    async with contextlib.AsyncExitStack() as pages:
        if live.web is not None:
            page = LiveFeed(LiveState(live.web.history_s), time, lambda: session.t_s, live.pace)
            token = needed_token(live.web, data_folder(config))
            show_address(
                await pages.enter_async_context(serving(page, live.web, token, data_folder(config))),
                live.web,
                console,
            )
            sinks.append(page)
        ended = await serve(live.sources(time), session, sinks, started, tape=tape, time=time)
        if live.summary:
            console.print(summary_table(live.settings, ended.t_s, tally.records))
            if note := unaligned(live.settings):
                console.print(note)
        if live.tape is not None:
            console.print(f"recorded {ended.t_s:.0f} s to {live.tape}", soft_wrap=True)
        elif live.keep:
            console.print(f"kept as {started.session}; gaitcue sessions lists all")
        if live.web is not None and live.linger and ended.reason != "stopped":
            console.print("the page stays open until Ctrl-C")
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.Event().wait()
    return ended


def open_store(config: Config, console: Console) -> Store:
    """The store; sessions that a killed program left behind are completed first."""
    store = Store(data_folder(config) / "gaitcue.db")
    try:
        for r in recover(store):
            text = r.trouble or f"{r.added} records from its tape, {r.lost} packets lost"
            console.print(f"recovered {r.session}: {text}")
    except BaseException:
        store.close()
        raise
    return store


def session_started(settings: SessionSettings) -> SessionStarted:
    """The first record of a session that begins this second."""
    now = datetime.datetime.now(datetime.UTC).replace(microsecond=0)
    name = session_id(now.isoformat(), settings.athlete)
    sensors = tuple(s.name for s in settings.sensors)
    return SessionStarted(name, settings.athlete, now.isoformat(), sensors)


def show_address(url: str, settings: WebSettings, console: Console) -> None:
    """The page's address, as a QR code too when phones may come."""
    console.print(f"page: {url}", soft_wrap=True)
    if not settings.loopback:
        drawing = io.StringIO()
        segno.make(url, micro=False).terminal(out=drawing, compact=True)
        console.file.write(drawing.getvalue())
        console.print("scan this with the phone; it holds the token")
