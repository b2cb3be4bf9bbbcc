"""Contacts from an IMU on the shoe: mid-swing, mid-stance, initial contact, toe-off, stride speed.

How it works
------------
The detector is in one of three states; ``_decide_contacts`` goes from one to the next for as long as the
rows that the next decision needs are there, and stops where they are not.

1. **Learning** (``axes.have == 0``).  Nothing is known of how the sensor sits, so there is no pitch rate
   yet.  From ``learn_first_s`` on, every ``learn_every_s``, candidate strides of the last
   ``learn_window_s`` are looked for without any axis; ``learn_strides`` of them give the axes.  Then the
   search starts at the beginning of that window: contacts of the first strides come late, but they come.
2. **Searching** (axes, ``scan.swing is None``).  The pitch rate is searched from ``scan.cursor`` for a
   mid-swing: a local peak above half of the usual one (less, the longer none was seen), the highest
   within ``rival_s``.  A peak is certain when ``rival_s`` of rows after it are there.
3. **In a stride** (``scan.swing`` is its mid-swing).  Rows up to ``scan.need`` must be there first: those
   in which mid-stance can lie, then, once the foot has tipped by 30 deg, ``look_ahead_s`` more.  Mid-stance
   is where the foot moves least.  If it does not rest, does not tip in time, or its contact is too short
   or long, that was no mid-swing: the search goes on right behind it.  Else a contact comes out, about
   0.1 s after toe-off, stride time and usual peak follow by ``gain``, and the search goes on at
   ``after_stance`` of the stride time.

The stride from the mid-stance before to this one gives speed and length (``foot_stride``), and teaches
the axes, which are called settled after ``FootAxes.need`` strides; ``Readiness`` is sent until then.  Three
strides in a row that disagree with the axes mean that the sensor was moved: back to learning, without the
rows before.  If it was turned so far that no contact comes at all, ``lost_s`` of a foot that moves like a
runner's without one are looked through as in (1); strides that say other axes replace the old ones.

Every stride also says whether the sensor can be believed (``foot_trust``): where it is clipped or its mount
loose, what that makes wrong is taken away, and a ``SensorProblem`` is sent once.

A hole of up to ``bridge_s`` is bridged.  What lies too close to it, or in it, is not claimed: a contact, a
toe-off, or speed and slope of the stride.  A longer one begins a new ``FootScan``: mid-swings
and strides are forgotten, axes, stride time and usual peak are kept.  At the end of a recording a stance
whose toe-off was seen still counts, with the rows there are, and a recording too short to learn from takes
its axes from a single stride.

``done_s`` is the row being searched or the open mid-swing; ``due_s`` when the next look can bring a
contact.  While searching any sample may move ``done_s``; in the other states none before ``due_s`` can.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from dsp.detector_feed import Detection
from dsp.events.foot_axes import Axes, FootAxes
from dsp.events.foot_contact import MISSED_STRIDES, add_stride, claimed_contact, contact_marks
from dsp.events.foot_features import Stance, saw_landing, stance, tipped_row
from dsp.events.foot_state import FOOT_RATE_HZ, FootCoefficients, FootParams, FootScan, FootState
from dsp.events.foot_stride import candidate_strides, movement_dps
from dsp.events.grid_detector import ACC, FILLED, GYR, GridDetector, six_axes
from dsp.filters import Block, component_along, norms
from dsp.models import MODELS, Models
from dsp.orientation import track
from dsp.types import Array, ImuChunk, Readiness, SensorProblem, Worn

_SMOOTH = np.array([1, 2, 3, 2, 1]) / 9  # of the pitch rate, for the peaks only
_SEARCH_ROWS = round(2 * FOOT_RATE_HZ)  # searched for a mid-swing at once
_MOVING_RADS = 4.0  # mean rotation of a running foot at least: slow jogs 4.1 (PyShoe), Fukuchi 2017 4.7


class FootDetector(GridDetector[FootState]):
    """A detector from chunks of one foot sensor to contacts, gaps and readiness.

    Features of a contact: the terms of ``foot_features``, ``at_s`` (foot slap), ``tipped_s``,
    ``stride_s`` (smoothed stride time), ``swing_dps``, and once a whole stride is known ``speed_mps``,
    ``stride_length_m``, ``slope_pct``, ``foot_strike_deg`` and ``pitch_ic_deg``, about the foot's own axis;
    ``missed`` is there where a contact before this one was not seen well enough to be claimed, and
    ``withheld`` where some of these are not, because the sensor is clipped or loose.  Speed and stride
    length are times the ``speed_gain`` of the settings; their ``slope_offset_pct`` is off the slope, with
    ``levelled`` until the mount turns: from then on it may be another one.
    """

    def __init__(self, worn: Worn, models: Models = MODELS, params: FootParams | None = None) -> None:
        self.params = params or FootParams()
        self._coefficients = FootCoefficients.from_params(self.params)
        self._models = models
        super().__init__(worn, FootState.begin(self.params, self._coefficients))
        self.state.levelled = worn.slope_offset_pct is not None

    def finish(self) -> Detection:
        """Return the last stance, if its toe-off was seen.

        A short recording learns its axes from one stride.
        """
        s = self.state
        s.ended = True
        start = s.history.sure_start
        short = not s.axes.have and s.history.end - start >= FOOT_RATE_HZ
        if short and not self._learn_axes(start, s.history.end, least=1):
            return []
        return self._decide_contacts() if s.axes.have else []

    def _grid_columns(self, chunk: ImuChunk) -> Array:
        axes = six_axes(chunk, self.worn)
        return np.concatenate((axes, self.state.stuck.push(axes)[:, None]), axis=1)

    def _detect_in_block(self, block: Block) -> Detection:
        s = self.state
        if block.fresh:
            s.history.restart(block.t0_s)
            c = self._coefficients
            s.scan = FootScan(learn_at=c.learn_first, lost_at=c.lost)
            s.meter.forget_rest()
        s.history.append(block.x[:, :6], block.filled, block.x[:, 6])
        return self._decide_contacts()

    def _decide_contacts(self) -> Detection:
        """All decisions the samples so far allow."""
        out: Detection = []
        while self.state.axes.have or self._find_axes():
            swing = self.state.scan.swing
            if swing is not None:
                decided = self._examine_stance(swing)
                if decided is None:
                    break
                out += decided
            else:
                more = self._find_swing()
                out += self._check_mount()
                if not more:
                    break
        self._set_times()
        return out

    def _set_times(self) -> None:
        """Set how far everything is decided, and when more can be."""
        s = self.state
        h, scan, learned = s.history, s.scan, bool(s.axes.have)
        row, need = max(scan.cursor, h.start), scan.learn_at
        if learned and scan.swing is None:
            need = row + self._stance_rows()
        elif scan.swing is not None:
            row, need = scan.swing, scan.need
        s.done_s, s.due_s = h.time(row), h.time(need - 1)
        s.still_s = -math.inf if learned and scan.swing is None else s.due_s

    def _stance_rows(self) -> int:
        """Rows from a mid-swing until its stance can be looked at."""
        return round(self.params.last_rest * self.state.stride_s * FOOT_RATE_HZ) + 3

    # ------------------------------------------------------------------ learning

    def _find_axes(self) -> bool:
        """Look for axes in the last rows where it is time to; True when enough strides agree."""
        h, scan, c = self.state.history, self.state.scan, self._coefficients
        while scan.learn_at <= h.end:
            stop, scan.learn_at = scan.learn_at, scan.learn_at + c.learn_every
            start = max(scan.mount_since, stop - c.learn_window, h.start)
            if self._learn_axes(start, stop, least=self.params.learn_strides):
                return True
            scan.cursor = max(scan.cursor, start + 2)
        return False

    def _learn_axes(self, start: int, stop: int, least: int) -> bool:
        """Axes from the strides between two rows, if there are at least so many."""
        s = self.state
        if _learned_axes(s.axes, s.history.rows(start, stop)).have < least:
            s.axes.reset()
            return False
        s.axes.have = min(s.axes.have, self.params.sure_strides)
        s.scan.cursor = max(s.scan.cursor, start + 2)
        return True

    def _check_mount(self) -> list[Readiness]:
        """Learn anew where the foot strides on but no contact comes: the sensor has turned on the shoe.

        Only rows up to ``lost_at`` count, and only once all of them have been searched.
        """
        s, scan, c = self.state, self.state.scan, self._coefficients
        while scan.lost_at <= (scan.cursor if scan.swing is None else scan.swing):
            stop, scan.lost_at = scan.lost_at, scan.lost_at + c.lost_every
            start = max(s.history.start, stop - c.lost)
            rows = s.history.rows(start, stop)
            if norms(rows[:, GYR]).mean() < _MOVING_RADS:
                continue
            anew = _learned_axes(FootAxes(), rows)
            if anew.have >= self.params.lost_strides and anew.differs_from(s.axes):
                s.axes = anew
                self._remount()
                scan.swing, scan.last_swing = None, None
                scan.mount_since, scan.cursor, scan.lost_at = start, stop, stop + c.lost
                return [Readiness(s.history.time(stop), self.worn.sensor, 0, FootAxes.need, shifted=True)]
        return []

    def _remount(self) -> None:
        """Forget what held as long as the sensor sat as before."""
        self.state.trust.remount()
        self.state.meter.forget_rest()
        self.state.levelled = False

    def _current_axes(self) -> Axes:
        axes = self.state.axes.current()
        assert axes is not None
        return axes

    # ----------------------------------------------------------------- searching

    def _find_swing(self) -> bool:
        """Look for a mid-swing: the first peak that is high enough, and the highest near it.

        False when more rows are needed; True when one was found or the search should go on.
        """
        h, scan, near = self.state.history, self.state.scan, self._coefficients.rival
        cursor = scan.cursor = max(scan.cursor, h.start + 2)
        stop = min(h.end, cursor + _SEARCH_ROWS)
        if stop - cursor < 6:
            return False
        gyr = h.rows(cursor - 2, stop)[:, GYR]
        w = np.convolve(
            np.asarray(-np.degrees(component_along(gyr, self._current_axes().left))), _SMOOTH, "valid"
        )
        inner = w[1:-1]
        peaks = ((inner > self.params.least_dps) & (inner > w[:-2]) & (inner >= w[2:])).nonzero()[0] + 1
        high = peaks
        if len(peaks):
            high = peaks[w[peaks] > self._swing_threshold(cursor + peaks)]
        if len(high) == 0:
            scan.cursor += len(w) - 2
            return stop < h.end
        i = int(high[0])
        while True:
            if i + near + 2 > len(w):
                scan.cursor += max(0, int(high[0]) - 1)
                return stop < h.end
            rivals = peaks[(peaks > i) & (peaks <= i + near)]
            if len(rivals) == 0 or w[rivals].max() <= w[i]:
                break
            i = int(rivals[np.argmax(w[rivals])])
        scan.swing, scan.swing_dps = cursor + i, float(w[i])
        return True

    def _swing_threshold(self, rows: NDArray[np.int64]) -> Array:
        """Half the usual peak, halved again with every stride time that passes without one."""
        s, p = self.state, self.params
        late = np.zeros(len(rows))
        if s.scan.last_swing is not None:
            late = np.maximum(0.0, (rows - s.scan.last_swing) / (s.stride_s * FOOT_RATE_HZ) - 1.5)
        return np.asarray(np.maximum(p.least_dps, p.swing_level * s.peak_dps * 0.5**late))

    # --------------------------------------------------------------- in a stride

    def _examine_stance(self, swing: int) -> Detection | None:
        """Mid-stance, then contact and toe-off, once their samples are there; None until then."""
        s, p, c = self.state, self.params, self._coefficients
        h, scan = s.history, s.scan
        first = swing + round(p.first_rest * s.stride_s * FOOT_RATE_HZ)
        scan.need = swing + self._stance_rows()
        if s.ended:
            scan.need = min(scan.need, h.end)
        if h.end < scan.need or scan.need - 3 <= first:
            return None
        moves = movement_dps(h.rows(first - 2, scan.need))
        zv, least = first + int(np.argmin(moves)), float(moves.min())
        if least > max(p.restless_dps, p.restless_ratio * s.still_dps):
            return self._reject_swing(swing)
        limit = zv + (c.tip if s.stride_s < p.slow_stride_s else c.slow_tip)
        rows = h.rows(swing, min(h.end, limit + c.look_ahead))
        whole = stance(rows[:, ACC], rows[:, GYR], self._current_axes(), zv - swing, FOOT_RATE_HZ)
        tipped = tipped_row(whole)
        if tipped is None or tipped > limit - 1 - swing:
            scan.need = h.end + c.look_ahead
            return self._reject_swing(swing) if h.end >= limit else None
        scan.need = need = swing + math.ceil(tipped) + c.look_ahead
        if s.ended and h.end >= swing + tipped + p.least_ahead_s * FOOT_RATE_HZ:
            need = min(need, h.end)
        if h.end < need:
            return None
        s.still_dps += p.gain * (least - s.still_dps)
        return self._contact(swing, whole.until(need - swing), tipped, need)

    def _reject_swing(self, swing: int) -> Detection:
        """No stance followed: it was not a mid-swing; look on right behind it."""
        scan = self.state.scan
        scan.swing, scan.cursor = None, swing + self._coefficients.retry
        return []

    def _contact(self, swing: int, st: Stance, tipped: float, need: int) -> Detection:
        """The contact of a stance that has been seen whole (rows of ``st`` count from ``swing``)."""
        s, p = self.state, self.params
        self._follow_swing(swing)
        marks = contact_marks(s, self._models, swing, st, tipped)
        if not p.shortest_contact_s < (marks.to - marks.ic) / FOOT_RATE_HZ < p.longest_contact_s:
            return self._reject_swing(swing)
        if saw_landing(marks.features):
            s.scan.lost_at = swing + self._coefficients.lost
        add_stride(s, self._models, self.worn, marks, swing, st)
        contact = claimed_contact(s, p, self._models, self.worn, marks, swing, need)
        return [*contact, *self._readiness(need), *self._problems(need)]

    def _problems(self, need: int) -> list[SensorProblem]:
        """What is wrong with this sensor and was not said before."""
        at_s = self.state.history.time(need - 1)
        return [SensorProblem(at_s, self.worn.sensor, p) for p in self.state.trust.new_problems()]

    def _readiness(self, need: int) -> list[Readiness]:
        """How far the axes are learned, as long as that changes; a moved mount starts anew."""
        s, have = self.state, self.state.axes.have
        at_s = s.history.time(need - 1)
        if s.axes.shifted:
            s.axes.reset()
            self._remount()
            s.scan.mount_since, s.scan.learn_at = need, need + self._coefficients.learn_first
            return [Readiness(at_s, self.worn.sensor, 0, FootAxes.need, shifted=True)]
        if have <= FootAxes.need:
            return [Readiness(at_s, self.worn.sensor, have, FootAxes.need)]
        return []

    def _follow_swing(self, swing: int) -> None:
        """Adapt stride time and usual peak; go on behind this mid-swing."""
        s, p, scan = self.state, self.params, self.state.scan
        if scan.last_swing is not None:
            stride = (swing - scan.last_swing) / FOOT_RATE_HZ
            filled = s.history.rows(max(s.history.start, scan.last_swing), swing)[:, FILLED].any()
            hidden = filled and stride > MISSED_STRIDES * s.stride_s
            if p.shortest_stride_s < stride < p.longest_stride_s and not hidden:
                s.stride_s += p.gain * (stride - s.stride_s)
        s.peak_dps += p.gain * (min(scan.swing_dps, 1.5 * s.peak_dps) - s.peak_dps)
        scan.last_swing, scan.swing = swing, None
        scan.cursor = swing + round(p.after_stance * s.stride_s * FOOT_RATE_HZ)


def _learned_axes(axes: FootAxes, rows: Array) -> FootAxes:
    """``axes``, after they have learned from the candidate strides in rows (n, 8) of a history."""
    for a, b in candidate_strides(rows[:, ACC], rows[:, GYR], FOOT_RATE_HZ):
        axes.learn(track(rows[a : b + 1, ACC], rows[a : b + 1, GYR], 1 / FOOT_RATE_HZ), 0, b + 1 - a)
    return axes
