"""Steps from an accelerometer (with or without gyroscope) at the pelvis, waist or hip.

How it works
------------
Up is the direction of the mean acceleration of the last seconds, whatever the mounting; the force along
it, over its own mean, is the vertical force in body weights.  Low-passed, it swings once per step of a
runner; of a walker up to twice.  The **step clock** is its upward crossing of its own running mean.

1. **Armed**: the force was below its mean by ``arm_rms`` of its RMS, and the RMS is that of gait; and what
   the sensor feels without any axis has varied by ``least_felt_g`` (a case that is turned stays at one g).
2. **Fires**: at the first upward crossing after that, if ``refractory`` of the step time has passed since
   the last one.  The crossing opens a step (``clock_s``), and closes the one that was open.
3. **Closes**: only then is a step a contact: its length is known, and from the rows of that length come the
   loaded width, the time of free fall, toe-off, rise and flight.  A step also closes, without these, at a
   hole, at the end, or when no crossing came for ``longest_step_s``.

So a contact is certain one step later, plus the delay of the low-pass; what the clock and the force say
about contact, contact time and rise is in ``dsp.models``.  Left or right is voted on by
``dsp.events.sides`` with a gyroscope, and not claimed without one.  An axis that stays at one value for
part of a step is clipped: its range is too small, and no width, rise or flight is claimed for
``clipped_s``.

**Twice or half** (the octave guard).  Once a second ``dsp.events.step_rhythm`` tells the step time from the
rhythm of all axes.  Where the clock's own is off by more than ``off_beat``, that one is taken: crossings
inside a step then fall into ``refractory``.  A rise that no walker reaches between two crossings is, inside
that time, a step of a faster gait (``quick_mm``), and over two step times two steps (``tall_mm``).
Before the first rhythm, a rise of less than ``least_mm`` is no step either.

**Holes**.  Up to ``bridge_s`` the grid goes on: the low-pass looks at 320 ms, so the steps on both sides
keep the clock.  What bridges it is no evidence of movement, and no stronger than what was felt.  It is a
``Gap`` all the same, and no step with a hole in it has a length or any other number.  After a longer hole
the low-passes begin anew and the means go on.  ``passed`` of a contact counts the steps since the one
before; where a hole leaves it off the beat, it is 0: nobody knows, and the side vote begins anew.

There is nothing to learn beforehand: step time and means start from first guesses and follow.

``done_s`` is a little before the open step, or before the last row; ``due_s`` is when the end of a step is
looked for: from ``look_after`` of the step time on, as nearly all steps are as long as the usual one.
While a step is open no sample before ``due_s`` can move ``done_s``.
"""

from __future__ import annotations

import math

import numpy as np

from dsp.detector_feed import Detection
from dsp.events.grid_detector import GridDetector
from dsp.events.pelvis_features import ends_five_equal, harmonic_mm, last_fall, last_rise
from dsp.events.pelvis_state import (
    PELVIS_RATE_HZ,
    PelvisCoefficients,
    PelvisFilters,
    PelvisParams,
    PelvisState,
)
from dsp.filters import Block, Hole, component_along, norms, spread
from dsp.models import MODELS, Models
from dsp.types import GRAVITY_MS2, Array, Contact, ImuChunk, Placement, Worn

_SLOW, _FAST = 0, 1  # History columns: vertical specific force in g, low-passed at 5 and at 12 Hz
_MEAN, _SWAY = 2, 3  # its running mean and the running mean square about it
_CAME = slice(4, 7)  # acceleration as it came, m/s²
_FELT = 7  # and its square
_FILLED = 8  # one where a row was bridged over lost samples
_BEFORE_S = 0.1  # a contact lies less than so long before its clock
_BACK_S = 0.25  # before the clock the force has risen through the loaded level
_OFF_SD_S = 0.012  # of toe-off (a choice; 8.8 ms between runners whose speed is known, Fukuchi 2017)


