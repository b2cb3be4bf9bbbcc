"""The two kinds of ±: what lasts with a runner, and what differs between his legs and from step to step.

The SD of a model (``dsp.models``) is that of a trial's mean: an error that all steps of a runner have, that
no number of steps takes away and that cancels in a difference within his run.  Here is the rest, measured
on the steps of 15 runners and of five in another laboratory (Fukuchi 2017; Hamner 2013, up to 4.6 m/s;
between the two where they differ).  The errors of one leg's steps are independent: neighbours correlate by
-0.1 to 0.1, and means of 14 steps scatter as the root of 14 says, or less.

An ``Estimate`` has one SD: of a step that of this step, all parts together; of a second that of the mean of
its steps.  So what is stored has no second number: the parts are taken apart by this table.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dsp.types import GRAVITY_MS2, Contact, Estimate, Side, Step


@dataclass(frozen=True, slots=True)
class StepScatter:
    """The SDs of what does not last: ``leg``, half of what the legs' errors differ, and ``step``, the rest.

    With ``relative`` both are shares of the value.
    """

    leg: float
    step: float
    relative: bool = False

    def times(self, factor: float) -> StepScatter:
        """Return the scatter of a number that is this one times ``factor``."""
        return StepScatter(self.leg * factor, self.step * factor, self.relative)


_NONE = StepScatter(0.0, 0.0)
_BRAKING = {
    "braking_impulse_bws": StepScatter(0.0016, 0.0022),
    "peak_braking_bw": StepScatter(0.06, 0.075, relative=True),
}
_BY_SPEED = {"overstride_m": StepScatter(0.008, 0.0083), **_BRAKING}
_BELT = {
    "contact_ms": StepScatter(5.3, 6.0),
    "step_time_ms": StepScatter(2.0, 4.7),
    "stride_time_ms": StepScatter(0.0, 4.7),
    "vertical_oscillation_mm": StepScatter(2.6, 3.0),
    **_BY_SPEED,
}
_NOT_TIMED = {name: row for name, row in _BELT.items() if "_time_" not in name}
_MEASURED: Mapping[str, Mapping[str, StepScatter]] = {
    "foot": {
        "contact_ms": StepScatter(1.9, 3.4),
        "step_time_ms": StepScatter(2.4, 3.1),
        "stride_time_ms": StepScatter(0.0, 3.1),
        "foot_strike_deg": StepScatter(1.5, 1.3),
        "overstride_m": StepScatter(0.0065, 0.0078),
        **_BRAKING,
    },
    "shank": {
        "contact_ms": StepScatter(2.9, 3.7),
        "step_time_ms": StepScatter(2.8, 3.5),
        "stride_time_ms": StepScatter(0.0, 3.5),
        "shank_deg": StepScatter(1.1, 1.0),
        "overstride_m": StepScatter(0.007, 0.0095),
        **_BRAKING,
    },
    "pelvis": _BELT,
    "waist": _NOT_TIMED,  # the same models, but nobody measured how evenly a waist marks its steps
    "hip": _NOT_TIMED,
    "ankle": _BY_SPEED,
    "model": {"contact_ms": StepScatter(3.0, 4.5)},
}
"""By ``Estimate.how`` and metric.  A metric that is not there has the same SD in a step and in a mean."""

_DERIVED: Mapping[str, tuple[str, float]] = {
    "flight_ms": ("contact_ms", 1.0),
    "duty_factor_pct": ("contact_ms", 100 / 700),  # a stride takes 0.7 s
    "overstride_leg_pct": ("overstride_m", 100 / 0.9),  # a leg is 0.9 m long
    "speed_lost_mps": ("braking_impulse_bws", GRAVITY_MS2),
    "vertical_ratio_pct": ("vertical_oscillation_mm", 0.1 / 1.25),  # a step is 1.25 m long
}
"""Metrics that are another one times something nearly constant, with that factor."""

_SCATTER: Mapping[tuple[str, str], StepScatter] = {
    (how, metric): rows[source].times(factor)
    for how, rows in _MEASURED.items()
    for metric, (source, factor) in {**{name: (name, 1.0) for name in rows}, **_DERIVED}.items()
    if source in rows
}
"""By ``Estimate.how`` and metric: what was measured, and what is derived from it."""

_TELESCOPE = ("cadence_spm", "stride_time_ms", "step_time_ms")
"""Intervals: where one ends the next begins, so that all but the outermost errors of an unbroken chain
cancel in their mean.  Every lost step breaks one."""
_UNSURE = 0.01  # a share of an SD: less is rounding
_JOINT_S = 0.05  # an interval that begins so close to a contact begins there


def interval_sd_s(contact: Contact) -> float:
    """Return the lasting SD (s) of an interval that ends at this contact, 0 where all of it is scatter.

    A contact whose offset is off is off alike in the next, and the interval is right.  Over lost samples,
    and at places where the scatter was never measured, the SD of the contact itself counts.
    """
    measured = "stride_time_ms" in _MEASURED.get(contact.placement.value, {})
    return 0.0 if measured and not contact.filled_s else math.sqrt(2) * contact.ic_sd_s


def scatter_of(metric: str, value: float, how: str) -> StepScatter:
    """Return what does not last of the error of a step's ``metric``, in its unit; zeros if not measured."""
    if metric == "cadence_spm":
        return _SCATTER.get((how, "stride_time_ms"), _NONE).times(1e-3 * value * value / 120)
    row = _SCATTER.get((how, metric), _NONE)
    return StepScatter(row.leg * abs(value), row.step * abs(value)) if row.relative else row


