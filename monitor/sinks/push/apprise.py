"""Pushes through Apprise: Pushover, Telegram, Signal, e-mail and a hundred others, one URL each.

The library works in threads, tells failure by its result and slows itself down (``request_rate_per_sec``,
seconds despite its name: 5.5 of them for some services); a handful of pushes in a run need no such brake.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

from monitor.core.errors import ConfigError, SinkError
from monitor.core.secret import Secret
from monitor.sinks.push.alerts import Alert


@dataclass(frozen=True, slots=True, kw_only=True)
class AppriseSettings:
    """Settings of Apprise: its URLs, one a line in ``urls_file``; nothing is sent without.

    The URLs hold tokens and passwords, so they stand in a file of their own.
    """

    urls: Secret | None = None


class AppriseServices:
    """The services of ``urls``, separated by white space, to which alerts are sent.

    A service that failed is tried again alone, so that no other gets a message twice.  Raises
    ``ConfigError`` when the library is missing or a URL is none that Apprise knows.
    """

    def __init__(self, urls: Secret) -> None:
        if find_spec("apprise") is None:
            raise ConfigError("error.extra", extra="apprise")
        from apprise import Apprise

        self._all: list[Any] = []
        for number, line in enumerate(urls.reveal().split(), start=1):
            service = Apprise.instantiate(line)
            if service is None:
                raise ConfigError("error.apprise_url", number=number)
            service.request_rate_per_sec = 0
            self._all.append(service)
        self._alert: Alert | None = None
        self._left: list[Any] = []

    async def post(self, alert: Alert) -> None:
        """Send to every service that has not yet taken this alert.

        Raises ``SinkError``, which names the services that did not take it.
        """
        if alert != self._alert:
            self._alert, self._left = alert, list(self._all)
        sent = await asyncio.gather(*(asyncio.to_thread(_notify_service, s, alert) for s in self._left))
        self._left = [service for service, ok in zip(self._left, sent, strict=True) if not ok]
        if self._left:
            names = ", ".join(_service_name(service) for service in self._left)
            raise SinkError(f"not taken by {names}: look at its token and address in urls_file")


def _notify_service(service: Any, alert: Alert) -> bool:
    body = f"{alert.text}\n{alert.link}" if alert.link else alert.text
    return bool(service.notify(title=alert.title, body=body, notify_type="info"))


def _service_name(service: Any) -> str:
    """The kind of service and nothing that could be a secret."""
    return str(service.service_name)
