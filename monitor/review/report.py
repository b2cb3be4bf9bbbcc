"""A review as one JSON value: the page, the HTML file and the API all draw from it.

``monitor.review.rendered_json`` makes it of the findings, in the language of the review.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from dsp.metrics import BY_NAME, Role, with_role
from dsp.types import Activity, Array, Placement
from monitor.core.local_time import local_start
from monitor.core.message_catalogues import Catalogue, Language, catalogue
from monitor.core.metric_legend import metric_legend
from monitor.core.session_settings import SensorSettings
from monitor.review.block_statistics import Mean, block_mean
from monitor.review.feedback_text import feedback
from monitor.review.findings import SessionFindings, session_findings
from monitor.review.foot_drawing import stored_foot_paths
from monitor.review.history_comparison import load_previous_runs
from monitor.review.rendered_json import interval_json, rendered_json, six_digits
from monitor.storage.session_data import SessionData, load_session, target_edges
from monitor.storage.session_info import StepColumns
from monitor.storage.store import Store

_SCHEMA = 1
_MOST_POINTS = 2400  # per line: two per pixel of a wide page, and a file that can be sent


def session_review(store: Store, session_id: str, language: Language = "en") -> dict[str, Any]:
    """Return the whole review of a stored session; ``StoreError`` if there is none of this id."""
    run = load_session(store, session_id)
    first = next(reversed(store.analyses(session_id, "first strides")), None)
    steps = store.step_columns(session_id)
    strides = first["rows"] if first else ()
    review = build_review(run, steps, load_previous_runs(store, run.info), strides, language)
    feet = stored_foot_paths(store, run)
    return review | {"made_anew": store.analyses(session_id, "again"), "feet": feet}


def build_review(
    run: SessionData,
    steps: StepColumns,
    previous: Sequence[SessionData] = (),
    first_strides: Sequence[Mapping[str, Any]] = (),
    language: Language = "en",
) -> dict[str, Any]:
    """Return the review of a loaded session; the arguments are those of ``findings.session_findings``."""
    found = session_findings(run, steps, previous, first_strides)
    messages = catalogue(language)
    return {
        "schema": _SCHEMA,
        "language": language,
        "session": _session_json(run, messages),
        "words": rendered_json(feedback(found), messages),
        "tiles": _tile_values(run),
        "timeline": _timeline(run),
        "shades": _shaded_stretches(run),
        "cues": _cues_json(found, messages),
        "coached": rendered_json(found.coached, messages),
        "legs": rendered_json(found.legs, messages),
        "kilometres": rendered_json(found.kilometres, messages),
        "laps": rendered_json(found.laps, messages),
        "fatigue": rendered_json(found.fatigue, messages),
        "usual": rendered_json(found.previous, messages),
        "baseline": rendered_json(found.baseline, messages),
        "downhill": rendered_json(found.downhill, messages),
        "limits": rendered_json(found.limits, messages),
        "notes": [rendered_json(n, messages) for n in run.notes if n.kind in ("note", "pain")],
        "again": rendered_json(found.offline, messages),
        "modelled": run.modelled,
        "feet": [],
        "legend": metric_legend(language),
    }


def _session_json(run: SessionData, messages: Catalogue) -> dict[str, Any]:
    info = run.info
    return {
        "id": info.id,
        "title": info.title,
        "athlete": info.athlete,
        "started_utc": info.started_utc,
        "started_local": local_start(info.started_utc, info.utc_offset_s).isoformat(),
        "sport": info.sport,
        "sub_sport": info.sub_sport,
        "duration_s": run.elapsed_s,
        "timer_s": run.timer_s,
        "moving_s": run.moving_s,
        "running_s": min(float(run.running.sum()), run.timer_s),
        "distance_m": float(run.distance_m[-1]) if "speed_mps" in run.columns else None,
        "sensors": [_sensor_text(s, messages) for s in run.settings.sensors],
        "tags": list(info.tags),
        "version": info.version,
    }


def _sensor_text(sensor: SensorSettings, messages: Catalogue) -> str:
    if sensor.placement is Placement.POD:
        return sensor.name
    place = sensor.placement.value
    key = f"live.place.{place}_{sensor.side.lower()}" if sensor.side else f"placement.{place}"
    return f"{messages.text(key)} ({sensor.name})"


def _tile_values(run: SessionData) -> list[dict[str, Any]]:
    """Means over the running; the interval adds the sensor's own SD to that of the mean."""
    tiles = []
    for name in with_role(Role.TILE):
        mean = block_mean(run.value(name), run.running)
        if mean is None:
            continue
        sd = run.columns[name].sd[run.running]
        known = sd[np.isfinite(sd)]
        sensor = 1.96 * float(np.median(known)) if len(known) else 0.0
        wider = Mean(mean.value, float(np.hypot(mean.half or 0.0, sensor)), mean.seconds)
        tiles.append({"metric": name, "how": run.columns[name].how} | interval_json(wider))
    return tiles


