"""Causal building blocks that may be fed in pieces: resampler, filters, running means, history.

Every class keeps its whole state in plain attributes, so ``copy.deepcopy`` is a snapshot, and
every answer is the same to the last bit however the input was cut.
"""

from __future__ import annotations

import importlib.util
import math
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.machinery import PathFinder
from types import ModuleType

import numpy as np

from dsp.types import Array, built_quickly


@built_quickly
@dataclass(frozen=True, slots=True)
class Block:
    """Block holds consecutive samples on a uniform grid.

    ``t0_s`` time of the first row; ``x`` (m, k); ``filled`` (m,) True where the row was bridged
    over lost samples; ``fresh`` True when nothing connects this block to the one before.
    """

    t0_s: float
    x: Array
    filled: np.ndarray
    fresh: bool


@built_quickly
@dataclass(frozen=True, slots=True)
class Hole:
    """Hole is where samples are missing: times of the last sample before and the first after.

    ``bridged`` is True where the grid goes on over it.
    """

    start_s: float
    end_s: float
    bridged: bool = False


class Resampler:
    """Resampler puts irregular samples on a uniform grid, by cubic Hermite with three-point slopes.

    Holes up to ``bridge_s`` are bridged and marked ``filled``; a longer one ends the grid, and a fresh
    grid starts at the first sample after it.  A hole longer than ``report_s`` is returned as a ``Hole``,
    before the rows that bridge it; one longer than ``straight_s`` is bridged by straight lines.  Looks one
    input sample ahead.  Samples that do not move time forward are dropped and counted in ``dropped``.
    """

    def __init__(
        self,
        rate_hz: float,
        bridge_s: float = 0.1,
        period_hint_s: float = 0.03,
        report_s: float = 0.1,
        straight_s: float = math.inf,
    ) -> None:
        self.rate_hz = rate_hz
        self.bridge_s = bridge_s
        self.report_s = report_s
        self.straight_s = straight_s
        self.filled_over_s = period_hint_s
        self.dropped = 0
        self._reported_s = -math.inf  # end of the last hole that was returned
        self._t: Array = np.empty(0)  # the last samples: those the next row may still need
        self._x: Array = np.empty((0, 0))
        self._t0_s = 0.0
        self._next = 0  # grid index of the next row to make
        self._fresh = True

    def push(self, t_s: Array, x: Array) -> list[Block | Hole]:
        """Take samples ``t_s`` (n,), ``x`` (n, k) and return what the grid now allows, in order."""
        if len(t_s) == 0:
            return []
        if len(self._t):
            t_s, x = np.concatenate((self._t, t_s)), np.concatenate((self._x, x))
        else:
            self._begin_grid(float(t_s[0]))
        step = t_s[1:] - t_s[:-1]
        if len(step) and step.min() <= 0:
            t_s, x = self._forward_only(t_s, x)
            step = t_s[1:] - t_s[:-1]
        out: list[Block | Hole] = []
        at = 0
        for cut in (step > min(self.report_s, self.bridge_s)).nonzero()[0].tolist():
            bridged = bool(step[cut] <= self.bridge_s)
            if bridged and t_s[cut + 1] <= self._reported_s:
                continue
            stop = len(t_s) if bridged else cut + 1  # slopes at an end of the grid are one-sided
            self._emit_rows(out, t_s[at:stop], x[at:stop], cut - at)
            out.append(Hole(float(t_s[cut]), float(t_s[cut + 1]), bridged))
            self._reported_s = float(t_s[cut + 1])
            if not bridged:
                at = cut + 1
                self._begin_grid(float(t_s[at]))
        last = len(t_s) - 2  # up to here slopes are known
        if last > at:
            self._emit_rows(out, t_s[at:], x[at:], last - at)
        keep = max(at, last - 1)  # the next interval starts at t[last]; its slope looks one back
        self._t, self._x = t_s[keep:].copy(), x[keep:].copy()
        return out

    def _begin_grid(self, t0_s: float) -> None:
        """Start a fresh grid at ``t0_s``."""
        self._t0_s, self._next, self._fresh = t0_s, 0, True

    def _forward_only(self, t: Array, x: Array) -> tuple[Array, Array]:
        keep = np.concatenate(([True], t[1:] > np.maximum.accumulate(t[:-1])))
        self.dropped += int((~keep).sum())
        return t[keep], x[keep]

    def _emit_rows(self, out: list[Block | Hole], t: Array, x: Array, last: int) -> None:
        """Append the grid rows up to sample ``last`` to ``out``."""
        stop = math.floor((t[last] - self._t0_s) * self.rate_hz + 1e-9) + 1
        if stop > self._next:
            grid = self._t0_s + np.arange(self._next, stop) / self.rate_hz
            rows, filled = _hermite_values(t, x, grid, self.filled_over_s, self.straight_s)
            out.append(Block(float(grid[0]), rows, filled, self._fresh))
            self._next, self._fresh = stop, False


