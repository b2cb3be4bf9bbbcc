"""Metrics of whole seconds, for the live page, the charts and the coach.

A second's metric is the mean of the steps of the last five seconds (cadence: the strides in them;
speed: the newest step's).  Variability and balance rest on the last 20 steps within 15 s, braking load on
all running so far (``dsp.load``).  Where only a pod is worn, a metric is what the pod's speed and cadence
support.
"""

from __future__ import annotations

import math
from collections import deque

from dsp.activity import ActivityLog
from dsp.braking import grade, grade_pct
from dsp.load import BrakingLoad
from dsp.metrics import METRICS, MODEL, is_modelled
from dsp.models import Models
from dsp.readings import Readings
from dsp.speed import SpeedFusion
from dsp.step_estimates import pod_estimates
from dsp.step_scatter import lasting_sd, leg_difference_sd, step_mean
from dsp.types import Activity, Estimate, Metric, Runner, Side, Step

_WINDOW_S = 5.0
_FEWEST_STRIDES = 3  # that a second's cadence rests on: one alone is off by 3 steps/min
_ON_END_S = 2.0  # steps so close are of one run, whatever lies between (a choice: three strides of one leg)
_FORGOTTEN_S = 3600  # without a step or reading; what such a hole goes on for has no seconds (a choice)
_RECENT_STEPS, _RECENT_S = 20, 15.0  # steps that variability and balance rest on, and how old they may be
_DEVICE_SD = {
    "heart_rate_bpm": 1.0,
    "power_w": 1.0,
    "slope_pct": 1.0,
    "contact_ms": 14.0,  # Stryd -5.2 %, RunScribe -2.3 % of a treadmill's (Garcia-Pinillos 2019)
    "step_length_m": 0.03,
    "vertical_oscillation_mm": 8.0,
    "vertical_ratio_pct": 0.6,
    "contact_balance_pct": 0.6,
    "leg_stiffness_kn_m": 0.6,
    "strap_speed_lost_mps": 0.05,
}
"""Metrics that a watch or pod measures itself, with our guess of the SD, since none of them sends one."""
_AVERAGED = tuple(m.name for m in METRICS if m.step and m.second)


