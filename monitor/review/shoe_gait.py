"""Gait over a shoe's life: its last 100 km against its first at the same speed and grade, with an interval.

Each run has one level of a metric, without what speed and grade do (``monitor.review.compare``), and the
interval rests on the scatter of these levels from run to run (Welch): seconds of one run are alike in much
that is not the shoe.  What changed beside the shoe (training, season, mount) is in it all the same, so a
change is told, not judged.  A session is put into bins once, and the result kept beside it.
"""

from __future__ import annotations

import contextlib
import datetime
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from dsp.types import Array
from monitor.core import json_codec
from monitor.core.errors import StoreError
from monitor.core.message_catalogues import UserMessage
from monitor.review.block_statistics import (
    Mean,
    bins_of,
    clear_difference,
    usable,
    values_to_compare,
)
from monitor.review.compare import matched_levels
from monitor.review.training_plan import TrainingPlan
from monitor.storage.session_data import SessionData, load_session
from monitor.storage.session_info import SessionInfo
from monitor.storage.store import Store
from monitor.training.entries import ShoeEntry, entries_of
from monitor.training.plan_runs import PlanRun
from monitor.training.shoes import first_and_last_runs, runs_with_shoes

SHOE_METRICS = ("contact_ms", "cadence_spm", "braking_impulse_bws")
"""What is compared over a shoe's life."""
SHOE_SPAN_KM = 100.0
"""Kilometres at each end of a shoe's life that are compared (a choice)."""
LEAST_SHOE_RUNS = 4
"""Runs at each end that can be compared, below which their scatter is not known well (a choice)."""
_KIND, _RULES = "gait bins", 1


@dataclass(frozen=True, slots=True, kw_only=True)
class GaitBins:
    """``GaitBins`` are the seconds of a metric in a run by bins of speed and grade, and sums of its values.

    ``how`` is what it rests on; a metric that no sensor saw has no bins.
    """

    metric: str
    how: str
    bins: tuple[int, ...]
    seconds: tuple[float, ...]
    sums: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShoeChange:
    """``ShoeChange`` is how much a metric changed from a pair's first 100 km to its last.

    ``first`` is its level at first, ``change`` the difference with its interval (in the metric's unit);
    ``first_runs`` and ``last_runs`` are the runs that could be compared.
    """

    shoe: str
    metric: str
    first: float
    change: Mean
    first_runs: int
    last_runs: int


def shoe_changes(plan: TrainingPlan, store: Store) -> tuple[ShoeChange, ...]:
    """Return what changed over the life of each pair; nothing of one with too little to tell."""
    runs = runs_with_shoes(plan.evidence)
    infos = {info.id: info for info in store.sessions() if info.athlete == plan.athlete}
    pairs = dict.fromkeys(e.shoe for e in entries_of(ShoeEntry, plan.standing))
    return tuple(
        change for shoe in pairs for change in _changes_of_pair(shoe, runs, infos, store, plan.today)
    )


def _changes_of_pair(
    shoe: str,
    runs: Sequence[PlanRun],
    infos: Mapping[str, SessionInfo],
    store: Store,
    today: datetime.date,
) -> list[ShoeChange]:
    ends = first_and_last_runs(runs, shoe, SHOE_SPAN_KM)
    first, last = (
        [session_gait(store, infos[r.session], today) for r in end if r.session in infos] for end in ends
    )
    found = (change_of_metric(shoe, metric, first, last) for metric in SHOE_METRICS)
    return [change for change in found if change is not None]


def shoe_change_message(change: ShoeChange) -> UserMessage:
    """Return the sentence about a change, in % of what it was at first."""
    percent = 100 / change.first
    clear = clear_difference(change.change)
    kind = "same" if not clear else "more" if clear > 0 else "less"
    value = change.change.value * percent
    return UserMessage(
        f"plan.shoe.gait.{kind}",
        {
            "metric": UserMessage(f"metric.{change.metric}.label"),
            "change": value if kind == "same" else abs(value),
            "half": (change.change.half or 0.0) * percent,
            "first": float(change.first_runs),
            "last": float(change.last_runs),
            "span": SHOE_SPAN_KM,
        },
    )


