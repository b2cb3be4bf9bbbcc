"""Records from the log into the tenants' stores, each exactly once.

A store says itself how many records of a run it has, in the transaction that adds them.  So a message
that comes again, or overlaps with the one before, adds only what is new.  Up to which message of the log
the stores have everything stands beside them, in a file that is written when they have it on disk: a store
that begins reads on from there, and one with a new folder reads the log from its beginning.  Each tenant
has a folder, and in it a store like a runner's own.  Several processes may share the tenants, each by its
number: every one reads the whole log, and stores what is of its own tenants.
"""

from __future__ import annotations

import asyncio
import json
import logging
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from monitor.core.errors import DecodeError, InputError, SinkError, StoreError
from monitor.core.json_codec import parse_json
from monitor.core.private_files import write_private_file
from monitor.core.records import SessionEnded, SessionStarted
from monitor.core.safe_text import file_name_part
from monitor.hub.hosted_run import RecordBatch
from monitor.hub.log_reader import LogRange, read_log
from monitor.hub.record_messages import unpack_records
from monitor.hub.streams import RECORD_LOG, HubStreams
from monitor.sinks.hub.subjects import RunAddress, parse_subject
from monitor.storage.session_info import SessionInfo
from monitor.storage.store import Store

if TYPE_CHECKING:
    from nats.aio.msg import Msg

_log = logging.getLogger(__name__)
_AT_ONCE, _WAIT_S = 200, 0.5
KEEPER = "keeper-"
"""How the names begin under which stores read the log; the number of the store and a dash follow."""
_REMEMBERED_S = 3600.0  # for which the server still tells how much waits for a store that is gone


@dataclass(slots=True)
class KeeperState:
    """``KeeperState`` is how the store of a hub is doing, as far as this process knows.

    It is ``serving`` while connected; ``lag`` messages waited after the last one when it came.  The rest
    only grow: ``records`` were stored, ``redelivered`` messages were stored already, ``damaged`` ones were
    left out.
    """

    serving: bool = False
    lag: int = 0
    messages: int = 0
    records: int = 0
    redelivered: int = 0
    damaged: int = 0


class RecordKeeper:
    """``RecordKeeper`` stores the records of all tenants below ``folder``, or of the ``number``-th share.

    ``state`` may be read at any time.
    """

    def __init__(self, folder: Path, number: int = 0, of: int = 1) -> None:
        self._folder = folder
        self._number, self._of = number, of
        self._position_file = folder / ("position.json" if of == 1 else f"position-{number}-of-{of}.json")
        self._stores: dict[str, Store] = {}
        self.state = KeeperState()

    def close(self) -> None:
        """Close the stores of all tenants."""
        for store in self._stores.values():
            store.close()
        self._stores.clear()

    def tenant_store(self, tenant: str) -> Store:
        """Return the store of a tenant, a new one if there is none."""
        if tenant not in self._stores:
            self._stores[tenant] = Store(tenant_folder(self._folder, tenant) / "gaitcue.db")
        return self._stores[tenant]

    async def run(self, streams: HubStreams) -> None:
        """Store until cancelled; raises what NATS does, ``SinkError`` when a store cannot be written."""
        log_id = str((await streams.log.stream_info(RECORD_LOG)).created)
        after = await asyncio.to_thread(self._position, log_id)
        reader = f"{KEEPER}{self._number}-"
        wanted = LogRange(stream=RECORD_LOG, after=after, reader=reader, keep_s=_REMEMBERED_S)
        self.state.serving = True
        try:
            async for messages in read_log(streams.log, wanted, _AT_ONCE, _WAIT_S):
                if messages:
                    await self._store_batch(messages, log_id)
        finally:
            self.state.serving = False

    async def _store_batch(self, messages: Sequence[Msg], log_id: str) -> None:
        position = json.dumps({"log": log_id, "sequence": messages[-1].metadata.sequence.stream})
        try:
            await asyncio.to_thread(self._store_all, messages)
            await asyncio.to_thread(write_private_file, self._position_file, position)
        except StoreError as exc:
            raise SinkError(str(exc), log_text=exc.log_text) from exc
        self.state.lag = messages[-1].metadata.num_pending

    def _position(self, log_id: str) -> int:
        """Up to which message the stores of this folder have everything; 0 where the log is another."""
        try:
            entry = parse_json(self._position_file.read_text(encoding="utf-8"))
            return int(entry["sequence"]) if entry["log"] == log_id else 0
        except (OSError, ValueError, KeyError, TypeError):
            return 0

    def _keeps(self, tenant: str) -> bool:
        """Whether this tenant is of this store's share."""
        return zlib.crc32(tenant.encode()) % self._of == self._number

    def _store_all(self, messages: Sequence[Msg]) -> None:
        for message in messages:
            try:
                address, _ = parse_subject(message.subject)
                if not self._keeps(address.tenant):
                    continue
                self.state.messages += 1
                batch = unpack_records(message.data)
                store = self.tenant_store(address.tenant)
                fresh = store_records(store, address, batch)
                self.state.records += fresh
                self.state.redelivered += fresh == 0
            except (DecodeError, InputError) as exc:
                self.state.damaged += 1
                _log.error("records from the log are left out: %s", exc)


def tenant_folder(folder: Path, tenant: str) -> Path:
    """Return the folder of a tenant below the one of the hub."""
    return folder / file_name_part(tenant)


def store_records(store: Store, address: RunAddress, batch: RecordBatch) -> int:
    """Store the records of a run that are not there yet, and return how many these were.

    Those of a newer edition take the place of what was stored.  Its pauses and laps are stored with its
    end, even where a store that was killed has the end already.

    ``InputError`` if a run of that name is there and is not this one: another athlete's of the tenant.
    """
    first, records = batch.first, batch.records
    source = store.source_of(address.session)
    if source is not None and source != _source(address):
        raise InputError("error.session_taken", title=address.athlete, name=address.session)
    if source is None and first == 0 and records and isinstance(started := records[0], SessionStarted):
        store.begin(_session_info(address, started))
    fresh = store.write_numbered(address.session, first, records, batch.edition)
    for record in fresh:
        if isinstance(record, SessionEnded):
            store.end(address.session, record.t_s)
    if batch.pauses or batch.laps:
        store.add_timer_facts(address.session, batch.pauses, batch.laps)
    return len(fresh)


def _source(address: RunAddress) -> str:
    return f"hub:{address.key}"


def _session_info(address: RunAddress, started: SessionStarted) -> SessionInfo:
    return SessionInfo(
        id=address.session,
        athlete=address.athlete,
        title=address.session,
        started_utc=started.started_utc,
        sensors=started.sensors,
        source=_source(address),
    )
