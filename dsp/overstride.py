"""Overstride: ankle ahead of the pelvis centre at initial contact, along the direction of running.

The points are the ankle and the pelvis centre, not the heel and not the whole-body centre of mass; the
models are in ``dsp.models``.
"""

from __future__ import annotations

_LEG_PER_HEIGHT = 0.53  # greater trochanter to floor


def leg_length_m(height_m: float | None, measured_m: float | None) -> float | None:
    """Return the leg length in m: as measured, else 0.53 of the body height, else None."""
    if measured_m is not None:
        return measured_m
    return None if height_m is None else _LEG_PER_HEIGHT * height_m
