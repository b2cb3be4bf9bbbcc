"""The pages of a hub: for whoever has the token, and only to look at."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from monitor.core.http_access import WebSettings
from monitor.core.http_guard import REFUSED_SOCKET
from monitor.core.monotonic import SystemClock
from monitor.core.secret import Secret
from monitor.hub.tenant_page import HUB_COOKIE, HUB_PAGE_RULES, NO_SUCH_RUN, hub_page_app
from monitor.hub.tenant_runs import TenantRuns
from tests.web.clients import BEARER, HOME, NETWORK, TOKEN


def client(host: str = "127.0.0.1", **headers: str) -> TestClient:
    app = hub_page_app(
        TenantRuns("club", SystemClock()), Secret(TOKEN), WebSettings(host=host), lambda: 0.0
    )
    made = TestClient(app, base_url=HOME if host == "127.0.0.1" else NETWORK)
    made.headers.update(headers)
    return made


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
@pytest.mark.parametrize("path", ["/", "/run", "/api/v1/runs", "/api/v1/legend"])
def test_runs_are_for_whoever_has_the_token_on_this_machine_too(host: str, path: str) -> None:
    assert client(host).get(path).status_code == 401
    assert client(host, Authorization="Bearer let-me-in-pleas").get(path).status_code == 401
    assert client(host, **BEARER).get(path).status_code == 200


def test_every_route_has_its_rule_and_none_changes_anything() -> None:
    app = client().app
    paths = {
        (method, route.path) for route in app.routes for method in getattr(route, "methods", None) or ()
    }  # type: ignore[attr-defined]
    assert {path for _, path in paths} <= {key.partition(" ")[2] for key in HUB_PAGE_RULES}
    assert {method for method, _ in paths} <= {"GET", "HEAD"}


def test_the_address_with_the_token_leaves_a_cookie_of_its_own() -> None:
    browser = client()
    assert browser.get(f"/?token={TOKEN}").status_code == 200
    assert list(browser.cookies.keys()) == [HUB_COOKIE]
    assert browser.get("/api/v1/runs").json() == []
    assert 'data-role="read-only"' in browser.get("/run").text


def close_code(page: TestClient) -> int:
    with (
        page.websocket_connect("ws://127.0.0.1:8765/ws?run=x") as socket,
        pytest.raises(WebSocketDisconnect) as gone,
    ):
        socket.receive_text()
    return gone.value.code


def test_a_run_that_is_not_there_ends_its_socket() -> None:
    assert close_code(client(**BEARER)) == NO_SUCH_RUN
    assert close_code(client()) == REFUSED_SOCKET


def test_files_of_the_program_are_for_anyone_and_no_others() -> None:
    assert client().get("/hub/runs.js").status_code == 200
    assert client().get("/live/watched.js").status_code == 200
    assert client(**BEARER).get("/review").status_code == 403
