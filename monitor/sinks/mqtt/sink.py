"""Records over MQTT: what is true now as it comes, what must not be lost by way of the store.

Two ways lead through one connection, which one task keeps and makes again whenever it breaks.  Cues and the
state go out at once while there is a connection; without one a cue waits for as long as it is true.
Metrics and events take the way through the store (``monitor.sinks.outbox``): a batch counts as delivered
when the broker has acknowledged all of its messages (QoS 1).  ``monitor.sinks.mqtt.messages`` says what is
sent.

A publish that the broker's access list forbids raises nothing in the client: the reason code of the
acknowledgement (MQTT 5) is looked at instead.

What an acknowledgement is worth is the broker's affair.  Mosquitto (2.0 and 2.1) saves a message for a
reader that is away as soon as it is queued, but one that goes straight out to a connected reader only when
that reader has acknowledged it or something else changes, such as the retained state, once a second.  If it
is killed before that, these messages are gone.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
import operator
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from importlib import import_module
from importlib.metadata import version
from typing import TYPE_CHECKING

from dsp.types import Cue, Metric
from monitor.core.channel import Channel
from monitor.core.errors import ConfigError, MonitorError, SinkError
from monitor.core.line_answer import LineAnswer
from monitor.core.monotonic import MonotonicClock
from monitor.core.mqtt_client import (
    IN_FLIGHT,
    MqttMessage,
    MqttSettings,
    broker_client,
    connection_error_text,
    publish_all,
    run_until_first_ends,
    tls_context,
)
from monitor.core.outage import Outage, RepeatedEvent
from monitor.core.records import SINK_STARTING, Out, SessionStarted, SinkStatus
from monitor.core.retry import Backoff, retry_until_done
from monitor.core.safe_text import topic_level
from monitor.pipeline.plan_privacy import records_for_others
from monitor.sinks.live_state import LiveState
from monitor.sinks.mqtt import messages
from monitor.sinks.mqtt.home_assistant import MeasuredEntities, discovery_message
from monitor.sinks.outbox import Outbox, OutboxParams
from monitor.storage.session_info import SessionInfo, WaitingRecord
from monitor.storage.store import Store

if TYPE_CHECKING:
    from aiomqtt import Client

_log = logging.getLogger(__name__)

MQTT_SINK = "mqtt"
"""The name of the sink, and of its place in the store."""

_BACKOFF = Backoff(longest_s=5.0)  # a broker that is back is wanted at once: a cue is true for seconds
_STATE_EVERY_S = 1.0
_LONGEST_LINE_BYTES = 10_000  # of a coach, many times what is said
_LIVE_BATCHES = 500  # batches that wait for a connection; old ones are worth nothing


class MqttSink:
    """A sink that sends one runner's session to an MQTT broker.

    ``started`` names the runner and the sensors.  ``params`` are those of the outbox; ``backoff`` says how
    long to wait before the connection is made again.  ``now_s`` is the session second of now, where the run
    keeps pace with a clock: what came out too late is then known, too.  ``say_line`` takes a coach's line
    that comes over the broker.
    """

    name = MQTT_SINK

    def __init__(
        self,
        settings: MqttSettings,
        store: Store,
        started: SessionStarted,
        time: MonotonicClock,
        params: OutboxParams | None = None,
        backoff: Backoff | None = None,
        now_s: Callable[[], float] = lambda: 0.0,
        say_line: Callable[[str], LineAnswer] | None = None,
    ) -> None:
        self._s = settings
        self._now_s = now_s
        self._say_line = say_line
        self._store = store
        self._started = started
        self._time = time
        self._backoff = backoff or _BACKOFF
        self._version = version("gaitcue")
        self._root = f"{settings.prefix}/{settings.user or topic_level(started.athlete)}"
        self._live_state = LiveState(history_s=30)
        self._cues: deque[Cue] = deque()  # that the broker has not acknowledged
        self._newest_s = 0.0  # of the metrics
        self._client: Client | None = None
        self._trouble = "not connected yet"
        self._outage = Outage(_log, MQTT_SINK, time.now_s, sink=MQTT_SINK)
        self._dropped_cues = RepeatedEvent(_log, time.now_s)
        self._forbidden = ""
        self._last = SinkStatus(0.0, MQTT_SINK, True, SINK_STARTING)  # of the outbox
        self._reported: SinkStatus | None = None
        self._measured: MeasuredEntities | None = None  # None: the store was not asked yet
        self._sessions: dict[str, SessionInfo] = {}
        params = params or OutboxParams(history=False, backoff=_BACKOFF)
        self._outbox = Outbox(
            MQTT_SINK, store, self._deliver, time,
            session=started.session, params=params, outage=self._outage,
        )  # fmt: skip

    async def run(self, batches: AsyncIterator[list[Out]]) -> None:
        """Send until the batches end and what must not be lost has been acknowledged by the broker."""
        live: Channel[list[Out]] = Channel(_LIVE_BATCHES)
        async with asyncio.TaskGroup() as group:
            group.create_task(self._stay_connected(live), name="mqtt link")
            await self._outbox.run(self._observe(batches, live))
            live.close()

    def report(self, t_s: float) -> SinkStatus | None:
        """Return how the connection and the outbox are doing at ``t_s``, None if nothing has changed."""
        self._last = self._outbox.report(t_s) or self._last
        trouble = self._forbidden or ("" if self._client else self._trouble)
        text = f"{trouble}; cues go on, and what was not sent is kept" if trouble else self._last.text
        now = replace(self._last, t_s=0.0, ok=self._last.ok and not trouble, text=text)
        if now == self._reported:
            return None
        self._reported = now
        return replace(now, t_s=t_s)

    async def _observe(
        self, batches: AsyncIterator[list[Out]], live: Channel[list[Out]]
    ) -> AsyncIterator[list[Out]]:
        async for batch in batches:
            others = records_for_others(batch)
            self._live_state.push(others)
            live.put(others)
            yield batch

    # ------------------------------------------------------------------ the connection

    async def _stay_connected(self, live: Channel[list[Out]]) -> None:
        def report(exc: MonitorError, wait_s: float) -> None:
            self._trouble = f"{exc}; next try in {wait_s:.0f} s"

        await asyncio.to_thread(import_module, "aiomqtt")  # reads files
        try:
            await retry_until_done(
                lambda generation: self._deliver_while_connected(live),
                report,
                self._outage,
                self._time,
                self._backoff,
            )
        except ConfigError as exc:
            _log.error("%s: given up: %s", MQTT_SINK, exc.log_text, extra={"sink": MQTT_SINK})
            self._trouble = f"{exc}; given up"

    async def _deliver_while_connected(self, live: Channel[list[Out]]) -> None:
        """One connection, until there is nothing more to say."""
        import aiomqtt

        try:
            context = await asyncio.to_thread(tls_context, self._s)
            gone = messages.availability_message(self._root, False)
            async with broker_client(self._s, context, gone, self._forbid) as client:
                try:
                    await self._publish_birth(client)
                    self._client = client
                    if not self._outage.over("connected"):
                        _log.info("%s: connected", MQTT_SINK, extra={"sink": MQTT_SINK})
                    await run_until_first_ends(self._pass_on(client, live), self._take_lines(client))
                finally:
                    self._client = None
                    with contextlib.suppress(aiomqtt.MqttError):  # broken: the broker says it for us
                        last = messages.state_message(self._root, self._live_state)
                        await publish_all(client, [last, gone])
        except (aiomqtt.MqttError, OSError) as exc:
            raise SinkError(connection_error_text(exc, self._s)) from exc

    async def _take_lines(self, client: Client) -> None:
        """Take coaches' lines until the connection breaks, but none that the broker has retained."""
        if self._say_line is not None:
            await client.subscribe(messages.line_topic(self._root), qos=1)
        async for message in client.messages:
            if self._say_line is None or message.retain or not isinstance(message.payload, bytes):
                continue
            long = len(message.payload) > _LONGEST_LINE_BYTES  # to read 20 MB would take the run 3 s
            answer = (
                LineAnswer.NO_LINE if long else self._say_line(message.payload.decode(errors="replace"))
            )
            if answer is not LineAnswer.WAITS:
                _log.warning("%s: a coach's line was not taken (%s)", MQTT_SINK, answer.value)

    def _forbid(self, reason: str) -> None:
        self._forbidden = reason

    async def _publish_birth(self, client: Client) -> None:
        if self._measured is None:
            earlier = await asyncio.to_thread(self._store.recent_metrics, self._started.athlete)
            self._measured = MeasuredEntities(metrics=frozenset(earlier))
        self._note_measured()
        greeting = [messages.availability_message(self._root, True), *self._discovery()]
        await publish_all(client, [*greeting, messages.state_message(self._root, self._live_state)])

    def _discovery(self) -> list[MqttMessage]:
        a, seen = self._started, self._measured or MeasuredEntities()
        if not self._s.discovery:
            return []
        return [discovery_message(self._s.discovery, self._root, a.athlete, a.sensors, self._version, seen)]

    def _note_measured(self) -> bool:
        """Note what is measured by now, and return whether something of it never was before."""
        state, before = self._live_state.state(), self._measured or MeasuredEntities()
        tell = {name for name, s in state["sensors"].items() if s["battery_pct"] is not None}
        self._measured = MeasuredEntities(
            metrics=before.metrics | state["now"].keys(), batteries=before.batteries | tell
        )
        return self._measured != before

    async def _pass_on(self, client: Client, live: Channel[list[Out]]) -> None:
        """Cues as they come, the state once a second."""
        state_s = -_STATE_EVERY_S
        await self._send_cues(client)
        async for batches in live.batches():
            for record in itertools.chain(*batches):
                if isinstance(record, Metric):
                    self._newest_s = max(self._newest_s, record.t_s)
                elif isinstance(record, Cue) and not record.withheld:
                    self._cues.append(record)
            await self._send_cues(client)
            if self._time.now_s() - state_s >= _STATE_EVERY_S:
                state_s = self._time.now_s()
                state = messages.state_message(self._root, self._live_state)
                news = self._discovery() if self._note_measured() else []
                await publish_all(client, [*news, state])

    async def _send_cues(self, client: Client) -> None:
        """Those that wait, in order; each waits until the broker has it or it is no longer true."""
        while self._cues:
            cue, now_s = self._cues[0], max(self._newest_s, self._now_s())
            if cue.expires_s <= now_s:
                self._dropped_cues.happened("mqtt: a cue came too late to be sent", sink=MQTT_SINK)
            else:
                valid_s = cue.expires_s - max(cue.t_s, now_s)
                await publish_all(client, [messages.cue_message(self._root, cue, valid_s)])
            self._cues.popleft()

    # ------------------------------------------------------------------ what must not be lost

    async def _deliver(self, batch: Sequence[WaitingRecord]) -> None:
        import aiomqtt

        client = self._client
        if client is None:
            raise SinkError(self._trouble, log_text="")  # the connection logs it
        waiting = await asyncio.to_thread(self._messages_of_batch, batch)
        self._forbidden = ""
        try:
            for at in range(0, len(waiting), IN_FLIGHT):
                await publish_all(client, waiting[at : at + IN_FLIGHT])
        except aiomqtt.MqttError as exc:
            raise SinkError(connection_error_text(exc, self._s)) from exc
        if self._forbidden:
            raise SinkError(self._forbidden)

    def _messages_of_batch(self, batch: Sequence[WaitingRecord]) -> list[MqttMessage]:
        """Those of this athlete: another's would go under a wrong name."""
        out: list[MqttMessage] = []
        for session, waiting in itertools.groupby(batch, key=operator.itemgetter(1)):
            if session not in self._sessions:
                self._sessions = {session: self._store.session(session)}
            info = self._sessions[session]
            if info.athlete == self._started.athlete:
                out += messages.record_messages(self._root, info, (record for _, _, record in waiting))
        return out
