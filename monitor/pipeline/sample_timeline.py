"""Session times for the samples of one sensor, and how many of them never came.

A device numbers its packets, stamps them, or does neither; what was lost follows from the numbers where
there are some, else from the stamps.  Without stamps device time is a count of samples.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np

from dsp.types import Array, built_quickly
from monitor.core.packet import Samples
from monitor.pipeline.clock_sync import PacketTimes, SensorClock


@built_quickly
@dataclass(frozen=True, slots=True)
class PlacedSamples:
    """Samples of a packet with their session times (m,): acceleration and angular rate (m, 3).

    ``lost`` is how many are missing before them.
    """

    t_s: Array
    acc_ms2: Array
    gyr_rads: Array | None
    lost: int


@built_quickly
@dataclass(frozen=True, slots=True)
class _Waiting:
    """Samples that wait for their times; the losses before them by number, and how long after the packet
    before they came."""

    samples: Samples
    lost: int
    elapsed_s: float


class SampleTimeline:
    """A stage of sequence and clock of one sensor.  ``clock`` is None before the first samples.

    ``repeated`` counts packets of which nothing was used, because all of it came before or out of turn.
    """

    def __init__(self) -> None:
        self.clock: SensorClock | None = None
        self.repeated = 0
        self._sequence = SequenceCounter()
        self._count_s = 0.0  # device time by count, for sensors without a clock
        self._waiting: deque[_Waiting] = deque()
        self._segment = 0  # of the last samples placed
        self._link = -1  # of the last samples; answers to commands come before them
        self._arrival_s = -np.inf  # of the last samples

    def place(self, samples: Samples, arrival_s: float, link: int) -> list[PlacedSamples]:
        """Take the samples of a packet and return all whose times are known now, in order."""
        if len(samples) == 0:
            return []
        elapsed_s, new_link = arrival_s - self._arrival_s, link != self._link
        self._arrival_s, self._link = arrival_s, link
        lost = self._sequence.missing(samples, new_link, elapsed_s)
        if lost is None:
            self.repeated += 1
            return []
        device_s = self._counted_s(samples, lost) if samples.device_s is None else samples.device_s
        if self.clock is None:
            self.clock = SensorClock(counted=samples.device_s is None)
        in_order = samples.in_order or samples.sequence is not None
        self._waiting.append(_Waiting(samples, lost, elapsed_s))
        return self._with_times(
            self.clock.push(arrival_s, device_s, link, samples.device_wrap_s, in_order=in_order)
        )

    def tick(self, now_s: float) -> list[PlacedSamples]:
        """Return the samples that need no longer wait at ``now_s``, though no packet came."""
        return [] if self.clock is None else self._with_times(self.clock.tick(now_s))

    def finish(self) -> list[PlacedSamples]:
        """Return all samples that wait, because no more packets come."""
        return [] if self.clock is None else self._with_times(self.clock.flush())

    def _with_times(self, times: list[PacketTimes]) -> list[PlacedSamples]:
        out = []
        for packet in times:
            waited, t_s = self._waiting.popleft(), packet.t_s
            samples, lost = waited.samples, waited.lost
            if not packet.whole and (t_s == -np.inf).all():
                self.repeated += 1
                continue
            if samples.sequence is None and samples.device_s is not None:
                lost = self._lost_by_stamp(packet.since_s, waited, packet.segment != self._segment)
            self._segment = packet.segment
            acc, gyr = samples.acc_ms2, samples.gyr_rads
            if not packet.whole:
                used = np.isfinite(t_s)
                lost += int(np.isnan(t_s).sum())
                t_s, acc, gyr = t_s[used], acc[used], None if gyr is None else gyr[used]
            out.append(PlacedSamples(t_s, acc, gyr, lost))
        return out

    def _counted_s(self, samples: Samples, lost: int) -> Array:
        """Device times (n,) of samples that follow ``lost`` others, by their number."""
        n = len(samples)
        device_s = self._count_s + (lost + np.arange(n)) / samples.nominal_hz
        self._count_s += (lost + n) / samples.nominal_hz
        return device_s

    @staticmethod
    def _lost_by_stamp(since_s: float, waited: _Waiting, new_segment: bool) -> int:
        """Samples lost in ``since_s`` on the device's clock, if that went on meanwhile."""
        wrap_s = waited.samples.device_wrap_s
        if not np.isfinite(since_s):
            return 0
        if wrap_s is not None:
            since_s = (since_s + wrap_s / 2) % wrap_s - wrap_s / 2
        restarted = new_segment and since_s > waited.elapsed_s + SequenceCounter.SLACK_S
        return 0 if restarted else max(0, round(since_s * waited.samples.nominal_hz) - 1)


class SequenceCounter:
    """A counter of the device's own packet or sample numbers: what is missing, and what came before.

    A jump over more time than has passed (and some) is a restart, not a loss; so is a new
    connection whose numbers lie behind, or numbers that stay behind for ``PATIENCE`` packets.
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
