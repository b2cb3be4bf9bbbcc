"""A small web server inside this program: listening, running, tokens, and its address as others see it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import ssl
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Annotated, get_args

import uvicorn
from fastapi import Depends, FastAPI, Request, Response
from fastapi.exception_handlers import http_exception_handler
from fastapi.security import APIKeyQuery, HTTPAuthorizationCredentials, HTTPBearer
from starlette.exceptions import HTTPException

from monitor.core.errors import ConfigError
from monitor.core.message_catalogues import Language, catalogue
from monitor.core.outage import RepeatedEvent

_log = logging.getLogger(__name__)

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
        app, log_config=None, access_log=visits, lifespan="off", timeout_graceful_shutdown=2
    )


def request_language(request: Request) -> Language:
    """Return the language of the page that asks, which its header ``Accept-Language`` begins with."""
    wanted = request.headers.get("accept-language", "")[:2]
    return next((language for language in get_args(Language) if language == wanted), "en")


def log_refusals(app: FastAPI) -> None:
    """Log every refusal of ``app``, many of a kind as one line a minute; answer in the page's language.

    A line names the route, never what a visitor sent: its path may be a guess, its query a token.
    """
    refusals = RepeatedEvent(_log, time.monotonic)
    catalogues = {language: catalogue(language) for language in get_args(Language)}

    async def refuse(request: Request, exc: HTTPException) -> Response:
        route = getattr(request.scope.get("route"), "path", "no page of ours")
        if exc.status_code in _REFUSALS:
            text = f"{request.method} {route} was refused: {_REFUSALS[exc.status_code]} ({exc.status_code})"
            refusals.happened(text, route=route, status=exc.status_code)
        else:
            _log.debug("%s %s: %d", request.method, route, exc.status_code)
        text = catalogues[request_language(request)].translate_english(exc.detail)
        return await http_exception_handler(request, HTTPException(exc.status_code, text, exc.headers))

    app.add_exception_handler(HTTPException, refuse)  # type: ignore[arg-type]


_REFUSALS = {
    401: "without the token, or with a wrong one",
    403: "from a page of another site",
    413: "too large",
    429: "too often",
}


def check_certificate(certificate: Path, key: Path) -> None:
    """Read a certificate and its key; ``ConfigError`` if they cannot be used.  Blocks: it reads files."""
    try:
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
