"""Live numbers beside those of the whole run looked at again, and why they differ."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from dsp.offline import centred, unsmoothed
from dsp.types import Array
from monitor.storage.session_data import SessionData
from monitor.storage.session_info import StepColumns

_METRICS = (
    "cadence_spm",
    "speed_mps",
    "contact_ms",
    "foot_strike_deg",
    "overstride_m",
    "braking_impulse_bws",
)
CENTRED = (
    "A live second is the mean of the last 5 s and lags by 2.5 s; again it is the mean of the 5 s round it."
)
NO_LAG = "Live speed is smoothed over past strides and lags; again it is the mean of those around."
FIRST = "The first strides were read live with axes still being learned; again with those of the whole run."


def offline_columns(run: SessionData, steps: StepColumns) -> dict[str, Array]:
    """Metrics (n,) on the session's seconds, from steps before and after each; empty without steps."""
    if len(steps.ic_s) < 20:
        return {}
    order = np.argsort(steps.ic_s, kind="stable")
    ic_s, out = steps.ic_s[order], {}
    for name in _METRICS:
        values = steps.values.get(name)
        if values is None:
            continue
        own = values[order]
        foot = name == "speed_mps" and run.columns.get(name) is not None and "foot" in run.columns[name].how
        out[name] = centred(run.t_s, ic_s, unsmoothed(ic_s, own) if foot else own)
    return out


def side_by_side(
    run: SessionData, steps: StepColumns, first: Mapping[str, Any] | None
) -> dict[str, Any] | None:
    """Means over the running, how far single seconds lie apart (RMS), and the first strides."""
    rows = []
    for name, again in offline_columns(run, steps).items():
        live = run.value(name)
        both = run.running & np.isfinite(live) & np.isfinite(again)
        if both.sum() < 30:
            continue
        apart = again[both] - live[both]
        rows.append(
            {
                "metric": name,
                "live": float(live[both].mean()),
                "again": float(again[both].mean()),
                "apart": float(np.sqrt(np.mean(apart**2))),
            }
        )
    if not rows:
        return None
    learned = list(first["rows"]) if first else []
    why = [CENTRED]
    why += [NO_LAG] if any(row["metric"] == "speed_mps" for row in rows) else []
    return {"rows": rows, "first": learned, "why": why + ([FIRST] if learned else [])}
