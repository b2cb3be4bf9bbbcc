"""A run through broken sensors, servers and disks, and an account of everything that was sent.

The service, tape, store and sinks are the real ones; so are the broker and the time-series server.  Only
the sensors are made up, since only of those is it known what they sent.
"""

from __future__ import annotations

import asyncio
import signal
import sqlite3
import time as wall_time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from paho.mqtt.client import MQTTMessage

from dsp.types import Cue
from monitor.core.monotonic import MonotonicClock
from monitor.core.mqtt_client import MqttSettings
from monitor.core.packet import Packet
from monitor.core.records import Out, SensorStatus, SessionEnded, SessionStarted, SinkStatus
from monitor.core.secret import Secret
from monitor.devices import plain
from monitor.exports.influx_lines import write_influx_lines
from monitor.pipeline.session import Session
from monitor.recordings.recording import Recording
from monitor.recordings.tape import Tape, TapeHeader, TapeReader
from monitor.service.serve import ServeParams, serve
from monitor.simulation.drifting_runner import coached_settings, drifting_bouts
from monitor.simulation.simulated_runner import RadioModel, recording_of_run
from monitor.sinks.influx.schema import INFLUX_SCHEMA
from monitor.sinks.influx.settings import InfluxSettings
from monitor.sinks.influx.sink import InfluxSink
from monitor.sinks.mqtt.sink import MqttSink
from monitor.sinks.store import StoreSink
from monitor.storage.session_data import load_session
from monitor.storage.session_info import SessionInfo
from monitor.storage.store import Store
from tests.broker import Broker, Listener
from tests.faults.broken_sensors import BrokenSensors, Damage, Injected, damaged
from tests.stack.servers import TOKEN, Influx

STARTED = SessionStarted("2026-11-25T07-00-00-ann", "ann", "2026-11-25T07:00:00+00:00", ())


_CueKey = tuple[float, str, str, str]
"""When a cue was decided, its kind, its wording and why."""


def _cue_key(cue: Cue) -> _CueKey:
    return round(cue.t_s, 6), cue.kind.value, cue.wording, cue.why


class FastClock:
    """A steady clock that runs ``speed`` times as fast as the true one."""

    def __init__(self, speed: float) -> None:
        self._speed = speed
        self._began_s = wall_time.monotonic()

    def begin(self) -> None:
        """Let it be zero now."""
        self._began_s = wall_time.monotonic()

    def now_s(self) -> float:
        return self._speed * (wall_time.monotonic() - self._began_s)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds / self._speed)


@dataclass(frozen=True)
class Machines:
    """What a run works with, and what a trouble breaks."""

    influx: Influx
    broker: Broker
    tape: Tape
    store: Store


@dataclass(frozen=True)
class Trouble:
    """Trouble outside the sensors, between two seconds of the run."""

    kind: str
    start_s: float
    end_s: float


def _stop_influx(machines: Machines) -> None:
    machines.influx.server.send(signal.SIGSTOP)


def _continue_influx(machines: Machines) -> None:
    machines.influx.server.send(signal.SIGCONT)


def _limit_pages(database: sqlite3.Connection) -> None:
    (used,) = database.execute("PRAGMA page_count").fetchone()
    database.execute(f"PRAGMA max_page_count = {used}")


def _unlimit_pages(database: sqlite3.Connection) -> None:
    database.execute("PRAGMA max_page_count = 1073741823")


def _each_database(what: Callable[[sqlite3.Connection], None]) -> Callable[[Machines], None]:
    def both(machines: Machines) -> None:
        what(machines.tape._db)
        what(machines.store._db)

    return both


TROUBLES: dict[str, tuple[Callable[[Machines], None], Callable[[Machines], None]]] = {
    "database killed": (lambda m: m.influx.server.kill(), lambda m: m.influx.server.start()),
    "database stopped": (_stop_influx, _continue_influx),
    "database full": (lambda m: m.influx.answer(500), lambda m: m.influx.recover()),
    "database overloaded": (lambda m: m.influx.answer(429), lambda m: m.influx.recover()),
    "broker killed": (lambda m: m.broker.kill(), lambda m: m.broker.start()),
    "broker stopped": (lambda m: m.broker.freeze(), lambda m: m.broker.thaw()),
    "disk full": (_each_database(_limit_pages), _each_database(_unlimit_pages)),
}
"""What begins and ends each kind of trouble."""


