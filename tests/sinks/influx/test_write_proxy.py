"""A runner's token writes that runner's points and nothing else."""

from __future__ import annotations

import gzip
import logging
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from monitor.core.secret import Secret
from monitor.sinks.influx.line_protocol import Point, protocol_lines
from monitor.sinks.influx.write_proxy import make_write_proxy, writing_athletes
from tests.stack.servers import BUCKET, TOKEN, Influx

WHERE = f"/api/v2/write?org=gaitcue&bucket={BUCKET}&precision=ns"


@pytest.fixture
def proxy(influx: Influx, tmp_path: Path) -> TestClient:
    (tmp_path / "Ann B.token").write_text("anns-token\n")
    (tmp_path / "ben.token").write_text("bens-token\n")
    return TestClient(make_write_proxy(influx.url, Secret(TOKEN), tmp_path))


def body(athlete: str, text: str = "a, b = c") -> bytes:
    return protocol_lines([Point("step", {"athlete": athlete, "side": "L"}, {"count": 1, "text": text}, 5)])


def write(proxy: TestClient, token: str, data: bytes, **headers: str) -> int:
    headers |= {"Authorization": f"Token {token}"}
    return int(proxy.post(WHERE, content=data, headers=headers).status_code)


def test_own_points_arrive_packed_or_not(proxy: TestClient, influx: Influx) -> None:
    assert write(proxy, "anns-token", body("Ann B")) == 204
    assert write(proxy, "bens-token", gzip.compress(body("ben")), **{"Content-Encoding": "gzip"}) == 204
    assert influx.count("step", "count") == 2


def test_nobody_writes_as_another_or_without_a_token(proxy: TestClient, influx: Influx) -> None:
    assert write(proxy, "bens-token", body("Ann B")) == 403
    assert write(proxy, "bens-token", body("ben") + b"\n" + body("Ann B")) == 403
    assert write(proxy, TOKEN, body("ben")) == 401
    assert write(proxy, "", body("ben")) == 401
    assert influx.count("step", "count") == 0


TRICKS = (
    b"step,side=L count=1i 5",
    b"step,athlete=ben,athlete=Ann count=1i 5",
    b'step,athlete=ben,x=" count=1i 5\nstep,athlete=Ann count=1i 5',
    b'step,athlete=ben count=1i,a"b=2 5\nstep,athlete=Ann count=1i 5',
    b'step,athlete=ben text="open 5\nstep,athlete=Ann count=1i 5',
    b"# comment\nstep,athlete=ben count=1i 5",
    b"step\\,athlete=ben,x=y count=1i 5",
)


@pytest.mark.parametrize("trick", TRICKS)
def test_a_line_that_could_be_read_in_two_ways_is_refused(proxy: TestClient, trick: bytes) -> None:
    assert write(proxy, "bens-token", trick) == 400


def test_what_a_runner_says_may_hold_anything() -> None:
    for text in ('say "hi"', "two\nlines", "step,athlete=Ann count=1i", "back\\slash", "é"):
        assert writing_athletes(body("ben", text) + b"\n" + body("ben", text)) == {"ben"}


def test_a_server_that_is_away_or_refuses_the_proxy_is_tried_again_later(tmp_path: Path) -> None:
    (tmp_path / "ben.token").write_text("bens-token")
    away = TestClient(make_write_proxy("http://127.0.0.1:1", Secret("x"), tmp_path))
    assert write(away, "bens-token", body("ben")) == 503


def test_refusals_and_a_server_that_is_away_are_logged_once_and_by_runner(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "ben.token").write_text("bens-token")
    away = TestClient(make_write_proxy("http://127.0.0.1:1", Secret("the-proxys-own"), tmp_path))
    for _ in range(3):
        write(away, "guessed-token", body("ben"))
        write(away, "bens-token", body("Ann B"))
        write(away, "bens-token", TRICKS[0])
        write(away, "bens-token", body("ben"))
    refused, foreign, strange, gone = caplog.messages
    assert refused == ("POST /api/v2/write was refused: without the token, or with a wrong one (401)")
    assert foreign == "ben was refused: points of another athlete"
    assert strange == "ben was refused: a line is not line protocol with one athlete tag"
    assert gone.startswith("InfluxDB: cannot be reached")
    for private in ("guessed-token", "bens-token", "the-proxys-own", "Ann", "count="):
        assert private not in caplog.text


def test_the_proxy_says_when_its_server_takes_points_again(
    tmp_path: Path, influx: Influx, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "monitor")
    (tmp_path / "ben.token").write_text("bens-token")
    proxy = TestClient(make_write_proxy(influx.url, Secret(TOKEN), tmp_path))
    influx.answer(503)
    for _ in range(4):
        write(proxy, "bens-token", body("ben"))
    influx.recover()
    assert write(proxy, "bens-token", body("ben")) == 204
    assert caplog.messages == [
        "InfluxDB: answers 503",
        "InfluxDB: takes points again after 0 s and 4 tries",
    ]
