"""The stack around the program: the compose file, its secrets, and the doctor."""

from __future__ import annotations

import asyncio
import contextlib
import json
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
import yaml
from typer.testing import CliRunner

from grafana.alerts import RULES
from grafana.boards import BOARDS
from monitor.cli.main import app
from monitor.core.errors import ConfigError
from monitor.core.nats_client import HubSettings
from monitor.core.secret import Secret
from monitor.service.config import Config, load_config
from monitor.service.doctor import (
    ALERT_RULES,
    CONTACT_POINT,
    DASHBOARDS,
    all_checks,
    grafana_checks,
    host_check,
    hub_check,
    influx_checks,
    port_check,
    websocket_check,
)
from monitor.sinks.influx.schema import RAW_DAYS
from monitor.sinks.influx.settings import InfluxSettings
from monitor.storage.store import Store
from tests.broker import Broker
from tests.hub_rig import running_hub
from tests.ports import free_port
from tests.stack.servers import BUCKET, RAW_BUCKET, TOKEN, Influx, fetch, needed

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
    services = yaml.safe_load(text)["services"]
    assert len(services) == 13
    for name, service in services.items():
        assert re.search(r":v?\d+\.\d+", service["image"]), name
        assert service["deploy"]["resources"]["limits"].keys() == {"memory", "cpus"}, name
        assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"]), name
        assert "healthcheck" in service or name == "monitor", name  # whose stands in the Dockerfile
    assert "HEALTHCHECK" in (ROOT / "Dockerfile").read_text()
    unwatched = [n for n, s in services.items() if s.get("healthcheck", {}).get("disable")]
    assert unwatched == ["hub-accounts", "hub-init"]  # which end by themselves


