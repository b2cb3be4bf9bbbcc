"""Records from the log into the tenants' stores, each exactly once.

A store says itself how many records of a run it has, in the transaction that adds them.  So a message
that comes again, or overlaps with the one before, adds only what is new; and the log is told that a
message is done when the store has it on disk.  Each tenant has a folder, and in it a store like a
runner's own.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from monitor.core.errors import DecodeError, InputError, SinkError, StoreError
from monitor.core.records import Out, SessionEnded, SessionStarted
from monitor.core.retry import pass_on_cancellation
from monitor.core.safe_text import file_name_part
from monitor.hub.record_messages import unpack_records
from monitor.hub.streams import RECORD_LOG, HubStreams
from monitor.sinks.hub.subjects import RunAddress, parse_subject
from monitor.storage.session_info import SessionInfo
from monitor.storage.store import Store

if TYPE_CHECKING:
    from nats.aio.msg import Msg

_log = logging.getLogger(__name__)
_AT_ONCE, _WAIT_S = 200, 0.5
_DURABLE = "keeper"


class RecordKeeper:
    """``RecordKeeper`` stores the records of all tenants below ``folder``, ``records`` so far."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._stores: dict[str, Store] = {}
        self.records = 0

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
        from nats.js import api

        config = api.ConsumerConfig(
            durable_name=_DURABLE,
            ack_policy=api.AckPolicy.EXPLICIT,
            ack_wait=60.0,
            max_ack_pending=10 * _AT_ONCE,
        )
        await streams.log.add_consumer(RECORD_LOG, config)
        reader = await streams.log.pull_subscribe_bind(stream=RECORD_LOG, durable=_DURABLE)
        while True:
            pass_on_cancellation()
            try:
                messages = await reader.fetch(_AT_ONCE, timeout=_WAIT_S)
            except TimeoutError:
                continue
            try:
                await asyncio.to_thread(self._store_all, messages)
            except StoreError as exc:
                raise SinkError(str(exc), log_text=exc.log_text) from exc
            for message in messages:
                await message.ack()

    def _store_all(self, messages: Sequence[Msg]) -> None:
        for message in messages:
            try:
                address, _ = parse_subject(message.subject)
                batch = unpack_records(message.data)
                self.records += store_records(
                    self.tenant_store(address.tenant), address, batch.first, batch.records
                )
            except (DecodeError, InputError) as exc:
                _log.error("records from the log are left out: %s", exc)


def tenant_folder(folder: Path, tenant: str) -> Path:
    """Return the folder of a tenant below the one of the hub."""
    return folder / file_name_part(tenant)


def store_records(store: Store, address: RunAddress, first: int, records: Sequence[Out]) -> int:
    """Store the records of a run that are not there yet, and return how many these were.

    ``InputError`` if a run of that name is there and is not this one: another athlete's of the tenant.
    """
    source = store.source_of(address.session)
    if source is not None and source != _source(address):
        raise InputError("error.session_taken", title=address.athlete, name=address.session)
    if source is None and first == 0 and records and isinstance(started := records[0], SessionStarted):
        store.begin(_session_info(address, started))
    fresh = store.write_numbered(address.session, first, records)
    for record in fresh:
        if isinstance(record, SessionEnded):
            store.end(address.session, record.t_s)
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
