"""The engine of one runner: samples and readings of all sensors in, the records of a session out.

``push`` what came, in any cut, as long as the sensors are interleaved to within ``lateness_s``.  How steps
and seconds become final is written above ``Engine``.
"""

from __future__ import annotations

import math
from bisect import insort
from collections.abc import Sequence
from dataclasses import dataclass

from dsp.activity import ActivityClassifier, ActivityLog
from dsp.braking import OWN_SLOPE
from dsp.cadence import StrideClock
from dsp.calibration import Calibration
from dsp.detector_feed import Detection, Feed
from dsp.events.ankle import AnkleDetector
from dsp.events.foot import FootDetector
from dsp.events.pelvis import PelvisDetector
from dsp.events.shank import ShankDetector
from dsp.models import MODELS, Models
from dsp.per_second import PerSecondMetrics
from dsp.readings import Readings
from dsp.speed import ExponentialMean, SpeedFusion
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

DETECTORS = {
    Placement.FOOT: FootDetector,
    Placement.SHANK: ShankDetector,
    Placement.ANKLE: AnkleDetector,
    Placement.PELVIS: PelvisDetector,
    Placement.WAIST: PelvisDetector,
    Placement.HIP: PelvisDetector,
}
_RANK = (Placement.FOOT, Placement.SHANK, Placement.PELVIS, Placement.WAIST, Placement.HIP, Placement.ANKLE)
"""Placements in the order in which they are believed about a contact."""

_SLOPE_GAIN = 0.1  # per step: about five seconds
_ALIVE_S = 1.5
"""A sensor with a contact so short ago is seeing the runner's steps: two strides of a slow jog."""

# How steps and seconds become final
#
# 1. Samples.  Every IMU has a detector behind a feed (``dsp.detector_feed``).  The feed holds samples
#    back until they can decide something, so the detector works a few times per stride, however small the
#    packets are.  A detector yields contacts, gaps and readiness, and promises with ``done_s`` that none
#    of its later contacts will be earlier than that.  Gaps and readiness are returned at once, and so are
#    changes of activity, which one sensor decides (of those worn, the first in ``_RANK``).  Contacts wait
#    in ``_waiting``, in time order.
#
# 2. Watermark: the time up to which nobody can add a contact any more.  It is the smallest of the
#    sensors' ``done_s``, less ``same_contact_s``, so that the same contact seen by another sensor is in
#    as well.
#    - A sensor whose last sample is ``lateness_s`` older than the newest of all is not asked: it is away.
#    - A sensor that delivers but decides nothing (it is learning how it is worn) counts as decided up to
#      ``patience_s`` before its last sample.
#    - In the first ``gait_s`` of a session the watermark is minus infinity until an activity is known,
#      because most estimates of a step depend on whether the runner runs.
#    When only samples held back in feeds keep the watermark from the next contact or the next whole
#    second, and a look at them may suffice, ``push`` makes those detectors look; so holding back delays
#    nothing.
#
# 3. Settling.  Contacts up to the watermark become steps, in time order.  The first waiting contact takes
#    along those of other sensors within ``same_contact_s`` that do not contradict its side.  The
#    placement first in ``_RANK`` says when, and on which side, the foot landed; all others of the group
#    only add what they alone measure (a pelvis its rise, a shank its angle).  A contact without such
#    company, on a leg that a better sensor sees (one with a contact in the last ``_ALIVE_S``), is
#    dropped: the better sensor saw nothing there.  No stride and no step time spans a gap; a gap was
#    returned long before the contacts round it settle, so ``_gaps`` keeps it until then.
#    ``_settled_s`` never goes back.  A contact that comes below it (its sensor was away, or was no longer
#    waited for) becomes a step at the next settling, out of order.  Otherwise steps are in the order of
#    their contacts (those of a belt are then moved by some ms for the speed, see ``_contact_s``).
#
# 4. Seconds.  The second t is final, and its metrics are returned, when the watermark reaches t: after
#    the steps up to t and before the first step after it.  Means rest on the steps in (t - 5 s, t],
#    variability and balance on the last 20 steps in (t - 15 s, t], braking load on all steps so far
#    (``dsp.per_second``).  A second is never returned again; a step that comes too late counts in later
#    seconds only.
#
# 5. Readings (speed, slope, heart rate ...) make nothing final where an IMU is worn: they are looked up
#    when a step or second settles, as the last at or before that time that is not stale.  Push them
#    before samples that are later.  Where only pods are worn there are no steps; a reading at t makes the
#    seconds up to t - 1 final, since other quantities of the same report may come a little later.
#
# 6. ``finish`` lets every detector decide on what it holds, settles every waiting contact, and returns
#    the seconds before the last step and the one in which it lies (with pods alone, up to the last
#    reading).  Nothing may be pushed after it.
#
# All state is in plain attributes, so ``copy.deepcopy`` of an engine is a snapshot; and no answer depends
# on how the samples of one sensor were cut.


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineParams:
    """Limits on how long the engine waits for a sensor, and when two contacts are one (all are choices)."""

    lateness_s: float = 1.0  # a sensor silent for longer is not waited for
    patience_s: float = 12.0  # nor one that delivers but cannot decide (it learns) for longer
    same_contact_s: float = 0.12  # contacts of two sensors this close are one
    gait_s: float = 4.0  # how long the first steps wait for a first activity


