"""Whether a metric has left its target for good: one detector for each fault, fed second by second."""

from __future__ import annotations

from collections import deque

from dsp.cueing.drift import CADENCE_DRIFT, LOAD_DRIFT, QUICK_DRIFT, DriftDetector, ScatterEstimate
from dsp.cueing.target import Target
from dsp.metrics import BY_NAME
from dsp.types import Estimate, Fault
from monitor.pipeline.banded_metrics import CADENCE_METRIC, banded_metric_of
from monitor.pipeline.cue_policy import FaultState

_PARAMS = {Fault.CADENCE_LOW: CADENCE_DRIFT, Fault.CADENCE_HIGH: QUICK_DRIFT}
_LIKELY_S = 20
_SHOWN_S = 10  # of the value while there is no fault


class DeviationDetector:
    """The test of one fault (``dsp.cueing.drift``), scaled to the runner's own scatter.

    A second test beside it takes the target as known exactly; ``only_likely`` compares the two.
    """

    def __init__(self, fault: Fault) -> None:
        self._row = banded_metric_of(fault)
        self.fault, self.metric = fault, self._row.metric
        self.of_cadence = self.metric == CADENCE_METRIC
        self._likely_s = 0
        params = _PARAMS.get(fault, LOAD_DRIFT)
        self._drift, self._if_sure = DriftDetector(params), DriftDetector(params)
        self._scatter: ScatterEstimate | None = None
        self._seen: deque[float] = deque(maxlen=120)  # deviations at the speed of now, to be shown

    @property
    def only_likely(self) -> bool:
        """True in one second of an excursion: it would have been cued 20 s ago with a target known
        exactly.
        """
        return self._likely_s == _LIKELY_S

    def can_see(self, estimate: Estimate) -> bool:
        """Return whether this estimate rests on a sensor that can see this fault."""
        return not self._row.visible_to or estimate.how in self._row.visible_to

    def end_excursion(self) -> None:
        """End the excursion; what is known of the runner's scatter stays."""
        self._likely_s = 0
        self._seen.clear()
        self._drift.end_excursion()
        self._if_sure.end_excursion()
        if self._scatter is not None:
            self._scatter.reset()

    def second(
        self, estimate: Estimate, target: Target, usual: Target, noise_sd: float, cadence_spm: float
    ) -> FaultState:
        """Advance the test by one second and return the state of this fault.

        target, usual: the bands at the speed of now and at the usual pace; a fault is one at both, so
        that neither a speed that wanders nor a change of pace is taken for one. noise_sd: SD of one
        second in the baseline, relative to the target, from which the estimate of the runner's own
        scatter starts. cadence_spm: steps a minute, at which the evidence grows.
        """
        low = self.fault is Fault.CADENCE_LOW
        width = self._band_width(target)
        off = estimate.value / target.centre - 1
        off_usual = estimate.value / usual.centre - 1
        if self._scatter is None:
            self._scatter = ScatterEstimate(noise_sd, self._row.least_sd)
        self._scatter.push(off)
        towards = -off if low else off
        self._seen.append(towards / width)
        deviation = min(towards, -off_usual if low else off_usual) / width
        scatter, steps = self._scatter.sd / width, cadence_spm / 60
        likely = self._if_sure.push(deviation, scatter, steps)
        unsure, unsure_long = (t.sd / t.centre / width for t in (target, usual))
        out = self._drift.push(deviation, scatter, steps, unsure, unsure_long)
        self._likely_s = self._likely_s + 1 if likely and not out else 0
        lasting_s = (self._drift if out else self._if_sure).lasting_s
        seconds = min(len(self._seen), lasting_s or _SHOWN_S)
        error = sum(list(self._seen)[-seconds:]) / seconds
        value = target.centre * (1 - error * width if low else 1 + error * width)
        why = ""
        if out or self.only_likely:
            why = f"{_percent_off(self.metric, value, target.centre)} for {lasting_s} s"
        return FaultState(
            fault=self.fault,
            metric=self.metric,
            out=out,
            error=self._drift.error,
            seems_over=self._drift.seems_over,
            settled=self._drift.settled,
            settled_sd=self._drift.settled_sd(scatter),
            deviation=deviation,
            value=value,
            target=target.centre,
            why=why,
        )

    def _band_width(self, target: Target) -> float:
        edge = target.low if self.fault is Fault.CADENCE_LOW else target.high
        assert edge is not None
        return abs(edge / target.centre - 1)


def _percent_off(metric: str, value: float, target: float) -> str:
    """How far off, computed from the numbers as they are shown, so that they agree with each other."""
    display = BY_NAME[metric].display_or_unit
    shown, aim = (round(x * display.scale, display.decimals) for x in (value, target))
    off = 100 * (shown / aim - 1)
    return f"{abs(off):.0f} % {'below' if off < 0 else 'above'} target"
