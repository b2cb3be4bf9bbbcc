"""The Review tab on its own, while no run is going on."""

from __future__ import annotations

import asyncio
import contextlib

from rich.console import Console

from monitor.core.http_access import WebSettings, needed_token
from monitor.core.monotonic import SystemClock
from monitor.service.config import Config, data_folder
from monitor.service.live_session import print_address
from monitor.service.session_store import open_store
from monitor.service.shared_plan import sharing_desk
from monitor.sinks.live_state import LiveState
from monitor.web.app import serving
from monitor.web.live_feed import LiveFeed


def serve_review(config: Config, web: WebSettings, console: Console) -> None:
    """Serve the Review tab over the stored sessions until Ctrl-C, and show its address on the console.

    Raises ``ConfigError`` if the port is taken, ``StoreError`` if the store cannot be opened.
    """
    open_store(config).close()  # completes what a killed program left behind
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(config, web, console))


async def _serve(config: Config, web: WebSettings, console: Console) -> None:
    folder = data_folder(config)
    token = needed_token(web, folder)
    sink = LiveFeed(LiveState(), SystemClock())
    async with serving(sink, web, token, folder, sharing_desk(config)) as url:
        await asyncio.to_thread(print_address, review_address(url), web, folder, console)
        await asyncio.Event().wait()


def review_address(url: str) -> str:
    """Return the address of the Review tab of the page at ``url``, with the same token."""
    return url.replace("/?", "/review?") if "?" in url else f"{url}review"
