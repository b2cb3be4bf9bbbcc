"""How often a movement repeats, from its autocorrelation: one for all detectors."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dsp.types import Array

_RATE_HZ = 25.0  # rows are averaged to about this rate: a rhythm needs no more
_CLEAR = 0.5  # a weaker correlation is no rhythm
_NEAR = 0.7  # of the best one: a shorter period that is so good is the period, longer ones repeat it


def shortest_period(
    x: Array, rate_hz: float, least_s: float, most_s: float, clear: float = _CLEAR
) -> float | None:
    """Return the shortest time (s) after which ``x`` (n,) repeats itself, between two limits, or None.

    One leg at an ankle repeats after a stride with a correlation of 0.93 (0.8 to 0.98), and after half a
    stride, walking, with a quarter of that (in 19 of 20 windows below two thirds; 4 people, Har-Lab).
    None where no correlation within the limits reaches ``clear``, or ``x`` is too short for the longer
    limit.
    """
    step = max(1, round(rate_hz / _RATE_HZ))
    rows = len(x) // step
    y = x[len(x) - rows * step :].reshape(rows, step).mean(axis=1)
    y = y - y.mean()
    lags = np.arange(int(least_s * rate_hz / step), int(np.ceil(most_s * rate_hz / step)) + 2)
    if lags[-1] >= rows - 1:
        return None
    r = autocorrelation(y[:, None], int(lags[-1]))[lags, 0]
    tops = np.flatnonzero((r[1:-1] >= r[:-2]) & (r[1:-1] > r[2:])) + 1
    high = tops[r[tops] >= max(clear, _NEAR * float(np.max(r[tops], initial=0.0)))]
    return float(lags[high[0]]) * step / rate_hz if len(high) else None


def autocorrelation(x: Array, longest: int, groups: Sequence[int] = (0,)) -> Array:
    """Return the autocorrelation of rows (n, k) at lags 0 to ``longest``, each over what overlaps.

    Columns count together in groups, given by the first of each: (longest + 1, groups).  1 is the same.
    """
    n = len(x)
    size = 1 << (n + longest).bit_length()
    spectrum = np.fft.rfft(x, size, axis=0)
    power = np.add.reduceat(spectrum.real**2 + spectrum.imag**2, groups, axis=1)
    product = np.fft.irfft(power, size, axis=0)[: longest + 1]
    energy = np.zeros((n + 1, len(groups)))
    np.add.reduceat(x * x, groups, axis=1).cumsum(axis=0, out=energy[1:])
    both = energy[n - longest :][::-1] * (energy[n] - energy[: longest + 1])
    return np.asarray(product / np.sqrt(np.maximum(both, 1e-12)))
