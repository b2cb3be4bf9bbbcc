"""Every cue of a session with what came before and after it, and what cues did on the whole.

Pure functions over a session's records (``Store.records`` or what ``Session.push`` gave).  A cue is
answered when the mean of the last 5 s is back within half the band.  What a cue *does* is the
difference between spoken cues and those withheld at random (with consent); without such there is a
response, but no effect.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from scipy.stats import t as student

from dsp.types import Band, Cue, CueKind, Fault, Metric, Step
from monitor.pipeline.cue_policy import EXPERIMENT, SILENT_BY_PLAN

BEFORE_STEPS, BEFORE_S = 16, 10.0
AFTER_S = (10.0, 25.0)  # when a response has settled and the next cue cannot yet have come
LOOK_S = 60.0  # a return later than this is no answer
_ANSWER_S = 15.0
WITHIN = 0.5  # of the band's width
MEAN_S = 5
Z = 1.96


@dataclass(frozen=True, slots=True)
class CueOutcome:
    """One due cue, spoken or withheld.

    ``before`` are the values of the last 16 steps (of the last 10 s where there are no steps);
    ``to_band_s`` is None when the runner did not come back within a minute; ``change_pct`` is how far
    the mean of 10-25 s after lies nearer the target than that before, in % of it, None if one is missing.
    """

    cue: Cue
    before: tuple[float, ...]
    to_band_s: float | None
    change_pct: float | None

    @property
    def answered(self) -> bool:
        """Back in band within 15 s."""
        return self.to_band_s is not None and self.to_band_s <= _ANSWER_S


@dataclass(frozen=True, slots=True)
class Interval:
    """A value with its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Response:
    """What followed the cues of a group; ``median_s`` is None where fewer than half came back."""

    cues: int
    median_s: float | None
    answered: Interval | None


@dataclass(frozen=True, slots=True)
class Effect:
    """Spoken minus withheld at random: share answered within 15 s, and change towards the target in %."""

    spoken: int
    withheld: int
    answered: Interval
    change_pct: Interval | None


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
        return self.on_in_s / self.on_s if self.on_s else None

    @property
    def off_share(self) -> float | None:
        return self.off_in_s / self.off_s if self.off_s else None


class _Track:
    """One metric and its band over time."""

    def __init__(self, records: Sequence[object], metric: str) -> None:
        seconds = [r for r in records if isinstance(r, Metric) and r.side is None]
        found = [(r.t_s, r.estimate.value) for r in seconds if r.estimate.metric == metric]
        self.t_s, self.values = [t for t, _ in found], [v for _, v in found]
        self.bands = [r for r in records if isinstance(r, Band) and r.metric == metric]
        self._from = [b.t_s for b in self.bands]
        steps = [r for r in records if isinstance(r, Step)]
        self._steps = sorted((s.ic_s, e.value) for s in steps if (e := s.get(metric)) is not None)

    def band(self, t_s: float) -> Band | None:
        k = bisect_right(self._from, t_s) - 1
        return self.bands[k] if k >= 0 else None

    def between(self, start_s: float, end_s: float) -> list[float]:
        return self.values[bisect_right(self.t_s, start_s) : bisect_right(self.t_s, end_s)]

    def before(self, t_s: float) -> tuple[float, ...]:
        end = bisect_right(self._steps, (t_s, math.inf))
        steps = tuple(v for _, v in self._steps[max(0, end - BEFORE_STEPS) : end])
        return steps or tuple(self.between(t_s - BEFORE_S, t_s))

    def to_band_s(self, cue: Cue) -> float | None:
        for k in range(bisect_right(self.t_s, cue.t_s), bisect_right(self.t_s, cue.t_s + LOOK_S)):
            t_s, band = self.t_s[k], self.band(self.t_s[k])
            recent = self.between(t_s - MEAN_S, t_s)
            if band is not None and _off(cue.fault, sum(recent) / len(recent), band) <= WITHIN:
                return t_s - cue.t_s
        return None


def cue_outcomes(records: Iterable[object]) -> list[CueOutcome]:
    """Every cue that was spoken or withheld at random, in time order."""
    kept = list(records)
    due = [r for r in kept if isinstance(r, Cue) and r.kind is CueKind.CORRECT]
    judged = [c for c in due if c.withheld in ("", EXPERIMENT)]
    tracks = {metric: _Track(kept, metric) for metric in {c.metric for c in judged}}
    return [_entry(cue, tracks[cue.metric]) for cue in judged]


