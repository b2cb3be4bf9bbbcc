"""Leaving a band and coming back: a sequential test scaled to the runner's own scatter.

One-sided CUSUM (Page 1954) of the deviation beyond an allowance.  Deviations are in *widths*: 0 is the
target, 1 the edge of the band, whatever the metric.

Every second the evidence grows by deviation less allowance, between zero and a limit.  The allowance is
the greater of ``ignore`` (plus ``sure_sd`` times the SD of the target) and ``allowance_sd`` times the
scatter; the limit is ``evidence_sd`` times the scatter, but at least ``least_evidence``.  An excursion
lasts from when the evidence leaves zero until it is zero again.

- In band to out: the evidence is at its limit, the excursion has lasted ``dwell_s`` and ``dwell_steps``,
  and its mean deviation is at least ``enter``.
- Out to in band: the mean deviation of the last ``return_s`` is at most ``leave``; the evidence becomes
  zero.

It fails towards silence: a wide allowance, a great scatter or an unsure target make it slow, not talkative,
and a deviation below ``ignore`` never adds up, however long it lasts.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftParams:
    """When a fault begins and ends.

    ``allowance_sd`` and ``evidence_sd`` are the CUSUM's reference and limit in SDs of single seconds
    (choices; ``gaitcue coaching-trial`` shows what they cost and what they miss).
    """

    ignore: float = 0.67  # never cue below this (cadence: within-run variation is under 2.5 %)
    enter: float = 1.0  # mean of the excursion when it counts as a fault
    leave: float = 0.5  # mean of the last ``return_s`` when it is over (a choice)
    allowance_sd: float = 1.5
    evidence_sd: float = 17.0
    least_evidence: float = 0.0  # width-seconds, for quantities whose scatter is small
    dwell_s: float = 5.0  # an excursion lasts at least so long; the CUSUM asks for more
    dwell_steps: int = 12
    return_s: float = 10.0  # RunningCadence confirms after 10 s
    sure_sd: float = 0.84  # out of band with 80 % probability, given how unsure the target is

    def __post_init__(self) -> None:
        if not 0 <= self.leave < self.enter:
            raise ValueError("leave must be below enter")
        if not 0 <= self.ignore <= self.enter:
            raise ValueError("ignore must not be above enter")
        for name in ("allowance_sd", "evidence_sd", "return_s"):
            if getattr(self, name) <= 0:
                raise ValueError(f"{name} must be positive")


CADENCE_DRIFT = DriftParams()
LOAD_DRIFT = DriftParams(  # overstride and braking: +15 % is found after about 20 s
    ignore=0.5, leave=0.47, least_evidence=8.0, dwell_s=15.0, dwell_steps=40
)


class DriftDetector:
    """The detector of one fault of one metric: ``push`` a second, read ``out`` and ``error``."""

    def __init__(self, params: DriftParams) -> None:
        self.params = params
        self.reset()

    def reset(self) -> None:
        """Forget everything, because the runner stopped, the signal was away or cues were muted."""
        self.out = False
        self.lasting_s = 0.0
        self._evidence = self._sum = self._steps = 0.0
        self._recent: deque[tuple[float, float]] = deque()

    @property
    def error(self) -> float:
        """Mean deviation of the last ``return_s``, in widths; 0 when nothing is known."""
        total = sum(dt for dt, _ in self._recent)
        return sum(dt * d for dt, d in self._recent) / total if total else 0.0

    def push(self, dt_s: float, deviation: float, scatter: float, unsure: float, steps: float) -> bool:
        """Take ``dt_s`` seconds with ``steps`` steps in them and return True while the fault lasts.

        ``deviation`` is positive towards the fault; ``scatter`` is the SD of single seconds, ``unsure`` the
        SD of the target, all in widths.
        """
        p = self.params
        self._remember(dt_s, deviation)
        allowance = max(p.ignore + p.sure_sd * unsure, p.allowance_sd * scatter)
        limit = max(p.evidence_sd * scatter, p.least_evidence)
        self._evidence = min(max(0.0, self._evidence + (deviation - allowance) * dt_s), limit)
        if self._evidence == 0.0:
            self.lasting_s = self._sum = self._steps = 0.0
        else:
            self.lasting_s += dt_s
            self._sum += deviation * dt_s
            self._steps += steps
        if self.out:
            self.out = not self._returned()
            if not self.out:
                self._evidence = 0.0
        elif self._evidence >= limit and self.lasting_s >= p.dwell_s and self._steps >= p.dwell_steps:
            self.out = self._sum >= p.enter * self.lasting_s
        return self.out

    def _remember(self, dt_s: float, deviation: float) -> None:
        self._recent.append((dt_s, deviation))
        total = sum(dt for dt, _ in self._recent)
        while total - self._recent[0][0] >= self.params.return_s:
            total -= self._recent.popleft()[0]

    def _returned(self) -> bool:
        known_s = sum(dt for dt, _ in self._recent)
        return known_s >= self.params.return_s and self.error <= self.params.leave


class ScatterEstimate:
    """SD of single seconds from differences over 10 s, so that slow drift and level do not count.

    At AR(1) 0.85 values 10 s apart correlate by 0.2 (real runs: 0.1 to 0.4), which is allowed for.  It
    starts from ``prior_sd`` as if that had been seen for two minutes, forgets over five and never
    falls below ``floor_sd``.
    """

    LAG = 10
    CORRELATION = 0.2
    MEMORY_S = 300.0
    PRIOR_S = 120.0

    def __init__(self, prior_sd: float, floor_sd: float) -> None:
        self._floor_sd = floor_sd
        self._variance, self._weight = max(prior_sd, floor_sd) ** 2, self.PRIOR_S
        self._last: deque[float] = deque(maxlen=self.LAG)

    @property
    def sd(self) -> float:
        """SD of single seconds, in the unit of the values, not below ``floor_sd``."""
        return max(math.sqrt(self._variance), self._floor_sd)

    def reset(self) -> None:
        """Note a hole, which differences must not span; what was learned stays."""
        self._last.clear()

    def push(self, value: float) -> None:
        """Take the value of one more second, right after the last one."""
        if len(self._last) == self.LAG:
            seen = (value - self._last[0]) ** 2 / (2 * (1 - self.CORRELATION))
            limit = 9 * self._variance  # a sudden change of level is not scatter
            self._weight = min(self._weight + 1, self.MEMORY_S)
            self._variance += (min(seen, limit) - self._variance) / self._weight
        self._last.append(value)
