"""Contacts from an IMU on the shank: swing peak, then contact and toe-off of the pitch rate.

How it works
------------
All columns are low-passed first; the delay of the filter is taken off the times and added to the latency.
Then ``_decide_contacts`` goes from state to state for as long as the rows that the next decision needs are
there.

1. **Learning** (``axis is None``).  From ``learn_s`` on, every ``learn_every_s``, the principal axis of
   rotation of the last ``learn_s`` is looked for (where the shank turns about itself as well, in what is
   left without that); the swing forward takes less time than the way back, which gives its sign.  The same
   rows give the stride time (autocorrelation), the usual peak and the long axis.  Then the search starts up
   to ``learn_back_s`` before, so the first strides are found afterwards.
2. **Searching** (an axis, ``scan.swing is None``).  From ``scan.cursor`` the rate about the axis is
   searched for a peak above half of the usual one (less, the longer none was seen); the highest row
   within ``near_s`` is the swing, certain when those rows are there.  A peak far above the usual is a
   knock and passed over, but raises the usual one a little, so that a runner who really got faster is
   believed.
3. **In a stride** (``scan.swing``).  When the rows up to ``stance_end`` of the stride time are there, the
   marks of contact and toe-off are taken (``shank_features``) and a contact comes out, about 0.15 s after
   toe-off.  Without both marks, or where the stride was not felt (a leg that is rocked), it was no swing;
   the search goes on right behind it, and the stride time follows all the same, lest a wrong one keep
   itself alive.

Six contacts after the axis was learned the detector is called settled; ``Readiness`` is sent until then.
From then on, every ``check_s``, and when no swing was seen for ``lost_s``, the axis is looked for again.
Twice in a row elsewhere by ``moved_deg`` means that the sensor was moved: back to learning, without the
rows before.

A hole of up to ``bridge_s`` is bridged.  What lies too close to it, or in it, is not claimed
(``shank_contact``): a contact, a toe-off, an inclination.  A longer one begins a new filter and a new
``ShankScan``: swings are forgotten; axes, stride time and usual peak are kept.  Before it, as at the end of
a recording, a stance still counts with the rows there are, if its toe-off was seen or the stance before was
a stride's.

``done_s`` is the row being searched or the open swing; ``due_s`` when the next look can bring a contact.
While searching any sample may move ``done_s``; in the other states none before ``due_s`` can.
"""

from __future__ import annotations

import math

import numpy as np

from dsp.detector_feed import Detection
from dsp.events.foot_contact import MISSED_STRIDES
from dsp.events.grid_detector import ACC, FILLED, GYR, GridDetector, six_axes
from dsp.events.shank_contact import contact_of_marks, has_possible_span, stance_marks
from dsp.events.shank_features import long_axis, swing_axis
from dsp.events.shank_state import (
    SHANK_RATE_HZ,
    ShankCoefficients,
    ShankParams,
    ShankScan,
    ShankState,
    low_pass,
)
from dsp.filters import Block, Hole, component_along, norms
from dsp.models import MODELS, Models
from dsp.rhythm import shortest_period
from dsp.types import GRAVITY_MS2, Array, Contact, ImuChunk, Readiness, Worn

_SEARCH_ROWS = round(2 * SHANK_RATE_HZ)  # searched for a swing at once


