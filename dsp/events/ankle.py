"""Strides from an accelerometer above one ankle: no gyroscope, any mounting.

How it works
------------
The norm of the acceleration, low-passed below the step rate, swings once per *stride* about its own mean
of the second before and after.  Its upward crossing of that mean is the stride clock.  It is **armed**
where the norm was below the mean by ``arm_rms`` of its RMS, and the RMS is that of gait; it **fires** at
the first crossing after that, if the low was at most ``longest_rise`` of the stride time ago and
``refractory`` of it has passed since the last one.

A walker's norm swings twice a stride, nearly as much for the other leg's landing as for its own.  So the
stride time is not only what the clock itself has counted: at every crossing the **rhythm** of the last
seconds is asked (``dsp.rhythm``), which knows a stride from half a stride because the two halves of one
leg's stride differ.  While it is clear, it says how soon the clock may fire again.

Crossings in the first 0.4 s of a grid are not
believed: the filters still remember the made-up time before the first sample.

A crossing is certain when the mean after it is known, 1.4 s later.  It says when strides happen, not when
the foot lands: contact time and everything built on it are absent.  There is nothing to learn beforehand,
and nothing waits at the end.  A hole of up to ``bridge_s`` is bridged; a crossing that was made of too much
of it keeps the clock, but is not claimed.  ``passed`` of a contact counts the strides since the one before,
where samples between them were lost.  A longer hole begins new filters (``AnkleFilters``); the stride time
is kept.

``done_s`` is the last row, less the delay of the filters; ``due_s`` the earliest time of the next
crossing that can fire.  Any sample may move ``done_s``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from dsp.detector_feed import Detection
from dsp.events.grid_detector import GridDetector, GridState
from dsp.events.limits import check_limits
from dsp.filters import Block, Fir, History, Resampler, RunningMean, norms
from dsp.gait_evidence import EVIDENCE_RATE_HZ, lands
from dsp.models import MODELS, Models
from dsp.rhythm import shortest_period
from dsp.types import GRAVITY_MS2, Array, Contact, ImuChunk, Worn

_RATE_HZ = 100.0
_SWING, _SWAY, _NORM = 0, 1, 2  # History columns: the low-passed norm about its mean, mean square, norm
_FILLED = 3  # one where a row was bridged over lost samples
_OFF_BEAT, _MOST_STRIDES = 0.2, 3  # of a stride time; over more, nobody counts strides (choices)
_FEWEST_RHYTHM_S = 3.0
_SETTLE_S = 0.4  # the filters still remember the made-up time before the first sample


@dataclass(frozen=True, slots=True, kw_only=True)
class AnkleParams:
    """AnkleParams holds the stride clock: choices, checked against a hip on a real outdoor run."""

    cutoff_hz: float = 2.0  # between the rates of strides and steps
    drift_hz: float = 0.8  # slower than this is not gait
    sway_s: float = 1.5  # running mean square of the swing
    arm_rms: float = 0.5  # how far below the mean, in RMS, arms the clock
    least_rms_g: float = 0.05  # quieter than this is not gait
    landing_hz: float = 2.2  # a leg that lands is quicker (``lands``): walkers 2.9, pedals 1.4 to 2.1
    refractory: float = 0.6  # of the stride time
    longest_rise: float = 0.5  # of the stride time, from low to the crossing
    gain: float = 0.2  # per stride, of the stride time
    rhythm_s: float = 4.0  # the rhythm is that of the last so many seconds; of three at least
    first_stride_s: float = 0.72  # first guess of the stride time
    shortest_stride_s: float = 0.45  # 267 steps/min: shorter and longer ones do not move the stride time
    longest_stride_s: float = 1.4  # 86 steps/min
    ic_sd_s: float = 0.03
    bridge_s: float = 0.25  # of lost samples that the grid goes on over, as at the feet
    near_s: float = 0.2  # before and after a crossing lie the rows that it is made of most (a choice)
    filled_s: float = 0.13  # of these bridged: more, and it is not claimed (a choice)

    def __post_init__(self) -> None:
        check_limits(
            self,
            cutoff_hz=(1.0, 5.0),
            drift_hz=(0.2, 1.0),
            sway_s=(0.5, 10.0),
            arm_rms=(0.05, 2.0),
            least_rms_g=(0.0, 1.0),
            landing_hz=(0.0, 10.0),
            refractory=(0.1, 0.95),
            longest_rise=(0.1, 1.0),
            gain=(0.0, 1.0),
            rhythm_s=(3.0, 8.0),
            first_stride_s=(0.4, 1.4),
            shortest_stride_s=(0.2, 0.7),
            longest_stride_s=(0.8, 3.0),
            ic_sd_s=(0.0, 0.5),
            bridge_s=(0.1, 0.4),
            near_s=(0.0, 0.4),
            filled_s=(0.0, 0.4),
        )


@dataclass(slots=True, kw_only=True)
class AnkleFilters:
    """AnkleFilters holds what the filters of the current grid remember; a hole starts new ones."""

    slow: Fir
    drift: Fir
    sway: RunningMean
    late: Array | None = None  # what the drift filter has not seen the other half of
    searched: int = 0  # rows of the grid that were searched for crossings

    @classmethod
    def begin(cls, p: AnkleParams) -> AnkleFilters:
        """Return filters that have seen nothing yet."""
        return cls(
            slow=Fir(p.cutoff_hz, _RATE_HZ),
            drift=Fir(p.drift_hz, _RATE_HZ),
            sway=RunningMean(p.sway_s, _RATE_HZ),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class AnkleCoefficients:
    """AnkleCoefficients holds the delays of the filters that follow from the settings."""

    drift_rows: int
    delay_s: float  # of both low-passes, which the clock waits for

    @classmethod
    def from_params(cls, p: AnkleParams) -> AnkleCoefficients:
        """Return the coefficients that follow from these settings."""
        filters = AnkleFilters.begin(p)
        return cls(drift_rows=filters.drift.delay, delay_s=filters.slow.delay_s + filters.drift.delay_s)


@dataclass(slots=True, kw_only=True)
class AnkleState(GridState):
    """AnkleState holds everything that changes in the detector of an ankle sensor."""

    filters: AnkleFilters
    stride_s: float  # smoothed stride time
    fired_s: float = -math.inf  # the last crossing that was a stride's
    claimed_s: float = -math.inf  # the last of these that was claimed
    armed_s: float = -math.inf  # when the norm was last far enough below its mean

    @classmethod
    def begin(cls, p: AnkleParams) -> AnkleState:
        """Return the state before the first sample."""
        return cls(
            resampler=Resampler(_RATE_HZ, p.bridge_s, straight_s=0.1),
            history=History(_RATE_HZ, 4, keep_s=2.0 + p.rhythm_s),
            filters=AnkleFilters.begin(p),
            stride_s=p.first_stride_s,
        )


class AnkleDetector(GridDetector[AnkleState]):
    """A detector from an ankle accelerometer's chunks to contacts (``ic_s``: the stride clock) and gaps.

    Features of a contact, where samples since the one before were lost: ``passed``, the strides since (0:
    nobody knows), and ``missed`` where these are not known to be one.
    """

    def __init__(self, worn: Worn, _: Models = MODELS, params: AnkleParams | None = None) -> None:
        self.params = params or AnkleParams()
        self._coefficients = AnkleCoefficients.from_params(self.params)
        super().__init__(worn, AnkleState.begin(self.params))

    def finish(self) -> Detection:
        """Return nothing: a stride whose other side is not known yet is not believed."""
        return []

    def _grid_columns(self, chunk: ImuChunk) -> Array:
        return chunk.acc_ms2

    def _detect_in_block(self, block: Block) -> Detection:
        s = self.state
        if block.fresh:
            s.filters = AnkleFilters.begin(self.params)
            s.history.restart(block.t0_s)
        f = s.filters
        norm = norms(block.x) / GRAVITY_MS2
        slow = f.slow.push(norm)
        if f.late is None:
            f.late = np.full(self._coefficients.drift_rows, slow[0])
        waiting = np.concatenate((f.late, slow))
        swing = waiting[: len(slow)] - f.drift.push(slow)
        f.late = waiting[len(slow) :]
        s.history.append(swing, f.sway.push(swing**2), norm, block.filled)
        return [*self._search_crossings()]

    def _search_crossings(self) -> list[Contact]:
        """Walk over the crossings in the rows that are new."""
        s, p, delay_s = self.state, self.params, self._coefficients.delay_s
        h = s.history
        first = max(s.filters.searched - 1, h.start)
        rows = h.rows(first, h.end)
        y, rms = rows[:, _SWING], np.sqrt(rows[:, _SWAY])
        armed = np.flatnonzero((y[1:] < -p.arm_rms * rms[1:]) & (rms[1:] > p.least_rms_g)) + 1
        out: list[Contact] = []
        for i in np.flatnonzero((y[:-1] < 0) & (y[1:] >= 0)):
            before = armed[armed <= i]
            if len(before):
                s.armed_s = h.time(first + int(before[-1])) - delay_s
            at = h.time(first + i + y[i] / (y[i] - y[i + 1])) - delay_s
            if at >= h.t0_s + _SETTLE_S:
                out += self._contact_of_crossing(at, first + int(i))
        if len(armed):
            s.armed_s = h.time(first + int(armed[-1])) - delay_s
        s.filters.searched = h.end
        s.done_s = h.time(h.end - 1) - delay_s
        s.due_s = s.fired_s + p.refractory * s.stride_s + delay_s
        return out

    def _contact_of_crossing(self, at_s: float, row: int) -> list[Contact]:
        """The contact of a crossing that was seen at ``row``, if it is a stride's."""
        s, p, w = self.state, self.params, self.worn
        recent = self._recent_norms(row)
        rhythm_s = self._rhythm_s(recent)
        since, stride_s = at_s - s.fired_s, rhythm_s or s.stride_s
        low = max(s.fired_s, at_s - p.longest_rise * stride_s)
        if not (s.armed_s > low and since > p.refractory * stride_s):
            return []
        if not lands(recent[:: round(_RATE_HZ / EVIDENCE_RATE_HZ)], p.landing_hz):
            return []
        last, s.fired_s = s.fired_s, at_s
        if self._lost_s(at_s - p.near_s, at_s + p.near_s) > p.filled_s:
            return []
        holed = last != s.claimed_s or self._lost_s(last, at_s) > 0
        if p.shortest_stride_s < since < p.longest_stride_s and not holed:
            s.stride_s += p.gain * (since - s.stride_s)
        features = self._strides_passed(at_s, stride_s) if holed else {}
        s.claimed_s = at_s
        known_s = at_s + self._coefficients.delay_s
        return [Contact(w.sensor, w.placement, w.side, at_s, None, p.ic_sd_s, None, known_s, 0.0, features)]

    def _lost_s(self, start_s: float, stop_s: float) -> float:
        """For how long samples between two times were lost, as far back as rows are held."""
        h = self.state.history
        first, last = (max(0.0, (t - h.t0_s) * _RATE_HZ) for t in (start_s, stop_s))
        return h.filled_s(first, last, _FILLED)

    def _strides_passed(self, at_s: float, stride_s: float) -> dict[str, float]:
        """How many strides have ``passed`` since the last claimed one; empty where a grid began since."""
        s = self.state
        if s.claimed_s < s.history.t0_s:
            return {}
        beats = (at_s - s.claimed_s) / stride_s
        n = max(1, round(beats))
        passed = float(n if abs(beats - n) < _OFF_BEAT and n <= _MOST_STRIDES else 0)
        return {"passed": passed} if passed == 1 else {"passed": passed, "missed": 1.0}

    def _recent_norms(self, row: int) -> Array:
        """The norms of the seconds before a row, in g."""
        h = self.state.history
        start = max(h.start, row - round(self.params.rhythm_s * _RATE_HZ))
        return h.rows(start, row)[:, _NORM]

    def _rhythm_s(self, norms_g: Array) -> float | None:
        """The stride time that the last norms repeat at; None where they hardly do."""
        p = self.params
        if len(norms_g) < _FEWEST_RHYTHM_S * _RATE_HZ:
            return None
        return shortest_period(norms_g, _RATE_HZ, p.shortest_stride_s, p.longest_stride_s)
