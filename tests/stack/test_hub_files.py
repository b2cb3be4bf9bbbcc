"""The hub in the compose file and its Kubernetes manifests: valid, consistent, and a server takes them."""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from monitor.core.nats_client import HubSettings, log_connection
from monitor.core.secret import Secret
from monitor.hub.accounts import WORKER, add_accounts
from monitor.hub.hub_metrics import (
    STORE_METRICS,
    WORKER_METRICS,
    parse_metrics_address,
    process_metrics,
)
from monitor.hub.local_server import running_server, server_program
from monitor.hub.streams import HubLayout, create_streams
from monitor.service.config import load_config
from tests.contracts.test_documents import parse
from tests.hub_rig import needs_nats
from tests.ports import free_port
from tests.stack.servers import needed

ROOT = Path(__file__).parents[2]
MANIFESTS = sorted((ROOT / "config" / "kubernetes").glob("*.yaml"))
KUBERNETES = "1.31"
"""The oldest version for which the manifests are checked; pod-index is there from 1.28 on."""


def documents() -> dict[tuple[str, str], dict[str, Any]]:
    """Return every resource by its kind and name."""
    found = [d for path in MANIFESTS for d in yaml.safe_load_all(path.read_text(encoding="utf-8"))]
    return {(d["kind"], d["metadata"]["name"]): d for d in found}


def compose() -> dict[str, dict[str, Any]]:
    services: dict[str, dict[str, Any]] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())[
        "services"
    ]
    return services


def pod_of(resource: dict[str, Any]) -> dict[str, Any]:
    pod: dict[str, Any] = resource["spec"]["template"]["spec"]
    return pod


def test_kubernetes_takes_every_manifest() -> None:
    try:
        import kubernetes_validate
    except ModuleNotFoundError:
        if os.environ.get("CI"):
            raise
        pytest.skip("kubernetes-validate is missing: it comes with the extra test")
    for key, document in documents().items():
        assert kubernetes_validate.validate(document, KUBERNETES, strict=True) == KUBERNETES, key
    worker = documents()["StatefulSet", "gaitcue-hub-worker"]
    worker["spec"]["replica"] = 3
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(worker, KUBERNETES, strict=True)


def test_what_must_be_there_is_there() -> None:
    there = documents()
    assert there["StatefulSet", "gaitcue-nats"]["spec"]["replicas"] == 3
    assert there["PodDisruptionBudget", "gaitcue-nats"]["spec"]["minAvailable"] == 2
    assert there["PodDisruptionBudget", "gaitcue-hub-worker"]["spec"]["maxUnavailable"] == 1
    assert there["StatefulSet", "gaitcue-hub-store"]["spec"]["replicas"] == 1  # SQLite has one writer


def test_each_selector_finds_its_pods_and_each_volume_is_there() -> None:
    there = documents()
    pods = {
        name: d["spec"]["template"]["metadata"]["labels"]
        for (kind, name), d in there.items()
        if kind in ("StatefulSet", "Job")
    }
    for (kind, name), d in there.items():
        selector = d["spec"].get("selector", {}) if "spec" in d else {}
        wanted = selector.get("matchLabels", selector if kind == "Service" else {})
        assert not wanted or any(wanted.items() <= labels.items() for labels in pods.values()), (kind, name)
        if kind in ("StatefulSet", "Job"):
            pod = pod_of(d)
            volumes = {v["name"] for v in pod["volumes"]}
            volumes |= {c["metadata"]["name"] for c in d["spec"].get("volumeClaimTemplates", [])}
            mounts = {m["name"] for c in pod["containers"] for m in c["volumeMounts"]}
            assert mounts == volumes, name
            for volume in pod["volumes"]:
                assert "configMap" not in volume or ("ConfigMap", volume["configMap"]["name"]) in there
            for container in pod["containers"]:
                assert re.search(r":\d+\.\d+\.\d+", container["image"]), name
                assert container["securityContext"]["readOnlyRootFilesystem"] is True
            assert pod["securityContext"]["runAsNonRoot"] is True


