"""What a run has cost so far, counted second by second, and what is said when it reaches today's limits.

Four things are counted: distance of running, time on foot, descent (below -2 %, of running, in metres and
seconds), and the braking beyond what the level would have cost.  Nothing that was not measured is counted:
a second without a speed adds no distance, one whose slope no sensor tells adds no descent.  So each count
is the least that it was, and where the distance of much of the run is not known, time is compared too.

Of each limit two notices come, once each: a quiet one at the limit, one aloud at ``loud_share`` of it.
Of several in one second the loud ones are left.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

from dsp.types import Activity, Cue, Estimate
from monitor.core.session_settings import TodaysLimits
from monitor.pipeline.cue_policy import notice

DOWNHILL_PCT = -2.0
"""Running on a steeper slope is downhill (a choice; the review counts the same)."""
_UNSURE_SLOPE_PCT = 2.0
"""A slope with this SD is not known: level ground could not be told from downhill."""
_WELL_KNOWN = 0.9  # of the running has a speed, then the distance is known (a choice)
_SAID_AFTER_S = 60  # of running: that nothing tells the slope, and that today has no running

PRIVATE_NOTICES = frozenset(
    ("todays_run", "todays_run_far", "no_run_today", "descent", "descent_far", "cues_ended")
)
"""The ``wording`` of notices that tell of the runner's plan, which is nobody else's business."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunLoad:
    """``RunLoad`` is what a run has cost so far, with SDs; seconds are those of running unless on foot.

    ``distance_m`` misses what was run without a known speed (``no_speed_s``), the descent what was run
    without a known slope (``no_slope_s``).  ``speed_loss_mps`` is the braking beyond the level's cost, None
    while no braking is known.  Errors of speed and slope last (a mount, a scale), so they add up in full.
    """

    running_s: float = 0.0
    on_foot_s: float = 0.0
    distance_m: float = 0.0
    distance_sd_m: float = 0.0
    no_speed_s: float = 0.0
    descent_m: float = 0.0
    descent_sd_m: float = 0.0
    descent_s: float = 0.0
    descent_sd_s: float = 0.0
    no_slope_s: float = 0.0
    speed_loss_mps: float | None = None
    speed_loss_sd_mps: float = 0.0

    @property
    def knows_distance(self) -> bool:
        """True where nearly all of the running had a speed."""
        return self.running_s - self.no_speed_s >= _WELL_KNOWN * self.running_s


@dataclass(frozen=True, slots=True)
class UsedAllowance:
    """``UsedAllowance`` is how much of what today allows was used: ``used`` of ``limit``, in its unit."""

    used: float
    limit: float
    unit: str


@dataclass(frozen=True, slots=True)
class _Passed:
    """A limit that was reached: the notice's ``wording`` and text, and whether it is said aloud."""

    wording: str
    text: str
    loud: bool = False


@dataclass(frozen=True, slots=True)
class _Size:
    """So much of a limit in its unit; without a limit it reaches none."""

    value: float
    limit: float | None
    unit: str
    sd: float | None = None

    @property
    def share(self) -> float:
        """The part of the limit; of nothing allowed, one unit is all."""
        return 0.0 if self.limit is None else self.value / (self.limit or 1.0)

    def text(self, value: float, sd: float | None = None) -> str:
        """Return a value of this unit as it is written."""
        decimals = 1 if self.unit == "km" else 0
        more = "" if sd is None else f" ± {sd:.{decimals}f}"
        return f"{value:.{decimals}f}{more} {self.unit}"

    @property
    def now(self) -> str:
        """The text of what was reached."""
        return self.text(self.value, self.sd)