@contextlib.contextmanager
def serving(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_the_doctor_finds_a_well_stack_well_and_names_the_remedy_for_each_fault(influx: Influx) -> None:
    well = InfluxSettings(url=influx.url, token=Secret(TOKEN))
    influx.query(f'CREATE RETENTION POLICY "days" ON {RAW_BUCKET} DURATION 90d REPLICATION 1 DEFAULT')
    assert [c.ok for c in influx_checks(well)] == [True] * 7
    assert list(influx_checks(well))[-1].text == "gait_raw forgets after 90 days"

    locked = InfluxSettings(url=influx.url, token=Secret("wrong"))
    token = list(influx_checks(locked))[-1]
    assert (token.name, token.ok) == ("token", False)
    assert "make one" in token.remedy

    for fields in ({"bucket": "elsewhere"}, {"raw_bucket": "elsewhere"}):
        nowhere = InfluxSettings(url=influx.url, token=Secret(TOKEN), **fields)
        assert "elsewhere" in list(influx_checks(nowhere))[-1].text
        assert "no such bucket" in list(influx_checks(nowhere))[-1].remedy

    away = InfluxSettings(url=f"http://127.0.0.1:{free_port()}", token=Secret(TOKEN))
    (gone,) = influx_checks(away)
    assert (gone.ok, "docker compose up" in gone.remedy) == (False, True)

    target = f"{influx.url}/api/v2/write?org=gaitcue&bucket={BUCKET}&precision=ns"
    fetch(target, b'second,athlete=x cadence_spm="fast" 1', TOKEN)
    schema = list(influx_checks(well))[-2]
    assert (schema.ok, "cadence_spm = string" in schema.text) == (False, True)


def test_the_doctor_says_what_is_kept_for_ever_and_what_is_forgotten(influx: Influx) -> None:
    settings = InfluxSettings(url=influx.url, token=Secret(TOKEN))
    for_ever = list(influx_checks(settings))[-1]
    assert (for_ever.name, for_ever.ok) == ("retention", False)
    assert for_ever.text == "gait_raw keeps every step for ever"
    assert "--retention 90d" in for_ever.remedy
    influx.query(f'CREATE RETENTION POLICY "days" ON {BUCKET} DURATION 30d REPLICATION 1 DEFAULT')
    lost = list(influx_checks(settings))[-1]
    assert (lost.ok, lost.text) == (False, "gait forgets after 30 days")


class Version2(BaseHTTPRequestHandler):
    """Answers like InfluxDB 2, whose raw bucket forgets after 90 days; a writing token sees no bucket."""

    def do_GET(self) -> None:
        name = self.path.rpartition("name=")[2]
        rules = [{"type": "expire", "everySeconds": 90 * 86_400}] if name == "gait_raw" else []
        may_read = self.headers.get("Authorization") == "Token reads"
        found = [{"name": name, "retentionRules": rules}] if may_read else []
        body = json.dumps({"buckets": found, "results": []}).encode()
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        self.send_response(204)
        self.end_headers()

    def log_message(self, *args: object) -> None:
        pass


@pytest.mark.parametrize(("token", "ok", "text"), [
    ("reads", True, "gait_raw forgets after 90 days"),
    ("writes", None, "this token may not read (a runner's need not)"),
])  # fmt: skip
def test_the_doctor_asks_version_2_for_its_buckets(token: str, ok: bool | None, text: str) -> None:
    with serving(Version2) as url:
        found = list(influx_checks(InfluxSettings(url=url, token=Secret(token))))[-1]
    assert (found.name, found.ok, found.text) == ("retention", ok, text)


def test_the_stack_makes_a_bucket_that_forgets_and_tokens_for_both(tmp_path: Path) -> None:
    """The script runs against a stand-in of the influx command that writes down what it is asked."""
    (tmp_path / "influx").write_text("""#!/bin/sh
echo "$@" >>"$(dirname "$0")/asked"
case "$1 $2" in
  "bucket list") printf "id-of-$6\\tx\\n" ;;
  "auth create") printf "x\\ty\\tsecret\\n" ;;
esac
""")
    (tmp_path / "influx").chmod(0o755)
    script = (
        (ROOT / "config" / "stack" / "influx-tokens.sh").read_text().replace("/tokens/", f"{tmp_path}/")
    )
    env = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    subprocess.run(["bash", "-c", script], check=True, env=env)
    asked = (tmp_path / "asked").read_text()
    assert f"bucket create --org gaitcue --name gait_raw --retention {RAW_DAYS}d" in asked
    for right in ("read", "write"):
        assert f"--{right}-bucket id-of-gait --{right}-bucket id-of-gait_raw" in asked
    assert (tmp_path / "proxy.token").read_text().strip() == "secret"


class Grafana(BaseHTTPRequestHandler):
    """Answers like Grafana with all dashboards but one, all alert rules but one, and its contact point."""

    def do_GET(self) -> None:
        rules, points = ([{key: name} for name in names] for key, names in (
            ("uid", ALERT_RULES[1:]), ("name", ("grafana-default-email", CONTACT_POINT)),
        ))  # fmt: skip
        provisioned = {
            "/api/v1/provisioning/alert-rules": rules,
            "/api/v1/provisioning/contact-points": points,
        }
        known = self.path in ("/api/health", *provisioned) or self.path.split("/")[-1] in DASHBOARDS[1:]
        self.send_response(200 if known else 404)
        self.end_headers()
        self.wfile.write(json.dumps(provisioned.get(self.path, {})).encode())

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def grafana() -> Iterator[str]:
    with serving(Grafana) as url:
        yield url


def test_the_doctor_names_what_grafana_lacks(grafana: str) -> None:
    up, clock, boards, rules, point = grafana_checks(grafana, Secret("x"))
    assert [c.ok for c in (up, clock, boards, rules, point)] == [True, True, False, False, True]
    assert boards.text == f"missing: {DASHBOARDS[0]}"
    assert rules.text == f"missing: {ALERT_RULES[0]}"
    assert "provisioning" in rules.remedy
    assert not port_check("ntfy", "127.0.0.1", free_port()).ok


def test_a_grafana_whose_clock_is_wrong_is_found() -> None:
    class Late(Grafana):
        def date_time_string(self, timestamp: float | None = None) -> str:
            return super().date_time_string(1_700_000_000)

    with serving(Late) as url:
        _, clock, *_ = grafana_checks(url, None)
    assert (clock.name, clock.ok) == ("clock", False)


def test_a_name_that_nobody_knows_is_told_as_such(tmp_path: Path) -> None:
    name = "no-such-box.invalid"  # RFC 6761: nobody ever knows it
    unknown = host_check(name)
    assert unknown is not None
    assert (unknown.ok, unknown.text) == (False, f"nothing here knows the name {name}")
    assert host_check("127.0.0.1") is None
    (alone,) = influx_checks(InfluxSettings(url=f"http://{name}:8086", token=Secret("x")))
    assert alone.text == unknown.text
    with Store(tmp_path / "gaitcue.db") as store:
        checks = list(all_checks(Config(), store, name, None))
    assert [c.text for c in checks if c.ok is False] == [unknown.text]


class Unmapped(Version2):
    """Answers like an InfluxDB 2 that maps no database to a bucket."""

    def do_GET(self) -> None:
        if not self.path.startswith("/query"):
            return super().do_GET()
        self.send_response(404)
        self.end_headers()
        self.wfile.write(b'{"error":"database not found"}')
        return None


def test_a_bucket_that_influxql_does_not_find_is_told_with_the_command_that_maps_it() -> None:
    with serving(Unmapped) as url:
        found = {c.name: c for c in influx_checks(InfluxSettings(url=url, token=Secret("reads")))}
    assert (found["InfluxQL"].ok, "gait, so" in found["InfluxQL"].text) == (False, True)
    assert found["InfluxQL"].remedy.startswith("influx v1 dbrp create --db gait ")


def test_a_runners_box_behind_the_write_proxy_is_not_told_that_the_boards_are_empty() -> None:
    class Proxy(Unmapped):
        def do_GET(self) -> None:
            self.send_response(200 if self.path == "/ping" else 404)
            self.end_headers()

    with serving(Proxy) as url:
        found = {c.name: c for c in influx_checks(InfluxSettings(url=url, token=Secret("writes")))}
    assert found["InfluxQL"].ok is None


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    made = Broker(tmp_path_factory.mktemp("broker"))
    made.start()
    yield made
    made.stop()


def test_the_doctor_speaks_to_the_websocket_listener(broker: Broker) -> None:
    assert websocket_check("127.0.0.1", broker.websocket_port).ok
    other = websocket_check("127.0.0.1", broker.port)  # MQTT, but no WebSocket
    assert not other.ok
    assert websocket_check("127.0.0.1", free_port()).remedy == "docker compose up -d mosquitto"


async def test_the_health_check_asks_as_its_own_user_and_may_nothing_else(broker: Broker) -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    (asked,) = re.findall(
        r"mosquitto_sub -h localhost -p 8883 .*\n.*-u (\w+) -P .*/(\w+)\.password.* -t '(.*?)'", text
    )
    user, password_of, topic = asked
    assert (user, password_of, topic) == ("health", "health", "$$SYS/broker/uptime")
    assert "coach health" in (ROOT / "config" / "stack" / "secrets.sh").read_text()
    async with broker.client("health") as client, asyncio.timeout(30):
        await client.subscribe("gait/#")
        await client.subscribe(topic.replace("$$", "$"))
        async with broker.client("ann") as ann:
            await ann.publish("gait/ann/state", "1", qos=1)
        async for message in client.messages:
            assert str(message.topic) == "$SYS/broker/uptime"
            break


def test_a_doctor_with_nothing_to_check_does_not_say_that_all_is_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    settings = tmp_path / "box.toml"
    settings.write_text("")
    result = CliRunner().invoke(app, ["stack", "doctor", "--config", str(settings)])
    assert (result.exit_code, "not set up" in result.output) == (1, True)


def test_a_hub_that_is_set_up_is_asked_and_one_that_is_away_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    settings = tmp_path / "box.toml"
    settings.write_text(f'[hub]\nurl = "nats://127.0.0.1:{free_port()}"\ntimeout_s = 1\n')
    result = CliRunner().invoke(app, ["stack", "doctor", "--config", str(settings)], terminal_width=200)
    assert result.exit_code == 1
    lines = [line for line in result.output.splitlines() if line.split()[:2] == ["no", "hub"]]
    assert len(lines) == 1
    away = hub_check(HubSettings(url="nats://127.0.0.1:9", timeout_s=1), "ann")
    assert away is not None
    assert (away.ok, "127.0.0.1:9 cannot be reached" in away.text) == (False, True)
    assert hub_check(HubSettings(), "ann") is None


async def test_a_hub_that_takes_the_runners_packets_is_well(tmp_path: Path) -> None:
    async with running_hub(tmp_path) as hub:
        check = await asyncio.to_thread(hub_check, hub, "ann")
        assert check is not None
        assert (check.ok, check.text) == (True, f"{hub.address} takes the packets of ann")


def test_tokens_that_the_stack_makes_are_missed_in_its_words(tmp_path: Path) -> None:
    settings = tmp_path / "box.toml"
    settings.write_text(
        f'[influx]\nurl = "http://127.0.0.1:9"\ntoken_file = "{tmp_path}/secrets/influx/proxy.token"\n'
    )
    with pytest.raises(ConfigError, match="start the stack first"):
        load_config(settings)
    settings.write_text(f'[influx]\nurl = "http://127.0.0.1:9"\ntoken_file = "{tmp_path}/my.token"\n')
    with pytest.raises(ConfigError, match="no secret in"):
        load_config(settings)
    asked = ["stack", "proxy", "--runners", str(tmp_path)]
    missing = CliRunner().invoke(app, [*asked, "--token-file", f"{tmp_path}/secrets/influx/proxy.token"])
    assert isinstance(missing.exception, ConfigError)
    assert "start the stack first" in str(missing.exception)


def test_the_doctor_asks_for_every_alert_rule_and_the_contact_point_there_is() -> None:
    assert tuple(rule.uid for rule in RULES) == ALERT_RULES
    text = (ROOT / "grafana" / "provisioning" / "alerting" / "contact.yaml").read_text()
    assert f"  - orgId: 1\n    name: {CONTACT_POINT}\n" in text


def test_the_doctor_asks_for_every_dashboard_there_is() -> None:
    assert {make().build().uid for make in BOARDS} == set(DASHBOARDS)
