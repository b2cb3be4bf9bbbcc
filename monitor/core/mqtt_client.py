"""One connection to an MQTT broker: settings, making it, publishing, and its failures in plain words."""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from monitor.core.errors import ConfigError
from monitor.core.secret import Secret

if TYPE_CHECKING:
    from aiomqtt import Client

IN_FLIGHT = 50  # messages sent and not yet acknowledged; 4,400 a second on loopback
_KEEP_ALIVE_S = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class MqttSettings:
    """Settings of the broker; nothing is sent while ``host`` is not set.

    ``user`` is also the runner's level in the topics, ``gait/<user>/``, so that one access list serves
    everybody; without a user it is the athlete's name.
    """

    host: str | None = None
    port: int | None = None  # 8883 with TLS, else 1883 (IANA)
    user: str | None = None
    password: Secret | None = None
    tls: bool = False
    ca_file: Path | None = None  # of your own authority
    prefix: str = "gait"
    discovery: str = "homeassistant"  # Home Assistant's own prefix; "" says nothing to it
    timeout_s: float = 10.0  # for one answer of the broker

    def __post_init__(self) -> None:
        if self.port is not None and not 1 <= self.port <= 65535:
            raise ValueError(f"port must be between 1 and 65535, not {self.port}")
        if self.ca_file is not None and not self.tls:
            raise ValueError("ca_file is for TLS: set tls = true")
        if self.password is not None and self.user is None:
            raise ValueError("password is given, but no user")
        for name in ("user", "prefix", "discovery"):
            value = getattr(self, name)
            if value is not None and any(c in value for c in "+#\x00"):
                raise ValueError(f"{name} must not hold + or #, which mean something else in topics")
        if self.user is not None and (not self.user or "/" in self.user):
            raise ValueError("user must be one level of a topic: not empty and without /")
        if not self.prefix or not 0.5 <= self.timeout_s <= 60:
            raise ValueError("prefix must not be empty, timeout_s between 0.5 and 60")

    @property
    def address(self) -> str:
        """The broker as ``host:port``, for messages to people."""
        return f"{self.host}:{self.actual_port}"

    @property
    def actual_port(self) -> int:
        """The port in use: the one that is set, else the usual one of MQTT with or without TLS."""
        return self.port or (8883 if self.tls else 1883)


@dataclass(frozen=True, slots=True)
class MqttMessage:
    """A message to the broker; ``valid_s``: the broker forgets it after so long, None never."""

    topic: str
    payload: str
    qos: int = 1
    retain: bool = False
    valid_s: int | None = None


def broker_client(
    settings: MqttSettings, context: ssl.SSLContext | None, gone: MqttMessage, forbid: Callable[[str], None]
) -> Client:
    """Return a client to be entered with ``async with``.

    The broker says ``gone`` when it breaks.  A publish that an access list forbids raises nothing; the
    reason code of its acknowledgement (MQTT 5) is told to ``forbid``.
    """
    import aiomqtt

    client = aiomqtt.Client(
        settings.host or "",
        settings.actual_port,
        username=settings.user,
        password=settings.password.reveal() if settings.password else None,
        protocol=aiomqtt.ProtocolVersion.V5,
        will=aiomqtt.Will(gone.topic, gone.payload, gone.qos, gone.retain),
        keepalive=_KEEP_ALIVE_S,
        timeout=settings.timeout_s,
        max_inflight_messages=IN_FLIGHT,
        tls_context=context,
    )
    client.pending_calls_threshold = 2 * IN_FLIGHT
    taken = client._client.on_publish

    def acknowledged(*arguments: Any) -> None:
        reason = arguments[3]
        if reason.is_failure:
            who = settings.user or "somebody without a name"
            forbid(f"{settings.address} does not let {who} write there ({reason}): see its access list")
        taken(*arguments)  # type: ignore[misc]

    client._client.on_publish = acknowledged
    return client


async def publish_all(client: Client, messages: Iterable[MqttMessage]) -> None:
    """Publish the messages and return when the broker has acknowledged all of them."""
    waiting = [
        client.publish(m.topic, m.payload, m.qos, m.retain, properties=_publish_properties(m))
        for m in messages
    ]
    results = await asyncio.gather(*waiting, return_exceptions=True)
    for failure in results:
        if isinstance(failure, BaseException):
            raise failure


async def run_until_first_ends(*ways: Coroutine[Any, Any, None]) -> None:
    """Run all ways until one of them ends, or fails with its error."""
    tasks = [asyncio.create_task(way) for way in ways]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _publish_properties(message: MqttMessage) -> Any:
    from paho.mqtt.packettypes import PacketTypes
    from paho.mqtt.properties import Properties

    if message.valid_s is None:
        return None
    properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
    properties.MessageExpiryInterval = message.valid_s
    return properties


def tls_context(settings: MqttSettings) -> ssl.SSLContext | None:
    """Return the context for TLS, None without; it reads certificates, so not on the event loop."""
    if not settings.tls:
        return None
    try:
        return ssl.create_default_context(cafile=settings.ca_file)
    except (OSError, ssl.SSLError) as exc:
        raise ConfigError("error.mqtt_ca_file", ca_file=settings.ca_file, error=exc) from exc


def connection_error_text(exc: Exception, settings: MqttSettings) -> str:
    """Return a failure of the connection in a runner's words."""
    from aiomqtt.exceptions import MqttConnectError

    text, where = str(exc), settings.address
    if isinstance(exc, MqttConnectError) and re.search("(?i)not authori[sz]ed|bad user", text):
        return f"{where} knows no such user or password: correct user in [mqtt] and GAITCUE_MQTT_PASSWORD"
    if "CERTIFICATE_VERIFY_FAILED" in text:
        return f"{where} shows a certificate not trusted here: name its authority as ca_file in [mqtt]"
    return f"{where} cannot be reached ({text})"


def require_mqtt_client() -> None:
    """Raise ``ConfigError`` unless the client is installed."""
    if find_spec("aiomqtt") is None:
        raise ConfigError("error.extra", extra="mqtt")
