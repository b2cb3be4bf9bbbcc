"""A proxy before InfluxDB: with each runner's token only that runner's own points can be written.

InfluxDB grants rights by bucket, so a token that may write may write under any name.  This takes the
same ``/api/v2/write``, looks at the ``athlete`` tag of every line, and passes the body on with a token
that never leaves this machine.  Nothing can be read through it.

Of ``/api/v2/delete`` it takes what our own service asks: whole days of the token's own runner, in the
measurements of the plan, of runs, of days and of single seconds.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import logging
import re
import signal
import time
import unicodedata
import urllib.error
import urllib.parse
import urllib.request
import zlib
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import uvicorn
from fastapi import FastAPI, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from monitor.core.errors import ConfigError
from monitor.core.http_client import make_opener
from monitor.core.http_guard import GuardedApp, GuardSettings, RouteRule, visitor_of_request
from monitor.core.http_limits import BodyLimits
from monitor.core.http_roles import AccessRole, Visitor
from monitor.core.http_server import listen, server_config
from monitor.core.outage import Outage, RepeatedEvent
from monitor.core.safe_text import tag_text
from monitor.core.secret import Secret
from monitor.sinks.influx.plan_points import EARLIER_PAIN, PLAN_MEASUREMENTS
from monitor.sinks.influx.run_points import RUN_MEASUREMENTS
from monitor.sinks.influx.schema import RECORD_MEASUREMENTS

_log = logging.getLogger(__name__)

_LARGEST = 8_000_000  # bytes of a body, unpacked too; a batch of ours has about 1 MB
_LONGEST_LINE = 1_000_000  # a match holds up everybody else: so much takes a tenth of a second
_AT_ONCE = 4  # requests of one runner; our own service sends one after the other
_WAIT_S = 10.0
# All quantifiers are possessive: what can begin differently cannot be read in a second way, and a refused
# line costs no more time than one that is taken, and no memory.
_KEY = rb'(?:[^\\,= "\x00-\x1f\x7f]++|\\[,= ntr])++'
_TEXT = rb'"(?:[^"\\\n]++|(?:\\[^\n])++)*+"'  # a new line in it is to some servers the next point
_FIELD = _KEY + rb"=(?:" + _TEXT + rb"|[A-Za-z0-9.+-]++)"
_SERIES = rb"(?!#)" + _KEY + rb"(?:," + _KEY + rb"=" + _KEY + rb")++"
_LINE = re.compile(
    rb"(" + _SERIES + rb") " + _FIELD + rb"(?:," + _FIELD + rb")*+(?: -?[0-9]++)?(?:\n++|\Z)"
)
_ATHLETE = re.compile(rb"(?<!\\),athlete=(" + _KEY + rb")")
_NAME = r'athlete="((?:[^"\\\x00-\x1f\x7f]|\\")++)"'
_OF_WHOLE_DAYS = "|".join((*PLAN_MEASUREMENTS, *RUN_MEASUREMENTS, *RECORD_MEASUREMENTS))
_DELETED = (
    re.compile(rf'_measurement="(?:{_OF_WHOLE_DAYS})" AND {_NAME}'),
    re.compile(rf'_measurement="{EARLIER_PAIN[0]}" AND {_NAME} AND kind="{EARLIER_PAIN[1]}"'),
)
_MIDNIGHT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T00:00:00Z")
_ESCAPED = re.compile(r"\\([,= ])")
_UNREADABLE = RepeatedEvent(_log, time.monotonic)  # the folder is read at every request


_LONGEST_ANSWER = 100_000
_PARAMETERS = {
    "/api/v2/write": ("org", "orgID", "bucket", "precision"),
    "/api/v2/delete": ("org", "orgID", "bucket", "bucketID"),
}
"""What each path takes behind the "?", by InfluxDB's documentation."""
_CODES = {
    401: "unauthorized",
    403: "forbidden",
    413: "request too large",
    429: "too many requests",
    503: "unavailable",
}


class _BodyTooLarge(Exception):
    """The body is larger than what is taken."""


def runner_tokens(folder: Path) -> dict[str, Secret]:
    """Return the runners' tokens by name, from the ``NAME.token`` files of a folder.

    They are read at every request, so that a new file counts at once.  What the name of a file cannot hold
    is written as in an address: ``a%2Fb.token`` is that of ``a/b``, ``%25`` stands for ``%``.  A name with
    characters that nobody sees (control characters, blanks other than the space) is nobody's.  A file that
    cannot be read is logged and shuts out nobody else.
    """
    found = {urllib.parse.unquote(path.stem): _token_in(path) for path in folder.glob("*.token")}
    named = {unicodedata.normalize("NFC", name): text for name, text in found.items()}
    return {name: Secret(text) for name, text in named.items() if text and name.isprintable()}


def _token_in(path: Path) -> str:
    """The token of a file, "" if there is none to be read."""
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, ValueError) as exc:
        _UNREADABLE.happened(f"no token can be read from a file of the runners' folder ({exc})")
        return ""


