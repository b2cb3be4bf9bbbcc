"""Live numbers beside those of the whole run looked at again, and why they differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from dsp.metrics import Role, with_role
from dsp.offline import centred_mean, undo_smoothing
from dsp.types import Array
from monitor.core.message_catalogues import UserMessage
from monitor.storage.session_data import SessionData
from monitor.storage.session_info import StepColumns

_LEAST_STEPS = 20
_LEAST_S = 30


@dataclass(frozen=True, slots=True)
class OfflineRow:
    """The means of a metric over the running, live and offline; ``apart`` is the RMS between seconds."""

    metric: str
    live: float
    again: float
    apart: float


@dataclass(frozen=True, slots=True)
class OfflineComparison:
    """A comparison of a live session with its re-analysis: the whole run, its first strides, and why."""

    rows: Sequence[OfflineRow]
    first: Sequence[Mapping[str, Any]]
    why: Sequence[UserMessage]


def against_offline(
    run: SessionData, steps: StepColumns, first_strides: Sequence[Mapping[str, Any]]
) -> OfflineComparison | None:
    """Return live numbers beside those from steps before and after each second.

    first_strides: what re-analysis stored of them, empty if it has not been run.
    None where no metric has half a minute of both.
    """
    rows = []
    for metric, again in _offline_columns(run, steps).items():
        live = run.value(metric)
        both = run.running & np.isfinite(live) & np.isfinite(again)
        if both.sum() >= _LEAST_S:
            apart = float(np.sqrt(np.mean((again[both] - live[both]) ** 2)))
            rows.append(OfflineRow(metric, float(live[both].mean()), float(again[both].mean()), apart))
    if not rows:
        return None
    why = [UserMessage("recalculated.centred")]
    if any(row.metric == "speed_mps" for row in rows):
        why.append(UserMessage("recalculated.speed"))
    if first_strides:
        why.append(UserMessage("recalculated.first"))
    return OfflineComparison(rows, first_strides, why)


def _offline_columns(run: SessionData, steps: StepColumns) -> dict[str, Array]:
    """Metrics (n,) on the session's seconds; empty with hardly any steps."""
    if len(steps.ic_s) < _LEAST_STEPS:
        return {}
    order = np.argsort(steps.ic_s, kind="stable")
    ic_s = steps.ic_s[order]
    columns = {}
    for metric in (m for m in with_role(Role.OFFLINE) if m in steps.values):
        value = steps.values[metric][order]
        if metric == "speed_mps" and metric in run.columns and "foot" in run.columns[metric].how:
            value = undo_smoothing(ic_s, value)
        columns[metric] = centred_mean(run.t_s, ic_s, value)
    return columns
