"""Phones with Sensor Logger that publish over MQTT: messages of their topic become packets untouched."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

from monitor.core.errors import ConfigError, MonitorError, SensorLost
from monitor.core.monotonic import MonotonicClock
from monitor.core.mqtt_client import MqttSettings, connection_error_text, require_mqtt_client, tls_context
from monitor.core.outage import Outage
from monitor.core.packet import Packet
from monitor.core.records import LinkState, SensorStatus
from monitor.core.retry import Backoff, retry_until_done
from monitor.core.session_settings import SensorSettings
from monitor.devices.sensor_logger import SENSOR_LOGGER_CHANNEL
from monitor.sources.protocol import Emit

_log = logging.getLogger(__name__)


class PhoneMqtt:
    """``PhoneMqtt`` is the source of all phones that publish over MQTT.

    ``topic`` is that of phones whose options name none.  ``ConfigError`` if two share a topic, or if
    ``broker`` has no host.
    """

    name = "phone mqtt"
    live = True

    def __init__(
        self, sensors: Sequence[SensorSettings], time: MonotonicClock, broker: MqttSettings, topic: str
    ) -> None:
        self._topics = {str(s.options.get("topic", topic)): s.name for s in sensors}
        if len(self._topics) < len(sensors):
            raise ConfigError("error.same_topic")
        if broker.host is None:
            raise ConfigError("error.no_broker")
        require_mqtt_client()
        self._time = time
        self._broker = broker

    async def run(self, emit: Emit) -> None:
        """Connect and subscribe until cancelled, and try again whenever the broker goes away."""

        def report(exc: MonitorError, wait_s: float) -> None:
            for name in self._topics.values():
                emit(SensorStatus(self._time.now_s(), name, LinkState.LOST, f"{exc}; trying again"))

        outage = Outage(_log, self.name, self._time.now_s)
        context = await asyncio.to_thread(tls_context, self._broker)

        async def attempt(generation: int) -> None:
            from aiomqtt import Client, MqttError, ProtocolVersion

            broker = self._broker
            client = Client(
                broker.host or "",
                broker.actual_port,
                username=broker.user,
                password=broker.password.reveal() if broker.password else None,
                protocol=ProtocolVersion.V5,
                timeout=broker.timeout_s,
                tls_context=context,
            )
            try:
                async with client:
                    if not outage.over("connected"):
                        _log.info("%s: connected", self.name)
                    await self._listen(client, generation, emit)
            except MqttError as exc:
                raise SensorLost(connection_error_text(exc, broker)) from exc

        await retry_until_done(attempt, report, outage, self._time, Backoff(first_s=0.5, longest_s=8.0))

    async def _listen(self, client: object, generation: int, emit: Emit) -> None:
        from aiomqtt import Client

        assert isinstance(client, Client)
        for topic, name in self._topics.items():
            await client.subscribe(topic)
            text = f"waiting for the phone to publish to {topic}"
            emit(SensorStatus(self._time.now_s(), name, LinkState.SEARCHING, text))
        async for message in client.messages:
            arrival_ns = round(self._time.now_s() * 1e9)
            name = self._topics.get(str(message.topic), "")
            if message.retain:  # kept by the broker from another time
                continue
            if name and isinstance(message.payload, bytes):
                emit(Packet(name, arrival_ns, SENSOR_LOGGER_CHANNEL, message.payload, generation))
