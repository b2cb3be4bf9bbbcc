"""Contacts from an IMU on the shoe: mid-swing, mid-stance, initial contact, toe-off, stride speed.

Every decision rests on a fixed stretch of samples after it, so chunks never matter; a contact is
known about 0.1 s after toe-off.  While the axes are being learned (the first strides) samples are
kept and their contacts delivered afterwards.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dsp.events.foot_axes import FootAxes
from dsp.events.foot_features import (
    Stance,
    at,
    landing_terms,
    lift_off_terms,
    rest_row,
    slap_row,
    slide_mps,
    stance,
    tipped_row,
)
from dsp.events.foot_stride import StrideMeter, mid_stances, stillness
from dsp.filters import Block, History, Hole, Resampler, along
from dsp.models import MODELS, Models
from dsp.orientation import track
from dsp.types import Array, Contact, Gap, ImuChunk, Readiness, Worn

_RATE_HZ = 200.0
ACC, GYR, FILLED = slice(0, 3), slice(3, 6), 6
LOOK_AHEAD_S = 0.085  # after the foot has tipped: all of the toe-off features


@dataclass(frozen=True, slots=True, kw_only=True)
class FootParams:
    """Segmentation of strides (Fukuchi 2017 virtual IMUs: no stance missed, none invented)."""

    swing_dps: float = 400.0  # first guess of the mid-swing peak
    stride_s: float = 0.70  # first guess of the stride time
    least_dps: float = 120.0  # no swing is slower


class FootStage:
    """Chunks of one foot sensor to contacts, gaps and readiness.

    Features of a contact: the terms of ``foot_features``, ``at_s`` (foot slap), ``tipped_s``,
    ``stride_s`` (smoothed stride time), ``swing_dps``, and once a whole stride is known ``speed_mps``,
    ``stride_length_m``, ``slope_pct``, ``foot_strike_deg`` and ``pitch_ic_deg``, about the foot's own axis.
    """

    def __init__(self, worn: Worn, models: Models = MODELS, params: FootParams | None = None) -> None:
        self.worn = worn
        self._models = models
        self._p = params or FootParams()
        self._resampler = Resampler(_RATE_HZ)
        self._history = History(_RATE_HZ, 7, keep_s=16.0)
        self._axes = FootAxes()
        self._meter = StrideMeter(_RATE_HZ)
        self._stride_s, self._peak_dps, self._still = self._p.stride_s, self._p.swing_dps, 60.0
        self._ended = False  # no more samples will come
        self.done_s = self.due_s = self.still_s = -math.inf
        self._begin_grid()

    def _begin_grid(self) -> None:
        self._cursor = 2  # next row to be looked at for a mid-swing
        self._swing: int | None = None  # mid-swing whose stance is not finished
        self._need = 0  # rows without which it cannot be
        self._last_swing: int | None = None
        self._try_at = round(2.5 * _RATE_HZ)  # rows at which the next attempt to find the axes is due
        self._earliest = 0  # row of the last change of the mount
        self._meter.forget()

    def push(self, chunk: ImuChunk) -> list[Contact | Gap | Readiness]:
        """Contacts that these samples complete."""
        if chunk.gyr_rads is None:
            raise ValueError(f"{self.worn.sensor}: a foot sensor needs a gyroscope; wear it as 'ankle'")
        out: list[Contact | Gap | Readiness] = []
        for piece in self._resampler.push(chunk.t_s, np.hstack((chunk.acc_ms2, chunk.gyr_rads))):
            if isinstance(piece, Hole):
                out.append(Gap(self.worn.sensor, piece.start_s, piece.end_s))
            else:
                out += self._block(piece)
        return out

    def finish(self) -> list[Contact | Gap | Readiness]:
        """The last stance, if its toe-off was seen; a short recording learns its axes from one stride."""
        h, self._ended = self._history, True
        short = not self._axes.have and h.end - h.start >= _RATE_HZ
        if short and not self._learn(h.start, h.end, least=1):
            return []
        return self._decide() if self._axes.have else []

    def _block(self, block: Block) -> list[Contact | Gap | Readiness]:
        if block.fresh:
            self._history.restart(block.t0_s)
            self._begin_grid()
        self._history.append(block.x, block.filled)
        return self._decide()

    def _decide(self) -> list[Contact | Gap | Readiness]:
        """All decisions the samples so far allow."""
        out: list[Contact | Gap | Readiness] = []
        while self._axes.have or self._find_axes():
            made = self._step()
            if made is None:
                break
            out += made
        self._say_when()
        return out

    def _say_when(self) -> None:
        """How far everything is decided, and when more can be."""
        h, learned = self._history, bool(self._axes.have)
        row, need = max(self._cursor, h.start), self._try_at
        if learned and self._swing is None:
            need = row + self._close_at()
        elif self._swing is not None:
            row, need = self._swing, self._need
        self.done_s, self.due_s = h.time(row), h.time(need - 1)
        self.still_s = -math.inf if learned and self._swing is None else self.due_s

    def _close_at(self) -> int:
        """Rows from a mid-swing until its stance can be looked at."""
        return round(0.60 * self._stride_s * _RATE_HZ) + 3

    def _find_axes(self) -> bool:
        """From candidate mid-stances of the last 12 s; True when enough strides agree."""
        h = self._history
        while self._try_at <= h.end:
            stop, self._try_at = self._try_at, self._try_at + round(0.5 * _RATE_HZ)
            start = max(self._earliest, stop - round(12 * _RATE_HZ), h.start)
            if self._learn(start, stop, least=3):
                return True
            self._cursor = max(self._cursor, start + 2)
        return False

    def _learn(self, start: int, stop: int, least: int) -> bool:
        """Axes from the strides between two rows, if there are at least so many."""
        rows = self._history.rows(start, stop)
        for a, b in mid_stances(rows[:, ACC], rows[:, GYR], _RATE_HZ):
            stride = track(rows[a : b + 1, ACC], rows[a : b + 1, GYR], 1 / _RATE_HZ)
            self._axes.learn(stride, 0, b + 1 - a)
        if self._axes.have < least:
            self._axes.reset()
            return False
        self._axes.have = min(self._axes.have, 4)
        self._cursor = max(self._cursor, start + 2)
        return True

    def _step(self) -> list[Contact | Readiness] | None:
        """One decision: the next mid-swing, or the stance after it; None until more has come."""
        if self._swing is None:
            return [] if self._find_swing() else None
        return self._close(self._swing)

    def _rate_of_pitch(self, start: int, stop: int) -> Array:
        axes = self._axes.axes()
        assert axes is not None
        return np.asarray(-np.degrees(along(self._history.rows(start, stop)[:, GYR], axes.left)))

    def _find_swing(self) -> bool:
        """The first peak of the smoothed pitch rate that is high enough, and the highest near it."""
        h = self._history
        self._cursor = max(self._cursor, h.start + 2)
        stop = min(h.end, self._cursor + round(2 * _RATE_HZ))
        if stop - self._cursor < 6:
            return False
        w = np.convolve(self._rate_of_pitch(self._cursor - 2, stop), np.array([1, 2, 3, 2, 1]) / 9, "valid")
        peaks = np.flatnonzero((w[1:-1] > w[:-2]) & (w[1:-1] >= w[2:])) + 1
        high = peaks[w[peaks] > self._threshold(self._cursor + peaks)]
        if len(high) == 0:
            self._cursor += len(w) - 2
            return stop < h.end
        i, near = int(high[0]), round(0.12 * _RATE_HZ)
        while True:
            if i + near + 2 > len(w):
                self._cursor += max(0, int(high[0]) - 1)
                return stop < h.end
            rivals = peaks[(peaks > i) & (peaks <= i + near)]
            if len(rivals) == 0 or w[rivals].max() <= w[i]:
                break
            i = int(rivals[np.argmax(w[rivals])])
        self._swing, self._swing_dps = self._cursor + i, float(w[i])
        return True

    def _threshold(self, rows: NDArray[np.int64]) -> Array:
        """Half the usual peak, halved again with every stride time that passes without one."""
        late = np.zeros(len(rows))
        if self._last_swing is not None:
            late = np.maximum(0.0, (rows - self._last_swing) / (self._stride_s * _RATE_HZ) - 1.5)
        return np.asarray(np.maximum(self._p.least_dps, 0.5 * self._peak_dps * 0.5**late))

    def _close(self, swing: int) -> list[Contact | Readiness] | None:
        """Mid-stance, then contact and toe-off, once their samples are there."""
        h = self._history
        first, self._need = swing + round(0.143 * self._stride_s * _RATE_HZ), swing + self._close_at()
        if self._ended:
            self._need = min(self._need, h.end)
        if h.end < self._need or self._need - 3 <= first:
            return None
        still = stillness(h.rows(first - 2, self._need))
        zv = first + int(np.argmin(still))
        if still.min() > max(200.0, 4 * self._still):
            return self._reject(swing)
        limit = zv + round((0.40 if self._stride_s < 0.95 else 0.65) * _RATE_HZ)
        axes = self._axes.axes()
        assert axes is not None
        look = round(LOOK_AHEAD_S * _RATE_HZ)
        rows = h.rows(swing, min(h.end, limit + look))
        seen = stance(rows[:, ACC], rows[:, GYR], axes, zv - swing, _RATE_HZ)
        tipped = tipped_row(seen)
        if tipped is None or tipped > limit - 1 - swing:
            self._need = h.end + look
            return self._reject(swing) if h.end >= limit else None
        self._need = need = swing + math.ceil(tipped) + look
        if self._ended and h.end >= swing + tipped + 0.03 * _RATE_HZ:
            need = min(need, h.end)
        if h.end < need:
            return None
        self._still += 0.2 * (float(still.min()) - self._still)
        return self._contact(swing, seen.until(need - swing), tipped, need)

    def _reject(self, swing: int) -> list[Contact | Readiness]:
        """No stance followed: it was not a mid-swing; look on right behind it."""
        self._swing, self._cursor = None, swing + round(0.05 * _RATE_HZ)
        return []

    def _contact(self, swing: int, s: Stance, tipped: float, need: int) -> list[Contact | Readiness]:
        h, m = self._history, self._models
        self._follow(swing)
        slap, t0 = slap_row(s), h.time(swing)
        features = {
            "at_s": t0 + slap / _RATE_HZ,
            "tipped_s": t0 + tipped / _RATE_HZ,
            "stride_s": self._stride_s,
            "swing_dps": self._swing_dps,
        }
        features |= landing_terms(s, slap) | lift_off_terms(s, tipped)
        ic = slap + m.foot_ic_ms.value(features) * 1e-3 * _RATE_HZ
        to = tipped + m.foot_to_ms.value(features) * 1e-3 * _RATE_HZ
        if not 0.08 < (to - ic) / _RATE_HZ < 1.2:
            return self._reject(swing)
        ic0, to0 = slap - 0.0105 * _RATE_HZ, tipped + 0.0186 * _RATE_HZ
        features |= self._meter.stride(
            h, self._axes, swing + s.zv, swing + rest_row(ic0, to0), slide_mps(s, ic0, to0)
        )
        self._axes.learn_push_off(h.rows(swing + s.zv + 4, swing + round(tipped) + 4)[:, GYR])
        if "speed_mps" in features:
            features["pitch_ic_deg"] = at(s.foot_pitch_deg, ic)
            features["foot_strike_deg"] = m.foot_strike_deg.value(features)
        if "rise_pct" in features:
            features["slope_pct"] = m.foot_slope_pct.value(features)
        filled = float(h.rows(swing, need)[:, FILLED].sum()) / _RATE_HZ
        contact = Contact(
            self.worn.sensor, self.worn.placement, self.worn.side, t0 + ic / _RATE_HZ, t0 + to / _RATE_HZ,
            m.foot_ic_ms.sd / 1e3, m.foot_to_ms.sd / 1e3, h.time(need - 1), filled, features,
        )  # fmt: skip
        return [contact, *self._readiness(need)]

    def _readiness(self, need: int) -> list[Readiness]:
        """How far the axes are learned, as long as that changes; a moved mount starts anew."""
        h, have = self._history, self._axes.have
        if self._axes.shifted:
            self._axes.reset()
            self._meter.forget()
            self._earliest, self._try_at = need, need + round(2.5 * _RATE_HZ)
            return [Readiness(h.time(need - 1), self.worn.sensor, 0, FootAxes.need, shifted=True)]
        if have <= FootAxes.need:
            return [Readiness(h.time(need - 1), self.worn.sensor, have, FootAxes.need)]
        return []

    def _follow(self, swing: int) -> None:
        """Adapt stride time and usual peak; go on behind this mid-swing."""
        if self._last_swing is not None:
            stride = (swing - self._last_swing) / _RATE_HZ
            if 0.4 < stride < 1.7:
                self._stride_s += 0.2 * (stride - self._stride_s)
        self._peak_dps += 0.2 * (min(self._swing_dps, 1.5 * self._peak_dps) - self._peak_dps)
        self._last_swing, self._swing = swing, None
        self._cursor = swing + round(0.55 * self._stride_s * _RATE_HZ)
