"""Overstride: ankle ahead of the pelvis centre at initial contact, along the direction of running.

The points are the ankle and the pelvis centre, not the heel and not the whole-body centre of mass; the
models are in ``dsp.models``.
"""

from __future__ import annotations

LEG_PER_HEIGHT = 0.53  # greater trochanter to floor


def leg_length_m(height_m: float | None, measured_m: float | None) -> float | None:
    """Leg length, measured or from body height."""
    if measured_m is not None:
        return measured_m
    return None if height_m is None else LEG_PER_HEIGHT * height_m
