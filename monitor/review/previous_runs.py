"""This run against the runner's own earlier ones, at matched speed and grade."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit

from dsp.types import Array
from monitor.core.errors import StoreError
from monitor.review.block_statistics import ComparedSeconds, Mean, matched_difference
from monitor.storage.session_data import SessionData, load_session
from monitor.storage.session_info import SessionInfo
from monitor.storage.store import Store

_METRICS = ("cadence_spm", "overstride_m", "braking_impulse_bws", "contact_ms")
NEEDED = (*_METRICS, "speed_mps", "slope_pct", "peak_braking_bw", "vertical_oscillation_mm")
MOST = 10  # earlier runs: about a month of running
BINS = 24


@dataclass(frozen=True, slots=True)
class PreviousRunsComparison:
    """How far this run lies from ``runs`` earlier ones; shares (k,) of time between ``edges`` (k+1,)."""

    metric: str
    runs: int
    difference: Mean
    edges: Array
    here: Array
    before: Array


def earlier_sessions(store: Store, info: SessionInfo) -> list[SessionInfo]:
    """The runner's sessions before this one, the newest first."""
    return [
        s
        for s in store.sessions()
        if s.athlete == info.athlete and s.ended and s.started_utc < info.started_utc
    ][:MOST]


def load_previous(store: Store, sessions: Iterable[SessionInfo]) -> list[SessionData]:
    """Only what is compared; a session that cannot be read is left out."""
    out = []
    for info in sessions:
        try:
            out.append(load_session(store, info.id, NEEDED))
        except StoreError:
            continue
    return out


def against_previous_runs(run: SessionData, before: Sequence[SessionData]) -> list[PreviousRunsComparison]:
    """Every metric that some earlier run has at this run's speeds."""
    found = (_compare_metric(name, run, before) for name in _METRICS if name in run.columns)
    return [u for u in found if u is not None]


def part(run: SessionData, name: str) -> ComparedSeconds:
    """All running seconds of a run."""
    return ComparedSeconds(run.value(name), run.value("speed_mps"), run.value("slope_pct"), run.running)


def _compare_metric(
    name: str, run: SessionData, before: Sequence[SessionData]
) -> PreviousRunsComparison | None:
    here = part(run, name)
    pairs = [(other, matched_difference(part(other, name), here)) for other in before]
    known = [(other, d) for other, d in pairs if d is not None]
    if not known:
        return None
    own = here.value[here.mask & np.isfinite(here.value)]
    # bring the earlier seconds to this run's speeds: shift each run by its matched difference
    others = [
        (p.value[p.mask & np.isfinite(p.value)], d) for p, d in ((part(o, name), d) for o, d in known)
    ]
    moved = np.concatenate([v - v.mean() + own.mean() - d.value for v, d in others])
    low, high = np.quantile(np.concatenate((own, moved)), (0.005, 0.995))
    edges = np.linspace(low, max(high, low + 1e-6), BINS + 1)
    shares = [np.histogram(v, edges)[0] / len(v) for v in (own, moved)]
    return PreviousRunsComparison(
        name, len(known), over_runs([d for _, d in known]), edges, shares[0], shares[1]
    )


def over_runs(differences: Sequence[Mean]) -> Mean:
    """The mean difference; from three runs on, its interval is that between runs."""
    values = np.array([d.value for d in differences])
    seconds = float(sum(d.seconds for d in differences))
    if len(values) < 3:
        halves = [d.half for d in differences]
        half = None if None in halves else float(np.sqrt(np.mean(np.square([h or 0.0 for h in halves]))))
        return Mean(float(values.mean()), half, seconds)
    spread = float(values.std(ddof=1) / np.sqrt(len(values)))
    return Mean(float(values.mean()), float(stdtrit(len(values) - 1, 0.975)) * spread, seconds)
