"""Two or more sensors in one time: taps that all of them felt, at the start and at the end.

The time base of a sensor is right but for one constant, the smallest delay of its filter and radio,
tens of milliseconds that nobody can know.  Knocked together, sensors feel the same instant: the
difference of what they call it is the difference of their constants, and how it changed from the
start to the end is what is left of drift.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from dsp.types import GRAVITY_MS2, Array, Placement
from monitor.core.session_settings import SessionSettings

_WINDOW_S = 90.0  # at the start and at the end, in which taps are looked for
_FURTHEST_S = 2.0  # sensors never differ by more
_FEWEST_TAPS = 3  # taps that two sensors must share
_SAME_INTERVALS = (
    1.5  # taps of a series fit each other within so many sampling intervals (at least ``_SAME_S``)
)
_SAME_S = 0.012
_SD_INTERVALS = (
    0.5  # sampling intervals: uncertainty of one tap, measured on simulated knocks at 60 to 208 Hz
)

_QUIET_S, _QUIET_MS2 = 0.12, 2.5  # before a tap a sensor is at rest: |acc| within this of gravity,
_TAP_MS2 = 6.0  # a tap is this far from it,
_APART_S = 0.15  # its ringing is not another,
_REST_S = (0.25, 0.4)  # and then the sensor is at rest again, as it is not after a step


@dataclass(frozen=True, slots=True)
class TapOffset:
    """An offset of a sensor's samples around ``t_s``: how much later than the reference they are placed."""

    t_s: float
    offset_s: float
    sd_s: float
    taps: int


@dataclass(frozen=True, slots=True)
class Alignment:
    """The result for one sensor.  ``end`` is None where only one series of taps was found."""

    sensor: str
    start: TapOffset
    end: TapOffset | None

    @property
    def delay_s(self) -> float:
        """The delay after the reference: the mean of both ends, weighted by their certainty."""
        ends = [self.start, *([self.end] if self.end else [])]
        weights = [1 / e.sd_s**2 for e in ends]
        return sum(w * e.offset_s for w, e in zip(weights, ends, strict=True)) / sum(weights)

    @property
    def sd_s(self) -> float:
        """The standard deviation of ``delay_s``; at least half of what the two ends differ by."""
        if self.end is None:
            return self.start.sd_s
        both = float(1 / self.start.sd_s**2 + 1 / self.end.sd_s**2) ** -0.5
        return float(max(both, abs(self.end.offset_s - self.start.offset_s) / 2))

    @property
    def drift_ppm(self) -> tuple[float, float] | None:
        """The change of the offset, per million, and its standard deviation; None with one end only."""
        if self.end is None:
            return None
        span_s = self.end.t_s - self.start.t_s
        sd_s = float(np.hypot(self.start.sd_s, self.end.sd_s))
        return (self.end.offset_s - self.start.offset_s) / span_s * 1e6, sd_s / span_s * 1e6


def align_by_taps(
    signals: Mapping[str, tuple[Array, Array]], window_s: float = _WINDOW_S
) -> list[Alignment]:
    """Return all sensors against the first one that shares taps with another; empty if no taps are shared.

    ``signals``: session seconds (n,) and acceleration m/s² (n, 3) by sensor.
    """
    taps = {name: find_taps(t_s, acc) for name, (t_s, acc) in signals.items()}
    interval_s = max((float(np.median(np.diff(t))) for t, _ in signals.values() if len(t) > 1), default=1.0)
    span = {name: (float(t_s[0]), float(t_s[-1])) for name, (t_s, _) in signals.items() if len(t_s)}
    for reference in signals:
        found = []
        for other in signals:
            if other != reference and reference in span and other in span:
                first = max(span[reference][0], span[other][0])
                last = min(span[reference][1], span[other][1])
                middle = (first + last) / 2
                windows = ((first, min(first + window_s, middle)), (max(last - window_s, middle), last))
                ends = [
                    _best_offset(taps[reference], taps[other], *window, interval_s) for window in windows
                ]
                here = [end for end in ends if end is not None]
                if here:
                    found.append(Alignment(other, here[0], here[1] if len(here) > 1 else None))
        if found:
            return found
    return []


