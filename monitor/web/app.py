"""The live page over HTTP: static files, one WebSocket, and who may come in."""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
from collections.abc import AsyncIterator, Callable
from importlib.resources import files
from pathlib import Path
from urllib.parse import urlsplit

from fastapi import (
    Cookie,
    Depends,
    FastAPI,
    Header,
    HTTPException,
    Response,
    WebSocket,
    WebSocketDisconnect,
)
from fastapi.middleware.gzip import GZipMiddleware
from plotly.offline import get_plotlyjs

from monitor.core.http_access import WebSettings
from monitor.core.http_server import check_certificate, listen, running, seen_from_outside
from monitor.core.secret import Secret
from monitor.sinks.live_state import legend
from monitor.web.live_feed import LiveFeed

_STATIC = files("monitor.web") / "static"
PHRASES = files("monitor.core") / "phrases.json"
KINDS = {
    "js": "text/javascript",
    "css": "text/css",
    "json": "application/json",
    "svg": "image/svg+xml",
    "png": "image/png",
    "webmanifest": "application/manifest+json",
}
"""What lies in ``static`` may be had by anyone: it is this program's, and holds nobody's numbers."""
COOKIE = "gaitcue"
REFUSED = 4401  # our WebSocket close code for a page without the token
_POLICY = (
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "script-src 'self' 'unsafe-eval'; connect-src 'self' ws: wss:; frame-ancestors 'none'"
)


def make_app(sink: LiveFeed, token: Secret | None = None, folder: Path | None = None) -> FastAPI:
    """The pages of one service.  With a ``token`` nothing is shown to those who lack it.

    ``folder`` holds the sessions for the Review tab; without it there is none.
    """
    app = FastAPI(title="gaitcue", version="1", docs_url=None, redoc_url=None, openapi_url=None)
    app.add_middleware(GZipMiddleware, minimum_size=1000)
    plotly = get_plotlyjs().encode()

    def admit(given: str | None) -> None:
        if not _may(token, given):
            raise HTTPException(401, "Scan the QR code that gaitcue printed at start.")

    def html(name: str, token: str | None, cookie: str | None) -> Response:
        admit(token or cookie)
        headers = {"Content-Security-Policy": _POLICY, "Referrer-Policy": "no-referrer"}
        response = Response((_STATIC / name).read_bytes(), media_type="text/html", headers=headers)
        if token is not None:
            response.set_cookie(COOKIE, token, max_age=90 * 86400, httponly=True, samesite="strict")
        return response

    @app.get("/", include_in_schema=False)
    def page(token: str | None = None, gaitcue: str | None = Cookie(None)) -> Response:
        return html("live.html", token, gaitcue)

    @app.get("/{name}.{ending}", include_in_schema=False)
    def static(name: str, ending: str) -> Response:
        if (name, ending) == ("plotly", "js"):  # public software, worth keeping in the browser
            keep = {"Cache-Control": "public, max-age=604800"}
            return Response(plotly, media_type="text/javascript", headers=keep)
        file = PHRASES if (name, ending) == ("phrases", "json") else _STATIC / f"{name}.{ending}"
        if ending not in KINDS or not file.is_file():
            raise HTTPException(404, "There is no such file.")
        return Response(file.read_bytes(), media_type=KINDS[ending], headers={"Cache-Control": "no-cache"})

    @app.get("/api/v1/legend", summary="What every number is: label, unit, definition, source")
    def definitions(gaitcue: str | None = Cookie(None)) -> Response:
        admit(gaitcue)
        return _json(legend())

    @app.get("/api/v1/live", summary="The newest of everything in the run that is going on")
    def live(gaitcue: str | None = Cookie(None)) -> Response:
        admit(gaitcue)
        return _json(sink.board.state())

    @app.websocket("/ws")
    async def stream(socket: WebSocket) -> None:
        await socket.accept()
        if not (_same_origin(socket) and _may(token, socket.cookies.get(COOKIE))):
            await socket.close(REFUSED)
            return
        await _serve_page(socket, sink)

    if folder is not None:
        _review(app, folder, admit, html)
    return app


def _review(
    app: FastAPI, folder: Path, admit: Callable[[str | None], None], html: Callable[..., Response]
) -> None:
    """The Review tab, the API over all sessions, and its description."""
    from monitor.web.api import router

    def let_in(gaitcue: str | None = Cookie(None), authorization: str = Header("")) -> None:
        admit(authorization.removeprefix("Bearer ") or gaitcue)

    app.state.folder = folder
    app.include_router(router(let_in))

    @app.get("/review", include_in_schema=False)
    def review(token: str | None = None, gaitcue: str | None = Cookie(None)) -> Response:
        return html("review.html", token, gaitcue)

    @app.get("/api/v1/docs", include_in_schema=False)
    def docs(gaitcue: str | None = Cookie(None)) -> Response:
        return html("docs.html", None, gaitcue)

    @app.get("/api/v1/openapi.json", include_in_schema=False, dependencies=[Depends(let_in)])
    def described() -> Response:
        return _json(app.openapi())


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
            await socket.receive_text()


def _json(value: object) -> Response:
    return Response(json.dumps(value, allow_nan=False), media_type="application/json")


def _may(token: Secret | None, given: str | None) -> bool:
    return token is None or secrets.compare_digest(token.reveal().encode(), (given or "").encode())


def _same_origin(socket: WebSocket) -> bool:
    """A page of another site may not read ours through the visitor's browser."""
    origin = socket.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == socket.headers.get("host")


@contextlib.asynccontextmanager
async def serving(
    sink: LiveFeed, settings: WebSettings, token: Secret | None, folder: Path | None = None
) -> AsyncIterator[str]:
    """Serve while inside; gives the address to open.  ``ConfigError`` if the port is taken."""
    if settings.certificate is not None and settings.key is not None:
        await asyncio.to_thread(check_certificate, settings.certificate, settings.key)
    listener = listen(settings.host, settings.port, "the page", "choose another with --port")
    secured = (settings.certificate, settings.key)
    async with running(make_app(sink, token, folder), listener, "web server", *secured):
        try:
            yield address(settings, listener.getsockname()[1], token)
        finally:
            sink.close()


def address(settings: WebSettings, port: int, token: Secret | None) -> str:
    """What to open, from this machine or, on a network, from the phone."""
    query = f"?token={token.reveal()}" if token is not None else ""
    scheme = "http" if settings.certificate is None else "https"
    return f"{scheme}://{seen_from_outside(settings.host)}:{port}/{query}"
