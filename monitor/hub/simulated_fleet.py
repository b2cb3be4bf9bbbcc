"""Simulated runners who send to a hub what their boxes would send: a start, a message a second, an end.

Some of them are the same simulated run under other names: what matters here is how many there are.
"""

from __future__ import annotations

import asyncio
import functools
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from monitor.core.monotonic import MonotonicClock
from monitor.core.nats_client import HubSettings, log_connection
from monitor.core.outage import Outage
from monitor.core.records import Out, SessionEnded, SessionStarted
from monitor.core.retry import Backoff, retry_until_done
from monitor.core.session_settings import SessionSettings
from monitor.pipeline.session import Session
from monitor.recordings.recording import Recording
from monitor.recordings.tape_blocks import Numbered
from monitor.simulation.simulated_runner import two_feet_recording
from monitor.sinks.hub.run_messages import RunEnd, RunStart, pack_end, pack_packets, pack_start
from monitor.sinks.hub.subjects import RunAddress
from monitor.storage.new_session import session_id

if TYPE_CHECKING:
    from nats.js import JetStreamContext

_log = logging.getLogger(__name__)

_DIFFERENT = 4  # simulated runs
_EVERY_S = 1.0  # of a run in one message
_BEGAN_UTC = "2026-01-01T00:00:00+00:00"
_ENDED = "stopped"
_BACKOFF = Backoff(first_s=0.2, longest_s=1.0)


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Some packets of a run in one message, which is sent at second ``due_s`` of the run."""

    due_s: float
    rows: Sequence[Numbered]
    number: int
    data: bytes


class _RunPattern:
    """A simulated run, cut into messages."""

    def __init__(self, recording: Recording) -> None:
        self.settings: SessionSettings = recording.settings
        packets = list(enumerate(recording.packets()))
        seconds: dict[int, list[Numbered]] = {}
        for row in packets:
            seconds.setdefault(int(row[1].arrival_ns * 1e-9 / _EVERY_S), []).append(row)
        self.stretches = [
            _Stretch((second + 1) * _EVERY_S, rows, *piece)
            for second, rows in seconds.items()
            for piece in pack_packets(rows)
        ]
        self.undisturbed = functools.cache(self._undisturbed)

    def _undisturbed(self, messages: int) -> tuple[Sequence[Out], float]:
        """The records of so many messages, and how long the run then lasted (s)."""
        session = Session(self.settings)
        rows = [row for stretch in self.stretches[:messages] for row in stretch.rows]
        records: list[Out] = [record for _, packet in rows for record in session.push(packet)]
        return (*records, *session.finish()), session.t_s


class FleetRunner:
    """``FleetRunner`` is one simulated runner; ``messages`` with packets are in the log so far."""

    def __init__(self, address: RunAddress, pattern: _RunPattern, late_s: float) -> None:
        self.address = address
        self._pattern = pattern
        self._late_s = late_s  # behind the first runner, so that not all send in the same moment
        sensors = tuple(sensor.name for sensor in pattern.settings.sensors)
        self._started = SessionStarted(address.session, address.athlete, _BEGAN_UTC, sensors)
        self._has_started = self.has_ended = False
        self.messages = 0

    @property
    def packets(self) -> int:
        """The number of packets that the log has of this runner."""
        return sum(len(stretch.rows) for stretch in self._pattern.stretches[: self.messages])

    def undisturbed(self) -> list[Out]:
        """Return the records that one process makes of what was sent."""
        records, length_s = self._pattern.undisturbed(self.messages)
        return [self._started, *records, SessionEnded(self.address.session, length_s, _ENDED)]

    async def send(
        self, log: JetStreamContext, time: MonotonicClock, began_s: float, pace: float, stop: asyncio.Event
    ) -> None:
        """Send what the log has not got, each message when it is due; after ``stop`` only the end."""
        if not self._has_started:
            start = RunStart(self._started, self._pattern.settings, "simulated")
            await self._publish(log, "start", pack_start(start), "start")
            self._has_started = True
        for stretch in self._pattern.stretches[self.messages :]:
            due_s = began_s + (stretch.due_s + self._late_s) / pace
            while (wait_s := due_s - time.now_s()) > 0 and not stop.is_set():
                await time.sleep(min(wait_s, 0.5))
            if stop.is_set():
                break
            await self._publish(log, "packets", stretch.data, str(stretch.number))
            self.messages += 1
        if not self.has_ended:
            await self._publish(log, "end", pack_end(RunEnd(self.packets, _ENDED)), "end")
            self.has_ended = True

    async def _publish(self, log: JetStreamContext, what: str, data: bytes, name: str) -> None:
        headers = {"Nats-Msg-Id": f"{self.address.key}/{name}"}
        await log.publish(self.address.subject(what), data, headers=headers)


class SimulatedFleet:
    """``SimulatedFleet`` is ``count`` simulated runners of one tenant, who each run for ``seconds``."""

    def __init__(self, count: int, seconds: float, tenant: str) -> None:
        patterns = [
            _RunPattern(two_feet_recording(seconds, seed + 1)) for seed in range(min(count, _DIFFERENT))
        ]
        self.runners = [
            FleetRunner(
                RunAddress(tenant, name, session_id(_BEGAN_UTC, name)),
                patterns[n % _DIFFERENT],
                n * _EVERY_S / count,
            )
            for n, name in enumerate(f"runner {k + 1}" for k in range(count))
        ]

    @property
    def messages(self) -> int:
        """The number of messages with packets that the log has."""
        return sum(runner.messages for runner in self.runners)

    @property
    def running(self) -> int:
        """The number of runners who have not ended."""
        return sum(not runner.has_ended for runner in self.runners)

    async def send(
        self, settings: HubSettings, time: MonotonicClock, stop: asyncio.Event, pace: float = 1.0
    ) -> None:
        """Send all runs, ``pace`` times as fast as they were run, until all have ended.

        Where the hub is away it is tried again, and what was due meanwhile is sent then.
        """
        outage = Outage(_log, "runners", time.now_s, sink="hub")
        began_s = time.now_s()

        async def attempt(generation: int) -> None:
            async with log_connection(settings) as log:
                outage.over("works again")
                tasks = [asyncio.create_task(r.send(log, time, began_s, pace, stop)) for r in self.runners]
                try:
                    await asyncio.gather(*tasks)
                finally:
                    for task in tasks:
                        task.cancel()
                    await asyncio.gather(*tasks, return_exceptions=True)

        await retry_until_done(attempt, lambda exc, wait_s: None, outage, time, _BACKOFF)
