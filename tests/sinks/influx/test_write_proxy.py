"""A runner's token writes that runner's points and nothing else."""

from __future__ import annotations

import contextlib
import datetime
import gzip
import http.server
import json
import logging
import re
import threading
import time
import tracemalloc
import urllib.parse
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from monitor.core.secret import Secret
from monitor.sinks.influx.deletion import Deletion
from monitor.sinks.influx.line_protocol import Point, protocol_lines
from monitor.sinks.influx.write_proxy import Unpacking, make_write_proxy, writing_athletes
from tests.stack.servers import RAW_BUCKET, TOKEN, Influx

WHERE = f"/api/v2/write?org=gaitcue&bucket={RAW_BUCKET}&precision=ns"


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


@contextlib.contextmanager
def asked_server(status: int) -> Iterator[tuple[str, list[str]]]:
    """A server that answers everything with this status: its address, and what it was asked."""
    asked: list[str] = []

    class Elsewhere(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked.append(self.path)
            self.send_response(status)
            self.send_header("Location", "/stolen")
            self.end_headers()

        do_GET = do_POST

        def log_message(self, *_: object) -> None: ...

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Elsewhere) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", asked
        server.shutdown()


@pytest.mark.parametrize(
    ("athlete", "file"), [("a/b", "a%2Fb"), ("5%", "5%25"), ("5%", "5%"), ("李", "李")]
)
def test_a_name_that_no_file_can_have_has_a_token_file(
    influx: Influx, tmp_path: Path, athlete: str, file: str
) -> None:
    (tmp_path / f"{file}.token").write_text("the-token")
    proxy = TestClient(make_write_proxy(influx.url, Secret(TOKEN), tmp_path))
    assert write(proxy, "the-token", body(athlete)) == 204
    assert write(proxy, "the-token", body(file + "x")) == 403
    assert influx.count("step", "count") == 1


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ("", 204),
        ("&orgID=1", 204),
        ("&db=other", 400),
        ("&u=admin&p=secret", 400),
        ("&rp=autogen", 400),
        ("&consistency=all", 400),
        ("&bucket=other", 400),  # the second of two
        ("&%62ucket=other", 400),
        ("&precision=", 400),
        ("&orgID=%0d%0aX", 400),
        ("&x", 400),
    ],
)
def test_only_what_the_write_api_knows_is_passed_on(tmp_path: Path, more: str, status: int) -> None:
    (tmp_path / "ben.token").write_text("bens-token")
    with asked_server(204) as (url, asked):
        proxy = TestClient(make_write_proxy(url, Secret(TOKEN), tmp_path))
        headers = {"Authorization": "Token bens-token"}
        answer = proxy.post(f"{WHERE}{more}", content=body("ben"), headers=headers)
    assert (answer.status_code, len(asked)) == (status, status == 204)
    if asked:
        passed = urllib.parse.parse_qs(urllib.parse.urlsplit(asked[0]).query)
        assert (passed["bucket"], passed["precision"]) == ([RAW_BUCKET], ["ns"])
    else:
        assert answer.json()["code"] == "invalid"


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
        lines = body("ben", text) + b"\n" + body("ben", text)
        assert writing_athletes(lines) == {"ben"}
        assert lines.count(b"\n") == 1


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
    failed, again = caplog.messages
    assert failed == "InfluxDB: answers 503"
    assert re.fullmatch(r"InfluxDB: takes points again after \d+ s and 4 tries", again)


UNSEEN = {
    "em space": "ann\u2003",
    "no-break space": "ann\u00a0",
    "tab": "ann\t",
    "unit separator": "ann\x1c",
    "next line": "\u0085ann",
    "line separator": "ann\u2028",
    "zero width": "an\u200bn",
    "right to left": "\u202eann",
    "nul": "ann\x00",
    "byte order mark": "\ufeffann",
}


@pytest.mark.parametrize("name", UNSEEN)
def test_a_name_that_only_looks_like_ones_own_is_refused(tmp_path: Path, name: str) -> None:
    """Also where somebody has made a file of that name."""
    (tmp_path / "ann.token").write_text("anns-token")
    if "\x00" not in UNSEEN[name]:
        (tmp_path / f"{UNSEEN[name]}.token").write_text("other-token")
    proxy = TestClient(make_write_proxy("http://127.0.0.1:1", Secret("x"), tmp_path))
    line = f"m,athlete={UNSEEN[name]} v=1 1".encode()
    assert write(proxy, "anns-token", line) == 400
    assert write(proxy, "other-token", line) == 401


