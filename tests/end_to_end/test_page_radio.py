"""Sensors that the live page hears in a real Chromium: whole, in time and once, whatever breaks."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass

import pytest
from bumble.device import Connection
from playwright.async_api import Locator, Page, expect

from dsp.types import Placement, Side
from monitor.core.monotonic import SystemClock
from monitor.core.packet import RUNNER, Packet
from monitor.core.records import LinkState, SensorStatus
from monitor.core.session_settings import SensorSettings, SessionSettings
from monitor.devices.device_information import BATTERY
from monitor.pipeline.session import Session
from monitor.simulation.emulated.imus import Movesense
from monitor.simulation.emulated.pods import Pod, RunningPod, Strap
from monitor.sources.bluetooth.families import bluetooth_families
from monitor.sources.bluetooth.source import BluetoothSource
from tests.deep import DEEP
from tests.page_radio import PageRadio, Runner, Sent, browser_on_the_air, page_radio, watch
from tests.sources.bluetooth.conftest import dbus

IN_THE_AIR = 180  # notifications of a shoe in three seconds, in which a link ends on a slow machine
AWAY_S = 60.0 if DEEP else 5.0
OWN_TIME = (
    0.25  # of an absence; stamped when they come, half of those that waited are later than half of it
)
LEFT, RIGHT = "Movesense 204830000001", "Movesense 204830000002"
SHOES = (
    SensorSettings(name="left", kind="movesense", placement=Placement.FOOT, side=Side.LEFT, match=LEFT),
    SensorSettings(name="right", kind="movesense", placement=Placement.FOOT, side=Side.RIGHT, match=RIGHT),
)
POD = SensorSettings(name="pod", kind="rsc", placement=Placement.POD)
HEART = SensorSettings(name="heart", kind="heart_rate", placement=Placement.POD, match="Strap")
DEVICES = {"left": LEFT, "right": RIGHT, "pod": "RunPod 1", "heart": "Strap 7"}


@pytest.fixture(autouse=True)
def _families_are_read() -> None:
    bluetooth_families()


@dataclass
class Run:
    """A run with its pods on the air, a runner with a phone, and the page that is open."""

    rig: PageRadio
    runner: Runner
    page: Page
    pods: dict[str, Pod]
    sent: dict[str, Sent]

    async def connect(self, *names: str) -> None:
        for name in names:
            await self.runner.connect(self.page, name, DEVICES[name])
            await expect(self.row(name)).to_contain_text("sending", timeout=30_000)
            await self.rig.until_heard(name, 1)

    def row(self, name: str) -> Locator:
        """What the box says of a sensor."""
        return self.page.locator(f'[data-sensor="{name}"] span')

    def payloads(self, name: str) -> list[bytes]:
        return [p.payload for p in self.rig.of(name) if p.channel != BATTERY]

    async def until_all_is_here(self, name: str) -> None:
        """Wait until what was sent up to now has come, and at least one; the battery may come before."""
        enough = max(1, len(self.sent[name].payloads))
        async with asyncio.timeout(60):
            while len(self.payloads(name)) < enough:  # noqa: ASYNC110 -- packets have no event
                await asyncio.sleep(0.05)

    async def until_newest_is_here(self, name: str) -> None:
        """Wait until the newest of what was sent up to now has come, whatever was lost in the air."""
        sent = self.sent[name].payloads
        newest = next(p for p in reversed(sent) if sent.count(p) == 1)  # some hold nothing but zeros
        async with asyncio.timeout(60):
            while newest not in self.payloads(name):  # noqa: ASYNC110 -- packets have no event
                await asyncio.sleep(0.05)

    async def until_another_link(self, name: str, before: Sequence[Connection]) -> None:
        """Wait until it sends over a link that is none of those ``before``."""
        pod = self.pods[name]
        async with asyncio.timeout(60):
            while not pod.connections or {*pod.connections} & {*before}:  # noqa: ASYNC110 -- nobody tells
                await asyncio.sleep(0.02)
        await expect(self.row(name)).to_contain_text("sending", timeout=30_000)

    async def until_sent(self, name: str, more: int) -> None:
        """Wait until it has sent so many more."""
        sent = self.sent[name].payloads
        enough = len(sent) + more
        async with asyncio.timeout(60):
            while len(sent) < enough:  # noqa: ASYNC110 -- packets have no event
                await asyncio.sleep(0.02)

    async def tap(self, wish: str) -> tuple[float, float]:
        """Tap a button of the run; return between which seconds of the session that was."""
        earliest_s = self.rig.time.now_s()
        await self.page.locator(f"#run-{wish}").click()
        return earliest_s, self.rig.time.now_s()

    def last_link(self, name: str) -> int:
        """How often its link has broken; one that was never set up may have brought answers already."""
        links = [p.link for p in self.rig.of(name)]
        assert links == sorted(links)
        return links[-1]

    def late_by_sent_s(self, name: str) -> dict[int, float]:
        """How much later than sent each packet is stamped, by its place among those that were sent."""
        sent, late_s, at = self.sent[name], dict[int, float](), 0
        for packet in self.rig.of(name):
            if packet.channel != BATTERY:
                found = sent.payloads.index(packet.payload, at)
                late_s[found], at = packet.arrival_ns / 1e9 - sent.times_s[found], found + 1
        return late_s

    def assert_whole(self, name: str, breaks: int = 0, since: int = 0) -> None:
        """Everything in order and once, each packet from when it was sent; ``since`` as many were sent.

        A link that breaks takes with it what is in the air until it has ended.
        """
        late_s = {k: late for k, late in self.late_by_sent_s(name).items() if k >= since}
        assert max(late_s) + 1 - since - len(late_s) <= breaks * IN_THE_AIR
        assert_own_time(late_s.values())

    def assert_own_time_while_away(self, name: str, from_s: float, until_s: float) -> None:
        """What was sent in this time is stamped with when it was sent, not with when it came."""
        times_s = self.sent[name].times_s
        assert_own_time(
            late for k, late in self.late_by_sent_s(name).items() if from_s < times_s[k] < until_s
        )


def assert_own_time(late_s: Iterable[float]) -> None:
    ordered = sorted(late_s)
    assert ordered[0] > -0.1  # of two clocks
    assert ordered[len(ordered) // 2] < OWN_TIME * AWAY_S


@contextlib.asynccontextmanager
async def running(*sensors: SensorSettings, followed: bool = False) -> AsyncIterator[Run]:
    async with page_radio(sensors) as rig:
        if followed:
            rig.session = Session(SessionSettings(sensors=tuple(sensors)))
        made: dict[str, Pod] = {
            "left": Movesense(rig.radio, LEFT.split()[1]),
            "right": Movesense(rig.radio, RIGHT.split()[1]),
            "pod": RunningPod(rig.radio),
            "heart": Strap(rig.radio),
        }
        pods = {s.name: made[s.name] for s in sensors}
        sent = {name: watch(pod, rig.time) for name, pod in pods.items()}
        for pod in pods.values():
            await pod.start()
        url = await rig.serve()
        async with browser_on_the_air() as browser:
            context = await browser.new_context(viewport={"width": 390, "height": 844})
            runner = Runner(context)
            yield Run(rig, runner, await runner.open(url), pods, sent)
            await context.close()
        assert runner.troubles == []


async def heard_by_this_machine(sensors: Sequence[SensorSettings]) -> list[Packet]:
    """The same pods through the service's own radio, until the shoe is set up and each was heard."""
    packets: list[Packet] = []
    enough = Counter({s.name: 8 if s.name == "left" else 3 for s in sensors})

    def emit(item: Packet | SensorStatus) -> None:
        if isinstance(item, Packet):
            packets.append(item)

    async with dbus() as air:
        for pod in (Movesense(air.radio, LEFT.split()[1]), RunningPod(air.radio), Strap(air.radio)):
            await pod.start()
        hearing = asyncio.create_task(BluetoothSource(sensors, SystemClock()).run(emit))
        async with asyncio.timeout(60):
            while Counter(p.sensor for p in packets) & enough != enough:  # noqa: ASYNC110 -- packets have no event
                await asyncio.sleep(0.05)
        hearing.cancel()
        await asyncio.gather(hearing, return_exceptions=True)
    return packets


