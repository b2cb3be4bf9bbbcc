"""Pieces of a run: kilometres, laps, and the first against the last third."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from monitor.review.block_statistics import ComparedSeconds, Mean, block_mean, matched_difference
from monitor.storage.session_data import Mask, SessionData, Stretch

SPLIT_METRICS = (
    "cadence_spm",
    "contact_ms",
    "overstride_m",
    "braking_impulse_bws",
    "vertical_oscillation_mm",
    "contact_balance_pct",
    "slope_pct",
    "heart_rate_bpm",
    "power_w",
)
PART_METRICS = (
    "cadence_spm",
    "contact_ms",
    "overstride_m",
    "braking_impulse_bws",
    "peak_braking_bw",
    "foot_strike_deg",
    "shank_deg",
    "tibial_shock_g",
    "vertical_oscillation_mm",
    "step_variability_pct",
    "contact_balance_pct",
    "leg_stiffness_kn_m",
    "heart_rate_bpm",
)


@dataclass(frozen=True, slots=True)
class Split:
    """A piece: ``distance_m`` covered in ``where``; means of the seconds in which there was running."""

    name: str
    where: Stretch
    distance_m: float
    means: dict[str, Mean]


@dataclass(frozen=True, slots=True)
class Change:
    """A metric in two parts, and the difference at matched speed and grade (None: nothing matched)."""

    metric: str
    first: Mean
    last: Mean
    difference: Mean | None


def kilometres(run: SessionData) -> list[Split]:
    """Every full kilometre and the rest; nothing where speed is not known."""
    if "speed_mps" not in run.columns:
        return []
    at_m = run.distance_m
    if at_m[-1] < 1000:
        return []
    marks = np.searchsorted(at_m, 1000.0 * np.arange(1, int(at_m[-1] // 1000) + 1)).tolist()
    edges = [0, *(int(m) for m in marks), len(run.t_s) - 1]
    return [
        _split(run, f"{k}" if k * 1000 <= at_m[-1] else f"{k} (part)", Stretch(float(a), float(b)))
        for k, (a, b) in enumerate(pairwise(edges), start=1)
        if at_m[b] - at_m[a] > 50
    ]


def laps(run: SessionData) -> list[Split]:
    """As the lap button cut it; nothing where it was not pressed."""
    edges = [0.0, *run.laps_s, float(len(run.t_s) - 1)]
    if len(edges) < 3:
        return []
    return [
        _split(run, str(k), Stretch(a, b))
        for k, (a, b) in enumerate(pairwise(edges), start=1)
        if b - a >= 5
    ]


def _split(run: SessionData, name: str, where: Stretch) -> Split:
    inside = run.mask([where]) & run.running
    found = {m: block_mean(run.value(m), inside) for m in SPLIT_METRICS if m in run.columns}
    at_m = run.distance_m
    covered = float(at_m[int(where.end_s)] - at_m[int(where.start_s)])
    return Split(name, where, covered, {m: v for m, v in found.items() if v is not None})


def thirds(run: SessionData) -> tuple[Mask, Mask]:
    """The first and the last third of the running (the first minute of it left out: nobody is warm)."""
    running = np.flatnonzero(run.running)
    first, last = np.zeros(len(run.t_s), dtype=bool), np.zeros(len(run.t_s), dtype=bool)
    rest = running[min(60, len(running) // 10) :]
    n = len(rest) // 3
    first[rest[:n]] = True
    last[rest[len(rest) - n :]] = True
    return first, last


def part_changes(
    run: SessionData, first: Mask, last: Mask, names: Sequence[str] = PART_METRICS
) -> list[Change]:
    """What differs between two parts of one run."""
    out = []
    for name in names:
        if name not in run.columns:
            continue
        value, speed, slope = run.value(name), run.value("speed_mps"), run.value("slope_pct")
        a, b = block_mean(value, first), block_mean(value, last)
        if a is not None and b is not None:
            found = matched_difference(
                ComparedSeconds(value, speed, slope, first), ComparedSeconds(value, speed, slope, last)
            )
            out.append(Change(name, a, b, found))
    return out
