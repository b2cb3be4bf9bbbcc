"""Operating curves of ways to tell that a cadence has left its band, beside what is possible at all.

    python -m validation.cue_curves

One-second values scatter as AR(1) 0.85 with SD 2.7 steps/min (0.53 widths of the band, as outdoors).  For
each way and threshold: false alarms an hour of runners who hold the target or half a width below it, and
what happens when the cadence falls by 6 steps/min (1.17 widths), at once and over 10 s: median delay with
the missed counted as never told, and the share missed in a minute.

The bound is a likelihood-ratio test that is told what no coach knows: the level before, to the last digit,
and the size of the fall.  It is blind to anything else.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from dsp.cueing.drift import CADENCE_DRIFT, DriftDetector, DriftParams
from dsp.types import Array

_AR1, _SD, _FALL = 0.85, 2.7 / 5.2, 6 / 5.2
_LONG_RUN = (1 + _AR1) / (1 - _AR1)
_BEFORE_S, _AFTER_S = 600, 60
Alarm = NDArray[np.bool_]
Way = Callable[[Array], Alarm]
"""From deviations (seconds, runners) in widths to whether there is an alarm (seconds, runners)."""


@dataclass(frozen=True, slots=True)
class Curve:
    """One point of a curve: rates an hour, seconds and per cent."""

    way: str
    threshold: float
    on_target_h: float
    half_low_h: float
    delay_s: float
    missed_pct: float
    ramp_delay_s: float
    ramp_missed_pct: float


def scatter(seconds: int, runners: int, seed: int) -> Array:
    """Return AR(1) noise (seconds, runners) in widths."""
    rng = np.random.default_rng(seed)
    out = rng.standard_normal((seconds, runners)) * _SD
    for t in range(1, seconds):
        out[t] = _AR1 * out[t - 1] + math.sqrt(1 - _AR1**2) * out[t]
    return out


def bound(threshold: float) -> Way:
    """Return the test that knows the level before and the size of the fall."""

    def alarm(x: Array) -> Alarm:
        gain = _FALL / (_SD**2 * _LONG_RUN)
        return _page(gain * (x - _FALL / 2)) >= threshold

    return alarm


def against_the_edge(threshold: float) -> Way:
    """Return the former rule of this program: evidence for 1.4 widths against none, from 0.7 on."""

    def alarm(x: Array) -> Alarm:
        return _page(1.4 / (_SD**2 * _LONG_RUN) * (x - 0.7)) >= threshold

    return alarm


def level_with_jumps(threshold: float) -> Way:
    """Return a posterior of a level that jumps once in ten minutes: P(level beyond 0.78) at least this."""
    grid = np.linspace(-1.5, 3.0, 46)
    prior = -0.5 * (grid / 0.5) ** 2
    prior -= logsumexp(prior)

    def alarm(x: Array) -> Alarm:
        log_p = np.repeat(prior[:, None], x.shape[1], axis=1)
        out = np.zeros(x.shape, bool)
        for t, values in enumerate(x):
            log_p = np.logaddexp(log_p + math.log(1 - 1 / 600), prior[:, None] + math.log(1 / 600))
            log_p = log_p - 0.5 * (values - grid[:, None]) ** 2 / (_SD**2 * _LONG_RUN)
            log_p -= logsumexp(log_p, axis=0)
            out[t] = np.exp(logsumexp(log_p[grid >= 0.78], axis=0)) >= threshold
        return out

    return alarm


def small_change(threshold: float) -> Way:
    """Return the rule of ``dsp.cueing.drift`` with a change of one width against the last four minutes."""
    return _drift_rule(replace(CADENCE_DRIFT, evidence=threshold, change=1.0, memory_s=240))


def ours(threshold: float) -> Way:
    """Return the rule of ``dsp.cueing.drift`` with this much evidence asked for."""
    return _drift_rule(replace(CADENCE_DRIFT, evidence=threshold))


def _drift_rule(params: DriftParams) -> Way:
    def alarm(x: Array) -> Alarm:
        out = np.zeros(x.shape, bool)
        for runner in range(x.shape[1]):
            detector = DriftDetector(params)
            out[:, runner] = [detector.push(value, _SD, 2.83) for value in x[:, runner].tolist()]
        return out

    return alarm


def _page(ratio: Array) -> Array:
    """Page's sum of log likelihood ratios (seconds, runners)."""
    out = np.zeros(ratio.shape)
    for t in range(1, len(ratio)):
        out[t] = np.maximum(0.0, out[t - 1] + ratio[t])
    return out


def alarms_per_hour(way: Way, offset: float, runners: int) -> float:
    """Return how often an hour an alarm begins, for runners who hold a constant cadence."""
    alarm = way(scatter(3600, runners, 1) + offset)
    begins = alarm[1:] & ~alarm[:-1]
    count = 0
    for runner in range(runners):
        last = -math.inf
        for t in np.flatnonzero(begins[:, runner]):
            if t - last >= 60:  # nothing is said twice in a minute
                count, last = count + 1, float(t)
    return count / runners


def falls(way: Way, ramp_s: int, runners: int) -> tuple[float, float]:
    """Return the median delay (s) of a fall and the share (%) missed in a minute.

    A runner with an alarm at the moment of the fall is left out.
    """
    x = scatter(_BEFORE_S + _AFTER_S, runners, 2)
    x[_BEFORE_S:] += (_FALL * np.minimum(1.0, np.arange(1, _AFTER_S + 1) / max(ramp_s, 1)))[:, None]
    alarm = way(x)
    alarm = alarm[:, ~alarm[_BEFORE_S - 1]][_BEFORE_S:]
    told = alarm.any(axis=0)
    delay = np.where(told, alarm.argmax(axis=0) + 1.0, math.inf)
    return float(np.median(delay)), float(100 * np.mean(~told))


def curves(runners: int) -> Iterator[Curve]:
    """Yield the points of all curves, way by way."""
    ways: dict[str, tuple[Callable[[float], Way], tuple[float, ...]]] = {
        "bound (knows level and fall)": (bound, (3.5, 4.0, 4.5, 5.0)),
        "evidence against the edge (before)": (against_the_edge, (3.0, 4.0, 5.0)),
        "level with jumps": (level_with_jumps, (0.15, 0.3, 0.5)),
        "one width, level of four minutes": (small_change, (4.0, 4.4, 5.0)),
        "ours": (ours, (3.9, 4.45, 5.0)),
    }
    for name, (make, thresholds) in ways.items():
        for threshold in thresholds:
            way = make(threshold)
            at_once, ramped = falls(way, 0, 5 * runners), falls(way, 10, 5 * runners)
            yield Curve(
                name,
                threshold,
                alarms_per_hour(way, 0.0, runners),
                alarms_per_hour(way, 0.5, runners),
                *at_once,
                *ramped,
            )


def main() -> None:
    """Print the curves as a table that a document can hold."""
    print("| way | threshold | on target /h | 0.5 low /h | at once | missed | over 10 s | missed |")
    print("|---|---|---|---|---|---|---|---|")
    for c in curves(runners=120):
        print(
            f"| {c.way} | {c.threshold:g} | {c.on_target_h:.2f} | {c.half_low_h:.2f} | {c.delay_s:.0f} s "
            f"| {c.missed_pct:.0f} % | {c.ramp_delay_s:.0f} s | {c.ramp_missed_pct:.0f} % |",
            flush=True,
        )


if __name__ == "__main__":
    main()