class LoadWatch:
    """A stage that takes the metrics of every second and gives the notices of today's limits.

    ``load`` is what was counted so far, also without limits.
    """

    def __init__(self, limits: TodaysLimits | None) -> None:
        self._limits = limits or TodaysLimits()
        self._said: set[str] = set()
        self.load = RunLoad()

    def second(self, t_s: float, metrics: Mapping[str, Estimate], activity: Activity) -> list[Cue]:
        """Count the second that ended at ``t_s``, in which the runner did this, and return what to say."""
        if activity not in (Activity.RUN, Activity.WALK):
            return []
        self.load = _with_second(self.load, metrics, running=activity is Activity.RUN)
        new = [p for p in self._passed() if p.wording not in self._said]
        self._said |= {p.wording for p in new} | {p.wording.removesuffix("_far") for p in new}
        loud = [p for p in new if p.loud]
        return [notice(t_s, p.wording, p.text) for p in loud or new]

    @property
    def allowance(self) -> UsedAllowance | None:
        """The allowance of today as far as it is used; None without a limit, and where a red flag stops."""
        size = None if self._limits.stop else self._todays_size()
        if size is None or size.limit is None:
            return None
        return UsedAllowance(size.value, size.limit, size.unit)

    def _todays_size(self) -> _Size | None:
        """What the run is compared with today: of distance and time what is nearer its limit."""
        limits, load = self._limits, self.load
        sizes = [_Size(load.distance_m / 1e3, limits.most_km, "km")]
        if limits.timed or limits.most_km is None or not load.knows_distance:
            sizes.append(_Size(load.on_foot_s / 60, limits.most_min, "min"))
        return max((s for s in sizes if s.limit is not None), key=lambda size: size.share, default=None)

    def _passed(self) -> list[_Passed]:
        """Every limit that is reached by now, the tightest words of each."""
        found = [self._longest_run(), self._todays_run(), self._descent(), self._braking()]
        if self._counts_descent() and self.load.no_slope_s >= _SAID_AFTER_S:
            found.append(_Passed("no_slope", "Nothing tells the slope, so descent is not counted there."))
        return [passed for passed in found if passed is not None]

    def _longest_run(self) -> _Passed | None:
        limits, load = self._limits, self.load
        sizes = [_Size(load.distance_m / 1e3, limits.longest_km, "km")]
        if not load.knows_distance or limits.longest_km is None:
            sizes.append(_Size(load.on_foot_s / 60, limits.longest_min, "min"))
        most = max(sizes, key=lambda size: size.share)
        if most.limit is None or most.share < 1:
            return None
        if most.share < limits.loud_share:
            stop = most.text(limits.loud_share * most.limit)
            text = f"{most.now}: as far as your longest run of 30 days. Turn home, or stop at {stop}."
            return _Passed("longest_run", text)
        text = f"{most.now} so far; your longest run of 30 days was {most.text(most.limit)}."
        return _Passed("longest_run_far", text, loud=True)

    def _todays_run(self) -> _Passed | None:
        limits, load = self._limits, self.load
        most = self._todays_size()
        if limits.stop:
            return None
        if limits.most_km == 0 or (limits.most_km is None and limits.most_min == 0):
            text = "Your plan has no running for today."
            return _Passed("no_run_today", text, loud=True) if load.running_s >= _SAID_AFTER_S else None
        if most is None or most.limit is None or most.share < 1:
            return None
        if most.share < limits.loud_share:
            text = f"{most.now}: that is all your plan has for today. Stop, or walk home."
            return _Passed("todays_run", text)
        text = f"{most.now} so far; for today your plan has {most.text(most.limit)}."
        return _Passed("todays_run_far", text, loud=True)

    def _descent(self) -> _Passed | None:
        limits, load = self._limits, self.load
        metres = _Size(load.descent_m, limits.descent_m, "m", load.descent_sd_m)
        seconds = _Size(load.descent_s, limits.descent_s, "s", load.descent_sd_s)
        most = max(metres, seconds, key=lambda size: size.share)
        if most.limit is None or most.share < 1:
            return None
        if most.share < limits.loud_share:
            text = f"{most.now} downhill: that is all your plan has for today. Take a flatter way home."
            return _Passed("descent", text)
        text = f"{most.now} downhill; for today your plan has only {most.text(most.limit)}."
        return _Passed("descent_far", text, loud=True)

    def _braking(self) -> _Passed | None:
        limit, loss = self._limits.speed_loss_mps, self.load.speed_loss_mps
        if limit is None or loss is None or loss < limit:
            return None
        sd = self.load.speed_loss_sd_mps
        text = f"Downhill braking has reached your limit ({loss:.0f} ± {sd:.0f} of {limit:.0f} m/s)."
        return _Passed("downhill", text, loud=True)

    def _counts_descent(self) -> bool:
        return (self._limits.descent_m, self._limits.descent_s) != (None, None)


def _with_second(load: RunLoad, metrics: Mapping[str, Estimate], *, running: bool) -> RunLoad:
    """Return what was counted with one more second on foot."""
    load = replace(load, on_foot_s=load.on_foot_s + 1)
    if not running:
        return load
    speed, slope = metrics.get("speed_mps"), metrics.get("slope_pct")
    if speed is None:
        load = replace(load, running_s=load.running_s + 1, no_speed_s=load.no_speed_s + 1)
    else:
        load = replace(
            load,
            running_s=load.running_s + 1,
            distance_m=load.distance_m + speed.value,
            distance_sd_m=load.distance_sd_m + speed.sd,
        )
    if slope is None or slope.sd >= _UNSURE_SLOPE_PCT:
        load = replace(load, no_slope_s=load.no_slope_s + 1)
    else:
        load = _with_slope(load, 0.0 if speed is None else speed.value, slope)
    return _with_braking(load, metrics)


def _with_slope(load: RunLoad, speed_mps: float, slope: Estimate) -> RunLoad:
    """Return the load with a second on this slope; one close to the limit is half a doubt either way."""
    steeper = (
        (DOWNHILL_PCT - slope.value) / slope.sd
        if slope.sd
        else math.copysign(9, DOWNHILL_PCT - slope.value)
    )
    likely = 0.5 * math.erfc(-steeper / math.sqrt(2))  # that it is downhill
    down = slope.value < DOWNHILL_PCT
    per_pct_m = speed_mps / 100
    return replace(
        load,
        descent_m=load.descent_m + (-slope.value * per_pct_m if down else 0.0),
        descent_sd_m=load.descent_sd_m + per_pct_m * (slope.sd if down else -DOWNHILL_PCT * likely),
        descent_s=load.descent_s + down,
        descent_sd_s=load.descent_sd_s + (1 - likely if down else likely),
    )


def _with_braking(load: RunLoad, metrics: Mapping[str, Estimate]) -> RunLoad:
    """Return the load with the run's braking beyond the level's, of which the metrics are sums already."""
    dose, ratio = metrics.get("braking_dose_mps"), metrics.get("braking_dose_flat_ratio")
    if dose is None or ratio is None or ratio.value <= 0:
        return load
    beyond = max(0.0, 1 - 1 / ratio.value)
    sd = math.hypot(dose.sd * beyond, dose.value * ratio.sd / ratio.value**2)
    return replace(load, speed_loss_mps=dose.value * beyond, speed_loss_sd_mps=sd)