def test_the_command_line_takes_what_workers_and_stores_are_started_with() -> None:
    pods = [pod_of(d) for (_, name), d in documents().items() if "template" in d.get("spec", {})]
    calls = [c["args"] for pod in pods for c in pod["containers"] if c["image"].startswith("gaitcue:")]
    calls += [s["command"] for name, s in compose().items() if name.startswith("hub-") and "command" in s]
    assert len(calls) == 3 + 4
    for words in calls:
        parse([word.replace("$(POD_INDEX)", "0") for word in words])
        if "--metrics" in words:
            assert parse_metrics_address(words[words.index("--metrics") + 1]).port == 9464


def test_there_are_as_many_workers_as_their_shares() -> None:
    worker = documents()["StatefulSet", "gaitcue-hub-worker"]
    (container,) = pod_of(worker)["containers"]
    of = container["args"][container["args"].index("--of") + 1]
    assert worker["spec"]["replicas"] == int(of)
    assert container["env"][0]["valueFrom"]["fieldRef"]["fieldPath"] == (
        "metadata.labels['apps.kubernetes.io/pod-index']"
    )
    shares = [s["command"][3:6:2] for name, s in compose().items() if name.startswith("hub-worker")]
    assert shares == [["0", "2"], ["1", "2"]]


def test_settings_of_the_hub_are_accepted(tmp_path: Path) -> None:
    (tmp_path / "worker.password").write_text("secret")
    (tmp_path / "ca.crt").write_text("")
    of_kubernetes = documents()["ConfigMap", "gaitcue-hub"]["data"]["gaitcue.toml"]
    local = of_kubernetes.replace("/etc/gaitcue-secret", str(tmp_path)).replace(
        "/etc/gaitcue-tls", str(tmp_path)
    )
    for text in ((ROOT / "config" / "stack" / "hub.toml").read_text(), local):
        (tmp_path / "gaitcue.toml").write_text(text)
        hub = load_config(tmp_path / "gaitcue.toml").hub
        assert (hub.user, hub.password) == (WORKER, Secret("secret"))
        assert (hub.url or "").startswith("tls://")


