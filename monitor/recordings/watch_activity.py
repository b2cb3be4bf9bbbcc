"""``WatchActivity``: one activity as a watch wrote it, in whatever form, and the recording made of it.

Readers of FIT, TCX and GPX put points into series; here they become values at 1 Hz.  Distance is what the
watch says; its speed gives the shape between.
"""

from __future__ import annotations

import datetime
import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np

from dsp.metrics import BY_NAME
from dsp.types import Array, Placement
from monitor.core.activity_facts import ActivityFacts
from monitor.core.errors import InputError
from monitor.core.packet import Packet
from monitor.core.session_settings import SensorSettings, SessionSettings
from monitor.devices import plain
from monitor.devices.cadence_unit import CadenceUnit, counted_steps, recording_unit
from monitor.recordings.activity_track import (
    interpolated_on_seconds,
    reconciled_speed,
    scaled_to_total,
    timer_steps,
    track_slope,
    values_on_seconds,
)
from monitor.recordings.fit_fields import is_plausible
from monitor.recordings.recording import Recording

_NEARLY_ALL = 0.98
"""A speed known for less of the time that the timer ran is not scaled to the total of it all."""


@dataclass(slots=True)
class WatchSeries:
    """Points (time in s from the activity's start, value) of every quantity that one device wrote.

    Besides metrics of ``dsp.metrics`` there are ``cadence_raw`` (steps or strides a minute, as written),
    ``distance_m`` from the start and ``altitude_m``.
    """

    name: str
    points: dict[str, list[tuple[float, float]]] = field(default_factory=dict)

    def add(self, quantity: str, t_s: float, value: object) -> None:
        """Keep a number: as NaN, which is "not known", where no device can have measured it."""
        if isinstance(value, (int, float)):
            kept = float(value) if is_plausible(quantity, value) else math.nan
            self.points.setdefault(quantity, []).append((t_s, kept))

    @property
    def advances(self) -> bool:
        """Whether it has a distance that grows."""
        return any(b[1] > a[1] for a, b in pairwise(self.points.get("distance_m", [])))


@dataclass(slots=True, kw_only=True)
class WatchActivity:
    """One activity of a file: ``series`` of the watch itself and of what wrote besides it, in that order.

    ``seconds`` is its length, pauses included; ``distance_m`` the file's own total; ``strides`` the file's
    count of them, which settles what its cadence counts.  ``started`` is None where no clock was set.
    """

    series: Sequence[WatchSeries]
    seconds: float
    started: datetime.datetime | None = None
    facts: ActivityFacts = field(default_factory=ActivityFacts)
    distance_m: float | None = None
    strides: float | None = None
    remarks: list[str] = field(default_factory=list)


def activity_recording(activity: WatchActivity, title: str, source: str = "") -> Recording:
    """Return the recording of an activity; ``InputError`` where it holds nothing that could be shown."""
    stopped = [(p.start_s, p.end_s) for p in activity.facts.pauses]
    seconds = int(activity.seconds) + 1
    times_s = _times_written(activity.series)
    grids = [_whole_seconds(s, times_s, seconds, stopped, activity.distance_m) for s in activity.series]
    steps, unit_remarks = _convert_cadence(grids, activity.strides)
    remarks = [*activity.remarks, *unit_remarks]
    remarks += _agreement_remarks([s.name for s in activity.series], grids)
    _keep_one_source(grids)
    sensors = [(s.name, grid) for s, grid in zip(activity.series, grids, strict=True) if grid]
    count = sum(_packet_count(grid) for _, grid in sensors)
    if count < 2:
        raise InputError("error.fit_no_values")
    worn = [SensorSettings(name=name, kind="plain", placement=Placement.POD) for name, _ in sensors]
    return Recording(
        title,
        SessionSettings(sensors=tuple(worn)),
        activity.seconds,
        count,
        lambda: _packets(sensors, seconds),
        started_utc=activity.started.astimezone(datetime.UTC).isoformat() if activity.started else "",
        remarks=tuple(remarks),
        facts=replace(activity.facts, steps=steps),
        source=source,
    )


def _packet_count(grid: Mapping[str, Array]) -> int:
    """Return in how many seconds something is known, or is not known any more, or not yet."""
    there = np.isfinite(np.array(list(grid.values())))
    before = np.hstack((np.ones((len(there), 1), dtype=bool), there[:, :-1]))
    return int((there | before).any(axis=0).sum())


def _packets(sensors: Sequence[tuple[str, Mapping[str, Array]]], seconds: int) -> Iterator[Packet]:
    """Yield the values of each second; NaN where one is not known any more, or not yet."""
    columns = [(name, [(q, v.tolist()) for q, v in grid.items()]) for name, grid in sensors]
    silent: set[tuple[str, str]] = set()
    for t in range(seconds):
        for name, grid in columns:
            values = {}
            for quantity, column in grid:
                value = column[t]
                if value == value:
                    silent.discard((name, quantity))
                elif (name, quantity) in silent:
                    continue
                else:
                    silent.add((name, quantity))
                values[quantity] = value
            if values:
                yield Packet(name, t * 1_000_000_000, plain.VALUES, plain.encode_values(values))


