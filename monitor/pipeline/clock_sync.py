"""The time base of a sensor: device counters and arrival times to session seconds.

A packet can only be late, never early, so the device's clock is read off the *lower envelope* of
(arrival - device time).  Least squares would follow the stalls of the radio instead.

**No sample is later than its arrival**, and none is earlier than the session.  Times increase strictly;
a time that was given is never taken back.  What is learned later only moves the samples that follow.

**Waiting.**  The packets of a new segment wait for ``hold_s`` (of arrival, or of ``tick``) before the first
of them is timed.  A first packet may be an old one, or late by seconds, and only the next ones show it.

**Lower envelope** (``LowerEnvelope``).  Of every whole second of arrival the earliest packet is kept,
for the last ``memory_s``.  When the next second begins, a line is laid under these minima: its rate is
the median of the slopes between each minimum of the first half and the one half a window later
(Theil's estimator with pairs half a window apart), its offset puts it under all of them.  A packet below
the line moves it down at once; upwards it goes no faster than its clock can be wrong, or a delay that
grows would be believed.  Downwards it may go faster where packets move it down second after second, since
none is early.  A device that tells its own time has a crystal, good to hundreds of ppm; a count
of samples is good to thousands.  What stays away from its line for all of ``memory_s`` is no crystal.

**Slewing.**  Whenever the line moves up, the difference at the last sample placed becomes a correction that
dies away with ``slew_s`` (more slowly if it is large: time never runs slower than about half speed).
Where it moves down, the packet that showed it is squeezed in between the last sample and its arrival;
where there is no room, its samples before that are dropped, and after more than ``hole_from_s`` of those
the hole is made long enough for all to see: what was placed before was later than the truth.

**Clocks that are set.**  A packet that comes before its samples were taken, beyond ``step_s``, with a jump
of its device time that explains it: the clock was set there, between two samples of a packet or of two.
The device time is put back by what makes it go on evenly, or, if that leaves more than ``even_s`` to
explain, by arrival.  The same for time that goes back, where a decoder says that its samples are in order.

**Repeats.**  Rows whose device time is not after the last one placed are dropped.

**Segments.**  The clock is begun anew, keeping its rate, when

- the connection is another (``link``), the first one included;
- device time is more than ``back_s`` behind, or has stayed behind for ``back_packets`` packets: a reboot;
- samples are only counted and two whole seconds in a row were ``late_s`` late even at their best: some
  were lost, so the count is behind.  Where that happens again within ``losing_s``, more are lost between
  than is seen, so by as much as was lost the line is unsure.

Wrapped counters are unwrapped to the multiple of ``wrap_s`` nearest to where arrival says they should be.

What stays unknown is a constant: the smallest latency of that sensor and radio, tens of
milliseconds, the same from the first to the last sample of a segment.
"""

from __future__ import annotations

import math
from bisect import insort
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from dsp.types import Array, built_quickly

_FloatOrArray = TypeVar("_FloatOrArray", float, Array)

