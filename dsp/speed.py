"""One speed from all sources: given from outside, or the feet's own, calibrated by the former."""

from __future__ import annotations

import math
from dataclasses import replace

from dsp.readings import Readings
from dsp.types import Estimate

SMOOTHING = 0.15  # per step, over both feet (Fukuchi 2017 virtual IMUs: 1.0 % SD per trial)
_FORGET = 0.995  # per calibrating step
_ENOUGH = 30.0  # calibrating steps before the personal gain is believed
_GIVEN_SD_MPS = 0.05  # of a belt, pod or GPS that nothing speaks against
OWN_SCALE_SD = 0.03
"""SD of the feet's own scale, a share, before it is calibrated: a difference beyond it is doubt."""
_CALIBRATED_SD = 0.009  # share, at other speeds than the calibrating one (Fukuchi 2017, 15 runners)
STALE_S = 4.0  # feet silent for longer have no speed


class ExponentialMean:
    """An exponential mean over the steps of both feet, a plain one at first; it forgets after a silence.

    ``gain`` is the weight of one step.
    """

    def __init__(self, gain: float) -> None:
        self._gain = gain
        self._last: tuple[float, float] | None = None
        self._count = 0

    def push(self, t_s: float, value: float) -> None:
        """Take the value of one more step at ``t_s``."""
        if self._last is None or t_s - self._last[0] > STALE_S:
            self._last, self._count = (t_s, value), 1
            return
        self._count += 1
        gain = max(self._gain, 1 / self._count)
        self._last = (t_s, self._last[1] + gain * (value - self._last[1]))

    def at(self, t_s: float) -> float | None:
        """Return the mean at ``t_s``; None without a step in the last ``STALE_S``."""
        return self._last[1] if self._last is not None and abs(t_s - self._last[0]) <= STALE_S else None


class SpeedFusion:
    """A fusion that takes speeds of foot strides and gives the best speed at an instant.

    While a treadmill, GPS or pod gives a speed, a personal gain of the feet is learned by recursive
    least squares, so that the feet carry on alone in a tunnel.  The speed given is as unsure as the
    uncalibrated feet disagree with it: one of the two is wrong, and nothing tells which.  ``calibrated``
    is True where the gain of every foot comes from the settings.
    """

    def __init__(self, *, calibrated: bool = False) -> None:
        self._own_sd = _CALIBRATED_SD if calibrated else 0.011
        self._foot = ExponentialMean(SMOOTHING)
        self._both = self._own = self._weight = 0.0

    def push_foot(self, t_s: float, speed_mps: float) -> None:
        """Take the speed of one stride as the foot measured it."""
        self._foot.push(t_s, speed_mps)

    def at(self, t_s: float, readings: Readings) -> tuple[Estimate | None, bool]:
        """Return the speed at ``t_s`` (None if unknown) and whether it was given from outside."""
        given = readings.estimate("speed_mps", t_s, sd=_GIVEN_SD_MPS)
        own = self._foot.at(t_s)
        if given is not None:
            if own is not None and own > 1.5 and given.value > 1.5:
                self._both = _FORGET * self._both + own * given.value
                self._own = _FORGET * self._own + own * own
                self._weight = _FORGET * self._weight + 1
                apart = max(0.0, abs(given.value - own) - OWN_SCALE_SD * own)
                given = replace(given, sd=math.hypot(given.sd, apart))
            return given, True
        if own is None:
            return None, False
        if self._weight >= _ENOUGH:
            return Estimate(
                "speed_mps", own * self._both / self._own, 0.008 * own, "foot, calibrated"
            ), False
        return Estimate("speed_mps", own, self._own_sd * own, "foot"), False
