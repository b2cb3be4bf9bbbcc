"""Downhill: how long, and how much of the braking was done there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from monitor.storage.session_data import SessionData

DOWN_PCT = -2.0
STEEP_PCT = -6.0


@dataclass(frozen=True, slots=True)
class Downhill:
    """``dose_bws`` is the braking impulse of all steps on slopes below -2 %, ``share`` of the run's."""

    seconds: float
    steep_s: float
    descent_m: float
    dose_bws: float
    share: float
    total_bws: float
    flat_ratio: float | None


def downhill(run: SessionData) -> Downhill | None:
    """None where slope, speed or braking is not known for most of the run."""
    slope, speed = run.value("slope_pct"), run.value("speed_mps")
    braking, cadence = run.value("braking_impulse_bws"), run.value("cadence_spm")
    running = run.running
    if not running.any() or np.isfinite(slope[running]).mean() < 0.5:
        return None
    per_second = np.nan_to_num(braking * cadence / 60) * running
    if not per_second.any():
        return None
    down = running & (slope < DOWN_PCT)
    ratio = run.value("braking_dose_flat_ratio")
    known = np.flatnonzero(np.isfinite(ratio))
    total = float(per_second.sum())
    return Downhill(
        seconds=float(down.sum()),
        steep_s=float((running & (slope < STEEP_PCT)).sum()),
        descent_m=float(-np.nansum((speed * slope / 100)[down])),
        dose_bws=float(per_second[down].sum()),
        share=float(per_second[down].sum() / total),
        total_bws=total,
        flat_ratio=float(ratio[known[-1]]) if len(known) else None,
    )
