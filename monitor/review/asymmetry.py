"""Left against right, from the steps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from monitor.review.block_statistics import Mean, block_mean
from monitor.storage.session_data import SessionData
from monitor.storage.session_info import StepColumns

USUAL_PCT = {
    "contact_ms": 2.0,
    "flight_ms": 4.0,
    "overstride_m": 4.0,
    "peak_braking_bw": 7.0,
    "braking_impulse_bws": 10.0,
    "shank_deg": 16.0,
    "foot_strike_deg": 21.0,
}
"""Median difference between the legs of healthy runners, % (Fukuchi 2017, 15 runners, ours)."""
_COMPARED = (
    "contact_ms",
    "flight_ms",
    "overstride_m",
    "braking_impulse_bws",
    "peak_braking_bw",
    "foot_strike_deg",
    "shank_deg",
    "tibial_shock_g",
)
"""Not step time: it lies between two sensors, and their clocks agree to some 10 ms only."""


@dataclass(frozen=True, slots=True)
class Legs:
    """One metric of both legs; ``apart_pct`` is (left - right) over their mean."""

    metric: str
    left: Mean
    right: Mean
    apart_pct: float
    apart_half: float | None
    usual_pct: float | None


def legs(run: SessionData, steps: StepColumns) -> list[Legs]:
    """Every metric that both legs have at least fifty steps of, while running."""
    running = np.zeros(len(steps.ic_s), dtype=bool)
    if len(steps.ic_s):
        running = run.running[np.clip(steps.ic_s.astype(int), 0, len(run.t_s) - 1)]
    out = []
    for name in _COMPARED:
        values = steps.values.get(name)
        if values is None:
            continue
        sides = [running & (steps.side == side) & np.isfinite(values) for side in ("L", "R")]
        if min(int(s.sum()) for s in sides) < 50:
            continue
        left, right = (block_mean(values, s) for s in sides)
        assert left is not None
        assert right is not None
        out.append(_legs(name, left, right))
    return out


def _legs(name: str, left: Mean, right: Mean) -> Legs:
    middle = abs(left.value + right.value) / 2
    half = None
    if left.half is not None and right.half is not None and middle > 0:
        half = 100 * float(np.hypot(left.half, right.half)) / middle
    apart = 100 * (left.value - right.value) / middle if middle > 0 else 0.0
    return Legs(name, left, right, apart, half, USUAL_PCT.get(name))
