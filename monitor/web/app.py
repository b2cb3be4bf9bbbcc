"""The pages over HTTP: their files, one WebSocket for the live page, and who may come in."""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import json
import logging
import mimetypes
import os
from collections.abc import AsyncIterator, Callable
from functools import partial
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any
from urllib.parse import quote

from fastapi import FastAPI, Request, Response, WebSocket, WebSocketDisconnect
from fastapi.exceptions import RequestValidationError
from fastapi.middleware.gzip import GZipMiddleware
from fastapi.responses import FileResponse
from fastapi.staticfiles import StaticFiles

from monitor.core.channel import Channel
from monitor.core.http_access import PageTokens, WebSettings
from monitor.core.http_guard import REFUSED_SOCKET, GuardedApp, GuardSettings, is_runner, visitor_of_request
from monitor.core.http_pairing import PairedDevices
from monitor.core.http_roles import ROLE_NAMES
from monitor.core.http_server import check_certificate, listen, reachable_host, running
from monitor.core.json_codec import finite_json
from monitor.core.message_catalogues import catalogues_json
from monitor.core.secret import Secret
from monitor.sources.web_bluetooth.page_socket import PageGone
from monitor.web.access_rules import PROGRAM_FOLDERS, rules_of
from monitor.web.live_feed import LiveFeed
from monitor.web.page_cookie import PAGE_COOKIE, set_page_cookie
from monitor.web.sharing_desk import SharingDesk

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
_POLICY = (
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "script-src 'self'; connect-src 'self' {sockets}; base-uri 'none'; form-action 'self'; "
    "object-src 'none'; frame-ancestors 'none'"
)


def make_app(
    sink: LiveFeed,
    token: Secret | None = None,
    folder: Path | None = None,
    settings: WebSettings | None = None,
    sharing: SharingDesk | None = None,
) -> GuardedApp:
    """Return the application with all pages of one service.

    Without a ``token`` nobody gets more than what is open to all.  ``folder`` holds the sessions for the
    Review tab and the JSON API, and the paired devices; without it there are none of these.  ``sharing``
    is that of the runner whose service this is, and has the plan.  Blocks: it lists and reads files.

    ``app.state.runner_now`` returns the runner's time.
    """
    web = settings or WebSettings()
    devices = PairedDevices(folder) if folder is not None else None
    app = GuardedApp("gaitcue", _guard_settings(web, PageTokens(token, devices)))
    app.add_middleware(GZipMiddleware, minimum_size=1000)
    app.state.live_feed, app.state.folder, app.state.devices, app.state.sharing = (
        sink, folder, devices, sharing,
    )  # fmt: skip
    app.state.plan = None if sharing is None else sharing.keeper
    app.state.runner_now = _machine_time
    app.add_exception_handler(RequestValidationError, _malformed_request)
    add_program_files(app)
    _add_live_page(app, sink)
    _add_authority(app, web.authority)
    if folder is not None:
        _add_review(app)
    return app


def _machine_time() -> datetime.datetime:
    """Now, with the offset of this machine, which is the runner's at home."""
    return datetime.datetime.now().astimezone()


def _guard_settings(web: WebSettings, tokens: PageTokens) -> GuardSettings:
    return GuardSettings(
        rules=rules_of(web),
        tokens=tokens,
        may_stay=tokens.may_stay,
        names=web.all_names(),
        origins=web.names,
        any_ip=not web.loopback,
        at_home=web.at_home,
        cookie=PAGE_COOKIE,
        missing_token="Open the address that gaitcue printed at start, or scan its QR code. "
        "Or run gaitcue pair there, and enter its code at /pair.",
        link="/pair",
    )


async def _malformed_request(request: Request, error: Exception) -> Response:
    """422 with what is wrong where, but not with what was sent: it may be large, or no JSON (``1e999``)."""
    errors = error.errors() if isinstance(error, RequestValidationError) else ()
    detail = [{key: e[key] for key in ("type", "loc", "msg") if key in e} for e in errors]
    text = json.dumps({"detail": finite_json(detail)}, default=str)
    return Response(text, 422, media_type="application/json")


