"""``serve``: sources into the session, records out to the sinks, until the input ends.

The radio cannot be slowed, so nothing pushes back: the tape takes a packet before anything is
computed, every buffer has a size, and what it drops is counted and reported.  A slow or dead sink costs
nobody else anything.  Stopping means ending the input: all that follows ends because its input
ended, and one deadline caps how long the sinks may take over the rest.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial

from monitor.core.channel import Channel
from monitor.core.errors import ConfigError, MonitorError, SinkError, SinkRefused, StoreError
from monitor.core.log_output import session_in_logs
from monitor.core.monotonic import MonotonicClock, SystemClock
from monitor.core.outage import Outage, RepeatedEvent
from monitor.core.packet import Packet
from monitor.core.records import Out, SensorStatus, SessionEnded, SessionStarted, SinkStatus
from monitor.core.retry import Backoff, isolate_errors, only_error, retry_until_done
from monitor.core.stop_signals import handle_stop_signals
from monitor.core.write_trouble import WriteTrouble
from monitor.pipeline.session import Session
from monitor.recordings.tape import Tape
from monitor.service.runner_wishes import RunnerWishes
from monitor.sinks.protocol import ReportsStatus, Sink
from monitor.sources.protocol import LaggingSource, Source

_log = logging.getLogger(__name__)

TAPE_STATUS = "tape"
"""The name under which the tape's troubles are reported."""
INPUT_ENDED = "the input ended"
"""Why a session ended whose sources had no more: a recording was played to its end."""
STOPPED = "stopped"
"""The reason of a run that somebody ended; what was lost in it may follow."""
_TOO_SLOW = "too slow; the oldest were dropped"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServeParams:
    """Sizes and times of the service (choices)."""

    packets_waiting: int = 20_000  # a minute of five sensors at 60 packets a second
    records_waiting: int = 100_000  # half an hour of records for a sink that is down
    commit_s: float = 1.0  # between two commits of the tape
    deadline_s: float = 10.0  # for the sinks, after the input has ended
    behind_s: float = 3.0  # the evaluation behind the time, before it is told: as long as a cue is fresh
    at_once: int = 32  # packets evaluated between two turns of the others
    backoff: Backoff = field(default_factory=Backoff)  # of a sink that fails

    def __post_init__(self) -> None:
        if min(self.packets_waiting, self.records_waiting, self.at_once) < 1:
            raise ValueError("packets_waiting, records_waiting and at_once must be at least 1")
        if self.commit_s <= 0 or self.deadline_s < 0:
            raise ValueError("commit_s must be positive and deadline_s not negative")


async def serve(
    sources: Sequence[Source],
    session: Session,
    sinks: Sequence[Sink],
    started: SessionStarted,
    *,
    tape: Tape | None = None,
    watches: Sequence[ReportsStatus] = (),
    wishes: RunnerWishes | None = None,
    params: ServeParams | None = None,
    time: MonotonicClock | None = None,
) -> SessionEnded:
    """Run until every source has ended, or a signal asks to stop (a second one cuts the drain short).

    Every record goes to every sink and every packet to the ``tape``; the last record comes back.
    ``watches`` are asked once a second whether there is something to tell of this machine; ``wishes`` of
    the runner, and red flags, are let in as long as the input is open.

    A source that fails for good ends the input like any other; its ``MonitorError`` is raised after
    everything that came before it has been delivered.  A live source with a bug is started again, and so
    is a sink.
    """
    service = _Service(
        sources,
        session,
        sinks,
        started,
        tape,
        watches,
        wishes,
        params or ServeParams(),
        time or SystemClock(),
    )
    with session_in_logs(started.session):
        return await service.run()


@dataclass(frozen=True, slots=True)
class _Tick:
    """The time, for a session whose sensors may all be silent.

    ``session_s`` is up to when all has been heard, which is now unless a source lags; ``put_s`` is now.
    """

    session_s: float
    put_s: float


