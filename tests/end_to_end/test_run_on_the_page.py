"""A whole run in the runner's hand: start, laps, intervals, pauses, end, and what is shown of it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
from collections.abc import AsyncIterator, Mapping, Sequence

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, WebSocketRoute, expect

from dsp.types import Activity, ActivityChange, Band, Cue, CueKind, Estimate, Fault, Metric, Placement, Side
from monitor.core.channel import Channel
from monitor.core.http_access import WebSettings
from monitor.core.monotonic import SystemClock
from monitor.core.packet import PAUSE, Packet
from monitor.core.records import LinkState, Out, SensorStatus, SessionEnded, SessionStarted
from monitor.core.secret import Secret
from monitor.core.session_settings import (
    CoachSettings,
    IntervalPlan,
    SensorSettings,
    SessionSettings,
    TodaysLimits,
)
from monitor.pipeline.session import Session
from monitor.service.runner_wishes import RunnerWishes
from monitor.sinks.live_state import LiveState
from monitor.web.app import serving
from monitor.web.live_feed import LiveFeed
from tests.end_to_end.browser import EARS, browser_of_a_module
from tests.end_to_end.page_waits import wait_for_script

pytestmark = pytest.mark.asyncio(loop_scope="module")  # one browser for all

TOKEN = "a-run-on-the-page"
WORN = (
    SensorSettings(name="footL", kind="plain", placement=Placement.FOOT, side=Side.LEFT),
    SensorSettings(name="belt", kind="plain", placement=Placement.WAIST),
)
SETTINGS = SessionSettings(sensors=WORN, coach=CoachSettings(today=TodaysLimits(most_km=5.0)))


class OwnRun:
    """A run that the page has in its hand; the test says what second it is and what was measured."""

    def __init__(
        self, *, waits: bool = False, intervals: Mapping[str, Sequence[IntervalPlan]] | None = None
    ) -> None:
        self.now_s = 0.0
        self.session = Session(SETTINGS)
        self.wished: list[str] = []
        self.wishes = RunnerWishes(lambda: self.now_s, wait=waits)
        self.feed = LiveFeed(
            LiveState(), SystemClock(), lambda: self.now_s, 1.0, self.wishes,
            run=self.session, again=True, intervals=intervals,
        )  # fmt: skip
        self._records: Channel[Out] = Channel(10_000)
        self.tell(SessionStarted("s", "ann", "2026-11-25T07:00:00+00:00", ("footL", "belt")))
        self.wishes.open(self._follow, self._end)

    def tell(self, *records: Out) -> None:
        for record in records:
            self._records.put(record)

    def run_to(self, t_s: float) -> None:
        """Run at 3 m/s, and measure it, up to this second."""
        self.tell(ActivityChange(self.now_s, Activity.RUN, self.now_s))
        for second in range(int(self.now_s) + 1, int(t_s) + 1):
            self.tell(*self.session.timer.cover(float(second), 3.0))
            self.tell(*self.session.timer.second(float(second)))
        self.now_s = t_s
        self.tell(
            *(Metric(t_s, None, Estimate(name, value, 0.1, "foot")) for name, value in MEASURED.items()),
            Band(t_s, "cadence_spm", 172.0, 168.0, 178.0, ""),
            Band(t_s, "braking_impulse_bws", 0.03, None, 0.0345, ""),
        )

    async def serve(self) -> None:
        await self.feed.run(self._records.batches())

    def close(self) -> None:
        self._records.close()

    def _follow(self, packet: Packet) -> None:
        self.wished.append(packet.channel)
        self.tell(*self.session.timer.follow(packet.channel, packet.payload, packet.arrival_ns / 1e9))

    def _end(self) -> None:
        self.tell(SessionEnded("s", self.now_s, "stopped"))


MEASURED = {
    "cadence_spm": 171.0, "speed_mps": 3.0, "contact_ms": 241.0, "overstride_m": 0.05,
    "braking_impulse_bws": 0.036,
}  # fmt: skip


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with browser_of_a_module() as browser:
        yield browser


@contextlib.asynccontextmanager
async def opened(
    browser: Browser, run: OwnRun, width: int = 390, locale: str = "en", *, token: bool = True
) -> AsyncIterator[Page]:
    async with (
        serving(run.feed, WebSettings(port=0), Secret(TOKEN)) as url,
        asyncio.TaskGroup() as group,
    ):
        group.create_task(run.serve())
        context = await browser.new_context(
            viewport={"width": width, "height": 800}, locale=locale, service_workers="block"
        )
        page = await context.new_page()
        troubles: list[str] = []
        page.on("pageerror", lambda error: troubles.append(str(error)))
        await page.add_init_script(EARS)
        await page.goto(url if token else url.partition("?")[0])
        await expect(page.locator("#link")).to_have_text(re.compile("Live|No data"), timeout=20_000)
        yield page
        run.close()
        await context.close()
    assert troubles == []


async def test_a_run_is_started_paused_gone_on_with_and_ended_from_the_page(browser: Browser) -> None:
    run = OwnRun(waits=True)
    async with opened(browser, run) as page:
        await expect(page.locator("#paused")).to_have_text("Ready")
        run.now_s = 40.0
        await page.get_by_role("button", name="Start").click()
        await expect(page.locator("#run-pause")).to_be_visible()
        run.run_to(100.0)
        await expect(page.locator("#clock")).to_have_text(re.compile("1:0[0-9]"), timeout=10_000)
        await expect(page.locator("#distance")).to_have_text("0.18 km")
        await page.get_by_role("button", name="Lap").click()
        await expect(page.locator("#cue-words")).to_have_text("Lap 1: 1:00, 0.18 km.")
        await expect(page.locator("#run-end")).to_be_hidden()  # no tap ends a run that goes on
        await page.get_by_role("button", name="Pause").click()
        await expect(page.locator("#paused")).to_have_text("Paused")
        await expect(page.locator("#activity")).to_have_text("Paused")
        await page.get_by_role("button", name="End", exact=True).click()
        await page.get_by_role("button", name="Not yet").click()
        await page.get_by_role("button", name="Go on").click()
        await expect(page.locator("#paused")).to_be_hidden()
        assert not run.wishes.ended
        await page.get_by_role("button", name="Pause").click()
        await page.get_by_role("button", name="End", exact=True).click()
        await page.locator("#end-only").click()
        await expect(page.locator("#notice")).to_have_text("Run finished.")
        await page.get_by_role("button", name="New run").click()
        async with asyncio.timeout(10):
            await run.wishes.again.wait()
    assert run.wished == ["pause", "resume", "lap", "pause", "resume", "pause"]
    assert len(run.session.timer.pauses) == 2


async def test_who_ends_a_run_may_go_to_its_review_at_once(browser: Browser) -> None:
    run = OwnRun()
    async with opened(browser, run) as page:
        run.run_to(10.0)
        await page.locator("#run-pause").click()
        await page.locator("#run-end").click()
        async with page.expect_navigation(url=re.compile("/review/?$")):
            await page.locator("#end-review").click()
    assert run.wishes.ended


async def test_without_a_connection_the_page_says_that_nothing_was_done(browser: Browser) -> None:
    run = OwnRun()
    async with opened(browser, run) as page:
        run.run_to(10.0)
        await page.context.set_offline(True)
        await page.locator("#run-pause").click()
        await expect(page.locator("#run-trouble")).to_have_text("Not done: no connection to gaitcue")
        await page.context.set_offline(False)
        await page.locator("#run-pause").click()
        await expect(page.locator("#run-trouble")).to_be_hidden()
    assert run.wished == [PAUSE]


async def test_a_page_without_the_runners_token_has_no_buttons(browser: Browser) -> None:
    run = OwnRun()
    async with opened(browser, run, token=False) as page:
        run.run_to(10.0)
        await expect(page.locator("#cadence")).to_have_text("171")
        await expect(page.locator("#run")).to_be_hidden()
        await page.locator("#menu").click()
        await expect(page.locator("#intervals-start")).to_be_hidden()


async def test_intervals_are_chosen_on_the_page_told_by_ear_and_shown_with_their_target(
    browser: Browser,
) -> None:
    run = OwnRun()
    async with opened(browser, run, locale="de") as page:
        run.run_to(10.0)
        await page.locator("#sound").click()
        await wait_for_script(page, "heard.words.length == 1")
        await page.locator("#menu").click()
        await page.locator("#set-repeats").fill("2")
        await page.locator("#set-work").fill("1")
        await page.locator("#set-easy").fill("0.5")
        await page.locator("#set-pace").fill("4-45")
        await page.locator("#intervals-start").click()
        await expect(page.locator("#intervals-told")).to_contain_text("4:45")
        await page.locator("#set-pace").fill("4:45")
        await page.locator("#intervals-start").click()
        await expect(page.locator("#interval-name")).to_have_text("Intervall 1/2Ziel 4:45 min/km")
        await expect(page.locator("#interval-pace.out")).to_have_text("↗ 5:33")  # 3 m/s
        await wait_for_script(page, "heard.words.length == 2")
        run.run_to(75.0)
        await expect(page.locator("#interval-name")).to_have_text("Locker nach 1 von 2", timeout=10_000)
        await wait_for_script(page, "heard.words.length == 3")
        said = [words["text"] for words in (await page.evaluate("heard"))["words"]]
        assert said[1:] == ["Intervall 1 von 2: 1:00 mit 4:45 min/km.", "Locker: 0:30."]
        await page.reload()  # what was chosen is kept on this phone
        await expect(page.locator("#interval")).to_be_visible()
        assert await page.locator("#set-pace").input_value() == "4:45"
    assert [lap.trigger for lap in run.session.timer.laps] == ["manual", "time"]


async def test_intervals_of_the_plan_and_of_the_settings_are_a_tap_away(browser: Browser) -> None:
    walked = IntervalPlan(repeats=8, work_s=60, easy_s=120, walk=True)
    tuesday = IntervalPlan(repeats=5, work_s=180, easy_s=120, pace_s_per_km=285, name="Tuesday")
    run = OwnRun(intervals={"plan": [walked], "settings": [tuesday]})
    async with opened(browser, run) as page:
        run.run_to(10.0)
        await page.locator("#menu").click()
        await expect(page.locator("#intervals-offered button")).to_have_text(
            [
                "Today's plan: 8 × 1:00 running, 2:00 walking between",
                "Tuesday: 5 × 3:00, 2:00 easy between, 4:45 min/km",
            ]
        )
        await page.locator("#intervals-offered button").first.click()
        await expect(page.locator("#interval-name")).to_have_text("Run 1 of 8")
        await expect(page.locator("#cue-words")).to_have_text("Run 1 of 8: 1:00.")
        run.run_to(75.0)
        await expect(page.locator("#interval-name")).to_have_text("Walk after 1 of 8", timeout=10_000)


async def test_others_are_not_offered_what_the_plan_of_the_runner_has() -> None:
    run = OwnRun(intervals={"plan": [IntervalPlan(repeats=8, walk=True)]})
    first = [await anext(run.feed.attach(own=own).batches()) for own in (True, False)]
    own, other = (json.loads(message) for (message,) in first)
    assert own["intervals"]["plan"][0]["repeats"] == 8
    assert other["intervals"] == {}


async def test_who_runs_in_miles_hears_laps_in_miles(browser: Browser) -> None:
    run = OwnRun()
    async with opened(browser, run) as page:
        await page.locator("#sound").click()
        await page.locator("#menu").click()
        await page.locator("#set-miles").select_option("1")
        await page.locator("#menu-close").click()
        run.run_to(300.0)
        await page.locator("#run-lap").click()
        await expect(page.locator("#cue-words")).to_have_text("Lap 1: 5:00, 0.56 miles.")
        await wait_for_script(page, "heard.words.at(-1)?.text == 'Lap 1: 5:00, 0.56 miles.'")


@pytest.mark.parametrize("width", [360, 390, 820, 1280])
async def test_every_button_of_the_header_takes_a_tap_wherever_it_is_hit(
    browser: Browser, width: int
) -> None:
    run = OwnRun()
    async with opened(browser, run, width=width) as page:
        await page.set_viewport_size({"width": width, "height": 1180})
        run.run_to(20.0)
        await expect(page.locator("#cadence")).to_have_text("171")
        buttons = await page.locator("body > header :is(button, a)").all()
        shown = [button for button in buttons if await button.is_visible()]
        assert len(shown) >= 3
        for button in shown:
            box = await button.bounding_box()
            assert box is not None
            x, top, bottom = box["x"] + box["width"] / 2, box["y"] + 2, box["y"] + box["height"] - 2
            for y in (top, (top + bottom) / 2, bottom):
                hit = "([b, x, y]) => b.contains(document.elementFromPoint(x, y))"
                assert await page.evaluate(hit, [await button.element_handle(), x, y]), (
                    await button.inner_text()
                )


@pytest.mark.parametrize("width", [360, 820, 1280])
async def test_a_cue_moves_nothing_and_leaves_no_number_half_in_sight(browser: Browser, width: int) -> None:
    run = OwnRun()
    async with opened(browser, run, width=width) as page:
        run.run_to(20.0)
        await expect(page.locator("#tiles .tile").first).to_be_visible(timeout=10_000)
        chart = await page.locator("#strip").bounding_box()
        run.tell(Cue(20.0, CueKind.CORRECT, Fault.CADENCE_LOW, "cadence_spm", 160.0, 172.0, "", 80.0))
        await expect(page.locator("#cue")).to_be_visible()
        assert await page.locator("#strip").bounding_box() == chart
        cue = await page.locator("#cue").bounding_box()
        assert cue is not None
        for part in ("#totals", "#tiles"):
            below = await page.locator(part).bounding_box()
            assert below is not None
            assert cue["y"] <= below["y"]
            assert cue["y"] + cue["height"] >= below["y"] + below["height"]


async def test_tiles_are_chosen_and_put_in_order_by_buttons_and_by_hand_and_kept(browser: Browser) -> None:
    run = OwnRun()
    async with opened(browser, run) as page:
        run.run_to(10.0)
        names = page.locator("#tiles .tile-name")
        await expect(names).to_have_text(["Pace", "Ground contact time", "Overstride"], timeout=10_000)
        await page.locator("#menu").click()
        await page.get_by_role("button", name="Overstride further up").press("Enter")
        await expect(names).to_have_text(["Pace", "Overstride", "Ground contact time"])
        assert await page.get_by_label("Lap time", exact=True).is_disabled()  # three are chosen
        await page.get_by_label("Ground contact time", exact=True).uncheck()
        await page.get_by_label("Lap time", exact=True).check()
        await expect(names).to_have_text(["Pace", "Overstride", "Lap time"])
        handle = await page.locator('#tile-choice li[data-name="lap_time"] .handle').bounding_box()
        first = await page.locator("#tile-choice li").first.bounding_box()
        assert handle is not None
        assert first is not None
        x, y = handle["x"] + handle["width"] / 2, handle["y"] + handle["height"] / 2
        await page.mouse.move(x, y)
        await page.mouse.down()
        await page.mouse.move(x, first["y"] + 3, steps=8)
        await page.mouse.up()
        await expect(names).to_have_text(["Lap time", "Pace", "Overstride"])
        await page.reload()
        await expect(names).to_have_text(["Lap time", "Pace", "Overstride"], timeout=10_000)


async def test_a_load_is_its_share_of_the_normal_and_its_number_is_a_tap_away(browser: Browser) -> None:
    run = OwnRun()
    async with opened(browser, run) as page:
        run.run_to(10.0)
        await page.evaluate(
            "localStorage.setItem('cues', JSON.stringify({tiles: ['braking_impulse_bws']}))"
        )
        await page.reload()
        tile = page.locator("#tiles button")
        await expect(tile).to_have_text("Braking impulse120 % of your normal", timeout=10_000)
        await tile.click()
        await expect(tile).to_have_text(re.compile("0.0360 BW·s"))


async def test_units_are_the_runners_and_sensors_are_called_by_where_they_are_worn(
    browser: Browser,
) -> None:
    run = OwnRun()
    async with opened(browser, run) as page:
        run.run_to(100.0)
        run.tell(SensorStatus(100.0, "footL", LinkState.LOST, "gone"))
        await expect(page.locator("#notice")).to_have_text("left shoe: gone")
        assert "footL" not in await page.locator("body").inner_text()
        await page.locator("#menu").click()
        await page.select_option("#set-miles", "1")
        await expect(page.locator("#tiles .tile").first).to_have_text("Pace8:56 min/mi")
        await expect(page.locator("#distance")).to_have_text("0.19 mi")
        await expect(page.locator("#allowance-text")).to_have_text("0.0 of 3.1 miles today")


async def test_the_buttons_stay_below_wherever_the_page_is(browser: Browser) -> None:
    run = OwnRun()
    async with opened(browser, run, width=360) as page:
        run.run_to(10.0)
        run.tell(*(SensorStatus(10.0, f"s{k}", LinkState.STREAMING, "") for k in range(9)))
        await expect(page.locator(".sensor")).to_have_count(9, timeout=10_000)
        for top in (0, 10_000):
            await page.evaluate(f"scrollTo(0, {top})")
            box = await page.locator("#run").bounding_box() or {}
            assert box["y"] + box["height"] == pytest.approx(800, abs=1)


@pytest.mark.parametrize("locale", ["en", "de"])
async def test_nothing_is_wider_than_the_narrowest_phone(browser: Browser, locale: str) -> None:
    run = OwnRun()
    async with opened(browser, run, width=360, locale=locale) as page:
        run.run_to(100.0)
        await expect(page.locator("#cadence")).to_have_text("171")
        for change in (
            "document.querySelector('#radio').hidden = false",
            "document.documentElement.style.fontSize = '20px'",
            "document.documentElement.style.fontSize = '32px'",
        ):
            await page.evaluate(change)
            assert await page.evaluate("document.documentElement.scrollWidth") == 360, change
        assert await page.evaluate("getComputedStyle(document.body).fontSize") == "32px"
        await page.evaluate("document.documentElement.style.fontSize = '20px'")
        await page.locator("#menu").click()
        assert await page.evaluate("document.querySelector('#menu-box').scrollWidth") <= 0.94 * 360
        await page.locator("#menu-close").click()
        header = page.locator("body > header")
        await page.evaluate("document.documentElement.style.fontSize = ''")
        height = (await header.bounding_box() or {})["height"]
        run.feed.close()
        await page.context.set_offline(True)
        await expect(page.locator("#link")).to_have_class("pill warn")
        assert await page.evaluate("document.documentElement.scrollWidth") == 360
        assert (await header.bounding_box() or {})["height"] == height < 80
        assert await page.evaluate(CUT_OFF, "#link") == []


CUT_OFF = """(where) => {
  const whole = (box) => box.scrollWidth <= box.clientWidth || box.clientWidth === 0;
  const within = (box) => {
    const around = box.closest("dialog") ?? document.body;
    const room = around.getBoundingClientRect().right - parseFloat(getComputedStyle(around).paddingRight);
    return box.getBoundingClientRect().right <= room + 0.5;
  };
  const boxes = [...document.querySelectorAll(where)];
  return boxes.filter((box) => !whole(box) || !within(box)).map((box) => box.outerHTML);
}"""
"""What is cut off of these elements, or stands out of the padding of what they are in."""


@pytest.mark.parametrize("locale", ["en", "de"])
async def test_in_no_box_is_anything_cut_off_on_the_narrowest_phone(browser: Browser, locale: str) -> None:
    async with opened(browser, OwnRun(), width=360, locale=locale) as page:
        for opener, box, closer in (
            ("#menu", "#menu-box", "#menu-close"),
            ("#sound", "#box", "#box-close"),
            ("#flags", "#red-flags", ".flags-head button"),
        ):
            await page.locator(opener).click()
            if opener == "#sound":
                await page.locator(opener).click()  # the first turns it on
            await expect(page.locator(box)).to_be_visible()
            assert await page.evaluate(CUT_OFF, f"{box} :is(button, select, input, span, h2)") == []
            heading, button = (page.locator(f"{box} {one}").first for one in ("h2", closer))
            beside = [(await one.bounding_box() or {})["y"] for one in (heading, button)]
            assert abs(beside[0] - beside[1]) < 20  # the way out stays in the first line
            await page.locator(f"{box} {closer}").first.click()


async def test_a_page_whose_connection_has_died_without_a_word_makes_another(browser: Browser) -> None:
    """As in a tunnel: nothing is closed, and nothing comes any more."""
    run, made, dead = OwnRun(), list[WebSocketRoute](), asyncio.Event()

    def pass_on(socket: WebSocketRoute) -> None:
        made.append(socket)
        number, server = len(made), socket.connect_to_server()
        server.on_message(lambda text: None if dead.is_set() and number == 1 else socket.send(text))

    async with opened(browser, run) as page:
        await page.route_web_socket(re.compile("/ws$"), pass_on)
        await page.reload()
        run.run_to(100.0)
        await expect(page.locator("#cadence")).to_have_text("171")
        dead.set()
        await expect(page.locator("#link")).to_have_text("No data", timeout=20_000)
        run.run_to(130.0)
        await expect(page.locator("#link")).to_have_text("Live", timeout=40_000)
        await expect(page.locator("#distance")).to_have_text("0.39 km")
        assert len(made) == 2


async def test_a_time_at_the_edge_of_the_strip_is_whole(browser: Browser) -> None:
    run = OwnRun()
    async with opened(browser, run, width=360) as page:
        run.run_to(120.0)
        await expect(page.locator("#strip text", has_text="2:00")).to_be_visible()
        edges = "[...document.querySelectorAll('#strip text')].map((t) => t.getBoundingClientRect().right)"
        frame = await page.locator("#strip").bounding_box() or {}
        assert max(await page.evaluate(edges)) <= frame["x"] + frame["width"]


async def test_a_page_without_a_link_shows_no_number_as_if_it_were_of_now(browser: Browser) -> None:
    run = OwnRun()
    async with opened(browser, run) as page:
        run.run_to(100.0)
        await expect(page.locator("#cadence")).to_have_text("171")
        color = "getComputedStyle(document.querySelector('#cadence')).color"
        live = await page.evaluate(color)
        run.feed.close()
        await page.context.set_offline(True)
        await expect(page.locator("#link")).to_have_class("pill warn")
        assert (
            await page.evaluate(color)
            == await page.evaluate("getComputedStyle(document.querySelector('#average')).color")
            != live
        )
