"""Runs against each other at matched speed and grade, and how things change over weeks."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dsp.metrics import Role, with_role
from dsp.types import Array
from monitor.core.errors import InputError
from monitor.review.block_statistics import (
    LEAST_MATCHED_S,
    Mean,
    bins_of,
    block_mean,
    matched_difference,
    usable,
    values_to_compare,
)
from monitor.storage.session_data import SessionData, load_session
from monitor.storage.store import Store


@dataclass(frozen=True, slots=True)
class Row:
    """A metric: its mean in each run, and each run's difference from the first (None: not comparable).

    The means are those at the speed and grade of the first run: its own, and that plus the difference; of
    a run that is not comparable they are its own.  ``modelled`` says of each run whether no sensor saw it
    there.
    """

    metric: str
    means: list[Mean | None]
    differences: list[Mean | None]
    modelled: list[bool]


@dataclass(frozen=True, slots=True)
class TrendPoint:
    """A metric in one run (or week) at the speed and grade that all runs share on average.

    ``modelled``: no sensor saw it.
    """

    when: str
    session: str
    found: Mean
    modelled: bool


def compare_sessions(store: Store, sessions: Sequence[str]) -> list[Row]:
    """Return every metric that the first run and another have, each run against the first.

    ``InputError`` for fewer than two different sessions, ``StoreError`` for one that is not there.
    """
    if len(set(sessions)) < 2:
        raise InputError("error.compare_two")
    runs = [load_session(store, name) for name in sessions]
    rows = []
    for name in with_role(Role.COMPARED):
        if name not in runs[0].columns or not any(name in r.columns for r in runs[1:]):
            continue
        own = [block_mean(r.value(name), r.running) for r in runs]
        first, *others = (values_to_compare(r, name, r.running) for r in runs)
        differences = [None, *(matched_difference(first, other) for other in others)]
        means = [_brought_to(own[0], d) or mean for d, mean in zip(differences, own, strict=True)]
        rows.append(Row(name, means, differences, [name in run.modelled for run in runs]))
    return rows


def _brought_to(first: Mean | None, difference: Mean | None) -> Mean | None:
    """The mean that is apart from ``first`` by the difference; None where either is not known."""
    if first is None or difference is None:
        return None
    return Mean(first.value + difference.value, difference.half, difference.seconds)


def metric_trends(store: Store, athlete: str, weeks: int) -> dict[str, list[TrendPoint]]:
    """Return every metric over the last ``weeks``, the oldest run first, brought to the same speed and
    grade.

    Metrics with fewer than two comparable runs are left out.  ``InputError`` without any session.
    """
    names = with_role(Role.COMPARED)
    chosen = [s for s in reversed(store.sessions()) if s.athlete == athlete and s.ended]
    if not chosen:
        raise InputError("error.no_sessions_of", athlete=athlete)
    newest = _local_date(chosen[-1].started_utc)
    runs = [
        load_session(store, s.id, (*names, "speed_mps", "slope_pct"))
        for s in chosen
        if newest - _local_date(s.started_utc) <= datetime.timedelta(weeks=weeks)
    ]
    found = {name: _level_trend(runs, name) for name in names}
    return {name: points for name, points in found.items() if len(points) >= 2}


def _level_trend(runs: Sequence[SessionData], name: str) -> list[TrendPoint]:
    """Every run's own level without what speed and grade do: value = bin + run, by least squares.

    Runs that share less than a minute of speed and grade with any other are left out.
    """
    having = [run for run in runs if name in run.columns]
    parts = [values_to_compare(run, name, run.running) for run in having]
    used, bins = [usable(p) for p in parts], [bins_of(p) for p in parts]
    every = np.unique(
        np.concatenate([b[u] for b, u in zip(bins, used, strict=True)] or [np.empty(0, np.int64)])
    )
    seconds, sums = (np.zeros((len(parts), len(every))) for _ in range(2))
    for k, p in enumerate(parts):
        at = np.searchsorted(every, bins[k][used[k]])
        seconds[k] = np.bincount(at, minlength=len(every))
        sums[k] = np.bincount(at, p.value[used[k]], minlength=len(every))
    own, seconds = matched_levels(seconds, sums)
    there = np.flatnonzero(np.isfinite(own))
    out = []
    for k in there.tolist():
        inside = used[k] & np.isin(bins[k], every[seconds[k] > 0])
        spread = block_mean(parts[k].value, inside)
        half = None if spread is None else spread.half
        found = Mean(float(own[k]), half, float(seconds[k].sum()))
        info = having[k].info
        out.append(TrendPoint(info.started_utc, info.id, found, name in having[k].modelled))
    return out


def matched_levels(seconds: Array, sums: Array) -> tuple[Array, Array]:
    """Return the level (k,) of each run without what speed and grade do, and its seconds (k, b) behind it.

    ``seconds`` and ``sums`` (k, b) are those of each run in each bin of speed and grade.  A run that shares
    less than ``LEAST_MATCHED_S`` with others is NaN; all are where fewer than two are left.
    """
    seconds = np.array(seconds, dtype=np.float64)
    seconds[:, (seconds > 0).sum(axis=0) < 2] = 0.0
    seconds[seconds.sum(axis=1) < LEAST_MATCHED_S] = 0.0
    seconds[:, (seconds > 0).sum(axis=0) < 2] = 0.0
    there = seconds.sum(axis=1) > 0
    if there.sum() < 2:
        return np.full(len(seconds), np.nan), seconds
    levels = _run_levels(seconds, np.where(seconds > 0, sums / np.maximum(seconds, 1), 0.0))
    return np.where(there, levels, np.nan), seconds


def _run_levels(seconds: Array, means: Array) -> Array:
    """Level (k,) of each run from means (k, b) in bins weighted by ``seconds`` (k, b), alternately."""
    runs = np.zeros(len(seconds))
    for _ in range(60):
        bins = (seconds * (means - runs[:, None])).sum(axis=0) / np.maximum(seconds.sum(axis=0), 1)
        runs = (seconds * (means - bins)).sum(axis=1) / np.maximum(seconds.sum(axis=1), 1)
        runs -= (seconds.sum(axis=1) @ runs) / seconds.sum()
    return np.asarray(runs + (seconds * bins).sum() / seconds.sum(), dtype=np.float64)


def _local_date(utc: str) -> datetime.datetime:
    return datetime.datetime.fromisoformat(utc)
