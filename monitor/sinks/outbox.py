"""At-least-once delivery from the store to a far end, in order, however long that end is away.

The store is the buffer: what is read on from the last acknowledged row goes out in bounded batches
and is acknowledged after it has arrived, so a failure, a kill or a restart sends some of it again and
none of it never.  The far end must therefore not mind getting a record twice.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from dsp.types import Metric
from monitor.core.errors import MonitorError, SinkError, SinkRefused, StoreError
from monitor.core.file_lock import exclusive_lock
from monitor.core.monotonic import MonotonicClock
from monitor.core.records import Out, SinkStatus
from monitor.core.retry import Backoff, retry_until_done
from monitor.storage.session_info import WaitingRecord
from monitor.storage.store import Store

_T = TypeVar("_T")

Deliver = Callable[[Sequence[WaitingRecord]], Awaitable[None]]
"""Takes a batch to the far end.  Returning means that all of it has arrived; ``SinkError``: try again
later; ``SinkRefused``: the far end will never take (some of) these records, which are then set aside
with the reason; ``ConfigError``: give up, all of it waits for the next start.  Must be bounded in time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxParams:
    """Sizes and times (choices).  ``history``: a far end met for the first time gets what is old too."""

    limit: int = 1000  # records in a batch
    every_s: float = 1.0  # between two looks at the store, which itself is written once a second
    history: bool = True
    told_every_s: float = 60.0  # the depth of the outbox, when nothing else is to be told
    backoff: Backoff = field(default_factory=Backoff)

    def __post_init__(self) -> None:
        if self.limit < 1 or self.every_s <= 0 or self.told_every_s <= 0:
            raise ValueError("limit must be at least 1, every_s and told_every_s positive")


class Outbox:
    """A ``Sink`` whose records come from the store; what it is handed only says that there are more.

    Of several that deliver from one store under one name, in this process or others, one works and
    the others wait, ready to take its place.  ``run`` ends when its batches have ended and the records
    of ``session`` have arrived; cancelling it loses nothing.
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
    ) -> None:
        self.name = name
        self._store = store
        self._session = session
        self._deliver = deliver
        self._time = time
        self._p = params or OutboxParams()
        self._no_more = False  # the batches have ended
        self._goal: int | None = None  # the last row that must arrive
        self._state = SinkStatus(0.0, name, True, "starting")
        self._told: SinkStatus | None = None
        self._told_s = 0.0
        self._arrived_s: float | None = None  # session time of what arrived last
        self._lock = store.path.with_name(f"{store.path.name}-{name}")
        if not self._p.history:
            store.skip_history(name)

    async def run(self, batches: AsyncIterator[list[Out]]) -> None:
        """Deliver until the batches end and everything of the session (or all there was) has arrived."""

        def report(exc: MonitorError, wait_s: float) -> None:
            self._is(ok=False, text=str(exc))

        listening = asyncio.create_task(self._listen(batches), name=f"{self.name} listening")
        try:
            await retry_until_done(self._attempt, report, self._time, self._p.backoff)
        finally:
            listening.cancel()

    def report(self, t_s: float) -> SinkStatus | None:
        """How delivery is doing, when that has changed, and every ``told_every_s``."""
        now_s, told, state = self._time.now_s(), self._told, self._state
        same = told is not None and (told.ok, told.text, told.dropped) == (
            state.ok,
            state.text,
            state.dropped,
        )
        if same and now_s - self._told_s < self._p.told_every_s:
            return None
        self._told, self._told_s = state, now_s
        behind_s = None if self._arrived_s is None else max(0.0, t_s - self._arrived_s)
        return replace(state, t_s=t_s, behind_s=behind_s)

    async def _listen(self, batches: AsyncIterator[list[Out]]) -> None:
        async for _ in batches:
            pass
        self._no_more = True

    async def _attempt(self, generation: int) -> None:
        with contextlib.ExitStack() as held:
            while not await self._off_loop(lambda: held.enter_context(exclusive_lock(self._lock))):
                held.close()
                if await self._off_loop(self._all_delivered):
                    return
                self._is(ok=True, text="another session on this machine delivers")
                await self._time.sleep(self._p.every_s)
            await self._work()

    async def _work(self) -> None:
        """Deliver until done; nobody else does meanwhile."""
        while True:
            batch = await self._off_loop(lambda: self._store.outbox(self.name, self._p.limit))
            if batch:
                await self._pass_on(batch)
            if await self._off_loop(self._all_delivered):
                return self._is(ok=True, text="everything has arrived")
            if len(batch) < self._p.limit:
                self._is(ok=True, text="delivering")
                await self._time.sleep(self._p.every_s)

    async def drain(self, told: Callable[[int], None] = lambda delivered: None) -> bool:
        """Deliver all that waits now; ``SinkError`` at the first failure, False if another delivers.

        ``told`` hears how many records each batch had.
        """
        with contextlib.ExitStack() as held:
            if not await self._off_loop(lambda: held.enter_context(exclusive_lock(self._lock))):
                return False
            while batch := await self._off_loop(lambda: self._store.outbox(self.name, self._p.limit)):
                await self._pass_on(batch)
                told(len(batch))
        return True

    async def send(self, batch: Sequence[WaitingRecord]) -> None:
        """Deliver; of a batch that is refused, halve until only the records at fault are left over."""
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
        except SinkError:
            await self._count()
            raise

    async def _pass_on(self, batch: Sequence[WaitingRecord]) -> None:
        await self.send(batch)
        await self._off_loop(functools.partial(self._store.acknowledge, self.name, batch[-1][0]))
        times = (record.t_s for _, s, record in batch if s == self._session and isinstance(record, Metric))
        self._arrived_s = max(times, default=self._arrived_s)
        await self._count()

    async def _count(self) -> None:
        backlog = await self._off_loop(lambda: self._store.backlog(self.name))
        refused = len(await self._off_loop(lambda: self._store.quarantined(self.name)))
        self._state = replace(self._state, backlog=backlog, dropped=refused)

    def _is(self, *, ok: bool, text: str) -> None:
        if refused := self._state.dropped:
            text += f"; {refused} records were refused, see gaitcue status"
        self._state = replace(self._state, ok=ok and not refused, text=text)

    def _all_delivered(self) -> bool:
        """Has everything arrived that has to?"""
        if self._goal is None:
            if not self._no_more or (self._session and not self._store.session(self._session).ended):
                return False
            self._goal = self._store.last_row()
        return self._store.delivered(self.name) >= self._goal

    async def _off_loop(self, what: Callable[[], _T]) -> _T:
        """A store in trouble is to be tried again, like a far end in trouble."""
        try:
            return await asyncio.to_thread(what)
        except StoreError as exc:
            raise SinkError(str(exc)) from exc
