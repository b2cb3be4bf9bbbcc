"""Ground contact time where no toe-off is visible: models, in seconds, each with its SD.

Fitted on Fukuchi 2017 (PeerJ 5:e3298), 15 runners at 2.5-4.5 m/s; SDs are leave-one-runner-out.
"""

from __future__ import annotations

Guess = tuple[float, float]
"""A value and its standard deviation."""


def pelvis(load_width_s: float, step_s: float, speed_mps: float | None) -> Guess:
    """From the time the vertical force at the pelvis stays above 0.3 g, and the speed if known."""
    if speed_mps is None:
        return -0.1274 + 2.1489 * load_width_s - 0.4119 * step_s, 0.0187
    return 0.0407 + 1.7794 * load_width_s - 0.0181 * speed_mps - 0.4643 * step_s, 0.0141


def pod(speed_mps: float, step_s: float, height_m: float | None) -> Guess:
    """From speed and step time, or better from speed and body height."""
    if height_m is None:
        return -0.0659 + 0.2562 / speed_mps + 0.6231 * step_s, 0.0181
    return -0.3265 + 0.4026 / speed_mps + 0.2502 * height_m, 0.0145


def pelvis_contact_shift_s(speed_mps: float) -> float:
    """How much earlier than its clock a pelvis sees initial contact, once the speed is known."""
    return 0.0542 - 0.0091 * speed_mps
