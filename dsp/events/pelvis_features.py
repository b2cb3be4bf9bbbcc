"""The vertical force of one step to numbers: its level crossings, and the height it swings through."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from dsp.types import GRAVITY_MS2, Array


def ends_five_equal(rows: Array) -> NDArray[np.bool_]:
    """Return (n - 4, 3) of rows (n, 3), from the fifth on: whether a value ends five equal ones."""
    same = rows[1:] == rows[:-1]
    return np.asarray(same[:-3] & same[1:-2] & same[2:-1] & same[3:])


def last_fall(x: Array, level: float) -> float | None:
    """Return the fractional row of the last fall of ``x`` (n,) through ``level``; None without one."""
    falls = ((x[:-1] >= level) & (x[1:] < level)).nonzero()[0]
    if len(falls) == 0:
        return None
    i = int(falls[-1])
    return float(i + (x[i] - level) / (x[i] - x[i + 1]))


def last_rise(x: Array, level: float, before: int) -> float | None:
    """Return the fractional row of the last rise of ``x`` (n,) through ``level``; None without one.

    Only rises that begin before row ``before`` count.
    """
    stop = min(len(x) - 1, before)
    rises = ((x[:stop] < level) & (x[1 : stop + 1] >= level)).nonzero()[0]
    if len(rises) == 0:
        return None
    i = int(rises[-1])
    return float(i + (level - x[i]) / (x[i + 1] - x[i]))


def harmonic_mm(vertical_g: Array, step_s: float) -> float:
    """Return the peak-to-peak height (mm) of the first step harmonic of the vertical force (n,) in g.

    The force of one step, which lasts ``step_s``, is integrated twice.
    """
    n = len(vertical_g)
    harmonic = np.exp(-2j * np.pi * np.arange(n) / n)
    size_ms2 = 2 * abs(np.dot(vertical_g - 1, harmonic)) / n * GRAVITY_MS2
    return float(2e3 * size_ms2 * (step_s / (2 * math.pi)) ** 2)