class PelvisDetector(GridDetector[PelvisState]):
    """A detector from chunks of one pelvis, waist or hip sensor to contacts and gaps.

    Features of a contact: ``at_s`` (crossing), ``passed`` (steps since the contact before, 0 unknown),
    ``rhythm_s`` (step time of the rhythm, absent when there is none); and, absent when not seen or clipped,
    ``step_s`` (to the next crossing), ``load_ms`` (time above 0.3 g), ``fall_ms`` (time below 0.4 g),
    ``off_s`` (last fall through 0.2 g), ``harmonic_mm`` (peak-to-peak height of the first step harmonic),
    ``rise_mm``, ``flight_g`` (least vertical force).
    """

    def __init__(self, worn: Worn, models: Models = MODELS, params: PelvisParams | None = None) -> None:
        self.params = params or PelvisParams()
        self._coefficients = PelvisCoefficients.from_params(self.params)
        self._models = models
        super().__init__(worn, PelvisState.begin(self.params))

    def finish(self) -> Detection:
        """Return the step that was still open at the end of the recording."""
        return [*self._search_crossings(ended=True), *self._close_step(None)]

    def _grid_columns(self, chunk: ImuChunk) -> Array:
        return (
            chunk.acc_ms2
            if chunk.gyr_rads is None
            else np.concatenate((chunk.acc_ms2, chunk.gyr_rads), axis=1)
        )

    def _interrupt(self, hole: Hole) -> Detection:
        self.state.holes = (*self.state.holes[-7:], hole)
        if hole.bridged:
            return []
        out: Detection = [*self._search_crossings(ended=True), *self._close_step(None)]
        self.state.before = None
        return out

    def _detect_in_block(self, block: Block) -> Detection:
        s = self.state
        if block.fresh:
            self._begin_grid(block.t0_s)
        f, acc = s.filters, block.x[:, :3]
        if block.filled.any():
            acc = self._within_what_was_felt(acc, block.filled)
        mean_acc = f.gravity.push(acc)
        up = mean_acc / np.maximum(norms(mean_acc), 1e-9)[:, None]
        upward = component_along(acc, up)
        level = np.maximum(f.level.push(upward), 1e-3)
        vertical = upward / level
        slow, fast = f.slow.push(vertical), f.fast.push(vertical)
        mean = f.mean.push(slow)
        s.history.append(
            slow,
            fast,
            mean,
            f.sway.push((slow - mean) ** 2),
            acc,
            component_along(acc, acc),
            block.filled,
        )
        s.rhythm.push(slow, level, up, block.x)
        s.sides.push(block, up)
        return [*self._search_crossings()]

    def _within_what_was_felt(self, acc: Array, filled: np.ndarray) -> Array:
        """Rows of ``acc`` (n, 3), bridged ones no stronger or weaker than what came in the second before.

        A curve goes on as the samples beside a hole went; over 0.3 s their noise becomes a swing.
        """
        h, second, felt = self.state.history, round(PELVIS_RATE_HZ), norms(acc)
        rows = h.rows(max(h.start, h.end - second), h.end)
        came = np.where(rows[:, _FILLED] > 0, np.nan, np.sqrt(rows[:, _FELT]))
        new, came = len(came), np.concatenate((came, np.where(filled, np.nan, felt)))
        limited = felt.copy()
        for i in np.flatnonzero(filled):
            before = came[max(0, new + i - second) : new + i]
            before = before[~np.isnan(before)]
            if len(before):
                limited[i] = min(max(felt[i], before.min()), before.max())
        return np.asarray(acc * (limited / np.maximum(felt, 1e-9))[:, None])

    def _begin_grid(self, t0_s: float) -> None:
        """After a hole of seconds the runner still wears the sensor as before; after minutes, who knows."""
        s, p = self.state, self.params
        short = bool(s.holes) and s.holes[-1].end_s - s.holes[-1].start_s <= p.memory_s
        s.filters = s.filters.after_hole(p) if short else PelvisFilters.begin(p)
        s.history.restart(t0_s)
        s.rhythm.restart()

    # --------------------------------------------------------------- the step clock

    def _search_crossings(self, *, ended: bool = False) -> list[Contact]:
        """Walk over the crossings in the rows that are new.

        The end of an open step is looked for when it is nearly due, or the grid has ``ended``; one that
        came earlier is found then.
        """
        s, p, delay_s = self.state, self.params, self._coefficients.delay_s
        h = s.history
        if s.clock_s is not None and h.time(h.end - 1) < s.look_s and not ended:
            return []
        first = min(max(s.filters.searched - 1, s.filters.ready, h.start), h.end)
        rows = h.rows(first, h.end)
        y = rows[:, _SLOW] - rows[:, _MEAN]
        rms = np.sqrt(rows[:, _SWAY])
        armed = ((y[1:] < -p.arm_rms * rms[1:]) & (rms[1:] > p.least_rms_g)).nonzero()[0] + 1
        out: list[Contact] = []
        for i in ((y[:-1] < 0) & (y[1:] >= 0)).nonzero()[0]:
            before = armed[armed <= i]
            if len(before):
                s.armed_s = h.time(first + int(before[-1])) - delay_s
            at = h.time(first + i + y[i] / (y[i] - y[i + 1])) - delay_s
            if s.armed_s > s.fired_s and self._moves(first + int(i)) and self._is_step(at):
                out += self._handle_crossing(at, first + int(i))
        if len(armed):
            s.armed_s = h.time(first + int(armed[-1])) - delay_s
        s.filters.searched = h.end
        now = h.time(h.end - 1) - delay_s
        if s.clock_s is not None and now - s.clock_s > p.longest_step_s:
            out += self._close_step(None)
        self._set_times(now)
        return out

    def _set_times(self, now: float) -> None:
        """Set how far everything is decided, and when more can be: a step ends with the next crossing."""
        s, p = self.state, self.params
        if s.clock_s is not None:
            s.done_s, s.due_s = s.clock_s - _BEFORE_S, s.look_s
            s.still_s = s.due_s
            return
        pause = p.refractory * min(s.step_s, p.first_step_s)
        s.done_s, s.still_s = now - _BEFORE_S, -math.inf
        s.due_s = max(now, s.fired_s + pause) + pause + self._coefficients.delay_s

    def _moves(self, row: int) -> bool:
        """Whether the force varied in the second before a row: a case that is only turned feels one g.

        What was bridged over lost samples says nothing of movement, nor does the slow force made of it.
        """
        h, p, delay = self.state.history, self.params, self._coefficients.slow_rows
        rows = h.rows(max(h.start, row - round(PELVIS_RATE_HZ)), row + 1)
        came = rows[:, _FILLED] == 0
        felt = np.sqrt(rows[came, _FELT])
        if len(felt) == 0 or spread(felt) < p.least_felt_g * GRAVITY_MS2:
            return False
        if came.all():
            return True
        swing = (rows[delay:, _SLOW] - rows[delay:, _MEAN])[came[:-delay]]
        return float((swing**2).sum()) > p.least_rms_g**2 * len(swing)

    def _is_step(self, at_s: float) -> bool:
        """Whether a crossing can be that of a new step."""
        s, p = self.state, self.params
        since = at_s - s.fired_s
        walks = s.rhythm_s is not None and s.step_s > p.walk_s
        if since > (p.walk_refractory if walks else p.refractory) * s.step_s:
            sure = s.rhythm_s is not None or since > p.longest_step_s
            return sure or self._rise_mm(s.fired_s, at_s) > p.least_mm
        quick = s.step_s > p.slowest_step_s and since > p.refractory * p.first_step_s
        return quick and self._rise_mm(s.fired_s, at_s) > p.quick_mm

    def _handle_crossing(self, at_s: float, row: int) -> list[Contact]:
        """A crossing closes the open step and opens one; ``row`` is the last that was looked at."""
        s, p = self.state, self.params
        out = self._close_step(at_s)
        step = at_s - s.fired_s
        if step <= p.refractory * s.step_s:  # a faster gait
            s.step_s, s.rhythm_s = step, None
            s.rhythm.forget_before(row)
        elif p.shortest_step_s < step < p.slowest_step_s:
            s.step_s += p.gain * (step - s.step_s)
        s.clock_s = s.fired_s = at_s
        if at_s - s.checked_s >= p.check_s:
            self._follow_rhythm(at_s, row)
            s.checked_s = at_s
        s.look_s = at_s + p.look_after * s.step_s + self._coefficients.delay_s
        return out

    def _follow_rhythm(self, at_s: float, row: int) -> None:
        """Take the step time of the rhythm where the clock's is far off.

        Humps that rise like steps are steps: the rhythm may only say that there are more.
        """
        s, p = self.state, self.params
        s.rhythm_s = s.rhythm.step_s(row)
        if s.rhythm_s is None or abs(s.step_s / s.rhythm_s - 1) <= p.off_beat:
            return
        if s.rhythm_s > s.step_s and self._rise_mm(at_s - s.step_s, at_s) > p.quick_mm:
            s.rhythm_s = None
        else:
            s.step_s = s.rhythm_s

    def _close_step(self, next_s: float | None) -> list[Contact]:
        """Close the open step at the next crossing, or without one after a pause or a gap."""
        s, worn = self.state, self.worn
        if s.clock_s is None:
            return []
        clock, s.clock_s = s.clock_s, None
        whole = next_s is not None and not self._holed(clock - _BACK_S, next_s)
        passed = self._steps_since_beat(clock)
        s.beat_s = clock
        features = {"at_s": clock, "passed": float(passed)}
        if s.rhythm_s is not None:
            features["rhythm_s"] = s.rhythm_s
        if next_s is not None and whole and next_s - clock <= self.params.longest_step_s:
            features["step_s"] = next_s - clock
            features |= self._measure_step(clock, next_s)
            self._share_between_legs(features)
        to_s = features.get("off_s")
        side = s.sides.side_of_step(clock, s.step_s, passed, whole=whole)
        known_s = clock + self._coefficients.delay_s
        if next_s is not None:
            known_s = max(next_s + self._coefficients.delay_s, s.look_s)
        shift = self._models.pelvis_ic_ms
        ic_s = clock + shift.value(features) / 1e3
        missing_s = sum(h.end_s - h.start_s for h in s.holes if h.start_s < clock < h.end_s)
        sd_s = math.hypot(shift.sd / 1e3, missing_s / math.sqrt(12))
        return [
            Contact(worn.sensor, worn.placement, side, ic_s, to_s, sd_s,
                    None if to_s is None else _OFF_SD_S, known_s, missing_s, features)
        ]  # fmt: skip

    def _steps_since_beat(self, clock_s: float) -> int:
        """Steps from the last contact to this one; 0 where nobody can count them."""
        s, p = self.state, self.params
        if s.beat_s is None or clock_s - s.beat_s > p.count_s:
            return 0
        beats = (clock_s - s.beat_s) / s.step_s
        n = max(1, round(beats))
        if abs(beats - n) > p.off_beat:
            return 0 if self._holed(s.beat_s, clock_s) else 1
        several = self._holed(s.beat_s, clock_s) or self._rise_mm(s.beat_s, clock_s) > p.tall_mm
        return n if several else 1

    def _holed(self, start_s: float, stop_s: float) -> bool:
        return any(h.end_s > start_s and h.start_s < stop_s for h in self.state.holes)

    def _rise_mm(self, start_s: float, stop_s: float) -> float:
        """Height that the pelvis swings through if this is one step; 0.0 without its rows.

        It is that of a sine as high as the slow vertical force, whose two humps count as one.
        """
        found = self._column_between(_SLOW, start_s, stop_s, self._coefficients.slow_rows)
        if found is None:
            return 0.0
        swing_ms2 = GRAVITY_MS2 * float(np.ptp(found[1]))
        return 1e3 * swing_ms2 * ((stop_s - start_s) / (2 * math.pi)) ** 2

    # -------------------------------------------------------------- numbers of a step

    def _share_between_legs(self, features: dict[str, float]) -> None:
        """Off the middle a sensor sees the near leg longer than the far one: give each step both' mean."""
        own = features.pop("load_ms", None), features.pop("fall_ms", None)
        before, self.state.before = self.state.before, own
        for name, now, last in zip(("load_ms", "fall_ms"), own, before or (None, None), strict=True):
            if now is not None and self.worn.placement is Placement.PELVIS:
                features[name] = now
            elif now is not None and last is not None:
                features[name] = (now + last) / 2

    def _was_clipped(self, start_s: float, stop_s: float) -> bool:
        """An axis was stuck for part of a step lately, but not dead: its range is too small."""
        s, p = self.state, self.params
        h = s.history
        first = max(h.start, math.ceil((start_s - h.t0_s) * PELVIS_RATE_HZ))
        last = min(h.end, first + max(1, round((stop_s - start_s) * PELVIS_RATE_HZ)))
        rows = h.rows(max(h.start, first - 4), last)  # without four rows before it none ends five
        share = ends_five_equal(rows[:, _CAME]).sum(axis=0) / (last - first)
        if np.any((share > p.stuck_share) & (share < p.dead_share)):
            s.clipped_s = start_s
        return start_s - s.clipped_s < p.clipped_s

    def _measure_step(self, start_s: float, stop_s: float) -> dict[str, float]:
        """Loaded width, toe-off, flight minimum and vertical oscillation of one step."""
        p, c = self.params, self._coefficients
        terms: dict[str, float] = {}
        slow = self._column_between(_SLOW, start_s - _BACK_S, stop_s, c.slow_rows)
        fast = self._column_between(_FAST, start_s, stop_s, c.fast_rows)
        if slow is None or fast is None or self._was_clipped(start_s, stop_s):
            return terms
        t0, force = slow
        rise = last_rise(force, p.load_g, math.ceil((start_s - t0) * PELVIS_RATE_HZ))
        fall, off = last_fall(force, p.load_g), last_fall(force, p.off_g)
        if rise is not None and fall is not None and fall > rise:
            terms["load_ms"] = 1e3 * (fall - rise) / PELVIS_RATE_HZ
        if off is not None:
            terms["off_s"] = t0 + off / PELVIS_RATE_HZ
        felt = self._column_between(_FELT, start_s, stop_s, 0)
        if felt is not None:
            falls = int(np.count_nonzero(felt[1] < (p.fall_g * GRAVITY_MS2) ** 2)) / len(felt[1])
            terms["fall_ms"] = 1e3 * (stop_s - start_s) * falls
        terms["flight_g"] = float(fast[1].min())
        terms["harmonic_mm"] = harmonic_mm(fast[1], stop_s - start_s)
        terms["rise_mm"] = float(self._models.pelvis_rise_mm.value(terms | {"step_s": stop_s - start_s}))
        return terms

    def _column_between(
        self, column: int, start_s: float, stop_s: float, delay: int
    ) -> tuple[float, Array] | None:
        """Time of the first row and the values of a column from start to stop (delay removed)."""
        h = self.state.history
        first = math.ceil((start_s - h.t0_s) * PELVIS_RATE_HZ) + delay
        last = min(math.floor((stop_s - h.t0_s) * PELVIS_RATE_HZ) + delay + 1, h.end)
        if first < h.start or last - first < 8:
            first = max(first, h.start)
            if last - first < 8:
                return None
        return h.time(first - delay), h.rows(first, last)[:, column]
