"""How often a movement repeats, from its autocorrelation."""

from __future__ import annotations

import numpy as np

from dsp.types import Array

_RATE_HZ = 25.0  # rows are averaged to about this rate: a rhythm needs no more
_CLEAR = 0.5  # a weaker correlation is no rhythm
_NEAR = 0.7  # of the best one: a shorter period that is so good is the period, longer ones repeat it


def shortest_period(x: Array, rate_hz: float, least_s: float, most_s: float) -> float | None:
    """Return the shortest time (s) after which ``x`` (n,) repeats itself, between two limits, or None.

    One leg at an ankle repeats after a stride with a correlation of 0.93 (0.8 to 0.98), and after half a
    stride, walking, with a quarter of that (in 19 of 20 windows below two thirds; 4 people, Har-Lab).
    None where no correlation within the limits reaches 0.5, or ``x`` is too short for the longer limit.
    """
    step = max(1, round(rate_hz / _RATE_HZ))
    rows = len(x) // step
    y = x[len(x) - rows * step :].reshape(rows, step).mean(axis=1)
    y = y - y.mean()
    lags = np.arange(int(least_s * rate_hz / step), int(np.ceil(most_s * rate_hz / step)) + 2)
    if lags[-1] >= rows - 1:
        return None
    energy = np.concatenate(([0.0], np.cumsum(y * y)))
    both = np.sqrt(np.maximum(1e-12, (energy[rows] - energy[lags]) * energy[rows - lags]))
    r = np.correlate(y, y, "full")[rows - 1 + lags] / both
    tops = np.flatnonzero((r[1:-1] >= r[:-2]) & (r[1:-1] > r[2:])) + 1
    clear = tops[r[tops] >= max(_CLEAR, _NEAR * float(np.max(r[tops], initial=0.0)))]
    return float(lags[clear[0]]) * step / rate_hz if len(clear) else None
