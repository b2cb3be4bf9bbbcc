"""Strides from an accelerometer above one ankle: no gyroscope, any mounting.

The norm of the acceleration, low-passed below the step rate, swings once per *stride* about its own
mean of the second before and after; its upward crossing is the stride clock.  It says when strides
happen, not when the foot lands: contact time and everything built on it are absent.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from dsp.filters import Block, Fir, History, Hole, Resampler, RunningMean, norms
from dsp.models import MODELS, Models
from dsp.types import GRAVITY_MS2, Array, Contact, Gap, ImuChunk, Worn

_RATE_HZ = 100.0
SWING, SWAY = 0, 1  # History columns: the low-passed norm about its mean, and its mean square
SETTLE_S = 0.4  # the filters still remember the made-up time before the first sample


@dataclass(frozen=True, slots=True, kw_only=True)
class AnkleParams:
    """Stride clock at the ankle (choices; checked against a hip on a real outdoor run)."""

    cutoff_hz: float = 2.0
    drift_hz: float = 0.8  # slower than this is not gait
    arm_rms: float = 0.5
    least_rms_g: float = 0.05
    refractory: float = 0.6  # of the stride time
    longest_rise: float = 0.5  # of the stride time, from low to the crossing
    first_stride_s: float = 0.72
    ic_sd_s: float = 0.03


class AnkleStage:
    """Chunks of one ankle accelerometer to contacts (``ic_s`` is the stride clock) and gaps."""

    def __init__(self, worn: Worn, _: Models = MODELS, params: AnkleParams | None = None) -> None:
        self.worn = worn
        self._p = params or AnkleParams()
        self._resampler = Resampler(_RATE_HZ)
        self._history = History(_RATE_HZ, 2, keep_s=4.0)
        self._stride_s = self._p.first_stride_s
        self._fired_s = self._armed_s = -math.inf
        self.done_s = self.due_s = self.still_s = -math.inf
        self._start_filters()

    def _start_filters(self) -> None:
        self._slow, self._drift = Fir(self._p.cutoff_hz, _RATE_HZ), Fir(self._p.drift_hz, _RATE_HZ)
        self._late: Array | None = None  # what the drift filter has not seen the other half of
        self._sway = RunningMean(1.5, _RATE_HZ)
        self._seen = 0

    def push(self, chunk: ImuChunk) -> list[Contact | Gap]:
        """Stride clocks these samples complete (1.4 s after the crossing)."""
        out: list[Contact | Gap] = []
        for piece in self._resampler.push(chunk.t_s, chunk.acc_ms2):
            if isinstance(piece, Hole):
                out.append(Gap(self.worn.sensor, piece.start_s, piece.end_s))
            else:
                out += self._block(piece)
        return out

    def finish(self) -> list[Contact | Gap]:
        """Nothing more."""
        return []

    def _block(self, block: Block) -> list[Contact]:
        if block.fresh:
            self._start_filters()
            self._history.restart(block.t0_s)
        slow = self._slow.push(norms(block.x) / GRAVITY_MS2)
        if self._late is None:
            self._late = np.full(self._drift.delay, slow[0])
        waiting = np.concatenate((self._late, slow))
        swing = waiting[: len(slow)] - self._drift.push(slow)
        self._late = waiting[len(slow) :]
        self._history.append(swing, self._sway.push(swing**2))
        return self._search()

    @property
    def _delay_s(self) -> float:
        return self._slow.delay_s + self._drift.delay_s

    def _search(self) -> list[Contact]:
        h, p = self._history, self._p
        first = max(self._seen - 1, h.start)
        rows = h.rows(first, h.end)
        y, rms = rows[:, SWING], np.sqrt(rows[:, SWAY])
        armed = np.flatnonzero((y[1:] < -p.arm_rms * rms[1:]) & (rms[1:] > p.least_rms_g)) + 1
        out: list[Contact] = []
        for i in np.flatnonzero((y[:-1] < 0) & (y[1:] >= 0)):
            before = armed[armed <= i]
            if len(before):
                self._armed_s = h.time(first + int(before[-1])) - self._delay_s
            at = h.time(first + i + y[i] / (y[i] - y[i + 1])) - self._delay_s
            since = at - self._fired_s
            if at < h.t0_s + SETTLE_S:
                continue
            low = max(self._fired_s, at - p.longest_rise * self._stride_s)
            if self._armed_s > low and since > p.refractory * self._stride_s:
                if 0.45 < since < 1.4:
                    self._stride_s += 0.2 * (since - self._stride_s)
                self._fired_s = at
                out.append(self._contact(at))
        if len(armed):
            self._armed_s = h.time(first + int(armed[-1])) - self._delay_s
        self._seen = h.end
        self.done_s = h.time(h.end - 1) - self._delay_s
        self.due_s = self._fired_s + p.refractory * self._stride_s + self._delay_s
        return out

    def _contact(self, at_s: float) -> Contact:
        w = self.worn
        known = at_s + self._delay_s
        return Contact(w.sensor, w.placement, w.side, at_s, None, self._p.ic_sd_s, None, known)