def test_a_token_file_that_cannot_be_read_shuts_out_nobody_else(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "ann.token").write_text("anns-token")
    (tmp_path / "ben.token").mkdir()
    (tmp_path / "cem.token").write_bytes(b"\xff\xfe\x00")
    proxy = TestClient(make_write_proxy("http://127.0.0.1:1", Secret("x"), tmp_path))
    assert write(proxy, "anns-token", b"m,athlete=ann v=1 1") == 503  # let through: its server is away
    assert "ben.token" in caplog.text
    assert "no token can be read" in caplog.text


@pytest.mark.parametrize("name", ["аnn", "Ann", "ann ", "a nn", "ann-", '"ann"', "ann\\,", "anñ", "ann\\n"])
def test_names_are_compared_exactly(tmp_path: Path, name: str) -> None:
    (tmp_path / "ann.token").write_text("anns-token")
    proxy = TestClient(make_write_proxy("http://127.0.0.1:1", Secret("x"), tmp_path))
    escaped = name.replace(" ", "\\ ")
    assert write(proxy, "anns-token", f"m,athlete={escaped} v=1 1".encode()) in (400, 403)
    assert write(proxy, "anns-token", b"m,athlete=ann v=1 1") == 503  # let through: its server is away


READ_IN_TWO_WAYS = (
    b"m\\\\,athlete=ben,x=1,athlete=ann v=1 1",
    b"m,athlete=ann,ath\\lete=ben v=1 1",
    b"m,athlete=ann,\\athlete=ben v=1 1",
    b"m,athlete=ann,x=y\\\\,athlete=ben v=1 1",
    b"m,athlete=ann,x=y\\\\ ,athlete=ben v=1 1",
    b"m,athlete=ann v=1 1\r\nm,athlete=ben v=1 1\r\n",
    b"m,athlete=ann v=1 1\rm,athlete=ben v=1 1",
    b"\0m,athlete=ann v=1 1",
    b"\tm,athlete=ann v=1 1",
    b"m,athlete=ann v=1 1\x0bm,athlete=ben v=1 1\x0c",
    b'm,athlete=ann v=1\\\nm,athlete=ann w="\nm,athlete=ben v=9 1\n" 1',
    b'm,athlete=ann a\\"b="\nm,athlete=ben v=9 1\n" 1',
    b'm,athlete=ann v="a\\\\" 1\nm,athlete=ben v=9 1',
    b"m,athlete=ann\xff v=1 7",
    b"m,athlete= v=1 1",
    b'#,athlete=ann v="\nm,athlete=ben v=1 1\n"',
    b'm,athlete=ann v="a\nm,athlete=ben v=1 1\n" 1',  # VictoriaMetrics has written the line in the middle
    b'm,athlete=ann v="a\\\nm,athlete=ben v=1 1\n" 1',
    b"m,athlete=ann  v=1 1",
    "m,athlete=ann v=1 1\u2028m,athlete=ben v=1 1".encode(),
    "m\u00a0,athlete=ann v=1 1".encode(),
)


@pytest.mark.parametrize("trick", READ_IN_TWO_WAYS)
def test_what_two_parsers_could_read_differently_is_refused(tmp_path: Path, trick: bytes) -> None:
    (tmp_path / "ann.token").write_text("anns-token")
    proxy = TestClient(make_write_proxy("http://127.0.0.1:1", Secret("x"), tmp_path))
    assert write(proxy, "anns-token", trick) in (400, 403)


LINE = b"m,athlete=ben v=1 1\n"
PACKED = gzip.compress(LINE)
BADLY_PACKED = {
    "cut short": PACKED[:-16],
    "without its checksum": PACKED[:-8],
    "a byte short": PACKED[:-1],
    "a second member": PACKED + gzip.compress(LINE),
    "something behind": PACKED + b"\0",
    "not gzip": LINE,
    "nothing": b"",
    "wrong checksum": PACKED[:-8] + bytes(4) + PACKED[-4:],
}


@pytest.mark.parametrize("name", BADLY_PACKED)
def test_what_is_badly_packed_is_refused_in_pieces_too(tmp_path: Path, name: str) -> None:
    (tmp_path / "ben.token").write_text("bens-token")
    proxy = TestClient(make_write_proxy("http://127.0.0.1:1", Secret("x"), tmp_path))
    assert write(proxy, "bens-token", BADLY_PACKED[name], **{"Content-Encoding": "gzip"}) == 400
    unpacking = Unpacking(packed=True)
    with pytest.raises(ValueError, match="gzip"):  # noqa: PT012
        for byte in BADLY_PACKED[name]:
            unpacking.push(bytes([byte]))
        unpacking.finish()


def test_what_is_well_packed_is_taken_byte_by_byte() -> None:
    unpacking = Unpacking(packed=True)
    for byte in PACKED:
        unpacking.push(bytes([byte]))
    assert unpacking.finish() == LINE