def _timeline(run: SessionData) -> dict[str, Any]:
    """Lines thinned over equal times; holes stay holes."""
    every = max(1, -(-len(run.t_s) // _MOST_POINTS))
    names = [m for m in with_role(Role.CHART) if np.isfinite(run.value(m)).any()]
    banded = [name for name in names if any(b.metric == name for b in run.bands)]
    return {
        "every_s": every,
        "lines": {name: thinned_line(run.value(name), every, BY_NAME[name].decimals + 1) for name in names},
        "bands": {name: _band_steps(run, name) for name in banded},
    }


def thinned_line(value: Array, every: int, decimals: int) -> dict[str, list[float | None]]:
    """Return ``mean``, ``low`` and ``high`` of every ``every`` seconds of ``value`` (n,), rounded.

    None stands where no second of them is known.  ``low`` and ``high`` are the least and the greatest of
    these seconds, so that nothing is hidden; they are empty where each mean is of one second.
    """
    padded = np.full(-(-len(value) // every) * every, np.nan)
    padded[: len(value)] = value
    rows = padded.reshape(-1, every)
    n = np.isfinite(rows).sum(axis=1)
    found = {
        "mean": np.nansum(rows, axis=1) / np.maximum(n, 1),
        "low": np.where(np.isfinite(rows), rows, np.inf).min(axis=1),
        "high": np.where(np.isfinite(rows), rows, -np.inf).max(axis=1),
    }
    return {
        name: [
            None if k == 0 else round(v, decimals)
            for v, k in zip(values.tolist(), n.tolist(), strict=True)
            if every > 1 or name == "mean"
        ]
        for name, values in found.items()
    }


def _band_steps(run: SessionData, metric: str) -> list[list[float | None]]:
    """The band of a metric as [from when, low, high], each until the next one; none where nobody ran."""
    edges = np.column_stack([np.where(run.running, edge, np.nan) for edge in target_edges(run, metric)])
    same = (edges[1:] == edges[:-1]) | (np.isnan(edges[1:]) & np.isnan(edges[:-1]))
    changes = [0, *(np.flatnonzero(~same.all(axis=1)) + 1).tolist()]
    return [
        [float(k), *(None if np.isnan(v) else six_digits(v) for v in edges[k].tolist())] for k in changes
    ]


def _shaded_stretches(run: SessionData) -> list[dict[str, Any]]:
    """Pauses, walking, standing and silence of sensors, to be shaded; within a pause nothing else."""
    paused = [{"kind": "pause", "start_s": p.start_s, "end_s": p.end_s} for p in run.pauses]
    still = [
        {"kind": what.value, "start_s": s.start_s, "end_s": s.end_s}
        for what in (Activity.WALK, Activity.STAND)
        for stretch in run.activity.get(what, ())
        for s in run.timer_stretches(stretch)
        if s.seconds >= 3
    ]
    silent = [g for g in run.gaps if g.end_s - g.start_s >= 2][:100]
    return (
        paused
        + still
        + [{"kind": "gap", "start_s": g.start_s, "end_s": g.end_s, "sensor": g.sensor} for g in silent]
    )


def _cues_json(found: SessionFindings, messages: Catalogue) -> list[dict[str, Any]]:
    outcomes = {id(outcome.cue): outcome for outcome in found.outcomes}
    return [
        {
            "t_s": c.t_s,
            "kind": c.kind.value,
            "wording": c.wording,
            "fault": None if c.fault is None else c.fault.value,
            "value": six_digits(c.value),
            "target": six_digits(c.target),
            "metric": c.metric,
            "withheld": messages.text(f"withheld.{c.withheld}") if c.withheld else "",
            "why": messages.translate_recorded(c.why),
            "answered_s": outcomes[id(c)].to_band_s if id(c) in outcomes else None,
        }
        for c in found.run.cues
    ]
