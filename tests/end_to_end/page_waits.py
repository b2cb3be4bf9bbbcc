"""Waiting on a page whose policy forbids to evaluate a text, which Playwright's own way of waiting does."""

from __future__ import annotations

import asyncio

from playwright.async_api import Page


async def wait_for_script(page: Page, expression: str, seconds: float = 30.0) -> None:
    """Return when an expression is true on the page; ``TimeoutError`` after so long."""
    async with asyncio.timeout(seconds):
        while not await page.evaluate(f"Boolean({expression})"):  # noqa: ASYNC110 - the page sets no event
            await asyncio.sleep(0.05)
