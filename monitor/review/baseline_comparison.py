"""This run against the baseline that was in force: the runner's normal, as it was frozen for cueing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dsp.cueing.baseline import Baseline
from monitor.review.block_statistics import Mean, block_mean
from monitor.storage.session_data import SessionData

EVERY = 5  # seconds; the baseline is smooth and neighbours are alike


@dataclass(frozen=True, slots=True)
class Normal:
    """``change_pct`` of a metric from the baseline at each second's own speed and grade."""

    metric: str
    change_pct: Mean


def against_baseline(run: SessionData) -> list[Normal]:
    """Every metric the baseline knows at the speeds of this run; nothing where there was none."""
    coach = run.settings.coach
    if coach is None or coach.baseline is None:
        return []
    known = Baseline.from_dict(coach.baseline)
    found = ((name, _change(run, known, name)) for name in known.lines if name in run.columns)
    return [Normal(name, change) for name, change in found if change is not None]


def _change(run: SessionData, known: Baseline, name: str) -> Mean | None:
    value, speed, slope = run.value(name), run.value("speed_mps"), np.nan_to_num(run.value("slope_pct"))
    with_speed = "speed_mps" in run.columns
    if not known.ready(name, with_speed):
        return None
    out = np.full(len(value), np.nan)
    usable = run.running & np.isfinite(value) & (np.isfinite(speed) | (not with_speed))
    for at in np.flatnonzero(usable)[::EVERY].tolist():
        v = float(speed[at]) if with_speed else None
        expected = known.expect(name, v, float(slope[at]))
        if expected is not None and (v is None or known.reaches(v)):
            out[at] = 100 * (value[at] / expected.value - 1)
    return block_mean(out, usable)
