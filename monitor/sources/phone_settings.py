"""How phones reach us: settings, who may push, and what to enter in the phone's app."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from monitor.core.http_access import SHORTEST_TOKEN, WebSettings, needed_token
from monitor.core.mqtt_client import MqttSettings
from monitor.core.secret import Secret
from monitor.core.session_settings import SensorSettings

_KIND = "sensor_logger"
_TOPIC = "sensor-logger"


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneSettings:
    """``PhoneSettings`` says where phones with Sensor Logger push to.

    The port is open only while such a phone is configured.  Every push must bring the token; without one
    of its own it is the page's.
    """

    host: str = "0.0.0.0"
    port: int = 8766
    token: Secret | None = None
    topic: str | None = None  # of phones that come over MQTT; else the app's default, below it the user
    websocket_port: int | None = None  # of the broker, for the app: 8884 with TLS, else 9001

    def __post_init__(self) -> None:
        if not 0 <= self.port <= 65535:
            raise ValueError(f"port must be between 0 and 65535, not {self.port}")
        if self.token and len(self.token.reveal()) < SHORTEST_TOKEN:
            raise ValueError(f"token must have at least {SHORTEST_TOKEN} characters")
        if self.topic is not None and (not self.topic or any(c in self.topic for c in "+#\x00")):
            raise ValueError("topic must not be empty, nor hold + or #")


def phone_token(settings: PhoneSettings, page: WebSettings, folder: Path) -> Secret:
    """Return the token that a push must bring; by default it is the page's."""
    return needed_token(
        WebSettings(host=settings.host, port=settings.port, token=settings.token or page.token), folder
    )


def phone_topic(settings: PhoneSettings, broker: MqttSettings) -> str:
    """Return the topic to which a phone publishes whose options name none.

    A broker that knows its users lets each write below their own name only, as the one that is shipped.
    """
    return settings.topic or (f"{_TOPIC}/{broker.user}" if broker.user else _TOPIC)


def broker_websocket(settings: PhoneSettings, broker: MqttSettings) -> str:
    """Return the address to enter in the app, which speaks MQTT over WebSockets only."""
    port = settings.websocket_port or (8884 if broker.tls else 9001)
    return f"{'wss' if broker.tls else 'ws'}://{broker.host}:{port}"


def phones_over(sensors: Iterable[SensorSettings], over: str) -> list[SensorSettings]:
    """Return the phones that come ``over`` ``http`` (the default of their options) or ``mqtt``."""
    return [s for s in sensors if s.kind == _KIND and s.options.get("over", "http") == over]


def push_path(sensor: SensorSettings, token: Secret) -> str:
    """Return path and query of the address that this phone pushes to."""
    return f"/push/{quote(sensor.name)}?token={quote(token.reveal())}"
