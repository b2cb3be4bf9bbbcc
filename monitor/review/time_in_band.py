"""How long a run was inside its target band, with cues and without."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from dsp.types import Array, Band, Metric, Step
from monitor.pipeline.cue_policy import SILENT_BY_PLAN
from monitor.storage.session_data import SessionData


@dataclass(frozen=True, slots=True)
class MetricTrack:
    """A metric that had a target, over time, with the bands that were in force.

    ``t_s`` and ``values`` (n,) are the seconds at which it was known and its values, ``step_s`` and
    ``step_values`` (m,) the initial contacts and values of single steps (empty where only seconds were
    loaded), ``bands`` the targets; all in time order.
    """

    t_s: Array
    values: Array
    bands: tuple[Band, ...]
    step_s: Array = field(default_factory=lambda: np.empty(0))
    step_values: Array = field(default_factory=lambda: np.empty(0))

    def band(self, t_s: float) -> Band | None:
        """Return the band in force at ``t_s``, None before the first."""
        number = int(self._band_numbers(np.array([t_s]))[0])
        return self.bands[number] if number >= 0 else None

    def between(self, start_s: float, end_s: float) -> Array:
        """Return the values (k,) of the seconds after ``start_s`` up to and including ``end_s``."""
        first, last = np.searchsorted(self.t_s, (start_s, end_s), side="right")
        return self.values[first:last]

    def count(self, muted: str) -> tuple[int, int]:
        """Return how many seconds had a band silent for this reason, and how many of them lay inside it."""
        number = self._band_numbers(self.t_s)
        chosen = np.array([b.muted == muted for b in self.bands] + [False])[number]
        low = np.array([-math.inf if b.low is None else b.low for b in self.bands] + [0.0])[number]
        high = np.array([math.inf if b.high is None else b.high for b in self.bands] + [0.0])[number]
        inside = chosen & (low <= self.values) & (self.values <= high)
        return int(chosen.sum()), int(inside.sum())

    def _band_numbers(self, t_s: Array) -> NDArray[np.intp]:
        """Index (n,) into ``bands`` of the one in force, -1 before the first."""
        return np.searchsorted([b.t_s for b in self.bands], t_s, side="right") - 1


def session_tracks(run: SessionData) -> dict[str, MetricTrack]:
    """Return the track of every metric of this session that had a band."""
    tracks = {}
    for metric in {band.metric for band in run.bands}:
        value = run.value(metric)
        known = np.isfinite(value)
        bands = tuple(b for b in run.bands if b.metric == metric)
        tracks[metric] = MetricTrack(run.t_s[known], value[known], bands)
    return tracks


def record_tracks(records: Iterable[object]) -> dict[str, MetricTrack]:
    """Return the track of every metric that had a band among ``records``, which are in time order."""
    kept = list(records)
    tracks = {}
    for metric in {r.metric for r in kept if isinstance(r, Band)}:
        whole = [
            r for r in kept if isinstance(r, Metric) and r.side is None and r.estimate.metric == metric
        ]
        steps = [
            (s.ic_s, e.value) for s in kept if isinstance(s, Step) and (e := s.get(metric)) is not None
        ]
        steps.sort()
        tracks[metric] = MetricTrack(
            np.array([r.t_s for r in whole]),
            np.array([r.estimate.value for r in whole]),
            tuple(r for r in kept if isinstance(r, Band) and r.metric == metric),
            np.array([at for at, _ in steps]),
            np.array([value for _, value in steps]),
        )
    return tracks


@dataclass(frozen=True, slots=True)
class InBand:
    """Seconds of cadence in band and in all, while cues were on and while the plan kept silent.

    Time in band with cues off is the outcome that counts: what has been learned, not obeyed.
    """

    on_s: int
    on_in_s: int
    off_s: int
    off_in_s: int

    @property
    def on_share(self) -> float | None:
        """The share in band while cues were on; None without such seconds."""
        return self.on_in_s / self.on_s if self.on_s else None

    @property
    def off_share(self) -> float | None:
        """The share in band while the plan kept silent; None without such seconds."""
        return self.off_in_s / self.off_s if self.off_s else None

    @property
    def share(self) -> float | None:
        """The share in band, cued or not; None without a second that counts."""
        judged_s = self.on_s + self.off_s
        return (self.on_in_s + self.off_in_s) / judged_s if judged_s else None


def in_band(tracks: Mapping[str, MetricTrack]) -> InBand:
    """Return the time of cadence in band.

    Seconds that were silent for another reason than the plan (warm-up, hills ...) do not count.
    """
    track = tracks.get("cadence_spm")
    if track is None:
        return InBand(0, 0, 0, 0)
    return InBand(*track.count(""), *track.count(SILENT_BY_PLAN))
