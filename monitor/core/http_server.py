"""A small web server inside this program: listening, running, tokens, and its address as others see it."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Annotated

import uvicorn
from fastapi import Depends, FastAPI
from fastapi.security import APIKeyQuery, HTTPAuthorizationCredentials, HTTPBearer

from monitor.core.errors import ConfigError

AddressToken = Annotated[str | None, Depends(APIKeyQuery(name="token", auto_error=False))]
"""Parameter of an endpoint: the token that stands in the address, as in a QR code; None without one."""
BearerToken = Annotated[
    HTTPAuthorizationCredentials | None,
    Depends(HTTPBearer(auto_error=False, description="for programs: the token of the printed address")),
]
"""Parameter of an endpoint: the token of ``Authorization: Bearer``; None without one."""


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals belong to ``monitor.service.serve``."""
        yield


@contextlib.asynccontextmanager
async def running(
    app: FastAPI,
    listener: socket.socket,
    name: str,
    certificate: Path | None = None,
    key: Path | None = None,
) -> AsyncIterator[uvicorn.Server]:
    """Serve ``app`` on ``listener`` while inside, over https where a certificate and its key are given.

    The context holds the server: setting its ``should_exit`` begins the end of it.  ``name`` is that of
    the task; the listener is closed at the end.
    """
    config = uvicorn.Config(app, log_level="warning", lifespan="off", timeout_graceful_shutdown=2)
    config.ssl_certfile, config.ssl_keyfile = certificate, key
    server = _Server(config)
    task = asyncio.create_task(server.serve(sockets=[listener]), name=name)
    try:
        yield server
    finally:
        server.should_exit = True
        await task
        listener.close()


def check_certificate(certificate: Path, key: Path) -> None:
    """Read a certificate and its key; ``ConfigError`` if they cannot be used.  Blocks: it reads files."""
    try:
        ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(certificate, key)
    except (OSError, ssl.SSLError) as exc:
        raise ConfigError(f"[web] certificate {certificate} with {key}: cannot be used: {exc}") from exc


def listen(host: str, port: int, who: str, remedy: str) -> socket.socket:
    """Return a TCP socket that listens on ``host`` and ``port`` (0: any free one).

    Raises ``ConfigError`` if the port is taken; its text says that ``who`` cannot use it, then the
    ``remedy``.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen()
    except OSError as exc:
        listener.close()
        raise ConfigError(f"{who} cannot use {host} port {port} ({exc.strerror}); {remedy}") from exc
    return listener


def reachable_host(host: str) -> str:
    """Return ``host`` as it stands in a URL that others can open.

    For ``0.0.0.0`` and ``::`` that is this machine's address on the network that leads out.
    """
    if host in ("0.0.0.0", "::"):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            try:
                probe.connect(("192.0.2.1", 9))  # sends nothing; tells which interface leads out
                host = probe.getsockname()[0]
            except OSError:
                host = socket.gethostname()
    return f"[{host}]" if ":" in host else host
