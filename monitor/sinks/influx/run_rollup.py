"""What a run and a day come to, made from the store once: ``RunRollup`` of a run, for boards over years.

Whoever looks at weeks reads a point a run or a day, not every second of them; so these points outlive the
raw ones.  A run is compared with those of the 28 days before it at matched speed: over bins of speed on
level ground, weighted by what both have of each.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from dsp.metrics import Role, with_role
from dsp.types import Array, Cue
from monitor.core.local_time import local_start
from monitor.pipeline.cue_policy import SILENT_BY_PLAN
from monitor.storage.session_data import Mask, SessionData, load_session
from monitor.storage.session_info import SessionInfo
from monitor.storage.store import Store

ROLLED_METRICS = ("speed_mps", *with_role(Role.COMPARED))
"""The metrics of which runs and days have means."""
_CADENCE = "cadence_spm"
_DOSE = "braking_dose_bws"
SPEED_BIN_MPS = 0.25
"""Width of a bin of speed: 2-3 steps/min of cadence lie in one (van Oeveren 2017: 6-12 spm per m/s)."""
BEFORE_DAYS = 28
"""Days before a run with which it is compared (a choice: four weeks of training)."""
_LEVEL_PCT = 1.0  # steeper ground is left out of bins (a choice: half a bin of the review's)
_LEAST_S = 60  # seconds that a share needs (as in a review)
LEAST_COMPARED_S = 300
"""Seconds of running without which nothing is compared (a choice): a warm-up or a trial clears no alert."""


@dataclass(frozen=True, slots=True)
class SpeedBin:
    """The seconds that a run has at one speed on level ground, and the sums and counts of its metrics."""

    seconds: int
    sums: Mapping[str, float]
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class MatchedChange:
    """A ``MatchedChange`` says how much larger a metric is than ``before``: earlier, at the same speeds."""

    change: float
    before: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRollup:
    """A run as a few numbers.

    ``day`` is the runner's date; ``sums`` and ``counts`` are those of the running seconds that have a
    metric, ``targets`` likewise of its target, ``off`` of its distance from the target as a share; ``bins``
    are by the middle of their speed in m/s (None: not known).  ``on_s``, ``on_in_s``, ``off_s`` and
    ``off_in_s`` are seconds of cadence with cues on, of these in band, silent by plan, of these in band.
    """

    info: SessionInfo
    day: datetime.date
    duration_s: float
    running_s: int
    moving_s: float
    km: float
    cues: int
    dose: float | None
    on_s: int
    on_in_s: int
    off_s: int
    off_in_s: int
    sums: Mapping[str, float]
    counts: Mapping[str, int]
    targets: Mapping[str, float]
    off: Mapping[str, float]
    target_counts: Mapping[str, int]
    bins: Mapping[float | None, SpeedBin]


class RunRollups:
    """``RunRollups`` makes the rollups of one store's runs, each once."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._made: dict[str, RunRollup] = {}

    def rollup(self, session: str) -> RunRollup:
        """Return the rollup of the session of this id; ``StoreError`` if it cannot be read."""
        if session not in self._made:
            names = {*ROLLED_METRICS, *with_role(Role.BANDED), "slope_pct", _DOSE}
            self._made[session] = make_rollup(load_session(self._store, session, sorted(names)))
        return self._made[session]

    def runs_before(self, info: SessionInfo) -> list[SessionInfo]:
        """Return the ended sessions of this runner that began in the 28 days before this one."""
        began = _start(info)
        earliest = began - datetime.timedelta(days=BEFORE_DAYS)
        return [s for s in self._runs_of(info.athlete) if earliest <= _start(s) < began]

    def runs_of_day(self, info: SessionInfo) -> list[SessionInfo]:
        """Return the ended sessions of this runner on this one's date, itself among them."""
        same = [s for s in self._runs_of(info.athlete) if runners_date(s) == runners_date(info)]
        return same if any(s.id == info.id for s in same) else [info, *same]

    def _runs_of(self, athlete: str) -> list[SessionInfo]:
        return [s for s in self._store.sessions() if s.athlete == athlete and s.ended]


def make_rollup(run: SessionData) -> RunRollup:
    """Return the rollup of a run; one without a moving second has ``moving_s`` 0."""
    running = run.running
    values = {name: run.value(name) for name in ROLLED_METRICS}
    sums, counts = _sums(values, running)
    targets, off, target_counts = _against_targets(run, running)
    dose = run.value(_DOSE)
    return RunRollup(
        info=run.info,
        day=runners_date(run.info),
        duration_s=run.elapsed_s,
        running_s=int(running.sum()),
        moving_s=run.moving_s,
        km=float(run.distance_m[-1]) / 1000,
        cues=sum(isinstance(cue, Cue) and not cue.withheld and cue.kind != "notice" for cue in run.cues),
        dose=float(np.nanmax(dose)) if np.isfinite(dose).any() else None,
        **_band_seconds(run),
        sums=sums,
        counts=counts,
        targets=targets,
        off=off,
        target_counts=target_counts,
        bins=_speed_bins(run, values, running),
    )