def response(some: Sequence[CueOutcome]) -> Response:
    """Median seconds to band (those who never came back count as late) and share within 15 s."""
    times = sorted(math.inf if e.to_band_s is None else e.to_band_s for e in some)
    median = times[(len(times) - 1) // 2] if times else math.inf
    answered = sum(e.answered for e in some)
    return Response(
        len(some), median if math.isfinite(median) else None, wilson(answered, len(some)) if some else None
    )


def effect(some: Sequence[CueOutcome]) -> Effect | None:
    """What speaking did; None without cues of both kinds."""
    spoken = [e for e in some if not e.cue.withheld]
    withheld = [e for e in some if e.cue.withheld == EXPERIMENT]
    if not spoken or not withheld:
        return None
    p = wilson(sum(e.answered for e in spoken), len(spoken))
    q = wilson(sum(e.answered for e in withheld), len(withheld))
    value = p.value - q.value
    answered = Interval(  # Newcombe 1998 (Stat Med 17:873), method 10
        value,
        value - math.hypot(p.value - p.low, q.high - q.value),
        value + math.hypot(p.high - p.value, q.value - q.low),
    )
    return Effect(len(spoken), len(withheld), answered, _welch(_changes(spoken), _changes(withheld)))


def in_band(records: Iterable[object]) -> InBand:
    """Cadence only; seconds that were silent for another reason (warm-up, hills ...) do not count."""
    track = _Track(list(records), "cadence_spm")
    counts = {"": [0, 0], SILENT_BY_PLAN: [0, 0]}
    for t_s, value in zip(track.t_s, track.values, strict=True):
        band = track.band(t_s)
        if band is None or band.muted not in counts:
            continue
        low, high = band.low or -math.inf, band.high or math.inf
        counts[band.muted][0] += 1
        counts[band.muted][1] += low <= value <= high
    return InBand(*counts[""], *counts[SILENT_BY_PLAN])


def wilson(hits: int, n: int) -> Interval:
    """Share with Wilson's 95 % interval."""
    p, z2 = hits / n, Z * Z / n
    centre = (p + z2 / 2) / (1 + z2)
    half = Z / (1 + z2) * math.sqrt(p * (1 - p) / n + z2 / (4 * n))
    return Interval(p, max(0.0, centre - half), min(1.0, centre + half))


def _entry(cue: Cue, track: _Track) -> CueOutcome:
    before = track.before(cue.t_s)
    after = track.between(cue.t_s + AFTER_S[0], cue.t_s + AFTER_S[1])
    change = None
    if before and after and cue.target:
        change = 100 * (sum(after) / len(after) - sum(before) / len(before)) / cue.target
        change = change if cue.fault is Fault.CADENCE_LOW else -change
    return CueOutcome(cue, before, track.to_band_s(cue), change)


def _off(fault: Fault | None, value: float, band: Band) -> float:
    """Deviation towards the fault, 1 at the edge of the band."""
    edge = band.low if fault is Fault.CADENCE_LOW else band.high
    return math.inf if edge is None else (value - band.target) / (edge - band.target)


def _changes(some: Sequence[CueOutcome]) -> list[float]:
    return [e.change_pct for e in some if e.change_pct is not None]


def _welch(a: Sequence[float], b: Sequence[float]) -> Interval | None:
    """Difference of means with Welch's interval; None with fewer than two on a side."""
    if len(a) < 2 or len(b) < 2:
        return None
    mean_a, mean_b = sum(a) / len(a), sum(b) / len(b)
    va = sum((x - mean_a) ** 2 for x in a) / (len(a) - 1) / len(a)
    vb = sum((x - mean_b) ** 2 for x in b) / (len(b) - 1) / len(b)
    value = mean_a - mean_b
    if va + vb == 0:
        return Interval(value, value, value)
    freedom = (va + vb) ** 2 / (va**2 / (len(a) - 1) + vb**2 / (len(b) - 1))
    half = float(student.ppf(0.975, freedom)) * math.sqrt(va + vb)
    return Interval(value, value - half, value + half)