def _hermite_values(
    t: Array, x: Array, grid: Array, hole_s: float, straight_s: float
) -> tuple[Array, np.ndarray]:
    """Cubic Hermite values of samples (t, x) at ``grid``; which of them lie in holes.

    Written as the straight line between two samples less what it bends, with three-point slopes.  Over more
    than ``straight_s`` nothing bends: the slopes at the edges say nothing of the middle.
    """
    if len(t) == 1:
        return np.repeat(x, len(grid), axis=0), np.zeros(len(grid), bool)
    h = t[1:] - t[:-1]
    slope = (x[1:] - x[:-1]) / h[:, None]
    bend = np.zeros(x.shape)
    bend[1:-1] = (slope[1:] - slope[:-1]) / (t[2:] - t[:-2])[:, None]
    i = np.minimum(t.searchsorted(grid, side="right") - 1, len(h) - 1)
    h = h.take(i)  # half the time of h[i]
    past = grid - t.take(i)
    ahead = h - past
    share = past * ahead / h
    share[h > straight_s] = 0.0
    rows = slope.take(i, axis=0)
    rows *= past[:, None]
    rows += x.take(i, axis=0)
    bent = bend.take(i, axis=0)
    bent *= (share * ahead)[:, None]
    after = bend.take(i + 1, axis=0)
    after *= (share * past)[:, None]
    bent += after
    rows -= bent
    return rows, h > hole_s


_Filter = Callable[[Array, Array, Array, int, Array], tuple[Array, Array]]


@cache
def scipy_filter() -> _Filter:
    """Return SciPy's causal filter of ``b, a, x, axis, zi``; a stage asks for it when it is made.

    It is what ``lfilter`` calls behind checks that take four times as long as a look at a few rows.  It is
    loaded alone: all of ``scipy.signal`` takes 77 MB and 0.7 s more.  A SciPy that has moved it gives
    ``lfilter`` itself, with the same result.
    """
    found: _Filter | None = getattr(_extension("scipy.signal", "_sigtools"), "_linear_filter", None)
    if found is None:
        from scipy.signal import lfilter

        behind_checks: _Filter = lfilter
        return behind_checks
    return found


def _extension(package: str, name: str) -> ModuleType | None:
    """A compiled module of a package without the package around it; None where there is none."""
    path = f"{package}.{name}"
    if path in sys.modules:
        return sys.modules[path]
    around = importlib.util.find_spec(package)
    spec = around and PathFinder.find_spec(path, around.submodule_search_locations)
    if spec is None or spec.loader is None:
        return None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


_NO_FEEDBACK = np.array([1.0, 0.0])
"""Two denominators keep lfilter off np.convolve, whose sums depend on the length of its input (and the
filter behind it needs them)."""


class Fir:
    """Fir is a linear-phase low-pass: sinc times Hann, half length ``0.8 / cutoff_hz`` s, unit DC gain.

    The output of row ``i`` belongs to the input at row ``i - delay``: the caller subtracts
    ``delay_s`` from times.  Starts as if the first sample had lasted for ever.
    """

    def __init__(self, cutoff_hz: float, rate_hz: float) -> None:
        half = max(1, round(0.8 / cutoff_hz * rate_hz))
        k = np.arange(-half, half + 1)
        taps = np.sinc(2 * cutoff_hz * k / rate_hz) * np.hanning(2 * half + 3)[1:-1]
        self.taps: Array = taps / taps.sum()
        self.delay = half
        self.delay_s = half / rate_hz
        self._zi: Array | None = None  # what the filter remembers; None before the first row
        scipy_filter()

    def push(self, x: Array) -> Array:
        """Return ``x`` (n,) or (n, k) filtered along its first axis, in the same shape."""
        if len(x) == 0:
            return x
        if self._zi is None:  # the state after an endless run of x[0]
            rest = np.cumsum(self.taps[::-1])[::-1][1:]
            self._zi = np.multiply.outer(rest, x[0])
        y, self._zi = scipy_filter()(self.taps, _NO_FEEDBACK, x, 0, self._zi)
        return y