def _times_written(series: Sequence[WatchSeries]) -> Array:
    """Return the times (n,) at which any device wrote anything, in order."""
    return np.unique([t_s for s in series for points in s.points.values() for t_s, _ in points])


def _whole_seconds(
    series: WatchSeries,
    times_s: Array,
    seconds: int,
    stopped: Sequence[tuple[float, float]],
    total_m: float | None,
) -> dict[str, Array]:
    """Return every quantity (n,) at whole seconds, NaN where it is not known."""
    points = {q: np.array(p) for q, p in series.points.items()}
    distance, altitude = points.pop("distance_m", None), points.pop("altitude_m", None)
    out = {q: values_on_seconds(p, seconds, stopped, times_s) for q, p in points.items()}
    paused_s = sum(end_s - start_s for start_s, end_s in stopped)
    speed = out.get("speed_mps")
    if distance is not None and len(distance) > 1 and np.ptp(distance[:, 1]) > 0:
        out["speed_mps"] = reconciled_speed(distance, speed, seconds, stopped, total_m)
    elif speed is not None and np.isfinite(speed).sum() > _NEARLY_ALL * (seconds - paused_s):
        out["speed_mps"] = scaled_to_total(speed, total_m, timer_steps(seconds, stopped))
    if "speed_mps" in out and altitude is not None and "slope_pct" not in out:
        out["slope_pct"], out["slope_pct_sd"] = track_slope(
            np.cumsum(np.nan_to_num(out["speed_mps"])), interpolated_on_seconds(altitude, seconds, stopped)
        )
    return {q: v for q, v in out.items() if np.isfinite(v).any()}


def _keep_one_source(grids: Sequence[dict[str, Array]]) -> None:
    """Leave each quantity to one device: the first, unless another has it for more than twice as long."""
    for quantity in {q for grid in grids for q in grid}:
        known = [int(np.isfinite(grid[quantity]).sum()) if quantity in grid else 0 for grid in grids]
        chosen = next(k for k, n in enumerate(known) if 2 * n >= max(known))
        for k, grid in enumerate(grids):
            if k != chosen:
                grid.pop(quantity, None)


def _convert_cadence(
    grids: Sequence[dict[str, Array]], strides: float | None
) -> tuple[int | None, list[str]]:
    """Convert ``cadence_raw`` to steps per minute in place.

    Return the file's own count of steps if a cadence bears it out, and remarks where a unit is an odd one.
    """
    counted: int | None = None
    remarks = []
    speed = grids[0].get("speed_mps")
    for grid in grids:
        raw = grid.pop("cadence_raw", None)
        if raw is None:
            continue
        length = grid.get("step_length_m", grids[0].get("step_length_m"))
        unit = recording_unit(raw, speed, length, strides)
        counted = counted or counted_steps(raw, unit, strides)
        grid["cadence_spm"] = raw if unit is CadenceUnit.STEPS else 2 * raw
        if unit is CadenceUnit.STEPS:
            remarks.append(
                "the file counts steps where the standard says strides; its cadence is taken as steps"
            )
    return counted, remarks


def _agreement_remarks(names: Sequence[str], grids: Sequence[Mapping[str, Array]]) -> list[str]:
    """Return a remark on every quantity that two devices measured: their means and the difference.

    The first that has it is compared with each of the others.
    """
    out = []
    for k in range(1, len(grids)):
        for j in range(k):
            first = {q for q in grids[j] if not any(q in grid for grid in grids[:j])}
            out += _differences((names[j], names[k]), (grids[j], grids[k]), first, grids[0])
    return out


def _differences(
    names: tuple[str, str],
    grids: tuple[Mapping[str, Array], Mapping[str, Array]],
    wanted: Collection[str],
    watch: Mapping[str, Array],
) -> list[str]:
    out = []
    (one, two), (a, b) = names, grids
    for name in sorted(set(wanted) & set(b) & set(BY_NAME)):
        running = watch.get("speed_mps", np.full(len(a[name]), 9.0)) > 1.8
        both = np.isfinite(a[name]) & np.isfinite(b[name]) & running
        if both.sum() < 30:
            continue
        spec, apart = BY_NAME[name], b[name][both] - a[name][both]
        n, here, there = max(spec.decimals, 1), float(np.mean(a[name][both])), float(np.mean(b[name][both]))
        text = f"{spec.label}: {one} {here:.{n}f}, {two} {there:.{n}f} {spec.unit} (difference "
        mean, minutes = float(np.mean(apart)), both.sum() / 60
        text += f"{mean:+z.{n}f}, SD {np.std(apart):.{n}f}, over {minutes:.0f} min of running)"
        out.append(text)
    return out