def page_response(path: str, request: Request, cookie: str = PAGE_COOKIE) -> Response:
    """Return a page of ``static``, which is told what its visitor may do.

    The token in its address is kept as this cookie; a device's is renewed.
    """
    sockets = f"ws://{request.url.netloc} wss://{request.url.netloc}"  # older Safari: 'self' is http alone
    html = _STATIC.joinpath(*path.split("/")).read_text(encoding="utf-8")
    html = html.replace(_MESSAGES, _MESSAGES.replace("{}", catalogues_json()))
    visitor = visitor_of_request(request)
    if visitor is not None:
        html = html.replace("<html", f'<html data-role="{ROLE_NAMES[visitor.role]}"', 1)
    headers = {"Content-Security-Policy": _POLICY.format(sockets=sockets)}
    response = Response(html, media_type="text/html", headers=headers)
    if visitor is not None:
        token = request.query_params.get("token")
        devices: PairedDevices | None = getattr(request.app.state, "devices", None)
        if token is None and devices is not None:
            token = devices.renewed(request.cookies.get(cookie, ""))
        if token is not None:
            set_page_cookie(response, request, token, cookie)
    return response


class _ProgramFiles(StaticFiles):
    """The files of one folder of ``static`` but its pages, asked for anew each time they are used.

    They are listed once; no other path is even looked for, whatever a system makes of ``..\\`` or ``C:``.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(directory=folder)
        self.names = frozenset(p.name for p in folder.iterdir() if p.suffix[1:] in _MEDIA_TYPES)

    def lookup_path(self, path: str) -> tuple[str, os.stat_result | None]:
        return super().lookup_path(path) if path in self.names else ("", None)

    def file_response(self, *args: Any, **more: Any) -> Response:
        response = super().file_response(*args, **more)
        response.headers["Cache-Control"] = "no-cache"
        return response


def add_program_files(app: FastAPI) -> None:
    """Add the files of ``static`` but its pages, and the service worker.  Blocks: it lists them."""
    for ending, media_type in _MEDIA_TYPES.items():
        mimetypes.add_type(media_type, f".{ending}")  # a Windows registry may say that .js is plain text
    for folder in PROGRAM_FOLDERS:
        app.mount(f"/{folder}", _ProgramFiles(Path(str(_STATIC / folder))))
    worker = _file_route(_STATIC / "sw.js")  # at the root: a service worker rules what lies below it
    app.add_api_route("/sw.js", worker, include_in_schema=False)


def _file_route(file: Traversable) -> Callable[[], Response]:
    headers = {"Cache-Control": "no-cache", "Content-Security-Policy": "default-src 'self'"}  # its fetches
    return lambda: FileResponse(str(file), headers=headers)


def _add_live_page(app: GuardedApp, sink: LiveFeed) -> None:
    from monitor.web.api.live import LIVE_ROUTES  # models, which a run without a page does without
    from monitor.web.api.routes import api_router

    app.include_router(api_router(LIVE_ROUTES))

    @app.get("/", include_in_schema=False)
    def page(request: Request) -> Response:
        return page_response("live/live.html", request)

    @app.websocket("/ws")
    async def stream(socket: WebSocket) -> None:
        await socket.accept()
        visitor = visitor_of_request(socket)
        if visitor is None or sink.is_of(visitor.athlete):
            own = is_runner(socket)
            await serve_page(socket, sink.attach(own=own, controls=own and visitor is not None), sink)
        else:
            await socket.close(REFUSED_SOCKET)

    @app.websocket("/ws/radio")
    async def radio(socket: WebSocket) -> None:
        await socket.accept()
        visitor = visitor_of_request(socket)
        if visitor is not None and not sink.is_of(visitor.athlete):
            await socket.close(REFUSED_SOCKET)
        elif sink.radio is not None:
            await sink.radio.serve_page(_RadioSocket(socket))
            with contextlib.suppress(RuntimeError, WebSocketDisconnect):
                await socket.close()


class _RadioSocket:
    """The WebSocket of a page that is a radio, with one way to say that it is gone."""

    def __init__(self, socket: WebSocket) -> None:
        self._socket = socket

    async def send(self, text: str) -> None:
        try:
            await self._socket.send_text(text)
        except (WebSocketDisconnect, RuntimeError) as exc:
            raise PageGone from exc

    async def receive(self) -> str:
        try:
            return await self._socket.receive_text()
        except (WebSocketDisconnect, RuntimeError, KeyError) as exc:  # KeyError: bytes
            raise PageGone from exc


def _add_authority(app: GuardedApp, file: Path | None) -> None:
    """For phones that are to trust this page: a certificate is no secret, its key stays where it is."""
    there = file is not None and file.is_file()
    headers = {"Content-Disposition": 'attachment; filename="gaitcue.crt"'}

    @app.get("/certificate", include_in_schema=False)
    def authority() -> Response:
        if not there:
            return Response("This page has no authority of its own.", 404, media_type="text/plain")
        return FileResponse(str(file), media_type="application/x-x509-ca-cert", headers=headers)


def _add_review(app: GuardedApp) -> None:
    """The Review and Plan tabs, the API over all sessions and the plan, and its description."""
    from monitor.web.api.pairing import PAIRING_ROUTES
    from monitor.web.api.plan import PLAN_ROUTES
    from monitor.web.api.routes import api_router, json_response
    from monitor.web.api.sessions import SESSION_ROUTES  # they need much that a live run does without
    from monitor.web.api.sharing import SHARING_ROUTES

    app.include_router(api_router((*SESSION_ROUTES, *PLAN_ROUTES, *SHARING_ROUTES, *PAIRING_ROUTES)))

    @app.get("/review", include_in_schema=False)
    def review(request: Request) -> Response:
        return page_response("review/review.html", request)

    @app.get("/plan", include_in_schema=False)
    def plan(request: Request) -> Response:
        return page_response("plan/plan.html", request)

    @app.get("/pair", include_in_schema=False)
    def pair(request: Request) -> Response:
        return page_response("review/pair.html", request)

    @app.get("/api/v1/docs", include_in_schema=False)
    def docs(request: Request) -> Response:
        return page_response("review/docs.html", request)

    @app.get("/api/v1/openapi.json", include_in_schema=False)
    def description() -> Response:
        return json_response(app.openapi())


async def serve_page(socket: WebSocket, page: Channel[str], sink: LiveFeed) -> None:
    """Send a page's messages until it leaves, or its channel is closed; what it says is not listened to."""
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


