"""Pictures of the pages in every state, for somebody to look at: ``make pictures``.

A simulated runner is taken to the second that a picture needs; Chromium draws the page at the widths of two
phones, a tablet and a laptop, by day and by night.
"""

from __future__ import annotations

import argparse
import asyncio
import datetime
import functools
import itertools
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, get_args

from playwright.async_api import Browser, Page, async_playwright

from dsp.types import Cue, CueKind
from monitor.core.channel import Channel
from monitor.core.http_access import WebSettings
from monitor.core.message_catalogues import Language
from monitor.core.monotonic import SystemClock
from monitor.core.packet import INTERVALS, LAP, PAUSE, Packet, wish_packet
from monitor.core.records import LinkState, Out, SensorStatus, SessionEnded, SessionStarted
from monitor.core.secret import Secret
from monitor.core.session_settings import CueSettings, IntervalPlan, SessionSettings, TodaysLimits
from monitor.pipeline.session import Session
from monitor.review.report import session_review
from monitor.review.squad_page import write_squad_page
from monitor.review.training_plan import PlanKeeper, new_entry
from monitor.service.runner_wishes import RunnerWishes
from monitor.service.squad_report import athlete_weeks
from monitor.simulation.drifting_runner import coached_settings, drifting_bouts
from monitor.simulation.simulated_runner import RadioModel, recording_of_run
from monitor.simulation.squad import SQUAD
from monitor.simulation.squad_history import past_runs
from monitor.sinks.live_state import LiveState
from monitor.storage.import_recording import import_recording
from monitor.storage.session_info import SessionInfo
from monitor.storage.store import Store
from monitor.training.plan_settings import PlanSettings
from monitor.web.app import serving
from monitor.web.live_feed import LiveFeed
from monitor.web.review_file import write_review
from monitor.web.sharing_desk import SharingDesk
from tests.end_to_end.browser import chromium
from tests.end_to_end.page_waits import wait_for_script

TOKEN = "pictures-of-a-page"
SIZES = {"360": (360, 740), "390": (390, 844), "820": (820, 1180), "1280": (1280, 800)}
LENGTH_S = 420.0
INTERVALS_CHOSEN = b'{"repeats": 5, "work_s": 180, "easy_s": 120, "pace_s_per_km": 300}'
Act = Callable[[Page], Awaitable[object]]


async def _nothing(page: Page) -> None:
    """Leave the page as it is."""


def _click(selector: str) -> Act:
    async def act(page: Page) -> None:
        await page.locator(selector).click()

    return act


async def _open_sound(page: Page) -> None:
    await page.locator("#sound").click()
    await page.locator("#sound").click()


async def _scroll_down(page: Page) -> None:
    await page.evaluate("scrollTo(0, document.body.scrollHeight)")


@dataclass(frozen=True)
class Picture:
    """A state of the live page: how far the run is, what was wished, and what is tapped first."""

    until_s: float = 200.0
    wishes: tuple[Packet, ...] = ()
    warm_up_s: float = 0.0
    learned: bool = True
    more: tuple[Out, ...] = ()
    act: Act = _nothing
    at_cue: bool = False
    link: bool = True
    view: str = ""  # of the Plan tab, instead of the live page


def _lost(t_s: float) -> tuple[Out, ...]:
    text = "footL is out of range or switched off; searching on"
    return (SensorStatus(t_s, "footL", LinkState.LOST, text, 40_000, 900, silent_s=12.0),)


PICTURES = {
    "empty": Picture(until_s=0.0),
    "ready": Picture(until_s=2.0, wishes=(wish_packet(0.0, PAUSE),)),
    "learning": Picture(until_s=90.0, learned=False),
    "muted": Picture(until_s=90.0, warm_up_s=300.0),
    "on-target": Picture(until_s=75.0),
    "cue": Picture(at_cue=True),
    "intervals": Picture(wishes=(wish_packet(60.0, LAP), wish_packet(90.0, INTERVALS, INTERVALS_CHOSEN))),
    "sensor-lost": Picture(more=_lost(201.0)),
    "lost": Picture(link=False),
    "paused": Picture(until_s=215.0, wishes=(wish_packet(200.0, PAUSE),)),
    "end": Picture(until_s=215.0, wishes=(wish_packet(200.0, PAUSE),), act=_click("#run-end")),
    "finished": Picture(until_s=400.0, more=(SessionEnded("s", 400.0, "stopped"),)),
    "menu": Picture(act=_click("#menu")),
    "sound": Picture(act=_open_sound),
    "warning-signs": Picture(act=_click("#flags")),
    "sensors": Picture(act=_scroll_down),
    "plan": Picture(until_s=0.0, view="today"),
    "log": Picture(until_s=0.0, view="diary"),
    "morning": Picture(until_s=0.0, view="morning"),
}


