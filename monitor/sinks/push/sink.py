"""Pushes to a phone: what is worth one, sent while it is true, and what became of it."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace

from dsp.types import Metric
from monitor.core.errors import SinkError, SinkRefused
from monitor.core.monotonic import MonotonicClock
from monitor.core.records import Out, SensorStatus, SinkStatus
from monitor.core.retry import Backoff
from monitor.sinks.push.alerts import Alert, Alerts

Post = Callable[[Alert], Awaitable[None]]
"""Sends one.  ``SinkError``: try again; ``Busy``: not before then; ``SinkRefused``: never."""

BACKOFF = Backoff(first_s=1.0, longest_s=30.0)


class Busy(SinkError):
    """The far end asks for patience: ``retry_s`` seconds of it."""

    def __init__(self, text: str, retry_s: float) -> None:
        super().__init__(text)
        self.retry_s = retry_s


class PushSink:
    """A sink that sends the alerts that its records make.  An alert that has expired is never sent."""

    def __init__(
        self,
        name: str,
        alerts: Alerts,
        post: Post,
        time: MonotonicClock,
        luck: Callable[[], float] = random.random,
    ) -> None:
        self.name = name
        self._alerts = alerts
        self._post = post
        self._time = time
        self._luck = luck
        self._state = SinkStatus(0.0, name, True, "nothing to tell so far")
        self._told: SinkStatus | None = None

    async def run(self, batches: AsyncIterator[list[Out]]) -> None:
        """Until the batches end."""
        async for batch in batches:
            now_s = max((r.t_s for r in batch if isinstance(r, (Metric, SensorStatus))), default=0.0)
            for alert in [a for record in batch for a in self._alerts.push(record)]:
                await self.send(alert, alert.expires_s - max(now_s, alert.t_s))

    def report(self, t_s: float) -> SinkStatus | None:
        """What became of the pushes, when that has changed."""
        if self._state == self._told:
            return None
        self._told = self._state
        return replace(self._state, t_s=t_s)

    async def send(self, alert: Alert, valid_s: float) -> bool:
        """Send now, or again until it has expired in ``valid_s`` seconds; did it arrive?"""
        until_s, failures = self._time.now_s() + valid_s, 0
        while (left_s := until_s - self._time.now_s()) > 0:
            try:
                await self._post(alert)
            except SinkRefused as exc:
                self._is(False, f"{exc}; not sent: {alert.title}", lost=1)
                return False
            except SinkError as exc:
                failures += 1
                wait_s = BACKOFF.wait_s(failures, self._luck())
                wait_s = max(wait_s, exc.retry_s if isinstance(exc, Busy) else 0.0)
                self._is(False, f"{exc}; next try in {wait_s:.0f} s")
                await self._time.sleep(min(wait_s, left_s))
            else:
                self._is(True, f"sent: {alert.title}")
                return True
        self._is(False, f"came too late and was dropped: {alert.title}", lost=1)
        return False

    def _is(self, ok: bool, text: str, lost: int = 0) -> None:
        self._state = SinkStatus(0.0, self.name, ok, text, dropped=self._state.dropped + lost)
