"""What a hub keeps in NATS JetStream: two streams, snapshots of sessions, and how far partitions and runs
are.

``PACKETS`` holds what the runners' machines send.  The server itself puts a partition's number before
each subject (``part.3.gait.<tenant>.<athlete>.<session>.packets``), by a hash of tenant and session: all of
a run stands in one partition, in order.  ``RECORDS`` holds what the workers make of it.  Both are kept
for some days: the packets are on the runners' tapes, the records in the stores.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from monitor.core.errors import ConfigError
from monitor.core.nats_client import HubSettings, log_connection

if TYPE_CHECKING:
    from nats.js import JetStreamContext
    from nats.js.kv import KeyValue
    from nats.js.object_store import ObjectStore

PACKET_LOG, RECORD_LOG = "PACKETS", "RECORDS"
_SNAPSHOTS, _POSITIONS = "SNAPSHOTS", "POSITIONS"
SNAPSHOT_LOG, POSITION_LOG = f"OBJ_{_SNAPSHOTS}", f"KV_{_POSITIONS}"
"""The streams in which JetStream keeps an object store and a key-value store of these names."""
_DAY_S = 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class HubLayout:
    """Sizes of a hub (choices): fixed when it is made, as a run stays in its partition.

    ``replicas`` is 3 where three servers keep the log, 1 on one machine.
    """

    partitions: int = 16
    replicas: int = 1
    keep_days: float = 7.0
    duplicates_s: float = 120.0  # within which a message sent twice is stored once

    def __post_init__(self) -> None:
        if not 1 <= self.partitions <= 1024 or self.replicas not in (1, 3, 5):
            raise ValueError("partitions must be between 1 and 1024, replicas 1, 3 or 5")
        if self.keep_days <= 0 or not 0 < self.duplicates_s <= self.keep_days * _DAY_S:
            raise ValueError("keep_days must be positive, duplicates_s positive and not longer")


@dataclass(frozen=True, slots=True)
class HubStreams:
    """``HubStreams`` is the hub as a worker or a store keeper uses it."""

    log: JetStreamContext
    snapshots: ObjectStore
    positions: KeyValue
    partitions: int


def position_key(partition: int) -> str:
    """Return the key under which the position of a partition stands."""
    return f"partition.{partition}"


def position_subject(partition: int) -> str:
    """Return the subject of that key in ``POSITION_LOG``."""
    return f"$KV.{_POSITIONS}.{position_key(partition)}"


def partition_filter(partition: int) -> str:
    """Return the subjects of the packets of a partition."""
    return f"part.{partition}.>"


async def create_streams(log: JetStreamContext, layout: HubLayout) -> HubStreams:
    """Create what a hub keeps, or bring it to this layout; the number of partitions stays what it was."""
    from nats.js import api
    from nats.js.errors import NotFoundError

    def stream(name: str, *what: str, transform: api.SubjectTransform | None = None) -> api.StreamConfig:
        return api.StreamConfig(
            name=name,
            subjects=[f"gait.*.*.*.{word}" for word in what],
            subject_transform=transform,
            num_replicas=layout.replicas,
            max_age=layout.keep_days * _DAY_S,
            duplicate_window=layout.duplicates_s,
            compression=api.StoreCompression.S2,
            allow_direct=True,
        )

    try:
        await open_streams(log)
    except NotFoundError:
        # A session's name has the athlete's in it.  Both would spread worse: the server's hash (FNV-1a) has
        # the parity of its bytes, in which what stands there twice cancels out.
        spread = f"part.{{{{partition({layout.partitions},1,3)}}}}.gait"
        names = ".".join(f"{{{{wildcard({n})}}}}" for n in (1, 2, 3, 4))
        partitioned = api.SubjectTransform(src="gait.*.*.*.*", dest=f"{spread}.{names}")
        await log.add_stream(stream(PACKET_LOG, "start", "packets", "end", transform=partitioned))
        await log.add_stream(stream(RECORD_LOG, "records"))
        await log.create_object_store(_SNAPSHOTS, api.ObjectStoreConfig(replicas=layout.replicas))
        await log.create_key_value(api.KeyValueConfig(bucket=_POSITIONS, replicas=layout.replicas))
    return await open_streams(log)


@contextlib.asynccontextmanager
async def hub_connection(settings: HubSettings) -> AsyncIterator[HubStreams]:
    """Connect to a hub for as long as the block lasts; ``ConfigError`` where none was made.

    Every failure of the connection, also inside the block, is a ``SinkError``.
    """
    from nats.js.errors import NotFoundError

    async with log_connection(settings) as log:
        try:
            streams = await open_streams(log)
        except NotFoundError as exc:
            raise ConfigError("error.hub_missing", address=settings.address) from exc
        yield streams


async def open_streams(log: JetStreamContext) -> HubStreams:
    """Return the hub that is there; ``nats.js.errors.NotFoundError`` if none was made."""
    info = await log.stream_info(PACKET_LOG)
    transform = info.config.subject_transform
    assert transform is not None
    partitions = int(transform.dest.split("partition(")[1].split(",")[0])
    await log.stream_info(RECORD_LOG)
    snapshots = await log.object_store(_SNAPSHOTS)
    return HubStreams(log, snapshots, await log.key_value(_POSITIONS), partitions)
