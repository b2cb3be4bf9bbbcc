"""Overstride: ankle ahead of the pelvis centre at initial contact, in metres, with its SD.

Regressions on Fukuchi 2017 (PeerJ 5:e3298), 15 runners at 2.5-4.5 m/s on the level; SDs are
leave-one-runner-out between runners.  The frame is the direction of running, the points are the
ankle and the pelvis centre (not the heel, not the whole-body centre of mass).
"""

from __future__ import annotations

Guess = tuple[float, float]
LEG_PER_HEIGHT = 0.53  # greater trochanter to floor


def foot(own_speed_mps: float, contact_s: float) -> Guess:
    """From a foot sensor's own speed and contact time."""
    return -0.0542 + 0.3556 * own_speed_mps * contact_s, 0.0122


def foot_with_speed(speed_mps: float, contact_s: float) -> Guess:
    """From a foot sensor's contact time and a true speed."""
    return -0.0590 + 0.3618 * speed_mps * contact_s, 0.0117


def shank(speed_mps: float, span_s: float) -> Guess:
    """From a true speed and the raw span from contact to toe-off of a shank sensor."""
    return -0.0429 + 0.3227 * speed_mps * span_s, 0.0145


def pod(speed_mps: float, step_s: float) -> Guess:
    """From speed and cadence alone."""
    return 0.0353 + 0.155 * speed_mps * step_s, 0.0218


def leg_length_m(height_m: float | None, measured_m: float | None) -> float | None:
    """Leg length, measured or from body height."""
    if measured_m is not None:
        return measured_m
    return None if height_m is None else LEG_PER_HEIGHT * height_m
