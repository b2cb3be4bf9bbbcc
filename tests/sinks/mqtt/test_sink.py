"""MQTT against a real Mosquitto with the shipped configuration: nothing lost, nobody elsewhere."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import itertools
import json
import logging
import re
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import jinja2
import numpy as np
import pytest

from dsp.metrics import METRICS
from dsp.types import Activity, ActivityChange, Band, Cue, CueKind, Estimate, Fault, Metric, Side
from monitor.core.channel import Channel
from monitor.core.line_answer import LineAnswer
from monitor.core.monotonic import SystemClock
from monitor.core.mqtt_client import IN_FLIGHT, MqttSettings
from monitor.core.records import LinkState, Out, SensorStatus, SessionEnded, SessionStarted
from monitor.core.retry import Backoff
from monitor.core.secret import Secret
from monitor.pipeline.announcements import SILENCES
from monitor.pipeline.cue_policy import SILENT_BY_PLAN, notice
from monitor.pipeline.load_watch import PRIVATE_NOTICES
from monitor.sinks.live_state import LiveState
from monitor.sinks.mqtt.home_assistant import MeasuredEntities, discovery_message
from monitor.sinks.mqtt.messages import state_message
from monitor.sinks.mqtt.sink import MqttSink
from monitor.sinks.outbox import OutboxParams
from monitor.storage.session_info import SessionInfo
from monitor.storage.store import Store
from tests.broker import Broker, Listener, listening

STARTED = SessionStarted(
    "2026-11-25T07-00-00-ann", "ann", "2026-11-25T07:00:00+00:00", ("left shoe", "belt")
)
QUICK = Backoff(first_s=0.1, longest_s=0.2)
PARAMS = OutboxParams(limit=100, every_s=0.05, history=False, backoff=QUICK)

pytestmark = pytest.mark.filterwarnings("ignore:.*SSLSocket:pytest.PytestUnraisableExceptionWarning")
"""paho leaves the socket of a handshake that failed to the garbage collector."""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    yield Broker(tmp_path_factory.mktemp("broker"))
    gc.collect()  # whose sockets paho has left, while their warnings are ignored


@pytest.fixture
def broker(made: Broker) -> Iterator[Broker]:
    made.start()
    yield made
    made.stop()
    for left in (made.folder / "data").iterdir():
        left.unlink()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "s.db") as store:
        info = SessionInfo(id=STARTED.session, athlete="ann", title="", started_utc=STARTED.started_utc)
        store.begin(info)
        yield store


def settings(broker: Broker, **more: Any) -> MqttSettings:
    return MqttSettings(
        **{
            "host": "127.0.0.1",
            "port": broker.port,
            "user": "ann",
            "password": Secret(broker.password("ann")),
            "tls": True,
            "ca_file": broker.ca_file,
            **more,
        }
    )


def second(t_s: float) -> list[Out]:
    return [
        Metric(t_s, None, Estimate("cadence_spm", 160 + t_s % 10, 0.5, "foot")),
        Metric(t_s, Side.LEFT, Estimate("contact_ms", 240 + t_s % 7, 3.0, "foot")),
    ]


def key(record: Metric) -> tuple[float, str]:
    return record.t_s, record.estimate.metric + (f".{record.side}" if record.side else "")


class Run:
    """A session whose records go into the store and to the sink."""

    def __init__(
        self, store: Store, settings: MqttSettings, say_line: Callable[[str], LineAnswer] | None = None
    ) -> None:
        self.store = store
        self.records: Channel[Out] = Channel(10_000)
        store.skip_history("mqtt")
        self.sink = MqttSink(settings, store, STARTED, SystemClock(), PARAMS, QUICK, say_line=say_line)
        store.write(STARTED.session, [STARTED])

    async def tell(self, *records: Out) -> None:
        for record in records:
            self.records.put(record)
        await asyncio.to_thread(self.store.write, STARTED.session, records)

    async def end(self) -> None:
        await self.tell(SessionEnded(STARTED.session, 99.0, "the input ended"))
        await asyncio.to_thread(self.store.end, STARTED.session, 99.0)
        self.records.close()

    async def left(self) -> int:
        return await asyncio.to_thread(self.store.backlog, "mqtt")

    async def trouble(self, words: str) -> str:
        """Wait until its status says so."""
        async with asyncio.timeout(60):
            while True:
                news = self.sink.report(1.0)
                if news is not None and not news.ok and words in news.text:
                    return news.text
                await asyncio.sleep(0.02)


@contextlib.asynccontextmanager
async def running(
    store: Store, settings: MqttSettings, say_line: Callable[[str], LineAnswer] | None = None
) -> AsyncIterator[Run]:
    run = await asyncio.to_thread(Run, store, settings, say_line)
    task = asyncio.create_task(run.sink.run(run.records.batches()))
    try:
        yield run
        if run.records.closed:
            async with asyncio.timeout(60):
                await task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def values(listener: Listener) -> dict[tuple[float, str], float]:
    found = listener.of("gait/ann/metrics")
    return {(m["t_s"], name): v["value"] for m in found for name, v in m["metrics"].items()}


KILLED_AFTER_S, STARTED_AFTER_S = (100, 200), (130, 240)
"""Seconds of the run after which the broker is killed, and started again."""


async def test_a_killed_broker_loses_at_most_what_it_was_sending_to_a_connected_reader(
    broker: Broker, store: Store
) -> None:
    """The outbox loses nothing; Mosquitto loses at most one window of the sink, IN_FLIGHT messages, a kill.

    A message for a reader that is away is queued, and Mosquitto saves what it queues.  A message that goes
    straight out to a connected reader is acknowledged to the sender, but counts as a change to be saved
    only when the reader acknowledges it (2.0 and 2.1: ``db__message_insert``, ``persistence_changes``); a
    kill before that loses it, unless the reader has read it.  The bound: a message goes to the reader
    before it is acknowledged, so when the sink has the acknowledgements of one window and may send the
    next, the reader, which runs on the same loop, can read too; its first acknowledgement makes Mosquitto
    save.
    What is handed over after the last kill arrives whole.
    """
    expected = {}
    async with listening(broker, "homeassistant", "gait/#") as heard:
        async with running(store, settings(broker)) as run:
            for t in range(300):
                await run.tell(*second(float(t)))
                expected |= {key(r): r.estimate.value for r in second(float(t)) if isinstance(r, Metric)}
                await asyncio.sleep(0.01)
                if t in KILLED_AFTER_S:
                    broker.kill()
                if t in STARTED_AFTER_S:
                    broker.start()
            await run.end()
        assert await run.left() == 0
        later = {(t_s, name) for t_s, name in expected if t_s > KILLED_AFTER_S[-1]}
        await heard.until(
            lambda: later <= values(heard).keys() and "offline" in heard.of("gait/ann/availability")
        )
        got = values(heard)
        assert got.items() <= expected.items()
        lost_s = {t_s for t_s, _ in expected.keys() - got.keys()}  # one message a second
        for before_s, killed_s in itertools.pairwise((-1, *KILLED_AFTER_S)):
            assert sum(before_s < t_s <= killed_s for t_s in lost_s) <= IN_FLIGHT
        kinds = [e["event"] for e in heard.of("gait/ann/events")]
        assert list(dict.fromkeys(kinds)) == ["session_started", "session_ended"]


async def test_a_killed_broker_keeps_what_waits_for_a_reader_that_is_away(
    broker: Broker, store: Store
) -> None:
    """Nothing that was acknowledged is lost, but perhaps the last message: it was not yet saved."""
    async with listening(broker, "homeassistant", "gait/#"):
        pass  # subscribes and goes away
    async with running(store, settings(broker)) as run:
        for t in range(20):
            await run.tell(*second(float(t)))
        async with asyncio.timeout(60):
            while await run.left():  # noqa: ASYNC110 -- what is waited for has no event
                await asyncio.sleep(0.02)
        broker.kill()
    broker.start()
    everything = {key(r) for t in range(19) for r in second(float(t)) if isinstance(r, Metric)}
    async with listening(broker, "homeassistant", "gait/#") as heard:
        await heard.until(lambda: everything <= values(heard).keys())


async def test_the_state_has_what_is_measured_and_availability_is_kept_for_who_comes_later(
    broker: Broker, store: Store
) -> None:
    async with running(store, settings(broker)) as run:
        async with listening(broker, "homeassistant", "gait/ann/#") as heard:
            await run.tell(ActivityChange(1.0, Activity.RUN, 1.0), *second(5.0))
            await heard.until(lambda: heard.of("gait/ann/state") and heard.of("gait/ann/metrics"))
        async with listening(broker, "homeassistant", "gait/ann/availability") as late:
            await late.until(lambda: late.of("gait/ann/availability") == ["online"])
        state = heard.of("gait/ann/state")[-1]
        assert state["activity"] == "run"
        assert state["now"]["cadence_spm"] == 165.0
        assert "speed_mps" not in state["now"]  # nobody measured it


async def test_a_number_that_nobody_measures_any_more_is_not_in_the_state(
    broker: Broker, store: Store
) -> None:
    silent = SensorStatus(17.0, "left shoe", LinkState.SILENT, "silent for 11 s", 100, silent_s=11.0)
    async with (
        listening(broker, "homeassistant", "gait/ann/#") as heard,
        running(store, settings(broker)) as run,
    ):
        await run.tell(*second(5.0))
        await heard.until(lambda: any(s["now"] for s in heard.of("gait/ann/state")))
        async with asyncio.timeout(30):
            while heard.of("gait/ann/state")[-1]["now"]:  # the state goes out once a second
                await run.tell(silent)
                await asyncio.sleep(0.1)
        assert heard.of("gait/ann/state")[-1]["sensors"]["left shoe"]["link"] == "silent"


async def test_who_vanishes_is_said_to_be_away_and_is_back_by_itself(broker: Broker, store: Store) -> None:
    async with listening(broker, "homeassistant", "gait/ann/availability") as heard:
        async with running(store, settings(broker)) as run:
            await heard.until(lambda: heard.of("gait/ann/availability") == ["online"])
            await heard.until(lambda: run.sink._client)
            assert run.sink._client is not None
            connection = run.sink._client._client.socket()
            assert connection is not None
            connection.shutdown(socket.SHUT_RDWR)  # the network goes away under the client
            await heard.until(lambda: heard.of("gait/ann/availability") == ["online", "offline", "online"])
            await run.end()
        await heard.until(lambda: heard.of("gait/ann/availability")[-1] == "offline")


async def test_a_cue_comes_at_once_or_not_at_all_and_is_logged(broker: Broker, store: Store) -> None:
    def cue(t_s: float, withheld: str = "") -> Cue:
        fault = Fault.CADENCE_LOW
        return Cue(t_s, CueKind.CORRECT, fault, "cadence_spm", 160.0, 172.0, fault.value, t_s + 3, withheld)

    async with (
        listening(broker, "homeassistant", "gait/ann/#") as heard,
        running(store, settings(broker)) as run,
    ):
        await heard.until(lambda: heard.of("gait/ann/availability"))
        await run.tell(cue(10.0), *second(11.0))
        await heard.until(lambda: heard.of("gait/ann/cues"))
        await run.tell(cue(20.0, "experiment"), cue(30.0), *second(40.0))  # withheld; too late
        await run.end()
        await heard.until(lambda: len([e for e in heard.of("gait/ann/events") if e["event"] == "cue"]) == 3)
        (said,) = heard.of("gait/ann/cues")
        assert (said["event_type"], said["t_s"]) == ("cadence_low", 10.0)


async def test_nothing_of_the_runners_plan_is_told_to_who_listens(broker: Broker, store: Store) -> None:
    silence = Band(11.0, "cadence_spm", 170, 165.0, 180, SILENCES["calm"])
    private = [replace(notice(11.0, wording, "your plan"), expires_s=60.0) for wording in PRIVATE_NOTICES]
    longest = replace(notice(12.0, "longest_run", "9.0 km"), expires_s=60.0)
    async with (
        listening(broker, "homeassistant", "gait/ann/#") as heard,
        running(store, settings(broker)) as run,
    ):
        await heard.until(lambda: heard.of("gait/ann/availability"))
        await run.tell(silence, *private, longest)
        await run.end()
        await heard.until(lambda: heard.of("gait/ann/events") and heard.of("gait/ann/cues"))
    assert [said["wording"] for said in heard.of("gait/ann/cues")] == ["longest_run"]
    assert [e["wording"] for e in heard.of("gait/ann/events") if e["event"] == "cue"] == ["longest_run"]
    assert "plan" not in repr(heard.got)


async def test_a_cue_that_is_on_its_way_when_the_broker_dies_comes_when_it_is_back(
    broker: Broker, store: Store
) -> None:
    cue = Cue(10.0, CueKind.CORRECT, Fault.CADENCE_LOW, "cadence_spm", 160.0, 172.0, "", 3600.0)
    async with (
        listening(broker, "homeassistant", "gait/ann/#") as heard,
        running(store, settings(broker)) as run,
    ):
        await heard.until(lambda: heard.of("gait/ann/availability"))
        broker.freeze()
        await run.tell(cue)
        await heard.until(lambda: run.sink._cues)  # handed to the client, which waits for an answer
        broker.kill()
        await asyncio.to_thread(broker.start)
        await heard.until(lambda: heard.of("gait/ann/cues"))
        await run.end()
    assert [said["t_s"] for said in heard.of("gait/ann/cues")] == [10.0]


async def test_a_coachs_line_comes_over_the_broker_and_from_the_coach_alone(
    broker: Broker, store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    taken: list[str] = []

    def take(text: str) -> LineAnswer:
        taken.append(text)
        return LineAnswer.WAITS if text else LineAnswer.NO_LINE

    async with broker.client("coach") as coach:
        await coach.publish("gait/ann/line", "from before", qos=1, retain=True)
        async with running(store, settings(broker), take) as run:
            async with asyncio.timeout(30):
                while not (run.sink._client and await run.left() == 0):  # noqa: ASYNC110 -- it has no event
                    await asyncio.sleep(0.02)
            for user in ("bob", "homeassistant"):
                async with broker.client(user) as other:
                    await other.publish("gait/ann/line", f"from {user}", qos=1)
            for text in ("Schultern locker ☺", b"\xff", "", b"x" * 1_000_000, "last"):
                await coach.publish("gait/ann/line", text, qos=1)
            async with asyncio.timeout(30):
                while "last" not in taken:  # noqa: ASYNC110 -- it has no event
                    await asyncio.sleep(0.02)
        await coach.publish("gait/ann/line", None, qos=1, retain=True)  # a broker keeps it otherwise
    assert taken == ["Schultern locker ☺", "\ufffd", "", "last"]
    assert caplog.text.count("a coach's line was not taken (no_line)") == 2


async def test_a_coach_reads_everybody_and_writes_lines_alone(broker: Broker) -> None:
    async with (
        listening(broker, "homeassistant", "gait/#", "homeassistant/#") as all_seeing,
        listening(broker, "coach", "gait/#", "homeassistant/#") as coach,
        broker.client("coach") as writer,
        broker.client("ann") as ann,
    ):
        for topic in (
            "gait/ann/state",
            "gait/ann/cues",
            "homeassistant/device/gaitcue/ann/config",
            "gait/line",
        ):
            await writer.publish(topic, "1", qos=1)
        await writer.publish("gait/ann/line", "2", qos=1)
        await ann.publish("homeassistant/device/gaitcue/ann/config", "3", qos=1)
        await ann.publish("gait/ann/state", "4", qos=1)
        await all_seeing.until(lambda: len(all_seeing.got) >= 3)
        await coach.until(lambda: len(coach.got) >= 2)
    assert sorted(all_seeing.got) == [
        ("gait/ann/line", 2),
        ("gait/ann/state", 4),
        ("homeassistant/device/gaitcue/ann/config", 3),
    ]
    assert sorted(coach.got) == [("gait/ann/line", 2), ("gait/ann/state", 4)]


async def test_a_runner_reads_and_writes_nowhere_but_in_their_own_topics(broker: Broker) -> None:
    async with (
        listening(broker, "homeassistant", "gait/#", "homeassistant/#") as all_seeing,
        listening(broker, "bob", "gait/ann/#", "gait/bob/#") as bob,
        broker.client("ann") as ann,
    ):
        for topic in (
            "gait/bob/state",
            "gait/state",
            "homeassistant/device/gaitcue/bob/config",
            "gait/ann/state",
        ):
            await ann.publish(topic, "1", qos=1)
        await all_seeing.until(lambda: all_seeing.got)
        async with broker.client("bob") as himself:
            await himself.publish("gait/bob/state", "2", qos=1)
        await bob.until(lambda: bob.got)
        assert all_seeing.got[0] == ("gait/ann/state", 1)
        assert bob.got == [("gait/bob/state", 2)]


async def test_what_the_access_list_forbids_is_told_and_kept(broker: Broker, store: Store) -> None:
    async with running(store, settings(broker, prefix="elsewhere")) as run:
        await run.tell(*second(1.0))
        await run.trouble("does not let ann write there (Not authorized)")
        assert await run.left() == 3


async def test_a_wrong_password_is_told_and_nothing_is_lost(broker: Broker, store: Store) -> None:
    async with running(store, settings(broker, password=Secret("wrong"))) as run:
        await run.tell(*second(1.0))
        text = await run.trouble("correct user in [mqtt] and GAITCUE_MQTT_PASSWORD")
        assert "cues go on, and what was not sent is kept" in text
    assert await run.left() == 3
    async with (
        listening(broker, "homeassistant", "gait/#") as heard,
        running(store, settings(broker)) as run,
    ):
        await heard.until(lambda: len(values(heard)) == 2)


async def test_a_certificate_of_an_unknown_authority_is_refused(broker: Broker, store: Store) -> None:
    async with running(store, settings(broker, ca_file=None)) as run:
        await run.trouble("name its authority as ca_file")
    async with running(store, settings(broker, ca_file=Path("nowhere.crt"))) as run:
        await run.trouble("given up")


async def test_a_broker_that_is_not_there_is_told(broker: Broker, store: Store) -> None:
    broker.stop()
    async with running(store, settings(broker)) as run:
        await run.tell(*second(1.0))
        await run.trouble(f"127.0.0.1:{broker.port} cannot be reached")


class CountedWaits:
    """A clock that does not wait, and writes down how long it was asked to."""

    def __init__(self) -> None:
        self.waits_s: list[float] = []
        self.enough = asyncio.Event()

    def now_s(self) -> float:
        return sum(self.waits_s)

    async def sleep(self, seconds: float) -> None:
        self.waits_s.append(seconds)
        if len(self.waits_s) >= 40:
            self.enough.set()
        await asyncio.sleep(0)


async def test_a_broker_that_was_away_for_long_is_tried_again_within_seconds(
    broker: Broker, store: Store
) -> None:
    broker.kill()
    clock = CountedWaits()
    sink = await asyncio.to_thread(MqttSink, settings(broker), store, STARTED, clock)
    records: Channel[Out] = Channel(10)
    running = asyncio.create_task(sink.run(records.batches()))
    async with asyncio.timeout(60):
        await clock.enough.wait()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert max(clock.waits_s) < 6.5


async def test_home_assistant_finds_every_metric_and_can_read_it(broker: Broker, store: Store) -> None:
    streaming = SensorStatus(1.0, "left shoe", LinkState.STREAMING, "streaming", battery_pct=80.0)
    topics = ("gait/ann/#", "homeassistant/#")
    async with (
        listening(broker, "homeassistant", *topics) as heard,
        running(store, settings(broker)) as run,
    ):
        await run.tell(ActivityChange(1.0, Activity.RUN, 1.0), streaming, *second(5.0))
        await run.tell(*(Metric(6.0, None, Estimate(m.name, 1.5, 0.1, "x")) for m in METRICS if m.second))
        await heard.until(lambda: any("power_w" in s["now"] for s in heard.of("gait/ann/state")))
        state = heard.of("gait/ann/state")[-1]
        *_, found = heard.of("homeassistant/device/gaitcue/ann/config")
    parts = found["components"]
    for part in parts.values():
        assert part["availability"][0] == {"topic": "gait/ann/availability"}
    (_, measured) = parts["cadence_spm"]["availability"]
    assert measured["topic"] == found["state_topic"]
    assert rendered(measured, state) == "online"
    assert rendered(measured, {"now": {}}) == "offline"
    assert found["device"]["identifiers"]
    assert found["origin"]["name"] == "gaitcue"
    assert found["state_topic"] in {topic for topic, _ in heard.got}
    assert len({p["unique_id"] for p in parts.values()}) == len(parts)
    for spec in METRICS:
        if spec.second:
            assert parts[spec.name]["name"] == spec.label
            assert parts[spec.name]["unit_of_measurement"] in (spec.unit, "°")
            assert rendered(parts[spec.name], state) == "1.5"
            assert rendered(parts[spec.name], {"now": {}}) == "None"  # Home Assistant: unknown
    assert rendered(parts["activity"], state) in parts["activity"]["options"]
    assert rendered(parts["sensor1_link"], state) == "ON"
    assert rendered(parts["sensor1_battery"], state) == "80.0"
    assert rendered(parts["sensor2_link"], state) == "OFF"
    assert "sensor2_battery" not in parts  # it never told
    diagnostic = {key for key, part in parts.items() if part.get("entity_category") == "diagnostic"}
    assert diagnostic == {"sensor1_link", "sensor2_link", "sensor1_battery"}
    assert {key for key, part in parts.items() if "expire_after" not in part} == {"cue"}
    speeds = [key for key, part in parts.items() if part.get("device_class") == "speed"]
    assert speeds == ["speed_mps"]  # what is lost per step is no speed of anything
    assert {f.value for f in Fault} <= set(parts["cue"]["event_types"])
    assert parts["cue"]["state_topic"] == "gait/ann/cues"


async def test_home_assistant_keeps_what_was_measured_in_earlier_runs_and_is_told_once(
    broker: Broker, store: Store
) -> None:
    earlier = SessionInfo(id="earlier", athlete="ann", title="", started_utc="2026-11-24T07:00:00+00:00")
    power = Metric(1.0, None, Estimate("power_w", 200.0, 1.0, "pod"))
    await asyncio.to_thread(store.begin, earlier)
    await asyncio.to_thread(store.write, "earlier", [power])
    await asyncio.to_thread(store.end, "earlier", 2.0)
    async with (
        listening(broker, "homeassistant", "gait/ann/#", "homeassistant/#") as heard,
        running(store, settings(broker)) as run,
    ):
        await heard.until(lambda: heard.of("homeassistant/device/gaitcue/ann/config"))
        for t in range(30):  # the state goes out once a second
            await run.tell(*second(float(t)))
            await asyncio.sleep(0.1)
        await heard.until(lambda: len(heard.of("gait/ann/state")) > 2)
        first, *later = heard.of("homeassistant/device/gaitcue/ann/config")
    assert "power_w" in first["components"]
    alone = {"power_w", "activity", "cue", "sensor1_link", "sensor2_link"}
    assert set(first["components"]) == alone
    (told,) = later
    assert {"power_w", "cadence_spm", "cadence_spm_out_of_band"} <= told["components"].keys()


async def test_a_home_assistant_that_comes_later_gets_no_old_state(broker: Broker, store: Store) -> None:
    async with running(store, settings(broker)) as run:
        await run.tell(*second(5.0))
        await run.end()
    async with listening(broker, "homeassistant", "gait/ann/#", "homeassistant/#") as late:
        await late.until(lambda: late.of("homeassistant/device/gaitcue/ann/config"))
        await asyncio.sleep(0.3)
        assert late.of("gait/ann/availability") == ["offline"]
        assert late.of("gait/ann/state") == []


def test_out_of_band_is_told_only_while_it_would_be_cued() -> None:
    def state(value: float, muted: str = "") -> dict[str, Any]:
        live = LiveState()
        band = Band(1.0, "cadence_spm", 170.0, 165.0, 177.0, muted)
        live.push([band, Metric(2.0, None, Estimate("cadence_spm", np.float64(value), 0.5, "foot"))])
        found: dict[str, Any] = json.loads(state_message("gait/ann", live).payload)
        return found

    body = json.loads(
        discovery_message(
            "homeassistant",
            "gait/ann",
            "ann",
            (),
            "1",
            MeasuredEntities(metrics=frozenset({"cadence_spm"})),
        ).payload
    )
    part = body["components"]["cadence_spm_out_of_band"]
    assert (part["platform"], part["device_class"]) == ("binary_sensor", "problem")
    (_, measured) = part["availability"]
    for value, muted, lamp, there in (
        (160.0, "", "ON", "online"),
        (170.0, "", "OFF", "online"),
        (180.0, "", "ON", "online"),
        (160.0, "warm-up", "OFF", "offline"),
        (160.0, SILENT_BY_PLAN, "OFF", "offline"),
    ):
        assert rendered(part, state(value, muted)) == lamp
        assert rendered(measured, state(value, muted)) == there
    assert rendered(measured, {"out_of_band": {}}) == "offline"


def test_the_example_in_the_docs_names_the_entity_that_home_assistant_makes() -> None:
    """Home Assistant makes the id of an entity from the names of its device and of itself."""
    seen = MeasuredEntities(metrics=frozenset({"cadence_spm"}))
    body = json.loads(discovery_message("homeassistant", "gait/ann", "ann", (), "1", seen).payload)
    part = body["components"]["cadence_spm_out_of_band"]
    slug = f"{body['device']['name']} {part['name']}".lower().replace(" ", "_")
    text = (Path(__file__).parents[3] / "docs" / "coaches.md").read_text(encoding="utf-8")
    (example,) = [block for block in re.findall("```yaml\n(.*?)```", text, re.DOTALL) if "lamp" in block]
    named = re.findall(rf"entity_id: ({part['platform']}\.\w+)", example)
    assert named == 2 * [f"{part['platform']}.{slug}"]
    assert example.count("trigger: state") == 2


def rendered(part: dict[str, Any], state: dict[str, Any]) -> str:
    """What Home Assistant makes of a message."""
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined)
    return environment.from_string(part["value_template"]).render(value_json=state)


def test_settings_that_cannot_work_are_told() -> None:
    for wrong, word in (
        ({"user": "a/b"}, "level"),
        ({"user": "+"}, "topics"),
        ({"password": Secret("x")}, "no user"),
        ({"ca_file": Path("ca.crt")}, "tls = true"),
    ):
        with pytest.raises(ValueError, match=word):
            MqttSettings(**wrong)  # type: ignore[arg-type]


async def test_a_broker_that_goes_and_comes_is_a_line_each_and_a_wrong_password_is_not_in_it(
    broker: Broker, store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "monitor")
    async with running(store, settings(broker)) as run:
        await run.tell(*second(1.0))
        async with asyncio.timeout(60):
            while await run.left():  # noqa: ASYNC110 -- the store has no event
                await asyncio.sleep(0.02)
        broker.stop()
        await run.tell(*second(2.0))
        await run.trouble("cannot be reached")
        await asyncio.sleep(1.0)  # several tries
        await asyncio.to_thread(broker.start)
        await run.end()
    lines = [(r.levelname, r.getMessage()) for r in caplog.records if r.name.startswith("monitor.sinks")]
    levels = [level for level, _ in lines]
    assert lines[0] == ("INFO", "mqtt: connected")
    assert 1 <= levels.count("WARNING") <= 3  # how it broke, then that nobody is there
    assert sum("mqtt: connected after" in text for _, text in lines) == 1
    assert lines[-1] == ("INFO", "mqtt: everything has arrived")
    caplog.clear()
    async with running(store, settings(broker, password=Secret("not-the-password"))) as run:
        await run.trouble("GAITCUE_MQTT_PASSWORD")
    assert "knows no such user or password" in caplog.text
    assert "not-the-password" not in caplog.text
