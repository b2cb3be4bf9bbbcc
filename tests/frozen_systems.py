"""A run that cues twice a second while all outside systems but the broker are frozen.

Frozen is what lets everybody connect and then never says a word, which is worse than one that is away.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from paho.mqtt.client import MQTTMessage

from dsp.types import Cue, CueKind, Estimate, Fault, Metric, Placement, Side
from monitor.core.monotonic import SystemClock
from monitor.core.mqtt_client import MqttSettings
from monitor.core.packet import Packet
from monitor.core.records import Out, SessionStarted
from monitor.core.secret import Secret
from monitor.core.session_settings import SensorSettings, SessionSettings
from monitor.devices import plain
from monitor.pipeline.session import Session
from monitor.recordings.tape import Tape, TapeHeader
from monitor.service.serve import ServeParams, serve
from monitor.sinks.influx.settings import InfluxSettings
from monitor.sinks.influx.sink import InfluxSink
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
from tests.broker import Broker, Listener

SETTINGS = SessionSettings(sensors=(SensorSettings(name="pod", kind="plain", placement=Placement.POD),))
STARTED = SessionStarted("2026-11-25T07-00-00-ann", "ann", "2026-11-25T07:00:00+00:00", ("pod",))
CUE_EVERY_S = 0.5
VALID_S = 30.0  # longer than a run: what never comes was never sent


class Pod:
    """A source with twenty packets a second of the clock, for some seconds."""

    name, live = "pod", True

    def __init__(self, time: SystemClock, seconds: float) -> None:
        self._time, self._seconds = time, seconds

    async def run(self, emit: Emit) -> None:
        value = plain.encode_values({"cadence_spm": 160.0, "speed_mps": 2.8})
        until_s = self._time.now_s() + self._seconds
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


def _sinks(store: Store, broker: Broker, frozen: str, time: SystemClock) -> list[Sink]:
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


class TimedListener(Listener):
    """Who hears the cues, and writes down how late each came (s), by the time of its decision (s)."""

    def __init__(self, broker: Broker, time: SystemClock) -> None:
        super().__init__(broker, "homeassistant", "gait/ann/cues")
        self._time = time
        self.late_s: dict[float, float] = {}

    def _take(self, client: object, userdata: object, message: MQTTMessage) -> None:
        super()._take(client, userdata, message)
        t_s = self.got[-1][1]["t_s"]
        self.late_s.setdefault(t_s, self._time.now_s() - t_s)


@dataclass
class FrozenSystems:
    """What a run among frozen systems needs, made before it begins; to be used for one run."""

    broker: Broker
    time: SystemClock
    tape: Tape
    sinks: list[Sink]

    async def late_s(self, seconds: float, restart_after_s: float | None = None) -> list[float]:
        """Return how late (s) each cue of a run was heard; ``TimeoutError`` when one never is.

        The broker may be started anew in the middle, while pushes hang: to connect again takes a thread.
        """
        session, listener = Cueing(self.time), TimedListener(self.broker, self.time)
        hearing = asyncio.create_task(listener.run())
        try:
            async with asyncio.timeout(60):
                await listener.ready.wait()
            await asyncio.gather(self._serve(session, seconds), self._restart_broker(restart_after_s))
            decided = {cue.t_s for cue in session.cues}
            await listener.until(lambda: decided <= listener.late_s.keys())
        finally:
            hearing.cancel()
            await asyncio.gather(hearing, return_exceptions=True)
        return list(listener.late_s.values())

    async def _serve(self, session: Session, seconds: float) -> None:
        pod, params = Pod(self.time, seconds), ServeParams(deadline_s=1.0)
        await serve([pod], session, self.sinks, STARTED, tape=self.tape, time=self.time, params=params)

    async def _restart_broker(self, after_s: float | None) -> None:
        if after_s is not None:
            await self.time.sleep(after_s)
            await asyncio.to_thread(self.broker.stop)
            await asyncio.to_thread(self.broker.start)


@contextlib.contextmanager
def frozen_systems(folder: Path) -> Iterator[FrozenSystems]:
    """Start the broker and the frozen server, and make what sends to them."""
    time, broker = SystemClock(), Broker(folder)
    broker.start()
    try:
        with Store(folder / "s.db") as store, frozen_server() as frozen:
            info = SessionInfo(id=STARTED.session, athlete="ann", title="", started_utc=STARTED.started_utc)
            store.begin(info)
            tape = Tape(folder / "a.tape", TapeHeader(STARTED.session, STARTED.started_utc, SETTINGS, "0"))
            yield FrozenSystems(broker, time, tape, _sinks(store, broker, frozen, time))
    finally:
        broker.stop()
