"""How late a cue is: from the step that decides to the decision, the page and the phone.

The first is in session seconds on simulated shoes behind a simulated radio; it holds what the sensors,
the radio and the detectors need.  The others are wall-clock times on loopback.  From the page to the
loudspeaker it is what the browser says of its own output, shown on the page with every cue.
"""

from __future__ import annotations

import asyncio
import json
import re
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from dsp.cueing.baseline import Baseline
from dsp.simulation.runner import Bout, Device, simulated_imu, simulated_run
from dsp.types import Cue, CueKind, Fault, Placement, Runner, Side, Step
from monitor.core.channel import Channel
from monitor.core.http_access import WebSettings
from monitor.core.monotonic import SystemClock
from monitor.core.records import Out
from monitor.core.service_loop import run_with_spare_threads
from monitor.core.session_settings import CoachSettings, CueSettings, SensorSettings
from monitor.pipeline.session import Session
from monitor.recordings.recording import Recording
from monitor.recordings.signals import Signal, recording_from_signals
from monitor.simulation.emulated.imus import Movesense
from monitor.simulation.simulated_runner import RadioModel, deliver
from monitor.sinks.live_state import LiveState
from monitor.sinks.push.alerts import Alert
from monitor.sinks.push.ntfy import NtfySettings, NtfyTopic
from monitor.sources.bluetooth.families import bluetooth_families
from monitor.web.app import serving
from monitor.web.live_feed import AT_MOST_EVERY_S, LiveFeed
from tests import page_radio
from tests.frozen_systems import frozen_systems

RUNS, CUES, POSTS = 12, 60, 60
PACKETS = 300
FROZEN_S = 20.0
OWN, DRIFTED, AIMED = 166.0, 156.0, 170.0
BELT = {"speed_mps": 2.8, "slope_pct": 0.0}  # what the treadmill says


def cases() -> Iterator[dict[str, str | float]]:
    """Yield one row for each way a cue goes: its name and how late cues were, in ms."""
    yield _row("cue: last step before the deciding second to decision", _decisions())
    yield _row("cue: notification to the service, by the page of a phone", asyncio.run(_by_page()))
    yield _row("cue: decision to page", asyncio.run(_to_page()))
    yield _row("cue: decision to ntfy's answer", asyncio.run(_to_ntfy()))
    yield _row("cue: decision to the broker's reader, all other systems frozen", _to_broker())


def _row(name: str, late_s: list[float]) -> dict[str, str | float]:
    p50, p90, worst = np.quantile(late_s, (0.5, 0.9, 1.0))
    return {"case": name, "n": len(late_s), "p50_ms": _ms(p50), "p90_ms": _ms(p90), "max_ms": _ms(worst)}


def _ms(seconds: float) -> float:
    return round(1e3 * seconds, 1)


def _decisions() -> list[float]:
    """Of cues of runners who drift: arrival of the packet that decided, minus the step before."""
    late: list[float] = []
    for seed in range(RUNS):
        recording = _drifting(seed)
        session, steps = Session(recording.settings), [0.0]
        for packet in recording.packets():
            for record in session.push(packet):
                if isinstance(record, Step):
                    steps.append(record.ic_s)
                elif isinstance(record, Cue) and record.kind is not CueKind.NOTICE:
                    late.append(session.t_s - max(ic for ic in steps if ic <= record.t_s))
    return late


def _drifting(seed: int) -> Recording:
    bouts = [
        Bout(seconds=s, speed_mps=2.8, cadence_spm=c) for s, c in ((24, AIMED), (20, DRIFTED), (20, AIMED))
    ]
    run, signals = simulated_run(bouts, seed=seed), []
    for side in Side:
        c = simulated_imu(
            run, Placement.FOOT, side, Device(misaligned_deg=(4.0, 8.0, -5.0)), side.value, seed
        )
        signals.append(Signal(Placement.FOOT, side, c.t_s, c.acc_ms2, c.gyr_rads))
    recording = deliver(
        recording_from_signals("drift", signals, Runner(height_m=1.75), BELT), RadioModel(), seed
    )
    coach = CoachSettings(cues=CueSettings(warm_up_s=0.0), baseline=_baseline().to_dict())
    return replace(recording, settings=replace(recording.settings, coach=coach))


