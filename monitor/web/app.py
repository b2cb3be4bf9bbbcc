"""The pages over HTTP: their files, one WebSocket for the live page, and who may come in."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import mimetypes
import os
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from fastapi import Depends, FastAPI, HTTPException, Request, Response, WebSocket, WebSocketDisconnect
from fastapi.exceptions import RequestValidationError
from fastapi.middleware.gzip import GZipMiddleware
from fastapi.responses import FileResponse
from fastapi.security import APIKeyCookie
from fastapi.staticfiles import StaticFiles
from plotly.offline import get_plotlyjs

from monitor.core.http_access import WebSettings
from monitor.core.http_server import (
    AddressToken,
    BearerToken,
    check_certificate,
    listen,
    log_refusals,
    reachable_host,
    running,
)
from monitor.core.json_codec import finite_json
from monitor.core.message_catalogues import catalogues_json
from monitor.core.outage import RepeatedEvent
from monitor.core.secret import Secret
from monitor.web.live_feed import LiveFeed

_log = logging.getLogger(__name__)

_STATIC = files("monitor.web") / "static"
_MESSAGES = '<script id="messages" type="application/json">{}</script>'
"""Where a page has its texts: they are put in when it is sent, so that they are there at once."""
_MEDIA_TYPES = {
    "js": "text/javascript",
    "css": "text/css",
    "json": "application/json",
    "svg": "image/svg+xml",
    "png": "image/png",
    "webmanifest": "application/manifest+json",
}
"""What may be had by anyone: it is this program's, and holds nobody's numbers."""
_COOKIE = "gaitcue"
_REFUSED = 4401  # our WebSocket close code for a page without the token; ``live.js`` knows it
_POLICY = (
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "script-src 'self' 'unsafe-eval'; connect-src 'self' ws: wss:; frame-ancestors 'none'"
)

_CookieToken = Annotated[
    str | None,
    Depends(
        APIKeyCookie(name=_COOKIE, auto_error=False, description="for pages: set by the printed address")
    ),
]


def make_app(sink: LiveFeed, token: Secret | None = None, folder: Path | None = None) -> FastAPI:
    """Return the application with all pages of one service.

    With a ``token`` nothing but the program's own files is given to those who lack it.  ``folder`` holds
    the sessions for the Review tab and the JSON API; without it there are neither.
    """
    app = FastAPI(title="gaitcue", version="1", docs_url=None, redoc_url=None, openapi_url=None)
    app.add_middleware(GZipMiddleware, minimum_size=1000)
    log_refusals(app)
    app.add_exception_handler(RequestValidationError, _malformed_request)
    door = _Door(token)
    _add_files(app)
    _add_live_page(app, sink, door)
    if folder is not None:
        _add_review(app, folder, door)
    return app


async def _malformed_request(request: Request, error: Exception) -> Response:
    """422 with what is wrong where, but not with what was sent: it may be large, or no JSON (``1e999``)."""
    errors = error.errors() if isinstance(error, RequestValidationError) else ()
    detail = [{key: e[key] for key in ("type", "loc", "msg") if key in e} for e in errors]
    text = json.dumps({"detail": finite_json(detail)}, default=str)
    return Response(text, 422, media_type="application/json")


@dataclass(frozen=True, slots=True)
class _Door:
    """Who may come in: everybody, or with a token whoever brings it."""

    token: Secret | None

    def opens_for(self, given: str | None) -> bool:
        return self.token is None or self.token.matches(given or "")

    def admit(self, given: str | None) -> None:
        if not self.opens_for(given):
            raise HTTPException(401, "Scan the QR code that gaitcue printed at start.")

    def admit_request(self, bearer: BearerToken, cookie: _CookieToken) -> None:
        """As a dependency: 401 for who brings the token neither as a header nor as the page's cookie."""
        self.admit(bearer.credentials if bearer else cookie)

    def page(self, path: str, given: str | None, cookie: str | None) -> Response:
        """A page of ``static`` for those who may see it; a token in the address is kept as a cookie."""
        self.admit(given or cookie)
        headers = {"Content-Security-Policy": _POLICY, "Referrer-Policy": "no-referrer"}
        html = _STATIC.joinpath(*path.split("/")).read_text(encoding="utf-8")
        html = html.replace(_MESSAGES, _MESSAGES.replace("{}", catalogues_json()))
        response = Response(html, media_type="text/html", headers=headers)
        if given is not None:
            response.set_cookie(_COOKIE, given, max_age=90 * 86400, httponly=True, samesite="strict")
        return response


class _ProgramFiles(StaticFiles):
    """The files of one folder of ``static`` but its pages, asked for anew each time they are used."""

    def lookup_path(self, path: str) -> tuple[str, os.stat_result | None]:
        return super().lookup_path(path) if path.rpartition(".")[2] in _MEDIA_TYPES else ("", None)

    def file_response(self, *args: Any, **more: Any) -> Response:
        response = super().file_response(*args, **more)
        response.headers["Cache-Control"] = "no-cache"
        return response


