"""Contacts from an IMU on the shank: swing peak, then contact and toe-off of the pitch rate.

What the marks found here say about contact and toe-off is in ``dsp.models``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from dsp.events.foot_features import crossing, extremum
from dsp.filters import Block, Fir, History, Hole, Resampler, along
from dsp.models import MODELS, Models, best
from dsp.orientation import attitudes
from dsp.types import GRAVITY_MS2, Array, Contact, Gap, ImuChunk, Readiness, Worn

_RATE_HZ = 200.0
LEARN_S = 3.0  # of rotation tell its axis
LOOK_S, LOST_S = 2.0, 4.0  # how often the axis is looked at again; sooner or later without a swing
ACC, GYR, FILLED = slice(0, 3), slice(3, 6), 6


@dataclass(frozen=True, slots=True, kw_only=True)
class ShankParams:
    """Segmentation (checked, unchanged, on Hamner 2013: no step missed, none invented)."""

    swing_dps: float = 350.0
    stride_s: float = 0.70
    least_dps: float = 100.0
    level: float = 0.35  # of the usual swing peak
    moved_deg: float = 25.0  # an axis this far from the learned one is that of a moved mount


class ShankStage:
    """Chunks of one shank sensor to contacts, gaps and readiness.

    Features: ``at_s`` (mean of the three marks of contact), ``stride_s``, ``swing_dps``, ``span_ms`` (from
    there to the mark of toe-off), ``shank_deg`` (inclination at contact, + = ankle ahead of the knee),
    ``shock_g`` (largest acceleration near contact).
    """

    need = 6

    def __init__(self, worn: Worn, models: Models = MODELS, params: ShankParams | None = None) -> None:
        self.worn = worn
        self._models = models
        self._p = params or ShankParams()
        self._resampler = Resampler(_RATE_HZ)
        self._history = History(_RATE_HZ, 7, keep_s=12.0)
        self._low = Fir(20.0, _RATE_HZ)
        self._axis: Array | None = None
        self._long: Array = np.zeros(3)
        self._mean: Array = np.zeros(3)
        self._stride_s, self._peak_dps = self._p.stride_s, self._p.swing_dps
        self._have = 0
        self._ended = False  # no more samples will come
        self.done_s = self.due_s = self.still_s = -math.inf
        self._begin_grid()

    def _begin_grid(self) -> None:
        self._cursor = 1
        self._swings: list[int] = []
        self._candidate: int | None = None
        self._swing: int | None = None
        self._try_at = round(LEARN_S * _RATE_HZ)
        self._checked = self._earliest = 0  # row of the last look at the mount; of the last change of it
        self._off = 0  # looks in a row that found the axis elsewhere

    def push(self, chunk: ImuChunk) -> list[Contact | Gap | Readiness]:
        """Contacts these samples complete (about 0.15 s after toe-off)."""
        if chunk.gyr_rads is None:
            raise ValueError(f"{self.worn.sensor}: a shank sensor needs a gyroscope; wear it as 'ankle'")
        out: list[Contact | Gap | Readiness] = []
        for piece in self._resampler.push(chunk.t_s, np.hstack((chunk.acc_ms2, chunk.gyr_rads))):
            if isinstance(piece, Hole):
                out.append(Gap(self.worn.sensor, piece.start_s, piece.end_s))
            else:
                out += self._block(piece)
        return out

    def finish(self) -> list[Contact | Gap | Readiness]:
        """The last stance, if its toe-off was still seen."""
        if self._axis is None:
            return []
        self._ended = True
        return list(self._decide())

    def _block(self, block: Block) -> list[Contact | Readiness]:
        h = self._history
        if block.fresh:
            self._low = Fir(20.0, _RATE_HZ)
            h.restart(block.t0_s - self._low.delay_s)
            self._begin_grid()
        h.append(self._low.push(block.x), block.filled)
        return self._decide()

    def _decide(self) -> list[Contact | Readiness]:
        """All decisions the samples so far allow."""
        out: list[Contact | Readiness] = []
        while self._axis is not None or self._find_axis():
            made = self._close(self._swing) if self._swing is not None else self._find_swing()
            if made is None:
                break
            out += made
        self._say_when()
        return out

    def _say_when(self) -> None:
        """How far everything is decided, and when more can be."""
        h, learned = self._history, self._axis is not None
        row = self._swing if self._swing is not None else max(self._cursor, h.start)
        need = row + self._close_at() if learned else self._try_at
        self.done_s, self.due_s = h.time(row), h.time(need - 1) + self._low.delay_s
        self.still_s = -math.inf if learned and self._swing is None else self.due_s

    def _close_at(self) -> int:
        """Rows from a swing until its stance can be looked at."""
        return round((0.15 + 0.75) * self._stride_s * _RATE_HZ)

    def _find_axis(self) -> bool:
        """Principal axis of rotation of the last 3 s; the swing forward takes less time."""
        h = self._history
        while self._try_at <= h.end:
            stop, self._try_at = self._try_at, self._try_at + round(_RATE_HZ)
            axis = self._principal(stop)
            if axis is None:
                continue
            rows = h.rows(max(h.start, stop - round(LEARN_S * _RATE_HZ)), stop)
            w = along(rows[:, GYR], axis)
            self._axis = axis
            self._stride_s = _period_s(w, 0.5, 1.2)
            self._peak_dps = max(self._p.least_dps, math.degrees(float(w.max())))
            self._mean = rows[:, ACC].mean(axis=0)
            self._long = _long_axis(self._mean, axis)
            self._cursor = max(1, h.start + 1, stop - round(9 * _RATE_HZ), self._earliest)
            return True
        return False

    def _principal(self, stop: int) -> Array | None:
        """Principal axis of rotation before a row, the swing forward positive; None where there is none."""
        h = self._history
        gyr = h.rows(max(h.start, stop - round(LEARN_S * _RATE_HZ)), stop)[:, GYR]
        values, vectors = np.linalg.eigh(gyr.T @ gyr / len(gyr))
        if values[-1] < 4 * values[-2] or values[-1] < 2.0:
            return None
        axis: Array = vectors[:, -1]
        return -axis if np.median(gyr @ axis) > 0 else axis  # the swing is the shorter way round

    def _look(self, row: int) -> list[Readiness]:
        """Does the shank still turn about the axis that was learned?  Twice no: the mount has moved."""
        self._checked = row
        axis = self._principal(row)
        assert self._axis is not None
        if axis is None or axis @ self._axis > math.cos(math.radians(self._p.moved_deg)):
            self._off = 0
            return []
        self._off += 1
        if self._off < 2:
            return []
        self._axis, self._swing, self._swings, self._candidate = None, None, [], None
        self._off, self._have, self._try_at, self._earliest = 0, 0, row, row
        known = self._history.time(row - 1) + self._low.delay_s
        return [Readiness(known, self.worn.sensor, 0, self.need, shifted=True)]

    def _rate(self, start: int, stop: int) -> Array:
        assert self._axis is not None
        return np.asarray(np.degrees(along(self._history.rows(start, stop)[:, GYR], self._axis)))

    def _find_swing(self) -> list[Contact | Readiness] | None:
        h, near = self._history, round(0.12 * _RATE_HZ)
        self._cursor = max(self._cursor, h.start + 1)
        look = max(self._checked, self._swings[-1] if self._swings else 0) + round(LOST_S * _RATE_HZ)
        stop = min(h.end, self._cursor + round(2 * _RATE_HZ), look)
        if stop - self._cursor < near + 3:
            return list(self._look(look)) if stop == look else None
        w = self._rate(self._cursor - 1, stop)
        rows = np.arange(self._cursor - 1, stop)
        late = np.zeros(len(w))
        if self._swings:
            late = np.maximum(0, (rows - self._swings[-1]) / (self._stride_s * _RATE_HZ) - 1.5)
        level = np.maximum(self._p.least_dps, 0.5 * self._peak_dps * 0.5**late)
        peak = np.flatnonzero((w[1:-1] > w[:-2]) & (w[1:-1] >= w[2:]) & (w[1:-1] > level[1:-1])) + 1
        if len(peak) == 0:
            self._cursor += len(w) - 3
            return [] if stop < h.end else None
        i = int(peak[0])
        if i + near + 1 > len(w):
            self._cursor += max(0, i - 1)
            return [] if stop < h.end else None
        i += int(np.argmax(w[i : i + near]))
        swing = self._cursor - 1 + i
        if w[i] > 2 * self._peak_dps:  # a knock, not a swing; but if it goes on, believe it
            self._peak_dps *= 1.1
            self._cursor = swing + round(0.06 * _RATE_HZ)
            return []
        self._swing, self._swing_dps = swing, float(w[i])
        return []

    def _close(self, swing: int) -> list[Contact | Readiness] | None:
        need = swing + self._close_at()
        h = self._history
        if h.end < need:
            if not self._ended or h.end - swing < 0.3 * _RATE_HZ:
                return None
            need = h.end
        w = self._rate(swing, need)
        found = self._events(w, h.rows(swing, need)[:, ACC])
        if found is None:
            self._adapt(swing)  # a wrong stride time must not keep itself alive
            self._swing, self._cursor = None, swing + round(0.1 * _RATE_HZ)
            return []
        return self._contact(swing, need, *found)

    def _events(self, w: Array, acc: Array) -> tuple[float, float] | None:
        """Raw contact (mean of three features) and raw toe-off, in rows after the swing peak."""
        level = -self._p.level * self._peak_dps
        zero = crossing(w[: round(0.3 * _RATE_HZ)], 0.0, rising=False)
        if zero is None:
            return None
        z = math.ceil(zero)
        t2 = extremum(w, z + int(np.argmin(w[z : z + round(0.15 * _RATE_HZ)])))
        t1 = crossing(w[z - 1 : round(t2) + 1], level, rising=False)
        axial = acc @ self._long / GRAVITY_MS2
        start = max(0, round(t2 - 0.08 * _RATE_HZ))
        t3 = crossing(axial[start : round(t2 + 0.06 * _RATE_HZ)], 1.2, rising=True)
        marks = [t2] + ([z - 1 + t1] if t1 is not None else []) + ([start + t3] if t3 is not None else [])
        ic = sum(marks) / len(marks)
        first, last = (round(ic + k * self._stride_s * _RATE_HZ) for k in (0.10, 0.50))
        top = first + int(np.argmax(w[first:last])) if last > first else 0
        off = crossing(w[top:], level, rising=False)
        return None if off is None or last <= first else (ic, top + off)

    def _contact(self, swing: int, need: int, raw_ic: float, raw_to: float) -> list[Contact | Readiness]:
        h, m, w = self._history, self._models, self.worn
        self._follow(swing)
        span = (raw_to - raw_ic) / _RATE_HZ
        if not 0.08 < span < 1.0:
            return []
        features = {
            "at_s": h.time(swing + raw_ic),
            "stride_s": self._stride_s,
            "swing_dps": self._swing_dps,
            "span_ms": 1e3 * span,
        }
        shift_s = m.shank_ic_ms.value(features) / 1e3
        ic_s = features["at_s"] + shift_s
        lean = self._inclination(swing, swing + raw_ic + shift_s * _RATE_HZ)
        if lean is not None:
            features["lean_deg"] = lean
            features["shank_deg"] = m.shank_deg.value(features)
        contact = best(features, m.shank_contact_ms_with_lean, m.shank_contact_ms)
        assert contact is not None
        to_s = ic_s + contact[0] / 1e3
        near = h.rows(swing + round(raw_ic) - 4, swing + round(raw_ic) + 12)[:, ACC]
        features["shock_g"] = float(np.abs(near @ self._long).max() / GRAVITY_MS2)
        filled = float(h.rows(swing, need)[:, FILLED].sum()) / _RATE_HZ
        known = h.time(need - 1) + self._low.delay_s
        seen = Contact(
            w.sensor,
            w.placement,
            w.side,
            ic_s,
            to_s,
            m.shank_ic_ms.sd / 1e3,
            contact[1] / 1e3,
            known,
            filled,
            features,
        )
        if self._have < self.need:
            self._have += 1
            return [seen, Readiness(known, w.sensor, self._have, self.need)]
        if need - self._checked >= LOOK_S * _RATE_HZ:
            return [seen, *self._look(need)]
        return [seen]

    def _follow(self, swing: int) -> None:
        """Adapt stride time, long axis and usual peak; go on behind this swing."""
        self._adapt(swing)
        if self._swings and (swing - self._swings[-1]) / _RATE_HZ < 1.7:
            mean = self._history.rows(self._swings[-1], swing)[:, ACC].mean(axis=0)
            self._mean = self._mean + 0.1 * (mean - self._mean)
            assert self._axis is not None
            self._long = _long_axis(self._mean, self._axis)
        self._peak_dps += 0.2 * (min(self._swing_dps, 1.5 * self._peak_dps) - self._peak_dps)
        self._swings = [*self._swings[-2:], swing]
        self._swing, self._cursor = None, swing + round(0.6 * self._stride_s * _RATE_HZ)

    def _adapt(self, swing: int) -> None:
        """Stride time from this candidate to the one before."""
        if self._candidate is not None:
            stride = (swing - self._candidate) / _RATE_HZ
            if 0.4 < stride < 1.7:
                self._stride_s += 0.2 * (stride - self._stride_s)
        self._candidate = swing

    def _inclination(self, swing: int, ic: float) -> float | None:
        """Angle of the long axis at contact, gravity from the last two whole strides."""
        if len(self._swings) < 3 or (swing - self._swings[0]) / _RATE_HZ > 2.2:
            return None
        first, row = self._swings[0], round(ic)
        rows = self._history.rows(first, row + 1)
        turn = attitudes(rows[:, GYR], 1 / _RATE_HZ)
        whole = swing - first
        up = np.einsum("nij,nj->ni", turn[:whole], rows[:whole, ACC]).mean(axis=0)
        up /= np.linalg.norm(up)
        middle = slice(whole - round(0.1 * _RATE_HZ), min(whole + round(0.05 * _RATE_HZ), len(rows)))
        across = np.einsum("nij,nj->ni", turn[middle], rows[middle, GYR]).mean(axis=0)
        across -= (across @ up) * up
        across /= np.linalg.norm(across)
        long = turn[-1] @ self._long
        back = np.cross(up, across)
        return -math.degrees(math.atan2(float(long @ back), float(long @ up)))


def _long_axis(mean_ms2: Array, axis: Array) -> Array:
    """Unit vector along the shank towards the knee, from the mean specific force of whole strides.

    In running that mean lies behind the long axis by 31.3 deg in the sagittal plane: 1.9 deg SD
    over 15 runners at three speeds (Fukuchi 2017), and 30.7, SD 2.0, in another laboratory
    (Hamner 2013), so no mounting has to be known.
    """
    flat = mean_ms2 - (mean_ms2 @ axis) * axis
    flat = flat / np.linalg.norm(flat)
    lean = math.radians(31.3)
    return np.asarray(math.cos(lean) * flat + math.sin(lean) * np.cross(flat, axis))


def _period_s(x: Array, shortest_s: float, longest_s: float) -> float:
    """Lag of the first high peak of the autocorrelation between two limits."""
    y = x - x.mean()
    lags = np.arange(round(shortest_s * _RATE_HZ), round(longest_s * _RATE_HZ))
    scores = [float(y[k:] @ y[:-k]) / (len(y) - k) for k in lags]
    high = max(scores)
    first = int(np.flatnonzero(np.array(scores) >= high - 0.15 * abs(high))[0])
    best = first + int(np.argmax(scores[first : first + round(0.1 * _RATE_HZ)]))
    return float(lags[best]) / _RATE_HZ
