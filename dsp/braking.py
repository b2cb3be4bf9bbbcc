"""Braking impulse (BW·s) on slopes, from that on the level.

The level impulse and its peak come from ``dsp.models``: they follow speed and step time, and a change of
technique at the same speed, step time and foot angle is invisible to them.  On slopes the momentum
balance is added, unvalidated.
"""

from __future__ import annotations

import math


def on_slope(impulse_bws: float, step_s: float, slope_pct: float) -> float:
    """Braking impulse on a slope from that on the level.

    Steady running needs braking minus propulsion to balance gravity along the slope; how the two
    share it is a partition of ours that no force plate has confirmed.
    """
    s = -math.sin(math.atan(slope_pct / 100)) * step_s
    return s / 2 + math.sqrt(s * s / 4 + impulse_bws * impulse_bws)


def flat_equivalent(slope_pct: float, impulse_bws: float, step_s: float) -> float:
    """The level impulse that ``on_slope`` turns into ``impulse_bws``."""
    s = -math.sin(math.atan(slope_pct / 100)) * step_s
    return math.sqrt(max(0.0, impulse_bws * (impulse_bws - s)))
