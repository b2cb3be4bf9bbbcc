"""Pushes through ntfy: one JSON post each, which phones show and watches mirror.

Limits (docs.ntfy.sh): a message holds 4,096 bytes; 60 at once, then one in 5 s, else 429.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from urllib.parse import urlsplit

from monitor.core.errors import ConfigError, SinkError, SinkRefused
from monitor.core.http_client import check_address
from monitor.core.secret import Secret
from monitor.sinks.push.alerts import Alert
from monitor.sinks.push.sink import Busy

MESSAGE_BYTES = 4096
_PATIENCE_S = 5.0  # after a 429 that does not say how long
_SERVICE = "https://ntfy.sh"
_TAGS = {"drift": "runner", "sensor_lost": "warning", "downhill": "mountain", "distance": "straight_ruler"}
_REMEDIES = {  # by HTTP status
    301: "it has moved; correct server in [ntfy], perhaps to https",
    401: "the token is not known there; correct GAITCUE_NTFY_TOKEN",
    403: "the token may not write to this topic; give it that right, or name another topic",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class NtfySettings:
    """Settings of ntfy: where it is; nothing is sent while ``topic`` is not set.

    On a public server the topic's name is all that protects it: make it long.
    """

    topic: str | None = None
    server: str = _SERVICE
    token: Secret | None = None
    timeout_s: float = 10.0  # for a whole request

    def __post_init__(self) -> None:
        if self.topic is not None and not re.fullmatch(r"[-_A-Za-z0-9]{1,64}", self.topic):
            raise ValueError("topic must be 1 to 64 letters, digits, - or _")
        parts = urlsplit(self.server)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError('server must be like "https://ntfy.sh"')
        check_address(self.server)
        if not 0.1 <= self.timeout_s <= 60:
            raise ValueError(f"timeout_s must be between 0.1 and 60, not {self.timeout_s:g}")

    @property
    def address(self) -> str:
        """The server without a user and password that may stand in its URL, for messages to people."""
        parts = urlsplit(self.server)
        return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


class NtfyTopic:
    """A topic of an ntfy server, to which alerts are posted."""

    def __init__(self, settings: NtfySettings) -> None:
        self._s = settings

    async def post(self, alert: Alert) -> None:
        """Send one alert over a connection of its own, as there are a handful in a run.

        Raises ``Busy`` when the server asks for patience (429), ``SinkRefused`` when it will never take
        the alert (3xx, 4xx), ``SinkError`` when it failed or cannot be reached.
        """
        await asyncio.to_thread(import_module, "aiohttp")  # reads files
        from aiohttp import ClientError, ClientSession, ClientTimeout

        headers = {"Authorization": f"Bearer {self._s.token.reveal()}"} if self._s.token else {}
        try:
            async with (
                ClientSession(timeout=ClientTimeout(total=self._s.timeout_s)) as client,
                client.post(
                    self._s.server, json=self._alert_body(alert), headers=headers, allow_redirects=False
                ) as answer,
            ):
                self._judge_answer(answer.status, answer.headers.get("Retry-After", ""))
        except TimeoutError as exc:
            raise SinkError(f"{self._s.address} did not answer within {self._s.timeout_s:g} s") from exc
        except (ClientError, OSError) as exc:
            raise SinkError(f"{self._s.address} cannot be reached ({exc or type(exc).__name__})") from exc

    def _alert_body(self, alert: Alert) -> dict[str, object]:
        body: dict[str, object] = {
            "topic": self._s.topic,
            "title": alert.title,
            "message": truncate_utf8(alert.text),
            "priority": alert.priority,
            "tags": [_TAGS.get(alert.kind, "runner")],
        }
        return body | {"click": alert.link} if alert.link else body

    def _judge_answer(self, status: int, retry_after: str) -> None:
        if status == 429:
            wait_s = float(retry_after) if retry_after.isdecimal() else _PATIENCE_S
            raise Busy(f"{self._s.address} has had enough for now (429)", wait_s)
        if 300 <= status < 500:
            remedy = _REMEDIES.get(status, "it will never take this; check server and topic in [ntfy]")
            raise SinkRefused(f"{self._s.address} answers {status}: {remedy}")
        if not 200 <= status < 300:
            raise SinkError(f"{self._s.address} answers {status}")


def truncate_utf8(text: str, limit: int = MESSAGE_BYTES) -> str:
    """Return the text, cut and ended with ``…`` if it has more than ``limit`` bytes in UTF-8."""
    raw = text.encode()
    if len(raw) <= limit:
        return text
    return raw[: limit - len("…".encode())].decode(errors="ignore") + "…"


def require_ntfy_client() -> None:
    """Raise ``ConfigError``, which names the extra to install, unless the HTTP client is there."""
    if find_spec("aiohttp") is None:
        raise ConfigError("error.extra", extra="ntfy")
