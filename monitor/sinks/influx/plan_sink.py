"""What a runner shares of the plan, at the beginning of a run and when it has ended."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator

from monitor.core.errors import SinkError, StoreError
from monitor.core.monotonic import MonotonicClock
from monitor.core.outage import Outage
from monitor.core.records import Out
from monitor.sinks.finished_runs import ended_run
from monitor.sinks.influx.shared_days import SharedDaysDelivery
from monitor.storage.store import Store

SHARING_SINK = "sharing"
_AGAIN_S = 60.0  # between two attempts during a run (a choice)
_log = logging.getLogger(__name__)


class SharedPlanSink:
    """A ``Sink`` that delivers shared days when a run begins and when it has ended.

    At the beginning goes what has waited since the last run, a deletion above all; while that fails it is
    tried again every minute of the run.  ``session`` is the id of the run.
    """

    name = SHARING_SINK

    def __init__(
        self, delivery: SharedDaysDelivery, store: Store, time: MonotonicClock, session: str
    ) -> None:
        self._delivery = delivery
        self._store = store
        self._time = time
        self._session = session
        self._outage = Outage(_log, SHARING_SINK, time.now_s, sink=SHARING_SINK)

    async def run(self, batches: AsyncIterator[list[Out]]) -> None:
        """Deliver, wait until the batches end and the run has ended in the store, and deliver once more.

        ``SinkError`` if that failed: it is tried again, now or at the next run.
        """
        waits = not await self._attempt()
        tried_s = self._time.now_s()
        async for _ in batches:
            if waits and self._time.now_s() - tried_s >= _AGAIN_S:
                waits = not await self._attempt()
                tried_s = self._time.now_s()
        await ended_run(self._store, self._session, self._time)
        await self._deliver()

    async def _attempt(self) -> bool:
        try:
            await self._deliver()
        except SinkError as exc:
            self._outage.failed(exc)
            return False
        self._outage.over()
        return True

    async def _deliver(self) -> None:
        try:
            await self._delivery.deliver()
        except StoreError as exc:
            raise SinkError(str(exc), log_text=exc.log_text) from exc
