"""The page as a coach: what is shown, heard and said when a cue comes, and when none comes."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import re
import ssl
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio
import websockets
from playwright.async_api import Browser, Page, expect

from dsp.types import Activity, ActivityChange, Band, Cue, CueKind, Estimate, Fault, Metric, Step
from monitor.core.channel import Channel
from monitor.core.errors import ConfigError
from monitor.core.http_access import WebSettings
from monitor.core.monotonic import SystemClock
from monitor.core.records import Out, SessionEnded, SessionStarted
from monitor.sinks.live_state import LiveState
from monitor.web.app import serving
from monitor.web.live_feed import LiveFeed
from tests.broker import program
from tests.end_to_end.browser import BEAT_HZ, EARS, Tone, browser_of_a_module, tones
from tests.end_to_end.page_waits import wait_for_script

pytestmark = pytest.mark.asyncio(loop_scope="module")  # one browser for all

STEP_S = 60 / 164
KNOWN_AFTER_S = 0.25  # what a detector needs to be sure of a step
PHONE = {"width": 390, "height": 844}


class Service:
    """A page with a session behind it whose time is the test's to tell."""

    def __init__(self) -> None:
        self.began_s = time.time()
        self.sink = LiveFeed(LiveState(), SystemClock(), lambda: self.now_s)
        self._records: Channel[Out] = Channel(10_000)
        self.tell(SessionStarted("s", "ann", "2026-11-25T07:00:00+00:00", ("left", "right")))

    @property
    def now_s(self) -> float:
        return time.time() - self.began_s

    def tell(self, *records: Out) -> None:
        for record in records:
            self._records.put(record)

    async def run(self) -> None:
        await self.sink.run(self._records.batches())

    def close(self) -> None:
        self._records.close()

    async def steps(self, until_s: float, step_s: float = STEP_S) -> list[float]:
        """Run in real time; the instants of the steps."""
        made = [self.now_s]
        while made[-1] < until_s:
            await asyncio.sleep(max(0.0, made[-1] + KNOWN_AFTER_S - self.now_s))
            self.tell(Step("left", None, made[-1], None))
            self.tell(Metric(made[-1], None, Estimate("cadence_spm", 60 / step_s, 0.5, "foot")))
            self.tell(band(made[-1]))
            made.append(made[-1] + step_s)
        return made[:-1]


def band(t_s: float, muted: str = "") -> Band:
    return Band(t_s, "cadence_spm", 172.0, 168.0, 178.0, muted)


def cue(t_s: float, kind: CueKind = CueKind.CORRECT, lasts_s: float = 8.0, withheld: str = "") -> Cue:
    fault = Fault.CADENCE_LOW if kind is CueKind.CORRECT else None
    return Cue(t_s, kind, fault, "cadence_spm", 164.0, 172.0, "cadence_low", t_s + lasts_s, withheld)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with browser_of_a_module("--autoplay-policy=user-gesture-required") as browser:
        yield browser


@contextlib.asynccontextmanager
async def opened(browser: Browser, service: Service, sound: bool = True) -> AsyncIterator[Page]:
    """The page on a phone, with sound unless said otherwise; no script may fail on it."""
    async with serving(service.sink, WebSettings(port=0), None) as url, asyncio.TaskGroup() as group:
        group.create_task(service.run())
        context = await browser.new_context(viewport=PHONE, locale="de-AT", has_touch=True)
        page = await context.new_page()
        troubles: list[str] = []
        page.on("pageerror", lambda error: troubles.append(str(error)))
        await page.add_init_script(EARS)
        await page.goto(url)
        await expect(page.locator("#link")).to_have_text(re.compile("Live|Keine Daten"), timeout=20_000)
        if sound:
            await page.locator("#sound").tap()
            await wait_for_script(page, "heard.words.length == 1")  # the test sound
            await page.evaluate("heard.tones.length = heard.words.length = heard.pulses.length = 0")
        yield page
        service.close()
        await context.close()
    assert troubles == []


async def heard(page: Page) -> tuple[list[Tone], list[dict[str, str]], list[object]]:
    found = await page.evaluate("heard")
    return tones(found["tones"]), found["words"], found["pulses"]


def phase(beat_s: float, steps: Sequence[float], step_s: float) -> float:
    """Where between two steps a beat falls, -0.5 to 0.5 steps; the rhythm goes on after the last."""
    return ((beat_s - steps[0]) / step_s + 0.5) % 1 - 0.5


