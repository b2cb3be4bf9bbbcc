"""Session times for the samples of one sensor, and how many of them never came.

A device numbers its packets, stamps them, or does neither; what was lost follows from the numbers where
there are some, else from the stamps.  Without stamps device time is a count of samples.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dsp.types import Array
from monitor.core.packet import Samples
from monitor.pipeline.clock_sync import SensorClock


@dataclass(frozen=True, slots=True)
class PlacedSamples:
    """The last m samples of a packet, all of it or what did not come before: their session times (m,).

    ``lost`` is how many are missing before them.
    """

    t_s: Array
    lost: int


class SampleTimeline:
    """A stage of sequence and clock of one sensor.  ``clock`` is None before the first samples."""

    def __init__(self) -> None:
        self.clock: SensorClock | None = None
        self._sequence = SequenceCounter()
        self._count_s = 0.0  # device time by count, for sensors without a clock
        self._segments = 0
        self._device_s: float | None = None  # of the last sample, on the device's clock
        self._link = -1  # of the last samples; answers to commands come before them
        self._arrival_s = -np.inf  # of the last samples

    def place(self, samples: Samples, arrival_s: float, link: int) -> PlacedSamples | None:
        """Return when these samples were taken; None if there are none, or all came before."""
        if len(samples) == 0:
            return None
        elapsed_s, new_link = arrival_s - self._arrival_s, link != self._link
        self._arrival_s, self._link = arrival_s, link
        lost = self._sequence.missing(samples, new_link, elapsed_s)
        if lost is None:
            return None
        device_s = self._counted_s(samples, lost) if samples.device_s is None else samples.device_s
        if self.clock is None:
            self.clock = SensorClock(counted=samples.device_s is None)
        t_s = self.clock.place(arrival_s, device_s, link, samples.device_wrap_s)
        if len(t_s) == 0:
            return None
        if samples.sequence is None and samples.device_s is not None:
            lost = self._lost_by_stamp(float(device_s[-len(t_s)]), samples, elapsed_s)
        self._segments, self._device_s = self.clock.segments, float(device_s[-1])
        return PlacedSamples(t_s, lost)

    def _counted_s(self, samples: Samples, lost: int) -> Array:
        """Device times (n,) of samples that follow ``lost`` others, by their number."""
        n = len(samples)
        device_s = self._count_s + (lost + np.arange(n)) / samples.nominal_hz
        self._count_s += (lost + n) / samples.nominal_hz
        return device_s

    def _lost_by_stamp(self, first_s: float, samples: Samples, elapsed_s: float) -> int:
        """Samples lost before the one at ``first_s`` on the device's clock, if that went on meanwhile."""
        assert self.clock is not None
        if self._device_s is None:
            return 0
        ahead_s, wrap_s = first_s - self._device_s, samples.device_wrap_s
        if wrap_s is not None:
            ahead_s = (ahead_s + wrap_s / 2) % wrap_s - wrap_s / 2
        restarted = self.clock.segments != self._segments and ahead_s > elapsed_s + SequenceCounter.SLACK_S
        return 0 if restarted else max(0, round(ahead_s * samples.nominal_hz) - 1)


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
