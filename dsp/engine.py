"""The pipeline, from samples of all sensors to the records of a session.

``push`` what came, in any cut, as long as the sensors are interleaved to within ``lateness_s``.
Each sensor has a detector; their contacts wait until no sensor that still delivers can add an
earlier one, then become steps in time order, and whole seconds become metrics.
"""

from __future__ import annotations

import math
from bisect import insort
from collections.abc import Sequence
from dataclasses import dataclass

from dsp.activity import ActivityLog, ActivityStage
from dsp.braking import OWN_SLOPE
from dsp.cadence import StrideClock
from dsp.calibration import Calibration
from dsp.detector_feed import Detection, Feed
from dsp.events.ankle import AnkleStage
from dsp.events.foot import FootStage
from dsp.events.pelvis import PelvisStage
from dsp.events.shank import ShankStage
from dsp.models import MODELS, Models
from dsp.per_second import Seconds
from dsp.readings import Readings
from dsp.speed import Smooth, SpeedBook
from dsp.step_estimates import StepContext, step_estimates
from dsp.types import (  # fmt: skip
    ActivityChange,
    Contact,
    Estimate,
    Gap,
    ImuChunk,
    Placement,
    Reading,
    Record,
    Runner,
    Side,
    Step,
    Worn,
)

STAGES = {
    Placement.FOOT: FootStage,
    Placement.SHANK: ShankStage,
    Placement.ANKLE: AnkleStage,
    Placement.PELVIS: PelvisStage,
    Placement.WAIST: PelvisStage,
    Placement.HIP: PelvisStage,
}
RANK = (Placement.FOOT, Placement.SHANK, Placement.PELVIS, Placement.WAIST, Placement.HIP, Placement.ANKLE)
"""Who is believed first about a contact."""

