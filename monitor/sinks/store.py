"""Records into the embedded store, about once a second, off the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from monitor.core.errors import SinkError, StoreError
from monitor.core.monotonic import MonotonicClock
from monitor.core.records import Out, SessionEnded
from monitor.storage.store import Store

_EVERY_S = 1.0


class StoreSink:
    """A sink that writes the records of one session into the store, each batch in one transaction.

    What could not be written stays in memory and is written at the next attempt, before anything newer.
    """

    name = "store"

    def __init__(self, store: Store, session_id: str, time: MonotonicClock) -> None:
        self._store = store
        self._session_id = session_id
        self._time = time
        self._pending: list[Out] = []

    async def run(self, batches: AsyncIterator[list[Out]]) -> None:
        """Write until the batches end; a ``SessionEnded`` among them ends the session in the store.

        Raises ``SinkError`` when the store cannot be written; called again it goes on with what waits.
        """
        await self._write()
        async for batch in batches:
            self._pending += batch
            await self._write()
            if not any(isinstance(record, SessionEnded) for record in batch):
                await self._time.sleep(_EVERY_S)

    async def _write(self) -> None:
        if not self._pending:
            return
        try:
            await asyncio.to_thread(self._store.write, self._session_id, self._pending)
            ended = [r for r in self._pending if isinstance(r, SessionEnded)]
            self._pending = []
            for record in ended:
                await asyncio.to_thread(self._store.end, self._session_id, record.t_s)
        except StoreError as exc:
            raise SinkError(f"{exc}; {len(self._pending)} records wait in memory") from exc
