"""Pushes to a phone: what is worth one, sent while it is true, and what became of it."""

from __future__ import annotations

import logging
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace

from dsp.types import Metric
from monitor.core.errors import SinkError, SinkRefused
from monitor.core.monotonic import MonotonicClock
from monitor.core.outage import Outage
from monitor.core.records import Out, SensorStatus, SinkStatus
from monitor.core.retry import Backoff
from monitor.sinks.push.alerts import Alert, Alerts

_log = logging.getLogger(__name__)

Post = Callable[[Alert], Awaitable[None]]
"""Sends one alert and returns when the service has taken it.

``SinkError``: try again; ``Busy``: try again, but not before the time it gives; ``SinkRefused``: never."""

_BACKOFF = Backoff(first_s=1.0, longest_s=30.0)


class Busy(SinkError):
    """The far end asks for patience: ``retry_s`` seconds of it."""

    def __init__(self, text: str, retry_s: float) -> None:
        super().__init__(text)
        self.retry_s = retry_s


class PushSink:
    """A sink that sends the alerts which the records of a run cause.

    ``name`` is the service's; ``random_share`` gives a number from 0 to 1 that spreads the pauses between
    attempts.  An alert is sent as long as it is valid and never afterwards.
    """

    def __init__(
        self,
        name: str,
        alerts: Alerts,
        post: Post,
        time: MonotonicClock,
        random_share: Callable[[], float] = random.random,
    ) -> None:
        self.name = name
        self._alerts = alerts
        self._post = post
        self._time = time
        self._random_share = random_share
        self._outage = Outage(_log, name, time.now_s, sink=name)
        self._state = SinkStatus(0.0, name, True, "nothing to tell so far")
        self._reported: SinkStatus | None = None

    async def run(self, batches: AsyncIterator[list[Out]]) -> None:
        """Send what the batches cause, one alert after the other, until they end."""
        async for batch in batches:
            now_s = max((r.t_s for r in batch if isinstance(r, (Metric, SensorStatus))), default=0.0)
            for alert in [a for record in batch for a in self._alerts.push(record)]:
                await self.send(alert, alert.expires_s - max(now_s, alert.t_s))

    def report(self, t_s: float) -> SinkStatus | None:
        """Return what became of the last push, None if nothing has changed; ``dropped`` counts the lost."""
        if self._state == self._reported:
            return None
        self._reported = self._state
        return replace(self._state, t_s=t_s)

    async def send(self, alert: Alert, valid_s: float) -> bool:
        """Send an alert, until it expires in ``valid_s`` seconds, and return whether it arrived."""
        until_s, failures = self._time.now_s() + valid_s, 0
        while (left_s := until_s - self._time.now_s()) > 0:
            try:
                await self._post(alert)
            except SinkRefused as exc:
                self._log_loss(alert, exc.log_text)
                self._set_status(False, f"{exc}; not sent: {alert.title}", lost=1)
                return False
            except SinkError as exc:
                failures += 1
                self._outage.failed(exc)
                wait_s = _BACKOFF.wait_s(failures, self._random_share())
                wait_s = max(wait_s, exc.retry_s if isinstance(exc, Busy) else 0.0)
                self._set_status(False, f"{exc}; next try in {wait_s:.0f} s")
                await self._time.sleep(min(wait_s, left_s))
            else:
                self._outage.over("sends again")
                _log.info("%s: pushed (%s)", self.name, alert.kind, extra={"sink": self.name})
                self._set_status(True, f"sent: {alert.title}")
                return True
        self._log_loss(alert, "it came too late")
        self._set_status(False, f"came too late and was dropped: {alert.title}", lost=1)
        return False

    def _log_loss(self, alert: Alert, why: str) -> None:
        _log.warning("%s: not pushed (%s): %s", self.name, alert.kind, why, extra={"sink": self.name})

    def _set_status(self, ok: bool, text: str, lost: int = 0) -> None:
        self._state = SinkStatus(0.0, self.name, ok, text, dropped=self._state.dropped + lost)
