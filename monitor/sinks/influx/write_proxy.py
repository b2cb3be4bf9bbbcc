"""A proxy before InfluxDB: with each runner's token only that runner's own points can be written.

InfluxDB grants rights by bucket, so a token that may write may write under any name.  This takes the
same ``/api/v2/write``, looks at the ``athlete`` tag of every line, and passes the body on with a token
that never leaves this machine.  Nothing can be read through it.
"""

from __future__ import annotations

import contextlib
import json
import logging
import re
import signal
import time
import urllib.error
import urllib.request
import zlib
from pathlib import Path

import uvicorn
from fastapi import FastAPI, Request, Response
from starlette.concurrency import run_in_threadpool

from monitor.core.errors import ConfigError
from monitor.core.http_server import listen, server_config
from monitor.core.outage import Outage, RepeatedEvent
from monitor.core.secret import Secret

_log = logging.getLogger(__name__)

_LARGEST = 20_000_000  # bytes of a body, unpacked; a batch of ours has about 1 MB
_WAIT_S = 10.0
_KEY = rb'(?:\\[^\n]|[^\\,= "\n])+'
_FIELD = _KEY + rb'=(?:"(?:\\[\s\S]|[^"\\])*"|[^\s",]+)'
_LINE = re.compile(
    _KEY
    + rb"((?:,"
    + _KEY
    + rb"="
    + _KEY
    + rb")+) "
    + _FIELD
    + rb"(?:,"
    + _FIELD
    + rb")*(?: -?\d+)?(?:\n+|$)"
)
_ATHLETE = re.compile(rb"(?<!\\),athlete=(" + _KEY + rb")")


def runner_tokens(folder: Path) -> dict[str, Secret]:
    """Return the runners' tokens by name, from the ``NAME.token`` files of a folder.

    They are read at every request, so that a new file counts at once.
    """
    found = {path.stem: path.read_text(encoding="utf-8").strip() for path in folder.glob("*.token")}
    return {name: Secret(text) for name, text in found.items() if text}


def writing_athletes(body: bytes) -> set[str] | None:
    """Return the athletes under whose names these lines write; None if a line is not as we write them.

    ``body`` is line protocol.  A line that another parser could read in a second way is not as we write it.
    """
    at, out = 0, set[str]()
    while at < len(body):
        line = _LINE.match(body, at)
        names = _ATHLETE.findall(line[1]) if line else []
        if line is None or len(names) != 1:
            return None
        out.add("-".join(re.sub(rb"\\(.)", rb"\1", names[0]).decode(errors="replace").split()))
        at = line.end()
    return out


def make_write_proxy(upstream: str, token: Secret, folder: Path) -> FastAPI:
    """Return the proxy as a web application with ``/ping`` and ``/api/v2/write``.

    ``upstream`` is the address of InfluxDB, ``token`` one that may write there, and ``folder`` holds the
    runners' tokens (``runner_tokens``).  Raises ``ConfigError`` when there is no such folder.
    """
    if not folder.is_dir():
        raise ConfigError("error.no_tokens", folder=folder)
    app = FastAPI(title="gaitcue stack proxy", docs_url=None, redoc_url=None, openapi_url=None)
    outage, refusals = Outage(_log, "InfluxDB", time.monotonic), RepeatedEvent(_log, time.monotonic)

    def refuse(status: int, code: str, message: str, why: str, runner: str | None = None) -> Response:
        refusals.happened(f"{runner or 'somebody'} was refused: {why}", status=status, runner=runner)
        return _refusal_response(status, code, message)

    @app.get("/ping")
    def ping() -> Response:
        return Response(status_code=204)

    @app.post("/api/v2/write")
    async def write(request: Request) -> Response:
        given = request.headers.get("Authorization", "").removeprefix("Token ")
        known = await run_in_threadpool(runner_tokens, folder)
        runner = next((name for name, secret in known.items() if secret.matches(given)), None)
        if runner is None:
            return refuse(401, "unauthorized", "unauthorized access", "no token, or an unknown one")
        body = _decompress_body(await request.body(), request.headers.get("Content-Encoding", ""))
        if body is None:
            message = "the body is too large, or not gzip"
            return refuse(413, "request too large", message, message, runner)
        names = writing_athletes(body)
        if names is None:
            message = "a line is not line protocol with one athlete tag"
            return refuse(400, "invalid", message, message, runner)
        if names - {runner}:
            message = f"this token is {runner}'s and may not write as {', '.join(sorted(names))}"
            return refuse(403, "forbidden", message, "points of another athlete", runner)
        url = f"{upstream}/api/v2/write?{request.url.query}"
        return await run_in_threadpool(_pass_on_request, url, token, body, outage)

    return app


def run_write_proxy(app: FastAPI, host: str, port: int) -> None:
    """Serve the proxy until SIGINT or SIGTERM; ``ConfigError`` if the port is taken."""
    listener = listen(host, port, "error.port_of_proxy")
    _log.info("listening on %s port %d", host, port)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # uvicorn raises it again when it is done
    with contextlib.suppress(KeyboardInterrupt):
        uvicorn.Server(server_config(app)).run(sockets=[listener])
    _log.info("stopped")


def _pass_on_request(url: str, token: Secret, body: bytes, outage: Outage) -> Response:
    headers = {"Authorization": f"Token {token.reveal()}", "Content-Type": "text/plain; charset=utf-8"}
    try:
        with urllib.request.urlopen(urllib.request.Request(url, body, headers), timeout=_WAIT_S) as answer:
            outage.over("takes points again")
            return Response(answer.read(), answer.status)
    except urllib.error.HTTPError as exc:
        if exc.code == 401:  # ours, not the runner's
            outage.failed("the proxy's own token is refused there")
            return _refusal_response(503, "unavailable", "the proxy's own token is refused")
        if exc.code >= 500:
            outage.failed(f"answers {exc.code}")
        else:
            _log.debug("InfluxDB refused points: %d", exc.code)  # the runner's own service says so
        return Response(exc.read(), exc.code, media_type="application/json")
    except OSError as exc:
        outage.failed(f"cannot be reached ({exc})")
        return _refusal_response(503, "unavailable", f"InfluxDB cannot be reached: {exc}")


def _decompress_body(body: bytes, encoding: str) -> bytes | None:
    if encoding != "gzip":
        return body if len(body) <= _LARGEST else None
    try:
        opened = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
        out = opened.decompress(body, _LARGEST)
    except zlib.error:
        return None
    return None if opened.unconsumed_tail else out


def _refusal_response(status: int, code: str, message: str) -> Response:
    return Response(json.dumps({"code": code, "message": message}), status, media_type="application/json")
