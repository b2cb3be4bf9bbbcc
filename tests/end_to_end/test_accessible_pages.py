"""The live page for everybody: axe-core finds nothing, by day and by night, in large text too."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from typing import Literal

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from dsp.types import Cue, CueKind, Fault
from monitor.core.packet import INTERVALS, PAUSE
from monitor.core.records import LinkState, SensorStatus, SinkStatus
from tests.end_to_end.axe_source import axe_source
from tests.end_to_end.browser import browser_of_a_module
from tests.end_to_end.page_waits import wait_for_script
from tests.end_to_end.test_run_on_the_page import OwnRun, opened

pytestmark = pytest.mark.asyncio(loop_scope="module")  # one browser for all

THEMES: Sequence[Literal["light", "dark"]] = ("light", "dark")


@pytest.fixture(scope="module")
def axe() -> str:
    return axe_source()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with browser_of_a_module() as browser:
        yield browser


def nothing(run: OwnRun) -> None:
    """A run as it goes."""


def paused(run: OwnRun) -> None:
    run.wishes.ask_timer(PAUSE)


def troubled(run: OwnRun) -> None:
    run.tell(SensorStatus(20.0, "footL", LinkState.LOST, "gone"), SinkStatus(20.0, "influx", False, "away"))


def in_intervals(run: OwnRun) -> None:
    run.wishes.ask_timer(INTERVALS, b'{"repeats": 3, "work_s": 60, "easy_s": 60, "pace_s_per_km": 300}')


def cued(run: OwnRun) -> None:
    run.tell(Cue(20.0, CueKind.CORRECT, Fault.CADENCE_LOW, "cadence_spm", 160.0, 172.0, "", 80.0))


def ended(run: OwnRun) -> None:
    run.wishes.end_run()


async def complaints(page: Page, axe: str) -> list[str]:
    """What axe-core finds wrong: the rule, and the first element that breaks it."""
    await page.evaluate(axe)
    found = await page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [f"{rule['id']}: {node['html']}" for rule in found["violations"] for node in rule["nodes"][:1]]


@pytest.mark.parametrize("happens", [nothing, paused, troubled, in_intervals, cued, ended])
async def test_nothing_is_wrong_with_any_state(
    browser: Browser, axe: str, happens: Callable[[OwnRun], None]
) -> None:
    run = OwnRun()
    async with opened(browser, run, locale="de") as page:
        run.run_to(20.0)
        happens(run)
        await page.reload()
        await expect(page.locator("#tiles .tile").first).to_be_visible(timeout=10_000)
        for theme in THEMES:
            await page.emulate_media(color_scheme=theme)
            is_light = "document.documentElement.classList.contains('light')"
            await wait_for_script(page, is_light if theme == "light" else f"!{is_light}")
            assert await complaints(page, axe) == [], theme


@pytest.mark.parametrize("opens", ["#menu", "#sound", "#flags", "#radio", "#run-end"])
async def test_nothing_is_wrong_with_any_box(browser: Browser, axe: str, opens: str) -> None:
    run = OwnRun()
    async with opened(browser, run) as page:
        run.run_to(20.0)
        if opens == "#run-end":
            await page.locator("#run-pause").click()
        if opens == "#sound":
            await page.locator(opens).click()
        await page.evaluate("document.querySelector('#radio').hidden = false")
        await page.locator(opens).click()
        await expect(page.locator("dialog[open]")).to_be_visible()
        assert await complaints(page, axe) == []


async def test_large_text_stays_on_the_phone(browser: Browser, axe: str) -> None:
    run = OwnRun()
    async with opened(browser, run, width=360) as page:
        run.run_to(20.0)
        await page.evaluate("document.documentElement.style.fontSize = '32px'")  # 200 %
        await expect(page.locator("#tiles .tile").first).to_be_visible(timeout=10_000)
        assert await page.evaluate("document.documentElement.scrollWidth") == 360
        assert await complaints(page, axe) == []


async def test_axe_finds_what_is_wrong(browser: Browser, axe: str) -> None:
    async with opened(browser, OwnRun()) as page:
        await page.evaluate("document.querySelector('#menu').removeAttribute('aria-label')")
        await page.evaluate("document.querySelector('#menu').textContent = ''")
        assert [line.split(":")[0] for line in await complaints(page, axe)] == ["button-name"]
