"""Whole runs to a far end, each once it has ended: an outbox of the ends of runs.

Only runs that were recorded live are delivered: what was imported, replayed, cut or joined has been
somewhere before.  A run that could not be delivered waits as any record does (``monitor.sinks.outbox``).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path

from monitor.core.errors import SinkError, SinkRefused, StoreError
from monitor.core.monotonic import MonotonicClock
from monitor.core.records import Out, SinkStatus, has_movement
from monitor.sinks.outbox import Outbox, OutboxParams
from monitor.storage.session_info import SessionInfo, WaitingRecord
from monitor.storage.store import Store

RUN_SINKS = ("export", "intervals_icu")
"""Sinks that deliver runs, not records."""
_PARAMS = OutboxParams(limit=1, history=False, runs=True)
_PATIENCE_S, _LOOK_EVERY_S = 5.0, 0.1  # for the store to mark a run as ended

WriteFit = Callable[[str, Path], None]
"""Writes the run of an id to a path as FIT; ``StoreError`` if it cannot."""
DeliverRun = Callable[[SessionInfo, Callable[[Path], None]], Awaitable[None]]
"""Takes a run to the far end; its second argument writes the FIT file to a path, and may block.

Raises as ``monitor.sinks.outbox.Deliver`` does."""


class FinishedRuns:
    """A ``Sink`` that delivers every run when it has ended; a far end that is new gets those to come.

    ``session`` is the id of the session that is running, None if what waits is to be delivered.
    """

    def __init__(
        self,
        name: str,
        store: Store,
        write_fit: WriteFit,
        deliver_run: DeliverRun,
        time: MonotonicClock,
        session: str | None,
    ) -> None:
        self.name = name
        self._store = store
        self._write_fit = write_fit
        self._deliver_run = deliver_run
        self._time = time
        self.outbox = Outbox(name, store, self._deliver, time, session=session, params=_PARAMS)

    async def run(self, batches: AsyncIterator[list[Out]]) -> None:
        """Deliver until the batches end and the run, and those that waited, have arrived."""
        await self.outbox.run(batches)

    def report(self, t_s: float) -> SinkStatus | None:
        """Return how delivery is doing at session second ``t_s``, None if nothing has changed."""
        return self.outbox.report(t_s)

    async def _deliver(self, batch: Sequence[WaitingRecord]) -> None:
        for _, session, _ in batch:
            info = await ended_run(self._store, session, self._time)
            if await asyncio.to_thread(self._is_a_run, session):
                await self._deliver_run(info, lambda path, name=session: self._write(name, path))  # type: ignore[misc]

    def _is_a_run(self, session: str) -> bool:
        """Whether somebody moves in it; else it is about to be deleted."""
        row = 0
        while page := self._store.page(session, row):
            if has_movement(record for _, _, record in page):
                return True
            row = page[-1][0]
        return False

    def _write(self, session: str, path: Path) -> None:
        try:
            self._write_fit(session, path)
        except StoreError as exc:
            error = SinkError if isinstance(exc.__cause__, OSError) else SinkRefused
            raise error(str(exc), log_text=exc.log_text) from exc


async def ended_run(store: Store, session: str, time: MonotonicClock) -> SessionInfo:
    """Return the run as soon as the store has marked it as ended: its last record comes just before that.

    ``SinkError`` if that does not happen within seconds.
    """
    until_s = time.now_s() + _PATIENCE_S
    while True:
        try:
            info = await asyncio.to_thread(store.session, session)
        except StoreError as exc:
            raise SinkError(str(exc), log_text=exc.log_text) from exc
        if info.ended:
            return info
        if time.now_s() >= until_s:
            raise SinkError("the run has not ended in the store yet")
        await time.sleep(_LOOK_EVERY_S)
