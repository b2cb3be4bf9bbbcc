"""Real servers on loopback, started and stopped by the tests.

InfluxDB 2 cannot be had as a package here, so two stand-ins check each other: **influxd 1.6** behind a
rewrite that gives it the address, token and bucket of version 2 is strict about types, precision and
conflicts and loses nothing; **VictoriaMetrics** takes ``/api/v2/write`` as it is and counts bad lines.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from monitor.sinks.influx.schema import RAW_MEASUREMENTS
from tests.ports import free_port

TOKEN = "a-token-for-tests"
BUCKET, RAW_BUCKET = "gait", "gait_raw"
TRIES_S = 60.0

PROXY = """
daemon off; master_process off; pid %(dir)s/nginx.pid; error_log %(dir)s/nginx.log;
events { }
http {
  access_log off; client_max_body_size 50m;
  client_body_temp_path %(dir)s/body; proxy_temp_path %(dir)s/proxy; fastcgi_temp_path %(dir)s/f;
  uwsgi_temp_path %(dir)s/u; scgi_temp_path %(dir)s/s;
  map $arg_precision $prec { default n; ns n; us u; ms ms; s s; }
  server {
    listen 127.0.0.1:%(port)d;
    location = /ping { proxy_pass http://127.0.0.1:%(influxd)d; }
    location = /health { return 200 '{"status":"pass","version":"stand-in"}'; }
    location = /api/v2/write {
      if ($http_authorization != "Token %(token)s") {
        return 401 '{"code":"unauthorized","message":"unauthorized access"}'; }
      if ($arg_bucket !~ "^(%(buckets)s)$") {
        return 404 '{"code":"not found","message":"bucket not found"}'; }
      if (-f %(dir)s/500) {
        return 500 '{"code":"internal error","message":"write /wal/1: no space left on device"}'; }
      if (-f %(dir)s/503) { return 503 '{"code":"unavailable","message":"try later"}'; }
      if (-f %(dir)s/429) { return 429 '{"code":"too many requests","message":"slow down"}'; }
      rewrite ^ /write?db=$arg_bucket&precision=$prec? break; proxy_pass http://127.0.0.1:%(influxd)d;
    }
    location = /query {
      if ($http_authorization != "Token %(token)s") {
        return 401 '{"code":"unauthorized","message":"unauthorized access"}'; }
      proxy_pass http://127.0.0.1:%(influxd)d;
    }
  }
}
"""


def missing(*programs: str) -> list[str]:
    """Which of these programs are not installed."""
    path = os.environ.get("PATH", "") + ":/usr/sbin"
    return [p for p in programs if shutil.which(p, path=path) is None]


def needed(*programs: str) -> None:
    """Skip, naming what is missing; in CI that is a failure."""
    if lacking := missing(*programs):
        text = f"not installed: {', '.join(lacking)} (see .ci/system)"
        if os.environ.get("CI"):
            pytest.fail(text)
        pytest.skip(text)


def fetch(url: str, data: bytes | None = None, token: str = "") -> bytes:
    headers = {"Authorization": f"Token {token}"} if token else {}
    with urllib.request.urlopen(urllib.request.Request(url, data, headers), timeout=20) as answer:
        return bytes(answer.read())


class Process:
    """A server of ours: one process, its log beside its data."""

    def __init__(self, command: list[str], log: Path, alive: str) -> None:
        self._command, self._log, self._alive = command, log, alive
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start and wait until it answers."""
        with self._log.open("ab") as log:
            env = {**os.environ, "PATH": os.environ.get("PATH", "") + ":/usr/sbin"}
            self._process = subprocess.Popen(self._command, stdout=log, stderr=log, env=env)
        deadline = os.times().elapsed + TRIES_S
        while os.times().elapsed < deadline:
            if self._process.poll() is not None:
                break
            with contextlib.suppress(OSError):
                fetch(self._alive)
                return
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(0.05)
        raise AssertionError(f"{self._command[0]} does not answer:\n{self._log.read_text()[-2000:]}")

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def send(self, number: signal.Signals) -> None:
        os.kill(self.pid, number)

    def kill(self) -> None:
        """``kill -9``, and wait until it is gone."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


def bucket_of(statement: str) -> str:
    """The bucket that has the measurements of an InfluxQL statement; all lie in one."""
    names = set(re.findall(r'(?:FROM|MEASUREMENT) "?(\w+)"?', statement))
    raw = names & RAW_MEASUREMENTS
    assert raw in (names, set()), f"of two buckets: {statement}"
    return RAW_BUCKET if raw else BUCKET


class Influx:
    """influxd behind the rewrite; ``url``, ``TOKEN`` and ``BUCKET`` are what a client needs."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._port, backup, proxy = free_port(), free_port(), free_port()
        self.url = f"http://127.0.0.1:{proxy}"
        config = folder / "influxd.conf"
        config.write_text(f"""
reporting-disabled = true
bind-address = "127.0.0.1:{backup}"
[meta]
dir = "{folder}/meta"
[data]
dir = "{folder}/data"
wal-dir = "{folder}/wal"
index-version = "inmem"
query-log-enabled = false
[http]
bind-address = "127.0.0.1:{self._port}"
log-enabled = false
[monitor]
store-enabled = false
[logging]
level = "error"
""")
        rewrite = folder / "nginx.conf"
        rewrite.write_text(
            PROXY
            % {
                "dir": folder,
                "port": proxy,
                "influxd": self._port,
                "token": TOKEN,
                "buckets": f"{BUCKET}|{RAW_BUCKET}",
            }
        )
        alive = f"http://127.0.0.1:{self._port}/ping"
        self.server = Process(["influxd", "-config", str(config)], folder / "influxd.log", alive)
        nginx = ["nginx", "-p", str(folder), "-c", str(rewrite)]
        self.proxy = Process(nginx, folder / "nginx.out", f"{self.url}/health")

    def start(self) -> None:
        self.server.start()
        self.proxy.start()
        self._make_buckets()

    def stop(self) -> None:
        self.proxy.kill()
        self.server.kill()

    def query(self, text: str) -> list[dict[str, Any]]:
        """The series of an InfluxQL statement; ``AssertionError`` with the reason for a bad one.

        It is asked of the bucket in which the measurements of the statement are.
        """
        body = urllib.parse.urlencode({"db": bucket_of(text), "q": text, "epoch": "ns"}).encode()
        try:
            answer = json.loads(fetch(f"http://127.0.0.1:{self._port}/query", body))
        except urllib.error.HTTPError as exc:
            raise AssertionError(f"{text}: {exc.read().decode()}") from exc
        (result,) = answer["results"]
        assert "error" not in result, f"{text}: {result['error']}"
        return list(result.get("series", []))

    def count(self, measurement: str, field: str) -> int:
        """How many points have this field."""
        series = self.query(f'SELECT COUNT("{field}") FROM "{measurement}"')
        return int(series[0]["values"][0][1]) if series else 0

    def answer(self, status: int) -> None:
        """Refuse every write with 500 (disk full), 503 or 429 until ``recover``."""
        (self._folder / str(status)).touch()

    def recover(self) -> None:
        for status in (500, 503, 429):
            (self._folder / str(status)).unlink(missing_ok=True)

    def forget(self) -> None:
        """An empty bucket."""
        for bucket in (BUCKET, RAW_BUCKET):
            self.query(f"DROP DATABASE {bucket}")
        self._make_buckets()

    def _make_buckets(self) -> None:
        for bucket in (BUCKET, RAW_BUCKET):
            self.query(f"CREATE DATABASE {bucket}")


class VictoriaMetrics:
    """Takes ``/api/v2/write`` as it is; tells how many lines it could not read."""

    def __init__(self, folder: Path) -> None:
        self.url = f"http://127.0.0.1:{free_port()}"
        command = ["victoria-metrics", f"-httpListenAddr={self.url.removeprefix('http://')}"]
        command += [f"-storageDataPath={folder}", "-retentionPeriod=100y", "-search.latencyOffset=0s"]
        self.server = Process(command, folder.with_suffix(".log"), f"{self.url}/health")

    def invalid(self) -> int:
        return self._counter('vm_rows_invalid_total{type="influx"}')

    def samples(self, name: str) -> int:
        """How many are stored under this name, in all series."""
        fetch(f"{self.url}/internal/force_flush")
        query = urllib.parse.urlencode({"match[]": name, "start": 0})
        text = fetch(f"{self.url}/api/v1/export?{query}").decode()
        return sum(len(json.loads(line)["values"]) for line in text.splitlines())

    def _counter(self, name: str) -> int:
        for line in fetch(f"{self.url}/metrics").decode().splitlines():
            if line.startswith(name):
                return int(float(line.split()[-1]))
        return 0


@contextlib.contextmanager
def influx_in(folder: Path) -> Iterator[Influx]:
    made = Influx(folder)
    try:
        made.start()
        yield made
    finally:
        made.stop()
