"""What a runner knows of a run against what the feet measured: the scale of speed, the zero of slope.

A belt of known speed or a known distance gives the scale.  Off it are accelerometers by up to 4 %, and
what strides leave after that differs by 1 % between runners.  "This was level" gives the zero: an
accelerometer 4 % off feels a slope of 1.4 %.  Neither says anything of contact time or of how a runner
brakes, which need a force plate (``dsp.calibration``); nor of the zero of the strike angle, since no
recording has a runner stand still.

Both belong to one sensor on one shoe.  A new value is weighed against the one before by its SD: the first
run counts by nine tenths, and every later one by half, since a setting does not say how many runs it rests
on and is taken to rest on one.  So it follows what changes, and never becomes surer than one run.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from dsp.braking import OWN_SLOPE
from dsp.calibration import Gain
from dsp.models import MODELS
from dsp.offline import undo_smoothing
from dsp.speed import OWN_SCALE_SD
from dsp.step_fusion import SLOPE_SMOOTHING
from dsp.types import Array, Placement, Step

STEADY_S = 60
"""Seconds of steady running that a calibration rests on at least."""
_STEADY = 0.025  # SD of a minute's seconds at most; of a belt at one speed 1.0 % (Fukuchi 2017)
_SPEED_WITHIN, _SLOPE_WITHIN_PCT = 0.007, 0.4
"""How far one run lies from a runner's own mean over speeds (Fukuchi 2017, 15 runners, 3 speeds)."""


@dataclass(frozen=True, slots=True)
class FootMeans:
    """The means of one foot sensor over the strides that it measured itself.

    ``speed_s`` and ``slope_s`` are the seconds of those whose length, and whose slope, it measured.
    """

    speed_s: float
    slope_s: float
    speed_mps: float | None
    slope_pct: float | None


@dataclass(frozen=True, slots=True)
class SlopeOffset:
    """The slope that a foot sensor measures on level ground, in %, with its SD."""

    value: float = 0.0
    sd: float = MODELS.foot_slope_pct.sd

    def learn(self, measured_pct: float) -> SlopeOffset:
        """Return the offset after one more run on the level, which ``measured_pct`` is the mean of.

        Its SD is that of any setting: what the next run starts from.
        """
        trust = self.sd**2 / (self.sd**2 + _SLOPE_WITHIN_PCT**2)
        return SlopeOffset(self.value + trust * (measured_pct - self.value), _SLOPE_WITHIN_PCT)


def current_speed_gain(setting: float | None) -> Gain:
    """Return the gain of speed that a setting stands for, with its SD; None was never calibrated."""
    return Gain(1.0, OWN_SCALE_SD) if setting is None else Gain(setting, _SPEED_WITHIN)


def learned_speed_gain(before: Gain, measured_mps: float, true_mps: float) -> Gain:
    """Return the gain of speed after one more run of known speed.

    ``measured_mps`` is what the foot measured without any gain.  The SD is that of any setting: what the
    next run starts from.  Raises ``ValueError`` where one of the speeds is not positive.
    """
    return current_speed_gain(before.learn(measured_mps, true_mps, _SPEED_WITHIN).value)


def current_slope_offset(setting: float | None) -> SlopeOffset:
    """Return the offset of slope that a setting stands for, with its SD; None was never calibrated."""
    return SlopeOffset() if setting is None else SlopeOffset(setting, _SLOPE_WITHIN_PCT)


def steady_minutes(speed_mps: Array) -> list[tuple[int, float, float]]:
    """Return the first second, mean speed and its SD (a share) of every minute of steady running.

    ``speed_mps`` (n,) is the speed of every second, NaN where the runner did not run.
    """
    if len(speed_mps) < STEADY_S:
        return []
    minutes = np.lib.stride_tricks.sliding_window_view(speed_mps, STEADY_S)
    mean = minutes.mean(axis=1)
    with np.errstate(invalid="ignore"):
        spread = minutes.std(axis=1) / mean
    good = np.flatnonzero(spread <= _STEADY)  # NaN is not
    return [(int(k), float(mean[k]), float(spread[k])) for k in good]


def foot_means(
    steps: Iterable[Step], sensors: Iterable[str], start_s: float, end_s: float
) -> dict[str, FootMeans]:
    """Return the means of each foot sensor between two times, as its own strides were before smoothing.

    ``steps`` are all of the run, in time order.  Speeds and slopes that came from elsewhere do not count.
    """
    wanted = set(sensors)
    own = [s for s in steps if s.sensor in wanted]
    ic_s = np.array([s.ic_s for s in own])
    slope = _unsmoothed_slope(own, ic_s)
    inside = (ic_s >= start_s) & (ic_s < end_s)
    out: dict[str, FootMeans] = {}
    for sensor in sorted(wanted):
        rows = np.flatnonzero(inside & np.array([s.sensor == sensor for s in own], bool))
        sloped = rows[np.isfinite(slope[rows])]
        metres, seconds = _measured_way([own[k] for k in rows])
        out[sensor] = FootMeans(
            seconds,
            sum(_stride_s(own[k]) for k in sloped),
            metres / seconds if seconds > 0 else None,
            float(slope[sloped].mean()) if len(sloped) else None,
        )
    return out


def _stride_s(step: Step) -> float:
    stride = step.get("stride_time_ms")
    return 0.0 if stride is None else stride.value / 1e3


def _measured_way(strides: list[Step]) -> tuple[float, float]:
    """Length (m) and time (s) of the strides that this sensor itself has measured."""
    length = time = 0.0
    for s in strides:
        metres, ms = s.get("stride_length_m"), s.get("stride_time_ms")
        if metres is not None and ms is not None and metres.how == Placement.FOOT.value:
            length, time = length + metres.value, time + ms.value / 1e3
    return length, time


def _unsmoothed_slope(steps: list[Step], ic_s: Array) -> Array:
    """The slope (n,) of every stride, out of the mean over both feet that each step has.

    NaN where it has none of its own: a stride that climbs moves the mean, however little.
    """
    smooth = np.array(
        [e.value if (e := s.get("slope_pct")) is not None and e.how == OWN_SLOPE else np.nan for s in steps]
    )
    own = np.diff(smooth, prepend=np.nan) != 0  # true at the first, and beside a NaN
    return np.where(own, undo_smoothing(ic_s, smooth, SLOPE_SMOOTHING), np.nan)