async def test_one_tap_gives_sound_and_a_test_of_it(browser: Browser) -> None:
    async with opened(browser, Service(), sound=False) as page:
        assert (await heard(page))[0] == []
        await page.locator("#ask").tap()
        await expect(page.locator("#sound")).to_have_text("♪ an")
        await expect(page.locator("#ask")).to_be_hidden()
        await wait_for_script(page, "heard.words.length == 1")
        made, words, _ = await heard(page)
        assert [t.hz for t in made] == [659, 988]  # a rising pair
        assert words == [{"text": "Ton ist an", "lang": "de"}]


async def test_a_drift_is_cued_on_the_runners_own_steps_then_confirmed_then_silent(
    browser: Browser,
) -> None:
    service = Service()
    async with opened(browser, service) as page:
        first = await service.steps(service.now_s + 5)
        service.tell(cue(first[-1]))
        await expect(page.locator("#cue-words")).to_have_text("Schnell und leicht")
        await expect(page.locator("#cue-numbers")).to_have_text(
            "Schrittfrequenz 164, Ziel 172 Schritte/min"
        )
        await expect(page.locator("#cue-late")).to_have_text(
            re.compile(r"Kam \d+,\d s nach deinem Schritt")
        )
        await wait_for_script(page, "heard.words.length == 1")
        made, words, pulses = await heard(page)
        assert words == [{"text": "Schnell und leicht", "lang": "de"}]
        assert pulses == [220]
        assert [t.hz for t in made[:2]] == [659, 988]
        beats = [t.at_s - service.began_s for t in made if t.hz == BEAT_HZ]
        off = [phase(b, first, STEP_S) for b in beats[:4]]
        print("phase of the first beats, steps:", [round(x, 3) for x in off])
        assert max(map(abs, off)) < 0.2
        beats = [t.when_s for t in made if t.hz == BEAT_HZ]
        gaps = [b - a for a, b in itertools.pairwise(beats)]
        assert gaps[0] == pytest.approx(STEP_S, rel=0.02)
        assert all(later <= earlier + 1e-6 for earlier, later in itertools.pairwise(gaps))
        assert 20 < beats[-1] - beats[0] < 30
        # never over 2.5 % in 10 s, nor past the target
        for began, gap in zip(beats, gaps, strict=False):
            assert 60 / gap <= 164 * (1 + 0.0025 * (began - beats[0]) + 0.025)
            assert 60 / gap < 172.5

        again = await service.steps(service.now_s + 4, 60 / 171)
        await page.evaluate("heard.words.length = 0")
        service.tell(cue(again[-1], CueKind.CONFIRM))
        await expect(page.locator("#cue-words")).to_have_text("Passt wieder")
        after, words, _ = await heard(page)
        confirmed_s = max(t.at_s for t in after)
        assert [t.hz for t in after if t.at_s >= confirmed_s] == [784]  # one soft tone, the last of all
        assert words == []
        await service.steps(service.now_s + 3, 60 / 171)
        assert await heard(page) == (after, [], [220, 60])


async def test_what_is_late_withheld_or_already_heard_is_never_played(browser: Browser) -> None:
    service = Service()
    async with opened(browser, service) as page:
        made = await service.steps(service.now_s + 3)
        service.tell(cue(made[-1] - 20, lasts_s=8), cue(made[-1], withheld="experiment"))
        await service.steps(service.now_s + 1)
        await expect(page.locator("#cue")).to_be_hidden()
        service.tell(cue(service.now_s, CueKind.CONFIRM, lasts_s=600))
        await expect(page.locator("#cue")).to_be_visible()
        made, words, _ = await heard(page)
        assert ([t.hz for t in made], words) == ([784], [])
        service.sink.close()  # the link breaks; the page comes back and is told everything again
        service.tell(SessionEnded("s", service.now_s, "the input ended"))
        await wait_for_script(
            page, "document.querySelector('#notice').textContent.includes('Lauf beendet.')"
        )
        assert (await heard(page))[0] == made


async def test_the_page_says_why_it_is_silent_and_works_without_sound(browser: Browser) -> None:
    service = Service()
    async with opened(browser, service, sound=False) as page:
        service.tell(ActivityChange(0.0, Activity.RUN, 0.0), band(1.0, "warm-up"))
        await expect(page.locator("#band")).to_have_text("Ziel 168–178Keine Hinweise: Aufwärmen")
        service.tell(cue(service.now_s))
        await expect(page.locator("#cue-late")).to_have_text("Kein Ton: tippe oben auf ♪")
        assert (await heard(page))[1] == []