def find_taps(t_s: Array, acc_ms2: Array) -> Array:
    """Return when a sensor at rest was knocked (taps,): half way up the first flank, between samples."""
    if len(t_s) < 10:
        return np.empty(0)
    felt = np.abs(np.linalg.norm(acc_ms2, axis=1) - GRAVITY_MS2)
    up = np.flatnonzero((felt[1:] >= _TAP_MS2) & (felt[:-1] < _TAP_MS2)) + 1
    out: list[float] = []
    for k in up.tolist():
        at_s, just_before_s = float(t_s[k]), float(t_s[k - 1])
        if out and at_s - out[-1] < _APART_S:
            continue
        quiet = _is_at_rest(t_s, felt, at_s - _QUIET_S, just_before_s - 1e-6)  # the flank's foot may be up
        if quiet and _is_at_rest(t_s, felt, at_s + _REST_S[0], at_s + _REST_S[1]):
            out.append(_time_of_flank(t_s, felt, k))
    return np.array(out)


def _is_at_rest(t_s: Array, felt: Array, first_s: float, last_s: float) -> bool:
    """At rest all the while, without a hole in the samples."""
    a, b = np.searchsorted(t_s, (first_s, last_s)).tolist()
    span_s = float(t_s[b - 1] - t_s[a]) if b > a else 0.0
    return span_s > 0.6 * (last_s - first_s) and float(felt[a:b].max()) <= _QUIET_MS2


def _time_of_flank(t_s: Array, felt: Array, k: int) -> float:
    """The instant at which the flank that passes the threshold at sample ``k`` is half way up."""
    top = k
    while top + 1 < len(felt) and felt[top + 1] > felt[top]:
        top += 1
    half = felt[top] / 2
    high = next((j for j in range(max(1, k - 1), top + 1) if felt[j] >= half), top)
    low, rise = high - 1, felt[high] - felt[high - 1]
    return (
        float(t_s[low] + (half - felt[low]) / rise * (t_s[high] - t_s[low])) if rise > 0 else float(t_s[k])
    )


def _best_offset(
    reference: Array, other: Array, first_s: float, last_s: float, interval_s: float
) -> TapOffset | None:
    """The shift at which most taps coincide; None below ``_FEWEST_TAPS`` or if two are as good."""
    a = reference[(reference >= first_s - _FURTHEST_S) & (reference <= last_s + _FURTHEST_S)]
    b = other[(other >= first_s - _FURTHEST_S) & (other <= last_s + _FURTHEST_S)]
    shifts = (b[None, :] - a[:, None]).ravel()
    shifts = shifts[np.abs(shifts) <= _FURTHEST_S]
    same_s = max(_SAME_S, _SAME_INTERVALS * interval_s)
    matched = [shifts[np.abs(shifts - s) <= same_s] for s in shifts]
    best = max(matched, key=lambda m: (len(m), -float(np.ptp(m))), default=np.empty(0))
    if len(best) < _FEWEST_TAPS:
        return None
    offset = float(np.mean(best))
    rivals = [m for m in matched if abs(float(np.mean(m)) - offset) > 2 * same_s]
    if any(len(m) >= len(best) for m in rivals):
        return None
    at = [t for t in a if np.abs(b - t - offset).min() <= 2 * same_s]
    per_tap_s = max(float(np.std(best, ddof=1)), _SD_INTERVALS * interval_s)
    return TapOffset(float(np.mean(at)), offset, per_tap_s / len(best) ** 0.5, len(best))


def sync_delays(reference: str, found: Sequence[Alignment]) -> dict[str, float]:
    """Return what to move each sensor back by, so that the earliest stays where it is; never negative."""
    late = {reference: 0.0} | {a.sensor: a.delay_s for a in found}
    first = min(late.values())
    return {sensor: late_s - first for sensor, late_s in late.items()}


def alignment_advice(settings: SessionSettings) -> str:
    """Return a word for the end of a run whose IMUs were never brought into one time; empty otherwise."""
    imus = [s for s in settings.sensors if s.placement is not Placement.POD]
    if len(imus) < 2 or any(s.sync_delay_s for s in imus):
        return ""
    return (
        "The constant delay of each sensor against the others is unknown (tens of ms). "
        "Knock them together before and after a run, then: gaitcue sensors align"
    )