@functools.cache
def _diary(folder: Path) -> PlanKeeper:
    """A plan of coming back, two weeks old."""
    keeper = PlanKeeper(folder, "Ann", PlanSettings(sex="woman", born_year=1984))
    now = datetime.datetime.now(datetime.UTC).astimezone()
    keeper.add(
        new_entry(
            "declare",
            {"place": "behind", "side": "left", "reference_km": 30, "longest_km": 12},
            now - datetime.timedelta(days=14),
        )
    )
    for day in range(12, 0, -3):
        then = now - datetime.timedelta(days=day)
        run = {"km": 5.0 + day / 10, "minutes": 31, "start": f"{then:%Y-%m-%dT07:00:00}"}
        entry = new_entry("manual_run", run, then)
        felt = new_entry("after", {"session": entry.id, "during": 1, "now": 1}, then)
        next_day = then + datetime.timedelta(days=1)
        morning = {"day": f"{next_day:%Y-%m-%d}", "pain": 1 if day > 6 else 0, "as_before": True}
        keeper.add(entry, felt, new_entry("morning", morning, next_day))
    return keeper


@functools.cache
def _recording() -> tuple[SessionSettings, tuple[Packet, ...]]:
    recording = recording_of_run(drifting_bouts(LENGTH_S), RadioModel(loss=0.002))
    return coached_settings(recording.settings), tuple(recording.packets())


def _settings(picture: Picture) -> SessionSettings:
    settings, _ = _recording()
    coach = settings.coach
    assert coach is not None
    coach = replace(
        coach,
        cues=CueSettings(plan="always", warm_up_s=picture.warm_up_s),
        baseline=coach.baseline if picture.learned else None,
        today=TodaysLimits(most_km=5.0),
    )
    return replace(settings, coach=coach)


@functools.cache
def _run_until(picture: Picture) -> tuple[Session, list[Out]]:
    """The run as far as the picture is, and everything that was told of it."""
    session = Session(_settings(picture))
    names = tuple(s.name for s in session.settings.sensors)
    told: list[Out] = [SessionStarted("s", "Ann", "2026-11-25T07:00:00+00:00", names)]
    packets = sorted((*_recording()[1], *picture.wishes), key=lambda p: p.arrival_ns)
    for packet in packets:
        if packet.arrival_ns * 1e-9 > (LENGTH_S if picture.at_cue else picture.until_s):
            break
        new = session.push(packet)
        told += new
        if picture.at_cue and any(isinstance(r, Cue) and r.kind is CueKind.CORRECT for r in new):
            break
    return session, [*told, *picture.more]


REVIEWS = ("review", "week")  # pages that are files: of one run, and of the squad's week


@functools.cache
def _review_file(name: str, folder: Path, language: Language) -> Path:
    """The review of a simulated run of ten minutes after an earlier one, or the week of two runners."""
    path = folder / f"{name}-{language}.html"
    today = datetime.datetime.now(datetime.UTC)
    with Store(folder / f"{name}.db") as store:
        if name == "week":
            for run in (run for athlete in SQUAD[4:6] for run in past_runs(athlete, today.date())):
                at = run.started.isoformat()
                store.begin(SessionInfo(id=run.session, athlete=run.athlete, title="", started_utc=at))
                store.write(run.session, run.records)
                store.end(run.session, float(run.seconds))
            nobody = functools.partial(PlanKeeper, folder, settings=PlanSettings())
            write_squad_page(list(athlete_weeks(store, nobody, today)), today.date(), path, language)
            return path
        recording = recording_of_run(drifting_bouts(900.0, drift="cadence"), RadioModel(loss=0.002))
        coached = coached_settings(recording.settings, drift="cadence")
        recording = replace(recording, settings=coached, title="Easy run by the river")
        for days in (2, 0):
            when = today - datetime.timedelta(days=days)
            info = import_recording(store, folder, recording, "Ann", when)
        write_review(session_review(store, info.id, language=language), path)
    return path


async def _draw_file(browser: Browser, file: Path, look: Look, picture: Path) -> int:
    """Write the picture of a whole page that is a file; return how wide the page is."""
    width, height = SIZES[look.size]
    page = await browser.new_page(
        viewport={"width": width, "height": height}, color_scheme=look.theme, device_scale_factor=look.scale
    )
    await page.goto(file.as_uri())
    await page.wait_for_timeout(800)
    await page.screenshot(path=picture, full_page=look.whole)
    wide = int(await page.evaluate("document.documentElement.scrollWidth"))
    await page.close()
    return wide


