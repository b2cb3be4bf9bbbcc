"""How fast and how steep, each with how sure that is: speeds and slopes are evidence, not truth.

A target follows from the speed and the slope, so what is wrong with them looks like a fault of the runner.
Three doubts are kept here.  *How sure is this value?*  A speed from outside (belt, pod, GPS) has an error
of scale that no stretch of it shows; an unknown slope may be any usual one; both widen the target's SD
(``Baseline.expect``).  *Does it wander?*  A speed may err slowly, so beside it stands the usual pace, the
mean of the last minutes: a fault must be one at both.  *Is this another pace?*  Faster or slower than
usual for long is tempo, intervals or a wrong speed, and no matter of form.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass

from dsp.types import Estimate

_MEAN_S = 5  # the same seconds as the cadence
_PACE_S = 20  # seconds that make a pace
_OTHER_PACE = 0.12  # another one, as a share of the usual
_USUAL_S = 240.0  # memory of the usual pace
_ADOPTED_S = 300  # another pace that lasts is the usual one
_SCALE_SD = 0.04
"""Scale error of a speed from outside, a share: worn pods are off by 2 to 5 % (a choice)."""
_OWN = ("foot", "shank")
"""Sources whose scale is measured stride by stride (``Estimate.how`` begins with one)."""
_DISAGREE = 0.07
"""Two sources disagree when what is known of the speed is no better than this share: with what the feet
may err themselves (``dsp.speed``) that is about 10 % between them."""
_SURE_SLOPE_PCT = 0.5
"""A slope less sure than this (a shoe's own) neither silences cues nor moves the target; what it says is
as much as it may be wrong."""
_UNKNOWN_SLOPE_PCT = 4.0
"""SD of the slope where nobody tells it: a road over hills of 5 % (a choice)."""


@dataclass(frozen=True, slots=True)
class Conditions:
    """Speed (m/s) and slope (%) of one second with their SDs; None where unknown.

    ``usual_mps`` is the mean speed of the last minutes; ``other_pace`` is 1 while the runner is clearly
    faster than that, -1 while slower, else 0; ``disagree`` tells that two sources of speed do.
    """

    speed_mps: float | None = None
    speed_sd_mps: float = 0.0
    usual_mps: float | None = None
    other_pace: int = 0
    disagree: bool = False
    slope_pct: float | None = None
    slope_sd_pct: float = _UNKNOWN_SLOPE_PCT


class ConditionsEstimate:
    """A stage from the speed and slope of each second of running to ``Conditions``."""

    def __init__(self) -> None:
        self._speeds: deque[float] = deque(maxlen=_PACE_S)
        self._usual = 0.0
        self._usual_seen = 0
        self._other_s = 0  # how long another pace has lasted

    def reset(self) -> None:
        """Forget the speeds: after a hole the runner may run at another one; the usual pace stays."""
        self._speeds.clear()

    def forget(self) -> None:
        """Forget the usual pace too, because another source tells the speed now."""
        self.reset()
        self._usual, self._usual_seen, self._other_s = 0.0, 0, 0

    def second(self, speed: Estimate | None, slope: Estimate | None) -> Conditions:
        """Take the estimates of one second (None where there are none) and return its conditions."""
        slope_pct, slope_sd = _slope_as_believed(slope)
        if speed is None:
            return Conditions(slope_pct=slope_pct, slope_sd_pct=slope_sd)
        self._speeds.append(speed.value)
        recent = list(self._speeds)[-_MEAN_S:]
        now = sum(recent) / len(recent)
        own = speed.how.startswith(_OWN)
        return Conditions(
            speed_mps=now,
            speed_sd_mps=math.hypot(speed.sd, 0.0 if own else _SCALE_SD * now),
            other_pace=self._other_pace(),
            usual_mps=self._usual if self._usual_seen else now,
            disagree=speed.sd > _DISAGREE * now,
            slope_pct=slope_pct,
            slope_sd_pct=slope_sd,
        )

    def _other_pace(self) -> int:
        """Compare the last seconds with the usual pace, which follows unless they differ."""
        pace = sum(self._speeds) / len(self._speeds)
        enough = len(self._speeds) == _PACE_S and self._usual_seen >= _PACE_S
        off = pace - self._usual
        other = enough and abs(off) > _OTHER_PACE * self._usual
        self._other_s = self._other_s + 1 if other else 0
        if other and self._other_s <= _ADOPTED_S:
            return 1 if off > 0 else -1
        if other:
            self._usual, self._usual_seen, self._other_s = pace, _PACE_S, 0
            return 0
        self._usual_seen += 1
        self._usual += (self._speeds[-1] - self._usual) / min(self._usual_seen, _USUAL_S)
        return 0


def _slope_as_believed(found: Estimate | None) -> tuple[float | None, float]:
    if found is None or found.sd >= _UNKNOWN_SLOPE_PCT:
        return None, _UNKNOWN_SLOPE_PCT
    if found.sd > _SURE_SLOPE_PCT:
        return None, math.hypot(found.sd, found.value)
    return found.value, found.sd
