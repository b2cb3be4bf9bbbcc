"""A live page in a real Chromium that is the radio of emulated sensors, over a private D-Bus."""

from __future__ import annotations

import asyncio
import contextlib
import os
import tempfile
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from monitor.core.channel import Channel
from monitor.core.http_access import WebSettings
from monitor.core.monotonic import SystemClock
from monitor.core.packet import Packet
from monitor.core.records import Out, SensorStatus
from monitor.core.secret import Secret
from monitor.core.session_settings import SensorSettings
from monitor.pipeline.session import Session
from monitor.service.runner_wishes import RunnerWishes
from monitor.simulation.emulated.pods import Pod
from monitor.simulation.emulated.radio import Radio
from monitor.sinks.live_state import LiveState
from monitor.sources.web_bluetooth.page_run import AddLatePackets
from monitor.sources.web_bluetooth.source import WebBluetoothSource
from monitor.web.app import serving
from monitor.web.live_feed import LiveFeed
from tests.end_to_end.browser import chromium
from tests.sources.bluetooth.conftest import dbus

ARGUMENTS = (
    "--no-sandbox",
    "--enable-features=WebBluetooth,WebBluetoothNewPermissionsBackend",
    "--enable-experimental-web-platform-features",
)
TOKEN = Secret("token-of-the-page-0123456789")


@dataclass
class PageRadio:
    """The service's side: a source with its pages, and what came through it."""

    radio: Radio
    sensors: Sequence[SensorSettings]
    source: WebBluetoothSource
    folder: Path
    time: SystemClock
    packets: list[Packet] = field(default_factory=list)
    came_s: list[float] = field(default_factory=list)  # when each of them came
    statuses: list[SensorStatus] = field(default_factory=list)
    session: Session | None = None  # that follows the packets, for the page to show
    records: Channel[Out] = field(default_factory=lambda: Channel(10_000))
    url: str = ""
    listening: asyncio.Task[None] = field(init=False)
    _served: contextlib.AsyncExitStack = field(default_factory=contextlib.AsyncExitStack)

    def emit(self, item: Packet | SensorStatus) -> None:
        if isinstance(item, Packet):
            self.packets.append(item)
            self.came_s.append(self.time.now_s())
            for record in () if self.session is None else self.session.push(item):
                self.records.put(record)
        else:
            self.statuses.append(item)

    async def serve(self) -> str:
        """Begin to serve the page, on the port of before; return its address."""
        wishes = RunnerWishes(self.time.now_s)
        wishes.open(self.emit)
        feed = LiveFeed(
            LiveState(), self.time, self.time.now_s, controls=wishes, radio=self.source, run=self.session
        )
        port = int(self.url.split(":")[2].split("/")[0]) if self.url else 0
        served = serving(feed, WebSettings(port=port), TOKEN, self.folder)
        self.url = await self._served.enter_async_context(served)
        self.records = Channel(10_000)
        telling = asyncio.create_task(feed.run(self.records.batches()))
        self._served.push_async_callback(asyncio.gather, telling)
        self._served.callback(self.records.close)
        return self.url

    async def begin_another_run(self, add_late: AddLatePackets) -> None:
        """End the run of now and begin one that takes what pages still have of it, as after a restart."""
        self.listening.cancel()
        await asyncio.gather(self.listening, return_exceptions=True)
        self.source = WebBluetoothSource(self.sensors, self.time)
        self.source.begin_run("another run", add_late)
        self.listening = asyncio.create_task(self.source.run(self.emit))

    async def stop_serving(self) -> None:
        """Let nobody in any more, and everybody out."""
        await self._served.aclose()

    def of(self, sensor: str) -> list[Packet]:
        """The packets of one sensor so far."""
        return [p for p in self.packets if p.sensor == sensor]

    async def until_heard(self, sensor: str, more: int = 3) -> None:
        """Wait until so many more packets of it have come; ``TimeoutError`` after 60 s."""
        enough = len(self.of(sensor)) + more
        async with asyncio.timeout(60):
            while len(self.of(sensor)) < enough:  # noqa: ASYNC110 -- packets have no event
                await asyncio.sleep(0.05)


@dataclass
class Sent:
    """What a pod notified, and when by the clock of the session."""

    payloads: list[bytes] = field(default_factory=list)
    times_s: list[float] = field(default_factory=list)


def watch(pod: Pod, time: SystemClock) -> Sent:
    """Write down what the pod sends to somebody from now on."""
    sent, notify = Sent(), pod.notify

    async def notified(characteristic: object, value: bytes) -> bool:
        now_s = time.now_s()
        done = await notify(characteristic, value)  # type: ignore[arg-type]
        if done:
            sent.payloads.append(value)
            sent.times_s.append(now_s)
        return done

    pod.notify = notified  # type: ignore[method-assign, assignment]
    return sent


@contextlib.asynccontextmanager
async def page_radio(sensors: Sequence[SensorSettings]) -> AsyncIterator[PageRadio]:
    """Run the source and the emulated radio; pods are put on the air by the block."""
    with tempfile.TemporaryDirectory() as folder:
        async with dbus() as air:
            time = SystemClock()
            made = PageRadio(air.radio, sensors, WebBluetoothSource(sensors, time), Path(folder), time)
            made.source.begin_run("first run", None)
            made.listening = asyncio.create_task(made.source.run(made.emit))
            try:
                yield made
            finally:
                await made.stop_serving()
                made.listening.cancel()
                await asyncio.gather(made.listening, return_exceptions=True)


@contextlib.asynccontextmanager
async def browser_on_the_air() -> AsyncIterator[Browser]:
    """A Chromium whose Bluetooth is the private bus; to be opened within ``page_radio``."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=chromium(), args=[*ARGUMENTS], env={**os.environ}
        )
        yield browser
        await browser.close()


class Runner:
    """Whoever holds the phone: opens the page, and chooses devices by their names."""

    def __init__(self, context: BrowserContext) -> None:
        self._context = context
        self.troubles: list[str] = []

    async def open(self, url: str) -> Page:
        """Open the live page."""
        page = await self._context.new_page()
        page.on("pageerror", lambda error: self.troubles.append(str(error)))
        await page.goto(url)
        return page

    async def connect(self, page: Page, sensor: str, device: str) -> None:
        """Choose the device for the sensor in the box, as one would with two taps."""
        tools = await self._context.new_cdp_session(page)
        chosen = asyncio.get_running_loop().create_future()

        def prompted(event: dict[str, Any]) -> None:
            found = [d["id"] for d in event["devices"] if d["name"] == device]
            if found and not chosen.done():
                chosen.set_result((event["id"], found[0]))

        tools.on("DeviceAccess.deviceRequestPrompted", prompted)
        await tools.send("DeviceAccess.enable")
        if not await page.locator("#radio-box").is_visible():
            await page.locator("#radio").click()
        await page.locator(f'[data-sensor="{sensor}"] button').click()
        async with asyncio.timeout(60):
            prompt, device_id = await chosen
        await tools.send("DeviceAccess.selectPrompt", {"id": prompt, "deviceId": device_id})
        await tools.detach()
