"""``WatchActivity``: one activity as a watch wrote it, in whatever form, and the recording made of it.

Readers of FIT, TCX and GPX put points into series; here they become values at 1 Hz.  Distance is what the
watch says; its speed gives the shape between.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from dsp.metrics import BY_NAME
from dsp.types import Array, Placement
from monitor.core.activity_facts import ActivityFacts
from monitor.core.errors import InputError
from monitor.core.packet import Packet
from monitor.core.session_settings import SensorSettings, SessionSettings
from monitor.devices import plain
from monitor.devices.cadence_unit import CadenceUnit, recording_unit
from monitor.recordings.activity_track import reconciled_speed, track_slope_pct, values_on_seconds
from monitor.recordings.fit_fields import is_plausible
from monitor.recordings.recording import Recording


@dataclass(slots=True)
class WatchSeries:
    """Points (time in s from the activity's start, value) of every quantity that one device wrote.

    Besides metrics of ``dsp.metrics`` there are ``cadence_raw`` (steps or strides a minute, as written),
    ``distance_m`` from the start and ``altitude_m``.
    """

    name: str
    points: dict[str, list[tuple[float, float]]] = field(default_factory=dict)

    def add(self, quantity: str, t_s: float, value: object) -> None:
        """Keep a value if it is a plausible number."""
        if isinstance(value, (int, float)) and is_plausible(quantity, value):
            self.points.setdefault(quantity, []).append((t_s, float(value)))


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
    grids = [_whole_seconds(s, seconds, stopped, activity.distance_m) for s in activity.series]
    remarks = [*activity.remarks, *_convert_cadence(grids, activity.strides)]
    remarks += _agreement_remarks([s.name for s in activity.series], grids)
    for grid in grids[1:]:
        for name in set(grid) & set(grids[0]):
            del grid[name]
    sensors = [(s.name, grid) for s, grid in zip(activity.series, grids, strict=True) if grid]
    count = sum(int(np.isfinite(list(grid.values())).any(axis=0).sum()) for _, grid in sensors)
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
        facts=activity.facts,
        source=source,
    )


def _packets(sensors: Sequence[tuple[str, Mapping[str, Array]]], seconds: int) -> Iterator[Packet]:
    for t in range(seconds):
        for name, grid in sensors:
            values = {q: float(v[t]) for q, v in grid.items() if np.isfinite(v[t])}
            if values:
                yield Packet(name, t * 1_000_000_000, plain.VALUES, plain.encode_values(values))


def _whole_seconds(
    series: WatchSeries, seconds: int, stopped: Sequence[tuple[float, float]], total_m: float | None
) -> dict[str, Array]:
    """Return every quantity (n,) at whole seconds, NaN where it is not known."""
    points = {q: np.array(p) for q, p in series.points.items()}
    distance = points.pop("distance_m", None)
    out = {q: values_on_seconds(p, seconds, stopped) for q, p in points.items()}
    altitude = out.pop("altitude_m", None)
    if distance is not None and len(distance) > 1 and np.ptp(distance[:, 1]) > 0:
        speed = reconciled_speed(distance, out.get("speed_mps"), seconds, stopped, total_m)
        out["speed_mps"] = speed
        if altitude is not None:
            out["slope_pct"] = track_slope_pct(np.cumsum(np.nan_to_num(speed)), altitude)
    return {q: v for q, v in out.items() if np.isfinite(v).any()}


def _convert_cadence(grids: Sequence[dict[str, Array]], strides: float | None) -> list[str]:
    """Convert ``cadence_raw`` to steps per minute in place; return remarks where its unit is an odd one."""
    remarks = []
    speed = grids[0].get("speed_mps")
    for grid in grids:
        raw = grid.pop("cadence_raw", None)
        if raw is None:
            continue
        unit = recording_unit(raw, speed, grid.get("step_length_m", grids[0].get("step_length_m")))
        grid["cadence_spm"] = raw if unit is CadenceUnit.STEPS else 2 * raw
        if unit is CadenceUnit.STEPS:
            remarks.append(
                "the file counts steps where the standard says strides; its cadence is taken as steps"
            )
    return remarks


def _agreement_remarks(names: Sequence[str], grids: Sequence[Mapping[str, Array]]) -> list[str]:
    """Return a remark on every quantity that two devices measured: their means and the difference."""
    out = []
    for name, grid in list(zip(names, grids, strict=True))[1:]:
        out += _differences(names[0], name, grids[0], grid)
    return out


def _differences(one: str, two: str, a: Mapping[str, Array], b: Mapping[str, Array]) -> list[str]:
    out = []
    for name in sorted(set(a) & set(b) & set(BY_NAME)):
        both = (
            np.isfinite(a[name])
            & np.isfinite(b[name])
            & (a.get("speed_mps", np.full(len(a[name]), 9.0)) > 1.8)
        )
        if both.sum() < 30:
            continue
        spec, apart = BY_NAME[name], b[name][both] - a[name][both]
        n, here, there = max(spec.decimals, 1), float(np.mean(a[name][both])), float(np.mean(b[name][both]))
        text = f"{spec.label}: {one} {here:.{n}f}, {two} {there:.{n}f} {spec.unit} (difference "
        mean, minutes = float(np.mean(apart)), both.sum() / 60
        text += f"{mean:+z.{n}f}, SD {np.std(apart):.{n}f}, over {minutes:.0f} min of running)"
        out.append(text)
    return out
