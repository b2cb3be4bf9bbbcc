"""Shared days at a server: each once, again when changed, gone when sharing ends; nothing of anybody else.

InfluxDB 2's ``/api/v2/delete`` is a stand-in of ours here (it cannot be had as a package); the deletion by
InfluxQL is carried out by a real InfluxDB 1.6.
"""

from __future__ import annotations

import asyncio
import datetime
import gzip
import json
import re
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from monitor.core.errors import SinkError
from monitor.core.file_lock import exclusive_lock
from monitor.core.monotonic import SystemClock
from monitor.core.secret import Secret
from monitor.sinks.influx.line_protocol import Point, protocol_lines
from monitor.sinks.influx.settings import InfluxSettings
from monitor.sinks.influx.shared_days import SharedDaysDelivery, SharingReport, deletion_waits
from monitor.sinks.influx.sink import InfluxSink
from monitor.storage.runner_log import RUNNER_LOG_FOLDER
from monitor.storage.sent_days import SentDays, read_sent_days, sent_days_path, write_sent_days
from monitor.storage.store import Store
from monitor.training.sharing import SHARED_ITEMS, SharedDay
from tests.ports import free_port
from tests.sinks.influx.test_plan_points import FULL_DAY
from tests.stack.servers import RAW_BUCKET, TOKEN, Influx, fetch

ANN = "Ann B"
PHASE = frozenset({"phase"})


def shared(number: int, **fields: Any) -> SharedDay:
    """A day of which everything is shared."""
    return replace(FULL_DAY, day=FULL_DAY.day + datetime.timedelta(days=number), **fields)


def phase_only(day: SharedDay) -> SharedDay:
    return SharedDay(day=day.day, items=PHASE, phase=day.phase, held=day.held)  # type: ignore[arg-type]


class Runner:
    """A runner's machine: what is shared now, and the file of what was sent."""

    def __init__(self, folder: Path, url: str, name: str = ANN) -> None:
        self.folder = folder
        (folder / RUNNER_LOG_FOLDER).mkdir(exist_ok=True)
        self.path = sent_days_path(folder, name)
        self.days: list[SharedDay] = [shared(k) for k in range(3)]
        self.name, self.url = name, url

    def deliver(self) -> SharingReport:
        settings = InfluxSettings(url=self.url, token=Secret(TOKEN), timeout_s=5)
        with Store(self.folder / "gaitcue.db") as store:
            sink = InfluxSink(settings, store, SystemClock())
            delivery = SharedDaysDelivery(sink, self.url, self.name, lambda: self.days, self.path)
            return asyncio.run(delivery.deliver())


@pytest.fixture
def ann(tmp_path: Path, influx: Influx) -> Runner:
    return Runner(tmp_path, influx.url)


def values(influx: Influx, measurement: str, field: str, athlete: str = ANN) -> list[Any]:
    series = influx.query(f'SELECT "{field}" FROM "{measurement}" WHERE "athlete" = \'{athlete}\'')
    return [row[1] for s in series for row in s["values"]]


def everything(influx: Influx, athlete: str = ANN) -> list[Any]:
    """All points of the athlete that are of the plan."""
    where = f"WHERE \"athlete\" = '{athlete}'"
    return [s for name in ("plan", "log", "shoe") for s in influx.query(f'SELECT * FROM "{name}" {where}')]


def test_each_day_arrives_once_and_nothing_is_sent_again(ann: Runner, influx: Influx) -> None:
    assert ann.deliver() == SharingReport(sent=3, deleted=True)
    assert values(influx, "plan", "phase") == [2, 2, 2]
    assert values(influx, "log", "during") == [2, 2, 2]
    assert sorted(set(values(influx, "shoe", "km"))) == [30, 412.5]
    assert ann.deliver() == SharingReport()


def test_a_day_that_has_changed_is_sent_again_and_a_value_taken_back_is_gone(
    ann: Runner, influx: Influx
) -> None:
    ann.deliver()
    ann.days[1] = shared(1, during=None, morning=7.0)
    assert ann.deliver() == SharingReport(sent=1)
    assert values(influx, "log", "during") == [2, 2]
    assert values(influx, "log", "morning") == [0, 7, 0]
    assert len(values(influx, "plan", "phase")) == 3


def test_a_day_that_is_no_more_is_deleted(ann: Runner, influx: Influx) -> None:
    ann.deliver()
    ann.days = ann.days[1:]
    ann.deliver()
    assert len(values(influx, "plan", "phase")) == 2


