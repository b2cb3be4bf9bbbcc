"""The synchronous heart: packets of one session in, records out.

A live run, a review, a crash recovery and a regression test are this same class fed with the same
packets.  It reads no clock: time comes in with the packets.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dsp.engine import Engine
from dsp.types import Record
from monitor.core.errors import InputError
from monitor.core.packet import Packet
from monitor.core.records import SensorStatus
from monitor.core.session_settings import SessionSettings
from monitor.devices.registry import DEVICES, SensorSpec
from monitor.pipeline.coach import Coach
from monitor.pipeline.sensor_stream import SensorStream


class Session:
    """A run in progress: ``push(packet)`` gives what has become certain, ``finish()`` the rest."""

    def __init__(
        self,
        settings: SessionSettings,
        sensors: Mapping[str, SensorSpec] = DEVICES,
    ) -> None:
        self.settings = settings
        self.t_s = 0.0  # arrival of the last packet
        self._coach = Coach(settings.coach, settings) if settings.coach is not None else None
        self._engine = Engine([s.worn for s in settings.sensors], settings.runner)
        self._streams = {s.name: SensorStream(s, sensors[s.kind]) for s in settings.sensors}

    def push(self, packet: Packet) -> list[Record | SensorStatus]:
        """Decode, time and evaluate one packet; a packet that cannot be read is counted."""
        stream = self._streams.get(packet.sensor)
        if stream is None:
            raise InputError("error.strange_packet", sensor=packet.sensor)
        out: list[Record | SensorStatus] = []
        for item in stream.push(packet):
            out += self._with_cues(self._engine.push(item))
        self.t_s = max(self.t_s, packet.arrival_ns * 1e-9)
        for other in self._streams.values():
            status = other.due(self.t_s)
            if status is not None:
                out += self._with_cues([status])
        return out

    def push_status(self, told: SensorStatus) -> SensorStatus:
        """Return what a source says of a connection, completed with what this session counted."""
        stream = self._streams.get(told.sensor)
        return told if stream is None else stream.push_status(told)

    def finish(self) -> list[Record | SensorStatus]:
        """Return everything that was still waiting, certain now that no more packets come."""
        return [*self._with_cues(self._engine.finish()), *self.statuses()]

    def statuses(self) -> list[SensorStatus]:
        """Return how every sensor did so far."""
        return [stream.status(self.t_s) for stream in self._streams.values()]

    def _with_cues(self, records: Sequence[Record | SensorStatus]) -> list[Record | SensorStatus]:
        return list(records) if self._coach is None else self._coach.push(records)
