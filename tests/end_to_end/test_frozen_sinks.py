"""A cue goes to the broker while every other system takes connections and answers nothing."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from dsp.types import Cue, CueKind, Estimate, Fault, Metric, Placement, Side
from monitor.core.monotonic import SystemClock
from monitor.core.mqtt_client import MqttSettings
from monitor.core.packet import Packet
from monitor.core.records import Out, SessionStarted
from monitor.core.secret import Secret
from monitor.core.service_loop import THREADS
from monitor.core.session_settings import SensorSettings, SessionSettings
from monitor.devices import plain
from monitor.pipeline.session import Session
from monitor.recordings.tape import Tape, TapeHeader, TapeReader
from monitor.service.serve import ServeParams, serve
from monitor.sinks.influx.sink import InfluxSettings, InfluxSink
from monitor.sinks.mqtt.sink import MqttSink
from monitor.sinks.protocol import Sink
from monitor.sinks.push.alerts import Alert, Alerts, AlertSettings
from monitor.sinks.push.apprise import AppriseServices
from monitor.sinks.push.ntfy import NtfySettings, NtfyTopic
from monitor.sinks.push.sink import PushSink
from monitor.sinks.store import StoreSink
from monitor.sources.protocol import Emit
from monitor.storage.session_info import SessionInfo
from monitor.storage.store import Store
from tests.broker import Broker, listening

SETTINGS = SessionSettings(sensors=(SensorSettings(name="pod", kind="plain", placement=Placement.POD),))
STARTED = SessionStarted("2026-11-25T07-00-00-ann", "ann", "2026-11-25T07:00:00+00:00", ("pod",))
SECONDS, CUE_EVERY_S = 12.0, 0.5
VALID_S = 8.0  # longer than a broker that starts on a busy machine is away, shorter than pushes hang


class Pod:
    """A source with twenty packets a second of the clock."""

    name, live = "pod", True

    def __init__(self, time: SystemClock) -> None:
        self._time = time

    async def run(self, emit: Emit) -> None:
        value = plain.encode_values({"cadence_spm": 160.0, "speed_mps": 2.8})
        until_s = self._time.now_s() + SECONDS
        while (now_s := self._time.now_s()) < until_s:
            emit(Packet("pod", int(now_s * 1e9), plain.VALUES, value))
            await self._time.sleep(0.05)


class Cueing(Session):
    """A session that cues twice a second and has nine records a packet, as much as three shoes."""

    def __init__(self, time: SystemClock) -> None:
        super().__init__(SETTINGS)
        self._time = time
        self.cues: list[Cue] = []

    def push(self, *packets: Packet) -> list[Out]:
        now_s = self._time.now_s()
        records: list[Out] = [
            Metric(now_s, Side.LEFT, Estimate("contact_ms", 240.0 + k, 3.0, "foot")) for k in range(8)
        ]
        if not self.cues or now_s - self.cues[-1].t_s >= CUE_EVERY_S:
            fault, until_s = Fault.CADENCE_LOW, now_s + VALID_S
            cue = Cue(now_s, CueKind.CORRECT, fault, "cadence_spm", 160.0, 172.0, "", until_s)
            self.cues.append(cue)
            records.append(cue)
        return records


class AlertOfEveryCue(Alerts):
    """Pushes without end, so that there is always one under way."""

    def push(self, record: Out) -> list[Alert]:
        return (
            [Alert("drift", record.t_s, record.t_s + 60, "Off target", "Ease off.")]
            if isinstance(record, Cue)
            else []
        )


@contextlib.contextmanager
def frozen_server() -> Iterator[str]:
    """A server that lets everybody connect and never says a word."""
    with socket.socket() as frozen:
        frozen.bind(("127.0.0.1", 0))
        frozen.listen(200)
        yield f"127.0.0.1:{frozen.getsockname()[1]}"


def frozen_and_broker_sinks(store: Store, broker: Broker, frozen: str, time: SystemClock) -> list[Sink]:
    """All sinks of outside systems: the broker works, the others are frozen; and the store."""
    mqtt = MqttSettings(
        host="127.0.0.1", port=broker.port, user="ann", password=Secret(broker.password("ann")),
        tls=True, ca_file=broker.ca_file,
    )  # fmt: skip
    influx = InfluxSettings(url=f"http://{frozen}", token=Secret("t"))
    ntfy = NtfyTopic(NtfySettings(topic="t", server=f"http://{frozen}"))
    apprise = AppriseServices(Secret("\n".join(f"json://{frozen}/{k}" for k in range(16))))
    alerts = [AlertOfEveryCue(AlertSettings(), STARTED.started_utc) for _ in range(2)]
    return [
        MqttSink(mqtt, store, STARTED, time),
        InfluxSink(influx, store, time, STARTED.session),
        PushSink("ntfy", alerts[0], ntfy.post, time),
        PushSink("apprise", alerts[1], apprise.post, time),
        StoreSink(store, STARTED.session, time),
    ]


@dataclass
class Given:
    """What a run needs, made before it begins."""

    time: SystemClock
    broker: Broker
    tape: Tape
    sinks: list[Sink]

    async def restart_broker(self) -> None:
        """Restart it while pushes hang: to connect again takes a thread."""
        await self.time.sleep(2.0)
        await asyncio.to_thread(self.broker.stop)
        await asyncio.to_thread(self.broker.start)


@pytest.fixture
def given(tmp_path: Path) -> Iterator[Given]:
    time, broker = SystemClock(), Broker(tmp_path)
    broker.start()
    with Store(tmp_path / "s.db") as store, frozen_server() as frozen:
        info = SessionInfo(id=STARTED.session, athlete="ann", title="", started_utc=STARTED.started_utc)
        store.begin(info)
        tape = Tape(tmp_path / "a.tape", TapeHeader(STARTED.session, STARTED.started_utc, SETTINGS, "0"))
        yield Given(time, broker, tape, frozen_and_broker_sinks(store, broker, frozen, time))
        broker.stop()


@pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")  # apprise
async def test_every_cue_is_sent_while_it_is_true_and_the_tape_is_whole(given: Given) -> None:
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(THREADS))  # as in a service
    time, session, pod = given.time, Cueing(given.time), Pod(given.time)
    async with listening(given.broker, "homeassistant", "gait/ann/cues") as listener:
        params = ServeParams(deadline_s=1.0)
        run = serve([pod], session, given.sinks, STARTED, tape=given.tape, time=time, params=params)
        await asyncio.gather(run, given.restart_broker())
        cued = {cue.t_s for cue in session.cues}
        await listener.until(lambda: cued <= {cue["t_s"] for _, cue in listener.got})
    assert len(cued) >= SECONDS
    assert await asyncio.to_thread(is_finished, given.tape.path)


def is_finished(tape: Path) -> bool:
    with TapeReader(tape) as reader:
        return reader.finished
