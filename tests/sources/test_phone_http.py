"""Phones: who may push, what becomes of it, and a run on nothing but a phone."""

from __future__ import annotations

import asyncio
import http.server
import json
import logging
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
from fastapi.testclient import TestClient

from dsp.simulation.runner import steady_pelvis_imu
from dsp.types import Placement, Step
from monitor.core.http_access import WebSettings
from monitor.core.monotonic import SystemClock
from monitor.core.packet import Packet, Samples
from monitor.core.records import LinkState, SensorStatus
from monitor.core.retry import Backoff
from monitor.core.secret import Secret
from monitor.core.session_settings import SensorSettings, SessionSettings
from monitor.devices.registry import DEVICES
from monitor.pipeline.session import Session
from monitor.sources.phone_http import phone_endpoint
from monitor.sources.phone_settings import PhoneSettings, phone_token, phones_over, push_path
from monitor.sources.phyphox import Phyphox, data_query
from tests.phone_messages import ios_messages
from tests.ports import free_port

TOKEN = Secret("a-token-of-our-own")


def sensor(kind: str = "sensor_logger", **options: str | float | bool) -> SensorSettings:
    return SensorSettings(name="my phone", kind=kind, placement=Placement.WAIST, options=options)


@pytest.fixture
def got() -> list[Packet]:
    return []


@pytest.fixture
def client(got: list[Packet]) -> Iterator[TestClient]:
    with TestClient(phone_endpoint(["my phone"], TOKEN, SystemClock(), got.append)) as client:  # type: ignore[arg-type]
        yield client


def test_a_push_becomes_a_packet_untouched(client: TestClient, got: list[Packet]) -> None:
    body = b'{"messageId": 1, "odd": \xc3\xa9}'
    answer = client.post(push_path(sensor(), TOKEN), content=body)
    assert answer.status_code == 200
    (packet,) = got
    assert (packet.sensor, packet.channel, packet.payload) == ("my phone", "push", body)


def test_the_token_may_come_as_a_header(client: TestClient, got: list[Packet]) -> None:
    headers = {"Authorization": f"Bearer {TOKEN.reveal()}"}
    assert client.post("/push/my%20phone", content=b"{}", headers=headers).status_code == 200
    assert len(got) == 1


@pytest.mark.parametrize("query", ["", "?token=", "?token=wrong"])
def test_without_the_token_nothing_is_taken(client: TestClient, got: list[Packet], query: str) -> None:
    assert client.post(f"/push/my%20phone{query}", content=b"{}").status_code == 401
    assert got == []


def test_an_unknown_phone_is_told_so_in_its_app(client: TestClient, got: list[Packet]) -> None:
    answer = client.post(f"/push/another?token={TOKEN.reveal()}", content=b"{}")
    assert answer.status_code == 499  # Sensor Logger shows the body of this to its user
    assert "there is: my phone" in answer.text
    assert got == []


class _SlowNetwork(SystemClock):
    """A clock that goes on as parts of a body come."""

    seconds = 0.0

    def now_s(self) -> float:
        return self.seconds


async def test_a_body_has_arrived_when_all_of_it_has_come() -> None:
    clock, got = _SlowNetwork(), list[Packet | SensorStatus]()
    app = phone_endpoint(["my phone"], TOKEN, clock, got.append)
    parts = [(b'{"messageId": 1, ', True), (b'"payload": []}', False)]

    async def receive() -> dict[str, object]:
        clock.seconds += 2.0
        body, more = parts.pop(0)
        return {"type": "http.request", "body": body, "more_body": more}

    async def send(_: object) -> None: ...

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/push/my phone",
        "query_string": b"token=" + TOKEN.reveal().encode(),
        "headers": [],
    }
    await app(scope, receive, send)  # type: ignore[arg-type]
    (packet,) = got
    assert isinstance(packet, Packet)
    assert packet.arrival_ns == 4_000_000_000


def test_a_body_without_end_is_refused(client: TestClient, got: list[Packet]) -> None:
    assert client.post(push_path(sensor(), TOKEN), content=b" " * 4_000_001).status_code == 413
    assert got == []


def test_from_the_network_a_token_is_needed_and_it_is_the_pages(tmp_path: Path) -> None:
    page = WebSettings(host="0.0.0.0", token=TOKEN)
    found = phone_token(PhoneSettings(), page, tmp_path)
    assert found is not None
    assert found.reveal() == TOKEN.reveal()
    own = phone_token(PhoneSettings(token=Secret("another-of-their-own")), page, tmp_path)
    assert own is not None
    assert own.reveal() == "another-of-their-own"
    made = phone_token(PhoneSettings(), WebSettings(), tmp_path)
    assert made is not None
    assert (tmp_path / "web-token").read_text().strip() == made.reveal()
    home = phone_token(PhoneSettings(host="127.0.0.1"), WebSettings(), tmp_path)
    assert home.reveal() == made.reveal()


def test_phones_come_over_http_unless_they_say_otherwise() -> None:
    phones = [sensor(platform="ios"), sensor(platform="ios", over="mqtt"), sensor("rsc")]
    assert phones_over(phones, "http") == phones[:1]
    assert phones_over(phones, "mqtt") == phones[1:2]