class _Service:
    def __init__(
        self,
        sources: Sequence[Source],
        session: Session,
        sinks: Sequence[Sink],
        started: SessionStarted,
        tape: Tape | None,
        watches: Sequence[ReportsStatus],
        wishes: RunnerWishes | None,
        params: ServeParams,
        time: MonotonicClock,
    ) -> None:
        self._sources = sources
        self._session = session
        self._started = started
        self._tape = tape
        self._wishes = wishes or RunnerWishes(time.now_s)
        self._tape_thread = ThreadPoolExecutor(1, thread_name_prefix="tape")  # waits for no other work
        self._p = params
        self._time = time
        self._input: Channel[Packet | SensorStatus | _Tick] = Channel(params.packets_waiting)
        self._watches = [*(s for s in sinks if isinstance(s, ReportsStatus)), *watches]
        self._sinks = [(sink, Channel[Out](params.records_waiting)) for sink in sinks]
        self._reported_dropped: dict[str, int] = {}
        self._too_slow = RepeatedEvent(_log, self._time.now_s)
        self._on_time = True
        self._tape_told: tuple[WriteTrouble | None, bool] | None = None  # its trouble; None: all is well
        self._tape_outage = Outage(_log, TAPE_STATUS, self._time.now_s, sink=TAPE_STATUS)
        self._failure: MonitorError | None = None

    async def run(self) -> SessionEnded:
        reason = INPUT_ENDED
        self._publish(self._started)
        try:
            async with asyncio.TaskGroup() as group:
                sinks = [
                    group.create_task(self._run_sink(sink, channel), name=f"sink {sink.name}")
                    for sink, channel in self._sinks
                ]
                watches = [
                    group.create_task(self._do_each_second(), name="tick"),
                    group.create_task(self._commit_each_second(), name="tape"),
                    group.create_task(self._wishes.follow_red_flags(self._time), name="red flags"),
                ]
                evaluation = group.create_task(self._evaluate(), name="session")
                feeds = [
                    group.create_task(self._run_source(source), name=f"source {source.name}")
                    for source in self._sources
                ]
                stop = _cancel_in_turn(feeds, sinks)
                self._wishes.open(self._emit, stop)
                with handle_stop_signals(stop) as stopped:
                    await _wait_for_end(feeds)
                    self._wishes.close()
                    self._input.close()
                    await evaluation
                    for watch in watches:
                        watch.cancel()
                    if stopped() or self._wishes.ended:
                        reason = STOPPED
                    ended = await self._finish(str(self._failure) if self._failure else reason)
                    await _wait_for_end(sinks, self._p.deadline_s)
                    self._cut_short(sinks)
            if self._tape is not None:
                await self._in_tape_thread(self._tape.release)  # the store knows now that it has ended
        except BaseException as exc:
            bug = only_error(exc)
            _log.error("the session broke off (%s)", type(bug).__name__)
            self._save_tape()
            raise bug from bug.__cause__
        finally:
            self._wishes.close()
            self._tape_thread.shutdown(wait=False)
        if self._failure is not None:
            raise self._failure
        return ended

    def _emit(self, item: Packet | SensorStatus) -> None:
        if self._tape is not None and isinstance(item, Packet):
            self._tape.append(item)
        self._input.put(item)

    def _publish(self, record: Out, but: str = "") -> None:
        """Give a record to every sink (``but`` one: a sink does not get its own failure)."""
        for sink, channel in self._sinks:
            if sink.name != but:
                channel.put(record)

    async def _run_source(self, source: Source) -> None:
        try:
            if source.live:
                await self._keep_running(source)
            else:
                await source.run(self._emit)
        except MonitorError as exc:
            _log.error("the input from %s has ended: %s", source.name, exc.log_text)
            self._failure = self._failure or exc

    async def _keep_running(self, source: Source) -> None:
        """Run a live source until it ends; after an error that is a bug it is started again."""
        outage, ended, links = Outage(_log, source.name, self._time.now_s), list[MonitorError](), 0

        def report(exc: MonitorError, wait_s: float) -> None:
            text = f"{exc}; next try in {wait_s:.0f} s"
            self._publish(self._status(source.name, text))

        async def attempt(generation: int) -> None:
            nonlocal links
            first = links

            def emit(item: Packet | SensorStatus) -> None:
                nonlocal links
                if outage.over():
                    self._publish(self._status(source.name, "works again", ok=True))
                if isinstance(item, Packet):
                    item = replace(item, link=first + item.link) if first else item
                    links = max(links, item.link + 1)
                self._emit(item)

            with isolate_errors(_log, source.name):
                try:
                    await source.run(emit)
                except MonitorError as exc:
                    ended.append(exc)

        await retry_until_done(attempt, report, outage, self._time, self._p.backoff)
        if ended:
            raise ended[0]

    async def _evaluate(self) -> None:
        """Evaluate packets, statuses and the passing of time, in the order in which they came."""
        async for batch in self._input.batches():
            for count, item in enumerate(batch, start=1):
                if isinstance(item, Packet):
                    records = self._session.push(item)
                elif isinstance(item, _Tick):
                    records = self._session.tick(item.session_s)
                    self._tell_if_behind(item)
                else:
                    records = [self._session.push_status(item)]
                for record in records:
                    self._publish(record)
                if count % self._p.at_once == 0:
                    await asyncio.sleep(0)

    def _tell_if_behind(self, tick: _Tick) -> None:
        """Tell when the evaluation falls behind the time, and when it has caught up."""
        behind_s = self._time.now_s() - tick.put_s
        if behind_s > self._p.behind_s and self._on_time:
            text = f"this machine is too slow: {behind_s:.0f} s behind; late cues are left out"
        elif behind_s < self._p.behind_s / 2 and not self._on_time:
            text = "this machine has caught up"
        else:
            return
        self._on_time = not self._on_time
        _log.warning("session: %s", text)
        self._publish(self._status("session", text, ok=self._on_time))

    async def _finish(self, reason: str) -> SessionEnded:
        for record in self._session.finish():
            self._publish(record)
        if self._tape is not None:
            reason += await self._finish_tape(self._tape)
        self._report_dropped()
        ended = SessionEnded(self._started.session, self._session.t_s, reason)
        self._publish(ended)
        for _, channel in self._sinks:
            channel.close()
        return ended

    async def _finish_tape(self, tape: Tape) -> str:
        """Finish the tape, or leave it for recovery; return what is to be said of lost packets."""
        try:
            await self._in_tape_thread(partial(tape.finish, keep_lock=True))
        except StoreError as exc:
            _log.error("%s: could not be finished: %s", TAPE_STATUS, exc.log_text)
            await self._in_tape_thread(tape.close)
        if not tape.missing:
            return ""
        text = f"{tape.missing} packets are lost: {tape.loss_reason}"
        self._publish(self._status(TAPE_STATUS, text, 0, tape.missing))
        return f"; {text}"

    async def _run_sink(self, sink: Sink, channel: Channel[Out]) -> None:
        outage = Outage(_log, sink.name, self._time.now_s, sink=sink.name)

        def report(exc: MonitorError, wait_s: float) -> None:
            text = f"{exc}; next try in {wait_s:.0f} s"
            self._publish(self._status(sink.name, text, len(channel), channel.dropped), but=sink.name)

        async def batches() -> AsyncIterator[list[Out]]:
            dropped = 0
            async for batch in channel.batches():
                if channel.dropped > dropped:  # it misses what came before these
                    dropped = channel.dropped
                    batch.insert(0, self._status(sink.name, _TOO_SLOW, dropped=dropped))
                yield batch
                outage.over()  # it comes for more, so it has taken that one

        async def attempt(generation: int) -> None:
            with isolate_errors(_log, sink.name, SinkError):
                await sink.run(batches())

        try:
            await retry_until_done(attempt, report, outage, self._time, self._p.backoff)
        except (ConfigError, SinkRefused) as exc:
            _log.error("%s: given up: %s", sink.name, exc.log_text, extra={"sink": sink.name})
            channel.close()
            text = f"{exc}; given up"
            self._publish(self._status(sink.name, text, 0, channel.dropped), but=sink.name)

    async def _do_each_second(self) -> None:
        """Once a second, tell the session the time, report losses and what sinks and watches say."""
        while True:
            await self._time.sleep(self._p.commit_s)
            if all(source.live for source in self._sources) and not self._input.closed:
                self._input.put(self._tick())
            self._report_dropped()
            self._report_watches()

    def _tick(self) -> _Tick:
        now_s = self._time.now_s()
        lagging = (s.complete_until_s() for s in self._sources if isinstance(s, LaggingSource))
        return _Tick(min([now_s, *lagging]), now_s)

    async def _commit_each_second(self) -> None:
        """A task of its own: a disk that hangs does not stop the time."""
        while self._tape is not None:
            await self._time.sleep(self._p.commit_s)
            await self._commit(self._tape)

    async def _in_tape_thread(self, work: Callable[[], None]) -> None:
        await asyncio.get_running_loop().run_in_executor(self._tape_thread, work)

    async def _commit(self, tape: Tape) -> None:
        try:
            await self._in_tape_thread(tape.commit)
        except StoreError as exc:
            self._tape_outage.failed(exc)
            state = (tape.trouble, tape.lost > 0)
            if state != self._tape_told:
                waiting = tape.accepted - tape.committed - tape.lost
                text = f"{tape.trouble}; {waiting} packets wait in memory"
                self._publish(self._status(TAPE_STATUS, text, waiting, tape.lost))
            self._tape_told = state
        else:
            if self._tape_told:
                text = f"writing again; {tape.lost} packets are missing" if tape.lost else "writing again"
                self._tape_outage.over(text)
                self._publish(self._status(TAPE_STATUS, text, 0, tape.lost, ok=True))
            self._tape_told = None

    def _report_dropped(self) -> None:
        counts = {sink.name: channel.dropped for sink, channel in self._sinks if not channel.closed}
        for name, dropped in {**counts, "session": self._input.dropped}.items():
            if dropped > self._reported_dropped.get(name, 0):
                news = dropped - self._reported_dropped.get(name, 0)
                self._too_slow.happened(f"{name}: too slow; the oldest were dropped", count=news, sink=name)
                self._reported_dropped[name] = dropped
                self._publish(self._status(name, _TOO_SLOW, dropped=dropped), but=name)

    def _report_watches(self) -> None:
        for watch in self._watches:
            if (news := watch.report(self._session.t_s)) is not None:
                self._publish(news, but=watch.name)

    def _status(
        self, name: str, text: str, backlog: int = 0, dropped: int = 0, *, ok: bool = False
    ) -> SinkStatus:
        return SinkStatus(self._session.t_s, name, ok, text, backlog, dropped)

    def _cut_short(self, sinks: Sequence[asyncio.Task[None]]) -> None:
        for task in sinks:
            if not task.done():
                limit_s = self._p.deadline_s
                _log.info("%s: still at work %g s after the end, cut short", task.get_name(), limit_s)
                task.cancel()

    def _save_tape(self) -> None:
        """A bug or a cancellation: what was accepted is kept, for recovery on the next start."""
        if self._tape is not None:
            try:
                self._tape.commit()
            except StoreError as exc:
                _log.error("%s: what waits is lost: %s", TAPE_STATUS, exc.log_text)
            self._tape.close()


async def _wait_for_end(tasks: Sequence[asyncio.Task[None]], within_s: float | None = None) -> None:
    if tasks:
        await asyncio.wait(tasks, timeout=within_s)


def _cancel_in_turn(*groups: Sequence[asyncio.Task[None]]) -> Callable[[], None]:
    """Each call cancels the tasks of the next group."""
    waiting = list(groups)

    def stop() -> None:
        _log.info("asked to stop" if len(waiting) == len(groups) else "asked to stop at once")
        for task in waiting.pop(0) if waiting else ():
            task.cancel()

    return stop
