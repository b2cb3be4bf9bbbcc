"""A live session put together: store, tape, page and terminal around the sources."""

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

from monitor.align import unaligned
from monitor.analyze import summary
from monitor.app import serve
from monitor.config import Config, data_folder
from monitor.keep import begin, new_tape, session_id
from monitor.records import SessionEnded, SessionStarted
from monitor.recovery import recover
from monitor.session import Session
from monitor.settings import SessionSettings
from monitor.sinks import Sink
from monitor.sinks.apprise import apprise
from monitor.sinks.influx import influx
from monitor.sinks.mqtt import mqtt
from monitor.sinks.ntfy import ntfy
from monitor.sinks.store import StoreSink
from monitor.sinks.tally import Tally
from monitor.sinks.terminal import TerminalSink
from monitor.sinks.web import WebSink
from monitor.sources import Source
from monitor.steady import RealTime, Steady
from monitor.store import Store
from monitor.web.access import WebSettings, needed_token
from monitor.web.board import Board
from monitor.web.page import serving


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """What a sink of an outside system is made from.

    ``store`` is None where nothing is kept; ``pace`` is 1 unless a recording is played faster or slower.
    """

    config: Config
    store: Store | None
    started: SessionStarted
    time: Steady
    pace: float = 1.0


def bluetooth(config: Config, time: Steady) -> Source | None:
    """The configured sensors that come over Bluetooth."""
    from monitor.sensors import SENSORS  # these and bleak are only needed where sensors are
    from monitor.sources.ble import Ble

    sensors = [s for s in config.sensor if SENSORS[s.kind].gatt is not None]
    return Ble(sensors, time, config.bluetooth) if sensors else None


def phone_http(config: Config, time: Steady) -> Source | None:
    """The configured phones that push over HTTP."""
    from monitor.phone import needed, pushing
    from monitor.sources.phone_http import PhoneHttp

    sensors = pushing(config.sensor, "http")
    if not sensors:
        return None
    token = needed(config.phone, config.web, data_folder(config))
    return PhoneHttp(sensors, time, config.phone, token)


def phyphox(config: Config, time: Steady) -> Source | None:
    """The configured phones that are asked for what they have."""
    from monitor.sources.phyphox import Phyphox

    sensors = [s for s in config.sensor if s.kind == "phyphox"]
    return Phyphox(sensors, time) if sensors else None


def phone_mqtt(config: Config, time: Steady) -> Source | None:
    """The configured phones that publish over MQTT."""
    from monitor.phone import pushing
    from monitor.sources.phone_mqtt import PhoneMqtt

    sensors = pushing(config.sensor, "mqtt")
    return PhoneMqtt(sensors, time, config.mqtt, config.phone.topic) if sensors else None


SOURCES: tuple[Callable[[Config, Steady], Source | None], ...] = (
    bluetooth,
    phone_http,
    phone_mqtt,
    phyphox,
)
"""Where the packets of configured sensors come from; each row makes its source, or None without such."""

SINKS: tuple[Callable[[Around], Sink | None], ...] = (influx, ntfy, apprise, mqtt)
"""Outside systems that get the records; each row makes its sink, or None where it is not set up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """What to run.  ``sources`` are made with the session's clock, which starts at 0.

    ``keep``: write store and tape; ``tape``: write this tape and nothing else; ``web``: serve the page;
    ``linger``: until Ctrl-C; ``summary``: tell at the end what came of it;
    ``pace``: how many seconds of the session pass in one second; infinite as fast as possible.
    """

    title: str
    settings: SessionSettings
    sources: Callable[[Steady], Sequence[Source]]
    keep: bool = True
    web: WebSettings | None = None
    linger: bool = False
    tape: Path | None = None
    summary: bool = False
    pace: float = 1.0


def sources(config: Config, time: Steady) -> list[Source]:
    """All sources that the settings ask for."""
    return [source for make in SOURCES if (source := make(config, time)) is not None]


def go(config: Config, live: Live, console: Console) -> SessionEnded:
    """Run it to its end; tells where the page is and what was kept."""
    with contextlib.ExitStack() as stack:
        return asyncio.run(_go(config, live, console, stack))


async def _go(config: Config, live: Live, console: Console, stack: contextlib.ExitStack) -> SessionEnded:
    time = RealTime()
    started = started_now(live.settings)
    tape, store, tally = None, None, Tally()
    sinks: list[Sink] = [TerminalSink(console), tally]
    if live.tape is not None:
        tape = new_tape(live.tape, live.settings, started)
    elif live.keep:
        store = stack.enter_context(open_store(config, console))
        tape = begin(store, data_folder(config), live.title, live.settings, started)
        sinks.append(StoreSink(store, started.session, time))
    if live.tape is None:
        around = Around(config=config, store=store, started=started, time=time, pace=live.pace)
        sinks += [sink for make in SINKS if (sink := make(around)) is not None]
    session = Session(live.settings)
    async with contextlib.AsyncExitStack() as pages:
        if live.web is not None:
            page = WebSink(Board(live.web.history_s), time, lambda: session.t_s, live.pace)
            token = needed_token(live.web, data_folder(config))
            show(
                await pages.enter_async_context(serving(page, live.web, token, data_folder(config))),
                live.web,
                console,
            )
            sinks.append(page)
        ended = await serve(live.sources(time), session, sinks, started, tape=tape, time=time)
        if live.summary:
            console.print(summary(live.settings, ended.t_s, tally.records))
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


def started_now(settings: SessionSettings) -> SessionStarted:
    """The first record of a session that begins this second."""
    now = datetime.datetime.now(datetime.UTC).replace(microsecond=0)
    name = session_id(now.isoformat(), settings.athlete)
    sensors = tuple(s.name for s in settings.sensors)
    return SessionStarted(name, settings.athlete, now.isoformat(), sensors)


def show(url: str, settings: WebSettings, console: Console) -> None:
    """The page's address, as a QR code too when phones may come."""
    console.print(f"page: {url}", soft_wrap=True)
    if not settings.loopback:
        drawing = io.StringIO()
        segno.make(url, micro=False).terminal(out=drawing, compact=True)
        console.file.write(drawing.getvalue())
        console.print("scan this with the phone; it holds the token")
