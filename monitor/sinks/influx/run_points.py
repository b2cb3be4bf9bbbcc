"""A run and a day as points of the time series: ``run`` (one of the whole, one for each speed) and ``day``.

The points of a runner are a few series that go on for years, so that boards of weeks stay cheap.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence

from dsp.metrics import Role, with_role
from monitor.sinks.influx.line_protocol import Point, Value
from monitor.sinks.influx.points import utc_ns
from monitor.sinks.influx.run_rollup import ROLLED_METRICS, RunRollup, matched_changes, share_pct
from monitor.sinks.influx.schema import WHOLE_RUN

RUN_MEASUREMENTS = ("run", "day")
"""The measurements that hold what runs came to and nothing else."""
_Values = dict[str, Value | None]


def run_points(run: RunRollup, earlier: Sequence[RunRollup]) -> list[Point]:
    """Return the points of a run, compared with ``earlier`` ones (``RunRollups.runs_before``).

    None of a session in which nobody moved.
    """
    if not run.moving_s:
        return []
    at_ns = utc_ns(run.info.started_utc)
    whole = _whole_run_values(run) | _summed_values([run]) | _mean_values([run])
    for name, found in matched_changes(run, earlier).items():
        whole |= {f"{name}_before": found.before, f"{name}_change": found.change}
    out = [Point("run", {"athlete": run.info.athlete, "speed": WHOLE_RUN}, whole, at_ns)]
    for speed, part in run.bins.items():
        values: _Values = {"session": run.info.id, "seconds": part.seconds}
        values |= {name: part.sums[name] / n for name, n in part.counts.items()}
        tags = {"athlete": run.info.athlete, "speed": "unknown" if speed is None else f"{speed:.2f}"}
        out.append(Point("run", tags, values, at_ns))
    return out


def day_point(runs: Sequence[RunRollup]) -> Point | None:
    """Return the point of a day with these runs of one runner, None if nobody moved."""
    moved = [run for run in runs if run.moving_s]
    if not moved:
        return None
    day = moved[0].day
    noon = datetime.datetime.combine(day, datetime.time(12), datetime.UTC)
    values: _Values = {"day": day.isoformat(), "runs": len(moved)}
    values |= _summed_values(moved) | _mean_values(moved)
    return Point("day", {"athlete": moved[0].info.athlete}, values, utc_ns(noon.isoformat()))


def _whole_run_values(run: RunRollup) -> _Values:
    began_ms = utc_ns(run.info.started_utc) // 1_000_000
    return {
        "count": 1,
        "session": run.info.id,
        "title": run.info.title,
        "from_ms": began_ms,
        "to_ms": began_ms + round(1000 * run.duration_s),
    }


def _summed_values(runs: Sequence[RunRollup]) -> _Values:
    on_s, on_in_s = sum(r.on_s for r in runs), sum(r.on_in_s for r in runs)
    off_s, off_in_s = sum(r.off_s for r in runs), sum(r.off_in_s for r in runs)
    doses = [r.dose for r in runs if r.dose is not None]
    return {
        "duration_s": sum(r.duration_s for r in runs),
        "running_s": float(sum(r.running_s for r in runs)),
        "km": sum(r.km for r in runs),
        "cues": sum(r.cues for r in runs),
        "braking_dose_bws": sum(doses) if doses else None,
        "cued_s": on_s,
        "cued_in_band_pct": share_pct(on_in_s, on_s),
        "silent_s": off_s,
        "silent_in_band_pct": share_pct(off_in_s, off_s),
        "in_band_pct": share_pct(on_in_s + off_in_s, on_s + off_s),
    }


def _mean_values(runs: Sequence[RunRollup]) -> _Values:
    """Means over the running seconds of all runs."""
    values: _Values = {}
    for name in ROLLED_METRICS:
        if n := sum(r.counts.get(name, 0) for r in runs):
            values[name] = sum(r.sums.get(name, 0.0) for r in runs) / n
    for name in with_role(Role.BANDED):
        if n := sum(r.target_counts.get(name, 0) for r in runs):
            values[f"{name}_target"] = sum(r.targets.get(name, 0.0) for r in runs) / n
            values[f"{name}_off_pct"] = 100 * sum(r.off.get(name, 0.0) for r in runs) / n
    return values
