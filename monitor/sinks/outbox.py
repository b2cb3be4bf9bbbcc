"""At-least-once delivery from the store to a far end, in order, however long that end is away.

The store is the buffer.  Every record has a row number there, and for each far end the store keeps one
number, the last row that end has acknowledged (table ``delivered``), and a list of rows that were set
aside (table ``quarantine``).  A row of the store is therefore in one of three states:

- *waiting*: its number is above the acknowledged one.  ``StoreSink`` put it there, about a second after it
  was measured; the batches that ``Outbox.run`` is given only tell it when they end.
- *delivered*: its number is not above the acknowledged one.
- *quarantined*: delivered as far as the order goes, but the far end refused it; kept with the reason.

One round of the loop moves rows on:

1. ``Store.outbox`` reads the next rows above the acknowledged number, at most ``OutboxParams.limit``.
2. ``Deliver`` takes them to the far end and ends in one of four ways:

   - it returns: all of them have arrived;
   - ``SinkRefused``: the far end will never take (some of) them.  The batch is halved, and its halves too,
     until a single record is refused; that one is quarantined, everything else has arrived;
   - ``SinkError``: the far end is away or in trouble.  Nothing is acknowledged, and after a pause that
     grows (``Backoff``) the loop begins again at step 1 with the same rows;
   - ``ConfigError``: waiting does not help.  Delivery ends, all rows wait for the next start.

3. ``Store.acknowledge`` writes the number of the batch's last row.  Between 2 and 3 lies the only gap: who
   is killed there sends the batch again at the next start.  So some records arrive twice and none never,
   and the far end must not mind getting a record twice.

If a batch was full there is more, and the next round follows at once; else after ``OutboxParams.every_s``.
``run`` returns when the batches have ended, the session has been ended in the store, and the row that was
the last one at that moment is delivered.

Of several processes that deliver from one store under one name, one holds a file lock and works; the others
look every ``every_s`` whether the lock is free or everything has arrived by the work of the first.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from dsp.types import Metric
from monitor.core.errors import MonitorError, SinkError, SinkRefused, StoreError
from monitor.core.file_lock import exclusive_lock
from monitor.core.monotonic import MonotonicClock
from monitor.core.outage import Outage, RepeatedEvent
from monitor.core.records import SINK_STARTING, Out, SinkStatus
from monitor.core.retry import Backoff, pass_on_cancellation, retry_until_done
from monitor.storage.session_info import WaitingRecord
from monitor.storage.store import Store

_T = TypeVar("_T")
_log = logging.getLogger(__name__)

Deliver = Callable[[Sequence[WaitingRecord]], Awaitable[None]]
"""Takes a batch to the far end and returns when all of it has arrived; must be bounded in time.

``SinkError``: try again later.  ``SinkRefused``: the far end will never take (some of) these records, which
are then set aside with the reason.  ``ConfigError``: give up, all of it waits for the next start."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxParams:
    """Sizes and times of an outbox (choices).

    ``history``: a far end that is new to the store gets the sessions of before too.  ``runs``: it gets no
    record but the ends of runs that were recorded live.
    """

    limit: int = 1000  # records in a batch
    every_s: float = 1.0  # between two looks at the store, which itself is written once a second
    history: bool = True
    runs: bool = False
    report_every_s: float = 60.0  # between two reports of the depth, when nothing else has changed
    backoff: Backoff = field(default_factory=Backoff)

    def __post_init__(self) -> None:
        if self.limit < 1 or self.every_s <= 0 or self.report_every_s <= 0:
            raise ValueError("limit must be at least 1, every_s and report_every_s positive")


