"""Who gets in: the one guard before every route of every server of ours.

It is plain ASGI around the whole application, so that nothing of a request but its head is read before
it has passed: the name that the server was asked by (Host), the page that asks (Origin), the token with
its role, and the length of the body.  What passes is read through ``LimitedBody``.  Every answer leaves
with the same headers, refusals and errors too.

A server is described by a table of ``RouteRule``.  A path that no row names is for ``AccessRole.RUNNER``.
"""

from __future__ import annotations

import html
import ipaddress
import logging
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from http.cookies import CookieError, SimpleCookie
from typing import Any, Protocol, get_args
from urllib.parse import parse_qs, urlsplit

from fastapi import FastAPI, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection
from starlette.routing import compile_path
from starlette.types import Message, Receive, Scope, Send

from monitor.core.http_guesses import UNGUESSABLE, WrongTokens
from monitor.core.http_limits import BodyLimits, LimitedBody, NoBody, check_length
from monitor.core.http_roles import AccessRole, Visitor
from monitor.core.http_sockets import WatchedSocket
from monitor.core.message_catalogues import Language, catalogue
from monitor.core.outage import RepeatedEvent

_log = logging.getLogger(__name__)

REFUSED_SOCKET = 4401
"""Close code of a WebSocket that came without the token; ``live.js`` knows it."""
MOST_HEAD_BYTES = 16_384
"""Of all headers and the path together; browsers send less than 2 kB to us."""
_VISITOR = "gaitcue.visitor"
_REFUSALS = {
    401: "without the token, or with a wrong one",
    403: "from a page of another site, or by a device that may not",
    413: "too large",
    421: "under a name that is not this server's",
    429: "too often",
}
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
_HEADERS_UNLESS_SET = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
}


_REFUSAL_PAGE = """<!doctype html><meta charset=utf-8><title>gaitcue</title>
<meta name=viewport content="width=device-width, initial-scale=1">
<meta name=color-scheme content="light dark">
<p>{}
"""


class TokenKeeper(Protocol):
    """Whoever knows the tokens of a server."""

    async def visitor_of(self, token: str) -> Visitor | None:
        """Return who comes with this token, None for a wrong one; in a time that tells nothing of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteRule:
    """The rule of one route: who may use it, and what they may send.

    ``role`` None is for anyone.  A route that is ``open_at_home`` needs no token while the server listens
    on this machine alone.  ``in_address``: the token may stand in the address, as in a QR code.
    ``refusal`` is what a visitor reads whose role is not enough.
    """

    role: AccessRole | None
    open_at_home: bool = False
    in_address: bool = False
    body: BodyLimits = field(default_factory=BodyLimits)
    refusal: str = "This device was paired for less than that."


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardSettings:
    """Everything that the guard of one server goes by.

    ``names`` are those that the server may be asked by, a port being part of one where it has one; None
    takes any, for a server that nobody reaches by a cookie or without a token: there a page that has
    pointed its own name at this machine (DNS rebinding) gains nothing.  ``any_ip``: so are all
    addresses in figures, which nobody can point elsewhere.  ``at_home``: it listens on this machine alone.
    """

    rules: Mapping[str, RouteRule]
    """By method and path, as in ``GET /sessions/{id}``; ``WEBSOCKET`` is the method of a WebSocket."""
    tokens: TokenKeeper
    may_stay: Callable[[str], Awaitable[bool]] | None = None
    """Whether a WebSocket that came with this token stays open; asked again and again.  None: it does."""
    names: Sequence[str] | None = None
    origins: Sequence[str] = ()
    """Names of pages that are this server's own though it is asked by another: behind a reverse proxy."""
    any_ip: bool = False
    at_home: bool = False
    scheme: str = "Bearer"
    """Of the header ``Authorization``."""
    cookie: str | None = None
    missing_token: str = "The token is missing or wrong."
    link: str = ""
    """A path in that text which a browser shows as a link."""


