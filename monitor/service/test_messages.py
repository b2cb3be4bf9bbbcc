"""A test message through every channel that is set up: what works, and what to do about the rest."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable

from monitor.core.errors import MonitorError, SinkError
from monitor.core.mqtt_client import (
    MqttMessage,
    MqttSettings,
    connection,
    connection_error_text,
    publish_all,
    require_mqtt_client,
    tls,
)
from monitor.service.config import Config
from monitor.sinks.mqtt import messages
from monitor.sinks.push.alerts import Alert, push_phrases
from monitor.sinks.push.apprise import Services
from monitor.sinks.push.ntfy import Ntfy
from monitor.sinks.push.ntfy import require_ntfy_client as require_ntfy


def send_test_messages(config: Config, told: Callable[[str], None]) -> int:
    """Try every channel and tell what came of it; how many failed, -1 if none is set up."""
    channels = _channels(config)
    if not channels:
        return -1
    return asyncio.run(_all(channels, told))


def _channels(config: Config) -> list[tuple[str, Callable[[], Awaitable[None]]]]:
    title, text = push_phrases(config.alerts.language)["test"]
    alert = Alert("test", 0.0, config.alerts.valid_s, title, text)
    out: list[tuple[str, Callable[[], Awaitable[None]]]] = []
    if config.ntfy.topic is not None:
        require_ntfy()
        out.append(("ntfy", lambda: Ntfy(config.ntfy).post(alert)))
    if config.apprise.urls is not None:
        services = Services(config.apprise.urls)
        out.append(("apprise", lambda: services.post(alert)))
    if config.mqtt.host is not None:
        require_mqtt_client()
        out.append(("mqtt", lambda: _mqtt(config.mqtt, config.athlete)))
    return out


async def _all(
    channels: list[tuple[str, Callable[[], Awaitable[None]]]], told: Callable[[str], None]
) -> int:
    failed = 0
    for name, send in channels:
        try:
            await send()
        except MonitorError as exc:
            failed += 1
            told(f"{name}: {exc}")
        else:
            told(f"{name}: taken")
    return failed


async def _mqtt(settings: MqttSettings, athlete: str) -> None:
    import aiomqtt

    root = f"{settings.prefix}/{settings.user or messages.topic_level(athlete)}"
    forbidden: list[str] = []
    try:
        context = await asyncio.to_thread(tls, settings)
        async with connection(
            settings, context, messages.available(root, False), forbidden.append
        ) as client:
            await publish_all(client, [MqttMessage(f"{root}/events", json.dumps({"event": "test"}))])
    except (aiomqtt.MqttError, OSError) as exc:
        raise SinkError(connection_error_text(exc, settings)) from exc
    if forbidden:
        raise SinkError(forbidden[0])
