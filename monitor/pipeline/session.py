"""The synchronous heart: packets of one session in, records out.

A live run, a review, a crash recovery and a regression test are this same class fed with the same
packets.  It reads no clock: time comes in with the packets.
"""

from __future__ import annotations

import itertools
import math
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from dsp.engine import Engine
from dsp.types import Activity, ActivityChange, Input, Metric, Reading, Record
from monitor.core.errors import InputError
from monitor.core.packet import RUNNER, SAY_LINE, STOP_CUES, Packet
from monitor.core.records import SensorStatus
from monitor.core.session_settings import SensorSettings, SessionSettings
from monitor.devices.registry import DEVICES, SensorSpec
from monitor.pipeline.coach import Coach
from monitor.pipeline.coach_lines import line_of_packet
from monitor.pipeline.load_watch import RunLoad, UsedAllowance
from monitor.pipeline.run_timer import RunTimer
from monitor.pipeline.sensor_stream import Decoding, SensorStream

_QUIET_S = 120.0  # after the last packet nothing waits any more: neither samples, steps nor seconds
_DECODED_AT_ONCE = 256  # packets: some seconds of a few sensors


class _TimedPacket(NamedTuple):
    """A packet that its stream has timed: when the session was at ``t_s``, what it brought, what is due.

    ``unsure``: the times of these samples are.
    """

    packet: Packet
    t_s: float
    items: Sequence[Input]
    unsure: bool
    status: SensorStatus | None


