"""One sensor: packets to timed samples and readings, with a count of all that went wrong.

What was sent is what was received plus what is counted as lost; a packet that comes twice or out
of turn is dropped and counted apart.
"""

from __future__ import annotations

import math

from dsp.types import ImuChunk, Input, Reading
from monitor.core.errors import DecodeError, RepeatedPacket, StrangersPacket
from monitor.core.packet import Decoded, Packet, Samples, Values
from monitor.core.records import LinkState, SensorStatus
from monitor.core.session_settings import SensorSettings
from monitor.devices import device_information
from monitor.devices.registry import SensorSpec
from monitor.pipeline.sample_timeline import PlacedSamples, SampleTimeline

_STRANGER_S = 10.0  # for which another device that sends under this name is told (a choice)
_OFTEN_S = 1.0  # a status is sent this often while the counts grow,
_SELDOM_S = 5.0  # and this often in any case
_OF_SILENCE = _SELDOM_S / 3600  # of a silence: after an hour ever more seldom
_SILENT_S = 3.0  # without a packet
_CLOSELY_S = 60.0  # of a silence, told often: somebody set a limit for when to be called
_UNSURE_S = 0.3  # SD of the time base: a step at 200 a minute

Decoding = list[Decoded] | DecodeError
"""The samples and values of one packet, or why it has none."""


