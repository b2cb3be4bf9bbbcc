"""A live session put together: store, tape, page and terminal around the sources."""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import io
import logging
import sys
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from urllib.parse import urljoin

import segno
from rich.console import Console

from monitor.core.activity_facts import ActivityFacts, facts_until
from monitor.core.errors import StoreError
from monitor.core.http_access import WebSettings, needed_token
from monitor.core.log_output import logs_as_json, write_in_thread
from monitor.core.message_catalogues import catalogue
from monitor.core.monotonic import MonotonicClock, SystemClock
from monitor.core.records import SessionEnded, SessionStarted
from monitor.core.service_loop import run_with_spare_threads
from monitor.core.session_settings import IntervalPlan, SessionSettings
from monitor.core.stop_signals import handle_stop_signals
from monitor.core.user_language import user_text
from monitor.pipeline.session import Session
from monitor.pipeline.tap_alignment import alignment_advice
from monitor.recordings.tape import Tape
from monitor.service.config import Config, data_folder
from monitor.service.delivery_status import undelivered_texts
from monitor.service.recording_analysis import summary_table
from monitor.service.red_flag_watch import RedFlagWatch
from monitor.service.run_loss import loss_of_run
from monitor.service.runner_plan import plan_keeper, runner_now
from monitor.service.runner_wishes import RunnerWishes
from monitor.service.serve import INPUT_ENDED, serve
from monitor.service.session_store import open_store
from monitor.service.shared_plan import sharing_desk
from monitor.service.wall_clock import WallClock
from monitor.service.wiring import KEPT_UNTIL_DELIVERED, SinkContext, configured_sinks
from monitor.sinks.finished_runs import FinishedRuns
from monitor.sinks.live_state import LiveState
from monitor.sinks.protocol import Sink
from monitor.sinks.run_summary import RunSummary
from monitor.sinks.session_log import SessionLog
from monitor.sinks.store import StoreSink
from monitor.sinks.terminal import TerminalSink
from monitor.sources.protocol import Source
from monitor.sources.web_bluetooth.page_socket import PageListener
from monitor.storage.late_packets import add_late_packets
from monitor.storage.new_session import begin_run, create_tape, session_id
from monitor.storage.session_edit import delete_session
from monitor.storage.store import Store
from monitor.web.live_feed import LiveFeed, Origin

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveOptions:
    """Options of a run: what to run, and what comes of it.

    ``sources`` makes the sources from the session's clock, which starts at 0; ``keep``: write store and
    tape; ``tape``: write this tape and nothing else; ``web``: serve the page; ``linger``: leave the page
    open after the end, until Ctrl-C; ``summary``: print a table of what was measured at the end; ``pace``:
    how many seconds of the session pass in one second, infinite for as fast as possible; ``origin``: where
    its packets come from; ``facts``: what is known of the activity beside what its sensors send; ``wait``:
    it begins as a pause, which the page ends; ``intervals``: those that the page offers, by their origin;
    ``new_run``: called when the page asks for another run after this one; ``when_kept``: called with the
    name of the session that is kept and the address of the page, instead of printing where it is kept;
    ``on_page``: called with the address when the page is there; both in a thread.
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
    origin: Origin = "recording"
    facts: ActivityFacts = field(default_factory=ActivityFacts)
    wait: bool = False
    intervals: Mapping[str, Sequence[IntervalPlan]] = field(default_factory=dict)
    new_run: Callable[[], None] | None = None
    when_kept: Callable[[str, str | None], None] | None = None
    on_page: Callable[[str], object] = lambda url: None

    @property
    def recorded(self) -> bool:
        """Whether it is a run of now, on sensors, which is recorded."""
        return self.origin == "sensors"


def run_session(config: Config, live: LiveOptions, console: Console) -> SessionEnded:
    """Run a session to its end, print where the page is and what was kept, and return its last record.

    ``MonitorError`` if a source fails for good, after everything that came before has been delivered;
    ``StoreError`` if a part of what was to be kept is lost, or could not be stored yet.
    """
    with contextlib.ExitStack() as stores, write_in_thread():
        return run_with_spare_threads(_run(config, live, console, stores))


async def _run(
    config: Config, live: LiveOptions, console: Console, stores: contextlib.ExitStack
) -> SessionEnded:
    run = await _prepared(config, live, console, stores)
    sources, asked_to_stop, url = live.sources(run.time), asyncio.Event(), None
    async with contextlib.AsyncExitStack() as pages:
        pages.enter_context(handle_stop_signals(asked_to_stop.set))
        if live.web is not None:
            page = run.page(sources)
            url = await pages.enter_async_context(_served_page(config, live.web, page, console))
            await asyncio.to_thread(live.on_page, url)
            run.sinks.append(page)
        ended = await serve(
            sources, run.session, run.sinks, run.started,
            tape=run.tape, watches=[WallClock(run.time)], wishes=run.wishes, time=run.time,
        )  # fmt: skip
        loss = await asyncio.to_thread(run.close, ended, console, url)
        if live.web is not None:
            if loss is not None:
                _log.error("%s", loss)
            if (live.linger or run.wishes.ended) and not asked_to_stop.is_set():
                await _linger(live, run.wishes, asked_to_stop)
    if loss is not None:
        raise loss
    return ended


@dataclass(slots=True, kw_only=True)
class _RunInHand:
    """A run with everything around it; without ``store`` nothing is kept, or its tape alone."""

    config: Config
    live: LiveOptions
    time: MonotonicClock
    session: Session
    started: SessionStarted
    store: Store | None
    tape: Tape | None
    summary: RunSummary
    wishes: RunnerWishes
    stored: StoreSink | None
    sinks: list[Sink]

    def page(self, sources: Sequence[Source]) -> LiveFeed:
        """Return the feed of the run's page, which may be one of its sources as a radio."""
        live = self.live
        radio = next((s for s in sources if isinstance(s, PageListener)), None)
        if radio is not None:
            late = (
                None if self.store is None else partial(add_late_packets, self.store, self.started.athlete)
            )
            radio.begin_run(self.started.session, late)
        return LiveFeed(
            LiveState(), self.time, _clock_of(live, self.time, self.session), live.pace, self.wishes, radio,
            self.session, again=live.new_run is not None, origin=live.origin, intervals=live.intervals,
        )  # fmt: skip

    def close(self, ended: SessionEnded, console: Console, url: str | None) -> StoreError | None:
        """Keep what there is to keep, say what came of the run, and return what of it is lost."""
        live, empty = self.live, self.summary.empty
        whole = True if self.stored is None else self.stored.complete
        loss = loss_of_run(self.store, self.tape, ended.session, stored_whole=whole)
        store = self.store if loss is None else None
        if store is not None and empty:
            _delete(store, ended.session)
        elif store is not None:
            _add_facts(store, live, ended)
        _print_result(self.config, live, self.started, ended, self.summary, console, whole=loss is None)
        if store is None:
            return loss
        if live.when_kept is not None and not empty:
            live.when_kept(ended.session, url)
        _store_last_statuses(store, ended, self.sinks)
        kept_for = [s.name for s in self.sinks if s.name in KEPT_UNTIL_DELIVERED]
        for text in undelivered_texts(store, kept_for):
            console.print(text, soft_wrap=True)
        return loss