class ShankDetector(GridDetector[ShankState]):
    """A detector from chunks of one shank sensor to contacts, gaps and readiness.

    Features: ``at_s`` (mean of the three marks of contact), ``stride_s``, ``swing_dps``, ``shock_g`` (most
    acceleration near contact), and where they were seen ``span_ms`` (from there to the mark of toe-off) and
    ``shank_deg`` (inclination at contact, + = ankle ahead of the knee).  Where samples since the contact
    before were lost, ``passed`` (strides since, 0: nobody knows), and ``missed`` if these are not known to
    be one.
    """

    need = 6  # contacts until the mount counts as learned (a choice)

    def __init__(self, worn: Worn, models: Models = MODELS, params: ShankParams | None = None) -> None:
        self.params = params or ShankParams()
        self._coefficients = ShankCoefficients.from_params(self.params)
        self._models = models
        super().__init__(worn, ShankState.begin(self.params, self._coefficients))

    def finish(self) -> Detection:
        """Return the last stance, if its toe-off was still seen."""
        if self.state.axis is None:
            return []
        self.state.ended = True
        return self._decide_contacts()

    def _interrupt(self, hole: Hole) -> Detection:
        if hole.bridged:
            return []
        out = self.finish()
        self.state.ended = False
        return out

    def _grid_columns(self, chunk: ImuChunk) -> Array:
        return six_axes(chunk, self.worn)

    def _detect_in_block(self, block: Block) -> Detection:
        s = self.state
        if block.fresh:
            s.low = low_pass()
            s.history.restart(block.t0_s - s.low.delay_s)
            s.scan = ShankScan(learn_at=self._coefficients.learn)
        s.history.append(s.low.push(block.x), block.filled)
        return self._decide_contacts()

    def _decide_contacts(self) -> Detection:
        """All decisions the samples so far allow."""
        out: Detection = []
        while self.state.axis is not None or self._find_axis():
            swing = self.state.scan.swing
            decided = self._find_swing() if swing is None else self._examine_stance(swing)
            if decided is None:
                break
            out += decided
        self._set_times()
        return out

    def _set_times(self) -> None:
        """Set how far everything is decided, and when more can be."""
        s = self.state
        h, swing, learned = s.history, s.scan.swing, s.axis is not None
        row = swing if swing is not None else max(s.scan.cursor, h.start)
        need = row + self._stance_rows() if learned else s.scan.learn_at
        s.done_s, s.due_s = h.time(row), h.time(need - 1) + s.low.delay_s
        s.still_s = -math.inf if learned and swing is None else s.due_s

    def _stance_rows(self) -> int:
        """Rows from a swing until its stance can be looked at."""
        return round(self.params.stance_end * self.state.stride_s * SHANK_RATE_HZ)

    # ------------------------------------------------------------------ learning

    def _find_axis(self) -> bool:
        """Look for the axis in the last rows where it is time to; True when there is one."""
        s, c = self.state, self._coefficients
        h, scan = s.history, s.scan
        while scan.learn_at <= h.end:
            stop, scan.learn_at = scan.learn_at, scan.learn_at + c.learn_every
            rows = self._last_rows(stop)
            axis = swing_axis(rows[:, GYR], rows[:, ACC].mean(axis=0))
            if axis is None:
                continue
            w = component_along(rows[:, GYR], axis)
            s.axis = axis
            s.stride_s = shortest_period(w, SHANK_RATE_HZ, 0.5, 1.5, clear=0.0) or s.stride_s
            s.peak_dps = max(self.params.least_dps, math.degrees(float(w.max())))
            s.mean_ms2 = rows[:, ACC].mean(axis=0)
            s.long = long_axis(s.mean_ms2, axis)
            scan.cursor = max(1, h.start + 1, stop - c.learn_back, scan.mount_since)
            scan.checked = stop
            return True
        return False

    def _last_rows(self, stop: int) -> Array:
        """The rows before one that tell the axis."""
        h = self.state.history
        return h.rows(max(h.start, stop - self._coefficients.learn), stop)

    def _check_mount(self, row: int) -> list[Readiness]:
        """Does the shank still turn about the axis that was learned?  Twice no: the mount has moved."""
        s, scan = self.state, self.state.scan
        scan.checked = row
        rows = self._last_rows(row)
        axis = swing_axis(rows[:, GYR], rows[:, ACC].mean(axis=0))
        assert s.axis is not None
        if axis is None or axis @ s.axis > self._coefficients.moved_cosine:
            scan.off = 0
            return []
        scan.off += 1
        if scan.off < 2:
            return []
        s.axis, s.have = None, 0
        scan.swing, scan.swings, scan.candidate, scan.off = None, [], None, 0
        scan.learn_at = scan.mount_since = row
        known_s = s.history.time(row - 1) + s.low.delay_s
        return [Readiness(known_s, self.worn.sensor, 0, self.need, shifted=True)]

    # ----------------------------------------------------------------- searching

    def _find_swing(self) -> list[Contact | Readiness] | None:
        """Look for a swing; None when more rows are needed, a list when the search should go on."""
        s, p, c = self.state, self.params, self._coefficients
        h, scan = s.history, s.scan
        cursor = scan.cursor = max(scan.cursor, h.start + 1)
        look = max(scan.checked, scan.swings[-1] if scan.swings else 0) + c.lost
        stop = min(h.end, cursor + _SEARCH_ROWS, look)
        if stop - cursor < c.near + 3:
            return list(self._check_mount(look)) if stop == look else None
        w = self._swing_rate(cursor - 1, stop)
        level = self._swing_threshold(np.arange(cursor - 1, stop))
        peak = np.flatnonzero((w[1:-1] > w[:-2]) & (w[1:-1] >= w[2:]) & (w[1:-1] > level[1:-1])) + 1
        if len(peak) == 0:
            scan.cursor += len(w) - 3
            return [] if stop < h.end else None
        i = int(peak[0])
        if i + c.near + 1 > len(w):
            scan.cursor += max(0, i - 1)
            return [] if stop < h.end else None
        i += int(np.argmax(w[i : i + c.near]))
        swing = cursor - 1 + i
        if w[i] > p.knock * s.peak_dps:  # a knock, not a swing; but if it goes on, believe it
            s.peak_dps *= 1.1
            scan.cursor = swing + c.after_knock
            return []
        scan.swing, scan.swing_dps = swing, float(w[i])
        return []

    def _swing_rate(self, start: int, stop: int) -> Array:
        """Rate about the axis (deg/s), the swing forward positive."""
        s = self.state
        assert s.axis is not None
        return np.asarray(np.degrees(component_along(s.history.rows(start, stop)[:, GYR], s.axis)))

    def _swing_threshold(self, rows: np.ndarray) -> Array:
        """Half the usual peak, halved again with every stride time that passes without one."""
        s, p, swings = self.state, self.params, self.state.scan.swings
        late = np.zeros(len(rows))
        if swings:
            late = np.maximum(0, (rows - swings[-1]) / (s.stride_s * SHANK_RATE_HZ) - 1.5)
        return np.asarray(np.maximum(p.least_dps, p.swing_level * s.peak_dps * 0.5**late))

    # --------------------------------------------------------------- in a stride

    def _examine_stance(self, swing: int) -> list[Contact | Readiness] | None:
        """Contact and toe-off, once their samples are there; None until then."""
        s, p = self.state, self.params
        h, due = s.history, swing + self._stance_rows()
        need = min(due, h.end)
        if need < due and (not s.ended or need - swing < p.least_stance_s * SHANK_RATE_HZ):
            return None
        marks = stance_marks(s, p, self._swing_rate(swing, need), swing, need, due)
        if marks is None or not self._felt_stride(need):
            self._adapt_stride_time(swing)  # a wrong stride time must not keep itself alive
            s.scan.swing, s.scan.cursor = None, swing + self._coefficients.retry
            return []
        self._follow_swing(swing)
        if not has_possible_span(marks, p):
            return []
        contact = contact_of_marks(s, p, self._models, self.worn, marks, swing, need)
        return [*contact, *self._readiness(need)]

    def _felt_stride(self, need: int) -> bool:
        """Whether the force varied in the stride up to a row: a leg rocked on a chair feels one g."""
        h, s = self.state.history, self.state
        rows = h.rows(max(h.start, need - round(s.stride_s * SHANK_RATE_HZ)), need)
        felt = norms(rows[rows[:, FILLED] == 0][:, ACC])
        return len(felt) > 0 and float(felt.std()) >= self.params.least_felt_g * GRAVITY_MS2

    def _readiness(self, need: int) -> list[Readiness]:
        """How far the mount is learned, as long as that changes; then, now and then, whether it moved."""
        s = self.state
        if s.have < self.need:
            s.have += 1
            known_s = s.history.time(need - 1) + s.low.delay_s
            return [Readiness(known_s, self.worn.sensor, s.have, self.need)]
        if need - s.scan.checked >= self.params.check_s * SHANK_RATE_HZ:
            return self._check_mount(need)
        return []

    def _follow_swing(self, swing: int) -> None:
        """Adapt stride time, long axis and usual peak; go on behind this swing."""
        s, p, scan = self.state, self.params, self.state.scan
        self._adapt_stride_time(swing)
        if scan.swings and (swing - scan.swings[-1]) / SHANK_RATE_HZ < p.longest_stride_s:
            mean = s.history.rows(scan.swings[-1], swing)[:, ACC].mean(axis=0)
            s.mean_ms2 = s.mean_ms2 + 0.1 * (mean - s.mean_ms2)
            assert s.axis is not None
            s.long = long_axis(s.mean_ms2, s.axis)
        s.peak_dps += p.gain * (min(scan.swing_dps, 1.5 * s.peak_dps) - s.peak_dps)
        scan.swings = [*scan.swings[-2:], swing]
        scan.swing, scan.cursor = None, swing + round(p.after_stance * s.stride_s * SHANK_RATE_HZ)

    def _adapt_stride_time(self, swing: int) -> None:
        """Stride time from this candidate to the one before."""
        s, p, before = self.state, self.params, self.state.scan.candidate
        if before is not None:
            stride = (swing - before) / SHANK_RATE_HZ
            filled = s.history.rows(max(s.history.start, before), swing)[:, FILLED].any()
            hidden = filled and stride > MISSED_STRIDES * s.stride_s
            if p.shortest_stride_s < stride < p.longest_stride_s and not hidden:
                s.stride_s += p.gain * (stride - s.stride_s)
        s.scan.candidate = swing
