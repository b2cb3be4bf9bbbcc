"""A real Mosquitto with the configuration that is shipped, on a free port of this machine."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import aiomqtt
import pytest
from paho.mqtt.client import MQTTMessage

from tests.ports import free_port

SHIPPED = Path(__file__).parents[1] / "config" / "mosquitto"
USERS = ("ann", "bob", "coach", "health", "homeassistant")


def program(name: str, package: str) -> str:
    """Return the path of a program; without it the test is skipped, loudly, and in CI it fails."""
    found = shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin")
    if found is None:
        if os.environ.get("CI"):
            pytest.fail(f"{name} is missing: apt-get install {package}")
        pytest.skip(f"{name} is missing: apt-get install {package}")
    return found


class Broker:
    """Start, kill, start again: on the same port, with what it had kept."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._mosquitto = program("mosquitto", "mosquitto")
        program("mosquitto_passwd", "mosquitto")
        program("openssl", "openssl")
        self.secrets = folder / "secrets"
        subprocess.run([SHIPPED / "secrets.sh", self.secrets, "127.0.0.1", *USERS], check=True)
        (folder / "data").mkdir()
        self.port, self.websocket_port = free_port(), free_port()
        text = (SHIPPED / "mosquitto.conf").read_text()
        for shipped, here in (
            ("listener 8883", f"listener {self.port} 127.0.0.1"),
            ("listener 8884", f"listener {self.websocket_port} 127.0.0.1"),
            ("/mosquitto/secrets", str(self.secrets)),
            ("/mosquitto/config", str(SHIPPED)),
            ("/mosquitto/data", str(folder / "data")),
        ):
            assert shipped in text
            text = text.replace(shipped, here)
        (folder / "mosquitto.conf").write_text(text + "\nuser root\n")
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def ca_file(self) -> Path:
        """The certificate of the authority that signed the broker's."""
        return self.secrets / "ca.crt"

    def password(self, user: str) -> str:
        """Return the password that was made for this user."""
        return (self.secrets / f"{user}.password").read_text().strip()

    def start(self) -> None:
        """Start it and return when it takes connections; ``AssertionError`` with its log after 30 s."""
        with (self.folder / "log").open("ab") as log:
            command = [self._mosquitto, "-c", str(self.folder / "mosquitto.conf")]
            self._process = subprocess.Popen(command, stdout=log, stderr=log)
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline and self._process.poll() is None:
            with contextlib.suppress(OSError):
                for port in (self.websocket_port, self.port):  # it takes them one after the other
                    socket.create_connection(("127.0.0.1", port), 1).close()
                return
            time.sleep(0.02)
        raise AssertionError((self.folder / "log").read_text())

    def kill(self) -> None:
        """End it with SIGKILL and return when it is gone: what its process had not yet saved is lost."""
        self.stop(signal.SIGKILL)

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """End it with a signal and return when it is gone."""
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(30)
            self._process = None

    def freeze(self) -> None:
        """Let it stand still: who is connected stays so and hears nothing."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def client(self, user: str, **more: Any) -> aiomqtt.Client:
        """Return a client of this user, to be entered; ``more`` are arguments of ``aiomqtt.Client``."""
        return aiomqtt.Client(
            "127.0.0.1",
            self.port,
            username=user,
            password=self.password(user),
            protocol=aiomqtt.ProtocolVersion.V5,
            tls_context=ssl.create_default_context(cafile=self.ca_file),
            **more,
        )


class Listener:
    """Everything below some topics, as a client that comes back and whose messages wait for it.

    A message is written down before it is acknowledged.  aiomqtt's own queue is not used: what waits in it
    when the connection breaks has been acknowledged and is thrown away, which would look like a loss of the
    broker.
    """

    def __init__(self, broker: Broker, user: str, *topics: str) -> None:
        self._broker, self._user, self._topics = broker, user, topics
        self.got: list[tuple[str, Any]] = []
        self.ready = asyncio.Event()

    async def run(self) -> None:
        """Connect, and again whenever the connection breaks, until cancelled."""
        while True:
            with contextlib.suppress(aiomqtt.MqttError, OSError):
                await self._once()
            await asyncio.sleep(0.05)

    async def _once(self) -> None:
        from paho.mqtt.packettypes import PacketTypes
        from paho.mqtt.properties import Properties

        keep = Properties(PacketTypes.CONNECT)
        keep.SessionExpiryInterval = 3600
        name = f"listener-{self._user}"
        client = self._broker.client(self._user, identifier=name, clean_start=False, properties=keep)
        client._client.on_message = self._take  # paho acknowledges when it returns
        async with client:
            for topic in self._topics:
                await client.subscribe(topic, qos=1)
            self.ready.set()
            async for _ in client.messages:  # there are none; it ends with the connection
                pass

    def _take(self, client: object, userdata: object, message: MQTTMessage) -> None:
        self.got.append((message.topic, _read(message.payload)))

    def of(self, topic: str) -> list[Any]:
        """Return the payloads that came on one topic, in order."""
        return [payload for name, payload in self.got if name == topic]

    async def until(self, true: Callable[[], object]) -> None:
        """Wait until the condition ``true`` holds; ``TimeoutError`` after 60 s."""
        async with asyncio.timeout(60):
            while not true():  # noqa: ASYNC110 -- what is waited for has no event
                await asyncio.sleep(0.02)


def _read(payload: bytes) -> Any:
    try:
        return json.loads(payload)
    except ValueError:
        return payload.decode()


@contextlib.asynccontextmanager
async def listening(broker: Broker, user: str, *topics: str) -> AsyncIterator[Listener]:
    """Run a ``Listener`` that has subscribed when the block begins."""
    listener = Listener(broker, user, *topics)
    task = asyncio.create_task(listener.run())
    try:
        async with asyncio.timeout(60):
            await listener.ready.wait()
        yield listener
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