async def _prepared(
    config: Config, live: LiveOptions, console: Console, stores: contextlib.ExitStack
) -> _RunInHand:
    """A run before its first packet: store, tape, and everybody who is told of it but the page."""
    time, started, session = SystemClock(), session_started(live.settings), Session(live.settings)
    store: Store | None = None
    if live.keep and not live.tape:
        store = stores.enter_context(await asyncio.to_thread(open_store, config))
    started, tape = await asyncio.to_thread(_begin, config, live, started, store)
    now_s = _clock_of(live, time, session)
    flags = RedFlagWatch(plan_keeper(config), runner_now) if live.recorded else None
    summary, wishes = RunSummary(live.settings), RunnerWishes(now_s, flags, wait=live.wait)
    stored = None if store is None else StoreSink(store, started.session, time, session.timer)
    sinks: list[Sink] = [summary]
    if console.is_terminal:
        sinks.append(TerminalSink(console, config.alerts.language))
    if not is_watched(console):
        sinks.append(SessionLog())
    if stored is not None:
        sinks.append(stored)
    if live.tape is None:
        sinks += configured_sinks(
            SinkContext(
                config=config, store=store, started=started, time=time,
                pace=live.pace, now_s=now_s, recorded=live.recorded,
                say_line=partial(wishes.say_line, when_stopped=False),
            )
        )  # fmt: skip
    return _RunInHand(
        config=config, live=live, time=time, session=session, started=started, store=store, tape=tape,
        summary=summary, wishes=wishes, stored=stored, sinks=sinks,
    )  # fmt: skip


def _clock_of(live: LiveOptions, time: MonotonicClock, session: Session) -> Callable[[], float]:
    """The session second of now: by the clock where sensors are heard, else how far the recording is."""
    return time.now_s if live.recorded else lambda: session.t_s


@contextlib.asynccontextmanager
async def _served_page(
    config: Config, web: WebSettings, page: LiveFeed, console: Console
) -> AsyncIterator[str]:
    """Serve the page while inside, and print its address, which is yielded."""
    from monitor.web.app import serving  # with FastAPI, which a run without a page does without

    folder = data_folder(config)
    async with serving(page, web, needed_token(web, folder), folder, sharing_desk(config)) as url:
        await asyncio.to_thread(print_address, url, web, folder, console)
        yield url