async def test_two_shoes_a_pod_and_a_strap_are_heard_whole_and_as_by_the_services_own_radio() -> None:
    async with running(*SHOES, POD, HEART) as run:
        await run.connect("left", "right", "pod", "heart")
        await run.rig.until_heard("left", 40)
        for name in DEVICES:
            await run.until_all_is_here(name)
            run.assert_whole(name)
            assert {p.link for p in run.rig.of(name)} == {0}
        await expect(run.row("pod")).to_contain_text("battery 87 %")
        through_page = {name: run.rig.of(name) for name in ("left", "pod", "heart")}
    own = await heard_by_this_machine([SHOES[0], POD, HEART])
    for name, packets in through_page.items():
        mine = [p for p in own if p.sensor == name]
        assert {p.channel for p in packets} >= {p.channel for p in mine if p.channel != BATTERY}
        assert packets[-1].channel in {p.channel for p in mine}
    set_up = [p.payload for p in own if p.sensor == "left"][:6]
    assert [p.payload for p in through_page["left"]][:6] == set_up  # every answer to the same conversation


async def test_a_link_that_breaks_is_made_again_and_counted() -> None:
    async with running(SHOES[0], POD) as run:
        await run.connect("left", "pod")
        await run.pods["left"].hang_up()
        await run.rig.until_heard("left", 60)
        assert [p.link for p in run.rig.of("left")] == sorted(p.link for p in run.rig.of("left"))
        assert {p.link for p in run.rig.of("left")} == {0, 1}
        assert any(s.sensor == "left" and s.link is LinkState.LOST for s in run.rig.statuses)
        assert {p.link for p in run.rig.of("pod")} == {0}
        await run.until_all_is_here("pod")
        run.assert_whole("pod")


