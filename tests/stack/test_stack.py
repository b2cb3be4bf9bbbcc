"""The stack around the program: the compose file, its secrets, and the doctor."""

from __future__ import annotations

import os
import re
import shutil
import stat
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from grafana.boards import BOARDS
from monitor.core.secret import Secret
from monitor.service.doctor import DASHBOARDS, grafana_checks, influx_checks, port_check
from monitor.sinks.influx.sink import InfluxSettings
from tests.ports import free_port
from tests.stack.servers import BUCKET, TOKEN, Influx, fetch, needed

ROOT = Path(__file__).parents[2]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for name in ("docker-compose.yml", "Dockerfile"):
        shutil.copy(ROOT / name, tmp_path)
    shutil.copytree(ROOT / "config" / "stack", tmp_path / "config" / "stack")
    return tmp_path


def secrets(folder: Path) -> dict[str, bytes]:
    done = subprocess.run(
        ["config/stack/secrets.sh", "box.local", "ann", "ben"], cwd=folder, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return {
        str(p.relative_to(folder)): p.read_bytes() for p in (folder / "secrets").rglob("*") if p.is_file()
    }


def test_secrets_are_made_once_are_all_different_and_nobody_else_can_read_them(copy: Path) -> None:
    first = secrets(copy)
    assert len(first) >= 6
    assert len(set(first.values())) == len(first)
    assert all(stat.S_IMODE((copy / name).stat().st_mode) == 0o600 for name in first)
    assert secrets(copy) == first
    hashed = re.search(r"coach:(\$2b\$10\$[./A-Za-z0-9]{53}):admin", first["secrets/ntfy.yml"].decode())
    assert hashed
    assert first["secrets/ntfy-token"].decode().startswith("tk_")
    assert len(first["secrets/ntfy-token"]) == 32
    uid = re.search(r"GAITCUE_UID=(\d+)", (copy / ".env").read_text())
    assert uid
    assert uid[1] != "0"


def test_the_compose_file_is_valid_and_refuses_to_start_without_secrets(copy: Path) -> None:
    needed("docker-compose")
    check = ["docker-compose", "-f", "docker-compose.yml", "config", "-q"]
    env = {k: v for k, v in os.environ.items() if not k.startswith("GAITCUE")}
    without = subprocess.run(check, cwd=copy, capture_output=True, text=True, env=env)
    assert without.returncode != 0
    assert "make stack-secrets" in without.stderr
    secrets(copy)
    done = subprocess.run(check, cwd=copy, capture_output=True, text=True, env=env)
    assert done.returncode == 0, done.stderr


def test_every_image_is_pinned_and_every_service_is_limited_and_watched() -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    images = re.findall(r"image: (\S+)", text)
    assert len(images) == 6
    assert all(re.search(r":v?\d+\.\d+", image) for image in images)
    assert text.count("<<: *service") == len(images)
    assert text.count("limits:") == len(images)
    assert text.count("healthcheck:") == len(images) - 1  # the monitor's stands in the Dockerfile
    assert "HEALTHCHECK" in (ROOT / "Dockerfile").read_text()


def test_the_doctor_finds_a_well_stack_well_and_names_the_remedy_for_each_fault(influx: Influx) -> None:
    well = InfluxSettings(url=influx.url, token=Secret(TOKEN))
    assert [c.ok for c in influx_checks(well)] == [True, True, True, True]

    locked = InfluxSettings(url=influx.url, token=Secret("wrong"))
    token = list(influx_checks(locked))[-1]
    assert (token.name, token.ok) == ("token", False)
    assert "make one" in token.remedy

    nowhere = InfluxSettings(url=influx.url, token=Secret(TOKEN), bucket="elsewhere")
    assert "no such bucket" in list(influx_checks(nowhere))[-1].remedy

    away = InfluxSettings(url=f"http://127.0.0.1:{free_port()}", token=Secret(TOKEN))
    (gone,) = influx_checks(away)
    assert (gone.ok, "docker-compose up" in gone.remedy) == (False, True)

    target = f"{influx.url}/api/v2/write?org=gaitcue&bucket={BUCKET}&precision=ns"
    fetch(target, b'second,athlete=x cadence_spm="fast" 1', TOKEN)
    schema = list(influx_checks(well))[-1]
    assert (schema.ok, "cadence_spm = string" in schema.text) == (False, True)


class Grafana(BaseHTTPRequestHandler):
    """Answers like Grafana with all dashboards but one."""

    def do_GET(self) -> None:
        known = self.path == "/api/health" or self.path.rsplit("/", 1)[-1] in DASHBOARDS[1:]
        self.send_response(200 if known else 404)
        self.end_headers()

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def grafana() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), Grafana)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_the_doctor_names_a_dashboard_that_is_missing(grafana: str) -> None:
    up, boards = grafana_checks(grafana, Secret("x"))
    assert (up.ok, boards.ok) == (True, False)
    assert DASHBOARDS[0] in boards.text
    assert not port_check("ntfy", "127.0.0.1", free_port()).ok


def test_the_doctor_asks_for_every_dashboard_there_is() -> None:
    assert {make().build().uid for make in BOARDS} == set(DASHBOARDS)
