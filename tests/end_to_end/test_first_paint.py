"""The measurement of how soon the live page is there goes through; what it says is for docs/scaling.md."""

from __future__ import annotations

from playwright.async_api import async_playwright

from bench.first_paint import measure_opening, serving_of_a_number
from tests.end_to_end.browser import chromium


async def test_the_page_paints_before_it_has_a_number_on_a_slow_phone_that_had_it_before_or_not() -> None:
    async with serving_of_a_number() as url, async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        for again in (False, True):
            paint_ms, number_ms = await measure_opening(browser, url, again=again)
            assert 0 < paint_ms < number_ms
        await browser.close()