_LOSSES = 20  # of which it is known when they were
_SUSTAINED = 3  # seconds in a row in which packets came earlier than the line said
_SAME_S = 1e-6
"""Device times closer than this are one; no clock we read has finer ticks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockParams:
    """Limits of the time base.  Each number is our choice, checked on simulated links in the tests."""

    memory_s: float = 120.0  # how much of the past the line rests on
    settle_s: float = 5.0  # until a segment is this old, its rate is the last one known
    hold_s: float = 1.0  # how long the first packets of a segment wait
    crystal_ppm: float = 500.0  # no clock of a device is further off,
    tolerance_ppm: float = 20_000.0  # and no sampling rate,
    fastest_ppm: float = 100_000.0  # but for one that packets which keep coming early show to be faster
    slew_s: float = 5.0  # time constant with which a correction is brought in
    hole_from_s: float = 0.1  # of samples that overlap what was placed, until it is made a hole
    hole_s: float = 0.5  # longer than any detector bridges
    back_s: float = 10.0  # device time further back than this is a reboot, not a late packet
    back_packets: int = 10  # so is device time that stays behind for so many packets
    step_s: float = 0.1  # a packet this much before the line, after a jump: the device's clock was set
    even_s: float = 1.0  # and what may be left to explain
    losing_s: float = 60.0  # who lost samples twice in this time goes on losing them
    late_s: float = 0.15  # two whole seconds this late: a counted stream has lost samples

    def __post_init__(self) -> None:
        if not (self.memory_s > self.settle_s > 0 and self.slew_s > 0 and self.hold_s >= 0):
            raise ValueError("memory_s must exceed settle_s, and hold_s must not be negative")
        if not 0 < self.crystal_ppm <= self.tolerance_ppm < 500_000:
            raise ValueError("crystal_ppm must be positive, and tolerance_ppm between it and 500000")


@built_quickly
@dataclass(frozen=True, slots=True)
class PacketTimes:
    """PacketTimes holds the session times (n,) of the rows of one packet.

    -inf: a repeat; NaN: not to be used, because it overlaps samples placed before; ``whole`` where no row
    is either.  ``since_s`` is the device time from the last row that was new to the first new one of this
    packet, 0 where there are none.
    """

    t_s: Array
    segment: int
    since_s: float = 0.0
    whole: bool = False


class SensorClock:
    """The time base of one sensor.  ``counted``: device time is a count of samples, not a clock.

    The module's docstring says how it works.  ``segments`` counts how often it was begun.
    """

    def __init__(self, *, counted: bool = False, params: ClockParams = ClockParams()) -> None:
        self.segments = 0
        self._counted = counted
        self._params = params
        self._link = -1
        self._line = LowerEnvelope(params, 0.0, counted)
        self._waiting: deque[tuple[float, Array, bool]] = deque()  # arrival, device times, do they increase
        self._wait_until_s = 0.0  # arrival from which on nothing waits
        self._put_back_s = 0.0  # what is taken off the device's time, because it was set
        self._seen_x = -np.inf  # device time of the last sample that came, unwrapped and put back
        self._last_x = -np.inf  # the same of the last sample placed in this segment
        self._new_x = np.nan  # the same in any; a new segment begins without what was put back
        self._last_t = -np.inf  # and its session time
        self._resume_s = -1e-3  # no sample is placed before this (a millisecond for rounding)
        self._arrival_s = 0.0  # of the last packet
        self._slew_from_x = 0.0
        self._slew_s = 0.0  # applied minus wanted time at _slew_from_x
        self._behind = 0  # packets in a row that lay wholly in the past
        self._losses: deque[tuple[float, float]] = deque(maxlen=_LOSSES)  # arrival, seconds lost

    def push(
        self,
        arrival_s: float,
        device_s: Array,
        link: int = 0,
        wrap_s: float | None = None,
        *,
        in_order: bool = False,
    ) -> list[PacketTimes]:
        """Return the times of the packets that need no longer wait, in order.

        arrival_s: session time at which the packet came.
        device_s: (n,) device seconds of its samples, n > 0; increasing, but where the clock was set.
        link: number of the connection.  wrap_s: range of the device's counter, None if it never wraps.
        in_order: nothing is repeated, so device time that goes back is a clock that was set.
        """
        out: list[PacketTimes] = []
        x = device_s - self._put_back_s if self._put_back_s else device_s
        x = self._unwrapped(x, arrival_s, wrap_s)
        if self._needs_new_segment(x, arrival_s, link, in_order):
            out = self.flush()
            x = np.array(device_s, np.float64)
            self._begin_segment(arrival_s, link)
        forward = len(x) < 2 or bool((x[1:] > x[:-1]).all())
        if wrap_s is None and not self._counted:
            came = x
            x = self._even(x, arrival_s, in_order, forward)
            forward = forward and x is came
        self._arrival_s = arrival_s
        last_x = x.item(-1)
        self._behind = 0 if last_x > self._seen_x + _SAME_S else self._behind + 1
        if not self._behind:
            self._seen_x = last_x
            self._follow(arrival_s, self._seen_x)
        self._waiting.append((arrival_s, x, forward))
        return out + self.tick(arrival_s)

    def tick(self, now_s: float) -> list[PacketTimes]:
        """Return what need no longer wait at ``now_s``, though no packet came."""
        return self.flush() if now_s >= self._wait_until_s else []

    def flush(self) -> list[PacketTimes]:
        """Return all that waits, because no more packets come."""
        out = [self._placed(*waited) for waited in self._waiting]
        self._waiting.clear()
        return out

    def at(self, device_s: float) -> float:
        """Return the session time of a device time near the last packet (of the same segment)."""
        return float(self._times(np.array([device_s - self._put_back_s]))[0])

    @property
    def ppm(self) -> float | None:
        """The excess speed of the device's clock (or sampling) in ppm; None before it was measured."""
        return None if self._line.rate is None else (1 / (1 + self._line.rate) - 1) * 1e6

    @property
    def sd_s(self) -> float | None:
        """The standard deviation of the line now, in s; the constant latency is not in it."""
        if len(self._losses) < 2:
            return self._line.sd_s
        recent = [lost_s for at_s, lost_s in self._losses if self._arrival_s - at_s < self._params.losing_s]
        return self._line.sd_s if len(recent) < 2 else max(self._line.sd_s or 0.0, sum(recent))

    @property
    def jitter_s(self) -> float:
        """The standard deviation of arrival about the line, in s: what was removed."""
        return self._line.jitter_s

    def _follow(self, arrival_s: float, x: float) -> None:
        """Let the line have a packet, and keep the times that follow continuous."""
        placed = math.isfinite(self._last_x)
        before = self._line.at(self._last_x) + self._slew_s if placed else 0.0
        moved = self._line.add(arrival_s, x)
        if self._line.moved_s > self._params.step_s:
            self._losses.clear()  # what was thought to be lost was only late
        if moved and placed:
            self._slew_from_x = self._last_x
            self._slew_s = before - self._line.at(self._last_x)

    def _placed(self, arrival_s: float, x: Array, forward: bool) -> PacketTimes:
        """Session times of one packet, strictly after all before, at most its arrival."""
        fresh: NDArray[np.bool_] | None = None  # all rows of nearly all packets
        if not (forward and x.item(0) > self._last_x + _SAME_S):
            fresh = x > self._last_x + _SAME_S
            x = x[fresh]
            if not len(x):
                return PacketTimes(np.full(len(fresh), -np.inf), self.segments)
        last_x = x.item(-1)
        since_s, self._new_x = x.item(0) - self._new_x, last_x
        wanted = self._squeezed(np.minimum(self._times(x), arrival_s - (last_x - x)))
        if self._last_t - wanted.item(0) > self._params.hole_from_s:
            self._resume_s = self._last_t + self._params.hole_s
        self._last_x = self._slew_from_x = last_x
        self._slew_s = wanted.item(-1) - self._line.at(last_x)
        earliest = wanted.item(0) if forward else wanted.min()  # times go forward where the device's do
        whole = self._last_t + _SAME_S < earliest >= self._resume_s
        if not whole:
            wanted[(wanted <= self._last_t + _SAME_S) | (wanted < self._resume_s)] = np.nan
        if math.isfinite(last_t := wanted.item(-1)):  # times increase: the last is used if any is
            self._last_t = last_t
        if fresh is None:
            return PacketTimes(wanted, self.segments, since_s, whole)
        t_s = np.full(len(fresh), -np.inf)
        t_s[fresh] = wanted
        return PacketTimes(t_s, self.segments, since_s)

    def _squeezed(self, t_s: Array) -> Array:
        """The times of a packet, its beginning moved after the last sample where little is missing."""
        overlap_s, room_s = self._last_t - t_s.item(0), t_s.item(-1) - self._last_t
        if not -_SAME_S <= overlap_s <= min(self._params.hole_from_s, room_s):
            return t_s
        first_s = self._last_t + room_s / len(t_s)
        return np.linspace(first_s, t_s[-1], len(t_s)) if len(t_s) > 1 else t_s

    def _times(self, x: Array) -> Array:
        tau = max(self._params.slew_s, 2 * self._slew_s)  # never slower than half speed
        left = np.exp(np.maximum(x - self._slew_from_x, 0) / -tau)
        left *= self._slew_s
        left += self._line.at(x)
        return left

    def _unwrapped(self, x: Array, arrival_s: float, wrap_s: float | None) -> Array:
        if wrap_s is None or not math.isfinite(self._seen_x):
            return x
        expected = self._seen_x + arrival_s - self._arrival_s
        return x + wrap_s * round((expected - float(x[-1])) / wrap_s)

    def _needs_new_segment(self, x: Array, arrival_s: float, link: int, in_order: bool) -> bool:
        if link != self._link:
            return True
        p = self._params
        if not in_order and (x.item(-1) < self._seen_x - p.back_s or self._behind >= p.back_packets):
            return True
        if self._counted and self._line.late_seconds >= 2:
            self._losses.append((arrival_s, self._line.late_by_s))
            return True
        return False

    def _begin_segment(self, arrival_s: float, link: int) -> None:
        self.segments += 1
        self._new_x += self._put_back_s
        self._line = LowerEnvelope(self._params, self._line.rate or 0.0, self._counted)
        self._wait_until_s = arrival_s + self._params.hold_s
        self._link, self._seen_x, self._last_x, self._behind = link, -np.inf, -np.inf, 0
        self._put_back_s = self._slew_s = 0.0

    def _even(self, x: Array, arrival_s: float, in_order: bool, forward: bool) -> Array:
        """Device times (n,) put back where the clock was set, before this packet or inside it."""
        known = math.isfinite(self._seen_x)
        early_s = self._line.at(x.item(-1)) - arrival_s if known else 0.0
        if forward and early_s <= self._params.step_s and not (in_order and x.item(0) < self._seen_x):
            return x  # nearly always
        jumps = np.diff(x, prepend=self._seen_x)
        went_back = jumps < -_SAME_S
        went_back[0] &= in_order
        for k in np.flatnonzero(went_back).tolist():
            x = self._put_back(x, k, arrival_s)
        if not known:
            return x
        k, early_s = int(np.argmax(jumps)), self._line.at(float(x[-1])) - arrival_s
        if early_s <= self._params.step_s or jumps[k] < early_s:
            return x
        if arrival_s >= self._wait_until_s:
            return self._put_back(x, k, arrival_s)
        # Old samples that came first, or a wrong clock: what follows is right.
        self._waiting = deque((at_s, np.full(len(old), -np.inf), False) for at_s, old, _ in self._waiting)
        self._line = LowerEnvelope(self._params, self._line.rate or 0.0)
        self._wait_until_s, self._seen_x = arrival_s + self._params.hold_s, -np.inf
        return np.where(np.arange(len(x)) < k, -np.inf, x)

    def _put_back(self, x: Array, k: int, arrival_s: float) -> Array:
        """Device times with those from row ``k`` on put back to go on evenly, or else by arrival."""
        usual_s = float(np.median(np.abs(np.diff(x)))) if len(x) > 1 else 0.0
        even = float(x[k - 1] if k else self._seen_x) + usual_s
        latest = self._line.device_s(arrival_s) - float(x[-1] - x[k]) if np.isfinite(self._seen_x) else even
        step_s = float(x[k]) - (even if latest - even <= self._params.even_s else latest)
        self._put_back_s += step_s
        return np.where(np.arange(len(x)) < k, x, x - step_s)


