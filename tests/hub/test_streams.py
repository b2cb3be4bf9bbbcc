"""What a hub keeps in a genuine server: made once, found again, its partitions fixed."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from nats.js.errors import NotFoundError

from monitor.core.nats_client import log_connection
from monitor.hub.streams import PACKET_LOG, HubLayout, create_streams, open_streams, partition_filter
from monitor.sinks.hub.subjects import RunAddress
from monitor.storage.new_session import session_id
from tests.hub_rig import running_hub


@pytest.mark.parametrize(
    "bad", [{"partitions": 0}, {"replicas": 2}, {"keep_days": 0}, {"duplicates_s": 1e9}]
)
def test_sizes_that_cannot_be_are_refused(bad: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="must be"):
        HubLayout(**bad)


async def test_the_number_of_partitions_stays(tmp_path: Path) -> None:
    async with running_hub(tmp_path, partitions=4) as hub, log_connection(hub) as log:
        assert (await create_streams(log, HubLayout(partitions=9))).partitions == 4
        assert (await open_streams(log)).partitions == 4


async def test_all_of_a_run_is_in_one_partition_in_order_and_runs_are_spread(tmp_path: Path) -> None:
    async with running_hub(tmp_path, partitions=4) as hub, log_connection(hub) as log:
        names = [f"athlete {n}" for n in range(40)]  # who all start in the same second
        runs = [RunAddress("club", name, session_id("2026-01-01T07:00:00+00:00", name)) for name in names]
        for what in ("start", "packets", "end"):
            for run in runs:
                await log.publish(run.subject(what), what.encode())
        shares = Counter[int]()
        for partition in range(4):
            reader = await log.pull_subscribe(partition_filter(partition), stream=PACKET_LOG)
            try:
                messages = await reader.fetch(200, timeout=1)
            except TimeoutError:
                continue
            subjects = [m.subject.removeprefix(f"part.{partition}.") for m in messages]
            for run in {s.rpartition(".")[0] for s in subjects}:
                assert [s.rpartition(".")[2] for s in subjects if s.startswith(run + ".")] == [
                    "start",
                    "packets",
                    "end",
                ]
                shares[partition] += 1
        assert shares.total() == 40
        assert min(shares.values()) >= 2


async def test_a_server_without_a_hub_is_told(tmp_path: Path) -> None:
    async with running_hub(tmp_path) as hub, log_connection(hub) as log:
        await log.delete_stream(PACKET_LOG)
        with pytest.raises(NotFoundError):
            await open_streams(log)
