"""Every cue of a session with what came before and after it, and what cues did on the whole.

A cue is answered when the mean of the last 5 s is back within half the band.  What a cue *does* is the
difference between spoken cues and those withheld at random (with consent); without such there is a
response, but no effect.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from dsp.types import Band, Cue, CueKind, Fault
from monitor.pipeline.cue_policy import EXPERIMENT
from monitor.review.time_in_band import InBand, MetricTrack, in_band, session_tracks
from monitor.storage.session_data import SessionData

_BEFORE_STEPS, _BEFORE_S = 16, 10.0
_AFTER_S = (10.0, 25.0)  # when a response has settled and the next cue cannot yet have come
_LOOK_S = 60.0  # a return later than this is no answer
_ANSWER_S = 15.0
_WITHIN = 0.5  # of the band's width
_MEAN_S = 5


@dataclass(frozen=True, slots=True)
class CueOutcome:
    """A due cue, spoken or withheld, and what came before and after it.

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
        """True when the runner was back in band within 15 s."""
        return self.to_band_s is not None and self.to_band_s <= _ANSWER_S


@dataclass(frozen=True, slots=True)
class Interval:
    """A value with its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Response:
    """The response to the cues of a group; ``median_s`` is None where fewer than half came back."""

    cues: int
    median_s: float | None
    answered: Interval | None


@dataclass(frozen=True, slots=True)
class Effect:
    """The effect of speaking: spoken minus withheld at random, in the share answered within 15 s and change
    towards the target in %.
    """

    spoken: int
    withheld: int
    answered: Interval
    change_pct: Interval | None


@dataclass(frozen=True, slots=True)
class CoachedRun:
    """The outcome of a run with a target: time in band, what followed its cues, what speaking did."""

    in_band: InBand
    response: Response
    effect: Effect | None


def cue_outcomes(cues: Iterable[Cue], tracks: Mapping[str, MetricTrack]) -> list[CueOutcome]:
    """Return the outcome of every due cue that was spoken or withheld at random, in the order of ``cues``.

    tracks: by metric, of ``session_tracks`` or ``record_tracks``; a cue about another metric has no answer.
    """
    due = (c for c in cues if c.kind is CueKind.CORRECT and c.withheld in ("", EXPERIMENT))
    return [_outcome_of(cue, tracks.get(cue.metric)) for cue in due]


def coached_run(run: SessionData, outcomes: Sequence[CueOutcome]) -> CoachedRun | None:
    """Return what a run with a target came to; None where no target was in force."""
    if not run.bands:
        return None
    spoken = [outcome for outcome in outcomes if not outcome.cue.withheld]
    return CoachedRun(in_band(session_tracks(run)), response(spoken), effect(outcomes))


def response(outcomes: Sequence[CueOutcome]) -> Response:
    """Return the median seconds to band and the share of cues that were answered within 15 s.

    A cue after which the runner never came back counts as later than all others.
    """
    n = len(outcomes)
    times = sorted(math.inf if e.to_band_s is None else e.to_band_s for e in outcomes)
    median = times[(n - 1) // 2] if times else math.inf
    answered = wilson(sum(e.answered for e in outcomes), n) if n else None
    return Response(n, median if math.isfinite(median) else None, answered)


def effect(outcomes: Sequence[CueOutcome]) -> Effect | None:
    """Return what speaking did; None without cues of both kinds.

    The interval of the difference of shares is method 10 of Newcombe 1998 (Stat Med 17:873), that of the
    change is Welch's.
    """
    spoken = [e for e in outcomes if not e.cue.withheld]
    withheld = [e for e in outcomes if e.cue.withheld == EXPERIMENT]
    if not spoken or not withheld:
        return None
    p = wilson(sum(e.answered for e in spoken), len(spoken))
    q = wilson(sum(e.answered for e in withheld), len(withheld))
    value = p.value - q.value
    answered = Interval(
        value,
        value - math.hypot(p.value - p.low, q.high - q.value),
        value + math.hypot(p.high - p.value, q.value - q.low),
    )
    return Effect(
        len(spoken),
        len(withheld),
        answered,
        _welch_difference(_measured_changes(spoken), _measured_changes(withheld)),
    )


def wilson(hits: int, n: int) -> Interval:
    """Return the share ``hits / n`` with Wilson's 95 % interval."""
    from scipy.stats import binomtest  # half a second to load, and only few sessions have cues

    found = binomtest(hits, n).proportion_ci(0.95, "wilson")
    return Interval(hits / n, float(found.low), float(found.high))


def _outcome_of(cue: Cue, track: MetricTrack | None) -> CueOutcome:
    if track is None:
        return CueOutcome(cue, (), None, None)
    before, change = _values_before(cue, track), None
    after = track.between(cue.t_s + _AFTER_S[0], cue.t_s + _AFTER_S[1])
    if before and len(after) and cue.target:
        change = 100 * (_mean(after.tolist()) - _mean(before)) / cue.target
        change = change if cue.fault is Fault.CADENCE_LOW else -change
    return CueOutcome(cue, before, _to_band_s(cue, track), change)


def _values_before(cue: Cue, track: MetricTrack) -> tuple[float, ...]:
    end = int(np.searchsorted(track.step_s, cue.t_s, side="right"))
    steps = track.step_values[max(0, end - _BEFORE_STEPS) : end]
    return tuple((steps if len(steps) else track.between(cue.t_s - _BEFORE_S, cue.t_s)).tolist())


def _to_band_s(cue: Cue, track: MetricTrack) -> float | None:
    """Seconds from the cue to the first at which the mean of the last 5 s was near enough to the target."""
    first, last = np.searchsorted(track.t_s, (cue.t_s, cue.t_s + _LOOK_S), side="right")
    for t_s in track.t_s[first:last].tolist():
        band = track.band(t_s)
        recent = track.between(t_s - _MEAN_S, t_s).tolist()
        if band is not None and _deviation_in_widths(cue.fault, _mean(recent), band) <= _WITHIN:
            return float(t_s - cue.t_s)
    return None


def _deviation_in_widths(fault: Fault | None, value: float, band: Band) -> float:
    """Deviation towards the fault, 1 at the edge of the band."""
    edge = band.low if fault is Fault.CADENCE_LOW else band.high
    return math.inf if edge is None else (value - band.target) / (edge - band.target)


def _measured_changes(outcomes: Sequence[CueOutcome]) -> list[float]:
    return [e.change_pct for e in outcomes if e.change_pct is not None]


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _welch_difference(a: Sequence[float], b: Sequence[float]) -> Interval | None:
    """Difference of means with Welch's interval; None without two different values on each side.

    Where all are alike the spread is not known: there would be an interval, of no width.
    """
    if min(len(set(a)), len(set(b))) < 2:
        return None
    from scipy.stats import ttest_ind

    found = ttest_ind(a, b, equal_var=False).confidence_interval(0.95)
    return Interval(_mean(a) - _mean(b), float(found.low), float(found.high))
