"""A coach at the page of a hub, in a browser: who runs, and the live page of one of them."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Literal

from playwright.async_api import expect

from dsp.types import Activity, ActivityChange, Band, Estimate, Metric
from monitor.core.http_access import WebSettings
from monitor.core.monotonic import SystemClock
from monitor.core.nats_client import log_connection
from monitor.core.records import Out, SessionEnded, SessionStarted
from monitor.core.secret import Secret
from monitor.hub.hosted_run import RecordBatch
from monitor.hub.record_messages import pack_records
from monitor.hub.serving import show_runs
from monitor.sinks.hub.subjects import RunAddress
from tests.end_to_end.axe_source import axe_source
from tests.end_to_end.browser import browser_of_a_module
from tests.end_to_end.test_accessible_pages import complaints
from tests.hub_rig import TENANT, running_hub
from tests.web.clients import TOKEN

ANN = RunAddress(TENANT, "Ann", "2026-01-01T00-00-00-ann")
BEN = RunAddress(TENANT, "李 <b>", "2026-01-01T00-00-00-ben")

THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


def second(t_s: float, cadence_spm: float) -> list[Out]:
    return [Metric(t_s, None, Estimate("cadence_spm", cadence_spm, 1.0, "foot"))]


def start(address: RunAddress, cadence_spm: float) -> list[Out]:
    return [
        SessionStarted(address.session, address.athlete, "2026-01-01T00:00:00+00:00", ("footL",)),
        ActivityChange(1.0, Activity.RUN, 1.0),
        Band(1.0, "cadence_spm", 172.0, 168.0, 176.0),
        *second(1.0, cadence_spm),
    ]


async def test_a_coach_sees_who_runs_and_follows_one_of_them(tmp_path: Path) -> None:
    opened: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    async with running_hub(tmp_path) as hub, log_connection(hub) as log:

        async def publish(address: RunAddress, first: int, records: list[Out]) -> None:
            await log.publish(address.subject("records"), pack_records(RecordBatch(first, records)))

        await publish(ANN, 0, start(ANN, 171.0))
        await publish(BEN, 0, start(BEN, 161.0))
        web = WebSettings(port=0)
        showing = asyncio.create_task(show_runs(hub, web, Secret(TOKEN), SystemClock(), opened.set_result))
        async with browser_of_a_module() as browser:
            page, troubles = await browser.new_page(viewport={"width": 390, "height": 844}), list[str]()
            page.on("pageerror", lambda error: troubles.append(str(error)))
            page.on(
                "response", lambda answer: troubles.append(answer.url) if answer.status >= 400 else None
            )
            await page.goto(await opened)
            await expect(page.locator("#runs li")).to_have_count(2)
            ann, ben = page.locator("#runs li.inside"), page.locator("#runs li.outside")
            await expect(ann).to_contain_text("Ann")
            await expect(ann.locator(".number")).to_contain_text("171")
            await expect(ben).to_contain_text("Below target.")
            await expect(ben).to_contain_text("李 <b>")
            await expect(ben).to_contain_text("Target 168 to 176")
            for theme in THEMES:
                await page.emulate_media(color_scheme=theme)
                assert await complaints(page, axe_source()) == [], theme
            await ben.locator("a").click()
            await expect(page.locator("#cadence")).to_have_text("161")
            await publish(BEN, 4, second(2.0, 169.0))
            await expect(page.locator("#cadence")).to_have_text("169")
            await expect(page.locator("#who")).to_have_text("李 <b>")
            await page.locator("#menu").click()
            await expect(page.locator("dialog a:visible")).to_have_text("All runs")
            await page.keyboard.press("Escape")
            await expect(page.locator("#flags")).to_have_count(0)
            await expect(page.locator("#line")).to_be_hidden()
            await publish(BEN, 5, [SessionEnded(BEN.session, 3.0, "stopped")])
            await expect(page.locator("#finished")).to_be_visible()
            await page.locator("#finished").click()
            await expect(page.locator("#runs li.away")).to_contain_text("Finished")
            assert troubles == []
        showing.cancel()
        await asyncio.gather(showing, return_exceptions=True)
