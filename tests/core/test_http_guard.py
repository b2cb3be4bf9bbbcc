"""The guard before every route of every server: nothing is read before it has let somebody in."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from starlette.routing import Mount, WebSocketRoute
from starlette.types import Message, Scope

from monitor.core.http_access import WebSettings
from monitor.core.http_guard import GuardedApp, RouteRule, is_named
from monitor.core.http_guesses import MOST_GUESSES, UNGUESSABLE
from monitor.core.http_pairing import PairedDevices
from monitor.core.http_roles import ROLE_NAMES, AccessRole
from monitor.core.monotonic import SystemClock
from monitor.core.secret import Secret
from monitor.sinks.influx.write_proxy import make_write_proxy
from monitor.sinks.live_state import LiveState
from monitor.sources.phone_http import phone_endpoint
from monitor.web.app import make_app
from monitor.web.live_feed import LiveFeed

TOKEN = "let-me-in-please"
VALUES = {"id": "2026-11-24T12-00-00-me", "note": "1", "format": "fit", "name": "x.fit", "path": "live.js"}


def page(folder: Path, **settings: Any) -> GuardedApp:
    feed = LiveFeed(LiveState(), SystemClock())
    return make_app(feed, Secret(TOKEN), folder, WebSettings(**settings))


def phone(folder: Path) -> GuardedApp:
    return phone_endpoint(["x"], Secret(TOKEN), SystemClock(), lambda _: None)


def proxy(folder: Path) -> GuardedApp:
    (folder / "ann.token").write_text(TOKEN)
    return make_write_proxy("http://127.0.0.1:1", Secret("the-proxys-own"), folder)


APPS: dict[str, Callable[[Path], GuardedApp]] = {
    "page": lambda folder: page(folder, host="0.0.0.0"),
    "page at home": page,
    "phone": phone,
    "proxy": proxy,
}
every_app = pytest.mark.parametrize("name", APPS)


def routes_of(app: GuardedApp) -> set[str]:
    """Method and path of everything that the application answers, as it says itself."""
    out = {f"{m.upper()} {path}" for path, methods in app.openapi()["paths"].items() for m in methods}
    for route in app.routes:
        if isinstance(route, Mount):
            out.add(f"GET {route.path}/{{path:path}}")
        elif isinstance(route, WebSocketRoute):
            out.add(f"WEBSOCKET {route.path}")
        elif getattr(route, "methods", None):
            out |= {f"{method} {route.path}" for method in route.methods}  # type: ignore[attr-defined]
    return {route.replace("{sensor}", "{sensor:path}") for route in out}


@dataclass
class Answer:
    """What came back, and how often the body was asked for."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    reads: int = 0
    socket: list[Message] = field(default_factory=list)


async def ask(
    app: GuardedApp,
    route: str,
    body: Iterable[bytes] = (),
    *,
    query: str = "",
    address: str = "10.0.0.9",
    answer: Answer | None = None,
    **headers: str,
) -> Answer:
    """Send one request to a route; ``headers`` with ``_`` for ``-``; every piece of the body is counted."""
    method, _, path = route.partition(" ")
    for name, value in VALUES.items():
        path = path.replace(f"{{{name}}}", value).replace(f"{{{name}:path}}", value)
    path = path.replace("{sensor:path}", "x")
    named = {"host": "127.0.0.1:8765", **{k.replace("_", "-"): v for k, v in headers.items()}}
    pieces, answer = iter(body), answer or Answer()
    socket = method == "WEBSOCKET"
    scope: Scope = {
        "type": "websocket" if socket else "http",
        "method": method,
        "path": path,
        "query_string": query.encode(),
        "headers": [(k.encode(), v.encode("latin-1")) for k, v in named.items()],
        "client": (address, 40_000),
        "server": ("127.0.0.1", 8765),
        "scheme": "ws" if socket else "http",
        "http_version": "1.1",
        "root_path": "",
    }

    piece: bytes | None = None

    async def receive() -> Message:
        nonlocal piece
        if socket:
            return {"type": "websocket.connect" if not answer.socket else "websocket.disconnect"}
        if answer.reads and piece is None:
            await asyncio.Event().wait()
        answer.reads += 1
        piece = next(pieces, None)
        return {"type": "http.request", "body": piece or b"", "more_body": piece is not None}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            answer.status = message["status"]
            answer.headers = {k.decode().lower(): v.decode() for k, v in message["headers"]}
        elif message["type"] == "http.response.body":
            answer.body += message.get("body", b"")
        else:
            answer.socket.append(message)

    await app(scope, receive, send)
    return answer


def closed_rules(app: GuardedApp) -> list[tuple[str, RouteRule]]:
    """Routes that need a token, here."""
    s = app._settings
    return [
        (key, rule)
        for key, rule in s.rules.items()
        if rule.role is not None and not (s.at_home and rule.open_at_home)
    ]


