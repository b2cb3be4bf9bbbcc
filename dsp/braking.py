"""Braking impulse (BW·s) and peak (BW) on slopes, from those on the level.

The level impulse and its peak come from ``dsp.models``: they follow speed and step time, and a change of
technique at the same speed, step time and foot angle is invisible to them.  On slopes the momentum
balance is added, unvalidated.
"""

from __future__ import annotations

import math

from dsp.types import Estimate

LEVEL_PCT = 3.0  # leg stiffness is only defined on the level (Meyer 2023); peaks are known there
OWN_SLOPE = "foot"
"""``Estimate.how`` of a slope that the feet themselves have climbed."""


def grade_pct(slope: Estimate | None) -> float:
    """Return the slope, in %, that braking is to follow; an unknown one counts as level.

    A slope from outside counts as it is.  The feet's own has an offset of up to 2 % that differs between
    people and mounts, which would be 15 % of the impulse: it counts from 4 % on, in full from 8 %.
    """
    if slope is None:
        return 0.0
    if slope.how != OWN_SLOPE:
        return slope.value
    return slope.value * min(1.0, max(0.0, abs(slope.value) / 4 - 1))


def impulse_on_slope(impulse_bws: float, step_s: float, slope_pct: float) -> float:
    """Return the braking impulse (BW·s) on a slope, from that on the level and the step time.

    Steady running needs braking minus propulsion to balance gravity along the slope; how the two
    share it is a partition of ours that no force plate has confirmed.
    """
    s = -math.sin(math.atan(slope_pct / 100)) * step_s
    return s / 2 + math.sqrt(s * s / 4 + impulse_bws * impulse_bws)


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