class LowerEnvelope:
    """The line under (device time, arrival) of one segment: ``arrival = x + offset + rate * (x - x0)``.

    ``settled`` is True once a line was fitted, ``sd_s`` its uncertainty (None before a second packet), and
    ``late_seconds`` the number of whole seconds in a row in which even the best packet was ``late_s`` late,
    ``late_by_s`` how late that of the last one was.
    """

    def __init__(self, params: ClockParams, rate: float, counted: bool = False) -> None:
        self.settled = False
        self.late_seconds = 0
        self.late_by_s = 0.0
        self._params = params
        self._fit_sd_s: float | None = None
        self._rate = rate
        self._rate_measured = rate != 0.0
        self._crystal = not counted
        self._tolerance = (params.tolerance_ppm if counted else params.crystal_ppm) * 1e-6
        self._x0: float | None = None
        self._offset = np.inf
        self._minima: deque[tuple[float, float]] = deque()  # (x - x0, arrival - x) per second
        self._second = 0
        self._lowest = (0.0, np.inf)
        self._fitted = 0.0  # x - x0 at the last fit
        self._undercut = 0.0  # by how much packets have moved the line down since
        self._undercuts: deque[float] = deque(maxlen=_SUSTAINED)  # and before that, a second
        self._lowest_rate = -self._tolerance  # that was believed
        self._began_s = 0.0  # arrival of the first packet
        self._moved_s = 0.0  # by how much packets have moved the line down in this second,
        self._moves_s: deque[float] = deque(maxlen=_SUSTAINED)  # and in those before, samples being placed
        self._near = 0.0  # x - x0 of the last packet near the line
        self._delays: list[float] = []  # before the line is settled, in order of size
        self._n, self._sum, self._sum2 = 0, 0.0, 0.0

    @property
    def rate(self) -> float | None:
        """The seconds per device second, less one; None before it has been measured."""
        return self._rate if self._rate_measured else None

    @property
    def sd_s(self) -> float | None:
        """The standard deviation of the line, or by how much packets moved it lately, if that is much.

        A line that keeps being moved is no line yet, nor is one that no crystal would make: over the time
        it rests on it may be wrong by all that a crystal could not be.
        """
        if self._fit_sd_s is None:
            return None
        sd_s = self._fit_sd_s
        if self.moved_s > self._params.step_s:
            sd_s = max(sd_s, self.moved_s)
        if self._crystal:
            sd_s = max(sd_s, (abs(self._rate) - self._tolerance) * self._params.memory_s)
        return sd_s

    @property
    def moved_s(self) -> float:
        """The seconds by which packets lately moved the line down, though samples were placed by it."""
        return self._moved_s + sum(self._moves_s)

    @property
    def jitter_s(self) -> float:
        """The standard deviation of the packets' delay over the line, in s."""
        mean = self._sum / max(1, self._n)
        return float(np.sqrt(max(0.0, self._sum2 / max(1, self._n) - mean * mean)))

    def at(self, x: _FloatOrArray) -> _FloatOrArray:
        """Return when device time ``x`` would arrive without delay, in session seconds."""
        assert self._x0 is not None
        return x + self._offset + self._rate * (x - self._x0)

    def device_s(self, arrival_s: float) -> float:
        """Return the device time that arrives at ``arrival_s`` without delay: no sample can be newer."""
        assert self._x0 is not None
        return self._x0 + (arrival_s - self._offset - self._x0) / (1 + self._rate)

    def add(self, arrival_s: float, x: float) -> bool:
        """Take one packet by the device time ``x`` of its last sample; True if the line has moved."""
        second = math.floor(arrival_s)
        if self._x0 is None:
            self._x0, self._second, self._began_s = x, second, arrival_s
        moved = False
        if second != self._second:
            moved = self._close_second()
            self._second, self._lowest = second, (0.0, np.inf)
            self._moves_s.append(self._moved_s)
            self._moved_s = 0.0
        u, delay = x - self._x0, arrival_s - x
        height = delay - self._rate * u
        if height < self._lowest[1] - self._rate * self._lowest[0]:
            self._lowest = (u, delay)
        if height < self._offset:
            under_s = self._offset - height
            self._undercut += under_s if self.settled else 0.0
            self._moved_s += under_s if arrival_s > self._began_s + self._params.hold_s else 0.0
            self._offset, moved = height, True
        over = delay - self._offset - self._rate * u
        if over <= self._params.late_s:
            self._near = u
        if not self.settled:
            insort(self._delays, delay)
            self._fit_sd_s = _sd_of_first_line(self._delays)
        self._n, self._sum, self._sum2 = self._n + 1, self._sum + over, self._sum2 + over * over
        return moved

    def _close_second(self) -> bool:
        u, delay = self._lowest
        self.late_by_s = delay - self._offset - self._rate * u
        late = self.late_by_s > self._params.late_s
        self.late_seconds = self.late_seconds + 1 if late and self.settled else 0
        self._minima.append(self._lowest)
        while self._minima[0][0] < u - self._params.memory_s:
            self._minima.popleft()
        if u - self._minima[0][0] < self._params.settle_s or len(self._minima) < 4:
            return False
        if u - self._near > self._params.memory_s:
            self._tolerance = self._params.tolerance_ppm * 1e-6
        self._fit_line()
        return True

    def _fit_line(self) -> None:
        u, delay = np.fromiter(chain.from_iterable(self._minima), np.float64).reshape(-1, 2).T
        half, now = len(u) // 2, float(u[-1])
        highest = self._offset + self._rate * now + self._tolerance * max(0.0, now - self._fitted)
        slope = _middle(np.sort((delay[-half:] - delay[:half]) / (u[-half:] - u[:half])))
        self._undercuts.append(self._undercut / max(1.0, now - self._fitted))
        self._undercut = 0.0
        fast = min(self._undercuts) if len(self._undercuts) == _SUSTAINED else 0.0
        lowest = self._rate - self._tolerance - fast if fast > 0 else -self._tolerance
        lowest = max(lowest, -self._params.fastest_ppm * 1e-6)
        self._rate = min(max(slope, min(lowest, self._lowest_rate)), self._tolerance)
        self._lowest_rate = min(self._lowest_rate, self._rate)
        rest = np.sort(delay - self._rate * u)
        self._offset = rest.item(0)
        if self.settled:
            self._offset = min(self._offset, highest - self._rate * now)
        self._fitted = now
        self.settled = self._rate_measured = True
        spread = 1.4826 * _middle(np.sort(np.abs(rest - _middle(rest))))
        self._fit_sd_s = (
            spread * 2.5 / len(u) ** 0.5
        )  # end of a line: twice the mean's, and a median's 1.25


def _middle(ordered: Array) -> float:
    """The median of values (n,) in order of size; one sort serves it and the least of them."""
    n = len(ordered)
    high = ordered.item(n // 2)
    return high if n % 2 else (ordered.item(n // 2 - 1) + high) / 2


def _sd_of_first_line(delays: Sequence[float]) -> float | None:
    """How far the true floor may lie below the smallest of these delays, in order of size.

    Where delays have no upper limit, the smallest lies above the floor by about as much as the next ones
    lie above it, one after the other.  Packets that waited for long together say nothing of the floor.
    """
    k = min(len(delays), 5)
    return (delays[k - 1] - delays[0]) / (k - 1) if k > 1 else None