def credential(app: GuardedApp, token: str = TOKEN) -> str:
    return f"{app._settings.scheme} {token}"


@every_app
def test_every_route_has_its_rule_and_every_rule_its_route(tmp_path: Path, name: str) -> None:
    app = APPS[name](tmp_path)
    assert set(app._settings.rules) == routes_of(app)


@every_app
async def test_without_a_token_no_byte_of_a_body_is_asked_for(tmp_path: Path, name: str) -> None:
    app = await asyncio.to_thread(APPS[name], tmp_path)
    assert closed_rules(app)
    for key, _ in closed_rules(app):
        for headers in ({}, {"authorization": credential(app, "wrong")}, {"authorization": "Basic x"}):
            answer = await ask(
                app, key, iter(lambda: bytes(65_536), None), content_length="300000000", **headers
            )
            if key.startswith("WEBSOCKET"):
                assert [m["type"] for m in answer.socket] == ["websocket.accept", "websocket.close"]
            else:
                assert answer.status == 401, key
                assert answer.reads == 0, key


@every_app
async def test_a_path_that_no_rule_names_is_closed(tmp_path: Path, name: str) -> None:
    app = await asyncio.to_thread(APPS[name], tmp_path)
    for route in ("GET /nothing", "GET /api/v1/new", "OPTIONS /api/v1/sessions", "TRACE /", "DELETE /"):
        assert (await ask(app, route)).status == 401, route


def changing(app: GuardedApp) -> list[tuple[str, RouteRule]]:
    return [(k, r) for k, r in app._settings.rules.items() if k.split()[0] not in ("GET", "WEBSOCKET")]


@every_app
async def test_a_body_that_says_it_is_too_large_is_not_read(tmp_path: Path, name: str) -> None:
    app = await asyncio.to_thread(APPS[name], tmp_path)
    for key, rule in changing(app):
        length = str(rule.body.size + 1)
        answer = await ask(app, key, authorization=credential(app), content_length=length)
        assert (answer.status, answer.reads) == (413, 0), key


