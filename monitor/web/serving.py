"""A small web server inside this program: listening, running, and its address as others see it."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Iterator

import uvicorn
from fastapi import FastAPI

from monitor.errors import ConfigError


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals belong to ``monitor.app``."""
        yield


@contextlib.asynccontextmanager
async def running(app: FastAPI, listener: socket.socket, name: str) -> AsyncIterator[uvicorn.Server]:
    """Serve while inside; ``should_exit`` of what is given begins the end of it."""
    config = uvicorn.Config(app, log_level="warning", lifespan="off", timeout_graceful_shutdown=2)
    server = _Server(config)
    task = asyncio.create_task(server.serve(sockets=[listener]), name=name)
    try:
        yield server
    finally:
        server.should_exit = True
        await task
        listener.close()


def listen(host: str, port: int, who: str, otherwise: str) -> socket.socket:
    """A socket that listens; ``ConfigError`` (``who`` cannot; do ``otherwise``) if the port is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen()
    except OSError as exc:
        listener.close()
        raise ConfigError(f"{who} cannot use {host} port {port} ({exc.strerror}); {otherwise}") from exc
    return listener


def seen_from_outside(host: str) -> str:
    """``host`` as it stands in an address; of 0.0.0.0 the address on the network that leads out."""
    if host in ("0.0.0.0", "::"):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            try:
                probe.connect(("192.0.2.1", 9))  # sends nothing; tells which interface leads out
                host = probe.getsockname()[0]
            except OSError:
                host = socket.gethostname()
    return f"[{host}]" if ":" in host else host