class PerSecondMetrics:
    """A stage that takes steps in time order and gives the metrics of every whole second, once each.

    The methods are given the state of the engine at the time of the call: ``readings`` of devices,
    ``speed`` of all sources and the ``log`` of activities.
    """

    def __init__(self, runner: Runner, models: Models) -> None:
        self._runner, self._models = runner, models
        self._steps: deque[Step] = deque()
        self._recent: deque[Step] = deque(maxlen=_RECENT_STEPS)
        self._load = BrakingLoad()
        self._last_s = -math.inf  # contact of the last step
        self._next: int | None = None
        self._empty = 0  # seconds in a row without a step or reading
        self.due_s = -math.inf
        """From this time on ``until`` has something to return; minus infinity before its first call."""

    def push(self, step: Step, readings: Readings, speed: SpeedFusion, log: ActivityLog) -> list[Metric]:
        """Return the metrics of the seconds before this step, then count the step."""
        out = self.until(step.ic_s, readings, speed, log)
        self._add_to_load(step, log)
        self._steps.append(step)
        self._recent.append(step)
        return out

    def _add_to_load(self, step: Step, log: ActivityLog) -> None:
        """Add the running since the step before, however many steps of it were seen, or one step."""
        before_s, self._last_s = self._last_s, step.ic_s
        run_s = step.ic_s - before_s if step.ic_s - before_s < _ON_END_S else None
        impulse, peak, time = (
            step.get(m) for m in ("braking_impulse_bws", "peak_braking_bw", "step_time_ms")
        )
        if impulse is not None and time is not None:
            slope_pct = grade_pct(step.get("slope_pct"))
            hardest = None if peak is None else peak.value
            level, step_s = (impulse.value, lasting_sd(impulse)), time.value / 1e3
            run_s = step_s if run_s is None else run_s
            modelled = is_modelled(impulse.metric, impulse.how)
            self._load.push(level, hardest, step_s, slope_pct, run_s, modelled=modelled)
        elif run_s is not None and log.at(step.ic_s) is Activity.RUN:
            self._load.push_unknown(run_s)

    @property
    def next_s(self) -> float:
        """The first second that is not finished yet; infinity before any step or time is known."""
        return math.inf if self._next is None else float(self._next)

    def until(self, t_s: float, readings: Readings, speed: SpeedFusion, log: ActivityLog) -> list[Metric]:
        """Return the metrics of all whole seconds up to ``t_s`` that were not returned yet."""
        if self._next is None:
            self._next = math.floor(t_s) + 1 if not self._steps else math.ceil(self._steps[0].ic_s)
        out: list[Metric] = []
        while self._next <= t_s:
            if self._empty >= _FORGOTTEN_S and not self._steps:
                self._next = max(self._next, math.floor(min(t_s + 1, readings.next_s(self._next - 1))))
                if self._next > t_s:
                    break
            out += self._metrics_of_second(float(self._next), readings, speed, log)
            self._next += 1
        self.due_s = float(self._next)
        return out

    def finish(self, readings: Readings, speed: SpeedFusion) -> list[Metric]:
        """Return the metrics of the second in which the last step lies, if it is not finished yet."""
        if self._next is None or not self._steps or self._steps[-1].ic_s < self._next - 1:
            return []
        return self._metrics_of_second(float(self._next), readings, speed, ActivityLog())

    def _metrics_of_second(
        self, t_s: float, readings: Readings, speed: SpeedFusion, log: ActivityLog
    ) -> list[Metric]:
        while self._steps and self._steps[0].ic_s <= t_s - _WINDOW_S:
            self._steps.popleft()
        steps = [s for s in self._steps if s.ic_s <= t_s]
        found = self._from_steps(steps) if steps else self._from_pod(t_s, readings, log)
        self._empty = 0 if steps or readings.holds(t_s) else self._empty + 1
        if not steps:  # what a device measures is better than our model of it, all along
            found = [e for e in found if e.metric not in _DEVICE_SD or not readings.measured(e.metric)]
        found += self._load.estimates()
        if steps:
            recent = [s for s in self._recent if t_s - _RECENT_S < s.ic_s <= t_s]
            found += _step_variability(recent)
            found += _contact_balance(recent)
        out = [Metric(t_s, None, e) for e in found]
        out += _contact_of_each_leg(t_s, steps)
        there = {e.metric for e in found}
        for name, sd in _DEVICE_SD.items():
            if name not in there and (value := readings.estimate(name, t_s, sd=sd)) is not None:
                out.append(Metric(t_s, None, value))
        return out

    def _from_steps(self, steps: list[Step]) -> list[Estimate]:
        out: list[Estimate] = []
        for name in _AVERAGED:
            seen = steps
            if name in ("cadence_spm", "speed_mps"):
                seen = [s for s in steps if s.get(name) is not None]
            if name == "cadence_spm" and len(seen) < _FEWEST_STRIDES:
                continue
            mean = step_mean(seen[-1:] if name == "speed_mps" else seen, name)
            if mean is not None:
                out.append(mean)
        return out

    def _from_pod(self, t_s: float, readings: Readings, log: ActivityLog) -> list[Estimate]:
        """Models of speed and cadence, where no step was seen."""
        cadence = readings.latest("cadence_spm", t_s)
        speed = readings.latest("speed_mps", t_s)
        given = None
        if speed is not None:
            given = readings.estimate("speed_mps", t_s, sd=0.02 * speed.value + 0.01)
        out: list[Estimate] = []
        if cadence is not None:
            out.append(Estimate("cadence_spm", cadence.value, 1.0, "pod"))
        if given is not None:
            out.append(Estimate("speed_mps", given.value, given.sd, "pod"))
        if cadence is None or given is None or cadence.value < 100 or log.at(t_s) is not Activity.RUN:
            return out
        slope = grade(readings.estimate("slope_pct", t_s, sd=_DEVICE_SD["slope_pct"]))
        models = pod_estimates((given.value, given.sd), cadence.value, slope, self._runner, self._models)
        known = {e.metric: (e.value, e.sd) for e in models}
        hardest = known["peak_braking_bw"][0] if "peak_braking_bw" in known else None
        impulse, step_s = known["braking_impulse_bws"], 60 / cadence.value
        self._load.push(impulse, hardest, step_s, slope[0], run_s=1.0, modelled=True)
        return out + models


def _step_variability(steps: list[Step]) -> list[Estimate]:
    """Spread of step times within each side, so that a left/right difference does not count."""
    times = [(s.side, e.value) for s in steps if (e := s.get("step_time_ms")) is not None]
    spread, count = 0.0, 0
    for side in (Side.LEFT, Side.RIGHT, None):
        own = [t for s, t in times if s is side]
        if len(own) >= 4:
            mean = sum(own) / len(own)
            spread += sum((t / mean - 1) ** 2 for t in own)
            count += len(own) - 1
    if count == 0:
        return []
    value = 100 * math.sqrt(spread / count)
    return [Estimate("step_variability_pct", value, value / math.sqrt(2 * count), steps[-1].sensor)]


def _contact_of_each_leg(t_s: float, steps: list[Step]) -> list[Metric]:
    """Contact time of each leg, where sides are known and it is measured."""
    return [Metric(t_s, side, mean) for side, (mean, _) in _contact_by_leg(steps).items()]


def _contact_balance(steps: list[Step]) -> list[Estimate]:
    """Left contact time over both, from the last steps of each."""
    means = _contact_by_leg(steps)
    if len(means) < 2:
        return []
    (left, n), (right, m) = means[Side.LEFT], means[Side.RIGHT]
    both = left.value + right.value
    sd = 50 * leg_difference_sd(left, n, m) / both
    return [Estimate("contact_balance_pct", 100 * left.value / both, sd, left.how)]


def _contact_by_leg(steps: list[Step]) -> dict[Side, tuple[Estimate, int]]:
    """Mean contact time per side, with the number of its steps; only what is measured counts."""
    if not steps:
        return {}
    measured = [s for s in steps if (e := s.get("contact_ms")) is not None and e.how != MODEL]
    legs = {side: [s for s in measured if s.side is side] for side in Side}
    means = {side: (step_mean(own, "contact_ms"), len(own)) for side, own in legs.items()}
    return {side: (mean, n) for side, (mean, n) in means.items() if mean is not None}
