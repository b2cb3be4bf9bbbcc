"""Pushes against a real HTTP server that writes down what it gets and misbehaves as told."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace

import pytest
from aiohttp import web

from monitor.core.errors import ConfigError, SinkError
from monitor.core.message_catalogues import catalogue
from monitor.core.records import LinkState, Out, SensorStatus
from monitor.core.secret import Secret
from monitor.sinks.protocol import ReportsStatus
from monitor.sinks.push.alerts import Alert, Alerts, AlertSettings
from monitor.sinks.push.apprise import AppriseServices
from monitor.sinks.push.ntfy import MESSAGE_BYTES, NtfySettings, NtfyTopic, truncate_utf8
from monitor.sinks.push.sink import Post, PushSink

ALERT = Alert("drift", 200.0, 320.0, "Weiter neben dem Ziel – Ümläute", "Tritt schneller", 4)
catalogue("en")  # read before there is a loop to block
imghdr = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")


class MadeUp:
    """Time that passes when it is waited for."""

    def __init__(self) -> None:
        self.t_s = 0.0
        self.waits: list[float] = []

    def now_s(self) -> float:
        return self.t_s

    async def sleep(self, seconds: float) -> None:
        self.t_s += seconds
        self.waits.append(round(seconds, 3))
        await asyncio.sleep(0)


@dataclass
class Server:
    """Answers with these statuses in turn, then 200."""

    url: str = ""
    answers: list[int | float] = field(default_factory=list)  # a float: so many seconds late
    retry_after: str = ""
    got: list[dict[str, object]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)

    async def take(self, request: web.Request) -> web.Response:
        self.got.append(json.loads(await request.read()))
        self.headers.append(dict(request.headers))
        answer = self.answers.pop(0) if self.answers else 200
        if isinstance(answer, float):
            await asyncio.sleep(answer)
            answer = 200
        more = {"Retry-After": self.retry_after} if answer == 429 and self.retry_after else {}
        if 300 <= answer < 400:
            more["Location"] = self.url + "elsewhere"
        return web.Response(status=answer, headers=more)


@contextlib.asynccontextmanager
async def serving() -> AsyncIterator[Server]:
    made = Server()
    app = web.Application()
    app.router.add_post("/{path:.*}", made.take)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        made.url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
        yield made
    finally:
        await runner.cleanup()


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    async with serving() as made:
        yield made


def push(post: Post, time: MadeUp) -> PushSink:
    return PushSink("ntfy", Alerts(AlertSettings(), "2026-11-25T12:00:00+00:00"), post, time, lambda: 0.5)


def ntfy(server: Server, **more: object) -> NtfyTopic:
    return NtfyTopic(NtfySettings(topic="run-1", server=server.url, **more))  # type: ignore[arg-type]


def state(sink: PushSink) -> tuple[bool, str]:
    assert isinstance(sink, ReportsStatus)
    news = sink.report(1.0)
    assert news is not None
    return news.ok, news.text


async def test_a_push_is_one_json_post_with_its_words_whole(server: Server) -> None:
    sink = push(ntfy(server, token=Secret("tk_1")).post, MadeUp())
    assert await sink.send(ALERT, 120.0)
    assert server.got == [
        {"topic": "run-1", "title": ALERT.title, "message": ALERT.text, "priority": 4, "tags": ["runner"]}
    ]
    assert server.headers[0]["Authorization"] == "Bearer tk_1"
    assert state(sink) == (True, f"sent: {ALERT.title}")


async def test_429_is_waited_out_as_long_as_the_server_asks(server: Server) -> None:
    time = MadeUp()
    server.answers, server.retry_after = [429, 429], "7"
    assert await push(ntfy(server).post, time).send(ALERT, 120.0)
    assert (len(server.got), time.waits) == (3, [7, 7])


async def test_429_without_a_word_waits_for_the_next_free_place(server: Server) -> None:
    time = MadeUp()
    server.answers = [429]
    assert await push(ntfy(server).post, time).send(ALERT, 120.0)
    assert time.waits == [5]


async def test_a_server_in_trouble_is_tried_again_ever_more_patiently(server: Server) -> None:
    time = MadeUp()
    server.answers = [500, 502, 503]
    assert await push(ntfy(server).post, time).send(ALERT, 120.0)
    assert (len(server.got), time.waits) == (4, [1, 2, 4])


@pytest.mark.parametrize("status", [301, 400, 401, 403, 404, 413])
async def test_what_is_refused_is_not_sent_again_and_the_status_says_why(
    server: Server, status: int
) -> None:
    sink = push(ntfy(server).post, MadeUp())
    server.answers = [status]
    assert not await sink.send(ALERT, 120.0)
    assert len(server.got) == 1
    ok, text = state(sink)
    assert not ok
    assert str(status) in text
    assert {301: "moved", 401: "GAITCUE_NTFY_TOKEN", 403: "topic"}.get(status, "check server") in text


async def test_a_push_that_cannot_be_delivered_in_time_is_dropped(server: Server) -> None:
    time = MadeUp()
    server.answers = [503] * 50
    sink = push(ntfy(server).post, time)
    assert not await sink.send(ALERT, 60.0)
    assert time.t_s == pytest.approx(60.0)
    sent = len(server.got)
    assert "came too late and was dropped" in state(sink)[1]
    server.answers = []
    assert not await sink.send(ALERT, 0.0)
    assert len(server.got) == sent


async def test_a_slow_or_dead_server_is_tried_again(server: Server) -> None:
    server.answers = [0.6]
    assert await push(ntfy(server, timeout_s=0.3).post, MadeUp()).send(ALERT, 120.0)
    assert len(server.got) == 2
    sink = push(NtfyTopic(NtfySettings(topic="t", server="http://127.0.0.1:9")).post, MadeUp())
    assert not await sink.send(ALERT, 10.0)
    with pytest.raises(Exception, match=r"http://127.0.0.1:9 cannot be reached"):
        await NtfyTopic(NtfySettings(topic="t", server="http://127.0.0.1:9")).post(ALERT)


async def _once(batches: Sequence[list[Out]]) -> AsyncIterator[list[Out]]:
    for batch in batches:
        yield batch


async def test_records_that_lay_too_long_make_no_push(server: Server) -> None:
    lost = SensorStatus(100.0, "shoe", LinkState.SILENT, "", silent_s=60.0)
    later = SensorStatus(300.0, "belt", LinkState.STREAMING, "")
    sink = push(ntfy(server).post, MadeUp())
    await sink.run(_once([[lost, later]]))  # both came when the channel was free again
    assert server.got == []
    sink = push(ntfy(server).post, MadeUp())
    await sink.run(_once([[lost], [lost], [later]]))
    assert [g["title"] for g in server.got] == ["Sensor lost"]


def test_a_long_text_is_cut_between_characters() -> None:
    text = "ü" * 3000
    cut = truncate_utf8(text)
    assert len(cut.encode()) <= MESSAGE_BYTES
    assert cut == "ü" * ((MESSAGE_BYTES - 3) // 2) + "…"
    assert truncate_utf8("kurz") == "kurz"


@imghdr
async def test_a_tap_on_a_push_opens_its_link(server: Server) -> None:
    link = "http://192.168.1.20:8770/plan"
    await ntfy(server).post(replace(ALERT, link=link))
    assert server.got[0]["click"] == link
    services = await asyncio.to_thread(AppriseServices, Secret(f"{server.url.replace('http', 'json')}/"))
    await services.post(replace(ALERT, link=link))
    assert server.got[1]["message"] == f"{ALERT.text}\n{link}"


@imghdr
async def test_apprise_sends_to_every_service_and_again_only_to_the_one_that_failed(server: Server) -> None:
    async with serving() as other:
        server.answers = [500, 500]
        urls = "\n".join(s.url.replace("http", "json") for s in (server, other))
        made = await asyncio.to_thread(AppriseServices, Secret(urls))
        time = MadeUp()
        assert await push(made.post, time).send(ALERT, 120.0)
        assert (len(server.got), len(other.got)) == (3, 1)
        assert other.got[0]["title"] == ALERT.title
        assert time.waits == [1, 2]


@imghdr
def test_a_url_that_apprise_does_not_know_is_told_by_its_number_and_not_by_its_secrets() -> None:
    with pytest.raises(ConfigError) as refused:
        AppriseServices(Secret("json://localhost/\nnonsense://user:hunter2@x"))
    assert "URL 2" in str(refused.value)
    assert "hunter2" not in str(refused.value)


def test_wrong_settings_are_told() -> None:
    with pytest.raises(ValueError, match="topic"):
        NtfySettings(topic="a b")
    with pytest.raises(ValueError, match="server"):
        NtfySettings(server="ntfy.sh")


async def test_pushes_are_logged_by_kind_and_not_by_their_words(
    server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "monitor")
    sink = push(ntfy(server, token=Secret("tk_a_token")).post, MadeUp())
    server.answers = [500, 503, 200, 403]
    assert await sink.send(ALERT, 120.0)
    assert not await sink.send(ALERT, 120.0)
    assert caplog.messages[1:3] == ["ntfy: sends again after 3 s and 2 tries", "ntfy: pushed (drift)"]
    assert caplog.messages[3].startswith("ntfy: not pushed (drift): ")
    for private in ("tk_a_token", "run-1", ALERT.title, ALERT.text):
        assert private not in caplog.text


async def test_a_user_and_password_in_the_servers_address_are_told_to_nobody() -> None:
    topic = NtfyTopic(NtfySettings(topic="t", server="http://ann:hunter22@127.0.0.1:9"))
    with pytest.raises(SinkError, match=r"^http://127.0.0.1:9 cannot be reached"):
        await topic.post(ALERT)