@dataclass(frozen=True)
class Look:
    """How a page is looked at, and the folder with the runner's plan; ``whole``: files to their end."""

    size: str
    theme: Literal["light", "dark"]
    language: Language
    scale: float
    folder: Path
    whole: bool = True


def _feed_of(picture: Picture) -> tuple[LiveFeed, Channel[Out]]:
    """The page's feed of a run, and what it was told."""
    session, told = _run_until(picture)
    wishes = RunnerWishes(lambda: session.t_s)
    wishes.ended = any(isinstance(r, SessionEnded) for r in told)
    records: Channel[Out] = Channel(1_000_000)
    for record in told:
        records.put(record)
    now_s = lambda: session.t_s  # noqa: E731
    offered = {"plan": [IntervalPlan(repeats=8, work_s=60, easy_s=120, walk=True)]}
    feed = LiveFeed(
        LiveState(), SystemClock(), now_s, controls=wishes, run=session, again=True, intervals=offered
    )
    return feed, records


@asynccontextmanager
async def _page_of(browser: Browser, picture: Picture, look: Look) -> AsyncIterator[Page]:
    """The page in the state of the picture."""
    feed, records = _feed_of(picture)
    desk = SharingDesk(keeper=_diary(look.folder), deliver=None)
    async with (
        serving(feed, WebSettings(port=0), Secret(TOKEN), look.folder, desk) as url,
        asyncio.TaskGroup() as group,
    ):
        group.create_task(feed.run(records.batches()))
        width, height = SIZES[look.size]
        context = await browser.new_context(
            viewport={"width": width, "height": height}, locale=look.language, color_scheme=look.theme,
            device_scale_factor=look.scale, service_workers="block",
        )  # fmt: skip
        page = await context.new_page()
        await _open(page, url, picture)
        if not picture.link:
            feed.close()
            await context.set_offline(True)
        await picture.act(page)
        await page.wait_for_timeout(600)
        yield page
        records.close()
        await context.close()


async def _open(page: Page, url: str, picture: Picture) -> None:
    """Open the page, or the view of the plan, and wait until it stands."""
    await page.goto(url)
    if picture.view:
        await page.goto(url.replace("/?", "/plan?") + f"#{picture.view}")
        await page.wait_for_selector("#plan section, #plan form")
    else:
        await wait_for_script(page, "document.querySelector('#link.good, #finished:not([hidden])')")
    await page.wait_for_timeout(500)


async def make_pictures(folder: Path, names: list[str], looks: list[Look]) -> None:
    """Write the pictures as ``STATE-WIDTH-THEME.png``; one of a page that is too wide is named."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        for name, look in itertools.product(names, looks):
            file = f"{name}-{look.size}-{look.theme}.png"
            if name in REVIEWS:
                made = await asyncio.to_thread(_review_file, name, look.folder, look.language)
                wide = await _draw_file(browser, made, look, folder / file)
            else:
                async with _page_of(browser, PICTURES[name], look) as page:
                    await page.screenshot(path=folder / file)
                    wide = await page.evaluate("document.documentElement.scrollWidth")
            print(file, "" if wide <= SIZES[look.size][0] else f"is {wide} px wide", flush=True)
        await browser.close()


def main() -> None:
    """Make the pictures that are asked for."""
    parser = argparse.ArgumentParser(description="Pictures of the pages in every state.")
    parser.add_argument("--folder", type=Path, default=Path(".cache/pictures"))
    parser.add_argument("--only", nargs="*", choices=[*PICTURES, *REVIEWS], default=[*PICTURES, *REVIEWS])
    parser.add_argument("--sizes", nargs="*", choices=SIZES, default=list(SIZES))
    parser.add_argument("--themes", nargs="*", choices=("light", "dark"), default=["light", "dark"])
    parser.add_argument("--language", choices=get_args(Language), default="en")
    parser.add_argument("--scale", type=float, default=2.0, help="pixels of the picture in one of the page")
    parser.add_argument("--screen", action="store_true", help="of a long page only what a screen shows")
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as data:
        looks = [
            Look(size, theme, given.language, given.scale, Path(data), not given.screen)
            for size in given.sizes
            for theme in given.themes
        ]
        asyncio.run(make_pictures(given.folder, given.only, looks))


if __name__ == "__main__":
    main()
