"""Downhill: how long, and how much of the braking was done there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from monitor.storage.session_data import SessionData

_DOWN_PCT = -2.0
_STEEP_PCT = -6.0


@dataclass(frozen=True, slots=True)
class Downhill:
    """Running on slopes below -2 %: its seconds (``steep_s`` below -6 %) and metres of descent.

    ``dose_bws`` is the braking impulse of all steps there, ``share`` its part of the run's ``total_bws``.
    ``flat_ratio`` is the run's ``braking_dose_flat_ratio`` at its end, None where it is not known.
    """

    seconds: float
    steep_s: float
    descent_m: float
    dose_bws: float
    share: float
    total_bws: float
    flat_ratio: float | None


def downhill(run: SessionData) -> Downhill | None:
    """Return what was done downhill; None where the slope of half the run or all braking is not known."""
    slope, running = run.value("slope_pct"), run.running
    braking, cadence = run.value("braking_impulse_bws"), run.value("cadence_spm")
    per_second = np.nan_to_num(braking * cadence / 60) * running
    if not per_second.any() or np.isfinite(slope[running]).mean() < 0.5:
        return None
    down = running & (slope < _DOWN_PCT)
    ratio = run.value("braking_dose_flat_ratio")
    known = np.flatnonzero(np.isfinite(ratio))
    total = float(per_second.sum())
    return Downhill(
        seconds=float(down.sum()),
        steep_s=float((running & (slope < _STEEP_PCT)).sum()),
        descent_m=float(-np.nansum((run.value("speed_mps") * slope / 100)[down])),
        dose_bws=float(per_second[down].sum()),
        share=float(per_second[down].sum() / total),
        total_bws=total,
        flat_ratio=float(ratio[known[-1]]) if len(known) else None,
    )
