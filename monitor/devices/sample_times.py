"""When each sample of a packet was taken, where the device tells only one time per packet.

Devices run up to several percent off the rate they were asked for.  Spreading a packet by the rate on
paper would tear neighbours apart or let them overlap, so the interval is taken from one packet's
time to the next; over a loss the last good interval holds.
"""

from __future__ import annotations

import numpy as np

from dsp.types import Array

_FURTHEST = 0.25  # an interval this far off the nominal one is a loss or a pause, not a rate
_SMOOTH_PACKETS = 64  # packets over which the interval of first-sample times is averaged


class SampleTimer:
    """The sample interval of one stream.  ``wrap_s`` is the range of the device's clock, if it has one."""

    def __init__(self, nominal_hz: float, wrap_s: float | None = None) -> None:
        self._nominal_s = self._interval_s = 1.0 / nominal_hz
        self._wrap_s = wrap_s
        self._last: tuple[float, int] | None = None  # time and samples of the packet before
        self._seen = 0

    def from_first(self, first_s: float, n: int) -> Array:
        """Return the times of ``n`` samples when the device gave that of the first.

        The samples of the packet before filled the time between the two; that is averaged, because
        such clocks are coarse (a millisecond) and the future is not known yet.
        """
        if self._last is not None:
            self._learn_interval(self._since(first_s) / self._last[1])
        self._last = (first_s, n)
        return np.asarray(first_s + np.arange(n) * self._interval_s, np.float64)

    def to_last(self, last_s: float, n: int) -> Array:
        """Return the times of ``n`` samples, evenly since the packet before, when the last one is given."""
        if self._last is not None:
            interval_s = self._since(last_s) / n
            if self._is_likely(interval_s):
                self._interval_s = interval_s
        self._last = (last_s, n)
        return np.asarray(last_s + np.arange(1 - n, 1) * self._interval_s, np.float64)

    def _since(self, t_s: float) -> float:
        assert self._last is not None
        since_s = t_s - self._last[0]
        return since_s if self._wrap_s is None else since_s % self._wrap_s

    def _learn_interval(self, interval_s: float) -> None:
        if self._is_likely(interval_s):
            self._seen = min(self._seen + 1, _SMOOTH_PACKETS)
            self._interval_s += (interval_s - self._interval_s) / self._seen

    def _is_likely(self, interval_s: float) -> bool:
        return abs(interval_s / self._nominal_s - 1.0) <= _FURTHEST