def test_withdrawing_an_item_deletes_it_and_leaves_the_others(ann: Runner, influx: Influx) -> None:
    ann.deliver()
    ann.days = [phase_only(day) for day in ann.days]
    assert ann.deliver() == SharingReport(sent=3, deleted=True)
    assert values(influx, "plan", "phase") == [2, 2, 2]
    assert values(influx, "log", "during") == values(influx, "shoe", "km") == []
    assert values(influx, "plan", "allowed_km") == []
    assert set(values(influx, "plan", "shares_pain")) == {0}


def test_withdrawing_everything_leaves_nothing_and_touches_nobody_else(
    ann: Runner, influx: Influx, tmp_path: Path
) -> None:
    (tmp_path / "ben").mkdir()
    ben = Runner(tmp_path / "ben", influx.url, "ben")
    ann.deliver()
    ben.deliver()
    line = protocol_lines([Point("second", {"athlete": ANN, "session": "s"}, {"cadence_spm": 170.0}, 5)])
    fetch(f"{influx.url}/api/v2/write?org=gaitcue&bucket={RAW_BUCKET}&precision=ns", line, TOKEN)
    before = everything(influx, "ben")
    ann.days = []
    assert ann.deliver() == SharingReport(deleted=True)
    assert everything(influx) == []
    assert everything(influx, "ben") == before != []
    assert values(influx, "second", "cadence_spm") == [170]
    assert ann.deliver() == SharingReport()


def write_notes(url: str) -> None:
    """What versions before the shared days sent with the notes of a run."""
    notes = [
        Point("note", {"athlete": name, "session": "s", "kind": kind}, {"text": "calf"}, 5)
        for name, kind in ((ANN, "pain"), (ANN, "note"), ("ben", "pain"))
    ]
    fetch(f"{url}/api/v2/write?org=gaitcue&bucket=gait&precision=ns", protocol_lines(notes), TOKEN)


def test_pain_that_earlier_versions_sent_goes_with_what_is_withdrawn(ann: Runner, influx: Influx) -> None:
    ann.deliver()
    write_notes(influx.url)
    ann.days = [phase_only(day) for day in ann.days]
    assert ann.deliver().deleted
    left = [
        s["tags"]["kind"] for s in influx.query(f"SELECT * FROM note WHERE athlete = '{ANN}' GROUP BY *")
    ]
    assert left == ["note"]
    assert len(influx.query("SELECT * FROM note WHERE athlete = 'ben'")) == 1


def test_what_cannot_be_delivered_waits_and_so_does_a_deletion(tmp_path: Path, influx: Influx) -> None:
    ann = Runner(tmp_path, influx.url)
    influx.answer(503)
    with pytest.raises(SinkError):
        ann.deliver()
    influx.recover()
    assert ann.deliver().sent == 3
    ann.days = []
    there, ann.url = ann.url, f"http://127.0.0.1:{free_port()}"
    assert read_sent_days(ann.path).items == tuple(sorted(SHARED_ITEMS))
    away = Runner(tmp_path, there)
    away.days = []
    influx.proxy.kill()
    with pytest.raises(SinkError):
        away.deliver()
    assert deletion_waits(read_sent_days(ann.path), ())
    influx.proxy.start()
    assert away.deliver().deleted
    assert not deletion_waits(read_sent_days(ann.path), ())
    assert everything(influx) == []


def test_a_crash_on_the_way_leaves_nothing_behind_that_is_not_deleted(ann: Runner, influx: Influx) -> None:
    """The file says what may be there before it is there."""
    ann.deliver()
    ann.days[0] = shared(0, effort=9.0)
    influx.answer(503)
    with pytest.raises(SinkError):
        ann.deliver()
    influx.recover()
    assert read_sent_days(ann.path).days[str(ann.days[0].day)] == ""
    ann.days[0] = shared(0, effort=None)
    assert ann.deliver().sent == 1
    assert values(influx, "log", "effort") == [3, 3]


def test_a_damaged_file_means_that_anything_may_be_there(ann: Runner, influx: Influx) -> None:
    ann.deliver()
    ann.path.write_text("{")
    assert deletion_waits(read_sent_days(ann.path), SHARED_ITEMS)
    ann.days = []
    assert ann.deliver().deleted
    assert everything(influx) == []


