"""Means and differences with honest intervals: neighbouring seconds are not independent.

Running is autocorrelated over many seconds, so an interval rests on blocks of ``_BLOCK_S`` (their spread
gives the standard error, Student's t the quantile).  A comparison is made at matched speed and grade:
bins of ``_SPEED_BIN_MPS`` and ``_GRADE_BIN_PCT``, weighted by what both sides have of each.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dsp.metrics import BY_NAME
from dsp.types import Array
from monitor.storage.session_data import Mask, SessionData

_BLOCK_S = 60.0  # seconds outdoors follow each other (AR(1) 0.85-0.9): six times their memory
_SPEED_BIN_MPS = 0.25  # 2-3 steps/min of cadence lie in one bin (van Oeveren 2017: 6-12 spm per m/s)
_GRADE_BIN_PCT = 2.0
LEAST_MATCHED_S = 60.0
"""Seconds of matched running below which two parts are not compared."""


@dataclass(frozen=True, slots=True)
class Mean:
    """A mean of ``seconds`` seconds and half the width of its 95 % interval.

    ``half`` is None where there are fewer than three blocks: their spread is not known then.
    """

    value: float
    half: float | None
    seconds: float


@dataclass(frozen=True, slots=True)
class MatchedMeans:
    """Means of two parts where both ran at the same speed and grade, and how much larger the second is."""

    first: Mean
    second: Mean
    difference: Mean


@dataclass(frozen=True, slots=True)
class ComparedSeconds:
    """Seconds of a run that are to be compared: values, speed and slope (n,), and which of them count."""

    value: Array
    speed_mps: Array
    slope_pct: Array
    mask: Mask


def values_to_compare(run: SessionData, metric: str, mask: Mask) -> ComparedSeconds:
    """Return the seconds in ``mask`` (n,) of a metric with the speed and slope at which they were run."""
    return ComparedSeconds(run.value(metric), run.value("speed_mps"), run.value("slope_pct"), mask)


def block_mean(value: Array, mask: Mask) -> Mean | None:
    """Return the mean of the seconds in ``mask`` (n,) that have a value; None if there are none."""
    good = mask & np.isfinite(value)
    n = int(good.sum())
    if n == 0:
        return None
    middle = float(value[good].mean())
    weight = good / n
    return Mean(middle, _half_interval(value - middle, weight), float(n))


def matched_difference(a: ComparedSeconds, b: ComparedSeconds) -> Mean | None:
    """Return how much larger ``b`` is than ``a``, as ``matched_means`` finds it."""
    found = matched_means(a, b)
    return None if found is None else found.difference


def matched_means(a: ComparedSeconds, b: ComparedSeconds) -> MatchedMeans | None:
    """Return the means of ``a`` and ``b`` where both ran at the same speed and grade.

    None with less than ``LEAST_MATCHED_S`` of such seconds on either side.
    """
    good_a, good_b = usable(a), usable(b)
    bins_a, bins_b = bins_of(a), bins_of(b)
    shared = np.intersect1d(bins_a[good_a], bins_b[good_b])
    in_a, in_b = good_a & np.isin(bins_a, shared), good_b & np.isin(bins_b, shared)
    if min(in_a.sum(), in_b.sum()) < LEAST_MATCHED_S:
        return None
    at_a, n_a = np.unique(bins_a[in_a], return_counts=True)
    _, n_b = np.unique(bins_b[in_b], return_counts=True)
    share = np.minimum(n_a, n_b) / np.minimum(n_a, n_b).sum()
    means, halves = [], []
    for part, inside, bins, n in ((a, in_a, bins_a, n_a), (b, in_b, bins_b, n_b)):
        which = np.searchsorted(at_a, bins[inside])
        per_bin = np.bincount(which, part.value[inside]) / n
        weight, rest = np.zeros(len(bins)), np.zeros(len(bins))
        weight[inside] = (share / n)[which]
        rest[inside] = part.value[inside] - per_bin[which]
        means.append(float(share @ per_bin))
        halves.append(_half_interval(rest, weight))
    both = None if None in halves else math.hypot(*(h for h in halves if h is not None))
    matched_s = float(np.minimum(n_a, n_b).sum())
    first, second = (Mean(v, half, matched_s) for v, half in zip(means, halves, strict=True))
    return MatchedMeans(first, second, Mean(means[1] - means[0], both, matched_s))


def clear_difference(difference: Mean | None, least: float = 0.0) -> float:
    """Return the difference if its 95 % interval leaves out zero and it is at least ``least``, else 0."""
    if difference is None or difference.half is None or abs(difference.value) <= difference.half:
        return 0.0
    return difference.value if abs(difference.value) >= least else 0.0


def clear_change(metric: str, difference: Mean | None) -> float:
    """Return the difference of a metric if tables point it out, else 0.

    They do where its 95 % interval leaves out zero and it is at least half a digit of the metric; the
    pages have the same rule (``isClear`` in ``static/review/terms.js``).
    """
    return clear_difference(difference, 0.5 * 10.0 ** -BY_NAME[metric].decimals)


def usable(part: ComparedSeconds) -> Mask:
    """Return which seconds (n,) count: those in the mask that have a value and are not slower than 0.5
    m/s.
    """
    return np.asarray(part.mask & np.isfinite(part.value) & ~(part.speed_mps < 0.5))


def bins_of(part: ComparedSeconds) -> NDArray[np.int64]:
    """Return the bin (n,) of speed and grade of each second; where neither is known all lie in one bin."""
    speed = np.rint(np.nan_to_num(part.speed_mps) / _SPEED_BIN_MPS).astype(np.int64)
    grade = np.rint(np.nan_to_num(part.slope_pct) / _GRADE_BIN_PCT).astype(np.int64)
    return speed * 1000 + grade + 100


def _half_interval(rest: Array, weight: Array) -> float | None:
    return clustered_half(rest, weight, np.arange(len(rest)) // round(_BLOCK_S))


def clustered_half(rest: Array, weight: Array, block: NDArray[np.int64]) -> float | None:
    """Return half the 95 % interval of ``sum(weight * value)`` (n,): cluster-robust, by ``block`` (n,).

    ``rest`` (n,) is what each value is off its mean; None with fewer than three blocks.
    """
    from scipy.special import stdtrit

    used = weight > 0
    _, number = np.unique(block[used], return_inverse=True)
    pulls = np.bincount(number, (weight * rest)[used])
    n = len(pulls)
    if n < 3:
        return None
    spread = math.sqrt(n / (n - 1) * float(pulls @ pulls))
    return float(stdtrit(n - 1, 0.975)) * spread
