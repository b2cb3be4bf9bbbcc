"""The time base of a sensor: device counters and arrival times to session seconds.

A packet can only be late, never early, so the device's clock is read off the *lower envelope* of
(arrival - device time).  Least squares would follow the stalls of the radio instead.

**A sample gets its time once.**  Nothing waits: ``SensorClock.place`` times a packet when it comes,
strictly after all earlier samples, and never takes a time back.  What is learned later only moves the
samples that follow.

**Lower envelope** (``LowerEnvelope``).  Of every whole second of arrival the earliest packet is kept,
for the last ``memory_s``.  When the next second begins, a line is laid under these minima: its rate is
the median of the slopes between each minimum of the first half and the one half a window later
(Theil's estimator with pairs half a window apart), its offset a low quantile of what is left.

**Settling.**  A line is fitted from four minima over ``settle_s`` on; until then a segment runs at
the rate learned before it (none: exactly the device's), and each packet that comes earlier than all
before moves the line down at once.

**Slewing.**  Whenever the line moves, the difference at the last sample placed becomes a correction that
dies away with ``slew_s`` (more slowly if it is large: time never runs slower than about half speed).  So
times stay increasing and no step appears in them.

**Repeats.**  Rows whose device time is not after the last one placed are dropped, so the answer may hold
fewer rows than the packet, or none.

**Segments.**  The clock is begun anew, placed by arrival and keeping its rate, when

- the connection is another (``link``), the first one included;
- device time is more than ``back_s`` behind, or has stayed behind for ``back_packets`` packets: a reboot;
- a settled line says that the packet came ``early_s`` before its samples were taken: the clock was set;
- samples are only counted and two whole seconds in a row were ``late_s`` late even at their best: some
  were lost, so the count is behind.

A new segment begins after the last sample of the one before; where its first times would fall before
that, they are slewed in like any correction.  Wrapped counters are unwrapped to the multiple of
``wrap_s`` nearest to where arrival says they should be.

What stays unknown is a constant: the smallest latency of that sensor and radio, tens of
milliseconds, the same from the first to the last sample of a segment.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from dsp.types import Array

_FloatOrArray = TypeVar("_FloatOrArray", float, Array)

_SAME_S = 1e-6
"""Device times closer than this are one; no clock we read has finer ticks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockParams:
    """Limits of the time base.  Each number is our choice, checked on simulated links in the tests."""

    memory_s: float = 120.0  # how much of the past the line rests on
    settle_s: float = 5.0  # until a segment is this old, its rate is the last one known
    tolerance_ppm: float = 20_000.0  # no device or sampling rate is further off
    quantile: float = 0.2  # of the minima lie below the line
    slew_s: float = 5.0  # time constant with which a correction is brought in
    back_s: float = 10.0  # device time further back than this is a reboot, not a late packet
    back_packets: int = 10  # so is device time that stays behind for so many packets
    early_s: float = 0.3  # a packet this much before the line: the device's clock was set
    late_s: float = 0.15  # two whole seconds this late: a counted stream has lost samples

    def __post_init__(self) -> None:
        if not (self.memory_s > self.settle_s > 0 and self.slew_s > 0 and 0 < self.quantile < 1):
            raise ValueError("memory_s must exceed settle_s, and quantile lie between 0 and 1")
        if not 0 < self.tolerance_ppm < 500_000:
            raise ValueError("tolerance_ppm must be between 0 and 500000")


class SensorClock:
    """The time base of one sensor.  ``counted``: device time is a count of samples, not a clock.

    The module's docstring says how it works.  ``segments`` counts how often it was begun.
    """

    def __init__(self, *, counted: bool = False, params: ClockParams = ClockParams()) -> None:
        self.segments = 0
        self._counted = counted
        self._params = params
        self._link = -1
        self._line = LowerEnvelope(params, 0.0)
        self._last_x = -np.inf  # device time of the last sample placed, unwrapped
        self._last_t = -np.inf  # its session time
        self._last_arrival_s = 0.0
        self._slew_from_x = 0.0
        self._slew_s = 0.0  # applied minus wanted time at _slew_from_x
        self._behind = 0  # packets in a row that lay wholly in the past

    def place(self, arrival_s: float, device_s: Array, link: int = 0, wrap_s: float | None = None) -> Array:
        """Return the session times (m,) of the last m samples of a packet; rows before them are repeats.

        arrival_s: session time at which the packet came.
        device_s: (n,) increasing device seconds of its samples.
        link: number of the connection.  wrap_s: range of the device's counter, None if it never wraps.
        """
        if len(device_s) == 0:
            return np.empty(0)
        x = self._unwrapped(device_s, arrival_s, wrap_s)
        begun = self._needs_new_segment(x, arrival_s, link)
        if begun:
            x = device_s
            self._begin_segment(x, arrival_s, link)
        self._last_arrival_s = arrival_s
        x = x[int(np.searchsorted(x, self._last_x + _SAME_S, side="right")) :]
        self._behind = 0 if len(x) else self._behind + 1
        if len(x) == 0:
            return x
        if not begun:  # else the line has this packet already, and begins with it
            before = self.at(self._last_x)
            if self._line.add(arrival_s, float(x[-1])):
                self._slew_from_x = self._last_x
                self._slew_s = before - self._line.at(self._last_x)
        t_s = self._times(x)
        self._last_x, self._last_t = float(x[-1]), float(t_s[-1])
        return t_s

    def at(self, device_s: float) -> float:
        """Return the session time of a device time near the last packet (of the same segment)."""
        return float(self._times(np.array([device_s]))[0])

    @property
    def running(self) -> bool:
        """True once the first sample has been placed."""
        return bool(np.isfinite(self._last_x))

    @property
    def ppm(self) -> float | None:
        """The excess speed of the device's clock (or sampling) in ppm; None before it was measured."""
        return None if self._line.rate is None else (1 / (1 + self._line.rate) - 1) * 1e6

    @property
    def sd_s(self) -> float | None:
        """The standard deviation of the line now, in s; the constant latency is not in it."""
        return self._line.sd_s

    @property
    def jitter_s(self) -> float:
        """The standard deviation of arrival about the line, in s: what was removed."""
        return self._line.jitter_s

    def _times(self, x: Array) -> Array:
        tau = max(self._params.slew_s, 2 * self._slew_s)  # never slower than half speed
        left = self._slew_s * np.exp(-np.maximum(x - self._slew_from_x, 0) / tau)
        return np.asarray(self._line.at(x) + left)

    def _unwrapped(self, device_s: Array, arrival_s: float, wrap_s: float | None) -> Array:
        if wrap_s is None or not self.running:
            return device_s
        expected = self._last_x + arrival_s - self._last_arrival_s
        return device_s + wrap_s * round((expected - float(device_s[-1])) / wrap_s)

    def _needs_new_segment(self, x: Array, arrival_s: float, link: int) -> bool:
        if link != self._link:
            return True
        p = self._params
        if x[-1] < self._last_x - p.back_s or self._behind >= p.back_packets:
            return True
        if not self._line.settled:
            return False
        early = self._line.at(float(x[-1])) - arrival_s > p.early_s
        return early or (self._counted and self._line.late_seconds >= 2)

    def _begin_segment(self, x: Array, arrival_s: float, link: int) -> None:
        self.segments += 1
        self._line = LowerEnvelope(self._params, self._line.rate or 0.0)
        self._line.add(arrival_s, float(x[-1]))
        spacing = float(x[-1] - x[0]) / (len(x) - 1) if len(x) > 1 else 1e-3
        self._slew_from_x = float(x[0])
        self._slew_s = max(0.0, self._last_t + spacing - self._line.at(float(x[0])))
        self._link, self._last_x, self._behind = link, -np.inf, 0


