"""All ways to the runner at once: one that is slow or dead delays nothing else and is shown as such."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web

from monitor.core.message_catalogues import catalogue
from monitor.core.monotonic import SystemClock
from monitor.core.mqtt_client import MqttSettings
from monitor.core.records import LinkState, SensorStatus, SinkStatus
from monitor.core.retry import Backoff
from monitor.pipeline.session import Session
from monitor.service.serve import ServeParams, serve
from monitor.sinks.live_state import LiveState
from monitor.sinks.mqtt.sink import MqttSink
from monitor.sinks.outbox import OutboxParams
from monitor.sinks.push.alerts import Alerts, AlertSettings
from monitor.sinks.push.ntfy import NtfySettings, NtfyTopic
from monitor.sinks.push.sink import PushSink
from monitor.sources.protocol import Emit
from monitor.storage.session_info import SessionInfo
from monitor.storage.store import Store
from monitor.web.live_feed import LiveFeed
from tests.ports import free_port
from tests.service.test_serve import SETTINGS, STARTED, Kept, readings

catalogue("en")  # read before there is a loop to block
SECONDS = 120


class Run:
    """Two minutes of packets at once, with a sensor that is lost in the middle; ends when told."""

    name = "run"
    live = False

    def __init__(self) -> None:
        self.over = asyncio.Event()

    async def run(self, emit: Emit) -> None:
        for n, packet in enumerate(readings(SECONDS)):
            emit(packet)
            if n == SECONDS // 2:
                emit(SensorStatus(float(n), "watch", LinkState.SILENT, "silent", silent_s=60.0))
        await self.over.wait()


@pytest.fixture
async def slow_server() -> AsyncIterator[str]:
    """Takes a post and does not answer."""

    over = asyncio.Event()

    async def take(request: web.Request) -> web.Response:
        await over.wait()
        return web.Response()

    app = web.Application()
    app.router.add_post("/", take)
    runner = web.AppRunner(app, shutdown_timeout=0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}/"
    over.set()
    await runner.cleanup()


async def test_a_dead_broker_and_a_slow_push_server_cost_the_page_nothing(
    tmp_path: Path, slow_server: str
) -> None:
    def made() -> tuple[Store, MqttSink]:
        store = Store(tmp_path / "s.db")
        store.begin(
            SessionInfo(id=STARTED.session, athlete="me", title="", started_utc=STARTED.started_utc)
        )
        quick = Backoff(first_s=0.1, longest_s=0.1)
        dead = MqttSettings(host="127.0.0.1", port=free_port())
        return store, MqttSink(dead, store, STARTED, SystemClock(), OutboxParams(backoff=quick), quick)

    store, mqtt = await asyncio.to_thread(made)
    time, kept, source, page = SystemClock(), Kept(), Run(), LiveFeed(LiveState(900), SystemClock())
    alerts = Alerts(AlertSettings(), STARTED.started_utc)
    push = PushSink(
        "ntfy", alerts, NtfyTopic(NtfySettings(topic="t", server=slow_server, timeout_s=0.2)).post, time
    )
    params = ServeParams(commit_s=0.05, deadline_s=0.2)
    sinks = [mqtt, push, page, kept]
    serving = asyncio.create_task(
        serve([source], Session(SETTINGS), sinks, STARTED, params=params, time=time)
    )

    def troubles() -> dict[str, str]:
        told = [r for r in kept.records if isinstance(r, SinkStatus) and not r.ok]
        return {r.sink: r.text for r in told}

    async with asyncio.timeout(60):
        while troubles().keys() < {"mqtt", "ntfy"}:  # noqa: ASYNC110 -- the records have no event
            await asyncio.sleep(0.02)
        assert "cannot be reached" in troubles()["mqtt"]
        assert "did not answer within 0.2 s" in troubles()["ntfy"]
        while not (page.live_state.state()["sinks"].keys() >= {"mqtt", "ntfy"}):  # noqa: ASYNC110
            await asyncio.sleep(0.02)
        assert page.live_state.state()["now"]["cadence_spm"]["t_s"] > SECONDS - 3
        source.over.set()
        ended = await serving
    assert ended.reason == "the input ended"
    assert isinstance(kept.records[-1], type(ended))
    await asyncio.to_thread(store.close)