class Engine:
    """An engine for all sensors of one runner: ``push`` samples and readings, get records, ``finish`` at
    the end.

    ``worn`` lists the sensors; samples of a sensor that is not in it raise ``KeyError``.  ``runner`` gives
    body measures and personal gains; ``models`` are the regressions before these gains.
    """

    def __init__(
        self,
        worn: Sequence[Worn],
        runner: Runner | None = None,
        params: EngineParams | None = None,
        models: Models = MODELS,
    ) -> None:
        self._p = params or EngineParams()
        self._runner = runner or Runner()
        calibration = Calibration.from_runner(self._runner)
        self._models = models = models if calibration is None else calibration.personal(models)
        self._worn = {w.sensor: w for w in worn}
        imus = [w for w in worn if w.placement is not Placement.POD]
        self._feeds = {w.sensor: Feed(DETECTORS[w.placement](w, models)) for w in imus}
        self._clocks = {w.sensor: StrideClock(w.placement.one_leg) for w in imus}
        first = min(imus, key=lambda w: _RANK.index(w.placement), default=None)
        self._activity_from = "" if first is None else first.sensor
        self._activity = ActivityClassifier(first) if first is not None else None
        self._log = ActivityLog()
        self._first_s = math.inf  # time of the first sample of all
        self._waiting: list[Contact] = []  # in time order
        self._gaps: list[Gap] = []  # returned already, but contacts before them may still wait
        self._settled_s = -math.inf
        self._last: dict[Side | None, float] = {}
        self._stepped_s: dict[str, float] = {}  # last contact of every sensor
        self._readings = Readings()
        self._speed = SpeedFusion()
        self._slope = ExponentialMean(_SLOPE_GAIN)
        legs = {w.side if w.placement.one_leg else None for w in imus}
        one_leg = len(legs) == 1 and imus[0].placement.one_leg
        self._seconds = PerSecondMetrics(self._runner, models, 0.5 if one_leg else 1.0)

    def push(self, item: ImuChunk | Reading) -> list[Record]:
        """Take samples or a reading and return the records that have become final, in order."""
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
        out += self._sort(self._feeds[item.sensor].push(item))
        out += self._settle(self._watermark())
        while behind := self._feeds_to_look_at():
            for feed in behind:
                out += self._sort(feed.look())
            out += self._settle(self._watermark())
        return out

    def finish(self) -> list[Record]:
        """Return everything that still waited; nothing may be pushed afterwards."""
        out: list[Record] = []
        for feed in self._feeds.values():
            out += self._sort(feed.finish())
        out += self._settle(math.inf)
        if not self._feeds and math.isfinite(self._readings.newest_s):
            out += self._seconds.until(self._readings.newest_s, self._readings, self._speed, self._log)
        return out + self._seconds.finish(self._readings, self._speed)

    def _sort(self, detection: Detection) -> list[Record]:
        """Put contacts into ``_waiting`` and return everything else, which is final at once."""
        out: list[Record] = []
        for item in detection:
            if isinstance(item, Contact):
                insort(self._waiting, item, key=lambda c: (c.ic_s, c.sensor))
                continue
            if isinstance(item, Gap):
                self._gaps.append(item)
            out.append(item)
        return out

    def _feeds_to_look_at(self) -> list[Feed]:
        """Feeds whose samples alone hold up the next contact or second; empty if a look is no use."""
        wanted_s = (
            min([c.ic_s for c in self._waiting[:1]] + [self._seconds.next_s]) + self._p.same_contact_s
        )
        behind = [f for f in self._delivering() if f.detector.done_s < wanted_s]
        return behind if all(f.reaches(wanted_s) for f in behind) else []

    def _delivering(self) -> list[Feed]:
        """Feeds whose last sample is not ``lateness_s`` behind the newest of all."""
        newest = max(f.seen_s for f in self._feeds.values())
        return [f for f in self._feeds.values() if f.seen_s >= newest - self._p.lateness_s]

    def _watermark(self) -> float:
        """Time up to which no sensor that still delivers can add a contact, once the gait is known."""
        newest = max(f.seen_s for f in self._feeds.values())
        if not self._log.begun and newest < self._first_s + self._p.gait_s:
            return -math.inf
        times = [max(f.detector.done_s, f.seen_s - self._p.patience_s) for f in self._delivering()]
        return min(times) - self._p.same_contact_s

    def _settle(self, until_s: float) -> list[Record]:
        """Make steps of the contacts up to ``until_s``, in time order, then finish the seconds up to it."""
        self._settled_s = max(self._settled_s, until_s)
        out: list[Record] = []
        while self._waiting and self._waiting[0].ic_s <= self._settled_s:
            self._end_strides_at_gaps(self._waiting[0].ic_s)
            group = [c for c in self._waiting if self._same(self._waiting[0], c)]
            self._waiting = [c for c in self._waiting if not any(c is g for g in group)]
            step = self._step(sorted(group, key=lambda c: _RANK.index(c.placement)))
            if step is not None:
                out += self._seconds.push(step, self._readings, self._speed, self._log)
                out.append(step)
        if math.isfinite(self._settled_s):
            out += self._seconds.until(self._settled_s, self._readings, self._speed, self._log)
        return out

    def _end_strides_at_gaps(self, t_s: float) -> None:
        """Make sure that no stride and no step time that ends at ``t_s`` spans a gap."""
        for gap in [g for g in self._gaps if g.start_s < t_s]:
            self._gaps.remove(gap)
            self._clocks[gap.sensor].gap()
            self._last.clear()

    def _same(self, a: Contact, b: Contact) -> bool:
        """True where two sensors saw the same foot land."""
        if a is b:
            return True
        sides = {a.side, b.side} - {None}
        return a.sensor != b.sensor and abs(a.ic_s - b.ic_s) < self._p.same_contact_s and len(sides) < 2

    def _step(self, group: list[Contact]) -> Step | None:
        """One step from all sensors that saw it, best first; None where a better sensor saw nothing."""
        c, placement = group[0], group[0].placement
        strides = [self._clocks[g.sensor].push(g.ic_s) for g in group]
        self._stepped_s |= {g.sensor: g.ic_s for g in group}
        if self._covered(c):
            return None
        own = c.features.get("speed_mps")
        if own is not None:
            self._speed.foot(c.ic_s, own)
        speed, given = self._speed.at(c.ic_s, self._readings)
        ic_s = self._contact_s(c, speed)
        stride = strides[0] if strides[0] is not None else c.features.get("stride_s")
        context = StepContext(
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
        estimates = step_estimates(c, context, self._models)
        to_s = c.to_s
        if not context.running:
            to_s = None  # what says when a runner leaves the ground says nothing about a walker
        elif not placement.one_leg:
            contact = next((e for e in estimates if e.metric == "contact_ms"), None)
            to_s = ic_s + contact.value / 1e3 if contact is not None and contact.how != "model" else None
        return Step(c.sensor, c.side, ic_s, to_s, estimates)

    def _contact_s(self, c: Contact, speed: Estimate | None) -> float:
        """Time of the contact; that of a sensor which sees both legs is corrected for the speed."""
        if c.placement.one_leg or speed is None or speed.value <= 1.5:
            return c.ic_s
        terms = {**c.features, "speed_mps": speed.value}
        return c.features["at_s"] + self._models.pelvis_ic_ms_with_speed.value(terms) / 1e3

    def _slope_at(self, c: Contact) -> Estimate | None:
        """Slope given from outside, else what the feet have climbed over the last strides."""
        own = c.features.get("slope_pct")
        if own is not None:
            self._slope.push(c.ic_s, own)
        given = self._readings.estimate("slope_pct", c.ic_s, sd=0.3)
        climbed = self._slope.at(c.ic_s)
        if given is not None or climbed is None:
            return given
        return Estimate("slope_pct", climbed, self._models.foot_slope_pct.sd, OWN_SLOPE)

    def _covered(self, c: Contact) -> bool:
        """True where a better sensor sees this leg (or both legs), is alive, and saw nothing here."""
        alive = [self._worn[s] for s, t in self._stepped_s.items() if c.ic_s - t < _ALIVE_S]
        better = [w for w in alive if _RANK.index(w.placement) < _RANK.index(c.placement)]
        legs = {w.side if w.placement.one_leg else None for w in better}
        if None in legs:
            return True
        return c.side in legs if c.side is not None else len(legs) == 2

    def _step_time(self, c: Contact, stride_s: float | None) -> float | None:
        """Time since the contact of the other foot where both are seen, else half a stride."""
        other = None if c.side is None else self._last.get(c.side.other)
        self._last[c.side] = c.ic_s
        if other is not None and stride_s is not None and 0.3 < (c.ic_s - other) / stride_s < 0.7:
            return c.ic_s - other
        return None if stride_s is None else stride_s / 2

    def _read(self, reading: Reading) -> list[Record]:
        """Remember a reading; without an IMU it also moves activity and seconds on."""
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