class Session:
    """A run in progress: ``push`` packets and get what has become certain, ``finish`` for the rest.

    At every whole second, passed by a packet's arrival or told by ``tick``, each sensor is asked how it
    does: so a recording tells the same as the run did, silences included.  A wish of the runner, or a
    coach's line, comes as a packet too (``monitor.core.packet.RUNNER``): it stands on the tape and is
    followed on replay.

    In a pause (``timer``) packets are decoded and their losses counted, but nothing is evaluated: no steps,
    no metrics, no cues, no load.  What the runner does is then not known.
    """

    def __init__(
        self,
        settings: SessionSettings,
        sensors: Mapping[str, SensorSpec] = DEVICES,
    ) -> None:
        self.settings = settings
        self.t_s = 0.0  # arrival of the last packet, or the last second that was ticked
        self._ticked_s = 0.0  # the last whole second
        self._packet_s = 0.0  # arrival of the last packet
        self.timer = RunTimer(1000 * settings.laps.auto_km)
        self._doing = Activity.UNKNOWN  # as the engine knows it
        self._coach = Coach(settings.coach, settings) if settings.coach is not None else None
        self._engine = Engine([s.worn for s in settings.sensors], settings.runner)
        self._streams = {s.name: SensorStream(s, _spec(s, sensors)) for s in settings.sensors}

    def push(self, *packets: Packet) -> list[Record | SensorStatus]:
        """Decode, time and evaluate packets, in the order of their arrival; unreadable ones are counted."""
        if len(packets) == 1:  # most calls: this runs for every packet of a day
            out = self.tick(packets[0].arrival_ns / 1e9)
            out += self._follow(self._take(packets[0], None, self.t_s))
            return out
        in_turn = sorted(packets, key=lambda p: p.arrival_ns)
        return list(itertools.chain.from_iterable(self.evaluate(in_turn)))

    def evaluate(self, packets: Iterable[Packet]) -> Iterator[list[Record | SensorStatus]]:
        """Yield what each of many packets brings, in the order given: the same as to push one by one.

        Some are decoded at once, those of a second are timed at once, and then evaluated: code that the
        processor has at hand takes half the time.
        """
        coming = iter(packets)
        while block := list(itertools.islice(coming, _DECODED_AT_ONCE)):
            decoded = deque((packet, self._decoding(packet)) for packet in block)
            while decoded:
                out = self.tick(decoded[0][0].arrival_ns / 1e9)
                for taken in self._take_this_second(decoded):
                    out += self._follow(taken)
                    yield out
                    out = []

    def _take_this_second(self, decoded: deque[tuple[Packet, Decoding | None]]) -> list[_TimedPacket]:
        """Take the next of these packets, up to the end of this second: till then streams heed no other."""
        out: list[_TimedPacket] = []
        t_s = self.t_s
        while decoded and decoded[0][0].arrival_ns / 1e9 < self._ticked_s + 1:
            out.append(self._take(*decoded.popleft(), t_s))
            t_s = out[-1].t_s
        return out

    def _decoding(self, packet: Packet) -> Decoding | None:
        """What is in a packet, None of a wish or of a sensor that is not worn."""
        stream = self._streams.get(packet.sensor)
        return None if stream is None else stream.decode(packet)

    def tick(self, now_s: float) -> list[Record | SensorStatus]:
        """Return what follows from the whole seconds up to ``now_s``, after all packets before it."""
        out: list[Record | SensorStatus] = []
        if now_s < self._ticked_s + 1:  # most calls: before every packet
            return out
        while (second := self._next_second()) <= now_s:
            self._ticked_s = second
            self.t_s = max(self.t_s, second)
            for stream in self._streams.values():
                out += self._evaluated(stream.tick(second), second, stream.unsure)
            found = self._outside_pauses(self._engine.advance(second))
            out += self._with_cues(found)
            out += self._ended_laps(found)
            out += self.timer.second(second)
            for stream in self._streams.values():
                out += self._due(stream)
            if self._coach is not None:
                out += self._coach.say_lines(second)
        if now_s >= self._ticked_s + 1:
            self._ticked_s = float(math.floor(now_s))
            self.t_s = max(self.t_s, self._ticked_s)
        return out

    def _next_second(self) -> float:
        """The next second that can bring anything: of a long silence those in which a status is due."""
        waits = self._coach is not None and self._coach.lines_wait
        if waits or self._ticked_s < self._packet_s + _QUIET_S:
            return self._ticked_s + 1
        return max(self._ticked_s + 1, min((s.due_s for s in self._streams.values()), default=math.inf))

    def push_status(self, told: SensorStatus) -> SensorStatus:
        """Return what a source says of a connection, completed with what this session counted."""
        stream = self._streams.get(told.sensor)
        return told if stream is None else stream.push_status(told)

    def finish(self) -> list[Record | SensorStatus]:
        """Return everything that was still waiting, certain now that no more packets come."""
        out: list[Record | SensorStatus] = []
        for stream in self._streams.values():
            out += self._evaluated(stream.finish(), self.t_s, stream.unsure)
        out += self._with_cues(self._outside_pauses(self._engine.finish()))
        if self._coach is not None:
            out += self._coach.finish_lines(self.t_s)
        return [*out, *self.statuses()]

    def statuses(self) -> list[SensorStatus]:
        """Return how every sensor did so far."""
        return [stream.status(self.t_s) for stream in self._streams.values()]

    @property
    def load(self) -> RunLoad | None:
        """The load of the run so far, None without a coach, who counts it."""
        return None if self._coach is None else self._coach.load

    @property
    def allowance(self) -> UsedAllowance | None:
        """The allowance of today as far as the run has used it, None without one or without a coach."""
        return None if self._coach is None else self._coach.allowance

    def _take(self, packet: Packet, decoding: Decoding | None, t_s: float) -> _TimedPacket:
        """Let its stream take a packet, after the session was at ``t_s``."""
        t_s = max(t_s, packet.arrival_ns / 1e9)
        stream = self._streams.get(packet.sensor)
        if stream is not None:
            items = stream.push(packet, decoding)
            return _TimedPacket(packet, t_s, items, stream.unsure, stream.due(t_s))
        if packet.sensor != RUNNER:
            raise InputError("error.strange_packet", sensor=packet.sensor)
        return _TimedPacket(packet, t_s, [], False, None)

    def _follow(self, taken: _TimedPacket) -> Sequence[Record | SensorStatus]:
        """What follows from a packet that its stream has taken, or from a wish."""
        packet, self.t_s, items, unsure, status = taken
        if packet.sensor == RUNNER:
            return self._follow_wish(packet)
        arrival_s = packet.arrival_ns / 1e9
        self._packet_s = max(self._packet_s, arrival_s)
        out = self._evaluated(items, arrival_s, unsure)
        return out if status is None else [*out, *self._with_cues([status])]

    def _follow_wish(self, packet: Packet) -> Sequence[Record | SensorStatus]:
        """What follows from a wish of the runner or a coach's line; any other changes nothing."""
        if packet.channel == STOP_CUES:
            return [] if self._coach is None else self._coach.stop(self.t_s)
        if packet.channel == SAY_LINE:
            line = line_of_packet(packet)
            if self._coach is not None and line is not None:
                self._coach.write_line(line)
            return []
        before = self.timer.paused
        said = self.timer.follow(packet.channel, packet.payload, packet.arrival_ns / 1e9)
        if self.timer.paused is before or self._doing is Activity.UNKNOWN:
            return said
        doing = Activity.UNKNOWN if self.timer.paused else self._doing
        return [*self._with_cues([ActivityChange(self.t_s, doing, self.t_s)]), *said]

    def _evaluated(
        self, items: Sequence[Input], arrival_s: float, unsure: bool
    ) -> list[Record | SensorStatus]:
        """What follows from these; samples whose times are unsure tell no steps and count as missing."""
        out: list[Record | SensorStatus] = []
        if self.timer.is_paused_at(arrival_s):
            return out
        for item in items:
            if isinstance(item, Reading) or not unsure:
                found = self._engine.push(item)
                if not found:  # of most samples nothing follows at once
                    continue
                found = self._outside_pauses(found)
                out += found if self._coach is None else self._coach.push(found)
                out += self._ended_laps(found)
        return out

    def _outside_pauses(self, found: list[Record]) -> list[Record]:
        """Return the records but those of seconds in a pause, and of an activity that one hides."""
        out: list[Record] = []
        for record in found:
            if isinstance(record, ActivityChange):
                self._doing = record.activity
                if self.timer.paused:
                    continue
            elif isinstance(record, Metric) and self.timer.is_paused_at(record.t_s):
                continue
            out.append(record)
        return out

    def _ended_laps(self, found: Sequence[Record]) -> list[Record]:
        out: list[Record] = []
        for record in found:
            if isinstance(record, Metric) and record.side is None and record.estimate.metric == "speed_mps":
                out += self.timer.cover(record.t_s, record.estimate.value)
        return out

    def _due(self, stream: SensorStream) -> Sequence[Record | SensorStatus]:
        status = stream.due(self.t_s)
        return [] if status is None else self._with_cues([status])

    def _with_cues(self, records: Sequence[Record | SensorStatus]) -> Sequence[Record | SensorStatus]:
        return records if self._coach is None else self._coach.push(records)


def _spec(settings: SensorSettings, sensors: Mapping[str, SensorSpec]) -> SensorSpec:
    """Return the row of a sensor's kind; ``InputError`` where a tape has one that is not known here."""
    if settings.kind not in sensors:
        raise InputError("error.strange_kind", sensor=settings.name, kind=settings.kind)
    return sensors[settings.kind]


def decoded_inputs(settings: SessionSettings, packets: Iterable[Packet]) -> Iterator[Input]:
    """Yield the samples and readings of all packets, in session time, as a session decodes them."""
    streams = {s.name: SensorStream(s, _spec(s, DEVICES)) for s in settings.sensors}
    for packet in packets:
        if packet.sensor != RUNNER:
            yield from streams[packet.sensor].push(packet)
    for stream in streams.values():
        yield from stream.finish()