SLOPE_GAIN = 0.1  # per step: about five seconds
ALIVE_S = 1.5
"""A sensor with a contact so short ago is seeing the runner's steps: two strides of a slow jog."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineParams:
    """How sensors are brought together (choices)."""

    lateness_s: float = 1.0  # a sensor silent for longer is not waited for
    patience_s: float = 12.0  # nor one that delivers but cannot decide (it learns) for longer
    same_contact_s: float = 0.12  # contacts of two sensors this close are one
    gait_s: float = 4.0  # how long steps wait to hear whether the runner runs or walks


class Engine:
    """All sensors of one runner.  ``push`` in, records out, ``finish`` at the end."""

    def __init__(
        self,
        worn: Sequence[Worn],
        runner: Runner | None = None,
        params: EngineParams | None = None,
        models: Models = MODELS,
    ) -> None:
        self._p = params or EngineParams()
        self._runner = runner or Runner()
        calibration = Calibration.of(self._runner)
        self._models = models = models if calibration is None else calibration.personal(models)
        self._worn = {w.sensor: w for w in worn}
        imus = [w for w in worn if w.placement is not Placement.POD]
        self._feeds = {w.sensor: Feed(STAGES[w.placement](w, models)) for w in imus}
        self._clocks = {w.sensor: StrideClock(w.placement.one_leg) for w in imus}
        first = min(imus, key=lambda w: RANK.index(w.placement), default=None)
        self._activity_from = "" if first is None else first.sensor
        self._activity = ActivityStage(first) if first is not None else None
        self._log = ActivityLog()
        self._first_s = math.inf  # time of the first sample of all
        self._waiting: list[Contact] = []  # in time order
        self._gaps: list[Gap] = []  # told already, but strides before them may still wait
        self._settled_s = -math.inf
        self._last: dict[Side | None, float] = {}
        self._stepped_s: dict[str, float] = {}  # last contact of every sensor
        self._readings = Readings()
        self._speed = SpeedBook()
        self._slope = Smooth(SLOPE_GAIN)
        legs = {w.side if w.placement.one_leg else None for w in imus}
        one_leg = len(legs) == 1 and imus[0].placement.one_leg
        self._seconds = Seconds(self._runner, models, 0.5 if one_leg else 1.0)

    def push(self, item: ImuChunk | Reading) -> list[Record]:
        """Take samples or a finished number; give the records that have become certain."""
        if isinstance(item, Reading):
            return self._read(item)
        if len(item) == 0:
            return []
        out: list[Record] = []
        self._first_s = min(self._first_s, float(item.t_s[0]))
        if self._activity is not None and item.sensor == self._activity_from:
            for change in self._activity.push(item):
                self._log.push(change)
                out.append(change)
        out += self._take(item.sensor, self._feeds[item.sensor].push(item))
        out += self._settle(self._watermark())
        while behind := self._worth_a_look():
            for sensor, feed in behind.items():
                out += self._take(sensor, feed.look())
            out += self._settle(self._watermark())
        return out

    def finish(self) -> list[Record]:
        """No more input: everything still waiting becomes certain."""
        out: list[Record] = []
        for sensor, feed in self._feeds.items():
            out += self._take(sensor, feed.finish())
        out += self._settle(math.inf)
        if not self._feeds and math.isfinite(self._readings.newest_s):
            out += self._seconds.until(self._readings.newest_s, self._readings, self._speed, self._log)
        return out + self._seconds.finish(self._readings, self._speed)

    def _take(self, sensor: str, found: Detection) -> list[Record]:
        """Contacts wait; everything else goes on."""
        out: list[Record] = []
        for item in found:
            if isinstance(item, Contact):
                insort(self._waiting, item, key=lambda c: (c.ic_s, c.sensor))
                continue
            if isinstance(item, Gap):
                self._gaps.append(item)
            out.append(item)
        return out

    def _worth_a_look(self) -> dict[str, Feed]:
        """Sensors whose waiting samples are all that holds up the next contact or second."""
        wanted_s = (
            min([c.ic_s for c in self._waiting[:1]] + [self._seconds.next_s]) + self._p.same_contact_s
        )
        behind = {s: f for s, f in self._delivering() if f.detector.done_s < wanted_s}
        return behind if all(f.reaches(wanted_s) for f in behind.values()) else {}

    def _delivering(self) -> list[tuple[str, Feed]]:
        """Sensors that are worth waiting for."""
        newest = max(f.seen_s for f in self._feeds.values())
        return [(s, f) for s, f in self._feeds.items() if f.seen_s >= newest - self._p.lateness_s]

    def _watermark(self) -> float:
        """Up to when no sensor that still delivers can add a contact, and the gait is known."""
        newest = max(f.seen_s for f in self._feeds.values())
        if not self._log.begun and newest < self._first_s + self._p.gait_s:
            return -math.inf
        times = [max(f.detector.done_s, f.seen_s - self._p.patience_s) for _, f in self._delivering()]
        return min(times) - self._p.same_contact_s

    def _settle(self, until_s: float) -> list[Record]:
        """Contacts up to ``until_s``, in time order, to steps; then the seconds before it."""
        self._settled_s = max(self._settled_s, until_s)
        out: list[Record] = []
        while self._waiting and self._waiting[0].ic_s <= self._settled_s:
            self._cut(self._waiting[0].ic_s)
            group = [c for c in self._waiting if self._same(self._waiting[0], c)]
            self._waiting = [c for c in self._waiting if not any(c is g for g in group)]
            step = self._step(sorted(group, key=lambda c: RANK.index(c.placement)))
            if step is not None:
                out += self._seconds.push(step, self._readings, self._speed, self._log)
                out.append(step)
        if math.isfinite(self._settled_s):
            out += self._seconds.until(self._settled_s, self._readings, self._speed, self._log)
        return out

    def _cut(self, t_s: float) -> None:
        """No stride and no step before ``t_s`` spans a gap."""
        for gap in [g for g in self._gaps if g.start_s < t_s]:
            self._gaps.remove(gap)
            self._clocks[gap.sensor].gap()
            self._last.clear()

    def _same(self, a: Contact, b: Contact) -> bool:
        if a is b:
            return True
        sides = {a.side, b.side} - {None}
        return a.sensor != b.sensor and abs(a.ic_s - b.ic_s) < self._p.same_contact_s and len(sides) < 2

    def _step(self, group: list[Contact]) -> Step | None:
        """One step from all sensors that saw it; None where a better sensor saw nothing."""
        c, placement = group[0], group[0].placement
        strides = [self._clocks[g.sensor].push(g.ic_s) for g in group]
        self._stepped_s |= {g.sensor: g.ic_s for g in group}
        if self._covered(c):
            return None
        own = c.features.get("speed_mps")
        if own is not None:
            self._speed.foot(c.ic_s, own)
        speed, given = self._speed.at(c.ic_s, self._readings)
        ic_s = c.ic_s
        if not placement.one_leg and speed is not None and speed.value > 1.5:
            terms = {**c.features, "speed_mps": speed.value}
            ic_s = c.features["at_s"] + self._models.pelvis_ic_ms_with_speed.value(terms) / 1e3
        stride = strides[0] if strides[0] is not None else c.features.get("stride_s")
        around = StepContext(
            runner=self._runner,
            activity=self._log.at(c.ic_s),
            stride_s=stride,
            step_s=self._step_time(c, stride),
            speed=speed,
            given=given,
            slope=self._slope_at(c),
            cadence=self._clocks[c.sensor].now(c.ic_s, placement.value, c.ic_sd_s),
            partners=tuple(group[1:]),
        )
        estimates = step_estimates(c, around, self._models)
        to_s = c.to_s
        contact = next((e for e in estimates if e.metric == "contact_ms"), None)
        if not around.running:
            to_s = None  # what says when a runner leaves the ground says nothing about a walker
        elif not placement.one_leg:
            to_s = ic_s + contact.value / 1e3 if contact is not None and contact.how != "model" else None
        return Step(c.sensor, c.side, ic_s, to_s, estimates)

    def _slope_at(self, c: Contact) -> Estimate | None:
        """Given from outside, else what the feet have climbed over the last strides."""
        own = c.features.get("slope_pct")
        if own is not None:
            self._slope.push(c.ic_s, own)
        given = self._readings.estimate("slope_pct", c.ic_s, sd=0.3)
        climbed = self._slope.at(c.ic_s)
        if given is not None or climbed is None:
            return given
        return Estimate("slope_pct", climbed, self._models.foot_slope_pct.sd, OWN_SLOPE)

    def _covered(self, c: Contact) -> bool:
        """A better sensor sees this leg (or both legs), is alive, and saw nothing here."""
        alive = [self._worn[s] for s, t in self._stepped_s.items() if c.ic_s - t < ALIVE_S]
        better = [w for w in alive if RANK.index(w.placement) < RANK.index(c.placement)]
        legs = {w.side if w.placement.one_leg else None for w in better}
        if None in legs:
            return True
        return c.side in legs if c.side is not None else len(legs) == 2

    def _step_time(self, c: Contact, stride_s: float | None) -> float | None:
        """Since the contact of the other foot where both are seen, else half a stride."""
        other = None if c.side is None else self._last.get(c.side.other)
        self._last[c.side] = c.ic_s
        if other is not None and stride_s is not None and 0.3 < (c.ic_s - other) / stride_s < 0.7:
            return c.ic_s - other
        return None if stride_s is None else stride_s / 2

    def _read(self, reading: Reading) -> list[Record]:
        self._readings.push(reading)
        if self._feeds:
            return []
        out: list[Record] = []
        if reading.quantity in ("cadence_spm", "speed_mps"):
            out += self._pod_activity(reading)
        return out + self._seconds.until(reading.t_s - 1.0, self._readings, self._speed, self._log)

    def _pod_activity(self, reading: Reading) -> list[Record]:
        change = self._readings.activity(reading.t_s, self._log.at(math.inf))
        if change is None:
            return []
        self._log.push(change)
        return [ActivityChange(change.t_s, change.activity, change.known_s)]
