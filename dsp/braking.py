"""Braking impulse (BW·s) and peak (BW) on slopes, from those on the level.

The level impulse and its peak come from ``dsp.models``: they follow speed and step time, and a change of
technique at the same speed, step time and foot angle is invisible to them.  On slopes the momentum
balance is added, unvalidated.
"""

from __future__ import annotations

import math

from dsp.models import Guess
from dsp.types import Estimate

_BELIEVED = 2.0  # SDs from which a slope of the feet's own counts, in full from twice that (a choice)
LEVEL_PCT = 3.0  # leg stiffness is only defined on the level (Meyer 2023); peaks are known there
OWN_SLOPE = "foot"
"""``Estimate.how`` of a slope that the feet themselves have climbed."""


def grade_pct(slope: Estimate | None) -> float:
    """Return the slope, in %, that braking is to follow: the value of ``grade``."""
    return grade(slope)[0]


def grade(slope: Estimate | None) -> Guess:
    """Return the slope, in %, that braking is to follow, and its SD; an unknown one counts as level.

    A slope from outside counts as it is.  The feet's own has an offset that differs between people and
    mounts, and most ground is level: it counts from two SDs on, in full from four.  The SD is that of the
    share that counts, and what does not count may be wrong by all of it.  This error lasts as long as the
    mount: a mean over steps has it in full.
    """
    if slope is None:
        return 0.0, 0.0
    if slope.how != OWN_SLOPE:
        return slope.value, slope.sd
    share = min(1.0, max(0.0, abs(slope.value) / (_BELIEVED * slope.sd) - 1))
    value = share * slope.value
    return value, math.hypot(share * slope.sd, slope.value - value)


def impulse_on_slope(impulse_bws: float, step_s: float, slope_pct: float) -> float:
    """Return the braking impulse (BW·s) on a slope, from that on the level and the step time.

    Steady running needs braking minus propulsion to balance gravity along the slope; how the two
    share it is a partition of ours that no force plate has confirmed.
    """
    s = -math.sin(math.atan(slope_pct / 100)) * step_s
    return s / 2 + math.sqrt(s * s / 4 + impulse_bws * impulse_bws)


def impulse_guess(level: Guess, step_s: float, slope: Guess) -> Guess:
    """Return the impulse (BW·s) on a slope (%) and its SD, from the guesses of level impulse and slope.

    The level's SD grows with the slope, because the law is not validated; the slope's own comes through the
    law, taken a whole SD up and down.
    """
    value = impulse_on_slope(level[0], step_s, slope[0])
    up, down = (impulse_on_slope(level[0], step_s, slope[0] + side * slope[1]) for side in (1, -1))
    return value, math.hypot(level[1] * (1 + abs(slope[0]) / 15), (down - up) / 2)


def peak_guess(level: Guess, slope: Guess) -> Guess | None:
    """Return the peak braking (BW) on a slope (%) and its SD, as ``impulse_guess``; None uphill."""
    value = peak_on_slope(level[0], slope[0])
    if value is None:
        return None
    steeper = 0.08 * math.degrees(math.atan(slope[1] / 100)) * level[0]
    return value, math.hypot(level[1] * (1 + abs(slope[0]) / 15), steeper)


def peak_on_slope(peak_bw: float, slope_pct: float) -> float | None:
    """Return the peak braking (BW) on a slope, from that on the level; None uphill, where nothing is known.

    Downhill it grows by 8 % per degree, the line through the 73 % that Gottschall & Kram 2005 (J Biomech
    38:445) measured at 9 degrees.
    """
    if abs(slope_pct) <= LEVEL_PCT:
        return peak_bw
    if slope_pct > 0:
        return None
    return peak_bw * (1 + 0.08 * math.degrees(math.atan(-slope_pct / 100)))


def level_impulse(slope_pct: float, impulse_bws: float, step_s: float) -> float:
    """Return the level impulse (BW·s) that ``impulse_on_slope`` turns into ``impulse_bws``."""
    s = -math.sin(math.atan(slope_pct / 100)) * step_s
    return math.sqrt(max(0.0, impulse_bws * (impulse_bws - s)))
