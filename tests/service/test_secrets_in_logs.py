"""Every sink of a session fails, at servers that answer with what they were sent: no log has a secret."""

from __future__ import annotations

import asyncio
import contextlib
import io
import logging
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from dsp.types import Placement
from monitor.core.errors import StoreError
from monitor.core.log_format import LogFormat
from monitor.core.message_catalogues import catalogue
from monitor.core.monotonic import SystemClock
from monitor.core.mqtt_client import MqttSettings
from monitor.core.packet import Packet
from monitor.core.records import LinkState, SensorStatus, SessionStarted
from monitor.core.retry import Backoff
from monitor.core.secret import Secret
from monitor.core.session_settings import SensorSettings, SessionSettings
from monitor.devices import plain
from monitor.pipeline.session import Session
from monitor.service.config import Config
from monitor.service.serve import ServeParams, serve
from monitor.service.wiring import SinkContext, configured_sinks
from monitor.sinks.influx.settings import InfluxSettings
from monitor.sinks.push.apprise import AppriseSettings
from monitor.sinks.push.ntfy import NtfySettings
from monitor.sinks.session_log import SessionLog
from monitor.sinks.store import StoreSink
from monitor.sources.protocol import Emit
from monitor.storage.session_info import SessionInfo
from monitor.storage.store import Store
from tests.log_lines import captured_stderr

catalogue("en")  # read before there is a loop to block
STARTED = SessionStarted("2026-11-25T07-00-00-ann", "ann", "2026-11-25T07:00:00+00:00", ("pod",))
SETTINGS = SessionSettings(
    athlete="ann", sensors=(SensorSettings(name="pod", kind="plain", placement=Placement.POD),)
)
SECRET = st.text("abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ0123456789-_.~", min_size=10, max_size=30)
IN_THE_PAYLOAD = "171.25"
"""A cadence that is in what is sent, and as a number nowhere else."""


class Echoing:
    """A server that refuses everything with the status it is told, quoting headers and body."""

    def __init__(self, status: int) -> None:
        self.status = status
        self.sent = ""

    async def take(self, request: web.Request) -> web.Response:
        body = (await request.read()).decode(errors="replace")
        self.sent += f"{dict(request.headers)} {body}"
        return web.Response(status=self.status, text=f'{{"message": "{dict(request.headers)} {body}"}}')


@contextlib.asynccontextmanager
async def echoing(status: int) -> AsyncIterator[tuple[Echoing, str]]:
    made, app = Echoing(status), web.Application()
    app.router.add_route("*", "/{path:.*}", made.take)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield made, f"127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


class Pod:
    """Ten seconds of a pod, then a minute of silence, which makes a push."""

    name = "given"
    live = False

    def __init__(self, until: Callable[[], bool]) -> None:
        self._until = until

    async def run(self, emit: Emit) -> None:
        values = plain.encode_values({"cadence_spm": float(IN_THE_PAYLOAD), "speed_mps": 2.8})
        for second in range(10):
            emit(Packet("pod", second * 10**9, plain.VALUES, values))
        emit(SensorStatus(75.0, "pod", LinkState.LOST, "pod is out of range"))
        async with asyncio.timeout(30):
            while not self._until():  # noqa: ASYNC110 -- a text has no event
                await asyncio.sleep(0.05)


def filled_store(folder: Path) -> Store:
    store = Store(folder / "gaitcue.db")
    store.begin(SessionInfo(id=STARTED.session, athlete="ann", title="", started_utc=STARTED.started_utc))
    return store


def failing_at_first(store: Store) -> None:
    write, left = store.write, 2

    def failing(*arguments: Any) -> None:
        nonlocal left
        left -= 1
        if left >= 0:
            raise StoreError("error.at", where=store.path, what="database or disk is full")
        write(*arguments)

    store.write = failing  # type: ignore[method-assign]


async def run_session(config: Config, folder: Path, until: Callable[[], bool]) -> None:
    time, store = SystemClock(), await asyncio.to_thread(filled_store, folder)
    failing_at_first(store)
    context = SinkContext(config=config, store=store, started=STARTED, time=time)
    sinks = await asyncio.to_thread(configured_sinks, context)
    sinks += [StoreSink(store, STARTED.session, time), SessionLog()]
    params = ServeParams(deadline_s=0.2, backoff=Backoff(first_s=0.05))
    await serve([Pod(until)], Session(SETTINGS), sinks, STARTED, params=params, time=time)
    await asyncio.to_thread(store.close)


class RawLines(logging.Handler):
    """What our own modules logged, before anything is masked."""

    def __init__(self) -> None:
        super().__init__()
        self.out = io.StringIO()

    def emit(self, record: logging.LogRecord) -> None:
        self.out.write(f"{record.getMessage()} {record.__dict__}\n")


@pytest.mark.parametrize("status", [400, 401, 429, 503])
@pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")
@settings(
    max_examples=2,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],  # each takes seconds: nothing to shrink
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    secrets=st.lists(SECRET, min_size=6, max_size=6, unique=True),
    log_format=st.sampled_from(LogFormat),
)
async def test_no_secret_and_no_payload_is_in_any_log_line(
    tmp_path_factory: pytest.TempPathFactory, secrets: list[str], status: int, log_format: LogFormat
) -> None:
    token, ntfy_token, password, path_token, user_password, topic = secrets
    topic = "".join(c for c in topic if c.isalnum()) + "topic"
    async with echoing(status) as (server, address):
        config = Config(
            athlete="ann",
            influx=InfluxSettings(url=f"http://{address}", token=Secret(token)),
            ntfy=NtfySettings(topic=topic, server=f"http://{address}", token=Secret(ntfy_token)),
            apprise=AppriseSettings(urls=Secret(f"json://ann:{user_password}@{address}/{path_token}")),
            mqtt=MqttSettings(host="127.0.0.1", port=9, user="ann", password=Secret(password)),
        )
        raw, ours = RawLines(), logging.getLogger("monitor")

        def everything_has_failed() -> bool:
            text = stderr.getvalue()
            return IN_THE_PAYLOAD in server.sent and all(
                f"{name}: " in text for name in ("influx", "ntfy", "apprise", "mqtt", "store")
            )

        with captured_stderr(2, log_format) as stderr:
            ours.addHandler(raw)
            try:
                folder = tmp_path_factory.mktemp("run")
                await run_session(config, folder, everything_has_failed)
            finally:
                ours.removeHandler(raw)
    assert token in server.sent  # it was in the answers
    assert IN_THE_PAYLOAD in server.sent
    for where, text in (("stderr", stderr.getvalue()), ("our own records", raw.out.getvalue())):
        for private in (*secrets[:5], topic, IN_THE_PAYLOAD):
            at = text.find(private)
            assert at < 0, f"{private} in {where}: ...{text[max(0, at - 200) : at + 100]}"
    assert "mqtt: 127.0.0.1:9 cannot be reached" in stderr.getvalue()