def _add_files(app: FastAPI) -> None:
    for ending, media_type in _MEDIA_TYPES.items():
        mimetypes.add_type(media_type, f".{ending}")  # a Windows registry may say that .js is plain text
    for folder in ("live", "review", "shared"):
        app.mount(f"/{folder}", _ProgramFiles(directory=str(_STATIC / folder)))
    worker = _file_route(_STATIC / "sw.js")  # at the root: a service worker rules what lies below it
    app.add_api_route("/sw.js", worker, include_in_schema=False)

    @app.get("/plotly.js", include_in_schema=False)
    def plotly() -> Response:
        keep = {"Cache-Control": "public, max-age=604800"}  # public software, worth keeping in the browser
        return Response(get_plotlyjs().encode(), media_type="text/javascript", headers=keep)


def _file_route(file: Traversable) -> Callable[[], Response]:
    return lambda: FileResponse(str(file), headers={"Cache-Control": "no-cache"})


def _add_live_page(app: FastAPI, sink: LiveFeed, door: _Door) -> None:
    from monitor.web.api.live import LIVE_ROUTES  # models, which a run without a page does without
    from monitor.web.api.routes import api_router

    app.state.live_feed = sink
    app.include_router(api_router(LIVE_ROUTES, door.admit_request))

    @app.get("/", include_in_schema=False)
    def page(token: AddressToken, cookie: _CookieToken) -> Response:
        return door.page("live/live.html", token, cookie)

    refusals = RepeatedEvent(_log, time.monotonic)

    @app.websocket("/ws")
    async def stream(socket: WebSocket) -> None:
        await socket.accept()
        if not (_same_origin(socket) and door.opens_for(socket.cookies.get(_COOKIE))):
            refusals.happened("a page was refused its numbers: no token, or from another site")
            await socket.close(_REFUSED)
            return
        await _serve_page(socket, sink)


def _add_review(app: FastAPI, folder: Path, door: _Door) -> None:
    """The Review tab, the API over all sessions, and its description."""
    from monitor.web.api.routes import api_router, json_response
    from monitor.web.api.sessions import SESSION_ROUTES  # they need much that a live run does without

    app.state.folder = folder
    app.include_router(api_router(SESSION_ROUTES, door.admit_request))

    @app.get("/review", include_in_schema=False)
    def review(token: AddressToken, cookie: _CookieToken) -> Response:
        return door.page("review/review.html", token, cookie)

    @app.get("/api/v1/docs", include_in_schema=False)
    def docs(cookie: _CookieToken) -> Response:
        return door.page("review/docs.html", None, cookie)

    @app.get("/api/v1/openapi.json", include_in_schema=False, dependencies=[Depends(door.admit_request)])
    def description() -> Response:
        return json_response(app.openapi())


async def _serve_page(socket: WebSocket, sink: LiveFeed) -> None:
    page = sink.attach()
    gone = asyncio.create_task(_until_gone(socket), name="page gone")
    gone.add_done_callback(lambda _: page.close())
    try:
        async for messages in page.batches():
            for message in messages:
                await socket.send_text(message)
        await socket.close()
    except (WebSocketDisconnect, RuntimeError):
        pass  # it left while we were sending; it comes back by itself
    finally:
        sink.detach(page)
        gone.cancel()


async def _until_gone(socket: WebSocket) -> None:
    with contextlib.suppress(WebSocketDisconnect, RuntimeError):
        while True:
            if (await socket.receive())["type"] == "websocket.disconnect":
                return  # what a page says otherwise, text or bytes, is not listened to


def _same_origin(socket: WebSocket) -> bool:
    """A page of another site may not read ours through the visitor's browser."""
    origin = socket.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == socket.headers.get("host")


@contextlib.asynccontextmanager
async def serving(
    sink: LiveFeed, settings: WebSettings, token: Secret | None, folder: Path | None = None
) -> AsyncIterator[str]:
    """Serve the pages while inside; the context holds the address to open.

    Raises ``ConfigError`` if the port is taken, or if the certificate and its key cannot be used.
    """
    if settings.certificate is not None and settings.key is not None:
        await asyncio.to_thread(check_certificate, settings.certificate, settings.key)
    app = await asyncio.to_thread(make_app, sink, token, folder)  # it lists and reads files
    listener = listen(settings.host, settings.port, "error.port_of_page")
    secured = (settings.certificate, settings.key)
    async with running(app, listener, "web server", *secured):
        try:
            yield page_address(settings, listener.getsockname()[1], token)
        finally:
            sink.close()


def page_address(settings: WebSettings, port: int, token: Secret | None) -> str:
    """Return the URL of the live page with its token, as this machine or a phone opens it."""
    query = f"?token={token.reveal()}" if token is not None else ""
    scheme = "http" if settings.certificate is None else "https"
    return f"{scheme}://{reachable_host(settings.host)}:{port}/{query}"
