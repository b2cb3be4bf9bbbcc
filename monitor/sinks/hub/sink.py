"""Every run recorded here to the log of a hub, packet by packet, from its tape.

The tape is the buffer: what the log has not acknowledged is read from it again, however long the hub is
away and whether or not this program was killed meanwhile.  One message at a time is under way for a run,
so the log has its packets in order; one that was sent twice has the same name, and whoever reads the log
knows the packets by their numbers.  Records are not sent: the hub computes the same ones.
"""

from __future__ import annotations

import asyncio
import hmac
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from monitor.core.errors import InputError, MonitorError, SinkError, StoreError
from monitor.core.monotonic import MonotonicClock
from monitor.core.nats_client import HubSettings, log_connection
from monitor.core.outage import Outage
from monitor.core.packet import RUNNER, STOP_CUES
from monitor.core.records import SINK_STARTING, Out, SessionEnded, SessionStarted, SinkStatus
from monitor.core.retry import Backoff, pass_on_cancellation, retry_until_done
from monitor.recordings.tape import TapeReader
from monitor.recordings.tape_blocks import Numbered
from monitor.recordings.tape_follower import read_tape_from
from monitor.sinks.hub.run_messages import (
    RunEnd,
    RunStart,
    edition_headers,
    pack_end,
    pack_packets,
    pack_start,
)
from monitor.sinks.hub.subjects import RunAddress
from monitor.storage.hub_accounts import HUB_SINK, SentRun
from monitor.storage.store import Store

if TYPE_CHECKING:
    from nats.js import JetStreamContext

_T = TypeVar("_T")
_log = logging.getLogger(__name__)

_EVERY_S = 1.0  # between two looks at the tape, which itself is written once a second
_AT_ONCE = 2000  # packets read from a tape at a time: some ten seconds of three sensors


class HubSink:
    """A sink that sends the run of ``started``, and those that wait from before, to a hub.

    Of two programs that share a store each may send what waits from before: it is the same.
    """

    name = HUB_SINK

    def __init__(
        self,
        settings: HubSettings,
        store: Store,
        started: SessionStarted,
        time: MonotonicClock,
        backoff: Backoff | None = None,
    ) -> None:
        self._s = settings
        self._store = store
        self._started = started
        self._time = time
        self._backoff = backoff or Backoff()
        self._outage = Outage(_log, HUB_SINK, time.now_s, sink=HUB_SINK)
        self._no_more = False
        self._unreadable = set[str]()
        self._state = SinkStatus(0.0, HUB_SINK, True, SINK_STARTING)
        self._reported: SinkStatus | None = None

    async def run(self, batches: AsyncIterator[list[Out]]) -> None:
        """Send until the batches have ended and the log has all that waits."""
        await self._off_loop(self._store.skip_runs_before_hub)
        listening = asyncio.create_task(self._listen(batches), name="hub listening")
        try:
            await retry_until_done(
                self._attempt, self._note_failure, self._outage, self._time, self._backoff
            )
        finally:
            listening.cancel()

    def report(self, t_s: float) -> SinkStatus | None:
        """Return how sending is doing at session second ``t_s``, None if nothing has changed."""
        if self._state == self._reported:
            return None
        self._reported = self._state
        return replace(self._state, t_s=t_s)

    async def _listen(self, batches: AsyncIterator[list[Out]]) -> None:
        async for _ in batches:
            pass
        self._no_more = True

    def _note_failure(self, exc: MonitorError, wait_s: float) -> None:
        self._state = replace(self._state, ok=False, text=f"{exc}; the tape keeps what was not sent")

    async def _attempt(self, generation: int) -> None:
        async with log_connection(self._s) as log:
            while True:
                pass_on_cancellation()
                ending = self._no_more  # before the look: what came until then is on the tape
                waiting = await self._off_loop(self._store.runs_to_send)
                sent = [
                    await self._send_some(log, run)
                    for run in waiting
                    if run.session not in self._unreadable
                ]
                self._outage.over("delivers again")
                self._state = replace(self._state, ok=True, text="delivering")
                if not any(sent):
                    if ending and not self._is_waiting(waiting):
                        return
                    await self._time.sleep(_EVERY_S)

    def _is_waiting(self, waiting: list[SentRun]) -> bool:
        """Whether the run of now is among them: it has not been marked as ended yet."""
        return any(run.session == self._started.session for run in waiting)

    async def _send_some(self, log: JetStreamContext, run: SentRun) -> bool:
        """Send the next packets of a run, or its end; return whether there was anything."""
        try:
            waiting = await self._off_loop(lambda: _read_waiting(self._store, run))
        except InputError as exc:
            _log.warning("%s: %s is not sent: %s", HUB_SINK, run.session, exc.log_text)
            self._unreadable.add(run.session)
            return False
        address = RunAddress(self._s.tenant, waiting.athlete, run.session)
        for what, name, data in _messages(waiting):
            await self._publish(log, address, what, data, name, run.edition)
        if waiting.block == run.block and waiting.end is None:
            return False
        sent = SentRun(run.session, waiting.block, waiting.end is not None, run.edition)
        await self._off_loop(lambda: self._store.note_sent(sent))
        return True

    async def _publish(
        self, log: JetStreamContext, run: RunAddress, what: str, data: bytes, name: str, edition: int
    ) -> None:
        """Return when the log has a message; one of the same name that it has already is not stored twice.

        The log knows the names of all runners' messages together, so a name is made with the runner's
        password: nobody else can use it up before.
        """
        secret = self._s.password.reveal() if self._s.password else ""
        of_run = hmac.digest(secret.encode(), f"{run.key}/{edition}/{name}".encode(), "sha256").hex()
        headers = {"Nats-Msg-Id": of_run, **edition_headers(edition)}
        await log.publish(run.subject(what), data, headers=headers)

    async def _off_loop(self, what: Callable[[], _T]) -> _T:
        """A store in trouble is to be tried again, like a hub in trouble."""
        try:
            return await asyncio.to_thread(what)
        except StoreError as exc:
            raise SinkError(str(exc), log_text=exc.log_text) from exc