def writing_athletes(body: bytes | bytearray) -> set[str] | None:
    """Return the athletes under whose names these lines write; None if a line is not as we write them.

    ``body`` is line protocol.  A line that another parser could read in a second way is not as we write
    it, nor is one whose tags hold characters that nobody sees.  Time and memory grow with the body only.
    """
    at, out = 0, set[str]()
    while at < len(body):
        end = min(len(body), at + _LONGEST_LINE)
        line = _LINE.match(body, at, end)
        names = _ATHLETE.findall(line[1]) if line else []
        if line is None or len(names) != 1 or line.end() == end < len(body):
            return None
        try:
            series, name = line[1].decode(), names[0].decode()
        except UnicodeDecodeError:
            return None
        if tag_text(series) != series:
            return None
        out.add(_ESCAPED.sub(r"\1", name))
        at = line.end()
    return out


def deleting_athlete(body: bytes | bytearray) -> str | None:
    """Return the athlete whose days this request deletes; None if it is not as we write it."""
    try:
        wanted = json.loads(body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(wanted, dict) or wanted.keys() != {"start", "stop", "predicate"}:
        return None
    if not all(isinstance(text, str) for text in wanted.values()):
        return None
    found = [match for form in _DELETED if (match := form.fullmatch(wanted["predicate"]))]
    if not found or not all(_MIDNIGHT.fullmatch(wanted[k]) for k in ("start", "stop")):
        return None
    return found[0][1].replace('\\"', '"')


class Unpacking:
    """``Unpacking`` unpacks one gzip member that comes in pieces, or takes a body that is not packed.

    It raises ``ValueError`` for what is no gzip or has something behind its end.
    """

    def __init__(self, *, packed: bool) -> None:
        self.body = bytearray()
        self._member = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16) if packed else None

    def push(self, piece: bytes) -> None:
        """Take one more piece; never unpacks more than fits into the limit."""
        if self._member is None:
            self.body += piece
        elif self._member.eof and piece:
            raise ValueError("something lies behind the end of the gzip member")
        else:
            self._unpack(self._member, piece)
        if len(self.body) > _LARGEST:
            raise _BodyTooLarge

    def finish(self) -> bytearray:
        """Return the whole body; ``ValueError`` if the gzip member was cut short."""
        if self._member is not None and not self._member.eof:
            raise ValueError("the gzip member is cut short")
        return self.body

    def _unpack(self, member: zlib._Decompress, piece: bytes) -> None:
        try:
            self.body += member.decompress(piece, _LARGEST + 1 - len(self.body))
        except zlib.error as exc:
            raise ValueError("the body is not gzip") from exc
        if member.unconsumed_tail:
            raise _BodyTooLarge
        if member.unused_data:
            raise ValueError("something lies behind the end of the gzip member")


@dataclass(frozen=True, slots=True)
class _RunnerTokens:
    """The tokens as the guard asks for them."""

    folder: Path

    async def visitor_of(self, token: str) -> Visitor | None:
        known = await run_in_threadpool(runner_tokens, self.folder)
        matching = [name for name, secret in known.items() if secret.matches(token)]
        return Visitor(matching[0], AccessRole.RUNNER) if matching else None


def make_write_proxy(upstream: str, token: Secret, folder: Path) -> GuardedApp:
    """Return the proxy as a web application with ``/ping``, ``/api/v2/write`` and ``/api/v2/delete``.

    ``upstream`` is the address of InfluxDB, ``token`` one that may write there, and ``folder`` holds the
    runners' tokens (``runner_tokens``).  Raises ``ConfigError`` when there is no such folder.
    """
    if not folder.is_dir():
        raise ConfigError("error.no_tokens", folder=folder)
    app = GuardedApp("gaitcue stack proxy", _guard_settings(folder), _refusal_response)
    outage, refusals = Outage(_log, "InfluxDB", time.monotonic), RepeatedEvent(_log, time.monotonic)
    running = Counter[str]()

    @app.get("/ping")
    def ping() -> Response:
        return Response(status_code=204)

    async def take(request: Request, check: Callable[[bytearray, str], bytes | bytearray]) -> Response:
        visitor = visitor_of_request(request)
        assert visitor is not None  # the rule of this route asks for one
        runner = visitor.name
        if running[runner] >= _AT_ONCE:
            raise HTTPException(429, "too many requests at once", {"Retry-After": "1"})
        running[runner] += 1
        try:
            query = _checked_query(request)
            body = await _read_body(request)
            checked = await run_in_threadpool(check, body, runner)
        except HTTPException as exc:
            why = _REASONS.get(exc.status_code, exc.detail)
            refusals.happened(f"{runner} was refused: {why}", status=exc.status_code, runner=runner)
            return _refusal_response(request, exc)
        else:
            url = f"{upstream}{request.url.path}?{query}"
            return await run_in_threadpool(_pass_on_request, url, token, checked, outage)
        finally:
            running[runner] -= 1

    @app.post("/api/v2/write")
    async def write(request: Request) -> Response:
        return await take(request, _checked_lines)

    @app.post("/api/v2/delete")
    async def delete(request: Request) -> Response:
        return await take(request, _checked_deletion)

    return app


_REASONS = {403: "points of another athlete"}
"""What a log says where the answer names somebody else."""


