"""How soon the live page is there on a slow phone: in Chromium, with a slowed-down network and processor.

``paint_ms`` is what Chromium reports as first contentful paint; ``number_ms`` is when the cadence is there.
"""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import statistics
from collections.abc import AsyncIterator
from typing import Any

from dsp.types import Estimate, Metric
from monitor.core.http_access import WebSettings
from monitor.core.monotonic import SystemClock
from monitor.core.records import Out, SessionStarted
from monitor.sinks.live_state import LiveState
from monitor.web.app import serving
from monitor.web.live_feed import LiveFeed

SLOW_PHONE = {
    "offline": False,
    "latency": 150,
    "downloadThroughput": 1.6e6 / 8,
    "uploadThroughput": 0.75e6 / 8,
}
"""Lighthouse's slow 4G: 150 ms there and back, 1.6 Mbit/s down, 0.75 up."""
SLOWER_CPU = 4
"""Lighthouse's phone: a processor four times slower than this machine's."""
_ROUNDS = 5
_NUMBER = "#cadence:text-is('171')"
_PAINT = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime"


async def _records() -> AsyncIterator[list[Out]]:
    yield [
        SessionStarted("s", "ann", "2026-11-25T07:00:00+00:00", ("pod",)),
        Metric(1.0, None, Estimate("cadence_spm", 171.0, 0.1, "foot")),
    ]


async def measure_opening(browser: Any, url: str, *, again: bool) -> tuple[float, float]:
    """Return the milliseconds to the first paint and to the number; ``again``: the phone had it before."""
    context = await browser.new_context(viewport={"width": 360, "height": 740}, device_scale_factor=2)
    page = await context.new_page()
    if again:
        await page.goto(url)
        await page.evaluate("navigator.serviceWorker.ready.then(() => undefined)")
        await page.locator(_NUMBER).wait_for()
    tools = await context.new_cdp_session(page)
    await tools.send("Network.enable")
    await tools.send("Network.emulateNetworkConditions", SLOW_PHONE)
    await tools.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER_CPU})
    await page.goto(url, wait_until="commit")
    await page.locator(_NUMBER).wait_for()
    found = float(await page.evaluate(_PAINT)), float(await page.evaluate("performance.now()"))
    await context.close()
    return found


@contextlib.asynccontextmanager
async def serving_of_a_number() -> AsyncIterator[str]:
    """Serve a live page that has one number; yields its address."""
    feed = LiveFeed(LiveState(), SystemClock())
    await feed.run(_records())
    async with serving(feed, WebSettings(port=0), None) as url:
        yield url


async def _cases() -> list[dict[str, str | float]]:
    from playwright.async_api import async_playwright

    browser_path = shutil.which("chromium") or shutil.which("chromium-browser")
    if browser_path is None:
        return []
    out = list[dict[str, str | float]]()
    async with serving_of_a_number() as url, async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=browser_path, args=["--no-sandbox"])
        for name, again in (("for the first time", False), ("opened before", True)):
            times = [await measure_opening(browser, url, again=again) for _ in range(_ROUNDS)]
            paint, number = (statistics.median(column) for column in zip(*times, strict=True))
            out.append(
                {"case": f"live page on a slow phone, {name}", "paint_ms": paint, "number_ms": number}
            )
        await browser.close()
    return out


def cases() -> list[dict[str, str | float]]:
    """Return the medians of five openings each, of a new phone and of one that had the page before."""
    return asyncio.run(_cases())