class RunningMean:
    """RunningMean is the plain mean until ``tau_s`` is filled, and the exponential mean from then on."""

    def __init__(self, tau_s: float, rate_hz: float) -> None:
        self._full = max(1, round(tau_s * rate_hz))
        gain = 1.0 / self._full
        self._keep = 1 - gain
        self._b, self._a = np.array([gain]), np.array([1.0, -self._keep])  # of lfilter
        self._n = 0
        self._sum: Array | None = None
        self._mean: Array | None = None
        scipy_filter()

    def push(self, x: Array) -> Array:
        """Return the mean up to and with each row of ``x`` (n,) or (n, k), in the same shape."""
        if len(x) == 0:
            return x
        left = self._full - self._n  # rows until the plain mean is over
        if left <= 0:
            return self._exponential(x)
        if left >= len(x):
            return self._plain(x)
        return np.concatenate((self._plain(x[:left]), self._exponential(x[left:])))

    def _plain(self, x: Array) -> Array:
        total = np.zeros(x.shape[1:]) if self._sum is None else self._sum
        sums = np.cumsum(np.concatenate((total[None], x)), axis=0)[1:]
        count = np.arange(self._n + 1, self._n + len(x) + 1).reshape((-1,) + (1,) * (x.ndim - 1))
        out = np.asarray(sums / count)
        self._sum, self._n, self._mean = sums[-1], self._n + len(x), out[-1]
        return out

    def _exponential(self, x: Array) -> Array:
        assert self._mean is not None
        out, _ = scipy_filter()(self._b, self._a, x, 0, np.asarray(self._keep * self._mean)[None])
        self._mean = out[-1]
        return out


class History:
    """History keeps at least the last ``keep_s`` seconds of grid rows, addressed by absolute row number."""

    def __init__(self, rate_hz: float, width: int, keep_s: float) -> None:
        self.rate_hz = rate_hz
        self.t0_s = 0.0  # time of absolute row 0
        self._keep = int(np.ceil(keep_s * rate_hz))
        self._rows: Array = np.empty((4 * self._keep, width))
        self._lo = 0  # absolute number of _rows[0]
        self.end = 0  # absolute number after the last row

    def __getstate__(self) -> dict[str, object]:
        """Return what a copy needs: the rows that must be held, and no room for more."""
        first = self.sure_start
        rows = self._rows[first - self._lo : self.end - self._lo].copy()
        return {**vars(self), "_rows": rows, "_lo": first}

    @property
    def start(self) -> int:
        """Return the absolute number of the first row still held."""
        return self._lo

    @property
    def sure_start(self) -> int:
        """Return the absolute number of the first row that is held however the rows came."""
        return max(self._lo, self.end - self._keep)

    def restart(self, t0_s: float) -> None:
        """Forget everything; row 0 is now at ``t0_s``."""
        self.t0_s, self._lo, self.end = t0_s, 0, 0

    def append(self, *columns: Array) -> None:
        """Append rows, given as one or several groups of columns, (m,) or (m, k) each."""
        used, more = self.end - self._lo, len(columns[0])
        if used + more > len(self._rows):
            drop = max(0, used - self._keep)
            kept = self._rows[drop:used]
            size = max(4 * self._keep, len(kept) + 2 * more)
            fresh = np.empty((size, self._rows.shape[1]))
            fresh[: len(kept)] = kept
            self._rows, self._lo = fresh, self._lo + drop
            used = len(kept)
        at, rows = 0, self._rows[used : used + more]
        for group in columns:
            if group.ndim == 1:
                rows[:, at] = group
                at += 1
            else:
                rows[:, at : at + group.shape[1]] = group
                at += group.shape[1]
        self.end += more

    def rows(self, start: int, stop: int) -> Array:
        """Return rows ``start`` to ``stop`` (absolute, exclusive): a view, not to be written to.

        Raises ``IndexError`` where they are not held.
        """
        if start < self._lo or stop > self.end:
            raise IndexError(f"rows {start}..{stop} outside {self._lo}..{self.end}")
        return self._rows[start - self._lo : stop - self._lo]

    def filled_s(self, start: float, stop: float, column: int) -> float:
        """Return for how many seconds between two (fractional) rows that are held ``column`` is 1."""
        first, last = max(self._lo, math.floor(start)), min(self.end, math.ceil(stop) + 1)
        return float(self.rows(first, last)[:, column].sum()) / self.rate_hz

    def time(self, row: float) -> float:
        """Return the time (s) of an absolute (fractional) row number."""
        return self.t0_s + row / self.rate_hz


def component_along(x: Array, v: Array) -> Array:
    """Return the component (n,) of rows (n, 3) along ``v`` (3,) or along rows (n, 3).

    Written out because a matrix product may round differently with the number of rows.
    """
    terms = x * v
    total: Array = terms[:, 0] + terms[:, 1]
    total += terms[:, 2]
    return total


def norms(x: Array) -> Array:
    """Return the norm (n,) of rows (n, 3), the same to the last bit for any number of rows."""
    return np.sqrt(component_along(x, x))


def spread(x: Array) -> float:
    """Return the standard deviation of values (n,), as ``x.std()`` does in three times the time."""
    away = x - x.sum() / len(x)
    away *= away
    return math.sqrt(away.sum() / len(x))


def parabola_offset(left: float, mid: float, right: float) -> float:
    """Return the offset, in samples within ±0.5, of the extremum of the parabola through three samples."""
    bend = left - 2 * mid + right
    if bend == 0:
        return 0.0
    return min(0.5, max(-0.5, 0.5 * (left - right) / bend))
