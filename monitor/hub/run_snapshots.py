"""Snapshots of runs in the hub's object store, each replaced by the next in one step.

The object has a name of its own each time; which one is a run's, and up to where in the log it goes,
stands in the key-value store, where an entry is changed only by who knew the one before.  So a worker
that was taken for dead and wakes up cannot put its older snapshot in the place of a newer one.  A run
that has ended keeps its entry, without an object, for as long as the log is kept.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import uuid
from dataclasses import dataclass, replace

from monitor.core.errors import InputError, SinkError
from monitor.core.json_codec import from_json, parse_json, to_json
from monitor.hub.hosted_run import Snapshot, unpack_snapshot
from monitor.hub.streams import HubStreams

_ANSWER_S = 15.0
"""For one object: the client itself waits for its pieces without end where their server has died."""


@dataclass(frozen=True, slots=True)
class SnapshotEntry:
    """``SnapshotEntry`` says which object is a run's snapshot, and after which message it was made.

    By then ``packets`` of the ``edition`` were evaluated, all before the number ``next_packet``, and
    ``records`` came of them.  ``revision`` is that of the entry, 0 where there is none yet.
    """

    sequence: int = 0
    object_name: str = ""
    ended: bool = False
    packets: int = 0
    records: int = 0
    revision: int = 0
    next_packet: int = 0
    edition: int = 0

    @property
    def readable(self) -> bool:
        """Whether it is what a worker had written, or there was none."""
        return self.sequence >= 0


class RunSnapshots:
    """``RunSnapshots`` keeps the snapshots of all runs of a hub, by the run's key.

    Raises what NATS does, and ``SinkError`` where another worker has changed an entry meanwhile.
    """

    def __init__(self, streams: HubStreams) -> None:
        self._objects, self._entries = streams.snapshots, streams.positions

    async def find(self, key: str) -> SnapshotEntry:
        """Return the entry of a run, one of revision 0 if it has none.

        What cannot be read gives one that is not ``readable``; whoever saves puts another in its place.
        """
        from nats.js.errors import KeyNotFoundError

        try:
            found = await self._entries.get(_entry_name(key))
        except KeyNotFoundError:
            return SnapshotEntry()
        return _entry_of(found.value or b"", found.revision or 0)

    async def load(self, entry: SnapshotEntry) -> Snapshot | None:
        """Return the snapshot of an entry, None if there is none that this version can go on from."""
        from nats.js.errors import DigestMismatchError, NotFoundError

        if not entry.object_name:
            return None
        try:
            async with asyncio.timeout(_ANSWER_S):
                found = await self._objects.get(entry.object_name)
            return await asyncio.to_thread(unpack_snapshot, found.data or b"")
        except (DigestMismatchError, NotFoundError, InputError):
            return None

    async def save(
        self, key: str, before: SnapshotEntry, snapshot: Snapshot, *, ended: bool
    ) -> SnapshotEntry:
        """Put a snapshot in the place of the one ``before`` and return its entry; that of an end has no
        object.
        """
        from nats.js.errors import KeyWrongLastSequenceError

        name = "" if ended else f"{key}/{uuid.uuid4().hex}"
        if name:
            data = await asyncio.to_thread(snapshot.pack)
            async with asyncio.timeout(_ANSWER_S):
                await self._objects.put(name, data)
        run = snapshot.run
        entry = SnapshotEntry(
            snapshot.sequence,
            name,
            ended,
            run.packets,
            run.records,
            next_packet=run.next_packet,
            edition=run.edition,
        )
        try:
            body = json.dumps(to_json(entry)).encode()
            revision = await self._entries.update(_entry_name(key), body, last=before.revision)
        except KeyWrongLastSequenceError as exc:
            await self._drop(name)
            raise SinkError("another worker has saved this run meanwhile") from exc
        await self._drop(before.object_name)
        return replace(entry, revision=revision)

    async def _drop(self, name: str) -> None:
        from nats.js.errors import NotFoundError

        if name:
            with contextlib.suppress(NotFoundError):
                async with asyncio.timeout(_ANSWER_S):
                    await self._objects.delete(name)


def _entry_of(data: bytes, revision: int) -> SnapshotEntry:
    """The entry in these bytes, with a revision that is not among them."""
    try:
        raw = parse_json(data)
        entry = replace(from_json(SnapshotEntry, raw), revision=revision)
    except ValueError:
        return SnapshotEntry(-1, revision=revision)
    kinds = [type(value) for value in (entry.sequence, entry.edition, entry.next_packet, entry.object_name)]
    whole = "sequence" in raw and kinds == [int, int, int, str] and type(entry.ended) is bool
    return entry if whole else SnapshotEntry(-1, revision=revision)


def _entry_name(key: str) -> str:
    return f"run.{key}"
