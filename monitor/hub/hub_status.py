"""How far the workers and the store of a hub are, as its log itself knows it.

Nothing is asked of the processes: what one sees is right also where they hang or are gone.
"""

from __future__ import annotations

import asyncio
import datetime
import sys
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from monitor.core.errors import DecodeError
from monitor.hub.partition_position import PartitionPosition, unpack_position
from monitor.hub.partition_worker import worker_consumer
from monitor.hub.record_keeper import KEEPER
from monitor.hub.streams import (
    PACKET_LOG,
    POSITION_LOG,
    RECORD_LOG,
    SNAPSHOT_LOG,
    HubStreams,
    partition_filter,
    position_subject,
)

if TYPE_CHECKING:
    from nats.js.api import ConsumerInfo

_PAGE = 256  # consumers that the server names at a time


@dataclass(frozen=True, slots=True)
class StreamSize:
    """``StreamSize`` is how much a stream of the log holds."""

    name: str
    messages: int
    bytes: int


@dataclass(frozen=True, slots=True)
class PartitionProgress:
    """``PartitionProgress`` is how far a partition is.

    ``last`` is the number in the log of its last message, ``position`` that up to which every run is saved
    (0: none).  ``waiting`` messages no worker has been given yet.  ``saved_utc`` is when a worker last said
    how far it is (None: never), which a healthy one does every half minute; ``claims`` how often one began.
    Where that is not ``readable`` the next worker begins with the first message.
    """

    partition: int
    last: int = 0
    position: int = 0
    waiting: int = 0
    saved_utc: datetime.datetime | None = None
    claims: int = 0
    readable: bool = True


@dataclass(frozen=True, slots=True)
class HubStatus:
    """``HubStatus`` is a hub at one moment; ``records_waiting`` is None where no store reads the log."""

    streams: Sequence[StreamSize]
    partitions: Sequence[PartitionProgress]
    records_waiting: int | None


async def read_hub_status(streams: HubStreams) -> HubStatus:
    """Return how far a hub is; raises what NATS does."""
    readers = await _readers(streams, PACKET_LOG)
    sizes = [await _stream_size(streams, name) for name in (PACKET_LOG, RECORD_LOG, SNAPSHOT_LOG)]
    partitions = await asyncio.gather(
        *(_partition_progress(streams, number, readers) for number in range(streams.partitions))
    )
    return HubStatus(sizes, partitions, await _records_waiting(streams))


async def _stream_size(streams: HubStreams, name: str) -> StreamSize:
    state = (await streams.log.stream_info(name)).state
    return StreamSize(name, state.messages, state.bytes)


async def _readers(streams: HubStreams, name: str) -> list[ConsumerInfo]:
    """All readers of a stream, the newest last."""
    found: list[ConsumerInfo] = []
    while len(page := await streams.log.consumers_info(name, offset=len(found))) == _PAGE:
        found += page
    return sorted([*found, *page], key=lambda info: info.created)


async def _partition_progress(
    streams: HubStreams, partition: int, readers: Sequence[ConsumerInfo]
) -> PartitionProgress:
    from nats.js.errors import NotFoundError

    try:
        last = (await streams.log.get_last_msg(PACKET_LOG, partition_filter(partition))).seq or 0
    except NotFoundError:
        last = 0
    position, saved_utc, readable = PartitionPosition(0), None, True
    try:
        entry = await streams.log.get_last_msg(POSITION_LOG, position_subject(partition))
        saved_utc = entry.time
        position = unpack_position(entry.data or b"", sys.maxsize)
    except NotFoundError:
        pass
    except DecodeError:
        readable = False
    mine = [info for info in readers if info.name.startswith(worker_consumer(partition))]
    saved = position.sequence
    waiting = (mine[-1].num_pending or 0) if mine else await _count_after(streams, partition, saved)
    return PartitionProgress(partition, last, saved, waiting, saved_utc, position.claims, readable)


async def _count_after(streams: HubStreams, partition: int, position: int) -> int:
    """How many messages of a partition come after a position, where nobody reads them."""
    from nats.js import api

    config = api.ConsumerConfig(
        name=f"count-{uuid.uuid4().hex}",
        deliver_policy=api.DeliverPolicy.BY_START_SEQUENCE,
        opt_start_seq=position + 1,
        ack_policy=api.AckPolicy.NONE,
        filter_subject=partition_filter(partition),
        inactive_threshold=5.0,
    )
    info = await streams.log.add_consumer(PACKET_LOG, config)
    await streams.log.delete_consumer(PACKET_LOG, info.name)
    return info.num_pending or 0


async def _records_waiting(streams: HubStreams) -> int | None:
    """How many messages with records the store has not been given yet, of several that which lags most.

    Of those with one number that which began last counts.
    """
    newest: dict[str, int] = {}
    for info in await _readers(streams, RECORD_LOG):
        if info.name.startswith(KEEPER):
            newest[info.name.rpartition("-")[0]] = info.num_pending or 0
    return max(newest.values(), default=None)