def tls_files(folder: Path) -> None:
    """Make the certificates as ``make stack-secrets`` does."""
    needed("openssl", "mosquitto_passwd")
    script = ROOT / "config" / "mosquitto" / "secrets.sh"
    done = subprocess.run(
        ["bash", str(script), str(folder), "127.0.0.1", "x"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


async def test_the_server_of_the_compose_file_lets_a_worker_in_over_tls(tmp_path: Path) -> None:
    await asyncio.to_thread(needs_nats)
    await asyncio.to_thread(tls_files, tmp_path / "tls")
    users = await asyncio.to_thread(add_accounts, tmp_path, "club", ["ann"], [])
    assert (tmp_path / "worker.password").read_text() == users[WORKER]
    port = free_port()
    text = (ROOT / "config" / "stack" / "nats.conf").read_text()
    for before, after in (
        ("0.0.0.0:4222", f"127.0.0.1:{port}"),
        ("127.0.0.1:8222", f"127.0.0.1:{free_port()}"),
        ("/data", str(tmp_path / "data")),
        ("/etc/nats/tls", str(tmp_path / "tls")),
    ):
        assert before in text
        text = text.replace(before, after)
    (tmp_path / "nats.conf").write_text(text)
    settings = HubSettings(
        url=f"tls://127.0.0.1:{port}",
        user=WORKER,
        password=Secret(users[WORKER]),
        ca_file=tmp_path / "tls" / "ca.crt",
    )
    async with running_server(tmp_path / "nats.conf"), log_connection(settings) as log:
        assert (await create_streams(log, HubLayout(partitions=2))).partitions == 2


def test_the_certificate_is_good_for_the_name_by_which_workers_beside_it_ask(tmp_path: Path) -> None:
    tls_files(tmp_path)
    shown = subprocess.run(
        ["openssl", "x509", "-in", str(tmp_path / "server.crt"), "-noout", "-ext", "subjectAltName"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "IP Address:127.0.0.1, DNS:nats" in shown
    assert "nats" in compose()


def test_nats_takes_the_configuration_of_the_manifests(tmp_path: Path) -> None:
    needs_nats()
    tls_files(tmp_path / "nats-tls")
    for secret, name in (("server.crt", "tls.crt"), ("server.key", "tls.key")):
        (tmp_path / "nats-tls" / secret).rename(tmp_path / "nats-tls" / name)
    add_accounts(tmp_path / "nats-accounts", "club", ["ann"], [])
    text = documents()["ConfigMap", "gaitcue-nats"]["data"]["nats.conf"]
    (tmp_path / "nats").mkdir()
    config = tmp_path / "nats" / "nats.conf"
    config.write_text(text.replace("/etc/nats-tls", str(tmp_path / "nats-tls")))
    done = subprocess.run(
        [server_program(), "-t", "-c", str(config)],
        capture_output=True,
        text=True,
        env={**os.environ, "POD_NAME": "gaitcue-nats-0"},
    )
    assert done.returncode == 0, done.stderr
    service = documents()["StatefulSet", "gaitcue-nats"]["spec"]["serviceName"]
    assert re.findall(r"nats://(\S+):6222", text) == [f"gaitcue-nats-{n}.{service}" for n in range(3)]


# ------------------------------------------------------------------ how it does, on a board

BOARD = json.loads((ROOT / "grafana" / "dashboards" / "hub.json").read_text())
METRICS = {f"gaitcue_hub_{name}": kind for _, name, kind, _ in WORKER_METRICS}
METRICS |= {f"gaitcue_hub_store_{name}": kind for _, name, kind, _ in STORE_METRICS}
METRICS |= {family.name: family.kind for family in process_metrics()}


def test_the_board_of_a_hub_asks_for_what_workers_and_store_show() -> None:
    asked: set[str] = set()
    for panel in BOARD["panels"]:
        assert panel["datasource"]["uid"] == "gaitcue-hub"
        assert panel["description"]
        assert panel["fieldConfig"]["defaults"]["noValue"]
        for target in panel["targets"]:
            for name, rest in re.findall(r"\b((?:gaitcue|process)_\w+)([^)]*\[)?", target["expr"]):
                assert name in METRICS, target["expr"]
                counted = "rate(" in target["expr"] or "increase(" in target["expr"]
                assert (METRICS[name] == "counter") == counted, target["expr"]
                assert bool(rest) or not counted, target["expr"]
                asked.add(name)
    unasked = {
        "sequence",
        "snapshots_total",
        "restored_runs_total",
        "rebuilt_runs_total",
        "claims_lost_total",
    }
    unasked |= {"store_serving", "store_messages_total", "store_redelivered_messages_total"}
    unasked |= {"store_damaged_messages_total"}
    assert METRICS.keys() - asked == {f"gaitcue_hub_{name}" for name in unasked}


def test_prometheus_asks_every_worker_and_the_store_of_the_compose_file_where_they_answer() -> None:
    services = compose()
    settings = yaml.safe_load((ROOT / "config" / "stack" / "prometheus.yml").read_text())
    (job,) = settings["scrape_configs"]
    answering = {
        f"{name}:{service['command'][service['command'].index('--metrics') + 1].rpartition(':')[2]}"
        for name, service in services.items()
        if "--metrics" in service.get("command", [])
    }
    assert set(job["static_configs"][0]["targets"]) == answering
    load = next(p for p in BOARD["panels"] if "process_cpu" in p["targets"][0]["expr"])
    assert f'job="{job["job_name"]}"' in load["targets"][0]["expr"]
    sources = ROOT / "grafana" / "provisioning" / "datasources" / "prometheus.yaml"
    (source,) = yaml.safe_load(sources.read_text())["datasources"]
    assert (source["uid"], source["url"]) == ("gaitcue-hub", "http://prometheus:9090")
    assert source["jsonData"]["timeInterval"] == settings["global"]["scrape_interval"]
    assert services["prometheus"]["profiles"] == ["hub"]