def test_other_ways_to_pack_are_refused(tmp_path: Path) -> None:
    (tmp_path / "ben.token").write_text("bens-token")
    proxy = TestClient(make_write_proxy("http://127.0.0.1:1", Secret("x"), tmp_path))
    for encoding in ("deflate", "gzip, gzip", "br"):
        assert write(proxy, "bens-token", PACKED, **{"Content-Encoding": encoding}) == 415
    assert write(proxy, "bens-token", PACKED, **{"Content-Encoding": "GZIP"}) == 503


def test_a_bomb_is_refused_within_its_limit(tmp_path: Path) -> None:
    (tmp_path / "ben.token").write_text("bens-token")
    proxy = TestClient(make_write_proxy("http://127.0.0.1:1", Secret("x"), tmp_path))
    bomb = gzip.compress(b'm,athlete=ben f="' + bytes(100_000_000) + b'"')
    tracemalloc.start()
    assert write(proxy, "bens-token", bomb, **{"Content-Encoding": "gzip"}) == 413
    assert tracemalloc.get_traced_memory()[1] < 40_000_000
    tracemalloc.stop()


LONG: dict[str, Callable[[int], bytes]] = {
    "one text": lambda n: b'm,athlete=ann f="' + b"a" * n + b'"',
    "text with backslashes": lambda n: b'm,athlete=ann f="' + b"\\a" * (n // 2) + b'"',
    "text without an end": lambda n: b'm,athlete=ann f="' + b"a" * n,
    "text that changes": lambda n: b'm,athlete=ann f="' + b"a\\a" * (n // 3) + b'"',
    "fields": lambda n: b"m,athlete=ann " + b",".join([b"a=1"] * (n // 4)),
    "fields and a wrong end": lambda n: b"m,athlete=ann " + b",".join([b"a=1"] * (n // 4)) + b"!\x01",
    "tags": lambda n: b"m,athlete=ann" + b",a=1" * (n // 4) + b" v=1",
    "athletes": lambda n: b"m" + b",athlete=ann" * (n // 12) + b" v=1",
    "escapes": lambda n: b"m,athlete=ann,x=" + b"\\," * (n // 2) + b" v=1",
    "blanks": lambda n: b"m,athlete=ann v=1" + b" " * n,
    "a line too long": lambda n: b'm,athlete=ann f="' + b"a" * (n + n // 4) + b'"\n' + LINE,
}


@pytest.mark.parametrize("name", LONG)
def test_a_line_takes_time_and_room_by_its_length_and_no_more(name: str) -> None:
    """While a line is matched nobody else is served; a parser that tries again takes 16 times as long."""
    quarter, whole = LONG[name](240_000), LONG[name](960_000)
    assert _cpu_s(whole) < 9 * _cpu_s(quarter) + 0.005
    tracemalloc.start()
    writing_athletes(whole)
    assert tracemalloc.get_traced_memory()[1] < 40_000_000
    tracemalloc.stop()


def _cpu_s(body: bytes) -> float:
    """The least of three, so that nothing else on the machine counts."""
    taken = []
    for _ in range(3):
        began = time.thread_time()
        writing_athletes(body)
        taken.append(time.thread_time() - began)
    return min(taken)


def test_the_proxys_token_follows_no_redirect(tmp_path: Path) -> None:
    (tmp_path / "ben.token").write_text("bens-token")
    with asked_server(302) as (url, asked):
        proxy = TestClient(make_write_proxy(url, Secret("the-proxys-own"), tmp_path))
        assert write(proxy, "bens-token", body("ben")) == 503
    assert len(asked) == 1


@pytest.mark.parametrize("name", ["Łukasz", "李", "نازنین\u200cزهرا", "क्\u200dष"])
def test_names_in_any_script_write_their_points(name: str) -> None:
    line = protocol_lines([Point("m", {"athlete": name}, {"v": 1.0}, 1)])
    assert writing_athletes(line) == {name}


@pytest.mark.parametrize("sign", ["\u00a0", "\u2009", "\u3000", "\u202e", "\ue000", "\x07"])
def test_what_nobody_sees_in_a_name_is_neither_written_nor_taken(sign: str) -> None:
    assert writing_athletes(f"m,athlete=a{sign}b v=1 1".encode()) is None
    (name,) = writing_athletes(protocol_lines([Point("m", {"athlete": f"a{sign}b"}, {"v": 1.0}, 1)])) or ()
    assert sign not in name


# ------------------------------------------------------------------ deletions


SPAN = {"start": "2026-03-09T00:00:00Z", "stop": "2026-03-10T00:00:00Z"}


class Recorder(http.server.BaseHTTPRequestHandler):
    """Takes everything and remembers it."""

    taken: list[tuple[str, bytes]]

    def do_POST(self) -> None:
        self.taken.append((self.path, self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def recorder() -> Iterator[tuple[str, list[tuple[str, bytes]]]]:
    taken: list[tuple[str, bytes]] = []
    server = http.server.HTTPServer(("127.0.0.1", 0), type("Handler", (Recorder,), {"taken": taken}))
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", taken
    server.shutdown()
    thread.join()
    server.server_close()


def ask_to_delete(proxy: TestClient, token: str, body: object) -> int:
    text = body if isinstance(body, str) else json.dumps(body)
    headers = {"Authorization": f"Token {token}"}
    where = "/api/v2/delete?org=gaitcue&bucket=gait"
    return int(proxy.post(where, content=text, headers=headers).status_code)


def test_a_runner_deletes_the_own_days_of_the_plan_and_nothing_else(
    tmp_path: Path, recorder: tuple[str, list[tuple[str, bytes]]]
) -> None:
    url, taken = recorder
    (tmp_path / 'Ann "B".token').write_text("anns-token")
    (tmp_path / "ben.token").write_text("bens-token")
    proxy = TestClient(make_write_proxy(url, Secret("x"), tmp_path))
    day = datetime.date(2026, 3, 9)
    mine = Deletion(measurement="log", athlete='Ann "B"', first=day, last=day)
    start, stop = mine.span
    asked = {"start": start, "stop": stop, "predicate": mine.predicate()}
    assert ask_to_delete(proxy, "anns-token", asked) == 204
    assert [(path, json.loads(body)) for path, body in taken] == [
        ("/api/v2/delete?org=gaitcue&bucket=gait", asked)
    ]
    assert ask_to_delete(proxy, "bens-token", asked) == 403
    assert ask_to_delete(proxy, "", asked) == 401
    assert len(taken) == 1
    noted = Deletion(measurement="note", athlete="ben", kind="pain").predicate()
    assert ask_to_delete(proxy, "bens-token", {**SPAN, "predicate": noted}) == 204
    assert ask_to_delete(proxy, "anns-token", {**SPAN, "predicate": noted}) == 403
    seconds = Deletion(measurement="second", athlete="ben", first=day, last=day)
    of_a_day = dict(zip(("start", "stop"), seconds.span, strict=True), predicate=seconds.predicate())
    assert ask_to_delete(proxy, "bens-token", of_a_day) == 204
    assert ask_to_delete(proxy, "anns-token", of_a_day) == 403


NO_DELETIONS = (
    {**SPAN, "predicate": '_measurement="anything" AND athlete="ben"'},
    {**SPAN, "predicate": '_measurement="note" AND athlete="ben"'},
    {**SPAN, "predicate": '_measurement="note" AND athlete="ben" AND kind="tag"'},
    {**SPAN, "predicate": '_measurement="log"'},
    {**SPAN, "predicate": 'athlete="ben"'},
    {**SPAN, "predicate": ""},
    {**SPAN, "predicate": '_measurement="log" AND athlete="ben" OR athlete="Ann"'},
    {**SPAN, "predicate": '_measurement="log" AND athlete="ben\\" OR athlete="Ann"'},
    {**SPAN, "predicate": '_measurement="log" AND athlete="ben"\n'},
    SPAN,
    {**SPAN, "predicate": '_measurement="log" AND athlete="ben"', "bucket": "other"},
    {**SPAN, "predicate": ["_measurement"]},
    {"start": "now", "stop": "now", "predicate": '_measurement="log" AND athlete="ben"'},
    "[" * 9000,
    "nothing",
    "3",
)


@pytest.mark.parametrize("asked", NO_DELETIONS, ids=range(len(NO_DELETIONS)))
def test_what_is_no_deletion_of_ours_is_refused(tmp_path: Path, asked: object) -> None:
    (tmp_path / "ben.token").write_text("bens-token")
    proxy = TestClient(make_write_proxy("http://127.0.0.1:1", Secret("x"), tmp_path))
    assert ask_to_delete(proxy, "bens-token", asked) == 400


def test_of_a_key_that_is_there_twice_both_read_the_same(
    tmp_path: Path, recorder: tuple[str, list[tuple[str, bytes]]]
) -> None:
    url, taken = recorder
    (tmp_path / "ben.token").write_text("bens-token")
    proxy = TestClient(make_write_proxy(url, Secret("x"), tmp_path))
    two = '{{"start": "{start}", "stop": "{stop}", '.format(**SPAN)
    two += '"predicate": "athlete=\\"Ann\\"", "predicate": "_measurement=\\"log\\" AND athlete=\\"ben\\""}'
    assert ask_to_delete(proxy, "bens-token", two) == 204
    assert b"Ann" not in taken[0][1]
