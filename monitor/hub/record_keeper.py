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
from dataclasses import dataclass
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
    from nats.js import JetStreamContext

_log = logging.getLogger(__name__)
_AT_ONCE, _WAIT_S = 200, 0.5
KEEPER = "keeper"
"""The name under which the log knows how far the stores are."""


@dataclass(slots=True)
class KeeperState:
    """``KeeperState`` is how the store of a hub is doing, as far as this process knows.

    It is ``serving`` while connected; ``lag`` messages waited after the last one when it came.  The rest
    only grow: ``records`` were stored, ``redelivered`` messages came more than once, ``damaged`` ones were
    left out.
    """

    serving: bool = False
    lag: int = 0
    messages: int = 0
    records: int = 0
    redelivered: int = 0
    damaged: int = 0


class RecordKeeper:
    """``RecordKeeper`` stores the records of all tenants below ``folder``.

    ``state`` may be read at any time.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
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
        from nats.js import api

        config = api.ConsumerConfig(
            durable_name=KEEPER,
            ack_policy=api.AckPolicy.EXPLICIT,
            ack_wait=60.0,
            max_ack_pending=10 * _AT_ONCE,
        )
        await streams.log.add_consumer(RECORD_LOG, config)
        reader = await streams.log.pull_subscribe_bind(stream=RECORD_LOG, durable=KEEPER)
        self.state.serving = True
        try:
            while True:
                pass_on_cancellation()
                await self._store_next(reader)
        finally:
            self.state.serving = False

    async def _store_next(self, reader: JetStreamContext.PullSubscription) -> None:
        try:
            messages = await reader.fetch(_AT_ONCE, timeout=_WAIT_S)
        except TimeoutError:
            return
        try:
            await asyncio.to_thread(self._store_all, messages)
        except StoreError as exc:
            raise SinkError(str(exc), log_text=exc.log_text) from exc
        for message in messages:
            await message.ack()
        if messages:
            self.state.lag = messages[-1].metadata.num_pending

    def _store_all(self, messages: Sequence[Msg]) -> None:
        for message in messages:
            self.state.messages += 1
            self.state.redelivered += message.metadata.num_delivered > 1
            try:
                address, _ = parse_subject(message.subject)
                batch = unpack_records(message.data)
                self.state.records += store_records(
                    self.tenant_store(address.tenant), address, batch.first, batch.records
                )
            except (DecodeError, InputError) as exc:
                self.state.damaged += 1
                _log.error("records from the log are left out: %s", exc)


def tenant_folder(folder: Path, tenant: str) -> Path:
    """Return the folder of a tenant below the one of the hub."""
    return folder / file_name_part(tenant)


def store_records(store: Store, address: RunAddress, first: int, records: Sequence[Out]) -> int:
    """Store the records of a run that are not there yet, and return how many these were."""
    if (
        first == 0
        and isinstance(started := records[0], SessionStarted)
        and not _has_session(store, address)
    ):
        store.begin(_session_info(address, started))
    fresh = store.write_numbered(address.session, first, records)
    for record in fresh:
        if isinstance(record, SessionEnded):
            store.end(address.session, record.t_s)
    return len(fresh)


def _has_session(store: Store, address: RunAddress) -> bool:
    return any(info.id == address.session for info in store.sessions())


def _session_info(address: RunAddress, started: SessionStarted) -> SessionInfo:
    return SessionInfo(
        id=address.session,
        athlete=address.athlete,
        title=address.session,
        started_utc=started.started_utc,
        sensors=started.sensors,
        source=f"hub:{address.key}",
    )