async def _linger(live: LiveOptions, wishes: RunnerWishes, asked_to_stop: asyncio.Event) -> None:
    """Leave the page open until Ctrl-C, or until it asks for another run."""
    _log.info("the page stays open until Ctrl-C")
    await _wait_for_either(asked_to_stop, wishes.again)
    if live.new_run is not None and wishes.again.is_set():
        live.new_run()


async def _wait_for_either(*events: asyncio.Event) -> None:
    waits = [asyncio.create_task(event.wait(), name="wait after the end") for event in events]
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()


def _store_last_statuses(store: Store, ended: SessionEnded, sinks: Sequence[Sink]) -> None:
    """Keep what went wrong after the last record, when whole runs are delivered."""
    if all(info.id != ended.session for info in store.sessions()):
        return  # nothing happened in it
    statuses = [s.report(ended.t_s) for s in sinks if isinstance(s, FinishedRuns)]
    store.write(ended.session, [s for s in statuses if s is not None and not s.ok])


def _delete(store: Store, session: str) -> None:
    """Delete a run in which nothing happened."""
    delete_session(store, store.session(session))


def _add_facts(store: Store, live: LiveOptions, ended: SessionEnded) -> None:
    """Keep what is known of the activity, as far as the session came."""
    whole = ended.reason == INPUT_ENDED
    store.add_facts(ended.session, live.facts if whole else facts_until(live.facts, ended.t_s))


def _begin(
    config: Config, live: LiveOptions, started: SessionStarted, store: Store | None
) -> tuple[SessionStarted, Tape | None]:
    """The first record, and the tape asked for or that of a new session; None if nothing is kept."""
    if live.tape is not None:
        return started, create_tape(live.tape, live.settings, started)
    if store is None:
        return started, None
    return begin_run(
        store, data_folder(config), live.title, live.settings, started, replayed=not live.recorded
    )


def _print_result(
    config: Config,
    live: LiveOptions,
    started: SessionStarted,
    ended: SessionEnded,
    summary: RunSummary,
    console: Console,
    *,
    whole: bool,
) -> None:
    """Print what was measured and, if it is ``whole``, where it is kept."""
    if live.summary:
        messages = catalogue(config.alerts.language)
        console.print(summary_table(live.settings, ended.t_s, summary.totals, messages))
        if advice := alignment_advice(live.settings):
            console.print(advice)
    if not whole:
        return
    if live.tape is not None:
        console.print(user_text("say.run.recorded", seconds=ended.t_s, path=str(live.tape)), soft_wrap=True)
    elif live.keep and summary.empty:
        console.print(user_text("say.run.empty"))
    elif live.keep and live.when_kept is None:
        console.print(user_text("say.run.kept", session=started.session))


def is_watched(console: Console) -> bool:
    """Return whether tables and log come on one terminal: what the tables show needs no lines then."""
    return console.is_terminal and sys.stderr.isatty()


def session_started(settings: SessionSettings) -> SessionStarted:
    """Return the first record of a session that begins this second (UTC)."""
    now = datetime.datetime.now(datetime.UTC).replace(microsecond=0)
    name = session_id(now.isoformat(), settings.athlete)
    sensors = tuple(s.name for s in settings.sensors)
    return SessionStarted(name, settings.athlete, now.isoformat(), sensors)


def print_address(url: str, settings: WebSettings, folder: Path, console: Console) -> None:
    """Print the address of the page, as a QR code too when phones may come.

    Where no terminal shows it, the output may be kept: it goes without the token, and a log line says that
    the token is in ``folder``, or where the settings have it from.  Blocks: it looks for a file.
    """
    bare, _, token = url.partition("?")
    if console.is_terminal:
        console.print(user_text("say.run.page", url=url), soft_wrap=True)
        if not settings.loopback:
            print_qr_code(url, console)
            console.print(user_text("say.run.scan"))
            if settings.authority is not None and settings.authority.is_file():
                certificate = urljoin(url, "/certificate")
                console.print(user_text("say.run.certificate", url=certificate), soft_wrap=True)
        return
    console.print(user_text("say.run.page", url=bare), soft_wrap=True)
    if console.quiet:
        _log.info("page: %s", bare)
    if token:
        where = "that of the settings" if settings.token else f"in {folder / 'web-token'}"
        _log.info("the page asks for its token, which is %s", where)


def result_console() -> Console:
    """Return where the results of a service go: stdout, but nowhere when both it and the log are collected.

    A collector of JSON lines gets the same numbers in the lines of the log.
    """
    console = Console()
    console.quiet = logs_as_json() and not console.is_terminal
    return console


def print_qr_code(text: str, console: Console) -> None:
    """Print ``text`` as a QR code in the terminal, for a phone to scan."""
    drawing = io.StringIO()
    segno.make(text, micro=False).terminal(out=drawing, compact=True)
    console.file.write(drawing.getvalue())