def _guard_settings(folder: Path) -> GuardSettings:
    body, small = BodyLimits(size=_LARGEST, depth=None), BodyLimits(size=10_000, depth=None)
    return GuardSettings(
        rules={
            "GET /ping": RouteRule(role=None),
            "POST /api/v2/write": RouteRule(role=AccessRole.RUNNER, body=body),
            "POST /api/v2/delete": RouteRule(role=AccessRole.RUNNER, body=small),
        },
        tokens=_RunnerTokens(folder),
        scheme="Token",
        missing_token="unauthorized access",
    )


def _checked_query(request: Request) -> str:
    """What stands behind the "?", written anew; ``HTTPException`` if it is not what InfluxDB's API knows.

    A server may take more there than its API says, such as a user and a password, or a database.
    """
    items = request.query_params.multi_items()
    allowed = _PARAMETERS[request.url.path]
    for name, value in items:
        if name not in allowed or not value.isprintable():
            raise HTTPException(
                400, f"{name[:50]!r} is no parameter that is passed on; these are: {', '.join(allowed)}"
            )
    if len(dict(items)) < len(items):
        raise HTTPException(400, "a parameter is there twice")
    return urllib.parse.urlencode(items)


async def _read_body(request: Request) -> bytearray:
    """The body, unpacked; ``HTTPException`` if it is too large or badly packed."""
    encoding = request.headers.get("content-encoding", "identity").lower()
    if encoding not in ("gzip", "identity"):
        raise HTTPException(415, "the body may be packed by gzip only")
    unpacking = Unpacking(packed=encoding == "gzip")
    try:
        async for piece in request.stream():
            await run_in_threadpool(unpacking.push, piece)
        return unpacking.finish()
    except _BodyTooLarge as exc:
        raise HTTPException(413, f"the body is larger than {_LARGEST} bytes, unpacked") from exc
    except ValueError as exc:
        raise HTTPException(400, str(exc)) from exc


def _checked_lines(body: bytearray, runner: str) -> bytearray:
    """The body; ``HTTPException`` unless all lines write under this runner's name."""
    names = writing_athletes(body)
    if names is None:
        raise HTTPException(400, "a line is not line protocol with one athlete tag")
    if others := names - {runner}:
        message = f"this token is {runner}'s and may not write as {', '.join(sorted(others)[:5])}"
        raise HTTPException(403, message[:500])
    return body


def _checked_deletion(body: bytearray, runner: str) -> bytes:
    """The body as we read it; ``HTTPException`` unless it deletes this runner's days."""
    name = deleting_athlete(body)
    if name is None:
        raise HTTPException(400, "this is no deletion of one athlete's days of the plan")
    if name != runner:
        raise HTTPException(403, f"this token is {runner}'s and may not delete what is {name}'s"[:500])
    return json.dumps(json.loads(body)).encode()  # of a key that is there twice the last, as we read it


def run_write_proxy(app: FastAPI, host: str, port: int) -> None:
    """Serve the proxy until SIGINT or SIGTERM; ``ConfigError`` if the port is taken."""
    listener = listen(host, port, "error.port_of_proxy")
    _log.info("listening on %s port %d", host, port)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # uvicorn raises it again when it is done
    with contextlib.suppress(KeyboardInterrupt):
        uvicorn.Server(server_config(app)).run(sockets=[listener])
    _log.info("stopped")


_OPENER = make_opener()


def _pass_on_request(url: str, token: Secret, body: bytes | bytearray, outage: Outage) -> Response:
    kind = "text/plain; charset=utf-8" if "/write?" in url else "application/json"
    headers = {"Authorization": f"Token {token.reveal()}", "Content-Type": kind}
    try:
        with _OPENER.open(urllib.request.Request(url, body, headers), timeout=_WAIT_S) as answer:
            outage.over("takes points again")
            return Response(answer.read(_LONGEST_ANSWER), answer.status)
    except urllib.error.HTTPError as exc:
        if exc.code == 401:  # ours, not the runner's
            outage.failed("the proxy's own token is refused there")
            return _unavailable("the proxy's own token is refused")
        if exc.code < 400:
            outage.failed("points to another address")
            return _unavailable("InfluxDB is not at the address that the proxy was given")
        if exc.code >= 500:
            outage.failed(f"answers {exc.code}")
        else:
            _log.debug("InfluxDB refused points: %d", exc.code)  # the runner's own service says so
        return Response(exc.read(_LONGEST_ANSWER), exc.code, media_type="application/json")
    except (OSError, http.client.HTTPException) as exc:
        outage.failed(f"cannot be reached ({exc})")
        return _unavailable(f"InfluxDB cannot be reached: {exc}")


def _unavailable(message: str) -> Response:
    return _error_response(503, message)


def _refusal_response(request: Request, exc: HTTPException) -> Response:
    return _error_response(exc.status_code, exc.detail, exc.headers)


def _error_response(status: int, message: str, headers: Mapping[str, str] | None = None) -> Response:
    """An error as InfluxDB itself would answer it."""
    body = json.dumps({"code": _CODES.get(status, "invalid"), "message": message})
    return Response(body, status, headers, media_type="application/json")
