"""Everything a review shows, as one JSON value: the page, the HTML file and the API all draw from it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from dsp.metrics import METRICS
from dsp.types import Activity, Array, Placement
from monitor.core.session_settings import SensorSettings
from monitor.pipeline.cue_policy import WITHHELD
from monitor.review import previous_runs, splits, time_in_band
from monitor.review.asymmetry import Legs, legs
from monitor.review.baseline_comparison import against_baseline
from monitor.review.block_statistics import Mean, block_mean
from monitor.review.data_quality import data_limits
from monitor.review.downhill import downhill
from monitor.review.feedback_text import ReviewFindings, feedback
from monitor.review.offline_comparison import side_by_side
from monitor.storage.session_data import SessionData, load_session, steps_of, target_edges
from monitor.storage.session_info import StepColumns
from monitor.storage.store import Store

_SCHEMA = 1
MOST_POINTS = 1200  # per line: three per pixel of a phone, and quick to draw
LINES = (
    "cadence_spm",
    "overstride_m",
    "braking_impulse_bws",
    "contact_ms",
    "speed_mps",
    "slope_pct",
    "heart_rate_bpm",
)
TILES = (
    "speed_mps",
    "cadence_spm",
    "contact_ms",
    "overstride_m",
    "braking_impulse_bws",
    "foot_strike_deg",
    "vertical_oscillation_mm",
    "contact_balance_pct",
    "heart_rate_bpm",
    "power_w",
)


def session_review(store: Store, session_id: str) -> dict[str, Any]:
    """The whole review of a session; ``StoreError`` if there is none of this id."""
    run = load_session(store, session_id)
    before = previous_runs.load_previous(store, previous_runs.earlier_sessions(store, run.info))
    first = next(reversed(store.analyses(session_id, "first strides")), None)
    made = store.analyses(session_id, "again")
    return build_review(run, steps_of(store, session_id), before, first) | {"made_anew": made}


def build_review(
    run: SessionData,
    steps: StepColumns,
    before: Sequence[SessionData] = (),
    first: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The same from what is loaded; ``first`` is what re-analysis found of the first strides."""
    coached = time_in_band.coached_run(run)
    fatigue = splits.part_changes(run, *splits.thirds(run))
    found = ReviewFindings(
        run=run,
        coached=coached,
        fatigue=fatigue,
        legs=legs(run, steps),
        usual=previous_runs.against_previous_runs(run, before),
        downhill=downhill(run),
    )
    return {
        "schema": _SCHEMA,
        "session": _session(run),
        "words": dataclasses.asdict(feedback(found)),
        "tiles": _tiles(run),
        "timeline": _timeline(run),
        "shades": _shades(run),
        "cues": _cues(run, coached),
        "coached": _coached(coached),
        "legs": [_legs(x) for x in found.legs],
        "kilometres": [_split(s) for s in splits.kilometres(run)],
        "laps": [_split(s) for s in splits.laps(run)],
        "fatigue": [_change(c) for c in fatigue],
        "usual": [_previous_json(u) for u in found.usual],
        "baseline": [
            {"metric": n.metric, "change": interval_json(n.change_pct)} for n in against_baseline(run)
        ],
        "downhill": _plain(found.downhill),
        "limits": data_limits(run),
        "notes": [dataclasses.asdict(n) for n in run.notes if n.kind in ("note", "pain")],
        "again": side_by_side(run, steps, first),
        "legend": _legend(),
    }


def _session(run: SessionData) -> dict[str, Any]:
    info = run.info
    return {
        "id": info.id,
        "title": info.title,
        "athlete": info.athlete,
        "started_utc": info.started_utc,
        "duration_s": float(len(run.t_s) - 1),
        "running_s": min(float(run.running.sum()), float(len(run.t_s) - 1)),
        "distance_m": float(run.distance_m[-1]) if "speed_mps" in run.columns else None,
        "sensors": [_worn(s) for s in run.settings.sensors],
        "tags": list(info.tags),
        "version": info.version,
    }


def _worn(sensor: SensorSettings) -> str:
    return sensor.name if sensor.placement is Placement.POD else f"{sensor.name} ({sensor.placement.value})"


def _tiles(run: SessionData) -> list[dict[str, Any]]:
    """Means over the running; the interval adds the sensor's own SD to that of the mean."""
    out = []
    for name in TILES:
        found = block_mean(run.value(name), run.running) if name in run.columns else None
        if found is None:
            continue
        sd = run.columns[name].sd[run.running]
        known = sd[np.isfinite(sd)]
        own = 1.96 * float(np.median(known)) if len(known) else 0.0
        out.append({"metric": name, "how": run.columns[name].how} | interval_json(_wider(found, own)))
    return out


