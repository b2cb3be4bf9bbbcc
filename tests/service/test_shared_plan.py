"""What a runner shares in a whole session: it arrives, and no word of the runner's goes anywhere."""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import gzip
import io
import logging
import typing
from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from dsp.types import Placement
from monitor.core.errors import InputError, SinkError
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
from monitor.service.config import Config, StoreSettings
from monitor.service.runner_plan import plan_keeper, runner_now
from monitor.service.serve import ServeParams, serve
from monitor.service.shared_plan import sharing_desk
from monitor.service.wiring import SinkContext, configured_sinks
from monitor.simulation.simulated_runner import simulated_recording
from monitor.sinks.influx.settings import InfluxSettings
from monitor.sinks.influx.shared_days import SharingReport
from monitor.sinks.influx.sink import InfluxSink
from monitor.sinks.push.ntfy import NtfySettings
from monitor.sinks.session_log import SessionLog
from monitor.sinks.store import StoreSink
from monitor.sources.protocol import Emit
from monitor.storage.import_recording import import_recording
from monitor.storage.session_info import SessionInfo
from monitor.storage.store import Store
from monitor.training.entries import ENTRY_KINDS, Entry, SharedItem
from monitor.training.plan_settings import PlanSettings
from monitor.training.sharing import SHARED_ITEMS
from monitor.web.sharing_desk import SharingState
from tests.broker import Broker, listening
from tests.log_lines import captured_stderr
from tests.ports import free_port
from tests.stack.servers import TOKEN, Influx

catalogue("en")  # read before there is a loop to block
CANARY = "Kanarienvogel"
STARTED = SessionStarted("2026-11-25T07-00-00-ann", "ann", "2026-11-25T07:00:00+00:00", ("pod",))
SETTINGS = SessionSettings(
    athlete="ann", sensors=(SensorSettings(name="pod", kind="plain", placement=Placement.POD),)
)
NEEDED: dict[str, dict[str, Any]] = {
    "after": {"during": 2.0, "now": 1.0},
    "morning": {"pain": 1.0},
    "weekly": {"taking_part": 0, "volume": 0, "performance": 0, "pain": 0},
    "manual_run": {"km": 5.0, "minutes": 30.0},
    "share": {"item": "pain", "on": True},
    "declare": {"place": "behind", "side": "left"},
}


def entry_with_canaries(kind: str, now: datetime.datetime) -> Entry:
    """An entry of this kind with the word in every field that holds free text, its id too."""
    cls = ENTRY_KINDS[kind]
    hints = typing.get_type_hints(cls)
    texts = {name: CANARY for name, hint in hints.items() if hint is str and name != "replaces"}
    made = {"id": f"{CANARY}-{kind}", "made_utc": now, "day": now.date()}
    return cls(**(texts | made | NEEDED.get(kind, {})))  # type: ignore[arg-type]


def switch(config: Config, items: Iterable[SharedItem], *, on: bool, guardian: bool = False) -> None:
    sharing_desk(config).switch(items, runner_now(), on=on, guardian=guardian)


def state(config: Config) -> SharingState:
    return sharing_desk(config).state(runner_now().date())


def deliver(config: Config) -> SharingReport:
    to_server = sharing_desk(config).deliver
    assert to_server is not None
    return to_server()


def everything_shared(config: Config, *kinds: str) -> None:
    keeper, now = plan_keeper(config), runner_now().astimezone(datetime.UTC)
    keeper.add(*(entry_with_canaries(kind, now) for kind in kinds))
    switch(config, SHARED_ITEMS, on=True)


class Taking:
    """A server that takes everything, and writes it down."""

    def __init__(self) -> None:
        self.text = ""

    async def take(self, request: web.Request) -> web.Response:
        body = await request.read()
        packed = request.headers.get("Content-Encoding") == "gzip" and body[:2] == b"\x1f\x8b"
        self.text += f"{request.path_qs} {(gzip.decompress(body) if packed else body).decode()}\n"
        return web.Response(status=204 if request.path.startswith("/api") else 200, text="{}")


@contextlib.asynccontextmanager
async def taking() -> AsyncIterator[tuple[Taking, str]]:
    made, app = Taking(), web.Application()
    app.router.add_route("*", "/{path:.*}", made.take)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield made, f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


