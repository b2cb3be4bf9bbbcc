"""The engine of one runner: samples and readings of all sensors in, the records of a session out.

``push`` what came, in any cut and in any order between the sensors; ``advance`` says that time has passed,
so that nobody waits for a sensor that has gone.  How steps and seconds become final is written above
``Engine``.
"""

from __future__ import annotations

import math
from bisect import insort
from collections.abc import Sequence
from dataclasses import dataclass, replace

from dsp.activity import ActivityClassifier, ActivityLog
from dsp.calibration import Calibration
from dsp.detector_feed import Detection, Feed
from dsp.events.ankle import AnkleDetector
from dsp.events.foot import FootDetector
from dsp.events.pelvis import PelvisDetector
from dsp.events.shank import ShankDetector
from dsp.missing_steps import MissingSteps
from dsp.models import MODELS, Models
from dsp.per_second import PerSecondMetrics
from dsp.readings import Readings
from dsp.same_foot import SameFootWatch
from dsp.step_fusion import RANK, StepFusion
from dsp.types import (  # fmt: skip
    ActivityChange,
    Contact,
    Gap,
    ImuChunk,
    Placement,
    Reading,
    Record,
    Runner,
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

# How steps and seconds become final
#
# 1. Samples.  Every IMU has a detector behind a feed (``dsp.detector_feed``).  The feed holds samples
#    back until they can decide something, so the detector works a few times per stride, however small the
#    packets are.  A detector yields contacts, gaps and readiness, and promises with ``done_s`` that none
#    of its later contacts will be earlier than that.  Gaps and readiness are returned at once, and so are
#    changes of activity, which one sensor decides (of those worn, the first in ``RANK``).  Contacts wait
#    in ``_waiting``, in time order.
#
# 2. Watermark: the time up to which nobody can add a contact any more.  It is the smallest of the
#    sensors' ``done_s``, less ``same_contact_s``, so that the same contact seen by another sensor is in
#    as well.
#    - A sensor whose last sample is ``lateness_s`` older than the time told by ``advance`` is not asked: it
#      is away.  Samples alone never say that: another sensor's may just not have been pushed yet.
#    - A sensor that delivers but decides nothing (it is learning how it is worn) counts as decided up to
#      ``patience_s`` before its last sample.
#    - In the first ``gait_s`` of a session the watermark is minus infinity until an activity is known,
#      because most estimates of a step depend on whether the runner runs.
#    When only samples held back in feeds keep the watermark from the next contact or the next whole
#    second, and a look at them may suffice, ``push`` makes those detectors look; so holding back delays
#    nothing.
#
# 3. Settling.  Contacts up to the watermark become steps, in time order.  The first waiting contact takes
#    along those of other sensors within ``same_contact_s`` that do not contradict its side, and
#    ``dsp.step_fusion`` makes one step of them.  The placement first in ``RANK`` says when, and on which
#    side, the foot landed; all others of the group only add what they alone measure (a pelvis its rise, a
#    shank its angle).  A contact without such company, on a leg that a better sensor sees (one that had a
#    contact just now), is dropped: the better sensor saw nothing there.  Of two sensors whose contacts
#    coincide though they are told as left and right (``dsp.same_foot``) one counts, without a side.  No
#    stride and no step time spans a gap; a gap was returned long before the contacts round it settle, so
#    it is noted until then.
#    ``_settled_s`` never goes back.  A contact that comes below it (its sensor was away, or was no longer
#    waited for) becomes a step at the next settling, out of order.  Otherwise steps are in the order of
#    their contacts (those of a belt are then moved by some ms for the speed).
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

    lateness_s: float = 3.0  # a sensor silent for longer is not waited for
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
        runner = runner or Runner()
        calibration = Calibration.from_runner(runner)
        models = models if calibration is None else calibration.personal(models)
        imus = [w for w in worn if w.placement is not Placement.POD]
        self._feeds = {w.sensor: Feed(DETECTORS[w.placement](w, models)) for w in imus}
        self._fusion = StepFusion(imus, runner, models)
        first = min(imus, key=lambda w: RANK.index(w.placement), default=None)
        self._activity_from = "" if first is None else first.sensor
        self._activities = {w.sensor: ActivityClassifier(w) for w in imus}
        self._missing = {w.sensor: MissingSteps(w.sensor) for w in imus}
        self._log = ActivityLog()
        self._first_s = math.inf  # time of the first sample of all
        self._now_s = -math.inf  # what ``advance`` told
        self._waiting: list[Contact] = []  # in time order
        self._settled_s = -math.inf
        self._readings = Readings()
        self._same_foot = SameFootWatch(imus)
        self._seconds = PerSecondMetrics(runner, models)

    def push(self, item: ImuChunk | Reading) -> list[Record]:
        """Take samples or a reading and return the records that have become final, in order."""
        if isinstance(item, Reading):
            return self._push_reading(item)
        if len(item) == 0:
            return []
        out: list[Record] = []
        self._first_s = min(self._first_s, item.t_s.item(0))
        changes = self._activities[item.sensor].push(item)
        if item.sensor == self._activity_from:
            for change in changes:
                self._log.push(change)
                out.append(change)
        out += self._queue_contacts(self._feeds[item.sensor].push(item))
        out += self._missing[item.sensor].push(item, changes)
        return out + self._settle_what_is_complete()

    def advance(self, now_s: float) -> list[Record]:
        """Take the time and return what becomes final because a sensor has not delivered for long."""
        self._now_s = max(self._now_s, now_s)
        return self._settle_what_is_complete() if math.isfinite(self._first_s) else []

    def finish(self) -> list[Record]:
        """Return everything that still waited; nothing may be pushed afterwards."""
        out: list[Record] = []
        for feed in self._feeds.values():
            out += self._queue_contacts(feed.finish())
        out += self._settle_until(math.inf)
        if not self._feeds and math.isfinite(self._readings.newest_s):
            out += self._seconds.until(
                self._readings.newest_s, self._readings, self._fusion.speed, self._log
            )
        return out + self._seconds.finish(self._readings, self._fusion.speed)

    def _settle_what_is_complete(self) -> list[Record]:
        """Settle up to the watermark, letting detectors look that alone hold it up."""
        feeds = self._delivering_feeds()
        out = self._settle_until(self._time_complete_until(feeds))
        while behind := self._feeds_to_look_at(feeds):
            for feed in behind:
                out += self._queue_contacts(feed.look())
            out += self._settle_until(self._time_complete_until(feeds))
        return out

    def _queue_contacts(self, detection: Detection) -> list[Record]:
        """Put contacts into ``_waiting`` and return everything else, which is final at once."""
        out: list[Record] = []
        for item in detection:
            if isinstance(item, Contact):
                insort(self._waiting, item, key=lambda c: (c.ic_s, c.sensor))
                self._missing[item.sensor].push_contact(item)
                continue
            if isinstance(item, Gap):
                self._fusion.note_gap(item)
            out.append(item)
        return out

    def _feeds_to_look_at(self, delivering: list[Feed]) -> list[Feed]:
        """Feeds whose samples alone hold up the next contact or second; empty if a look is no use."""
        wanted_s = self._seconds.next_s
        if self._waiting and (contact_s := self._waiting[0].ic_s) < wanted_s:
            wanted_s = contact_s
        wanted_s += self._p.same_contact_s
        behind: list[Feed] = []
        for feed in delivering:
            if feed.done_s < wanted_s:
                if not feed.reaches(wanted_s):
                    return []
                behind.append(feed)
        return behind

    def _delivering_feeds(self) -> list[Feed]:
        """Feeds whose last sample is not ``lateness_s`` old; the newest where all are older."""
        newest = self._newest_s()
        since_s = min(self._now_s - self._p.lateness_s, newest)
        return [f for f in self._feeds.values() if f.seen_s >= since_s]

    def _newest_s(self) -> float:
        return max([f.seen_s for f in self._feeds.values()])

    def _time_complete_until(self, delivering: list[Feed]) -> float:
        """Time up to which no sensor that still delivers can add a contact, once the gait is known."""
        if not self._log.begun and self._newest_s() < self._first_s + self._p.gait_s:
            return -math.inf
        patience_s = self._p.patience_s
        times = [max(f.done_s, f.seen_s - patience_s) for f in delivering]
        return min(times) - self._p.same_contact_s

    def _settle_until(self, until_s: float) -> list[Record]:
        """Make steps of the contacts up to ``until_s``, in time order, then finish the seconds up to it."""
        self._settled_s = max(self._settled_s, until_s)
        out: list[Record] = []
        while self._waiting and self._waiting[0].ic_s <= self._settled_s:
            group = [c for c in self._waiting if self._same_contact(self._waiting[0], c)]
            self._waiting = [c for c in self._waiting if not any(c is g for g in group)]
            out += [p for c in group for p in self._same_foot.push(c)]
            group = self._without_doubles(group)
            if not group:
                continue
            step = self._fusion.push(group, self._readings, self._log)
            if step is not None:
                out += self._seconds.push(step, self._readings, self._fusion.speed, self._log)
                out.append(step)
        if math.isfinite(self._settled_s) and self._settled_s >= self._seconds.due_s:
            out += self._seconds.until(self._settled_s, self._readings, self._fusion.speed, self._log)
        return out

    def _without_doubles(self, group: list[Contact]) -> list[Contact]:
        """The contacts of a group that count, without a side where two sensors sit on one foot."""
        if not self._same_foot.active:
            return group
        kept = [c for c in group if c.sensor != self._same_foot.ignored]
        return [replace(c, side=None) if c.placement.one_leg else c for c in kept]

    def _same_contact(self, a: Contact, b: Contact) -> bool:
        """True where two sensors saw the same foot land."""
        if a is b:
            return True
        sides = {a.side, b.side} - {None}
        return a.sensor != b.sensor and abs(a.ic_s - b.ic_s) < self._p.same_contact_s and len(sides) < 2

    def _push_reading(self, reading: Reading) -> list[Record]:
        """Remember a reading; without an IMU it also moves activity and seconds on."""
        self._readings.push(reading)
        if self._feeds:
            return []
        out: list[Record] = []
        if reading.quantity in ("cadence_spm", "speed_mps"):
            out += self._pod_activity(reading)
        done_s = reading.t_s - 1.0
        if done_s >= self._seconds.due_s:  # not for each of the many readings of a second
            out += self._seconds.until(done_s, self._readings, self._fusion.speed, self._log)
        return out

    def _pod_activity(self, reading: Reading) -> list[Record]:
        change = self._readings.activity_change(reading.t_s, self._log.at(math.inf))
        if change is None:
            return []
        self._log.push(change)
        return [ActivityChange(change.t_s, change.activity, change.known_s)]