@every_app
async def test_a_body_that_does_not_say_so_is_read_up_to_its_limit(tmp_path: Path, name: str) -> None:
    """In pieces that are valid JSON so far; routes that read no body leave it where it is."""
    app = await asyncio.to_thread(APPS[name], tmp_path)
    for key, rule in changing(app):
        pieces = [b'{"text": "'] + [b" " * 100_000] * (rule.body.size // 100_000 + 10)
        answer = await ask(app, key, pieces, authorization=credential(app), content_type="application/json")
        unread = key.endswith(("reanalyse", "renew")) or key.startswith("DELETE")
        assert answer.status == 413 or (unread and answer.reads == 0), key
        assert answer.reads <= rule.body.size // 100_000 + 3, key


@every_app
async def test_json_that_nests_deeply_is_refused_before_it_is_parsed(tmp_path: Path, name: str) -> None:
    app = await asyncio.to_thread(APPS[name], tmp_path)
    for key, rule in changing(app):
        if rule.body.depth is None:
            continue
        for body in (b"[" * 300, b'{"sessions": ' + b"[" * 300 + b"]" * 300 + b"}"):
            answer = await ask(
                app, key, [body], authorization=credential(app), content_type="application/json"
            )
            unread = key.endswith(("reanalyse", "renew")) or key.startswith("DELETE")
            assert answer.status == 422 or unread, key


HOSTILE_NAMES = (
    "evil.example:8765", "evil.example", "127.0.0.1.evil.example:8765", "localhost.evil.example:8765",
    "127.0.0.1:8765@evil.example", "evil.example#127.0.0.1:8765", "127.0.0.1:9999", "",
    "localhost:8765:8765",
    "0.0.0.0:8765", "localhost:x", "[::1", "[::2]:8765",
)  # fmt: skip


async def test_a_page_of_this_machine_answers_to_its_own_names_alone(tmp_path: Path) -> None:
    """DNS rebinding: a foreign name that points here, with the Origin to match."""
    app = await asyncio.to_thread(lambda: page(tmp_path))
    for host in HOSTILE_NAMES:
        for key in app._settings.rules:
            answer = await ask(app, key, host=host, origin=f"http://{host}", authorization=credential(app))
            assert answer.status == 421 or [m["type"] for m in answer.socket] == ["websocket.close"], (
                host,
                key,
            )
    for host in ("localhost:8765", "127.0.0.1:8765", "[::1]:8765", "LOCALHOST:8765"):
        assert (await ask(app, "GET /api/v1/live", host=host)).status == 200, host


async def test_a_page_of_the_network_answers_to_addresses_and_to_the_names_it_was_given(
    tmp_path: Path,
) -> None:
    app = await asyncio.to_thread(
        lambda: page(tmp_path, host="0.0.0.0", names=("gait.example.org", "box.lan:8443"))
    )
    for host in (
        "192.168.1.20:8765",
        "[fd00::2]:8765",
        "10.0.0.1",
        "gait.example.org",
        "gait.example.org:8765",
        "box.lan:8443",
    ):
        assert (
            await ask(app, "GET /api/v1/live", host=host, authorization=credential(app))
        ).status == 200, host
    for host in ("evil.example:8765", "gait.example.org.evil.example", "box.lan:8444", "box.lan"):
        assert (
            await ask(app, "GET /api/v1/live", host=host, authorization=credential(app))
        ).status == 421, host


def test_two_names_at_once_are_none() -> None:
    assert is_named("[::1]:1", ["::1"], 1, any_ip=False)
    assert not is_named("localhost,evil.example", ["localhost"], None, any_ip=True)
    assert not is_named("localhost\t", ["localhost"], None, any_ip=True)


@every_app
async def test_a_page_of_another_site_can_do_nothing_whatever_it_brings(tmp_path: Path, name: str) -> None:
    app = await asyncio.to_thread(APPS[name], tmp_path)
    foreign = [
        {"origin": "http://evil.example"},
        {"origin": "http://127.0.0.1:9999"},
        {"origin": "null"},
        {"origin": "file://127.0.0.1:8765"},
        {"sec_fetch_site": "cross-site", "sec_fetch_mode": "no-cors"},
        {"sec_fetch_site": "same-site", "sec_fetch_mode": "cors"},
        {"origin": "http://127.0.0.1"},  # what else runs on this machine, on the port that is not named
        {"origin": "http://localhost"},
        {"sec_fetch_site": "cross-site", "sec_fetch_mode": "navigate", "sec_fetch_dest": "iframe"},
        {"sec_fetch_site": "cross-site", "sec_fetch_mode": "navigate", "sec_purpose": "prefetch"},
    ]
    for key in app._settings.rules:
        for headers in foreign:
            answer = await ask(
                app, key, authorization=credential(app), cookie=f"gaitcue={TOKEN}", **headers
            )
            assert answer.status == 403 or [m["type"] for m in answer.socket] == ["websocket.close"], key
            assert answer.reads == 0


async def test_behind_a_proxy_even_the_live_page_needs_the_token(tmp_path: Path) -> None:
    """The proxy runs on this machine: whoever it lets in comes from here."""
    app = await asyncio.to_thread(lambda: page(tmp_path, names=("gait.example.org",)))
    assert (await ask(app, "GET /api/v1/live", host="gait.example.org")).status == 401
    own = {
        "host": "gait.example.org",
        "origin": "https://gait.example.org",
        "authorization": credential(app),
    }
    assert (await ask(app, "GET /api/v1/live", **own)).status == 200
    rewritten = own | {"host": "127.0.0.1:8765"}
    assert (await ask(app, "GET /api/v1/live", **rewritten)).status == 200


async def test_a_link_of_another_site_may_be_followed(tmp_path: Path) -> None:
    app = await asyncio.to_thread(lambda: page(tmp_path))
    link = {"sec_fetch_site": "cross-site", "sec_fetch_mode": "navigate", "sec_fetch_dest": "document"}
    assert (await ask(app, "GET /", **link)).status == 200


async def test_at_home_the_live_page_is_open_and_nothing_else(tmp_path: Path) -> None:
    app = await asyncio.to_thread(lambda: page(tmp_path))
    for key, rule in app._settings.rules.items():
        if not key.startswith("WEBSOCKET") and rule.role is not None:
            answer = await ask(app, key)
            assert (answer.status == 401) != rule.open_at_home, key
    opened = {key for key, rule in app._settings.rules.items() if rule.open_at_home}
    live = {"GET /", "WEBSOCKET /ws", "GET /api/v1/live", "GET /api/v1/legend"}
    assert opened == live | {"GET /api/v1/plan/flags"}  # the warning signs themselves, which are nobody's


async def test_every_answer_has_the_headers_of_every_answer(tmp_path: Path) -> None:
    app = await asyncio.to_thread(lambda: page(tmp_path))
    answers = [
        await ask(app, key, authorization=credential(app))
        for key in app._settings.rules
        if "WEB" not in key
    ]
    answers += [await ask(app, "GET /nothing"), await ask(app, "GET /", host="evil.example")]
    assert {answer.status for answer in answers} >= {200, 401, 404, 421, 422}
    for answer in answers:
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["x-frame-options"] == "DENY"
        assert (
            "frame-ancestors 'none'" in answer.headers["content-security-policy"]
            or answer.headers["content-security-policy"] == "default-src 'self'"
        )
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["cross-origin-resource-policy"] == "same-origin"
        assert answer.headers["cross-origin-opener-policy"] == "same-origin"
        assert "access-control-allow-origin" not in answer.headers
        assert answer.headers["cache-control"]


async def test_a_bug_in_a_route_leaves_with_the_headers_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = await asyncio.to_thread(lambda: page(tmp_path))
    monkeypatch.setattr(LiveState, "state", lambda _: 1 / 0)
    answer = Answer()
    with pytest.raises(ZeroDivisionError):
        await ask(app, "GET /api/v1/live", answer=answer)
    assert answer.status == 500
    assert answer.headers["x-frame-options"] == "DENY"


async def test_whoever_guesses_tokens_is_sent_away_and_others_are_not(tmp_path: Path) -> None:
    app = await asyncio.to_thread(lambda: page(tmp_path, host="0.0.0.0"))
    for n in range(MOST_GUESSES):
        assert (await ask(app, "GET /api/v1/live", authorization=f"Bearer guess-{n}")).status == 401
    for token in ("let-me-in-please?", "a" * UNGUESSABLE):
        limited = await ask(app, "GET /api/v1/live", authorization=f"Bearer {token}")
        assert limited.status == 429
        assert 1 <= int(limited.headers["retry-after"]) <= 61
    assert (
        await ask(app, "GET /api/v1/live", authorization=credential(app), address="10.0.0.8")
    ).status == 200
    assert (await ask(app, "GET /review/review.css")).status == 200


@pytest.mark.parametrize(("token", "status"), [("let-me-in-please", 429), ("a-token-of-22-letters.", 200)])
async def test_who_shares_an_address_with_a_guesser_comes_in_unless_the_token_can_be_guessed(
    tmp_path: Path, token: str, status: int
) -> None:
    feed = LiveFeed(LiveState(), SystemClock())
    app = await asyncio.to_thread(make_app, feed, Secret(token), tmp_path, WebSettings(host="0.0.0.0"))
    device = await asyncio.to_thread(_device_token, tmp_path)
    for n in range(MOST_GUESSES + 1):
        await ask(app, "GET /api/v1/live", authorization=f"Bearer guess-{n}")
    for right, expected in ((token, status), (device, 200)):
        assert (await ask(app, "GET /api/v1/live", authorization=f"Bearer {right}")).status == expected
    assert (await ask(app, "GET /api/v1/live", authorization="Bearer guess-0")).status == 429


def _device_token(folder: Path) -> str:
    devices = PairedDevices(folder)
    taken = devices.exchange(devices.make_code("phone", AccessRole.READER, None))
    assert taken is not None
    return taken[0]


async def test_the_head_of_a_request_has_its_limit(tmp_path: Path) -> None:
    app = await asyncio.to_thread(lambda: page(tmp_path))
    assert (await ask(app, "GET /api/v1/live", cookie="a" * 17_000)).status == 431


async def test_a_browser_is_told_in_its_language_and_without_markup(tmp_path: Path) -> None:
    app = await asyncio.to_thread(lambda: page(tmp_path, host="0.0.0.0"))
    answer = await ask(app, "GET /review", accept="text/html", accept_language="de", query="token=<script>")
    assert answer.status == 401
    assert b"Scan" not in answer.body
    assert "scanne ihren QR-Code" in answer.body.decode()
    assert b"<script" not in answer.body


ROLES = [None, *AccessRole]


def paired_token(folder: Path, role: AccessRole) -> str:
    devices = PairedDevices(folder)
    paired = devices.exchange(devices.make_code(ROLE_NAMES[role], role, None))
    assert paired is not None
    return paired[0]


@pytest.mark.parametrize("role", ROLES)
async def test_every_route_against_every_role(tmp_path: Path, role: AccessRole | None) -> None:
    """What a device may do is what the table says, and it is decided before anything is read."""
    app = await asyncio.to_thread(lambda: page(tmp_path, host="0.0.0.0"))
    headers = {}
    if role is not None:
        token = await asyncio.to_thread(paired_token, tmp_path, role)
        headers = {"authorization": f"Bearer {token}"}
    for key, rule in app._settings.rules.items():
        answer = await ask(app, key, [b"{}"], content_type="application/json", **headers)
        if key.startswith("WEBSOCKET"):
            closed = [m.get("code") for m in answer.socket if m["type"] == "websocket.close"]
            assert (4401 in closed) == (role is None)
        elif rule.role is None:
            assert answer.status not in (401, 403) or key == "POST /api/v1/pair", key
        elif role is None or role < rule.role:
            assert (answer.status, answer.reads) == (401 if role is None else 403, 0), key
        else:
            assert answer.status not in (401, 403), (key, json.dumps(answer.headers))