class Pod:
    """Ten seconds of a pod, then a minute of silence, which makes a push."""

    name = "given"
    live = False

    async def run(self, emit: Emit) -> None:
        values = plain.encode_values({"cadence_spm": 171.0, "speed_mps": 2.8})
        for second in range(10):
            emit(Packet("pod", second * 10**9, plain.VALUES, values))
        emit(SensorStatus(75.0, "pod", LinkState.LOST, "pod is out of range"))


async def run_session(config: Config, folder: Path) -> None:
    time = SystemClock()

    def begun() -> Store:
        store = Store(folder / "gaitcue.db")
        info = SessionInfo(id=STARTED.session, athlete="ann", title="", started_utc=STARTED.started_utc)
        store.begin(info)
        return store

    store = await asyncio.to_thread(begun)
    context = SinkContext(config=config, store=store, started=STARTED, time=time)
    sinks = await asyncio.to_thread(configured_sinks, context)
    sinks += [StoreSink(store, STARTED.session, time), SessionLog()]
    params = ServeParams(deadline_s=30, backoff=Backoff(first_s=0.05))
    await serve([Pod()], Session(SETTINGS), sinks, STARTED, params=params, time=time)
    await asyncio.to_thread(store.close)


class RawLines(logging.Handler):
    """What our own modules logged, with all fields."""

    def __init__(self) -> None:
        super().__init__()
        self.out = io.StringIO()

    def emit(self, record: logging.LogRecord) -> None:
        self.out.write(f"{record.getMessage()} {record.__dict__}\n")


@pytest.mark.filterwarnings("ignore:.*SSLSocket:pytest.PytestUnraisableExceptionWarning")
async def test_no_word_of_an_entry_is_in_a_point_a_message_a_push_or_a_log_line(tmp_path: Path) -> None:
    """One word in every text of every kind of entry, everything shared, every sink at work."""
    broker = await asyncio.to_thread(lambda: Broker(_folder(tmp_path / "broker")))
    await asyncio.to_thread(broker.start)
    raw, ours = RawLines(), logging.getLogger("monitor")
    try:
        async with taking() as (server, url), listening(broker, "ann", "#") as heard:
            config = Config(
                athlete="ann",
                store=StoreSettings(folder=tmp_path),
                influx=InfluxSettings(url=url, token=Secret(TOKEN)),
                ntfy=NtfySettings(topic="topic", server=url, token=Secret("tk_test")),
                mqtt=MqttSettings(
                    host="127.0.0.1", port=broker.port, user="ann", tls=True,
                    password=Secret(broker.password("ann")), ca_file=broker.ca_file,
                ),
            )  # fmt: skip
            kinds = [kind for kind in ENTRY_KINDS if kind != "withdrawn"]
            await asyncio.to_thread(everything_shared, config, *kinds)
            with captured_stderr(2, LogFormat.TEXT) as stderr:
                ours.addHandler(raw)
                try:
                    await run_session(config, tmp_path)
                finally:
                    ours.removeHandler(raw)
            await heard.until(lambda: len(heard.got) > 2)
            messages = repr(heard.got)
    finally:
        await asyncio.to_thread(broker.stop)
    log = (tmp_path / "runner-log" / "ann.jsonl").read_text()
    assert log.count(CANARY) > 2 * len(kinds) - 4
    for measurement in ("plan", "log", "shoe", "second"):
        assert f"{measurement},athlete=ann" in server.text
    assert "/topic" in server.text or '"topic"' in server.text  # a push went out
    assert "171" in messages
    for where, text in (
        ("points and pushes", server.text), ("messages", messages),
        ("stderr", stderr.getvalue()), ("log records", raw.out.getvalue()),
    ):  # fmt: skip
        assert CANARY not in text, where
    assert "calf" not in server.text


def _folder(path: Path) -> Path:
    path.mkdir()
    return path


def configured(tmp_path: Path, url: str | None, athlete: str = "ann") -> Config:
    influx = InfluxSettings() if url is None else InfluxSettings(url=url, token=Secret(TOKEN))
    (tmp_path / athlete).mkdir(exist_ok=True)
    return Config(athlete=athlete, store=StoreSettings(folder=tmp_path), influx=influx)


