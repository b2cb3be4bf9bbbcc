"""The runs of one tenant as they go on, each with the state that a live page shows, read from the log.

Whoever looks on learns what a coach may: workers make records without what the runner's plan says.
"""

from __future__ import annotations

import asyncio
import datetime
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from monitor.core.channel import Channel
from monitor.core.errors import DecodeError, InputError
from monitor.core.monotonic import MonotonicClock
from monitor.core.records import Out, SessionStarted
from monitor.hub.log_reader import LogRange, read_log
from monitor.hub.record_messages import unpack_records
from monitor.hub.streams import RECORD_LOG, HubStreams
from monitor.sinks.hub.subjects import RunAddress, escape_name, parse_subject
from monitor.sinks.live_state import LiveState
from monitor.web.live_feed import LiveFeed

if TYPE_CHECKING:
    from nats.aio.msg import Msg

_log = logging.getLogger(__name__)
_AT_ONCE, _WAIT_S = 200, 0.2
BACK = datetime.timedelta(minutes=15)
"""So far back the log is read at first: for the last minutes of each run, and for who has just finished."""
SHOWN_S = 900.0
"""So long after its last record a run is shown."""
_WAITING = 100_000  # records of a run that its state has not taken in yet


@dataclass(slots=True)
class FollowedRun:
    """A ``FollowedRun`` is a run of the tenant: whose it is, its page's feed, when it was heard of last.

    ``taken`` counts its records so far; ``heard_s`` is a monotonic second.
    """

    address: RunAddress
    feed: LiveFeed
    records: Channel[Out]
    feeding: asyncio.Task[None]
    heard_s: float
    taken: int


class TenantRuns:
    """``TenantRuns`` follows every run of a tenant; ``runs`` holds them by the keys of their addresses."""

    def __init__(self, tenant: str, time: MonotonicClock, back: datetime.timedelta = BACK) -> None:
        self.runs: dict[str, FollowedRun] = {}
        self._back = back
        self._tenant = tenant
        self._time = time
        self._after = 0  # the number in the log of the last message

    async def run(self, streams: HubStreams) -> None:
        """Follow until cancelled; raises what NATS does, ``SinkError`` where messages were lost."""
        wanted = LogRange(
            stream=RECORD_LOG,
            after=self._after,
            reader="page-",
            subjects=f"gait.{escape_name(self._tenant)}.*.*.records",
            since=None if self._after else datetime.datetime.now(datetime.UTC) - self._back,
        )
        async for messages in read_log(streams.log, wanted, _AT_ONCE, _WAIT_S):
            for message in messages:
                await self._take(message, streams)
            self._forget_old_runs()

    def close(self) -> None:
        """End the pages of all runs."""
        for name in list(self.runs):
            self._forget(name)

    async def _take(self, message: Msg, streams: HubStreams) -> None:
        self._after = message.metadata.sequence.stream
        try:
            address, _ = parse_subject(message.subject)
            batch = unpack_records(message.data)
            if batch.edition:  # a run that ended, with what came late
                return
            run = self.runs.get(address.key)
            if run is None:
                before = [] if batch.first == 0 else await self._started(message, streams)
                run = self._follow(address, before)
                run.taken = batch.first
        except (DecodeError, InputError) as exc:
            _log.error("records from the log are left out: %s", exc)
            return
        ago = datetime.datetime.now(datetime.UTC) - message.metadata.timestamp
        run.heard_s = self._time.now_s() - max(0.0, ago.total_seconds())
        for record in batch.records[max(0, run.taken - batch.first) :]:
            run.records.put(record)
        run.taken = max(run.taken, batch.first + len(batch.records))

    async def _started(self, message: Msg, streams: HubStreams) -> Sequence[Out]:
        """How a run began that goes on already: from its first message, none where that is gone."""
        from nats.js.errors import NotFoundError

        try:
            first = await streams.log.get_msg(RECORD_LOG, seq=1, subject=message.subject, next=True)
        except NotFoundError:
            return ()
        records = unpack_records(first.data or b"").records
        return [record for record in records if isinstance(record, SessionStarted)]

    def _follow(self, address: RunAddress, before: Sequence[Out]) -> FollowedRun:
        state = LiveState()
        feed = LiveFeed(state, self._time, lambda: state.t_s)
        records: Channel[Out] = Channel(_WAITING)
        for record in before:
            records.put(record)
        name = f"page of {address.session}"
        feeding = asyncio.create_task(feed.run(records.batches()), name=name)
        run = FollowedRun(address, feed, records, feeding, self._time.now_s(), 0)
        self.runs[address.key] = run
        return run

    def _forget_old_runs(self) -> None:
        now_s = self._time.now_s()
        for name, run in list(self.runs.items()):
            if now_s - run.heard_s > SHOWN_S:
                self._forget(name)

    def _forget(self, name: str) -> None:
        run = self.runs.pop(name)
        run.records.close()
        run.feed.close()
        run.feeding.cancel()


def run_row(run: FollowedRun, now_s: float) -> dict[str, object]:
    """Return a run as a JSON-able row: who, what they do, cadence and target, how old the news are."""
    state = run.feed.state(own=False)
    cadence, band = state["now"].get("cadence_spm"), state["bands"].get("cadence_spm")
    return {
        "run": run.address.key,
        "athlete": run.address.athlete,
        "activity": state["activity"],
        "cadence_spm": None if cadence is None else round(cadence["value"], 1),
        "low": None if band is None else band["low"],
        "high": None if band is None else band["high"],
        "off": bool(band and band["muted"]),
        "ended": state["ended"] is not None,
        "silent_s": round(max(0.0, now_s - run.heard_s), 1),
    }