@dataclass(frozen=True, slots=True)
class _Waiting:
    """What the log has not got of a run: ``rows`` up to ``block``, before them its start, or its end."""

    athlete: str
    rows: list[Numbered]
    block: int
    start: RunStart | None
    end: RunEnd | None


def _messages(waiting: _Waiting) -> Iterator[tuple[str, str, bytes]]:
    """What is to be sent: of each message what it is, its name and its bytes."""
    if waiting.start is not None:
        yield "start", "start", pack_start(waiting.start)
    for number, message in pack_packets(waiting.rows):
        yield "packets", str(number), message
    if waiting.end is not None:
        yield "end", "end", pack_end(waiting.end)


def _read_waiting(store: Store, run: SentRun) -> _Waiting:
    """Read the next packets of a run from its tape; a tape that is about to be made is an empty one.

    ``InputError`` if its tape cannot be read, or the run was deleted meanwhile.
    """
    info = store.session(run.session)
    tape = Path(info.tape)
    if not info.ended and not tape.exists():
        return _Waiting(info.athlete, [], run.block, None, None)
    rows, block = read_tape_from(tape, run.block, _AT_ONCE)
    start = end = None
    if (rows and not run.block) or (info.ended and not rows):
        with TapeReader(tape) as reader:
            header = reader.header
            sensors = tuple(s.name for s in header.settings.sensors)
            started = SessionStarted(info.id, info.athlete, header.started_utc, sensors)
            start = RunStart(started, header.settings, header.program) if not run.block else None
            end = RunEnd(reader.count(), _reason(store, info.id), reader.losses()) if not rows else None
    return _Waiting(info.athlete, [*map(_without_reason, rows)], block, start, end)


def _reason(store: Store, session: str) -> str:
    """Why the run ended, as its last record says it."""
    return next((r.reason for r in reversed(store.events(session)) if isinstance(r, SessionEnded)), "")


def _without_reason(row: Numbered) -> Numbered:
    """The wish to end cues goes along without why: it may tell of the runner's health."""
    number, packet = row
    private = packet.sensor == RUNNER and packet.channel == STOP_CUES
    return (number, replace(packet, payload=b"")) if private else row
