"""A small web server inside this program: listening, running, and its address as others see it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
import ssl
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import uvicorn
from fastapi import FastAPI

from monitor.core.errors import ConfigError
from monitor.core.http_connection import GuardedConnection

_log = logging.getLogger(__name__)


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave all signals to ``monitor.service.serve``, which ends the whole program."""
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
    config = server_config(app)
    config.ssl_certfile, config.ssl_keyfile = certificate, key
    server = _Server(config)
    task = asyncio.create_task(server.serve(sockets=[listener]), name=name)
    task.add_done_callback(lambda _: None if server.should_exit else _log.error("%s: has died", name))
    _log.debug("%s: listening on port %d", name, listener.getsockname()[1])
    try:
        yield server
    finally:
        server.should_exit = True
        try:
            await task
        finally:
            listener.close()


def server_config(app: FastAPI) -> uvicorn.Config:
    """Return uvicorn's settings for a server of ours: it logs as everything here does, and no visits.

    These are logged where the libraries are (``-v -v``), without the visitor's address.
    """
    visits = logging.getLogger("uvicorn.access").isEnabledFor(logging.INFO)
    return uvicorn.Config(
        app,
        http=GuardedConnection,
        ws_max_size=65_536,  # a page sends nothing over its WebSocket
        log_config=None,
        access_log=visits,
        lifespan="off",
        timeout_graceful_shutdown=2,
        proxy_headers=False,  # whoever stands between could say any address: wrong tokens count by address
        server_header=False,
    )


def check_certificate(certificate: Path, key: Path) -> None:
    """Read a certificate and its key; ``ConfigError`` if they cannot be used.  Blocks: it reads files."""
    try:
        if os.name == "posix" and key.stat().st_mode & 0o077:
            _log.warning("the key of the certificate can be read by others on this machine: chmod 600 it")
        ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(certificate, key)
    except (OSError, ssl.SSLError) as exc:
        raise ConfigError("error.certificate", certificate=certificate, key=key, error=exc) from exc


def listen(host: str, port: int, refusal: str) -> socket.socket:
    """Return a TCP socket that listens on ``host`` and ``port`` (0: any free one).

    Raises ``ConfigError`` with the message ``refusal`` if the port is taken.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen()
    except OSError as exc:
        listener.close()
        raise ConfigError(refusal, host=host, port=port, reason=exc) from exc
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
