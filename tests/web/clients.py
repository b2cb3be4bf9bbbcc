"""Clients of the page: on this machine, on its network, with and without its token."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

from monitor.core.http_access import WebSettings
from monitor.core.monotonic import SystemClock
from monitor.core.secret import Secret
from monitor.review.training_plan import PlanKeeper
from monitor.sinks.influx.shared_days import SharingReport
from monitor.sinks.live_state import LiveState
from monitor.web.app import make_app
from monitor.web.live_feed import LiveFeed
from monitor.web.sharing_desk import SharingDesk

TOKEN = "let-me-in-please"
HOME, NETWORK = "http://127.0.0.1:8765", "http://192.168.1.20:8765"
HOME_SOCKET, NETWORK_SOCKET = "ws://127.0.0.1:8765/ws", "ws://192.168.1.20:8765/ws"
BEARER = {"Authorization": f"Bearer {TOKEN}"}


def page_client(
    folder: Path | None = None,
    sink: LiveFeed | None = None,
    *,
    network: bool = False,
    token: bool = True,
    plan: PlanKeeper | None = None,
    deliver: Callable[[], SharingReport] | None = None,
    **settings: Any,
) -> TestClient:
    """A client of a page of its own, which brings the token as a program does unless ``token`` is False.

    ``deliver`` stands for a coach's server.
    """
    feed = sink or LiveFeed(LiveState(), SystemClock())
    web = WebSettings(host="0.0.0.0" if network else "127.0.0.1", **settings)
    desk = None if plan is None else SharingDesk(keeper=plan, deliver=deliver)
    app = make_app(feed, Secret(TOKEN), folder, web, desk)
    client = TestClient(app, base_url=NETWORK if network else HOME)
    if token:
        client.headers.update(BEARER)
    return client