def matched_changes(run: RunRollup, earlier: Sequence[RunRollup]) -> dict[str, MatchedChange]:
    """Return by metric how ``run`` differs from ``earlier`` ones at the same speeds on level ground.

    A metric with less than five minutes at shared speeds on either side is left out.
    """
    out = {}
    for name in ROLLED_METRICS[1:]:
        here = {k: (b.sums[name], b.counts[name]) for k, b in run.bins.items() if name in b.counts}
        before = _pooled(name, earlier)
        shared = here.keys() & before.keys()
        n = {k: min(here[k][1], before[k][1]) for k in shared}
        if (total := sum(n.values())) < LEAST_COMPARED_S:
            continue
        now = sum(n[k] * here[k][0] / here[k][1] for k in shared) / total
        then = sum(n[k] * before[k][0] / before[k][1] for k in shared) / total
        out[name] = MatchedChange(now - then, then)
    return out


def share_pct(inside_s: int, all_s: int) -> float | None:
    """Return the share in %, None with less than a minute to judge by."""
    return 100 * inside_s / all_s if all_s >= _LEAST_S else None


def runners_date(info: SessionInfo) -> datetime.date:
    """Return the runner's own date at the start of a session."""
    return local_start(info.started_utc, info.utc_offset_s).date()


def _start(info: SessionInfo) -> datetime.datetime:
    return local_start(info.started_utc, info.utc_offset_s)


def _sums(values: Mapping[str, Array], mask: Mask) -> tuple[dict[str, float], dict[str, int]]:
    """Sums and counts of the values in a mask, of the metrics that have any there."""
    good = {name: v[mask & np.isfinite(v)] for name, v in values.items()}
    there = {name: v for name, v in good.items() if len(v)}
    return {name: float(v.sum()) for name, v in there.items()}, {n: len(v) for n, v in there.items()}


def _pooled(name: str, runs: Iterable[RunRollup]) -> dict[float | None, tuple[float, int]]:
    out: dict[float | None, tuple[float, int]] = {}
    for run in runs:
        for key, part in run.bins.items():
            if name in part.counts:
                total, n = out.get(key, (0.0, 0))
                out[key] = (total + part.sums[name], n + part.counts[name])
    return out


def _speed_bins(
    run: SessionData, values: Mapping[str, Array], running: Mask
) -> dict[float | None, SpeedBin]:
    level = running & ~(np.abs(run.value("slope_pct")) > _LEVEL_PCT)
    speed = run.value("speed_mps")
    number = np.where(np.isfinite(speed), np.rint(np.nan_to_num(speed) / SPEED_BIN_MPS), -1)
    out: dict[float | None, SpeedBin] = {}
    for k in np.unique(number[level]).tolist():
        inside = level & (number == k)
        out[None if k < 0 else k * SPEED_BIN_MPS] = SpeedBin(int(inside.sum()), *_sums(values, inside))
    return out


def _against_targets(
    run: SessionData, running: Mask
) -> tuple[dict[str, float], dict[str, float], dict[str, int]]:
    """Sums of targets and of relative distances from them, with their counts, by metric."""
    targets, off, counts = {}, {}, {}
    for name in with_role(Role.BANDED):
        value, target = run.value(name), np.full(len(run.t_s), np.nan)
        for band in run.bands:
            at = max(0, int(np.ceil(band.t_s)))
            if band.metric == name:
                target[at:] = band.target
        good = running & np.isfinite(value) & (target > 0)
        if n := int(good.sum()):
            targets[name] = float(target[good].sum())
            off[name] = float((value[good] / target[good] - 1).sum())
            counts[name] = n
    return targets, off, counts


def _band_seconds(run: SessionData) -> dict[str, int]:
    """Seconds of cadence with cues on and silent by plan, and how many of each lay in the band."""
    out = {"on_s": 0, "on_in_s": 0, "off_s": 0, "off_in_s": 0}
    value = run.value(_CADENCE)
    bands = [band for band in run.bands if band.metric == _CADENCE]
    for band, end_s in zip(bands, [*(band.t_s for band in bands[1:]), np.inf], strict=False):
        word = {"": "on", SILENT_BY_PLAN: "off"}.get(band.muted)
        if word is None:
            continue
        during = (run.t_s >= band.t_s) & (run.t_s < end_s) & np.isfinite(value)
        low = -np.inf if band.low is None else band.low
        high = np.inf if band.high is None else band.high
        out[f"{word}_s"] += int(during.sum())
        out[f"{word}_in_s"] += int((during & (value >= low) & (value <= high)).sum())
    return out
