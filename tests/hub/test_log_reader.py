"""Reading the log in order: from a place on, of a filter alone, and never over a hole."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from monitor.core.errors import SinkError
from monitor.core.nats_client import log_connection
from monitor.hub.log_reader import LogRange, read_log
from monitor.hub.streams import RECORD_LOG
from tests.hub_rig import running_hub


def message(number: int) -> Any:
    return SimpleNamespace(metadata=SimpleNamespace(sequence=SimpleNamespace(consumer=number)))


class Log:
    """A log whose reader hands out these batches, and then waits in vain."""

    def __init__(self, *batches: Sequence[Any]) -> None:
        self._batches = list(batches)
        self.pending = 0

    async def add_consumer(self, stream: str, config: Any) -> None:
        self.config = config

    async def pull_subscribe_bind(self, consumer: str, stream: str) -> Log:
        assert consumer == self.config.name
        return self

    async def consumer_info(self, stream: str, name: str) -> Any:
        return SimpleNamespace(num_pending=self.pending)

    async def fetch(self, batch: int, **wait: float) -> Sequence[Any]:
        if not self._batches:
            raise TimeoutError
        return self._batches.pop(0)


async def numbers(log: Any, batches: int) -> list[list[int]]:
    """Return the numbers of the first messages that are read."""
    out: list[list[int]] = []
    async for messages in read_log(log, LogRange(stream="S", after=6, reader="r-"), 10, 0.1):
        out.append([m.metadata.sequence.consumer for m in messages])
        if len(out) == batches:
            break
    return out


async def test_an_empty_batch_stands_for_a_while_without_messages() -> None:
    log = Log([message(1), message(2)], [message(3)])
    assert await numbers(log, 4) == [[1, 2], [3], [], []]
    assert (log.config.opt_start_seq, log.config.name[:2]) == (7, "r-")


@pytest.mark.parametrize("lost", [[[1, 3]], [[1], [3]], [[2]], [[1, 1]]])
async def test_what_was_lost_on_its_way_is_an_error_before_anything_behind_it(
    lost: list[list[int]],
) -> None:
    log = Log(*[[message(n) for n in batch] for batch in lost])
    with pytest.raises(SinkError, match="lost on their way"):
        await numbers(log, 3)


async def test_a_server_that_hands_out_nothing_of_what_waits_is_asked_anew() -> None:
    log = Log([message(1)])
    log.pending = 3
    with pytest.raises(SinkError, match="although messages wait"):
        await numbers(log, 100)
    quiet = Log([message(1)])
    assert len(await numbers(quiet, 100)) == 100


async def test_a_genuine_server_gives_what_comes_behind_in_order_and_of_the_filter(tmp_path: Path) -> None:
    async with running_hub(tmp_path) as hub, log_connection(hub) as log:
        for n in range(10):
            await log.publish(f"gait.a.b.{'odd' if n % 2 else 'even'}.records", str(n).encode())
        wanted = LogRange(stream=RECORD_LOG, after=4, reader="test-", subjects="gait.a.b.odd.records")
        seen: list[str] = []
        async with asyncio.timeout(30):
            async for messages in read_log(log, wanted, 2, 0.2):
                seen += [m.data.decode() for m in messages]
                if not messages:
                    break
    assert seen == ["5", "7", "9"]