class SensorStream:
    """A stage of decoder, sequence and clock of one sensor.  ``push`` never raises ``DecodeError``."""

    def __init__(self, settings: SensorSettings, spec: SensorSpec) -> None:
        self.name = settings.name
        self.received = self.lost = self.bad = 0
        self._repeated = 0  # as its decoder found
        self._decoder = spec.decoder(settings)
        self._delay_s = settings.sync_delay_s
        self._timeline = SampleTimeline()
        self._arrival_s: float | None = None  # of the last packet
        self._battery_pct: float | None = None
        self._word = ""  # what the last packet gave cause to say
        self._urgent = False  # and it should be said at once
        self._link_told: tuple[LinkState, str] | None = None  # what the source said since the last packet
        self._told = SensorStatus(0.0, settings.name, LinkState.SEARCHING, "no packet yet")
        self._stranger, self._stranger_s = "", 0.0  # what is told of another device, and when it sent

    @property
    def repeated(self) -> int:
        """The number of packets that came twice or out of turn."""
        return self._repeated + self._timeline.repeated

    def decode(self, packet: Packet) -> Decoding:
        """Return what is in this packet, or why nothing is; each packet once, in the order of arrival."""
        if packet.channel == device_information.BATTERY:
            return []
        try:
            return self._decoder.decode(packet)
        except DecodeError as exc:
            return exc

    def push(self, packet: Packet, decoding: Decoding | None = None) -> list[Input]:
        """Return what this packet brought, in session seconds; ``decoding`` if it was decoded before."""
        if packet.channel == device_information.BATTERY:
            self._battery(packet.payload)
            return []
        before = self._link_told, self._arrival_s
        arrival_s = packet.arrival_ns / 1e9
        self._link_told, self._arrival_s, self._word = None, arrival_s, ""
        out: list[Input] = []
        match self.decode(packet) if decoding is None else decoding:
            case RepeatedPacket():
                self._repeated += 1
            case StrangersPacket() as stranger:
                self.bad += 1
                self._stranger, self._stranger_s = str(stranger), arrival_s
                self._link_told, self._arrival_s = before
            case DecodeError() as error:
                self.bad += 1
                self._word = f"a packet could not be read: {error}"
            case found:
                for decoded in found:
                    if isinstance(decoded, Samples):
                        out += self._chunks(self._timeline.place(decoded, arrival_s, packet.link))
                    else:
                        out += self._values(decoded, arrival_s)
        return out

    def tick(self, now_s: float) -> list[Input]:
        """Return what waited for its time and need no longer wait at ``now_s``."""
        return self._chunks(self._timeline.tick(now_s))

    def finish(self) -> list[Input]:
        """Return what still waits for its time; nothing may be pushed afterwards."""
        return self._chunks(self._timeline.finish())

    def push_status(self, told: SensorStatus) -> SensorStatus:
        """Return the source's word on the connection with the counts; it holds until the next packet."""
        self._link_told = (told.link, told.text)
        self._told = self.status(told.t_s)
        return self._told

    def due(self, now_s: float) -> SensorStatus | None:
        """Return a status if it is time to tell one: something changed, or nothing was told for long."""
        told = self._told
        age_s = now_s - told.t_s
        state = self._state(now_s)
        if age_s < _OFTEN_S and state is told.link and not self._urgent:  # most calls: after every packet
            return None
        worse = (self.lost, self.repeated, self.bad) != (told.lost, told.repeated, told.bad)
        streams = state is LinkState.STREAMING
        fresh_loss = not streams and self.received > 0 and told.silent_s < _CLOSELY_S
        often = worse or fresh_loss
        if not self._urgent and state is told.link and age_s < (_OFTEN_S if often else self._seldom_s):
            return None
        self._urgent = False
        self._told = self.status(now_s)
        return self._told

    @property
    def due_s(self) -> float:
        """The first whole second after a long silence in which a status may be due, if it goes on."""
        return float(math.floor(self._told.t_s + self._seldom_s))

    @property
    def _seldom_s(self) -> float:
        return max(_SELDOM_S, self._told.silent_s * _OF_SILENCE)

    def status(self, now_s: float) -> SensorStatus:
        """Return how this sensor is doing; ``rate_hz`` since the last status that was due."""
        state = self._state(now_s)
        silent_s = now_s if self._arrival_s is None else max(0.0, now_s - self._arrival_s)
        text = {LinkState.SEARCHING: "no packet yet", LinkState.SILENT: f"silent for {silent_s:.0f} s"}
        if self._link_told is not None:
            text[state] = self._link_told[1]
        if self._stranger and now_s - self._stranger_s < _STRANGER_S:
            text[state] = self._stranger
        elapsed_s = now_s - self._told.t_s
        clock = self._timeline.clock
        if self.unsure:
            text[LinkState.STREAMING] = "data comes too irregularly for steps to be told"
        return SensorStatus(
            t_s=now_s,
            sensor=self.name,
            link=state,
            text=(text.get(state) or self._word or "streaming") + self._battery_text(state),
            received=self.received,
            lost=self.lost,
            rate_hz=(self.received - self._told.received) / elapsed_s if elapsed_s >= _OFTEN_S else None,
            silent_s=silent_s,
            battery_pct=self._battery_pct,
            clock_sd_ms=None if clock is None or clock.sd_s is None else clock.sd_s * 1e3,
            clock_ppm=None if clock is None else clock.ppm,
            clock_jitter_ms=None if clock is None or clock.sd_s is None else clock.jitter_s * 1e3,
            repeated=self.repeated,
            bad=self.bad,
        )

    def _battery_text(self, state: LinkState) -> str:
        """What may be the reason why a sensor is gone."""
        gone = self.received > 0 and state not in (LinkState.STREAMING, LinkState.OFF)
        empty = self._battery_pct is not None and self._battery_pct <= device_information.LOW_PCT
        return f"; its battery was at {self._battery_pct:.0f} %" if gone and empty else ""

    def _battery(self, payload: bytes) -> None:
        try:
            self._battery_is(device_information.battery_pct(payload))
        except DecodeError:
            self.bad += 1

    def _battery_is(self, pct: float) -> None:
        """Say it once when it becomes low."""
        before, self._battery_pct = self._battery_pct, pct
        if pct <= device_information.LOW_PCT and (before is None or before > device_information.LOW_PCT):
            self._word, self._urgent = f"battery {pct:.0f} %: charge it soon", True

    def _state(self, now_s: float) -> LinkState:
        if self._link_told is not None:
            return self._link_told[0]
        if self._arrival_s is None:
            return LinkState.SEARCHING
        return LinkState.SILENT if now_s - self._arrival_s > _SILENT_S else LinkState.STREAMING

    def _chunks(self, placed: list[PlacedSamples]) -> list[Input]:
        """Samples whose times are known."""
        out: list[Input] = []
        for p in placed:
            self.received += len(p.t_s)
            self.lost += p.lost
            if len(p.t_s):
                out.append(ImuChunk(self.name, p.t_s - self._delay_s, p.acc_ms2, p.gyr_rads))
        return out

    @property
    def unsure(self) -> bool:
        """True while the time base is unsure by more than a step, so that its samples tell no steps."""
        clock = self._timeline.clock
        sd_s = None if clock is None else clock.sd_s
        return sd_s is not None and sd_s > _UNSURE_S

    def _values(self, decoded: Values, arrival_s: float) -> list[Input]:
        t_s = arrival_s - decoded.age_s
        if decoded.device_s is not None and self._timeline.clock is not None:
            t_s = min(self._timeline.clock.at(decoded.device_s), arrival_s)
        if "battery_pct" in decoded.values:
            self._battery_is(decoded.values["battery_pct"])
        if decoded.note:
            self._word, self._urgent = decoded.note, True
        self.received += 1
        return [Reading(self.name, t_s, name, value) for name, value in decoded.values.items()]
