"""One connection to a hub's log (NATS JetStream): settings, making it, and its failures in plain words.

A connection that breaks is not mended by the client: whoever uses it begins again from what was
acknowledged.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import ssl
import urllib.parse
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from monitor.core.errors import ConfigError, SinkError
from monitor.core.safe_text import line_complaint
from monitor.core.secret import Secret

if TYPE_CHECKING:
    from nats.aio.client import Client
    from nats.js import JetStreamContext

_SCHEMES = ("nats", "tls")
_PORT = 4222  # of NATS (IANA)


@dataclass(frozen=True, slots=True, kw_only=True)
class HubSettings:
    """Settings of the hub; nothing is sent while ``url`` is not set.

    ``url`` may name several servers of one hub, parted by commas.  ``tenant`` is the club or clinic whose
    runner this is; ``user`` and ``password`` are the runner's own, as ``gaitcue hub accounts`` made them.
    """

    url: str | None = None
    tenant: str = "home"
    user: str | None = None
    password: Secret | None = None
    ca_file: Path | None = None  # of your own authority
    timeout_s: float = 10.0  # for one answer

    def __post_init__(self) -> None:
        for address in self.servers:
            parts = urllib.parse.urlsplit(address)
            if parts.scheme not in _SCHEMES or not parts.hostname or parts.password is not None:
                raise ValueError("url must be like nats://box.local:4222 or tls://hub.example.org")
        if line_complaint(self.tenant, 60):
            raise ValueError("tenant must be a name of 1 to 60 characters")
        if (self.user is None) != (self.password is None):
            raise ValueError("user and password belong together")
        if self.ca_file is not None and not (self.url or "").startswith("tls:"):
            raise ValueError("ca_file is for TLS: let url begin with tls://")
        if not 0.5 <= self.timeout_s <= 60:
            raise ValueError("timeout_s must be between 0.5 and 60")

    @property
    def servers(self) -> list[str]:
        """The addresses of the hub's servers, none where no hub is set."""
        return [part.strip() for part in (self.url or "").split(",") if part.strip()]

    @property
    def address(self) -> str:
        """The hub as ``host:port``, for messages to people."""
        parts = [urllib.parse.urlsplit(server) for server in self.servers]
        return ", ".join(f"{part.hostname}:{part.port or _PORT}" for part in parts)


def require_nats_client() -> None:
    """Raise ``ConfigError`` unless the client is installed."""
    if find_spec("nats") is None:
        raise ConfigError("error.extra", extra="hub")


@contextlib.asynccontextmanager
async def log_connection(settings: HubSettings) -> AsyncIterator[JetStreamContext]:
    """Connect to the hub's log for as long as the block lasts.

    Every failure of it, also inside the block, is a ``SinkError``.
    """
    import nats.errors
    from nats.aio.client import Client

    refused: list[str] = []
    failures: list[Exception] = []

    async def on_error(error: Exception) -> None:
        failures.append(error)
        if "permissions violation" in str(error).lower():
            who = settings.user or "a stranger"
            refused.append(f"{settings.address} does not let {who} do that: {_plain(error)}")

    client = Client()
    try:
        await _connect(client, settings, on_error)
        yield client.jetstream(timeout=settings.timeout_s)
    except nats.errors.NoServersError as exc:
        raise SinkError(_failure_text(failures[-1] if failures else exc, settings)) from exc
    except (nats.errors.Error, OSError, TimeoutError, EOFError) as exc:
        raise SinkError(refused[-1] if refused else _failure_text(exc, settings)) from exc
    finally:
        await _release(client)


async def _connect(
    client: Client, settings: HubSettings, on_error: Callable[[Exception], Awaitable[None]]
) -> None:
    try:
        await client.connect(
            settings.servers,
            error_cb=on_error,
            allow_reconnect=False,
            max_reconnect_attempts=1,  # of the first connection, which it would try for two minutes
            reconnect_time_wait=0,
            connect_timeout=max(1, round(settings.timeout_s)),
            ping_interval=5,
            max_outstanding_pings=2,
            user=settings.user,
            password=settings.password.reveal() if settings.password else None,
            inbox_prefix=f"_INBOX_{settings.user}" if settings.user else "_INBOX",
            tls=await asyncio.to_thread(_tls_context, settings),
        )
    except (ValueError, RecursionError) as exc:  # a greeting without end, or nested without end
        raise ConnectionError("no server of NATS is there") from exc


async def _release(client: Client) -> None:
    """Close a connection in whatever state it is, one that the client is just closing by itself too."""
    transport: Any = client._transport
    with contextlib.suppress(Exception):  # nothing waits in it
        await client.close()
    if transport is not None:
        with contextlib.suppress(Exception):
            transport.close()
            await transport.wait_closed()


def _tls_context(settings: HubSettings) -> ssl.SSLContext | None:
    if not (settings.url or "").startswith("tls:"):
        return None
    try:
        return ssl.create_default_context(cafile=settings.ca_file)
    except (OSError, ssl.SSLError) as exc:
        raise ConfigError("error.hub_ca_file", ca_file=settings.ca_file, error=exc) from exc


def _failure_text(exc: Exception, settings: HubSettings) -> str:
    """A failure of the connection in an operator's words."""
    text, where = _plain(exc), settings.address
    if re.search("(?i)authorization|credentials", text):
        return f"{where} knows no such user or password: correct user in [hub] and GAITCUE_HUB_PASSWORD"
    if "CERTIFICATE_VERIFY_FAILED" in text:
        return f"{where} shows a certificate not trusted here: name its authority as ca_file in [hub]"
    if isinstance(exc, TimeoutError):
        return f"{where} did not answer within {settings.timeout_s:g} s"
    return f"{where} cannot be reached ({text or type(exc).__name__})"


def _plain(exc: Exception) -> str:
    return str(exc).removeprefix("nats: ").strip("'")
