"""Records over MQTT: what is true now as it comes, what must not be lost by way of the store.

One connection, kept by one task and made again whenever it breaks.  ``monitor.sinks.mqtt.messages`` says
what is sent.  A publish that the broker's access list forbids raises nothing in the client: the reason
code of the acknowledgement (MQTT 5) is looked at instead.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import operator
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from importlib import import_module
from importlib.metadata import version
from typing import TYPE_CHECKING

from dsp.types import Cue, Metric
from monitor.core.channel import Channel
from monitor.core.errors import ConfigError, MonitorError, SinkError
from monitor.core.monotonic import MonotonicClock
from monitor.core.mqtt_client import (
    IN_FLIGHT,
    MqttMessage,
    MqttSettings,
    connection,
    connection_error_text,
    first_to_end,
    publish_all,
    tls,
    until_lost,
)
from monitor.core.records import Out, SessionStarted, SinkStatus
from monitor.core.retry import Backoff, retry_until_done
from monitor.sinks.live_state import LiveState
from monitor.sinks.mqtt import messages as topics
from monitor.sinks.mqtt.home_assistant import discovery
from monitor.sinks.outbox import Outbox, OutboxParams
from monitor.storage.session_info import SessionInfo, WaitingRecord
from monitor.storage.store import Store

if TYPE_CHECKING:
    from aiomqtt import Client

MQTT_SINK = "mqtt"
"""Of the sink, and of its place in the store."""

STATE_EVERY_S = 1.0
LIVE = 500  # batches that wait for a connection; old ones are worth nothing


class MqttSink:
    """``backoff`` is that of the connection."""

    name = MQTT_SINK

    def __init__(
        self,
        settings: MqttSettings,
        store: Store,
        started: SessionStarted,
        time: MonotonicClock,
        params: OutboxParams | None = None,
        backoff: Backoff | None = None,
    ) -> None:
        self._s = settings
        self._store = store
        self._started = started
        self._time = time
        self._backoff = backoff or Backoff()
        self._version = version("gaitcue")
        self._root = f"{settings.prefix}/{settings.user or topics.topic_level(started.athlete)}"
        self._board = LiveState(history_s=30)
        self._client: Client | None = None
        self._trouble = "not connected yet"
        self._forbidden = ""
        self._last = SinkStatus(0.0, MQTT_SINK, True, "starting")  # of the outbox
        self._told: SinkStatus | None = None
        self._sessions: dict[str, SessionInfo] = {}
        params = params or OutboxParams(history=False, backoff=Backoff(longest_s=5.0))
        self._outbox = Outbox(MQTT_SINK, store, self._deliver, time, session=started.session, params=params)

    async def run(self, batches: AsyncIterator[list[Out]]) -> None:
        """Until the batches end and what must not be lost has arrived."""
        live: Channel[list[Out]] = Channel(LIVE)
        async with asyncio.TaskGroup() as group:
            group.create_task(self._stay_connected(live), name="mqtt link")
            await self._outbox.run(self._observe(batches, live))
            live.close()

    def report(self, t_s: float) -> SinkStatus | None:
        """How it is doing, when that has changed."""
        self._last = self._outbox.report(t_s) or self._last
        trouble = self._forbidden or ("" if self._client else self._trouble)
        text = f"{trouble}; cues go on, and what was not sent is kept" if trouble else self._last.text
        now = replace(self._last, t_s=0.0, ok=self._last.ok and not trouble, text=text)
        if now == self._told:
            return None
        self._told = now
        return replace(now, t_s=t_s)

    async def _observe(
        self, batches: AsyncIterator[list[Out]], live: Channel[list[Out]]
    ) -> AsyncIterator[list[Out]]:
        async for batch in batches:
            self._board.push(batch)
            live.put(batch)
            yield batch

    # ------------------------------------------------------------------ the connection

    async def _stay_connected(self, live: Channel[list[Out]]) -> None:
        def report(exc: MonitorError, wait_s: float) -> None:
            self._trouble = f"{exc}; next try in {wait_s:.0f} s"

        await asyncio.to_thread(import_module, "aiomqtt")  # reads files
        try:
            await retry_until_done(
                lambda generation: self._connected(live), report, self._time, self._backoff
            )
        except ConfigError as exc:
            self._trouble = f"{exc}; given up"

    async def _connected(self, live: Channel[list[Out]]) -> None:
        """One connection, until there is nothing more to say."""
        import aiomqtt

        try:
            context = await asyncio.to_thread(tls, self._s)
            gone = topics.available(self._root, False)
            async with connection(self._s, context, gone, self._forbid) as client:
                try:
                    await self._hello(client)
                    self._client = client
                    await first_to_end(self._pass_on(client, live), until_lost(client))
                finally:
                    self._client = None
                    with contextlib.suppress(aiomqtt.MqttError):  # broken: the broker says it for us
                        await publish_all(client, [topics.state(self._root, self._board), gone])
        except (aiomqtt.MqttError, OSError) as exc:
            raise SinkError(connection_error_text(exc, self._s)) from exc

    def _forbid(self, reason: str) -> None:
        self._forbidden = reason

    async def _hello(self, client: Client) -> None:
        messages = [topics.available(self._root, True)]
        if self._s.discovery:
            a = self._started
            messages.append(discovery(self._s.discovery, self._root, a.athlete, a.sensors, self._version))
        await publish_all(client, [*messages, topics.state(self._root, self._board)])

    async def _pass_on(self, client: Client, live: Channel[list[Out]]) -> None:
        """Cues as they come, the state once a second."""
        state_s = -STATE_EVERY_S
        async for batches in live.batches():
            now_s = max((r.t_s for r in itertools.chain(*batches) if isinstance(r, Metric)), default=0.0)
            for record in itertools.chain(*batches):
                if isinstance(record, Cue) and not record.withheld and record.expires_s > now_s:
                    valid_s = record.expires_s - max(record.t_s, now_s)
                    await publish_all(client, [topics.cue(self._root, record, valid_s)])
            if self._time.now_s() - state_s >= STATE_EVERY_S:
                state_s = self._time.now_s()
                await publish_all(client, [topics.state(self._root, self._board)])

    # ------------------------------------------------------------------ what must not be lost

    async def _deliver(self, batch: Sequence[WaitingRecord]) -> None:
        import aiomqtt

        client = self._client
        if client is None:
            raise SinkError(self._trouble)
        messages = await asyncio.to_thread(self._messages, batch)
        self._forbidden = ""
        try:
            for at in range(0, len(messages), IN_FLIGHT):
                await publish_all(client, messages[at : at + IN_FLIGHT])
        except aiomqtt.MqttError as exc:
            raise SinkError(connection_error_text(exc, self._s)) from exc
        if self._forbidden:
            raise SinkError(self._forbidden)

    def _messages(self, batch: Sequence[WaitingRecord]) -> list[MqttMessage]:
        """Those of this athlete: another's would go under a wrong name."""
        out: list[MqttMessage] = []
        for session, waiting in itertools.groupby(batch, key=operator.itemgetter(1)):
            if session not in self._sessions:
                self._sessions = {session: self._store.session(session)}
            info = self._sessions[session]
            if info.athlete == self._started.athlete:
                out += topics.lasting(self._root, info, (record for _, _, record in waiting))
        return out
