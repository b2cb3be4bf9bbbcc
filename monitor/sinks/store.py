"""Records into the embedded store, about once a second, off the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from monitor.core.errors import SinkError, StoreError
from monitor.core.monotonic import MonotonicClock
from monitor.core.records import Out, SessionEnded, SinkStatus
from monitor.pipeline.run_timer import RunTimer
from monitor.storage.store import Store

_EVERY_S = 1.0


class StoreSink:
    """A sink that writes the records of one session into the store, each batch in one transaction.

    What could not be written stays in memory and is written at the next attempt, before anything newer.
    A run of which a record is missing is not marked as ended: it is to be completed from its tape.  The
    pauses and laps of its ``timer`` are there before it is: then it may be passed on.
    """

    name = "store"

    def __init__(
        self, store: Store, session_id: str, time: MonotonicClock, timer: RunTimer | None = None
    ) -> None:
        self._timer = timer or RunTimer()
        self._store = store
        self._session_id = session_id
        self._time = time
        self._pending: list[Out] = []
        self._dropped = 0  # records that came while it could not write, and found no room to wait
        self._end_s: float | None = None  # the end that is to be marked
        self._ended = False

    @property
    def complete(self) -> bool:
        """Whether every record of the session, to the last one, is in the store."""
        return self._ended and not self._dropped

    async def run(self, batches: AsyncIterator[list[Out]]) -> None:
        """Write until the batches end; a ``SessionEnded`` among them ends the session in the store.

        A ``SinkStatus`` under its own name tells it how many records it never got.
        Raises ``SinkError`` when the store cannot be written; called again it goes on with what waits.
        """
        await self._write()
        async for batch in batches:
            self._pending += batch
            await self._write()
            if not any(isinstance(record, SessionEnded) for record in batch):
                await self._time.sleep(_EVERY_S)

    async def _write(self) -> None:
        try:
            if self._pending:
                await asyncio.to_thread(self._store.write, self._session_id, self._pending)
                self._take_note()
            if self._end_s is not None and not self._dropped:
                await asyncio.to_thread(self._end, self._end_s)
                self._end_s, self._ended = None, True
        except StoreError as exc:
            waiting = f"{len(self._pending)} records wait in memory"
            reason = self._store.trouble or exc
            raise SinkError(f"{reason}; {waiting}", log_text=f"{exc.log_text}; {waiting}") from exc

    def _end(self, end_s: float) -> None:
        self._store.add_timer_facts(self._session_id, self._timer.pauses_until(end_s), self._timer.laps)
        self._store.end(self._session_id, end_s)

    def _take_note(self) -> None:
        """What waited is written: nothing of it may be written again."""
        for record in self._pending:
            if isinstance(record, SessionEnded):
                self._end_s = record.t_s
            elif isinstance(record, SinkStatus) and record.sink == self.name:
                self._dropped = max(self._dropped, record.dropped)
        self._pending = []