async def test_without_a_network_everything_waits_and_comes_once_and_with_its_own_time() -> None:
    async with running(SHOES[0], POD) as run:
        await run.connect("left", "pod")
        await run.rig.stop_serving()
        heard = len(run.rig.packets)
        away_from_s = run.rig.time.now_s()
        await asyncio.sleep(AWAY_S)
        assert len(run.rig.packets) <= heard + 20  # what was on its way
        assert run.rig.source.complete_until_s() < away_from_s + 1.0  # the session waits
        before = {name: len(sent.payloads) for name, sent in run.sent.items()}
        back_s = run.rig.time.now_s()
        await run.rig.serve()
        for name in ("left", "pod"):
            assert before[name] > AWAY_S / 2
            await run.until_all_is_here(name)
            run.assert_whole(name)
            run.assert_own_time_while_away(name, away_from_s, back_s)
        assert run.rig.source.complete_until_s() > away_from_s + AWAY_S - 1.0


async def test_what_is_tapped_without_a_network_waits_and_counts_once_and_from_when_it_was_tapped() -> None:
    async with running(POD, followed=True) as run:
        await run.connect("pod")
        await run.rig.stop_serving()
        await expect(run.page.locator("#radio-link")).to_contain_text("no connection to gaitcue")
        await run.page.locator("#radio-close").click()
        bounds = [await run.tap(wish) for wish in ("lap", "pause")]
        await expect(run.page.locator("#paused")).to_have_text("Paused")
        await expect(run.page.locator("#run-waits")).to_contain_text("Pause")
        await expect(run.page.locator("#run-waits")).to_contain_text("Lap")
        await run.until_sent("pod", 2)
        bounds.append(await run.tap("resume"))
        await expect(run.page.locator("#paused")).to_be_hidden()
        await run.until_sent("pod", 2)
        assert run.rig.of(RUNNER) == []
        await run.rig.serve()
        await run.until_all_is_here("pod")
        await expect(run.page.locator("#run-waits")).to_be_hidden()
        wishes = run.rig.of(RUNNER)
        assert [p.channel for p in wishes] == ["lap", "pause", "resume"]
        for wish, (earliest_s, latest_s) in zip(wishes, bounds, strict=True):
            assert earliest_s - 0.1 < wish.arrival_ns / 1e9 < latest_s + 0.1  # of two clocks
        arrivals = [p.arrival_ns for p in run.rig.packets]
        assert arrivals == sorted(arrivals)
        assert run.rig.session is not None
        timer = run.rig.session.timer
        assert [(lap.end_s, lap.trigger) for lap in timer.laps] == [(wishes[0].arrival_ns / 1e9, "manual")]
        (pause,) = timer.pauses
        assert (pause.start_s, pause.end_s) == pytest.approx([w.arrival_ns / 1e9 for w in wishes[1:]])
        await expect(run.page.locator("#run-pause")).to_be_visible()
        await run.tap("pause")  # with a network it goes the same way, and at once
        await run.rig.until_heard(RUNNER, 1)
        await expect(run.page.locator("#paused")).to_have_text("Paused")
        assert [p.channel for p in run.rig.of(RUNNER)[3:]] == ["pause"]


async def test_what_was_tapped_without_a_network_outlasts_the_page() -> None:
    async with running(POD, followed=True) as run:
        await run.connect("pod")
        await run.rig.stop_serving()
        await expect(run.page.locator("#radio-link")).to_contain_text("no connection to gaitcue")
        await run.page.locator("#radio-close").click()
        earliest_s, latest_s = await run.tap("pause")
        await expect(run.page.locator("#run-waits")).to_contain_text("Pause")  # it is kept
        await run.page.close()
        await run.rig.serve()
        await run.runner.open(run.rig.url)
        await run.rig.until_heard(RUNNER, 1)
        (pause,) = run.rig.of(RUNNER)
        assert earliest_s - 0.1 < pause.arrival_ns / 1e9 < latest_s + 0.1
        assert run.rig.session is not None
        assert run.rig.session.timer.paused


