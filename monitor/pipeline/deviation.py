"""One fault of one metric: estimate and target in, whether it lasts out."""

from __future__ import annotations

from dsp.cueing.drift import CADENCE as CADENCE_DRIFT
from dsp.cueing.drift import LOADS, Drift, Scatter
from dsp.cueing.target import Target
from dsp.types import Estimate, Fault
from monitor.pipeline.cue_policy import FaultState

CADENCE, OVERSTRIDE, BRAKING = "cadence_spm", "overstride_m", "braking_impulse_bws"
_METRIC = {
    Fault.BRAKING: BRAKING,
    Fault.OVERSTRIDE: OVERSTRIDE,
    Fault.CADENCE_LOW: CADENCE,
    Fault.CADENCE_HIGH: CADENCE,
}
SEEN_BY = {OVERSTRIDE: ("foot", "shank"), BRAKING: ("foot",)}
"""Elsewhere these are speed and cadence in other words, and cadence is watched already."""
FLOOR = {CADENCE: 0.0058, OVERSTRIDE: 0.03, BRAKING: 0.03}
"""Least SD of a second, relative: 1 spm of 172; 20-step blocks of the models scatter by 3 %."""
LIKELY_S = 20


class DeviationDetector:
    """``second`` by second.  ``only_likely`` is True once in an excursion that would have been told 20 s
    ago if the target were known exactly."""

    def __init__(self, fault: Fault) -> None:
        self.fault, self.metric = fault, _METRIC[fault]
        self.of_cadence = self.metric == CADENCE
        self._likely_s = 0
        params = CADENCE_DRIFT if self.of_cadence else LOADS
        self._drift, self._if_sure = Drift(params), Drift(params)
        self._scatter: Scatter | None = None

    @property
    def only_likely(self) -> bool:
        return self._likely_s == LIKELY_S

    def sees(self, found: Estimate) -> bool:
        """Does this estimate rest on a sensor that can see this fault?"""
        return self.of_cadence or found.how in SEEN_BY[self.metric]

    def forget(self) -> None:
        """The excursion is over; what is known of the runner's scatter stays."""
        self._likely_s = 0
        self._drift.reset()
        self._if_sure.reset()
        if self._scatter is not None:
            self._scatter.reset()

    def second(self, found: Estimate, target: Target, noise_sd: float, cadence_spm: float) -> FaultState:
        """``noise_sd`` of the baseline's seconds, relative; where the own scatter starts from."""
        low = self.fault is Fault.CADENCE_LOW
        edge = target.low if low else target.high
        assert edge is not None
        width = abs(edge / target.centre - 1)
        off = found.value / target.centre - 1
        if self._scatter is None:
            self._scatter = Scatter(noise_sd, FLOOR[self.metric])
        self._scatter.push(off)
        deviation = (-off if low else off) / width
        scatter, steps = self._scatter.sd / width, cadence_spm / 60
        likely = self._if_sure.push(1.0, deviation, scatter, 0.0, steps)
        unsure = target.sd / target.centre / width
        out = self._drift.push(1.0, deviation, scatter, unsure, steps)
        self._likely_s = self._likely_s + 1 if likely and not out else 0
        error = self._drift.error
        side, lasting_s = "below" if low else "above", self._drift.lasting_s
        why = f"{100 * abs(error) * width:.0f} % {side} target for {lasting_s:.0f} s"
        return FaultState(self.fault, self.metric, out, error, found.value, target.centre, why)
