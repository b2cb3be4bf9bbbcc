"""A page without a browser: says what a test wants, and hears what the service says to it."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from monitor.sources.web_bluetooth.page_messages import base64_text
from monitor.sources.web_bluetooth.page_socket import PageGone


class FakePage:
    """The socket of a page whose clock shows ``ms`` when the clock of the session shows 0."""

    def __init__(self, time: Any, ms: float = 1.7e12) -> None:
        self._time, self._ms = time, ms
        self._said: asyncio.Queue[str | None] = asyncio.Queue()
        self._batches = 0
        self.heard: list[tuple[str, Any]] = []
        self.answers = True  # questions for the time

    def now_ms(self, session_s: float | None = None) -> float:
        """What its clock shows now, or at a session second."""
        return self._ms + 1000 * (self._time.now_s() if session_s is None else session_s)

    async def send(self, text: str) -> None:
        """Take what the service says; questions for the time are answered at once."""
        ((kind, value),) = json.loads(text).items()
        if kind == "ask" and self.answers:
            self.say("time", [value, self.now_ms()])
        self.heard.append((kind, value))

    async def receive(self) -> str:
        """Return what the page says next."""
        text = await self._said.get()
        if text is None:
            raise PageGone
        return text

    def say(self, kind: str, value: object) -> None:
        """Say something to the service."""
        self._said.put_nowait(json.dumps({kind: value}))

    def raw(self, text: str) -> None:
        """Say something that may be no message."""
        self._said.put_nowait(text)

    def leave(self) -> None:
        """Close the page."""
        self._said.put_nowait(None)

    def hello(self, queue: str = "phone", load: str = "load 1") -> None:
        """Come in."""
        self.say("hello", {"queue": queue, "page": load})

    def device(self, sensor: str, name: str, *uuids: str, id: str = "", connection: int = 1) -> None:
        """Tell of a device that is connected."""
        told = {"sensor": sensor, "connection": connection, "id": id or name, "name": name}
        self.say("device", {**told, "uuids": uuids, "ready": False})

    def batch(self, *heard: tuple[str, float, str, bytes], number: int | None = None, connection: int = 1,
              load: str = "load 1") -> int:  # fmt: skip
        """Send notifications (sensor, session second, channel, payload); return the number of the batch.

        Those of no sensor are wishes.
        """
        number = self._batches + 1 if number is None else number
        self._batches = max(self._batches, number)
        rows = [
            [sensor, connection, self.now_ms(t_s), channel, base64_text(payload)]
            if sensor
            else [channel, self.now_ms(t_s)]
            for sensor, t_s, channel, payload in heard
        ]
        self.say("batch", [number, load, self.now_ms(heard[-1][1]), rows])
        return number

    def did(self, call: int, value: bytes | None = None, error: str = "") -> None:
        """Say what came of a step."""
        self.say("did", [call, None if value is None else base64_text(value), error])

    def of(self, kind: str) -> list[Any]:
        """What the service said of this kind."""
        return [value for name, value in self.heard if name == kind]
