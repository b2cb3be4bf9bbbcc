"""A phone over MQTT, through a real broker."""

from __future__ import annotations

import asyncio
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import aiomqtt
import pytest

from dsp.types import Placement
from monitor.core.errors import ConfigError
from monitor.core.monotonic import SystemClock
from monitor.core.mqtt_client import MqttSettings
from monitor.core.packet import Packet
from monitor.core.records import LinkState, SensorStatus
from monitor.core.secret import Secret
from monitor.core.session_settings import SensorSettings
from monitor.devices.registry import DEVICES
from monitor.sources.phone_mqtt import PhoneMqtt
from monitor.sources.phone_settings import PhoneSettings, phone_topic
from tests.broker import Broker, program
from tests.ports import free_port


def phone(name: str = "my phone", **options: str | float | bool) -> SensorSettings:
    given = {"platform": "ios", "over": "mqtt", **options}
    return SensorSettings(name=name, kind="sensor_logger", placement=Placement.WAIST, options=given)


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    """Of a broker that lets everybody in."""
    mosquitto = program("mosquitto", "mosquitto")
    free = free_port()
    (tmp_path / "broker.conf").write_text(f"listener {free} 127.0.0.1\nallow_anonymous true\n")
    broker = subprocess.Popen(
        [mosquitto, "-c", str(tmp_path / "broker.conf")],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", free)) == 0:
                break
        time.sleep(0.05)
    yield free
    broker.terminate()
    broker.wait()


async def test_what_the_phone_publishes_becomes_packets_untouched(port: int) -> None:
    bodies = [b'{"messageId": %d, "payload": []}' % n for n in range(5)]
    got: list[Packet] = []
    waiting, all_here = asyncio.Event(), asyncio.Event()

    def emit(item: Packet | SensorStatus) -> None:
        if isinstance(item, SensorStatus):
            assert item.link is LinkState.SEARCHING
            waiting.set()
        else:
            got.append(item)
            if len(got) == len(bodies):
                all_here.set()

    async with aiomqtt.Client("127.0.0.1", port) as client:
        await client.publish("sensor-logger", b"of yesterday", qos=1, retain=True)
    source = PhoneMqtt([phone()], SystemClock(), MqttSettings(host="127.0.0.1", port=port), "sensor-logger")
    running = asyncio.create_task(source.run(emit))
    await waiting.wait()
    async with aiomqtt.Client("127.0.0.1", port) as client:
        await client.publish("elsewhere", b"not ours")
        for body in bodies:
            await client.publish("sensor-logger", body, qos=1)
    await all_here.wait()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert [p.payload for p in got] == bodies
    assert {(p.sensor, p.channel, p.link) for p in got} == {("my phone", "push", 0)}


@pytest.fixture
def shipped(tmp_path: Path) -> Iterator[Broker]:
    """A broker with the configuration that is shipped: TLS, passwords, each user in their own topics."""
    broker = Broker(tmp_path)
    broker.start()
    yield broker
    broker.stop()


def published_by(broker: Broker, user: str) -> aiomqtt.Client:
    """What the app does: MQTT over WebSockets, with TLS, as this user."""
    return aiomqtt.Client(
        "127.0.0.1",
        broker.websocket_port,
        username=user,
        password=broker.password(user),
        transport="websockets",
        tls_context=ssl.create_default_context(cafile=broker.ca_file),
    )


async def test_a_phone_comes_over_websockets_through_the_shipped_broker_in_its_users_topic(
    shipped: Broker,
) -> None:
    settings = MqttSettings(
        host="127.0.0.1",
        port=shipped.port,
        tls=True,
        ca_file=shipped.ca_file,
        user="ann",
        password=Secret(shipped.password("ann")),
    )
    got: asyncio.Queue[Packet | SensorStatus] = asyncio.Queue()
    source = PhoneMqtt([phone()], SystemClock(), settings, phone_topic(PhoneSettings(), settings))
    running = asyncio.create_task(source.run(got.put_nowait))
    async with asyncio.timeout(30):
        assert isinstance(await got.get(), SensorStatus)
    async with published_by(shipped, "bob") as stranger:
        await stranger.publish("sensor-logger/ann", b"of bob", qos=1)
    async with published_by(shipped, "ann") as app:
        await app.publish("sensor-logger/ann", b"of ann", qos=1)
    async with asyncio.timeout(30):
        packet = await got.get()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert isinstance(packet, Packet)
    assert packet.payload == b"of ann"


async def test_a_broker_that_is_not_there_is_told_and_tried_again() -> None:
    told: asyncio.Queue[SensorStatus] = asyncio.Queue()

    def emit(item: Packet | SensorStatus) -> None:
        assert isinstance(item, SensorStatus)
        told.put_nowait(item)

    source = PhoneMqtt([phone()], SystemClock(), MqttSettings(host="127.0.0.1", port=9), "sensor-logger")
    running = asyncio.create_task(source.run(emit))
    for _ in range(2):
        status = await told.get()
        assert status.link is LinkState.LOST
        assert "127.0.0.1:9 cannot be reached" in status.text
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


def test_settings_that_cannot_work_are_told_at_once() -> None:
    broker = MqttSettings(host="127.0.0.1")
    with pytest.raises(ConfigError, match="two phones publish to one topic"):
        PhoneMqtt([phone("a"), phone("b")], SystemClock(), broker, "sensor-logger")
    PhoneMqtt([phone("a"), phone("b", topic="other")], SystemClock(), broker, "sensor-logger")
    with pytest.raises(ConfigError, match="names no broker"):
        PhoneMqtt([phone()], SystemClock(), MqttSettings(), "sensor-logger")
    for topic in ("", "phones/#", "phones/+"):
        with pytest.raises(ConfigError, match="must be the topic of one phone"):
            DEVICES["sensor_logger"].decoder(phone(topic=topic))
