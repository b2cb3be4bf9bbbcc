"""What a finished run says about its foot sensors, where the runner knows its speed, distance or slope.

``dsp.foot_calibration`` has the numbers.  A run from which they cannot follow is refused in words that say
what to do.  Only feet measure speed and slope: a shank or a belt is given them, and has nothing to be set.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from dsp.braking import OWN_SLOPE
from dsp.calibration import Gain
from dsp.foot_calibration import (
    STEADY_S,
    FootMeans,
    SlopeOffset,
    current_slope_offset,
    current_speed_gain,
    foot_means,
    learned_speed_gain,
    steady_minutes,
)
from dsp.types import SPEED_GAINS, STEEPEST_OFFSET_PCT, Activity, Array, Placement, Step
from monitor.core.errors import InputError
from monitor.core.message_catalogues import UserMessage
from monitor.core.session_settings import SensorSettings
from monitor.storage.session_data import SessionData, Stretch

_SPEEDS_APART = 1.04  # ratio of two steady speeds of one run from which they are two
_SEEN = 0.8  # share of a stretch that a sensor must have measured itself
_WALKED = 0.05  # share of a distance that may be walked
_BLOCK_S, _UNEVEN_PCT = 15, 1.0  # SD of the means of such blocks, above which a stretch is hilly
"""All of these are choices; on a belt the SD is 0.2 % (Fukuchi 2017)."""
_OWN_SPEED = Placement.FOOT.value


@dataclass(frozen=True, slots=True)
class SensorCalibration:
    """What one foot sensor measured (m/s or %, before any correction), and its setting before and after."""

    sensor: str
    measured: float
    before: Gain | SlopeOffset
    after: Gain | SlopeOffset


@dataclass(frozen=True, slots=True)
class RunCalibration:
    """The settings named ``setting`` of all foot sensors, from one stretch of a run.

    ``true`` is what the runner knows of it (m/s; of slope 0 %); ``left_out`` are the sensors that measured
    too little of it.
    """

    setting: str
    stretch: Stretch
    true: float
    sensors: tuple[SensorCalibration, ...]
    left_out: tuple[str, ...]


Settings = Mapping[str, SensorSettings]
"""The sensors of the settings file by name: what is to be changed."""


def calibrate_speed(
    run: SessionData, steps: Sequence[Step], true_mps: float, within: Stretch, settings: Settings
) -> RunCalibration:
    """Return the gains of speed from the steadiest minute ``within`` a stretch, run at ``true_mps``.

    Only minutes whose speed can be that one count.  ``InputError`` where none does, or where they have
    several speeds, which leaves open which of them is meant.
    """
    speed = _own_running_speed(run, within)
    minutes = steady_minutes(speed)
    if not minutes:
        raise InputError("error.calibrate.unsteady", seconds=STEADY_S)
    low, high = SPEED_GAINS
    fitting = [m for m in minutes if low <= true_mps / m[1] <= high]
    if not fitting:
        start, mean, _ = min(minutes, key=lambda m: m[2])
        raise _implausible(mean, true_mps, Stretch(start, start + STEADY_S))
    means = [mean for _, mean, _ in fitting]
    if max(means) > _SPEEDS_APART * min(means):
        raise InputError("error.calibrate.several", low=3.6 * min(means), high=3.6 * max(means))
    start = min(fitting, key=lambda m: m[2])[0]
    return _speed_gains(run, steps, true_mps, Stretch(start, start + STEADY_S), settings)


def calibrate_distance(
    run: SessionData, steps: Sequence[Step], metres: float, within: Stretch, settings: Settings
) -> RunCalibration:
    """Return the gains of speed from a stretch that is ``metres`` long, pauses not counted.

    ``InputError`` where it is too short, or too much of it was walked.
    """
    _own_running_speed(run, within)
    inside = run.mask([within])
    running = float((run.running & inside).sum())
    walking = float((run.mask(run.activity.get(Activity.WALK, ())) & inside).sum())
    if running < STEADY_S:
        raise InputError("error.calibrate.short", seconds=STEADY_S)
    if walking > _WALKED * running:
        raise InputError("error.calibrate.walked", share=100 * walking / (running + walking))
    return _speed_gains(run, steps, metres / (running + walking), within, settings, running)


def calibrate_level(
    run: SessionData, steps: Sequence[Step], within: Stretch, settings: Settings
) -> RunCalibration:
    """Return the offsets of slope from a stretch of running on the level.

    ``InputError`` where it is too short, went up and down, or is too steep to be level.
    """
    sensors = _foot_sensors(run)
    slope = run.columns.get("slope_pct")
    if slope is None:
        raise InputError("error.calibrate.no_slope")
    if slope.how != OWN_SLOPE:
        raise InputError("error.calibrate.given_slope", source=slope.how)
    inside = run.running & run.mask([within])
    if inside.sum() < STEADY_S:
        raise InputError("error.calibrate.short", seconds=STEADY_S)
    spread = _unevenness_pct(slope.value[inside])
    if spread > _UNEVEN_PCT:
        raise InputError("error.calibrate.hilly", spread=spread)
    means = foot_means(steps, sensors, within.start_s, within.end_s)
    rows = []
    for name in _measuring(means, float(inside.sum())):
        slope_pct = means[name].slope_pct
        if slope_pct is None:
            continue
        measured = slope_pct + (sensors[name].slope_offset_pct or 0.0)
        if abs(measured) > STEEPEST_OFFSET_PCT:
            raise InputError("error.calibrate.steep", sensor=name, slope=measured)
        before = current_slope_offset(_setting_of(name, settings).slope_offset_pct)
        rows.append(SensorCalibration(name, measured, before, before.learn(measured)))
    return _calibration("slope_offset_pct", within, 0.0, rows, sensors)


def calibration_offers(run: SessionData) -> Iterator[UserMessage]:
    """Yield what this run could calibrate and was not: its speed where a minute is steady, its slope."""
    feet = [s for s in run.settings.sensors if s.placement is Placement.FOOT]
    name = {"session": run.info.id}
    speed = run.columns.get("speed_mps")
    if speed is not None and speed.how == _OWN_SPEED and any(s.speed_gain is None for s in feet):
        minutes = steady_minutes(np.where(run.running, speed.value, np.nan))
        if minutes:
            yield UserMessage("limits.uncalibrated_speed", name)
    slope = run.columns.get("slope_pct")
    if slope is not None and slope.how == OWN_SLOPE and any(s.slope_offset_pct is None for s in feet):
        ran = slope.value[run.running]
        if len(ran) >= STEADY_S and _unevenness_pct(ran) <= _UNEVEN_PCT:
            yield UserMessage("limits.uncalibrated_slope", name)


def _foot_sensors(run: SessionData) -> dict[str, SensorSettings]:
    """The foot sensors of the run by name, as they were set then."""
    feet = {s.name: s for s in run.settings.sensors if s.placement is Placement.FOOT}
    if not feet:
        raise InputError("error.calibrate.no_foot")
    return feet


def _own_running_speed(run: SessionData, within: Stretch) -> Array:
    """Speed (n,) of the seconds of running in a stretch, else NaN; refused unless the feet measured it."""
    _foot_sensors(run)
    speed = run.columns.get("speed_mps")
    if speed is None:
        raise InputError("error.calibrate.no_speed")
    if speed.how != _OWN_SPEED:
        raise InputError("error.calibrate.given_speed", source=speed.how)
    return np.where(run.running & run.mask([within]), speed.value, np.nan)


def _speed_gains(
    run: SessionData,
    steps: Sequence[Step],
    true_mps: float,
    stretch: Stretch,
    settings: Settings,
    running_s: float = STEADY_S,
) -> RunCalibration:
    sensors = _foot_sensors(run)
    means = foot_means(steps, sensors, stretch.start_s, stretch.end_s)
    rows = []
    for name in _measuring(means, running_s):
        measured = (means[name].speed_mps or 0.0) / (sensors[name].speed_gain or 1.0)
        if not SPEED_GAINS[0] <= true_mps / measured <= SPEED_GAINS[1]:
            raise _implausible(measured, true_mps, stretch)
        before = current_speed_gain(_setting_of(name, settings).speed_gain)
        rows.append(
            SensorCalibration(name, measured, before, learned_speed_gain(before, measured, true_mps))
        )
    return _calibration("speed_gain", stretch, true_mps, rows, sensors)


def _measuring(means: Mapping[str, FootMeans], running_s: float) -> list[str]:
    """Sensors that measured enough of a stretch themselves."""
    return [name for name, mean in means.items() if mean.measured_s >= _SEEN * running_s]


def _calibration(
    setting: str,
    stretch: Stretch,
    true: float,
    rows: Sequence[SensorCalibration],
    sensors: Mapping[str, SensorSettings],
) -> RunCalibration:
    if not rows:
        raise InputError("error.calibrate.lost", share=100 * _SEEN)
    left_out = sensors.keys() - {row.sensor for row in rows}
    return RunCalibration(setting, stretch, true, tuple(rows), tuple(sorted(left_out)))


def _setting_of(name: str, settings: Settings) -> SensorSettings:
    if name not in settings:
        raise InputError("error.calibrate.no_setting", sensor=name)
    return settings[name]


def _implausible(measured_mps: float, true_mps: float, stretch: Stretch) -> InputError:
    apart = 100 * abs(true_mps / measured_mps - 1)
    return InputError(
        "error.calibrate.implausible",
        measured=3.6 * measured_mps,
        true=3.6 * true_mps,
        apart=apart,
        start=minutes_text(stretch.start_s),
        end=minutes_text(stretch.end_s),
    )


def minutes_text(seconds: float) -> str:
    """Return a time of a session as minutes and seconds, like 12:30."""
    return f"{int(seconds) // 60}:{int(seconds) % 60:02}"


def _unevenness_pct(slope_pct: Array) -> float:
    """SD of the means of quarter minutes of slope; 0 where there are not two."""
    blocks = [slope_pct[k : k + _BLOCK_S] for k in range(0, len(slope_pct) - _BLOCK_S + 1, _BLOCK_S)]
    means = [float(np.nanmean(b)) for b in blocks if np.isfinite(b).any()]
    return float(np.std(means)) if len(means) > 1 else 0.0