@dataclass
class SensorAccount:
    """Samples of one sensor: what it ``sent``, what came of it, and what was done to it."""

    sent: int
    received: int
    lost: int
    repeated: int
    bad: int
    injected: Injected

    @property
    def problems(self) -> list[str]:
        """What does not add up."""
        wrong = []
        if self.sent != self.received + self.lost + self.injected.unnumbered:
            wrong.append(f"{self.sent} sent, {self.received} received, {self.lost} told as lost")
        if self.lost != self.injected.lost:
            wrong.append(f"{self.injected.lost} lost, {self.lost} told")
        for name in ("repeated", "bad"):
            if getattr(self, name) != getattr(self.injected, name):
                wrong.append(f"{getattr(self.injected, name)} {name}, {getattr(self, name)} told")
        return wrong


@dataclass
class Account:
    """Everything that a run was given and everything that is left of it."""

    sensors: dict[str, SensorAccount] = field(default_factory=dict)
    packets: tuple[int, int, int] = (0, 0, 0)  # emitted, on the tape, told as lost by the tape
    records: tuple[int, int] = (0, 0)  # of the session, in the store
    points: tuple[int, int] = (0, 0)  # in the store, in the database
    cues: tuple[int, int, int] = (0, 0, 0)  # decided, heard at the broker, heard twice as documented
    problems: list[str] = field(default_factory=list)


class Collector:
    """A sink that keeps everything, to compare with."""

    name = "collector"

    def __init__(self) -> None:
        self.records: list[Out] = []

    async def run(self, batches: AsyncIterator[list[Out]]) -> None:
        async for batch in batches:
            self.records += batch


class CueListener(Listener):
    """Who hears the cues, and writes down when each came first, by the clock of the run."""

    def __init__(self, broker: Broker, time: MonotonicClock) -> None:
        super().__init__(broker, "homeassistant", "gait/ann/cues")
        self._time = time
        self.heard_s: list[tuple[_CueKey, float]] = []

    def _take(self, client: object, userdata: object, message: MQTTMessage) -> None:
        super()._take(client, userdata, message)
        cue = self.got[-1][1]
        key = round(cue["t_s"], 6), cue["kind"], cue["wording"], cue["why"]
        self.heard_s.append((key, self._time.now_s()))


def coached_recording(seconds: float) -> Recording:
    """A run of a runner who falls off the target every 90 s, on three sensors."""
    recording = recording_of_run(drifting_bouts(seconds), RadioModel())
    return Recording(
        recording.title,
        coached_settings(recording.settings),
        recording.duration_s,
        recording.count,
        recording.packets,
    )


async def run_through(
    folder: Path,
    influx: Influx,
    broker: Broker,
    recording: Recording,
    damages: Sequence[Damage],
    troubles: Sequence[Trouble],
    speed: float,
    seed: int = 1,
) -> Account:
    """Run a session through all of this, and return its account."""
    packets = await asyncio.to_thread(lambda: list(recording.packets()))
    items, injected = damaged(packets, damages, seed)
    time, collector = FastClock(speed), Collector()
    settings = recording.settings
    store = await asyncio.to_thread(Store, folder / "gaitcue.db")
    header = TapeHeader(STARTED.session, STARTED.started_utc, settings, "0.1.0")
    tape = await asyncio.to_thread(Tape, folder / "run.tape", header)
    info = SessionInfo(id=STARTED.session, athlete="ann", title="", started_utc=STARTED.started_utc)
    await asyncio.to_thread(store.begin, info)
    influx_settings = InfluxSettings(url=influx.url, token=Secret(TOKEN), timeout_s=2.0)
    mqtt = MqttSettings(
        host="127.0.0.1", port=broker.port, user="ann", password=Secret(broker.password("ann")),
        tls=True, ca_file=broker.ca_file, timeout_s=2.0,
    )  # fmt: skip
    listener = CueListener(broker, time)
    hearing = asyncio.create_task(listener.run())
    await listener.ready.wait()
    sinks = [
        StoreSink(store, STARTED.session, time),
        InfluxSink(influx_settings, store, time, STARTED.session),
        MqttSink(mqtt, store, STARTED, time, now_s=time.now_s),
        collector,
    ]
    machines = Machines(influx, broker, tape, store)
    await asyncio.to_thread(Session(settings).push, *packets[:300])  # loads what is loaded once
    time.begin()
    lanes = defaultdict[str, asyncio.Lock](asyncio.Lock)
    making = [
        asyncio.create_task(_make(trouble, machines, time, lanes[trouble.kind.split()[0]]))
        for trouble in troubles
    ]
    session = Session(settings)
    params = ServeParams(deadline_s=30.0 * speed)
    await serve([BrokenSensors(items, time)], session, sinks, STARTED, tape=tape, time=time, params=params)
    await asyncio.gather(*making)
    await InfluxSink(influx_settings, store, time).run(_nothing())  # as the next start of the program does
    cues = [r for r in collector.records if isinstance(r, Cue) and not r.withheld]
    await _settle(listener, cues, time)
    hearing.cancel()
    await asyncio.gather(hearing, return_exceptions=True)
    try:
        return await asyncio.to_thread(
            _balance, machines, packets, items, injected, collector.records, listener.heard_s, troubles
        )
    finally:
        await asyncio.to_thread(store.close)


