"""Uploads to a stand-in for intervals.icu that keeps to its documented API, and misbehaves in every way."""

from __future__ import annotations

import asyncio
import base64
import email.parser
import email.policy
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from monitor.core.errors import SinkError
from monitor.core.monotonic import SystemClock
from monitor.core.secret import Secret
from monitor.sinks.finished_runs import FinishedRuns
from monitor.sinks.intervals_icu.settings import IntervalsIcuSettings
from monitor.sinks.intervals_icu.sink import IntervalsIcu, make_intervals_sink
from monitor.storage.store import Store
from tests.finished_run import add_run, no_batches, write_text
from tests.ports import free_port

KEY = "a-key-of-some-length"


class Site(ThreadingHTTPServer):
    """What the API does: a list of activities by date, and one more by POST."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answers)
        self.activities: list[dict[str, str]] = []
        self.files: list[bytes] = []
        self.asked: list[str] = []
        self.status = 0  # of the next POST, if it is not to work
        self.accepts_but_is_silent = False
        self.elsewhere = ""  # where a redirect leads

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Answers(BaseHTTPRequestHandler):
    server: Site

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""

    def answer(self, status: int, body: object, **headers: str) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def is_known(self) -> bool:
        login = base64.b64encode(f"API_KEY:{KEY}".encode()).decode()
        return self.headers["Authorization"] == f"Basic {login}"

    def do_GET(self) -> None:
        self.server.asked.append(f"GET {self.path}")
        if not self.is_known():
            return self.answer(401, {"status": 401})
        parts = urlsplit(self.path)
        if parts.path == "/api/v1/athlete/0":
            return self.answer(200, {"id": "i1"})
        query = parse_qs(parts.query)
        inside = [
            a for a in self.server.activities
            if query["oldest"][0] <= a["start_date_local"][:10] <= query["newest"][0]
        ]  # fmt: skip
        return self.answer(200, inside)

    def do_POST(self) -> None:
        self.server.asked.append(f"POST {self.path}")
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if not self.is_known():
            return self.answer(401, {"status": 401})
        if self.server.status:
            return self.answer(self.server.status, {}, Location=self.server.elsewhere)
        parts = urlsplit(self.path)
        assert parts.path == "/api/v1/athlete/0/activities"
        head = f"Content-Type: {self.headers['Content-Type']}\r\n\r\n".encode()
        message = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(head + body)
        (part,) = message.iter_parts()
        assert part.get_param("name", header="content-disposition") == "file"
        self.server.files.append(part.get_payload(decode=True))  # type: ignore[arg-type]
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        self.server.activities.append(query | {"start_date_local": "2026-11-24T23:30:00"})
        if self.server.accepts_but_is_silent:
            self.server.accepts_but_is_silent = False
            time.sleep(1.0)
        return self.answer(201, {"id": "i2", "activities": [{"id": "i2"}]})


@pytest.fixture
def site() -> Iterator[Site]:
    server = Site()
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "gaitcue.db") as made:
        yield made


def sink(store: Store, url: str, key: str = KEY) -> FinishedRuns:
    settings = IntervalsIcuSettings(token=Secret(key), url=url, timeout_s=0.5)
    return make_intervals_sink(settings, store, write_text, SystemClock(), None)


def test_a_finished_run_is_uploaded_as_one_file_with_our_id(store: Store, site: Site) -> None:
    out = sink(store, site.url)
    name = add_run(store)
    asyncio.run(out.run(no_batches()))
    assert site.files == [f"FIT of {name}".encode()]
    assert site.activities[0]["external_id"] == name
    assert site.activities[0]["name"] == "Lunch & run"


def test_a_run_that_arrived_without_our_hearing_of_it_is_not_sent_again(store: Store, site: Site) -> None:
    out = sink(store, site.url)
    name = add_run(store)
    site.accepts_but_is_silent = True
    with pytest.raises(SinkError, match="did not answer within"):
        asyncio.run(out.outbox.drain())
    assert store.backlog("intervals_icu", runs=True) == 1
    assert asyncio.run(sink(store, site.url).outbox.drain())
    assert store.backlog("intervals_icu", runs=True) == 0
    assert [a["external_id"] for a in site.activities] == [name]


@pytest.mark.parametrize(
    ("status", "why"),
    [
        (500, "answers 500"),
        (503, "answers 503"),
        (429, "enough for now"),
        (403, "may not add"),
        (404, "correct url"),
    ],
)
def test_a_failure_waits_and_the_next_start_sends_it(
    store: Store, site: Site, status: int, why: str
) -> None:
    out = sink(store, site.url)
    add_run(store)
    site.status = status
    with pytest.raises(SinkError, match=why):
        asyncio.run(out.outbox.drain())
    assert not site.files
    site.status = 0
    assert asyncio.run(sink(store, site.url).outbox.drain())
    assert len(site.files) == 1


def test_a_run_that_is_refused_for_good_does_not_hold_up_the_next(store: Store, site: Site) -> None:
    out = sink(store, site.url)
    add_run(store)
    site.status = 422
    assert asyncio.run(out.outbox.drain())
    site.status = 0
    second = add_run(store, "2026-11-25T12-00-00-me")
    assert asyncio.run(out.outbox.drain())
    assert site.files == [f"FIT of {second}".encode()]
    ((_, _, reason),) = store.quarantined("intervals_icu")
    assert "answers 422: it will not take this run" in reason


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed_with_key_or_run(store: Store, site: Site, status: int) -> None:
    stranger = Site()
    threading.Thread(target=stranger.serve_forever, args=(0.01,), daemon=True).start()
    try:
        out = sink(store, site.url)
        add_run(store)
        site.status, site.elsewhere = status, f"{stranger.url}/api/v1/athlete/0/activities"
        with pytest.raises(SinkError, match="it has moved"):
            asyncio.run(out.outbox.drain())
        assert stranger.asked == []
    finally:
        stranger.shutdown()
        stranger.server_close()
    assert store.backlog("intervals_icu", runs=True) == 1


def test_a_wrong_key_is_said_without_showing_it(store: Store, site: Site) -> None:
    out = sink(store, site.url, "another-key-of-some-length")
    add_run(store)
    with pytest.raises(SinkError, match="the key is not known there") as caught:
        asyncio.run(out.outbox.drain())
    assert "another-key" not in str(caught.value)
    assert store.backlog("intervals_icu", runs=True) == 1


def test_a_site_that_is_not_there_is_said_in_one_line(store: Store) -> None:
    out = sink(store, f"http://127.0.0.1:{free_port()}")
    add_run(store)
    with pytest.raises(SinkError, match=r"cannot be reached \(Connection refused\)"):
        asyncio.run(out.outbox.drain())


def test_the_doctor_asks_for_the_runner_of_the_key(site: Site) -> None:
    IntervalsIcu(IntervalsIcuSettings(token=Secret(KEY), url=site.url)).check_key()
    assert site.asked == ["GET /api/v1/athlete/0?"]
