"""Steps from an accelerometer (with or without gyroscope) at the pelvis, waist or hip.

The step clock is the upward crossing of the low-passed vertical specific force through its own
mean: one per step whatever the mounting, so the fundamental is the *step* and a stride harmonic
cannot halve it.  What the clock and the force say about contact, contact time and rise is in
``dsp.models``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from dsp.events.sides import SideVote
from dsp.filters import Block, Fir, History, Hole, Resampler, RunningMean, along, norms
from dsp.models import MODELS, Models
from dsp.types import GRAVITY_MS2, Array, Contact, Gap, ImuChunk, Placement, Worn

_RATE_HZ = 100.0
SLOW, FAST = 0, 1  # History columns: vertical specific force in g, low-passed at 5 and at 12 Hz
MEAN, SWAY = 2, 3  # its running mean and the running mean square about it
CLIPPED_S = 10.0  # how long a clipped step casts doubt on the next ones
STUCK = slice(4, 7)  # one where an axis has not changed for five rows


@dataclass(frozen=True, slots=True, kw_only=True)
class PelvisParams:
    """Step clock at the pelvis (defaults: Fukuchi 2017 virtual IMUs; adaptive, not fitted per person)."""

    arm_rms: float = 0.5  # how far below the mean, in RMS, arms the clock
    least_rms_g: float = 0.06  # quieter than this is not gait
    refractory: float = 0.6  # of the step time
    first_step_s: float = 0.36
    longest_step_s: float = 1.2
    off_g: float = 0.2  # toe-off level
    load_g: float = 0.3  # level of the loaded width


class PelvisStage:
    """Chunks of one pelvis, waist or hip sensor to contacts and gaps.

    Features of a contact: ``at_s`` (crossing), ``step_s`` (to the next crossing), ``load_ms`` (time above
    0.3 g), ``off_s`` (last fall through 0.2 g), ``harmonic_mm`` (peak-to-peak height of the first step
    harmonic), ``rise_mm``, ``flight_g`` (least vertical force), all absent when not seen or clipped.
    """

    def __init__(self, worn: Worn, models: Models = MODELS, params: PelvisParams | None = None) -> None:
        self.worn = worn
        self._models = models
        self._p = params or PelvisParams()
        self._resampler = Resampler(_RATE_HZ)
        self._history = History(_RATE_HZ, 7, keep_s=4.0)
        self._sides = SideVote(_RATE_HZ)
        self._step_s = self._p.first_step_s
        self._load_ms: float | None = None  # how long the last step was loaded
        self._clock_s: float | None = None  # the crossing whose step is not finished yet
        self._last_fired_s = self._armed_s = self._clipped_s = -math.inf
        self.done_s = self.due_s = self.still_s = -math.inf
        self._start_filters()

    def _start_filters(self) -> None:
        self._gravity = RunningMean(4.0, _RATE_HZ)
        self._level = RunningMean(4.0, _RATE_HZ)
        self._slow, self._fast = Fir(5.0, _RATE_HZ), Fir(12.0, _RATE_HZ)
        self._mean, self._sway = RunningMean(1.5, _RATE_HZ), RunningMean(1.5, _RATE_HZ)
        self._before: Array = np.full((4, 3), np.nan)  # the last rows of acceleration
        self._seen = 0  # rows of this grid that were searched for crossings

    def push(self, chunk: ImuChunk) -> list[Contact | Gap]:
        """Contacts finished by this chunk (a step is finished when the next one begins)."""
        x = chunk.acc_ms2 if chunk.gyr_rads is None else np.hstack((chunk.acc_ms2, chunk.gyr_rads))
        out: list[Contact | Gap] = []
        for piece in self._resampler.push(chunk.t_s, x):
            if isinstance(piece, Hole):
                out += self._finish(None)
                self._load_ms = None
                out.append(Gap(self.worn.sensor, piece.start_s, piece.end_s))
            else:
                out += self._block(piece)
        return out

    def finish(self) -> list[Contact | Gap]:
        """The step that was still open at the end of the recording."""
        return list(self._finish(None))

    def _block(self, block: Block) -> list[Contact]:
        if block.fresh:
            self._start_filters()
            self._history.restart(block.t0_s)
        acc = block.x[:, :3]
        mean_acc = self._gravity.push(acc)
        down = mean_acc / np.maximum(norms(mean_acc), 1e-9)[:, None]
        upward = along(acc, down)
        vertical = upward / np.maximum(self._level.push(upward), 1e-3)
        slow, fast = self._slow.push(vertical), self._fast.push(vertical)
        mean = self._mean.push(slow)
        self._history.append(slow, fast, mean, self._sway.push((slow - mean) ** 2), self._stuck(acc))
        self._sides.feed(block, down)
        return self._search()

    def _stuck(self, acc: Array) -> Array:
        """Rows (n, 3) that end five equal ones."""
        rows = np.concatenate((self._before, acc))
        self._before = rows[-4:]
        same = (rows[1:] == rows[:-1]).astype(float)
        return np.asarray(same[:-3] * same[1:-2] * same[2:-1] * same[3:])

    def _search(self) -> list[Contact]:
        """Walk over the crossings in the rows that are new."""
        h = self._history
        first = max(self._seen - 1, h.start)
        rows = h.rows(first, h.end)
        y = rows[:, SLOW] - rows[:, MEAN]
        rms = np.sqrt(rows[:, SWAY])
        armed = np.flatnonzero((y[1:] < -self._p.arm_rms * rms[1:]) & (rms[1:] > self._p.least_rms_g)) + 1
        rising = np.flatnonzero((y[:-1] < 0) & (y[1:] >= 0))
        out: list[Contact] = []
        for i in rising:
            before = armed[armed <= i]
            if len(before):
                self._armed_s = h.time(first + int(before[-1])) - self._slow.delay_s
            at = h.time(first + i + y[i] / (y[i] - y[i + 1])) - self._slow.delay_s
            if (
                self._armed_s > self._last_fired_s
                and at - self._last_fired_s > self._p.refractory * self._step_s
            ):
                out += self._fire(at)
        if len(armed):
            self._armed_s = h.time(first + int(armed[-1])) - self._slow.delay_s
        self._seen = h.end
        now = h.time(h.end - 1) - self._slow.delay_s
        if self._clock_s is not None and now - self._clock_s > self._p.longest_step_s:
            out += self._finish(None)
        self._say_when(now)
        return out

    def _say_when(self, now: float) -> None:
        """How far everything is decided, and when more can be: a step ends with the next crossing."""
        pause = self._p.refractory * self._step_s
        crossing = self._last_fired_s + pause
        if self._clock_s is None:
            crossing = max(now, crossing) + pause
        self.due_s = crossing + self._slow.delay_s
        self.done_s, self.still_s = now - 0.1, -math.inf
        if self._clock_s is not None:
            self.done_s, self.still_s = self._clock_s - 0.1, self.due_s

    def _fire(self, at_s: float) -> list[Contact]:
        out = self._finish(at_s)
        step = at_s - self._last_fired_s
        if 0.2 < step < 0.6:
            self._step_s += 0.15 * (step - self._step_s)
        self._clock_s = self._last_fired_s = at_s
        return out

    def _finish(self, next_s: float | None) -> list[Contact]:
        """Close the open step at the next crossing, or without one after a pause or a gap."""
        if self._clock_s is None:
            return []
        clock, self._clock_s = self._clock_s, None
        features = {"at_s": clock}
        to_s: float | None = None
        if next_s is not None and next_s - clock <= self._p.longest_step_s:
            features["step_s"] = next_s - clock
            features |= self._measure(clock, next_s)
            self._share_load(features)
            to_s = features.get("off_s")
        side = self._sides.step(clock, self._step_s)
        known = (next_s if next_s is not None else clock) + self._slow.delay_s
        shift = self._models.pelvis_ic_ms
        ic = clock + shift.value(features) / 1e3
        return [
            Contact(self.worn.sensor, self.worn.placement, side, ic, to_s, shift.sd / 1e3,
                    None if to_s is None else 0.012, known, 0.0, features)
        ]  # fmt: skip

    def _share_load(self, features: dict[str, float]) -> None:
        """A sensor on one hip sees the near leg longer than the far one: give each step the mean of two."""
        load, before = features.pop("load_ms", None), self._load_ms
        self._load_ms = load
        if load is not None and self.worn.placement is not Placement.HIP:
            features["load_ms"] = load
        elif load is not None and before is not None:
            features["load_ms"] = (load + before) / 2

    def _clipped(self, start_s: float, stop_s: float) -> bool:
        """An axis was stuck for part of a step lately, but not dead: its range is too small."""
        h = self._history
        first = max(h.start, math.ceil((start_s - h.t0_s) * _RATE_HZ))
        last = min(h.end, first + max(1, round((stop_s - start_s) * _RATE_HZ)))
        share = h.rows(first, last)[:, STUCK].mean(axis=0)
        if np.any((share > 0.05) & (share < 0.9)):
            self._clipped_s = start_s
        return start_s - self._clipped_s < CLIPPED_S

    def _measure(self, start_s: float, stop_s: float) -> dict[str, float]:
        """Loaded width, toe-off, flight minimum and vertical oscillation of one step."""
        found: dict[str, float] = {}
        slow = self._column(SLOW, start_s - 0.25, stop_s, self._slow.delay)
        fast = self._column(FAST, start_s, stop_s, self._fast.delay)
        if slow is None or fast is None or self._clipped(start_s, stop_s):
            return found
        t0, force = slow
        up, down = _last_up(force, self._p.load_g, start_s - t0), _last_down(force, self._p.load_g)
        off = _last_down(force, self._p.off_g)
        if up is not None and down is not None and down > up:
            found["load_ms"] = 1e3 * (down - up) / _RATE_HZ
        if off is not None:
            found["off_s"] = t0 + off / _RATE_HZ
        found["flight_g"] = float(fast[1].min())
        found["harmonic_mm"] = _harmonic_mm(fast[1], stop_s - start_s)
        found["rise_mm"] = self._models.pelvis_rise_mm.value(found | {"step_s": stop_s - start_s})
        return found

    def _column(self, column: int, start_s: float, stop_s: float, delay: int) -> tuple[float, Array] | None:
        """Time of the first row and the values of a column from start to stop (delay removed)."""
        h = self._history
        first = math.ceil((start_s - h.t0_s) * _RATE_HZ) + delay
        last = min(math.floor((stop_s - h.t0_s) * _RATE_HZ) + delay + 1, h.end)
        if first < h.start or last - first < 8:
            first = max(first, h.start)
            if last - first < 8:
                return None
        return h.time(first - delay), h.rows(first, last)[:, column]


def _last_down(x: Array, level: float) -> float | None:
    """Fractional row of the last fall of ``x`` through ``level``."""
    falls = np.flatnonzero((x[:-1] >= level) & (x[1:] < level))
    if len(falls) == 0:
        return None
    i = int(falls[-1])
    return float(i + (x[i] - level) / (x[i] - x[i + 1]))


def _last_up(x: Array, level: float, before_s: float) -> float | None:
    """Fractional row of the last rise of ``x`` through ``level`` not later than ``before_s``."""
    stop = min(len(x) - 1, math.ceil(before_s * _RATE_HZ))
    rises = np.flatnonzero((x[:stop] < level) & (x[1 : stop + 1] >= level))
    if len(rises) == 0:
        return None
    i = int(rises[-1])
    return float(i + (level - x[i]) / (x[i + 1] - x[i]))


def _harmonic_mm(vertical_g: Array, step_s: float) -> float:
    """Peak-to-peak height of the first step harmonic of the vertical force (g), integrated twice."""
    n = len(vertical_g)
    harmonic = np.exp(-2j * np.pi * np.arange(n) / n)
    size_ms2 = 2 * abs(np.dot(vertical_g - 1, harmonic)) / n * GRAVITY_MS2
    return float(2e3 * size_ms2 * (step_s / (2 * math.pi)) ** 2)