def test_a_phone_at_the_waist_gives_the_steps_of_its_samples() -> None:
    """Out of order now and then; same steps as from the samples themselves, and the speed of its GPS."""
    chunk = steady_pelvis_imu("my phone", 40.0, 100.0)
    bodies = list(ios_messages(chunk, 2.9))
    arrivals = list(range(len(bodies)))
    arrivals[20], arrivals[21] = arrivals[21], arrivals[20]
    phone = Session(SessionSettings(sensors=(sensor(platform="ios"),)))
    records: list[Any] = []
    for n, k in enumerate(arrivals):
        records += phone.push(Packet("my phone", round((n + 1) * 0.5e9), "push", bodies[k]))
    records += phone.finish()
    status = [r for r in records if isinstance(r, SensorStatus)][-1]
    assert status.bad == 0
    assert status.lost == 0
    plain = DEVICES["sensor_logger"].decoder(sensor(platform="ios"))
    decoded = [d for n, k in enumerate(arrivals) for d in plain.decode(Packet("", n, "push", bodies[k]))]
    samples = [d for d in decoded if isinstance(d, Samples)]
    acc = np.concatenate([s.acc_ms2 for s in samples])
    assert acc == pytest.approx(chunk.acc_ms2[: len(acc)], abs=1e-9)
    assert len(chunk) - len(acc) <= 1
    steps = [r for r in records if isinstance(r, Step)]
    assert len(steps) > 80
    cadence = 60 / np.median(np.diff([s.ic_s for s in steps]))
    assert 150 < cadence < 190


# ---------------------------------------------------------------------------- phyphox


class FakePhone(http.server.BaseHTTPRequestHandler):
    """Remote access of phyphox with 100 samples a second; remembers what it was asked."""

    asked: list[str]

    def do_GET(self) -> None:
        self.asked.append(self.path)
        query = parse_qs(urlsplit(self.path).query)
        after = 0.0 if query["acc_time"] == ["full"] else float(query["acc_time"][0])
        t = [k / 100 for k in range(1, 100 * len(self.asked) + 1) if k / 100 > after]
        columns = {"acc_time": t, "accX": [0.0] * len(t), "accY": [0.0] * len(t), "accZ": [9.81] * len(t)}
        buffers = {name: {"size": 0, "buffer": column} for name, column in columns.items()}
        body = json.dumps({"buffer": buffers, "status": {"session": "a", "measuring": True}}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None: ...


def test_phyphox_is_asked_only_for_what_is_new() -> None:
    assert data_query({}).startswith("/get?acc_time=full&accX=full")
    assert "acc_time=1.250000&accX=1.250000|acc_time" in data_query({"acc": 1.25})
    assert "acc_time=12345.678901&" in data_query({"acc": 12345.678901})  # hours: still to the sample


async def test_a_phone_with_phyphox_is_polled_without_gap_or_repeat() -> None:
    FakePhone.asked = []
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), FakePhone) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        phone = sensor("phyphox", address=f"http://127.0.0.1:{server.server_port}")
        decoder, times = DEVICES["phyphox"].decoder(phone), list[float]()
        source = Phyphox([phone], SystemClock())

        def emit(item: Packet | SensorStatus) -> None:
            if isinstance(item, Packet):
                for d in decoder.decode(item):
                    assert isinstance(d, Samples)
                    assert d.device_s is not None
                    times.extend(d.device_s.tolist())
                if len(times) >= 400:
                    raise _Enough

        with pytest.RaisesGroup(_Enough):
            await source.run(emit)
        server.shutdown()
    assert times == [k / 100 for k in range(1, len(times) + 1)]


class _Enough(BaseException):
    """The test has seen what it wanted."""


async def test_a_phone_that_does_not_answer_is_said_to_be_lost() -> None:
    told: list[SensorStatus] = []

    def emit(item: Packet | SensorStatus) -> None:
        assert isinstance(item, SensorStatus)
        told.append(item)
        raise _Enough

    with pytest.RaisesGroup(_Enough):
        await Phyphox([sensor("phyphox", address="http://127.0.0.1:9")], SystemClock()).run(emit)
    assert told[0].link is LinkState.LOST
    assert "is remote access on?" in told[0].text


def test_refused_phones_are_logged_without_their_names_and_tokens(
    client: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(3):
        client.post("/push/Anna's%20iPhone?token=a-wrong-one", content=b"{}")
        client.post(f"/push/Anna's%20iPhone?token={TOKEN.reveal()}", content=b"{}")
        client.post(push_path(sensor(), TOKEN), content=b" " * 4_000_001)
    assert caplog.messages == [
        "POST /push/{sensor:path} was refused: without the token, or with a wrong one (401)",
        "a phone pushes under a name that is not in the settings",
        "POST /push/{sensor:path} was refused: too large (413)",
    ]


async def test_a_phone_that_goes_away_and_comes_back_is_two_lines_without_its_address(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.INFO, "monitor")
    monkeypatch.setattr(Backoff, "wait_s", lambda *_: 0.01)
    FakePhone.asked = []
    port = free_port()
    source = Phyphox([sensor("phyphox", address=f"http://127.0.0.1:{port}")], SystemClock())
    back = asyncio.Event()
    failures = 0

    def emit(item: Packet | SensorStatus) -> None:
        nonlocal failures
        failures += isinstance(item, SensorStatus) and item.link is LinkState.LOST
        if isinstance(item, Packet):
            back.set()

    running = asyncio.create_task(source.run(emit))
    while failures < 3:  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    with http.server.ThreadingHTTPServer(("127.0.0.1", port), FakePhone) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        async with asyncio.timeout(30):
            await back.wait()
        running.cancel()
        await asyncio.wait([running])
        server.shutdown()
    lost, again = caplog.messages
    assert lost.startswith("my phone: phyphox does not answer")
    assert again.startswith("my phone: answers again after")
    assert str(port) not in caplog.text
