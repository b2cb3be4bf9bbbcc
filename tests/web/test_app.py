"""The live page: what it is told, who may see it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import uvicorn
from starlette.websockets import WebSocketDisconnect

from dsp.metrics import BY_NAME, Role, with_role
from dsp.types import Estimate, Metric, Record
from monitor.core.errors import ConfigError
from monitor.core.http_access import WebSettings, needed_token
from monitor.core.monotonic import SystemClock
from monitor.core.records import Out, SensorStatus, SessionEnded
from monitor.core.secret import Secret
from monitor.pipeline.session import Session
from monitor.simulation.simulated_runner import RadioModel, simulated_recording
from monitor.sinks.live_state import HISTORY_S, LiveState
from monitor.web.app import serving
from monitor.web.live_feed import MOST_CHANGES_BEHIND, LiveFeed
from tests.log_lines import captured_stderr
from tests.web.clients import HOME_SOCKET, NETWORK_SOCKET, page_client

RUN = simulated_recording(14.0, RadioModel(loss=0.02))


def records() -> list[Record | SensorStatus]:
    session = Session(RUN.settings)
    found = [r for packet in RUN.packets() for r in session.push(packet)]
    return found + session.finish()


def merged(state: dict[str, object], change: dict[str, object]) -> None:
    """What the page does with a change."""
    for key, value in change.items():
        if key == "history":
            for name, points in value.items():  # type: ignore[attr-defined]
                state["history"].setdefault(name, []).extend(points)  # type: ignore[attr-defined]
        elif isinstance(value, dict) and key != "session":
            state[key].update(value)  # type: ignore[attr-defined]
        else:
            state[key] = value


def test_a_page_that_merges_changes_shows_what_a_page_opened_now_shows() -> None:
    live = LiveState()
    state = live.state()
    found = records()
    for at in range(0, len(found), 7):
        merged(state, json.loads(json.dumps(live.push(found[at : at + 7]))))
    assert state == json.loads(json.dumps(live.state()))
    assert abs(state["now"]["cadence_spm"]["value"] - 164.3) < 2  # type: ignore[index]


def test_the_history_ends_and_the_page_is_told_where() -> None:
    live = LiveState(history_s=5)
    live.push(records())
    state = live.state()
    points = state["history"]["cadence_spm"]
    assert points[-1][0] - points[0][0] <= state["history_s"] == 5
    assert LiveState().state()["history_s"] == HISTORY_S


def test_every_charted_metric_has_a_history() -> None:
    live = LiveState()
    live.push([Metric(1.0, None, Estimate(name, 2.0, 0.1, "foot")) for name in BY_NAME])
    assert set(live.state()["history"]) == set(with_role(Role.CHART))


@pytest.fixture
def sink() -> LiveFeed:
    return LiveFeed(LiveState(), SystemClock())


def test_on_a_network_nothing_is_shown_without_the_token(sink: LiveFeed) -> None:
    client = page_client(None, sink, network=True, token=False)
    assert client.get("/").status_code == 401
    assert client.get("/?token=guess").status_code == 401
    assert client.get("/api/v1/live").status_code == 401
    with client.websocket_connect(NETWORK_SOCKET) as socket, pytest.raises(WebSocketDisconnect) as refused:
        socket.receive_text()
    assert refused.value.code == 4401


def test_the_token_of_the_qr_code_lets_in_and_is_remembered(sink: LiveFeed) -> None:
    client = page_client(None, sink, network=True, token=False)
    page = client.get("/?token=let-me-in-please")
    assert page.status_code == 200
    assert "httponly" in page.headers["set-cookie"].lower()
    assert client.get("/api/v1/live").status_code == 200
    with client.websocket_connect(NETWORK_SOCKET) as socket:
        assert "all" in json.loads(socket.receive_text())


@pytest.mark.parametrize("path", ["/api/v1/live", "/api/v1/legend", "/api/v1/sessions"])
def test_a_program_brings_the_token_as_bearer(sink: LiveFeed, tmp_path: Path, path: str) -> None:
    client = page_client(tmp_path, sink, network=True, token=False)
    for header in ("Bearer let-me-in", "Bearer let-me-in-please-", "Basic let-me-in-please", "Bearer"):
        refused = client.get(path, headers={"Authorization": header})
        assert refused.status_code == 401, header
        assert refused.json() == {
            "detail": "Open the address that gaitcue printed at start, or scan its QR code. "
            "Or run gaitcue pair there, and enter its code at /pair."
        }
    assert client.get(path, headers={"Authorization": "Bearer let-me-in-please"}).status_code == 200


def test_whoever_is_refused_finds_the_page_for_a_code(sink: LiveFeed, tmp_path: Path) -> None:
    client = page_client(tmp_path, sink, network=True, token=False)
    refused = client.get("/", headers={"Accept": "text/html", "Accept-Language": "de"})
    assert refused.status_code == 401
    assert '<a href="/pair">/pair</a>' in refused.text
    assert "Token" in refused.text or "QR-Code" in refused.text


def test_a_wrong_cookie_or_a_wrong_header_is_refused_whatever_else_is_right(sink: LiveFeed) -> None:
    client = page_client(None, sink, network=True, token=False)
    client.cookies.set("gaitcue", "a-guess")
    assert client.get("/api/v1/live").status_code == 401
    assert client.get("/").status_code == 401
    client.cookies.set("gaitcue", "let-me-in-please")
    assert client.get("/api/v1/live", headers={"Authorization": "Bearer a-guess"}).status_code == 401
    assert client.get("/?token=a-guess").status_code == 401
    assert client.get("/api/v1/live").status_code == 200


def test_only_a_right_token_in_the_address_is_kept_as_a_cookie(sink: LiveFeed) -> None:
    client = page_client(None, sink, network=True, token=False)
    assert "set-cookie" not in client.get("/?token=a-guess").headers
    kept = client.get("/?token=let-me-in-please").headers["set-cookie"]
    assert kept.startswith("gaitcue=let-me-in-please; HttpOnly; Max-Age=7776000; Path=/; SameSite=strict")


def test_tokens_are_compared_in_constant_time(sink: LiveFeed, monkeypatch: pytest.MonkeyPatch) -> None:
    """By ``Secret.matches``, which is ``hmac.compare_digest``; never by ``==``."""
    compared = list[str]()

    def matches(self: Secret, other: str) -> bool:
        compared.append(other)
        return False

    monkeypatch.setattr(Secret, "matches", matches)
    client = page_client(None, sink, network=True, token=False)
    client.cookies.set("gaitcue", "let-me-in-please")
    bearer = {"Authorization": "Bearer let-me-in-please"}
    assert client.get("/api/v1/live").status_code == 401
    assert client.get("/api/v1/live", headers=bearer).status_code == 401
    assert client.get("/?token=let-me-in-please").status_code == 401
    with client.websocket_connect(NETWORK_SOCKET) as socket, pytest.raises(WebSocketDisconnect):
        socket.receive_text()
    assert compared == ["let-me-in-please"] * 4


def test_the_legend_says_how_and_where_every_metric_is_shown(sink: LiveFeed) -> None:
    legend = page_client(None, sink, token=False).get("/api/v1/legend").json()
    assert set(legend) == set(BY_NAME)
    overstride = legend["overstride_m"]
    assert overstride["display"] == {"unit": "cm", "scale": 100.0, "decimals": 1, "pace": False}
    assert {"tile", "chart", "split"} <= set(overstride["roles"])


def test_a_page_of_another_site_may_not_listen(sink: LiveFeed) -> None:
    client = page_client(None, sink, token=False)
    with (
        pytest.raises(WebSocketDisconnect),
        client.websocket_connect(HOME_SOCKET, headers={"origin": "http://elsewhere.example"}),
    ):
        pass


def test_everything_the_page_needs_comes_from_here(sink: LiveFeed) -> None:
    client = page_client(None, sink, token=False)
    html = client.get("/").text
    assert "http://" not in html
    assert "https://" not in html
    found = re.search(r'<script id="messages" type="application/json">(.*?)</script>', html)
    assert found is not None
    assert json.loads(found[1])["languages"]["de"]["live.sound.ask"].startswith("Tippe")


async def test_a_page_that_lags_is_closed_and_costs_nobody_anything() -> None:
    sink = LiveFeed(LiveState(), Impatient())
    slow, quick = sink.attach(own=True), sink.attach(own=False)
    taken = quick.batches()
    for t in range(MOST_CHANGES_BEHIND + 5):
        await sink.run(_once([SensorStatus(float(t), "shoe", "streaming", str(t))]))  # type: ignore[arg-type]
        await anext(taken)
    assert slow.closed
    assert not quick.closed


class Impatient(SystemClock):
    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(0)


async def _once(records: list[Out]) -> AsyncIterator[list[Out]]:
    yield records


async def test_a_record_is_on_the_page_within_a_quarter_of_a_second(sink: LiveFeed) -> None:
    async with serving(sink, WebSettings(port=0), None) as url:
        import websockets

        async with websockets.connect(url.replace("http", "ws") + "ws") as page:
            await page.recv()
            began = asyncio.get_running_loop().time()
            await sink.run(_once([SessionEnded("s", 1.0, "the input ended")]))
            assert "ended" in json.loads(await page.recv())["change"]
            assert asyncio.get_running_loop().time() - began < 0.25


async def test_a_text_that_is_no_utf_8_ends_its_socket_with_one_line_in_the_log(sink: LiveFeed) -> None:
    with captured_stderr() as said:
        async with serving(sink, WebSettings(port=0), None) as url:
            import websockets

            async with websockets.connect(url.replace("http", "ws") + "ws") as page:
                await page.recv()
                await page.send(b"\xff\xfe", text=True)
                with pytest.raises(websockets.ConnectionClosedError) as closed:
                    await page.recv()
                assert closed.value.rcvd is not None
                assert closed.value.rcvd.code == 1007
    (line,) = said.getvalue().splitlines()
    assert "WARNING" in line
    assert "Invalid UTF-8" in line


async def test_a_taken_port_is_told_in_one_line(sink: LiveFeed) -> None:
    async with serving(sink, WebSettings(port=0), None) as url:
        port = int(url.rsplit(":", 1)[1].strip("/"))
        with pytest.raises(ConfigError, match="choose another with --port"):
            async with serving(sink, WebSettings(port=port), None):
                pass


def test_our_own_token_is_kept_for_the_next_start(tmp_path: Path) -> None:
    folder = tmp_path / "gaitcue"
    open_to_all = WebSettings(host="0.0.0.0")
    token = needed_token(open_to_all, folder)
    assert token is not None
    assert needed_token(open_to_all, folder) == token
    assert (folder / "web-token").stat().st_mode & 0o777 == 0o600
    assert needed_token(WebSettings(), folder) == token
    (folder / "web-token").chmod(0o644)
    folder.chmod(0o755)
    assert needed_token(WebSettings(), folder) == token
    assert (folder / "web-token").stat().st_mode & 0o777 == 0o600
    assert folder.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("left", [b"", b"\n", b"abc"])
def test_a_token_that_a_full_disk_has_cut_is_none(tmp_path: Path, left: bytes) -> None:
    """An empty one would have let in whoever brings none."""
    (tmp_path / "web-token").write_bytes(left)
    token = needed_token(WebSettings(), tmp_path)
    assert len(token.reveal()) >= 22
    assert (tmp_path / "web-token").read_text().strip() == token.reveal()


def test_who_is_refused_is_one_log_line_a_minute_without_what_they_sent(
    sink: LiveFeed, caplog: pytest.LogCaptureFixture
) -> None:
    client = page_client(None, sink, network=True, token=False)
    for guess in range(9):
        assert client.get(f"/?token=guess-{guess}").status_code == 401
        assert client.get(f"/no/such/page-{guess}").status_code == 401
    assert caplog.messages == [
        "GET / was refused: without the token, or with a wrong one (401)",
        "GET no page of ours was refused: without the token, or with a wrong one (401)",
    ]
    record = caplog.records[0]
    assert (record.levelname, record.status, record.route) == ("WARNING", 401, "/")  # type: ignore[attr-defined]
    caplog.clear()
    for _ in range(5):
        with pytest.raises(WebSocketDisconnect), client.websocket_connect(NETWORK_SOCKET) as socket:
            socket.receive_text()
    assert caplog.messages == ["WEBSOCKET /ws was refused: without the token, or with a wrong one (401)"]


async def test_a_page_that_lags_is_logged_and_so_is_a_server_that_dies(
    sink: LiveFeed, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.INFO, "monitor")
    sink.attach(own=True)
    for n in range(MOST_CHANGES_BEHIND + 2):
        sink._send_message({"t_s": float(n)}, sink._own.pages)
    assert caplog.messages == ["web: a page cannot keep up and starts over"]

    async def dies(self: object, sockets: object) -> None:
        raise OSError("no more sockets")

    monkeypatch.setattr(uvicorn.Server, "serve", dies)
    server = contextlib.AsyncExitStack()
    await server.enter_async_context(serving(sink, WebSettings(port=0), None))
    await asyncio.sleep(0.01)
    assert caplog.messages[1:] == ["web server: has died"]
    with pytest.raises(OSError, match="no more sockets"):
        await server.aclose()


def test_a_token_that_is_made_is_logged_by_its_place_alone(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "monitor")
    made = needed_token(WebSettings(host="0.0.0.0"), tmp_path)
    assert made is not None
    assert caplog.messages == [f"a new token for the page is in {tmp_path / 'web-token'}"]
