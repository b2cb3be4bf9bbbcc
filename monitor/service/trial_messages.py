"""A test message through every channel that is set up: what works, and what to do about the rest."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence

from monitor.core.errors import MonitorError, SinkError
from monitor.core.message_catalogues import catalogue
from monitor.core.mqtt_client import (
    MqttMessage,
    MqttSettings,
    broker_client,
    connection_error_text,
    publish_all,
    require_mqtt_client,
    tls_context,
)
from monitor.core.safe_text import topic_level
from monitor.core.user_language import user_language, user_text
from monitor.service.config import Config
from monitor.service.push_channels import PushChannel, push_channels
from monitor.sinks.mqtt import messages
from monitor.sinks.push.alerts import Alert


def send_test_messages(config: Config, report: Callable[[str], None]) -> int | None:
    """Send a message over every channel, ``report`` a line on each, and return how many failed.

    None where no channel is set up.  ``ConfigError`` if a channel needs an extra that is not installed.
    """
    channels = _channels(config)
    if not channels:
        return None
    return asyncio.run(_send_all(channels, report))


def _channels(config: Config) -> list[PushChannel]:
    text = catalogue(config.alerts.language).text
    alert = Alert("test", 0.0, config.alerts.valid_s, text("push.test.title"), text("push.test.text"))
    out = push_channels(config, alert)
    if config.mqtt.host is not None:
        require_mqtt_client()
        out.append(("mqtt", lambda: _publish_mqtt(config.mqtt, config.athlete)))
    return out


async def _send_all(channels: Sequence[PushChannel], report: Callable[[str], None]) -> int:
    failed = 0
    for name, send in channels:
        try:
            await send()
        except MonitorError as exc:
            failed += 1
            report(user_text("say.notify.failed", name=name, why=exc.text_in(user_language())))
        else:
            report(user_text("say.notify.accepted", name=name))
    return failed


async def _publish_mqtt(settings: MqttSettings, athlete: str) -> None:
    import aiomqtt

    root = f"{settings.prefix}/{settings.user or topic_level(athlete)}"
    forbidden: list[str] = []
    try:
        context = await asyncio.to_thread(tls_context, settings)
        async with broker_client(
            settings, context, messages.availability_message(root, False), forbidden.append
        ) as client:
            await publish_all(client, [MqttMessage(f"{root}/events", json.dumps({"event": "test"}))])
    except (aiomqtt.MqttError, OSError) as exc:
        raise SinkError(connection_error_text(exc, settings)) from exc
    if forbidden:
        raise SinkError(forbidden[0])
