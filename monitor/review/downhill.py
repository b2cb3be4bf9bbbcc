"""Downhill: how long, and how much of the braking was done there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from monitor.pipeline.load_watch import DOWNHILL_PCT
from monitor.storage.session_data import SessionData

_STEEP_PCT = -6.0


@dataclass(frozen=True, slots=True)
class Downhill:
    """Running on slopes below -2 %: its seconds (``steep_s`` below -6 %) and metres of descent.

    ``total_bws`` is the run's ``braking_dose_bws`` at its end, ``share`` the part of the known
    braking that was done there, ``dose_bws`` that share of the total.  ``flat_ratio`` is the run's
    ``braking_dose_flat_ratio`` at its end, None where it is not known.
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
    down = running & (slope < DOWNHILL_PCT)
    known = float(per_second.sum())
    share = float(per_second[down].sum()) / known
    total = _at_end(run, "braking_dose_bws") or known
    return Downhill(
        seconds=float(down.sum()),
        steep_s=float((running & (slope < _STEEP_PCT)).sum()),
        descent_m=float(-np.nansum((run.value("speed_mps") * slope / 100)[down])),
        dose_bws=share * total,
        share=share,
        total_bws=total,
        flat_ratio=_at_end(run, "braking_dose_flat_ratio"),
    )


def _at_end(run: SessionData, metric: str) -> float | None:
    """The last value of a metric, None where it has none."""
    known = run.value(metric)[np.isfinite(run.value(metric))]
    return float(known[-1]) if len(known) else None