async def _nothing() -> AsyncIterator[list[Out]]:
    for batch in list[list[Out]]():
        yield batch


async def _make(trouble: Trouble, machines: Machines, time: MonotonicClock, lane: asyncio.Lock) -> None:
    """One trouble of a server after the other: what takes long to start cannot be stopped meanwhile."""
    begin, end = TROUBLES[trouble.kind]
    await time.sleep(trouble.start_s)
    async with lane:
        await asyncio.to_thread(begin, machines)
        await time.sleep(trouble.end_s - trouble.start_s)
        await asyncio.to_thread(end, machines)


async def _settle(listener: CueListener, cues: Sequence[Cue], time: MonotonicClock) -> None:
    """Wait for what is on its way: until all cues are heard, or the last one is worth nothing any more."""
    last_s = max((cue.expires_s for cue in cues), default=0.0)
    while time.now_s() < last_s and len({key for key, _ in listener.heard_s}) < len(cues):
        await time.sleep(1.0)


def _balance(
    machines: Machines,
    packets: Sequence[Packet],
    items: Sequence[tuple[int, Packet | SensorStatus]],
    injected: dict[str, Injected],
    records: Sequence[Out],
    heard_s: Sequence[tuple[_CueKey, float]],
    troubles: Sequence[Trouble],
) -> Account:
    account = Account()
    sent: Counter[str] = Counter()
    for packet in packets:
        sent[packet.sensor] += len(plain.decode_imu(packet.payload))
    last = {r.sensor: r for r in records if isinstance(r, SensorStatus)}
    for name, done in injected.items():
        s = last[name]
        account.sensors[name] = SensorAccount(sent[name], s.received, s.lost, s.repeated, s.bad, done)
        account.problems += [f"{name}: {text}" for text in account.sensors[name].problems]
    _balance_tape(account, machines.tape, [item for _, item in items if isinstance(item, Packet)])
    _balance_store(account, machines, records)
    _balance_cues(account, records, heard_s, troubles)
    return account


def _balance_tape(account: Account, tape: Tape, emitted: Sequence[Packet]) -> None:
    with TapeReader(tape.path) as reader:
        taped, lost = list(reader.packets()), reader.lost()
        if not reader.finished:
            account.problems.append("the tape is not finished")
    account.packets = (len(emitted), len(taped), lost)
    if len(taped) + lost != len(emitted) or (not lost and contents(taped) != contents(emitted)):
        account.problems.append(f"tape: {len(emitted)} packets emitted, {len(taped)} taped, {lost} lost")


def contents(packets: Sequence[Packet]) -> list[tuple[str, int, bytes]]:
    """Return what packets hold, without when they came."""
    return [(p.sensor, p.link, p.payload) for p in packets]