async def test_a_link_that_breaks_without_a_network_is_made_again_by_the_page_alone() -> None:
    async with running(SHOES[0]) as run:
        await run.connect("left")
        await run.rig.stop_serving()
        await expect(run.page.locator("#radio-link")).to_contain_text("no connection to gaitcue")
        await run.pods["left"].hang_up()
        await expect(run.row("left")).to_contain_text("searching", timeout=20_000)
        await expect(run.row("left")).to_contain_text("sending", timeout=30_000)
        sent = len(run.sent["left"].payloads)
        await asyncio.sleep(2.0)
        assert len(run.sent["left"].payloads) > sent + 20  # it streams to the page
        await run.rig.serve()
        await run.until_newest_is_here("left")
        run.assert_whole("left", breaks=run.last_link("left"))
        assert run.last_link("left") >= 1


async def test_a_page_that_is_loaded_anew_loses_nothing_that_it_heard_and_takes_its_pods_up_again() -> None:
    async with running(SHOES[0]) as run:
        await run.connect("left")
        await run.rig.stop_serving()
        await run.until_sent("left", IN_THE_AIR + 60)  # more than may be lost in the air
        await run.rig.serve()
        await run.page.reload()
        await expect(run.row("left")).to_contain_text("sending", timeout=30_000)
        await run.until_newest_is_here("left")
        run.assert_whole("left", breaks=run.last_link("left"))
        assert run.last_link("left") >= 1


async def test_a_page_that_is_loaded_anew_without_a_network_is_still_the_radio() -> None:
    async with running(SHOES[0]) as run:
        await run.connect("left")
        await run.page.evaluate("navigator.serviceWorker.ready")
        await run.page.reload()  # now the service worker has what the page needs
        await expect(run.row("left")).to_contain_text("sending", timeout=30_000)
        await run.rig.stop_serving()
        before = list(run.pods["left"].connections)
        await run.page.reload()
        await run.until_another_link("left", before)
        earlier = len(run.sent["left"].payloads)
        await run.until_sent("left", 60)
        await run.rig.serve()
        await run.until_newest_is_here("left")
        run.assert_whole("left", breaks=run.last_link("left"))
        assert run.last_link("left") >= 2
        run.assert_whole("left", breaks=run.last_link("left") - 2, since=earlier)


async def test_what_waits_when_the_service_is_started_anew_goes_to_the_run_that_it_is_of() -> None:
    async with running(POD) as run:
        await run.connect("pod")
        await run.rig.stop_serving()
        in_time = len(run.payloads("pod"))
        await asyncio.sleep(AWAY_S)
        late: list[tuple[str, list[Packet]]] = []

        def add_late(session: str, packets: Sequence[Packet]) -> int:
            late.append((session, list(packets)))
            return len(packets)

        await run.rig.begin_another_run(add_late)
        sent = len(run.sent["pod"].payloads)
        await run.rig.serve()
        await run.rig.until_heard("pod", 3)
        ((session, packets),) = late
        assert session == "first run"
        heard = [p for p in packets if p.channel != BATTERY]
        assert in_time + len(heard) >= sent
        times_s = run.sent["pod"].times_s[in_time:]
        assert_own_time(p.arrival_ns / 1e9 - t for p, t in zip(heard, times_s, strict=False))
        await expect(run.page.locator("#radio-link")).not_to_contain_text("earlier run", timeout=20_000)


async def test_a_second_page_of_the_same_browser_leaves_the_sensors_to_the_first() -> None:
    async with running(POD) as run:
        await run.connect("pod")
        second = await run.runner.open(run.rig.url)
        await second.locator("#radio").click()
        await expect(second.locator("#radio-why")).to_contain_text("Another page of this browser")
        await run.rig.until_heard("pod", 2)
        await run.page.close()
        await expect(second.locator("#radio-why")).to_be_hidden()
        await run.rig.until_heard("pod", 2)


async def test_another_device_than_the_settings_name_is_refused_on_the_page() -> None:
    async with running(*SHOES) as run:
        await run.runner.connect(run.page, "left", RIGHT)
        await expect(run.row("left")).to_contain_text(f"{RIGHT} is not {LEFT}, which the settings name")
        assert run.rig.packets == []


async def test_who_brings_no_token_is_not_listened_to() -> None:
    async with running(POD) as run:
        context = await run.page.context.browser.new_context()  # type: ignore[union-attr]
        stranger = await context.new_page()
        await stranger.goto(run.rig.url.split("?")[0])
        said = await stranger.evaluate(
            """() => new Promise((resolve) => {
                const socket = new WebSocket(`ws://${location.host}/ws/radio`);
                socket.onmessage = ({ data }) => resolve(data);
                socket.onclose = ({ code }) => resolve(code);
            })"""
        )
        assert said == 4401
        await context.close()
