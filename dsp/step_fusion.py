"""Steps out of contacts: what several sensors saw of one foot on the ground becomes one ``Step``."""

from __future__ import annotations

from collections.abc import Sequence

from dsp.activity import ActivityLog
from dsp.braking import OWN_SLOPE
from dsp.cadence import StrideClock
from dsp.models import Models
from dsp.readings import Readings
from dsp.speed import ExponentialMean, SpeedFusion
from dsp.step_estimates import StepContext, step_estimates
from dsp.types import Contact, Estimate, Gap, Placement, Runner, Side, Step, Worn

RANK = (Placement.FOOT, Placement.SHANK, Placement.PELVIS, Placement.WAIST, Placement.HIP, Placement.ANKLE)
"""Placements in the order in which they are believed about a contact."""

SLOPE_SMOOTHING = 0.1  # per step: about five seconds
_LEVELLED_SD_PCT = 0.7
"""SD of a slope whose offset was measured on the level: 0.4 at other speeds of the same day (Fukuchi 2017,
15 runners); the rest is a choice for other days, which nobody measured."""
_ALIVE_S = 1.5
"""A sensor with a contact so short ago is seeing the runner's steps: two strides of a slow jog."""


class StepFusion:
    """A maker of steps from contacts of the motion sensors ``worn``, which come in time order.

    ``speed`` is the runner's speed as fused from the feet and from readings.
    """

    def __init__(self, worn: Sequence[Worn], runner: Runner, models: Models) -> None:
        feet = [w for w in worn if w.placement is Placement.FOOT]
        self.speed = SpeedFusion(calibrated=bool(feet) and all(w.speed_gain is not None for w in feet))
        self._runner = runner
        self._models = models
        self._worn = {w.sensor: w for w in worn}
        self._clocks = {w.sensor: StrideClock(w.placement.one_leg) for w in worn}
        self._gaps: list[Gap] = []  # that contacts still to come may lie before
        self._landed_s: dict[Side | None, float] = {}  # last contact of every leg
        self._last_contact_s: dict[str, float] = {}  # last contact of every sensor
        self._slope = ExponentialMean(SLOPE_SMOOTHING)
        self._levelled: dict[str, bool] = {}  # by foot sensor, whether its slope has no offset

    def note_gap(self, gap: Gap) -> None:
        """Remember that samples are missing: no stride and no step time may span that."""
        self._gaps.append(gap)

    def push(self, group: Sequence[Contact], readings: Readings, log: ActivityLog) -> Step | None:
        """Return the step of contacts that all sensors had of one landing; None if it is not believed.

        A better sensor that is alive would have seen it too.
        """
        self._end_strides_at_gaps(min(c.ic_s for c in group))
        ranked = sorted(group, key=lambda c: RANK.index(c.placement))
        for c in (c for c in ranked if "missed" in c.features):
            self._clocks[c.sensor].gap()
        strides = [self._clocks[c.sensor].push(c.ic_s, _steps_passed(c)) for c in ranked]
        self._last_contact_s |= {c.sensor: c.ic_s for c in ranked}
        best = ranked[0]
        if self._contradicted(best):
            return None
        return self._make_step(best, strides[0], ranked[1:], readings, log)

    def _end_strides_at_gaps(self, t_s: float) -> None:
        """Make sure that no stride and no step time that ends at ``t_s`` spans a gap."""
        for gap in [g for g in self._gaps if g.start_s < t_s]:
            self._gaps.remove(gap)
            self._clocks[gap.sensor].gap()
            self._landed_s.clear()

    def _make_step(
        self,
        c: Contact,
        stride_s: float | None,
        partners: Sequence[Contact],
        readings: Readings,
        log: ActivityLog,
    ) -> Step:
        placement = c.placement
        own = c.features.get("speed_mps")
        if own is not None:
            self.speed.push_foot(c.ic_s, own)
        speed, given = self.speed.at(c.ic_s, readings)
        ic_s = self._contact_s(c, speed)
        stride = stride_s if stride_s is not None else c.features.get("stride_s")
        context = StepContext(
            runner=self._runner,
            activity=log.at(c.ic_s),
            stride_s=stride,
            step_s=self._step_time(c, stride),
            speed=speed,
            given=given,
            slope=self._slope_at(c, readings),
            cadence=self._clocks[c.sensor].now(
                c.ic_s, placement.value, c.ic_sd_s, c.features.get("rhythm_s")
            ),
            partners=tuple(partners),
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

    def _slope_at(self, c: Contact, readings: Readings) -> Estimate | None:
        """Slope given from outside, else what the feet have climbed over the last strides."""
        own = c.features.get("slope_pct")
        if own is not None:
            self._slope.push(c.ic_s, own)
            self._levelled[c.sensor] = "levelled" in c.features
        given = readings.estimate("slope_pct", c.ic_s, sd=0.3)
        climbed = self._slope.at(c.ic_s)
        if given is not None or climbed is None:
            return given
        sd = _LEVELLED_SD_PCT if all(self._levelled.values()) else self._models.foot_slope_pct.sd
        return Estimate("slope_pct", climbed, sd, OWN_SLOPE)

    def _contradicted(self, c: Contact) -> bool:
        """True where a better sensor sees this leg (or both legs), is alive, and saw nothing here."""
        alive = [self._worn[s] for s, t in self._last_contact_s.items() if c.ic_s - t < _ALIVE_S]
        better = [w for w in alive if RANK.index(w.placement) < RANK.index(c.placement)]
        legs = {w.side if w.placement.one_leg else None for w in better}
        if None in legs:
            return True
        return c.side in legs if c.side is not None else len(legs) == 2

    def _step_time(self, c: Contact, stride_s: float | None) -> float | None:
        """Time since the contact of the other foot where both are seen, else half a stride."""
        other = None if c.side is None else self._landed_s.get(c.side.other)
        self._landed_s[c.side] = c.ic_s
        if other is not None and stride_s is not None and 0.3 < (c.ic_s - other) / stride_s < 0.7:
            return c.ic_s - other
        return None if stride_s is None else stride_s / 2


def _steps_passed(c: Contact) -> int | None:
    """Contacts due since the one before, as far as the detector counts them."""
    return None if "passed" not in c.features else int(c.features["passed"])
