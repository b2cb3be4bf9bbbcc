"""Left against right, from the steps.

Step time is not compared: it lies between two sensors, whose clocks agree to some 10 ms only.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dsp.metrics import METRICS, MetricSpec
from dsp.types import Array
from monitor.review.block_statistics import Mean, block_mean
from monitor.storage.session_data import Mask, SessionData
from monitor.storage.session_info import StepColumns

_LEAST_STEPS = 50  # of each leg
_MARKED = 2.0  # times the median of healthy runners; a quarter of them or fewer are so far apart (a choice)


@dataclass(frozen=True, slots=True)
class LegDifference:
    """The difference left minus right in % of the mean: ``v`` with ``ci``, half of its 95 % interval."""

    v: float
    ci: float | None


@dataclass(frozen=True, slots=True)
class Legs:
    """A metric of both legs, how far they are apart, and how far those of healthy runners are.

    ``usual_pct`` is the median of healthy runners in %, None where it is not known
    (``dsp.metrics.MetricSpec.leg_difference_pct``).  ``stands_out`` is what tables mark and texts speak of:
    the interval leaves out zero, and the difference is more than twice that median.
    """

    metric: str
    left: Mean
    right: Mean
    apart: LegDifference
    usual_pct: float | None
    stands_out: bool


def compare_legs(run: SessionData, steps: StepColumns) -> tuple[Legs, ...]:
    """Return every metric that both legs have at least fifty steps of, while running."""
    running = np.zeros(len(steps.ic_s), dtype=bool)
    if len(steps.ic_s):
        running = run.running[np.clip(steps.ic_s.astype(int), 0, len(run.t_s) - 1)]
    sides = [running & (steps.side == side) for side in ("L", "R")]
    specs = sorted((m for m in METRICS if m.sided and m.name in steps.values), key=lambda m: m.order)
    found = (_leg_difference(spec, steps.values[spec.name], *sides) for spec in specs)
    return tuple(legs for legs in found if legs is not None)


def _leg_difference(spec: MetricSpec, values: Array, on_left: Mask, on_right: Mask) -> Legs | None:
    """From the values (n,) of all steps and which of them are the left's and the right's."""
    known = np.isfinite(values)
    left, right = block_mean(values, on_left), block_mean(values, on_right)
    fewest = min(int((known & on_left).sum()), int((known & on_right).sum()))
    if left is None or right is None or fewest < _LEAST_STEPS:
        return None
    middle, half = abs(left.value + right.value) / 2, None
    if left.half is not None and right.half is not None and middle > 0:
        half = 100 * float(np.hypot(left.half, right.half)) / middle
    apart = 100 * (left.value - right.value) / middle if middle > 0 else 0.0
    usual = spec.leg_difference_pct
    stands_out = half is not None and abs(apart) > max(half, _MARKED * (usual or 0.0))
    return Legs(spec.name, left, right, LegDifference(apart, half), usual, stands_out)