class Outbox:
    """A ``Sink`` whose records come from the store; the page above says how a row gets on.

    ``name`` is the far end's name in the store.  ``session`` is the id of the session that is running, None
    if there is none and everything that waits is to be delivered.  ``outage`` is that of a connection which
    logs its own failures.  Cancelling it loses nothing.
    """

    def __init__(
        self,
        name: str,
        store: Store,
        deliver: Deliver,
        time: MonotonicClock,
        *,
        session: str | None = None,
        params: OutboxParams | None = None,
        outage: Outage | None = None,
    ) -> None:
        self.name = name
        self._store = store
        self._session = session
        self._deliver = deliver
        self._time = time
        self._p = params or OutboxParams()
        self._fields = {"sink": name}
        self._outage = outage or Outage(_log, name, time.now_s, **self._fields)
        self._refusals = RepeatedEvent(_log, time.now_s)
        self._no_more = False  # the batches have ended
        self._goal: int | None = None  # the last row that must arrive
        self._state = SinkStatus(0.0, name, True, SINK_STARTING)
        self._reported: SinkStatus | None = None
        self._reported_s = 0.0
        self._arrived_s: float | None = None  # session time of what arrived last
        self._lock = store.path.with_name(f"{store.path.name}-{name}")
        if not self._p.history:
            store.skip_history(name)

    async def run(self, batches: AsyncIterator[list[Out]]) -> None:
        """Deliver until the batches end and everything of the session (or all there was) has arrived.

        Raises ``ConfigError`` when the far end can never be reached with these settings.
        """

        def report(exc: MonitorError, wait_s: float) -> None:
            self._set_status(ok=False, text=str(exc))

        listening = asyncio.create_task(self._listen(batches), name=f"{self.name} listening")
        try:
            await retry_until_done(
                self._attempt_delivery, report, self._outage, self._time, self._p.backoff
            )
        except asyncio.CancelledError:
            waiting = self._state.backlog
            kind = "runs" if self._p.runs else "records"
            what = f"{waiting:,} {kind} wait" if waiting else "what was not sent waits"
            fields = {**self._fields, "count": waiting or None}
            _log.warning("%s: %s for the next start", self.name, what, extra=fields)
            raise
        finally:
            listening.cancel()

    def report(self, t_s: float) -> SinkStatus | None:
        """Return how delivery is doing when that has changed, and every ``report_every_s``; else None.

        ``behind_s`` of the status is the session time from the last second that arrived to ``t_s``.
        """
        now_s, last, state = self._time.now_s(), self._reported, self._state
        same = last is not None and (last.ok, last.text, last.dropped) == (
            state.ok,
            state.text,
            state.dropped,
        )
        if same and now_s - self._reported_s < self._p.report_every_s:
            return None
        self._reported, self._reported_s = state, now_s
        behind_s = None if self._arrived_s is None else max(0.0, t_s - self._arrived_s)
        return replace(state, t_s=t_s, behind_s=behind_s)

    async def _listen(self, batches: AsyncIterator[list[Out]]) -> None:
        async for _ in batches:
            pass
        self._no_more = True

    async def _attempt_delivery(self, generation: int) -> None:
        with contextlib.ExitStack() as held:
            shared = False
            while not await self._off_loop(lambda: held.enter_context(exclusive_lock(self._lock))):
                held.close()
                if not shared:
                    _log.info("%s: another session on this machine delivers", self.name, extra=self._fields)
                shared = True
                if await self._off_loop(self._all_delivered):
                    return
                self._set_status(ok=True, text="another session on this machine delivers")
                await self._time.sleep(self._p.every_s)
            await self._deliver_alone()

    async def _deliver_alone(self) -> None:
        """Deliver until done; nobody else does meanwhile."""
        while True:
            pass_on_cancellation()
            batch = await self._off_loop(self._next_batch)
            if batch:
                await self._pass_on(batch)
            if self._ending and await self._off_loop(self._all_delivered):
                _log.info("%s: everything has arrived", self.name, extra=self._fields)
                return self._set_status(ok=True, text="everything has arrived")
            if len(batch) < self._p.limit:
                self._set_status(ok=True, text="delivering")
                await self._time.sleep(self._p.every_s)

    async def drain(self, progress: Callable[[int], None] = lambda delivered: None) -> bool:
        """Deliver all that waits now and return True; return False if another process is delivering.

        ``progress`` is called with the number of records after each batch.  Raises ``SinkError`` at the
        first failure; what has arrived until then is acknowledged.
        """
        with contextlib.ExitStack() as held:
            if not await self._off_loop(lambda: held.enter_context(exclusive_lock(self._lock))):
                return False
            while batch := await self._off_loop(self._next_batch):
                await self._pass_on(batch)
                progress(len(batch))
        return True

    async def send(self, batch: Sequence[WaitingRecord]) -> None:
        """Deliver a batch; of one that is refused, quarantine the records at fault and deliver the rest.

        Acknowledges nothing.  Raises ``SinkError`` when the far end is in trouble.
        """
        try:
            await self._deliver(batch)
        except SinkRefused as exc:
            if len(batch) > 1:
                await self.send(batch[: len(batch) // 2])
                await self.send(batch[len(batch) // 2 :])
                return
            row, session, _ = batch[0]
            reason = str(exc)
            await self._off_loop(lambda: self._store.quarantine(self.name, [(row, session)], reason))
            what = "run" if self._p.runs else "record"
            text = f"{self.name}: a {what} was refused for good; gaitcue stack status says why"
            self._refusals.happened(text, sink=self.name)
        except SinkError:
            await self._count_backlog()
            raise

    async def _pass_on(self, batch: Sequence[WaitingRecord]) -> None:
        await self.send(batch)
        self._outage.over("delivers again")
        await self._count_backlog(acknowledge=batch[-1][0])
        times = (record.t_s for _, s, record in batch if s == self._session and isinstance(record, Metric))
        self._arrived_s = max(times, default=self._arrived_s)

    async def _count_backlog(self, *, acknowledge: int | None = None) -> None:
        """Count what waits and what was refused, once a row is acknowledged: all in one way to a thread."""

        def count() -> tuple[int, int]:
            if acknowledge is not None:
                self._store.acknowledge(self.name, acknowledge)
            waiting = self._store.backlog(self.name, runs=self._p.runs)
            return waiting, len(self._store.quarantined(self.name))

        backlog, refused = await self._off_loop(count)
        self._state = replace(self._state, backlog=backlog, dropped=refused)

    def _set_status(self, *, ok: bool, text: str) -> None:
        if refused := self._state.dropped:
            runs = f"; {refused} runs were refused, see gaitcue stack status"
            text += runs if self._p.runs else f"; {refused} records were refused, see gaitcue stack status"
        self._state = replace(self._state, ok=ok and not refused, text=text)

    @property
    def _ending(self) -> bool:
        """Whether there is an end to what must arrive: while a run goes on there is none."""
        return self._no_more or self._goal is not None

    def _all_delivered(self) -> bool:
        """Has everything arrived that has to?"""
        if self._goal is None:
            if not self._no_more or (self._session and not self._store.session(self._session).ended):
                return False
            self._goal = self._store.last_row()
        return self._store.delivered(self.name) >= self._goal or (self._p.runs and not self._next_batch())

    def _next_batch(self) -> list[WaitingRecord]:
        return self._store.outbox(self.name, self._p.limit, runs=self._p.runs)

    async def _off_loop(self, what: Callable[[], _T]) -> _T:
        """A store in trouble is to be tried again, like a far end in trouble."""
        try:
            return await asyncio.to_thread(what)
        except StoreError as exc:
            raise SinkError(str(exc), log_text=exc.log_text) from exc
