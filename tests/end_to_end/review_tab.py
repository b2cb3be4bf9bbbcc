"""The Review tab of ``gaitcue review --web`` in a thread of the tests, which have loaded what it needs."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path

from monitor.core.http_access import WebSettings, needed_token
from monitor.core.monotonic import SystemClock
from monitor.core.secret import Secret
from monitor.service.config import load_config
from monitor.service.review_server import review_address
from monitor.service.shared_plan import sharing_desk
from monitor.sinks.live_state import LiveState
from monitor.web.app import serving
from monitor.web.live_feed import LiveFeed
from monitor.web.sharing_desk import SharingDesk


@contextlib.contextmanager
def review_tab(home: Path) -> Iterator[str]:
    """Serve the tab over the store in ``home`` with the user's settings; yield its address and token."""
    url, loop, ended = Future[str](), asyncio.new_event_loop(), asyncio.Event()
    web = WebSettings(port=0)

    async def serve(token: Secret, desk: SharingDesk) -> None:
        async with serving(LiveFeed(LiveState(), SystemClock()), web, token, home, desk) as page:
            url.set_result(review_address(page))
            await ended.wait()

    def run() -> None:
        with asyncio.Runner(loop_factory=lambda: loop) as runner:
            runner.run(serve(needed_token(web, home), sharing_desk(load_config(None))))

    thread = threading.Thread(target=run, name="review tab", daemon=True)
    thread.start()
    try:
        yield url.result(30)
    finally:
        loop.call_soon_threadsafe(ended.set)
        thread.join(20)
