"""One sensor: packets to timed samples and readings, with a count of all that went wrong.

What was sent is what was received plus what is counted as lost; a packet that comes twice or out
of turn is dropped and counted apart.
"""

from __future__ import annotations

import numpy as np

from dsp.types import ImuChunk, Input, Reading
from monitor.core.errors import DecodeError
from monitor.core.packet import Packet, Samples, Values
from monitor.core.records import LinkState, SensorStatus
from monitor.core.session_settings import SensorSettings
from monitor.devices import device_information
from monitor.devices.registry import SensorSpec
from monitor.pipeline.clock_sync import SensorClock

_OFTEN_S = 1.0  # a status is sent this often while the counts grow,
_SELDOM_S = 5.0  # and this often in any case
_SILENT_S = 3.0  # without a packet


class SensorStream:
    """A stage of decoder, sequence and clock of one sensor.  ``push`` never raises ``DecodeError``."""

    def __init__(self, settings: SensorSettings, spec: SensorSpec) -> None:
        self.name = settings.name
        self.received = self.lost = self.repeated = self.bad = 0
        self._decoder = spec.decoder(settings)
        self._delay_s = settings.sync_delay_s
        self._clock: SensorClock | None = None
        self._sequence = SequenceCounter()
        self._count_s = 0.0  # device time by count, for sensors without a clock
        self._segments = 0
        self._device_s: float | None = None  # of the last sample, on the device's clock
        self._link = -1  # of the last samples; answers to commands come before them
        self._sampled_s = -np.inf  # arrival of the last samples
        self._arrival_s: float | None = None  # of the last packet
        self._battery_pct: float | None = None
        self._word = ""  # what the last packet gave cause to say
        self._urgent = False  # and it should be said at once
        self._link_told: tuple[LinkState, str] | None = None  # what the source said since the last packet
        self._told = SensorStatus(0.0, settings.name, LinkState.SEARCHING, "no packet yet")

    def push(self, packet: Packet) -> list[Input]:
        """Return what this packet brought, in session seconds."""
        if packet.channel == device_information.BATTERY:
            self._battery(packet.payload)
            return []
        self._link_told = None
        arrival_s = packet.arrival_ns * 1e-9
        self._arrival_s, self._word = arrival_s, ""
        out: list[Input] = []
        try:
            for decoded in self._decoder.decode(packet):
                if isinstance(decoded, Samples):
                    out += self._samples(decoded, arrival_s, packet.link)
                else:
                    out += self._values(decoded, arrival_s)
        except DecodeError as exc:
            self.bad += 1
            self._word = f"a packet could not be read: {exc}"
        return out

    def push_status(self, told: SensorStatus) -> SensorStatus:
        """Return the source's word on the connection with the counts; it holds until the next packet."""
        self._link_told = (told.link, told.text)
        self._told = self.status(told.t_s)
        return self._told

    def due(self, now_s: float) -> SensorStatus | None:
        """Return a status if it is time to tell one: something changed, or nothing was told for long."""
        told = self._told
        age_s = now_s - told.t_s
        worse = (self.lost, self.repeated, self.bad) != (told.lost, told.repeated, told.bad)
        if (
            not self._urgent
            and self._state(now_s) is told.link
            and age_s < (_OFTEN_S if worse else _SELDOM_S)
        ):
            return None
        self._urgent = False
        self._told = self.status(now_s)
        return self._told

    def status(self, now_s: float) -> SensorStatus:
        """Return how this sensor is doing; ``rate_hz`` since the last status that was due."""
        state = self._state(now_s)
        silent_s = now_s if self._arrival_s is None else max(0.0, now_s - self._arrival_s)
        text = {LinkState.SEARCHING: "no packet yet", LinkState.SILENT: f"silent for {silent_s:.0f} s"}
        if self._link_told is not None:
            text[state] = self._link_told[1]
        elapsed_s = now_s - self._told.t_s
        clock = self._clock
        return SensorStatus(
            t_s=now_s,
            sensor=self.name,
            link=state,
            text=text.get(state) or self._word or "streaming",
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

    def _samples(self, samples: Samples, arrival_s: float, link: int) -> list[Input]:
        n = len(samples)
        if n == 0:
            return []
        elapsed_s, new_link = arrival_s - self._sampled_s, link != self._link
        self._sampled_s, self._link = arrival_s, link
        lost = self._sequence.missing(samples, new_link, elapsed_s)
        if lost is None:
            self.repeated += 1
            return []
        counted = samples.device_s is None
        if self._clock is None:
            self._clock = SensorClock(counted=counted)
        device_s = samples.device_s
        if device_s is None:
            device_s = self._count_s + (lost + np.arange(n)) / samples.nominal_hz
            self._count_s += (lost + n) / samples.nominal_hz
        t_s = self._clock.place(arrival_s, device_s, link, samples.device_wrap_s)
        fresh = len(t_s)
        if fresh == 0:
            self.repeated += 1
            return []
        if samples.sequence is None and not counted:
            lost = self._missing(float(device_s[n - fresh]), samples, elapsed_s)
        self._segments, self._device_s = self._clock.segments, float(device_s[-1])
        self.received += fresh
        self.lost += lost
        gyr = samples.gyr_rads
        return [
            ImuChunk(
                self.name,
                t_s - self._delay_s,
                samples.acc_ms2[n - fresh :],
                gyr[n - fresh :] if gyr is not None else None,
            )
        ]

    def _missing(self, first_s: float, samples: Samples, elapsed_s: float) -> int:
        """Samples lost before the one at ``first_s`` on the device's clock, if that went on meanwhile."""
        assert self._clock is not None
        if self._device_s is None:
            return 0
        ahead_s, wrap_s = first_s - self._device_s, samples.device_wrap_s
        if wrap_s is not None:
            ahead_s = (ahead_s + wrap_s / 2) % wrap_s - wrap_s / 2
        restarted = self._clock.segments != self._segments and ahead_s > elapsed_s + SequenceCounter.SLACK_S
        return 0 if restarted else max(0, round(ahead_s * samples.nominal_hz) - 1)

    def _values(self, decoded: Values, arrival_s: float) -> list[Input]:
        t_s = arrival_s - decoded.age_s
        if decoded.device_s is not None and self._clock is not None and self._clock.running:
            t_s = min(self._clock.at(decoded.device_s), arrival_s)
        if "battery_pct" in decoded.values:
            self._battery_is(decoded.values["battery_pct"])
        if decoded.note:
            self._word, self._urgent = decoded.note, True
        self.received += 1
        return [Reading(self.name, t_s, name, value) for name, value in decoded.values.items()]


class SequenceCounter:
    """A counter of the device's own packet or sample numbers: what is missing, and what came before.

    A jump over more time than has passed (and some) is a restart, not a loss; so is a new
    connection whose numbers lie behind, or numbers that stay behind for ``_MOST_PACKETS`` packets.
    """

    PATIENCE = 10
    SLACK_S = 5.0

    def __init__(self) -> None:
        self._expected: int | None = None
        self._behind = 0

    def missing(self, samples: Samples, new_link: bool, elapsed_s: float) -> int | None:
        """Return how many samples were lost before these; None if these repeat or come out of turn."""
        number, wrap = samples.sequence, samples.sequence_wrap
        if number is None:
            return 0
        after = number + max(1, round(len(samples) / samples.per_sequence))
        if self._expected is None:
            self._expected = after
            return 0
        ahead = number - self._expected
        if wrap is not None:
            ahead = (ahead + wrap // 2) % wrap - wrap // 2
        if ahead < 0 and not new_link and self._behind < self.PATIENCE:
            self._behind += 1
            return None
        self._expected, self._behind = after, 0
        lost = max(0, ahead) * samples.per_sequence
        return lost if lost / samples.nominal_hz <= elapsed_s + self.SLACK_S else 0