def with_scatter(lasting: Estimate) -> Estimate:
    """Return the estimate of one step whose SD has all parts, from one with the SD that lasts."""
    s = scatter_of(lasting.metric, lasting.value, lasting.how)
    if not s.step:
        return lasting
    sd = math.sqrt(lasting.sd**2 + s.leg**2 + s.step**2)
    return Estimate(lasting.metric, lasting.value, sd, lasting.how)


def lasting_sd(step: Estimate) -> float:
    """Return the SD that lasts, from the estimate of one step: what no number of steps takes away."""
    s = scatter_of(step.metric, step.value, step.how)
    return math.sqrt(max(0.0, step.sd**2 - s.leg**2 - s.step**2))


def step_mean(steps: Sequence[Step], metric: str) -> Estimate | None:
    """Return the mean of ``metric`` over the steps that have it and the SD of that mean; None without any.

    The error that lasts stays in full.  That of the legs cancels as far as both have as many steps: one leg
    alone has it in full.  That of steps falls with their number, that of intervals with their chains.
    """
    found = [(s.side, e) for s in steps if (e := s.get(metric)) is not None]
    if not found:
        return None
    n, last, sides = len(found), found[-1][1], [side for side, _ in found]
    lean = abs(sides.count(Side.LEFT) - sides.count(Side.RIGHT)) / n
    s = scatter_of(metric, last.value, last.how)
    if metric in _TELESCOPE and s.step:
        sd = math.hypot(lean * s.leg, _chained_sd(steps, metric, s.leg))
    else:
        sd = math.hypot(lasting_sd(last), lean * s.leg, s.step / math.sqrt(n))
    return Estimate(metric, sum(e.value for _, e in found) / n, sd, last.how)


def _chained_sd(steps: Sequence[Step], metric: str, leg_sd: float) -> float:
    """The SD of the mean of intervals, but for what differs between the legs.

    A chain of strides is off by its two outermost contacts alone: their variance is the mean of that of
    its first and its last stride.  Without losses there is a chain a leg; one leg's alone is counted twice,
    since nobody measured such means.  A stride that is less sure than the usual scatter begins a chain.  Of
    cadence such a stride mostly was not seen, and has the mean of those that were: these are off alike.
    """
    rows: list[tuple[float, int]] = []  # contact, and the chain it belongs to
    first: list[float] = []
    last: list[float] = []  # variances of the first and last stride of every chain
    alike: list[float] = []  # SDs
    for step in steps:
        if (e := step.get(metric)) is None:
            continue
        unsure, begin_s, chain = lasting_sd(e), step.ic_s - _stride_s(step, e), len(first)
        if unsure > _UNSURE * e.sd:
            alike.append(unsure)
        else:
            for t_s, number in rows[-2:]:
                if abs(t_s - begin_s) < _JOINT_S:
                    chain = number
                    break
        variance = max(0.0, e.sd**2 - leg_sd**2)
        if chain == len(first):
            first.append(variance)
            last.append(variance)
        last[chain] = variance
        rows.append((step.ic_s, chain))
    variance = (2 if len(first) == 1 < len(rows) else 1) * (sum(first) + sum(last)) / 2
    if metric == "cadence_spm":
        common = sum(alike) ** 2 - sum(sd**2 for sd in alike)
        variance += common / (len(rows) - len(alike) + 1)
    return math.sqrt(variance) / len(rows)


def _stride_s(step: Step, interval: Estimate) -> float:
    """The time of the stride that ends with a step, or what its interval says of it."""
    stride = step.get("stride_time_ms")
    if stride is not None:
        return stride.value / 1e3
    per_s = {"cadence_spm": 120 / interval.value, "step_time_ms": interval.value / 500}
    return per_s.get(interval.metric, interval.value / 1e3)


def leg_difference_sd(leg: Estimate, steps: int, others: int) -> float:
    """Return the SD of left minus right, means of so many steps of each: what lasts cancels in it.

    ``leg`` is the estimate of either.
    """
    s = scatter_of(leg.metric, leg.value, leg.how)
    return math.hypot(2 * s.leg, s.step * math.sqrt(1 / steps + 1 / others))