class LowerEnvelope:
    """The line under (device time, arrival) of one segment: ``arrival = x + offset + rate * (x - x0)``.

    ``settled`` is True once a line was fitted, ``sd_s`` its uncertainty, and ``late_seconds`` the number of
    whole seconds in a row in which even the best packet was ``late_s`` late.
    """

    def __init__(self, params: ClockParams, rate: float) -> None:
        self.settled = False
        self.late_seconds = 0
        self.sd_s: float | None = None
        self._params = params
        self._rate = rate
        self._rate_measured = rate != 0.0
        self._x0: float | None = None
        self._offset = np.inf
        self._minima: deque[tuple[float, float]] = deque()  # (x - x0, arrival - x) per second
        self._second = 0
        self._lowest = (0.0, np.inf)
        self._n, self._sum, self._sum2 = 0, 0.0, 0.0

    @property
    def rate(self) -> float | None:
        """The seconds per device second, less one; None before it has been measured."""
        return self._rate if self._rate_measured else None

    @property
    def jitter_s(self) -> float:
        """The standard deviation of the packets' delay over the line, in s."""
        mean = self._sum / max(1, self._n)
        return float(np.sqrt(max(0.0, self._sum2 / max(1, self._n) - mean * mean)))

    def at(self, x: _FloatOrArray) -> _FloatOrArray:
        """Return when device time ``x`` would arrive without delay, in session seconds."""
        assert self._x0 is not None
        return x + self._offset + self._rate * (x - self._x0)

    def add(self, arrival_s: float, x: float) -> bool:
        """Take one packet by the device time ``x`` of its last sample; True if the line has moved."""
        if self._x0 is None:
            self._x0, self._second = x, int(np.floor(arrival_s))
        delay = arrival_s - x
        moved = False
        if np.floor(arrival_s) != self._second:
            moved = self._close_second()
            self._second, self._lowest = int(np.floor(arrival_s)), (0.0, np.inf)
        u = x - self._x0
        if delay - self._rate * u < self._lowest[1] - self._rate * self._lowest[0]:
            self._lowest = (u, delay)
        if not self.settled and delay - self._rate * u < self._offset:
            self._offset, moved = delay - self._rate * u, True
        over = delay - self._offset - self._rate * u
        self._n, self._sum, self._sum2 = self._n + 1, self._sum + over, self._sum2 + over * over
        return moved

    def _close_second(self) -> bool:
        u, delay = self._lowest
        late = delay - self._offset - self._rate * u > self._params.late_s
        self.late_seconds = self.late_seconds + 1 if late and self.settled else 0
        self._minima.append(self._lowest)
        while self._minima[0][0] < u - self._params.memory_s:
            self._minima.popleft()
        if u - self._minima[0][0] < self._params.settle_s or len(self._minima) < 4:
            return False
        self._fit_line()
        return True

    def _fit_line(self) -> None:
        u, delay = np.array(self._minima).T
        half = len(u) // 2
        slope = np.median((delay[-half:] - delay[:half]) / (u[-half:] - u[:half]))
        limit = self._params.tolerance_ppm * 1e-6
        self._rate = float(np.clip(slope, -limit, limit))
        rest = delay - self._rate * u
        self._offset = float(np.quantile(rest, self._params.quantile))
        self.settled = self._rate_measured = True
        spread = 1.4826 * float(np.median(np.abs(rest - np.median(rest))))
        self.sd_s = spread * 2.5 / len(u) ** 0.5  # end of a line: twice the mean's, and a median's 1.25