def _balance_store(account: Account, machines: Machines, records: Sequence[Out]) -> None:
    stored = machines.store.records(STARTED.session)
    came = [
        r for r in records if not (isinstance(r, SinkStatus) and r.sink == "store")
    ]  # nobody tells itself
    account.records = (len(came), len(stored))
    if missing := Counter(came) - Counter(stored):
        account.problems.append(f"records are not in the store: {list(missing)[:3]}")
    if more := Counter(stored) - Counter(came):
        account.problems.append(f"records are twice in the store: {list(more)[:3]}")
    if sum(isinstance(r, SessionEnded) for r in stored) != 1:
        account.problems.append("the session did not end once")
    there, wanted = _points_there(machines.influx), _points_of(machines.store, machines.tape.path.parent)
    account.points = (sum(wanted.values()), sum(there.values()))
    for name in sorted(wanted.keys() | there.keys()):
        if wanted[name] != there[name]:
            account.problems.append(f"{name}: {wanted[name]} points in the store, {there[name]} there")
    if machines.influx.count("run", "km") != 1 or machines.influx.count("day", "km") != 1:
        account.problems.append("the run and its day have not one point each")


def _points_of(store: Store, folder: Path) -> Counter[str]:
    """Values of each measurement that the session makes: a line again is the same point."""
    path = folder / "points.txt"
    path.unlink(missing_ok=True)
    write_influx_lines(store, load_session(store, STARTED.session), path)
    seen: set[tuple[str, str, str]] = set()
    for line in path.read_text(encoding="utf-8").splitlines():
        series, values, t_ns = _split_line(line)
        seen |= {(series, value.split("=")[0], t_ns) for value in values}
    return Counter(series.split(",")[0] for series, _, _ in seen)


def _split_line(line: str) -> tuple[str, list[str], str]:
    """A line of the protocol: series, values, time; blanks and commas in texts stay where they are."""
    parts, quoted, escaped, current = list[list[str]]([[]]), False, False, ""
    for sign in line:
        if escaped or sign == "\\":
            current, escaped = current + sign, not escaped
            continue
        if sign == '"':
            quoted = not quoted
        if sign == " " and not quoted:
            parts[-1].append(current)
            parts.append([])
            current = ""
        elif sign == "," and not quoted and len(parts) == 2:
            parts[-1].append(current)
            current = ""
        else:
            current += sign
    return parts[0][0], parts[1], current


def _points_there(influx: Influx) -> Counter[str]:
    found: Counter[str] = Counter()
    for measurement in (m.name for m in INFLUX_SCHEMA if not m.of_athlete):
        for series in influx.query(f'SELECT COUNT(*) FROM "{measurement}"'):
            found[measurement] = sum(int(n) for n in series["values"][0][1:] if n)
    return found


def _stood_still(troubles: Sequence[Trouble], cue: Cue) -> bool:
    """Whether the broker stood still with this cue in hand: what it takes up then it passes on late.

    Nor can anybody know whether it has it: one that is still true is sent again, and may come twice.
    """
    stopped = (t for t in troubles if t.kind == "broker stopped")
    return any(t.start_s - 1 <= cue.t_s <= t.end_s + 1 for t in stopped)


def _balance_cues(
    account: Account,
    records: Sequence[Out],
    heard_s: Sequence[tuple[_CueKey, float]],
    troubles: Sequence[Trouble],
) -> None:
    cues = {_cue_key(r): r for r in records if isinstance(r, Cue) and not r.withheld}
    times = Counter(key for key, _ in heard_s)
    twice = {
        key for key, n in times.items() if n == 2 and key in cues and _stood_still(troubles, cues[key])
    }
    account.cues = (len(cues), len(times), len(twice))
    away = [(t.start_s, t.end_s) for t in troubles if t.kind.startswith("broker")]
    for key, cue in cues.items():
        if not times[key] and not any(a - 1 <= cue.t_s and cue.t_s <= b + 10 for a, b in away):
            account.problems.append(f"cue {key} was not heard")
    account.problems += [
        f"cue {key} came {n} times" for key, n in times.items() if n > 1 and key not in twice
    ]
    for key, at_s in heard_s:
        if key not in cues:
            account.problems.append(f"cue {key} was heard, and nobody gave it")
        elif at_s > cues[key].expires_s + 0.5 and not _stood_still(troubles, cues[key]):
            account.problems.append(f"cue {key} came {at_s - key[0]:.1f} s late")