def session_gait(store: Store, info: SessionInfo, today: datetime.date) -> tuple[GaitBins, ...]:
    """Return the bins of a session as they were kept, or made and kept ``today``."""
    earlier = store.analyses(info.id, _KIND)
    if earlier and earlier[-1].get("rules") == _RULES and earlier[-1]["version"] == info.version:
        with contextlib.suppress(ValueError, KeyError, TypeError):
            return tuple(json_codec.from_json(GaitBins, raw) for raw in earlier[-1]["bins"])
    run = load_session(store, info.id, (*SHOE_METRICS, "speed_mps", "slope_pct"))
    made = [
        _gait_bins(run, name) for name in SHOE_METRICS if name in run.columns and name not in run.modelled
    ]
    body = {"rules": _RULES, "bins": [json_codec.to_json(bins) for bins in made]}
    with contextlib.suppress(StoreError):  # where there is no room it is made again next time
        store.add_analysis(info.id, _KIND, info.version, today.isoformat(), body)
    return tuple(made)


def _gait_bins(run: SessionData, metric: str) -> GaitBins:
    part = values_to_compare(run, metric, run.running)
    good = usable(part)
    bins, which = np.unique(bins_of(part)[good], return_inverse=True)
    return GaitBins(
        metric=metric,
        how=run.columns[metric].how,
        bins=tuple(bins.tolist()),
        seconds=tuple(np.bincount(which).astype(float).tolist()),
        sums=tuple(np.bincount(which, part.value[good]).tolist()),
    )


def change_of_metric(
    shoe: str, metric: str, first: Sequence[Sequence[GaitBins]], last: Sequence[Sequence[GaitBins]]
) -> ShoeChange | None:
    """Return the change of a metric from the ``first`` runs to the ``last``; None with too little to tell.

    Compared are runs whose metric rests on the same sensors, those of most runs.
    """
    ends = [[b for run in end for b in run if b.metric == metric] for end in (first, last)]
    hows = Counter(b.how for end in ends for b in end)
    if not hows:
        return None
    how = hows.most_common(1)[0][0]
    early, late = ([b for b in end if b.how == how] for end in ends)
    levels = _levels(early, late)
    a, b = (v[np.isfinite(v)] for v in (levels[: len(early)], levels[len(early) :]))
    if min(len(a), len(b)) < LEAST_SHOE_RUNS:
        return None
    change = welch_difference(a, b)
    return ShoeChange(
        shoe=shoe, metric=metric, first=float(a.mean()), change=change, first_runs=len(a), last_runs=len(b)
    )


def _levels(early: Sequence[GaitBins], late: Sequence[GaitBins]) -> Array:
    """The level of each run, by the bins that both ends have: else nothing would join the two."""
    runs = [*early, *late]
    every = sorted({b for run in runs for b in run.bins})
    seconds, sums = (np.zeros((len(runs), len(every))) for _ in range(2))
    for k, run in enumerate(runs):
        at = np.searchsorted(every, run.bins)
        seconds[k, at], sums[k, at] = run.seconds, run.sums
    shared = (seconds[: len(early)] > 0).any(axis=0) & (seconds[len(early) :] > 0).any(axis=0)
    return matched_levels(seconds[:, shared], sums[:, shared])[0]


def welch_difference(a: Array, b: Array) -> Mean:
    """Return the mean of ``b`` (m,) minus that of ``a`` (n,) with half of its 95 % interval (Welch 1947).

    ``seconds`` of the result counts the values.
    """
    from scipy.special import stdtrit

    parts = [float(v.var(ddof=1)) / len(v) for v in (a, b)]
    spread = sum(parts)
    squares = sum(p * p / (len(v) - 1) for p, v in zip(parts, (a, b), strict=True))
    freedom = spread * spread / squares if squares > 0 else float(len(a) + len(b) - 2)
    half = float(stdtrit(freedom, 0.975)) * math.sqrt(spread)
    return Mean(float(b.mean() - a.mean()), half, float(len(a) + len(b)))