@contextlib.asynccontextmanager
async def serving(
    sink: LiveFeed,
    settings: WebSettings,
    token: Secret | None,
    folder: Path | None = None,
    sharing: SharingDesk | None = None,
) -> AsyncIterator[str]:
    """Serve the pages of one service while inside; the context holds the address to open.

    Raises ``ConfigError`` if the port is taken, or if the certificate and its key cannot be used.
    """
    app = partial(make_app, sink, token, folder, settings, sharing)
    async with serving_app(app, settings, token, sink.close) as url:
        yield url


@contextlib.asynccontextmanager
async def serving_app(
    make: Callable[[], GuardedApp],
    settings: WebSettings,
    token: Secret | None,
    end_pages: Callable[[], None],
) -> AsyncIterator[str]:
    """Serve the application that ``make`` returns while inside; the context holds the address to open.

    ``make`` may block; ``end_pages`` ends what open pages are sent, without which no server stops.  Raises
    ``ConfigError`` if the port is taken, or if the certificate and its key cannot be used.
    """
    if settings.certificate is not None and settings.key is not None:
        await asyncio.to_thread(check_certificate, settings.certificate, settings.key)
    app = await asyncio.to_thread(make)
    listener = listen(settings.host, settings.port, "error.port_of_page")
    secured = (settings.certificate, settings.key)
    async with running(app, listener, "web server", *secured):
        try:
            yield page_address(settings, listener.getsockname()[1], token)
        finally:
            end_pages()


def page_address(settings: WebSettings, port: int, token: Secret | None) -> str:
    """Return the URL of the live page with its token, as this machine or a phone opens it."""
    query = f"?token={quote(token.reveal())}" if token is not None else ""
    scheme = "http" if settings.certificate is None else "https"
    return f"{scheme}://{reachable_host(settings.host)}:{port}/{query}"