def _wider(found: Mean, own: float) -> Mean:
    return Mean(found.value, float(np.hypot(found.half or 0.0, own)), found.seconds)


def interval_json(found: Mean | None) -> dict[str, Any]:
    """``v`` and ``ci`` (half of the 95 % interval, None if not known); empty if there is no number."""
    if found is None:
        return {"v": None, "ci": None}
    return {"v": _digits(found.value), "ci": None if found.half is None else _digits(found.half)}


def _digits(value: float) -> float:
    """Six figures are more than any sensor has, and keep the file small."""
    return float(f"{value:.6g}")


def _timeline(run: SessionData) -> dict[str, Any]:
    """Lines thinned by means over equal times; holes stay holes."""
    every = max(1, -(-len(run.t_s) // MOST_POINTS))
    lines = {name: thin(run.value(name), every) for name in LINES if name in run.columns}
    return {
        "every_s": every,
        "lines": {name: values for name, values in lines.items() if any(v is not None for v in values)},
        "bands": {
            name: [thin(np.where(run.running, edge, np.nan), every) for edge in target_edges(run, name)]
            for name in {b.metric for b in run.bands} & set(lines)
        },
    }


def thin(value: Array, every: int) -> list[float | None]:
    """Means of ``every`` seconds; None where fewer than half of them are known."""
    padded = np.full(-(-len(value) // every) * every, np.nan)
    padded[: len(value)] = value
    rows = padded.reshape(-1, every)
    n = np.isfinite(rows).sum(axis=1)
    means = np.nansum(rows, axis=1) / np.maximum(n, 1)
    return [_digits(float(v)) if 2 * k >= every else None for v, k in zip(means, n, strict=True)]


def _shades(run: SessionData) -> list[dict[str, Any]]:
    """Walking, standing and silence of sensors, to be shaded."""
    out = [
        {"kind": what.value, "start_s": s.start_s, "end_s": s.end_s}
        for what in (Activity.WALK, Activity.STAND)
        for s in run.activity.get(what, ())
        if s.seconds >= 3
    ]
    silent = [g for g in run.gaps if g.end_s - g.start_s >= 2][:100]
    return out + [
        {"kind": "gap", "start_s": g.start_s, "end_s": g.end_s, "sensor": g.sensor} for g in silent
    ]


def _cues(run: SessionData, coached: time_in_band.CoachedRun | None) -> list[dict[str, Any]]:
    entries = {id(e.cue): e for e in coached.entries} if coached else {}
    return [
        {
            "t_s": c.t_s,
            "kind": c.kind.value,
            "fault": None if c.fault is None else c.fault.value,
            "value": _digits(c.value),
            "target": _digits(c.target),
            "metric": c.metric,
            "withheld": WITHHELD.get(c.withheld, c.withheld),
            "why": c.why,
            "answered_s": entries[id(c)].to_band_s if id(c) in entries else None,
        }
        for c in run.cues
    ]


def _coached(coached: time_in_band.CoachedRun | None) -> dict[str, Any] | None:
    if coached is None:
        return None
    return {
        "in_band": dataclasses.asdict(coached.in_band),
        "response": dataclasses.asdict(coached.response),
        "effect": _plain(coached.effect),
    }


def _split(split: splits.Split) -> dict[str, Any]:
    return {
        "name": split.name,
        "start_s": split.where.start_s,
        "seconds": split.where.seconds,
        "distance_m": split.distance_m,
        "means": {name: interval_json(m) for name, m in split.means.items()},
    }


def _change(change: splits.Change) -> dict[str, Any]:
    return {
        "metric": change.metric,
        "first": interval_json(change.first),
        "last": interval_json(change.last),
        "difference": interval_json(change.difference),
        "matched_s": change.difference.seconds if change.difference else 0,
    }


def _legs(found: Legs) -> dict[str, Any]:
    return {
        "metric": found.metric,
        "left": interval_json(found.left),
        "right": interval_json(found.right),
        "apart": {"v": found.apart_pct, "ci": found.apart_half},
        "usual_pct": found.usual_pct,
    }


def _previous_json(found: previous_runs.PreviousRunsComparison) -> dict[str, Any]:
    return {
        "metric": found.metric,
        "runs": found.runs,
        "difference": interval_json(found.difference),
        "edges": [_digits(float(e)) for e in found.edges],
        "here": [_digits(float(v)) for v in found.here],
        "before": [_digits(float(v)) for v in found.before],
    }


def _plain(found: Any) -> dict[str, Any] | None:
    return None if found is None else dataclasses.asdict(found)


def _legend() -> dict[str, Any]:
    return {
        m.name: {
            "label": m.label,
            "unit": m.unit,
            "decimals": m.decimals,
            "definition": m.definition,
            "source": m.source,
            "better": m.better,
        }
        for m in METRICS
    }