class GuardedApp(FastAPI):
    """``GuardedApp`` is an application behind a guard, without pages of its own about itself."""

    def __init__(self, title: str, settings: GuardSettings, answer: RefusalAnswer | None = None) -> None:
        super().__init__(title=title, version="1", docs_url=None, redoc_url=None, openapi_url=None)
        self._settings = settings
        self._rules = [_CompiledRule(key, rule) for key, rule in settings.rules.items()]
        self._wrong = WrongTokens(time.monotonic)
        self._refusals = RepeatedEvent(_log, time.monotonic)
        self._answer = answer or partial(_refusal_answer, settings.link)
        for language in get_args(Language):
            catalogue(language)  # reads files, now and not at the first refusal
        self.add_exception_handler(HTTPException, self._answer_exception)  # type: ignore[arg-type]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request or one WebSocket, or refuse it."""
        if scope["type"] not in ("http", "websocket"):
            await super().__call__(scope, receive, send)
            return
        send = _with_headers(send)
        key, rule = self._rule_of(scope)
        try:
            visitor = scope[_VISITOR] = await self._admit(scope, rule)
        except HTTPException as exc:
            self._log_refusal(key, exc.status_code)
            await self._refuse(exc, scope, receive, send)
            return
        may_stay = self._settings.may_stay
        if scope["type"] == "websocket" and visitor is not None and may_stay is not None:
            token = self._token(scope, Headers(scope=scope), rule) or ""
            watched = WatchedSocket(receive, send, partial(may_stay, token), time.monotonic)
            receive, send = watched.receive, watched.send
        await super().__call__(scope, _limited(scope, receive, rule), send)

    def check_guesses(self, request: HTTPConnection) -> None:
        """Raise ``HTTPException`` 429 if too many wrong tokens or codes came from where this comes from."""
        address = request.client.host if request.client else ""
        if (wait_s := self._wrong.wait_s(address)) > 0:
            wait = {"Retry-After": f"{wait_s + 1:.0f}"}
            raise HTTPException(429, "Too many wrong tokens came from your address.", wait)

    def count_guess(self, request: HTTPConnection, text: str) -> None:
        """Count a wrong token or code."""
        self._wrong.count(request.client.host if request.client else "", text)

    def _rule_of(self, scope: Scope) -> tuple[str, RouteRule]:
        method = "WEBSOCKET" if scope["type"] == "websocket" else scope["method"]
        for rule in self._rules:
            if rule.fits("GET" if method == "HEAD" else method, scope["path"]):
                return rule.key, rule.rule
        return f"{method} no page of ours", RouteRule(role=AccessRole.RUNNER)

    async def _admit(self, scope: Scope, rule: RouteRule) -> Visitor | None:
        """Who comes, None for somebody unknown where anyone may; ``HTTPException`` if they may not."""
        headers = Headers(scope=scope)
        self._check_head(scope)
        self._check_host(scope, headers)
        self._check_page(scope, headers)
        visitor = await self._visitor(scope, headers, rule)
        if rule.role is not None and visitor is not None and visitor.role < rule.role:
            raise HTTPException(403, rule.refusal)
        check_length(headers, rule.body)
        return visitor

    def _check_head(self, scope: Scope) -> None:
        size = sum(len(name) + len(value) for name, value in scope["headers"])
        if size + len(scope["path"]) + len(scope["query_string"]) > MOST_HEAD_BYTES:
            raise HTTPException(431, "The head of the request is too large.")

    def _check_host(self, scope: Scope, headers: Headers) -> None:
        s = self._settings
        if s.names is None:
            return
        hosts, port = headers.getlist("host"), (scope.get("server") or ("", None))[1]
        if len(hosts) != 1 or not is_named(hosts[0], s.names, port, any_ip=s.any_ip):
            raise HTTPException(421, "This server does not go by that name: see [web] names.")

    def _check_page(self, scope: Scope, headers: Headers) -> None:
        """A page of another site may neither ask, nor listen, nor change anything; it may link here."""
        origin, host = headers.get("origin"), headers.get("host", "")
        if origin is not None and not self._is_own_origin(origin, host):
            raise HTTPException(403, "Another site may not change anything here.")
        foreign = headers.get("sec-fetch-site", "none") not in ("none", "same-origin")
        if foreign and not _is_followed_link(scope, headers):
            raise HTTPException(403, "Another site may not change anything here.")

    def _is_own_origin(self, origin: str, host: str) -> bool:
        parts = urlsplit(origin)
        if parts.scheme not in ("http", "https") or not parts.netloc:
            return False
        return parts.netloc.lower() == host.lower() or parts.netloc.lower() in _lower(
            self._settings.origins
        )

    async def _visitor(self, scope: Scope, headers: Headers, rule: RouteRule) -> Visitor | None:
        if rule.role is None:
            return None
        anyone = rule.open_at_home and self._settings.at_home
        token = self._token(scope, headers, rule)
        if token is None:
            if anyone:
                return None
            raise HTTPException(401, self._settings.missing_token)
        asking = HTTPConnection(scope)
        if len(token) < UNGUESSABLE:
            self.check_guesses(asking)
        visitor = await self._settings.tokens.visitor_of(token)
        if visitor is None:
            self.check_guesses(asking)
            self.count_guess(asking, token)
            if not anyone:
                raise HTTPException(401, self._settings.missing_token)
        return visitor

    def _token(self, scope: Scope, headers: Headers, rule: RouteRule) -> str | None:
        """What stands in the address, else in the header, else in the cookie; None if it is nowhere."""
        if rule.in_address:
            query = parse_qs(scope["query_string"].decode("latin-1"), keep_blank_values=True)
            if "token" in query:
                return str(query["token"][0])
        if given := headers.getlist("authorization"):
            scheme, _, token = given[0].partition(" ")
            is_ours = scheme.lower() == self._settings.scheme.lower() and len(given) == 1
            return token.strip() if is_ours else ""
        return cookie_of(headers, self._settings.cookie)

    async def _refuse(self, exc: HTTPException, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            if exc.status_code in (401, 429):  # only an accepted one can be told why
                await receive()
                await send({"type": "websocket.accept"})
                await send({"type": "websocket.close", "code": REFUSED_SOCKET})
            else:
                await send({"type": "websocket.close"})
            return
        await self._answer(Request(scope), exc)(scope, receive, send)

    async def _answer_exception(self, request: Request, exc: HTTPException) -> Response:
        key, _ = self._rule_of(request.scope)
        self._log_refusal(key, exc.status_code)
        if exc.status_code == 405:  # Starlette names the methods of one route alone
            exc.headers = {**(exc.headers or {}), "Allow": ", ".join(self._methods_of(request.url.path))}
        elif exc.status_code == 400 and isinstance(exc.__cause__, ValueError | RecursionError):  # FastAPI's
            exc = HTTPException(422, "The body is no JSON that can be read.")
        return self._answer(request, exc)

    def _methods_of(self, path: str) -> list[str]:
        methods = {rule.method for rule in self._rules if rule.has_path(path)}
        return sorted(methods - {"WEBSOCKET"})

    def _log_refusal(self, key: str, status: int) -> None:
        """Log a refusal, many of a kind as one line a minute: its route, never what the visitor sent."""
        if status in _REFUSALS:
            text = f"{key} was refused: {_REFUSALS[status]} ({status})"
            self._refusals.happened(text, route=key.partition(" ")[2], status=status)
        else:
            _log.debug("%s: %d", key, status)


def _is_followed_link(scope: Scope, headers: Headers) -> bool:
    """Whether somebody went here from another site: no frame in that and no fetching ahead, by which it
    could bring wrong tokens until the visitor's own is refused.
    """
    asked = (scope["type"], headers.get("sec-fetch-mode"), headers.get("sec-fetch-dest", "document"))
    return asked == ("http", "navigate", "document") and "sec-purpose" not in headers


class _CompiledRule:
    def __init__(self, key: str, rule: RouteRule) -> None:
        self.key, self.rule = key, rule
        self.method, _, path = key.partition(" ")
        self._path = compile_path(path)[0]

    def fits(self, method: str, path: str) -> bool:
        return method == self.method and self.has_path(path)

    def has_path(self, path: str) -> bool:
        return self._path.match(path) is not None


RefusalAnswer = Callable[[Request, HTTPException], Response]
"""Makes the answer of a refusal."""


def visitor_of_request(request: HTTPConnection) -> Visitor | None:
    """Return who asks; None for somebody without a token where none is needed."""
    visitor: Visitor | None = request.scope.get(_VISITOR)
    return visitor


def is_runner(request: HTTPConnection) -> bool:
    """Return whether who asks may see everything of the runner; so may who needs no token, at home."""
    visitor = visitor_of_request(request)
    return visitor is None or visitor.role >= AccessRole.RUNNER


def request_language(request: Request) -> Language:
    """Return the language of the page that asks, which its header ``Accept-Language`` begins with."""
    wanted = request.headers.get("accept-language", "")[:2]
    return next((language for language in get_args(Language) if language == wanted), "en")


def is_named(host: str, names: Sequence[str], port: int | None, *, any_ip: bool) -> bool:
    """Return whether a header ``Host`` is one of ``names``, with the port that the server listens on.

    A name that has a port itself is asked by that one; with ``any_ip`` so is every IP address.
    """
    host = host.lower()
    try:
        parts = urlsplit(f"//{host}")
        name, asked_port = parts.hostname or "", parts.port
    except ValueError:
        return False
    if host != (f"[{name}]" if ":" in name else name) + (f":{asked_port}" if asked_port else ""):
        return False
    if any_ip and _is_ip(name):
        return True
    wanted = _lower(names)
    return host in wanted or (name in wanted and asked_port in (port, None))


def cookie_of(headers: Headers, name: str | None) -> str | None:
    """Return the value of a cookie, None if there is none of that name."""
    try:
        cookies = SimpleCookie("; ".join(headers.getlist("cookie")))
    except CookieError:
        return None
    return cookies[name].value if name is not None and name in cookies else None


def _limited(scope: Scope, receive: Receive, rule: RouteRule) -> Receive:
    if scope["type"] == "websocket":
        return receive
    return NoBody(receive) if scope["method"] in ("GET", "HEAD") else LimitedBody(receive, rule.body)


def _lower(names: Sequence[str] | None) -> set[str]:
    return {name.lower() for name in names or ()}


def _is_ip(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _refusal_answer(link: str, request: Request, exc: HTTPException) -> Response:
    """A refusal in the page's language: a line to read where a browser opens it, else JSON."""
    text = catalogue(request_language(request)).translate_english(exc.detail)
    if "text/html" in request.headers.get("accept", ""):
        line = html.escape(text)
        if link:
            line = line.replace(link, f'<a href="{link}">{link}</a>')
        return HTMLResponse(_REFUSAL_PAGE.replace("{}", line), exc.status_code, exc.headers)
    return JSONResponse({"detail": text}, exc.status_code, exc.headers)


def _with_headers(send: Send) -> Callable[[Message], Awaitable[None]]:
    """Send with the headers of every answer, also of a WebSocket that is not let in."""

    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers: Any = MutableHeaders(scope=message)
            headers.update(_HEADERS)
            for name, value in _HEADERS_UNLESS_SET.items():
                headers.setdefault(name, value)
        await send(message)

    return send_with_headers
