"""Braking impulse (BW·s) and peak braking (BW, 30 Hz) of one step, positive, each with its SD.

Regressions on Fukuchi 2017 (PeerJ 5:e3298), 15 runners at 2.5-4.5 m/s on the level; SDs are
leave-one-runner-out.  They follow speed and step time; a change of technique at the same speed, step
time and foot angle is invisible to them.  On slopes the momentum balance is added, unvalidated.
"""

from __future__ import annotations

import math

Guess = tuple[float, float]


def impulse_foot(own_speed_mps: float, step_s: float, pitch_max_deg: float) -> Guess:
    """From a foot sensor: own speed, step time, largest toe-up angle before contact."""
    value = -0.02749 + 0.005647 * own_speed_mps + 0.09209 * step_s - 0.0001577 * pitch_max_deg
    return value, 0.068 * abs(value)


def impulse_foot_with_speed(speed_mps: float, step_s: float, pitch_max_deg: float) -> Guess:
    """The same with a true speed."""
    value = -0.02816 + 0.005721 * speed_mps + 0.09345 * step_s - 0.0001607 * pitch_max_deg
    return value, 0.070 * abs(value)


def impulse_pod(speed_mps: float, step_s: float) -> Guess:
    """From speed and step time alone."""
    value = 0.0050 + 0.0134 * speed_mps * step_s
    return value, 0.099 * value


def peak_foot(own_speed_mps: float, step_s: float) -> Guess:
    """Peak braking from a foot sensor's own speed and step time."""
    value = -0.2658 + 0.1058 * own_speed_mps + 0.7378 * step_s
    return value, 0.101 * abs(value)


def peak_pod(speed_mps: float, step_s: float, height_m: float | None) -> Guess:
    """Peak braking from speed and step time, better with body height."""
    if height_m is None:
        value = -0.0192 + 0.3161 * speed_mps * step_s
        return value, 0.106 * abs(value)
    value = -0.0411 + 0.5793 * speed_mps * step_s / height_m
    return value, 0.096 * abs(value)


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
