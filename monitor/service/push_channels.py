"""The ways to a phone that the settings name: each sends one message, outside of a run."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from monitor.service.config import Config
from monitor.sinks.push.alerts import Alert
from monitor.sinks.push.apprise import AppriseServices
from monitor.sinks.push.ntfy import NtfyTopic, require_ntfy_client

PushChannel = tuple[str, Callable[[], Awaitable[None]]]
"""The name of a channel and what sends over it."""


def push_channels(config: Config, alert: Alert) -> list[PushChannel]:
    """Return a way to send ``alert`` over each push service of the settings, none where there is none.

    ``ConfigError`` if a service needs an extra that is not installed.
    """
    channels: list[PushChannel] = []
    if config.ntfy.topic is not None:
        require_ntfy_client()
        channels.append(("ntfy", lambda: NtfyTopic(config.ntfy).post(alert)))
    if config.apprise.urls is not None:
        services = AppriseServices(config.apprise.urls)
        channels.append(("apprise", lambda: services.post(alert)))
    return channels
