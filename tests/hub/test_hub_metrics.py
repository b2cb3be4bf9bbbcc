"""Metrics of a hub: every number is there, under a name as Prometheus wants it, and served to anybody."""

from __future__ import annotations

import asyncio
import dataclasses
import re
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from monitor.core.errors import ConfigError
from monitor.core.monotonic import SystemClock
from monitor.core.prometheus_text import CONTENT_TYPE, exposition_text
from monitor.hub.hub_metrics import (
    STORE_METRICS,
    WORKER_METRICS,
    MetricsAddress,
    metrics_server,
    parse_metrics_address,
    store_metrics,
    worker_metrics,
)
from monitor.hub.partition_worker import PartitionState
from monitor.hub.record_keeper import KeeperState, RecordKeeper
from monitor.hub.serving import keep_records, serve_share
from tests.hub_rig import Box, eventually, no_batches, running_hub
from tests.ports import free_port

FREE = MetricsAddress("127.0.0.1", 0)


def values(text: str) -> dict[str, float]:
    """Return every number by its name and labels."""
    rows = [line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, value in rows}


def fetch(port: int, path: str = "/metrics", method: str = "GET") -> tuple[str, str]:
    """Return type and text of an answer."""
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", method=method)
    with urllib.request.urlopen(request, timeout=10) as answer:
        return answer.headers["Content-Type"], answer.read().decode()


def test_every_number_of_a_partition_and_of_the_store_is_a_metric() -> None:
    of_partition = {field.name for field in dataclasses.fields(PartitionState)} - {"partition"}
    assert {row[0] for row in WORKER_METRICS} == of_partition
    assert {row[0] for row in STORE_METRICS} == {field.name for field in dataclasses.fields(KeeperState)}


def test_each_field_gets_to_its_own_metric_and_partition() -> None:
    fields = [field.name for field in dataclasses.fields(PartitionState)][1:]
    first = PartitionState(0, **{name: n + 1 for n, name in enumerate(fields)})
    shown = values(exposition_text(worker_metrics([first, PartitionState(7)], now_s=100.0)))
    for field, name, _, _ in WORKER_METRICS:
        wanted = fields.index(field) + 1
        if field == "unsaved_since_s":
            wanted = 100 - wanted
        assert shown[f'gaitcue_hub_{name}{{partition="0"}}'] == wanted, name
        assert shown[f'gaitcue_hub_{name}{{partition="7"}}'] == 0, name
    store = KeeperState(True, *range(2, 7))
    shown = values(exposition_text(store_metrics(store)))
    assert [shown[f"gaitcue_hub_store_{name}"] for _, name, _, _ in STORE_METRICS] == [1, 2, 3, 4, 5, 6]


def test_names_end_with_their_unit_or_with_what_they_count() -> None:
    for family in [*worker_metrics([], 0.0), *store_metrics(KeeperState())]:
        assert re.fullmatch(r"gaitcue_hub(_store)?_[a-z_]+", family.name)
        assert not family.name.endswith(("_s", "_ms"))
        assert family.help.endswith(".")


def test_every_metric_is_documented() -> None:
    text = (Path(__file__).parents[2] / "docs" / "scaling.md").read_text(encoding="utf-8")
    assert [row[1] for row in WORKER_METRICS if f"`gaitcue_hub_{row[1]}`" not in text] == []
    assert [row[1] for row in STORE_METRICS if f"_{row[1]}`" not in text] == []


@pytest.mark.parametrize(
    ("text", "address"),
    [("9464", ("127.0.0.1", 9464)), ("0.0.0.0:1", ("0.0.0.0", 1)), ("[::]:80", ("::", 80))],
)
def test_a_port_alone_is_on_this_machine(text: str, address: tuple[str, int]) -> None:
    assert parse_metrics_address(text) == MetricsAddress(*address)


@pytest.mark.parametrize("text", ["", "x", ":80", "host:", "host:65536", "-1", "²"])
def test_no_port_is_told(text: str) -> None:
    with pytest.raises(ConfigError, match="--metrics"):
        parse_metrics_address(text)


async def test_the_server_shows_that_one_page() -> None:
    states = [PartitionState(3, lag=9)]
    async with metrics_server(FREE, lambda: worker_metrics(states, 0.0)) as port:
        kind, text = await asyncio.to_thread(fetch, port)
        assert kind == CONTENT_TYPE
        assert values(text)['gaitcue_hub_lag_messages{partition="3"}'] == 9
        assert values(text)["process_cpu_seconds_total"] > 0
        for path, method, code in (("/", "GET", 401), ("/metrics", "POST", 401), ("/docs", "GET", 401)):
            with pytest.raises(urllib.error.HTTPError) as refused:
                await asyncio.to_thread(fetch, port, path, method)
            assert refused.value.code == code
            refused.value.close()
        with pytest.raises(ConfigError, match="cannot listen"):
            async with metrics_server(MetricsAddress("127.0.0.1", port), list):
                pass


async def test_without_an_address_nothing_listens() -> None:
    async with metrics_server(None, list) as port:
        assert port == 0


async def test_a_worker_and_a_store_show_what_they_did(tmp_path: Path) -> None:
    async with running_hub(tmp_path, partitions=2) as hub:
        box = await asyncio.to_thread(Box, tmp_path / "box", "ann")
        await asyncio.to_thread(box.end)
        await (await asyncio.to_thread(box.sink, hub)).run(no_batches())
        keeper, time = RecordKeeper(tmp_path / "stores"), SystemClock()
        ports = [free_port(), free_port()]
        at = [MetricsAddress("127.0.0.1", port) for port in ports]
        tasks = [
            asyncio.create_task(serve_share(hub, 0, 1, time, at[0])),
            asyncio.create_task(keep_records(hub, keeper, time, at[1])),
        ]
        wanted = len(box.undisturbed())
        shown: dict[str, float] = {}

        async def is_stored() -> bool:
            shown.clear()
            for port in ports:
                try:
                    shown.update(values((await asyncio.to_thread(fetch, port))[1]))
                except OSError:
                    return False
            return shown["gaitcue_hub_store_records_total"] == wanted

        await eventually(is_stored)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.to_thread(keeper.close)
    of_both = [
        {name: value for name, value in shown.items() if name.endswith(f'{{partition="{n}"}}')}
        for n in (0, 1)
    ]
    assert sum(p[f'gaitcue_hub_records_total{{partition="{n}"}}'] for n, p in enumerate(of_both)) == wanted
    for n, p in enumerate(of_both):
        assert p[f'gaitcue_hub_serving{{partition="{n}"}}'] == 1
        assert p[f'gaitcue_hub_claims_total{{partition="{n}"}}'] == 1
        assert p[f'gaitcue_hub_lag_messages{{partition="{n}"}}'] == 0
    assert shown["gaitcue_hub_store_serving"] == 1
