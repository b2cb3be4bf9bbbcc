"""What a finished run says about its foot sensors, where the runner knows its speed, distance or slope.

``dsp.foot_calibration`` has the numbers.  A run from which they cannot follow is refused in words that say
what to do, and so is a sensor that was loose, clipped, on the other foot or (for its slope) slipped.  Only
feet measure speed and slope: a shank or a belt is given them, and has nothing to be set.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from dsp.braking import OWN_SLOPE
from dsp.calibration import Gain
from dsp.foot_calibration import (
    STEADY_S,
    SlopeOffset,
    current_slope_offset,
    current_speed_gain,
    foot_means,
    learned_speed_gain,
    steady_minutes,
)
from dsp.types import SPEED_GAINS, STEEPEST_OFFSET_PCT, Activity, Array, Placement, Problem, Step
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
_UNTRUSTED = (Problem.LOOSE, Problem.CLIPPED, Problem.SAME_FOOT)


@dataclass(frozen=True, slots=True)
class SensorCalibration:
    """What one foot sensor measured (m/s or %, before any correction), and its setting before and after.

    ``changed`` is True where the setting before is another than on the day of the run.
    """

    sensor: str
    measured: float
    before: Gain | SlopeOffset
    after: Gain | SlopeOffset
    changed: bool


@dataclass(frozen=True, slots=True)
class RunCalibration:
    """The settings named ``setting`` of all foot sensors, from one stretch of a run.

    ``true`` is what the runner knows of it (m/s; of slope 0 %); ``left_out`` says of every other foot
    sensor why it is left as it is.
    """

    setting: str
    stretch: Stretch
    true: float
    sensors: tuple[SensorCalibration, ...]
    left_out: tuple[UserMessage, ...]


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
    against = _reasons_against(run, within, of_mount=True)
    _refuse_all(sensors, against)
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
    for name, mean in means.items():
        if name in against or mean.slope_pct is None or mean.slope_s < _SEEN * inside.sum():
            continue
        measured = mean.slope_pct + (sensors[name].slope_offset_pct or 0.0)
        if abs(measured) > STEEPEST_OFFSET_PCT:
            raise InputError("error.calibrate.steep", sensor=name, slope=measured)
        setting = _setting_of(name, settings).slope_offset_pct
        before = current_slope_offset(setting)
        changed = setting != sensors[name].slope_offset_pct
        rows.append(SensorCalibration(name, measured, before, before.learn(measured), changed))
    return _calibration("slope_offset_pct", within, 0.0, rows, sensors, against)


def calibration_offers(run: SessionData) -> Iterator[UserMessage]:
    """Yield what this run could calibrate and was not: its speed where a minute is steady, its slope."""
    feet = [s for s in run.settings.sensors if s.placement is Placement.FOOT]
    name, whole = {"session": run.info.id}, Stretch(0.0, float(len(run.t_s)))
    fit = [s for s in feet if s.name not in _reasons_against(run, whole, of_mount=False)]
    speed = run.columns.get("speed_mps")
    if speed is not None and speed.how == _OWN_SPEED and any(s.speed_gain is None for s in fit):
        minutes = steady_minutes(np.where(run.running, speed.value, np.nan))
        if minutes:
            yield UserMessage("limits.uncalibrated_speed", name)
    fit = [s for s in feet if s.name not in _reasons_against(run, whole, of_mount=True)]
    slope = run.columns.get("slope_pct")
    if slope is not None and slope.how == OWN_SLOPE and any(s.slope_offset_pct is None for s in fit):
        ran = slope.value[run.running]
        seen = np.isfinite(ran).sum() >= _SEEN * len(ran)
        if len(ran) >= STEADY_S and seen and _unevenness_pct(ran) <= _UNEVEN_PCT:
            yield UserMessage("limits.uncalibrated_slope", name)


def _reasons_against(run: SessionData, part: Stretch, *, of_mount: bool) -> dict[str, UserMessage]:
    """Why sensors cannot be trusted in a part of the run, by sensor.

    A problem lasts until the runner next stands still, since nobody fastens a shoe while running.  With
    ``of_mount`` a sensor must also sit at the end of the run as it did there: a slip ends what was level.
    """
    stood = [s.start_s for s in run.activity.get(Activity.STAND, ())]
    out = {
        p.sensor: UserMessage(f"say.calibrate.reason.{p.problem}")
        for p in run.problems
        if p.problem in _UNTRUSTED
        and p.t_s < part.end_s
        and not any(p.t_s < s < part.start_s for s in stood)
    }
    for moved in run.shifted if of_mount else ():
        if moved.t_s > part.start_s:
            time = minutes_text(math.ceil(moved.t_s))
            out[moved.sensor] = UserMessage("say.calibrate.reason.moved", {"time": time})
    return out


def _refuse_all(sensors: Iterable[str], against: Mapping[str, UserMessage]) -> None:
    """Refuse a run by what is wrong with its sensors, where that is something with each of them."""
    if all(name in against for name in sensors):
        raise InputError.listing(
            UserMessage("error.calibrate.untrusted", {"sensor": name, "reason": against[name]})
            for name in sensors
        )


def _foot_sensors(run: SessionData) -> dict[str, SensorSettings]:
    """The foot sensors of the run by name, as they were set then."""
    feet = {s.name: s for s in run.settings.sensors if s.placement is Placement.FOOT}
    if not feet:
        raise InputError("error.calibrate.no_foot")
    return feet


def _own_running_speed(run: SessionData, within: Stretch) -> Array:
    """Speed (n,) of the seconds of running in a stretch, else NaN; refused unless the feet measured it."""
    sensors = _foot_sensors(run)
    speed = run.columns.get("speed_mps")
    if speed is None:
        _refuse_all(sensors, _reasons_against(run, within, of_mount=False))
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
    against = _reasons_against(run, stretch, of_mount=False)
    _refuse_all(sensors, against)
    means = foot_means(steps, sensors, stretch.start_s, stretch.end_s)
    rows = []
    for name, mean in means.items():
        if name in against or mean.speed_mps is None or mean.speed_s < _SEEN * running_s:
            continue
        measured = mean.speed_mps / (sensors[name].speed_gain or 1.0)
        if not SPEED_GAINS[0] <= true_mps / measured <= SPEED_GAINS[1]:
            raise _implausible(measured, true_mps, stretch)
        setting = _setting_of(name, settings).speed_gain
        before = current_speed_gain(setting)
        after, changed = learned_speed_gain(before, measured, true_mps), setting != sensors[name].speed_gain
        rows.append(SensorCalibration(name, measured, before, after, changed))
    return _calibration("speed_gain", stretch, true_mps, rows, sensors, against)


def _calibration(
    setting: str,
    stretch: Stretch,
    true: float,
    rows: Sequence[SensorCalibration],
    sensors: Mapping[str, SensorSettings],
    against: Mapping[str, UserMessage],
) -> RunCalibration:
    if not rows:
        raise InputError("error.calibrate.lost", share=100 * _SEEN)
    too_little = UserMessage("say.calibrate.reason.too_little")
    left_out = [
        UserMessage("say.calibrate.left_out", {"sensor": name, "reason": against.get(name, too_little)})
        for name in sorted(sensors.keys() - {row.sensor for row in rows})
    ]
    return RunCalibration(setting, stretch, true, tuple(rows), tuple(left_out))


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