def _baseline() -> Baseline:
    """Twenty minutes of a runner whose cadence rises by 10 for each m/s."""
    baseline, rng = Baseline(1.75), np.random.default_rng(7)
    for _ in range(2):
        baseline.begin_run()
        for k in range(600):
            v = 2.6 + 0.4 * ((k // 120) % 2)
            baseline.push("cadence_spm", OWN + 10 * (v - 2.8) + 0.5 * rng.standard_normal(), v, 0.0)
    return baseline


async def _to_page() -> list[float]:
    """Through the sink, the server and a WebSocket; the page is told at most every 0.1 s."""
    import websockets

    records: Channel[Out] = Channel(1000)
    sink, late = LiveFeed(LiveState(), SystemClock()), list[float]()
    rng = np.random.default_rng(1)
    async with serving(sink, WebSettings(port=0), None) as url:
        pushing = asyncio.create_task(sink.run(records.batches()))
        async with websockets.connect(url.replace("http", "ws") + "ws") as page:
            await page.recv()
            for n in range(CUES):
                records.put(Step("left", None, float(n), None))  # steps keep the sink busy, as in a run
                await page.recv()
                await asyncio.sleep(AT_MOST_EVERY_S * float(rng.random()))
                began = time.perf_counter()
                records.put(_cue(float(n)))
                while "cues" not in json.loads(await page.recv())["change"]:
                    pass
                late.append(time.perf_counter() - began)
        records.close()
        await pushing
    return late


async def _to_ntfy() -> list[float]:
    """One JSON post each, connection and answer included."""
    late: list[float] = []
    async with _server() as url:
        ntfy = NtfyTopic(NtfySettings(topic="bench", server=url))
        for n in range(POSTS + 1):
            began = time.perf_counter()
            await ntfy.post(Alert("drift", float(n), n + 120.0, "Still off target", "Ease off."))
            late.append(time.perf_counter() - began)
    return late[1:]  # the first one imports the client


def _to_broker() -> list[float]:
    """Through a real broker with TLS, while the database and every push take connections and hang."""
    with tempfile.TemporaryDirectory() as folder, frozen_systems(Path(folder)) as systems:
        return run_with_spare_threads(systems.late_s(FROZEN_S))


async def _by_page() -> list[float]:
    """A shoe's packets, emulated radio and a real Chromium included; what its clocks say is not used."""
    shoe = SensorSettings(name="left", kind="movesense", placement=Placement.FOOT, side=Side.LEFT)
    bluetooth_families()
    async with page_radio.page_radio([shoe]) as rig:
        pod = Movesense(rig.radio)
        sent = page_radio.watch(pod, rig.time)
        await pod.start()
        url = await rig.serve()
        async with page_radio.browser_on_the_air() as browser:
            runner = page_radio.Runner(await browser.new_context())
            await runner.connect(await runner.open(url), "left", pod.name)
            await rig.until_heard("left", PACKETS)
    return [came - went for came, went in zip(rig.came_s, sent.times_s, strict=False)]


class _server:
    """The smallest thing that answers 200."""

    async def __aenter__(self) -> str:
        self._server = await asyncio.start_server(self._answer, "127.0.0.1", 0)
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def __aexit__(self, *exc: object) -> None:
        self._server.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = re.search(rb"(?i)content-length: (\d+)", head)
        assert length is not None
        await reader.readexactly(int(length[1]))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        await writer.drain()
        writer.close()


def _cue(t_s: float) -> Cue:
    fault = Fault.CADENCE_LOW
    return Cue(t_s, CueKind.CORRECT, fault, "cadence_spm", 160.0, 172.0, fault.value, t_s + 3)