def test_nothing_is_sent_while_another_process_delivers(ann: Runner, influx: Influx) -> None:
    with exclusive_lock(ann.path.with_suffix(".lock")), pytest.raises(SinkError, match="another gaitcue"):
        ann.deliver()
    assert everything(influx) == []


def test_a_runner_who_shares_nothing_needs_no_server(tmp_path: Path) -> None:
    alone = Runner(tmp_path, f"http://127.0.0.1:{free_port()}")
    alone.days = []
    assert alone.deliver() == SharingReport()
    assert not alone.path.exists()


def test_what_was_left_at_an_earlier_server_is_told_and_deleted_when_it_is_set_again(
    ann: Runner, tmp_path: Path, influx: Influx
) -> None:
    ann.deliver()
    elsewhere = SentDays(server="http://old", items=("pain",), days={"2026-03-09": "x"})
    write_sent_days(ann.path, elsewhere)
    assert ann.deliver() == SharingReport(sent=3, deleted=True, left_at=("http://old",))
    ann.days = []
    assert ann.deliver() == SharingReport(deleted=True, left_at=("http://old",))
    write_sent_days(ann.path, SentDays(server="http://new", left_at=(influx.url,)))
    assert ann.deliver() == SharingReport(deleted=True)


# ------------------------------------------------------------------ InfluxDB 2, a stand-in


class Version2(BaseHTTPRequestHandler):
    """Takes points, and deletes by the predicate that InfluxDB 2 documents, exactly as we write it."""

    lines: dict[tuple[str, str, int], str]
    requests: list[str]
    deletes = True

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        path = self.path.partition("?")[0]
        self.requests.append(path)
        if path == "/api/v2/write":
            self._write(body.decode())
        elif path == "/api/v2/delete" and self.deletes:
            self._delete(json.loads(body))
        else:
            return self._answer(404)
        return self._answer(204)

    def _write(self, text: str) -> None:
        for line in text.splitlines():
            series, _, t_ns = line.replace("\\ ", "\0").split(" ")
            name, _, tags = series.replace("\0", " ").partition(",")
            self.lines[name, tags, int(t_ns)] = line

    def _delete(self, wanted: dict[str, str]) -> None:
        said = re.fullmatch(
            r'_measurement="(\w+)" AND athlete="([^"]+)"(?: AND (kind)="(pain)")?', wanted["predicate"]
        )
        assert said is not None
        wanted_tags = {f"athlete={said[2]}", *([f"kind={said[4]}"] if said[3] else [])}
        start, stop = (
            datetime.datetime.fromisoformat(wanted[k].replace("Z", "+00:00")).timestamp() * 1e9
            for k in ("start", "stop")
        )
        for name, tags, t_ns in list(self.lines):
            if name == said[1] and wanted_tags <= {*tags.split(",")} and start <= t_ns < stop:
                del self.lines[name, tags, t_ns]

    def _answer(self, status: int) -> None:
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def version_2() -> Iterator[tuple[str, type[Version2]]]:
    handler = type("Handler", (Version2,), {"lines": {}, "requests": []})
    server = HTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", handler
    server.shutdown()
    thread.join()
    server.server_close()


def test_the_delete_interface_of_version_2_is_used(
    tmp_path: Path, version_2: tuple[str, type[Version2]]
) -> None:
    url, handler = version_2
    ann = Runner(tmp_path, url)
    assert ann.deliver().sent == 3
    assert len(handler.lines) == 12
    ann.days[1] = shared(1, during=None)
    ann.deliver()
    assert sum("during=" in line for line in handler.lines.values()) == 2
    ann.days = [phase_only(day) for day in ann.days]
    ann.deliver()
    assert {name for name, _, _ in handler.lines} == {"plan"}
    ann.days = []
    write_notes(url)
    assert ann.deliver().deleted
    assert {tags for _, tags, _ in handler.lines} == {
        "athlete=Ann B,kind=note,session=s",
        "athlete=ben,kind=pain,session=s",
    }
    assert set(handler.requests) == {"/api/v2/write", "/api/v2/delete"}


def test_a_server_that_cannot_delete_gets_nothing(
    tmp_path: Path, version_2: tuple[str, type[Version2]]
) -> None:
    url, handler = version_2
    handler.deletes = False
    ann = Runner(tmp_path, url)
    with pytest.raises(SinkError, match="deletes nothing"):
        ann.deliver()
    assert handler.lines == {}
    assert "/api/v2/write" not in handler.requests