async def test_a_tile_shows_each_metric_with_that_role_in_its_order(browser: Browser) -> None:
    service = Service()
    async with opened(browser, service, sound=False) as page:
        names = ["overstride_m", "speed_mps", "peak_braking_bw", "contact_ms", "cadence_spm"]
        values = [0.0567, 3.0, 0.31, 241.0, 164.0]
        found = [Estimate(n, v, 0.1, "foot") for n, v in zip(names, values, strict=True)]
        service.tell(*(Metric(1.0, None, estimate) for estimate in found))
        tiles = page.locator("#tiles .tile")
        await expect(tiles).to_have_text(
            ["Tempo5:33 min/km", "Bodenkontaktzeit241 ms", "Overstride5,7 cm"], timeout=10_000
        )


async def test_another_language_is_chosen_while_the_run_goes_on(browser: Browser) -> None:
    service = Service()
    async with opened(browser, service) as page:
        service.tell(Metric(1.0, None, Estimate("overstride_m", 0.0567, 0.1, "foot")), band(1.0, "warm-up"))
        lost = "left is silent. No numbers and no cues until it is back."
        service.tell(Cue(1.0, CueKind.NOTICE, None, "", 0.0, 0.0, "sensor_lost", 600.0, "", lost))
        await expect(page.locator("#cue-numbers")).to_contain_text("Keine Daten von left.")
        await page.locator("#sound").tap()
        await page.select_option("#set-language", "en")
        await expect(page.locator("#box-title")).to_have_text("Sound and cues")
        await page.locator("#box-close").tap()
        await expect(page.locator("#sound")).to_have_text("♪ on")  # it stays on
        await expect(page.locator("#tiles .tile")).to_have_text(["Overstride5.7 cm"])
        await expect(page.locator("#band")).to_have_text("Target 168–178No cues: warming up")
        assert await page.evaluate("document.documentElement.lang") == "en"
        await page.reload()
        await expect(page.locator("#ask")).to_have_text("Tap to turn sound on")


async def test_the_page_opens_as_an_app_without_a_link(browser: Browser) -> None:
    service = Service()
    async with opened(browser, service) as page:
        await page.evaluate("navigator.serviceWorker.ready")
        await page.reload()
        await wait_for_script(page, "navigator.serviceWorker.controller")
        manifest = await page.evaluate("fetch('live/gaitcue.webmanifest').then((r) => r.json())")
        assert {i["sizes"] for i in manifest["icons"]} >= {"192x192", "512x512"}
        await page.context.set_offline(True)
        await page.reload()
        await expect(page.locator("#link")).to_have_text("Offline …")
        kept = await page.evaluate(
            "caches.open('gaitcue-9').then((c) => c.keys()).then((k) => k.map((r) => r.url))"
        )
        assert len(kept) > 20
        assert not [url for url in kept if "/api/" in url or "token" in url]


async def test_in_the_pocket_the_page_is_black_and_deaf_until_it_is_held(browser: Browser) -> None:
    async with opened(browser, Service()) as page:
        await page.locator("#sound").tap()
        await page.locator("#pocket-start").tap()
        await expect(page.locator("#pocket")).to_be_visible()
        await page.mouse.click(200, 40)  # where the sound switch lies
        await expect(page.locator("#box")).to_be_hidden()
        await expect(page.locator("#pocket")).to_be_visible()
        await page.mouse.down()
        await expect(page.locator("#pocket")).to_be_hidden()
        await page.mouse.up()


async def test_over_https_a_phone_may_install_the_page_and_keep_it_awake(
    browser: Browser, tmp_path: Path
) -> None:
    secrets = Path(__file__).parents[2] / "config" / "mosquitto" / "secrets.sh"
    program("openssl", "openssl")
    program("mosquitto_passwd", "mosquitto")
    made = await asyncio.create_subprocess_exec(secrets, tmp_path, "127.0.0.1", "me")
    assert await made.wait() == 0
    encrypted = WebSettings(port=0, certificate=tmp_path / "server.crt", key=tmp_path / "server.key")
    service = Service()
    async with serving(service.sink, encrypted, None) as url:
        assert url.startswith("https://")
        trusting = ssl.create_default_context(cafile=tmp_path / "ca.crt")
        async with websockets.connect(url.replace("https", "wss") + "ws", ssl=trusting) as page:
            assert "all" in await page.recv()
        context = await browser.new_context(ignore_https_errors=True)
        shown = await context.new_page()
        await shown.goto(url)
        assert await shown.evaluate("isSecureContext && 'wakeLock' in navigator")
        await context.close()
    with pytest.raises(ConfigError, match="cannot be used"):
        async with serving(service.sink, replace(encrypted, key=tmp_path / "ca.key"), None):
            pass