def test_a_run_delivers_at_its_beginning_what_waited_and_at_its_end_what_is_new(
    tmp_path: Path, influx: Influx
) -> None:
    config = configured(tmp_path, influx.url)
    everything_shared(config, "declare", "morning")
    assert not state(config).sent
    asyncio.run(run_session(config, tmp_path))
    assert state(config).sent
    assert influx.count("plan", "phase") == 1
    switch(config, SHARED_ITEMS, on=False)
    assert state(config).deletion_waits
    deliver(config)
    assert influx.count("plan", "phase") == influx.count("log", "morning") == 0
    assert not state(config).deletion_waits


async def send_notes(sink: InfluxSink, session: str) -> None:
    async with sink.connected():
        await sink.send_notes([session])


def test_a_pain_noted_of_a_session_is_at_the_server_while_pain_is_shared_and_no_longer(
    tmp_path: Path, influx: Influx
) -> None:
    config = configured(tmp_path, influx.url)
    with Store(tmp_path / "gaitcue.db") as store:
        session = import_recording(store, tmp_path, simulated_recording(90.0), "ann", runner_now()).id
        store.add_note(session, "pain", f"behind the knee {CANARY}", value=6.0)
        store.add_note(session, "note", "rain")

        def send() -> None:
            deliver(config)
            asyncio.run(send_notes(InfluxSink(config.influx, store, SystemClock()), session))

        switch(config, [item for item in SHARED_ITEMS if item != "pain"], on=True)
        send()
        assert (influx.count("log", "during"), influx.count("note", "text")) == (0, 1)
        switch(config, ["pain"], on=True)
        send()
        (series,) = influx.query('SELECT "during", "after" FROM "log"')
        assert [row[1:] for row in series["values"]] == [[6, 6]]
        switch(config, ["pain"], on=False)
        send()
    assert (influx.count("log", "during"), influx.count("note", "text")) == (0, 1)
    assert CANARY not in repr([influx.query(f'SELECT * FROM "{name}"') for name in ("note", "log", "plan")])


def test_two_runners_of_one_box_never_meet_in_their_points(tmp_path: Path, influx: Influx) -> None:
    for name, pain in (("ann", 2.0), ("ben", 7.0)):
        config = configured(tmp_path, influx.url, name)
        now = runner_now().astimezone(datetime.UTC)
        morning = ENTRY_KINDS["morning"](id=name, made_utc=now, day=now.date(), pain=pain)  # type: ignore[call-arg]
        plan_keeper(config).add(morning)
        switch(config, ["pain"], on=True)
        deliver(config)
    series = influx.query('SELECT "morning" FROM "log" GROUP BY "athlete"')
    found = {s["tags"]["athlete"]: [row[1] for row in s["values"]] for s in series}
    assert found == {"ann": [2], "ben": [7]}


def test_deleting_the_log_ends_sharing_and_deletes_what_was_sent(tmp_path: Path, influx: Influx) -> None:
    config = configured(tmp_path, influx.url)
    everything_shared(config, "declare", "morning")
    deliver(config)
    assert influx.count("log", "morning") == 1
    plan_keeper(config).delete()
    assert state(config).deletion_waits
    assert deliver(config).deleted
    assert influx.count("log", "morning") == influx.count("plan", "phase") == 0


def test_a_server_that_is_away_ends_no_run_and_is_asked_at_the_next(tmp_path: Path) -> None:
    config = configured(tmp_path, f"http://127.0.0.1:{free_port()}")
    everything_shared(config, "declare")
    with pytest.raises(SinkError):
        deliver(config)
    assert not state(config).deletion_waits


def test_only_a_guardian_switches_on_for_a_runner_under_sixteen(tmp_path: Path) -> None:
    config = Config(
        athlete="kim",
        store=StoreSettings(folder=tmp_path),
        plan=PlanSettings(born_year=runner_now().year - 12),
    )
    with pytest.raises(InputError):
        switch(config, ["pain"], on=True)
    switch(config, ["pain"], on=True, guardian=True)
    assert state(config).items == {"pain"}
    switch(config, ["pain"], on=False)
    assert state(config).items == frozenset()
