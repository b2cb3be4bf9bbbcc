"""FIT activities of watches and pods (Garmin, Stryd, Coros and others) as recordings at 1 Hz.

Native running dynamics come first; developer fields (a Stryd writes its own) fill in what the watch
lacks, and where both measured the same their difference is a remark of the recording.  Bytes become
messages in ``monitor.recordings.fit_messages``.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from dsp.metrics import BY_NAME
from dsp.types import Array, Placement
from monitor.core.errors import InputError
from monitor.core.message_catalogues import EnglishText
from monitor.core.packet import Packet
from monitor.core.session_settings import SensorSettings, SessionSettings
from monitor.devices import plain
from monitor.devices.cadence_unit import CadenceUnit, recording_unit
from monitor.recordings.activity_track import track_slope_pct, values_on_seconds
from monitor.recordings.fit_fields import NATIVE_FIELDS, developer_quantity, is_plausible
from monitor.recordings.recording import Recording, Wearing

if TYPE_CHECKING:
    from monitor.recordings.fit_messages import FitMessage, FitMessages

_EPOCH_S = 631_065_600
"""FIT's epoch, 1989-12-31 UTC, in Unix time."""
_CLOCK_WAS_SET = 0x10000000
"""Smaller times count from when the device was switched on (FIT, ``date_time``)."""
_LONGEST_S = 2 * 86_400
_STRYD = (24, 251, 44, 240, 26, 75, 67, 13, 173, 102, 152, 140, 132, 116, 33, 244)
_SPORTS = (None, "running", "walking", "hiking", "generic", "all")


@dataclass(slots=True)
class _Series:
    """Points (time in s, value) of every quantity of one device."""

    name: str
    points: dict[str, list[tuple[float, float]]] = field(default_factory=dict)

    def add(self, quantity: str, t_s: float, value: object) -> None:
        """Keep a value if it is a plausible number."""
        if isinstance(value, (int, float)) and is_plausible(quantity, value):
            self.points.setdefault(quantity, []).append((t_s, float(value)))


def read_fit(path: Path, wearing: Wearing) -> Recording:
    """Return the run of a FIT file, as far as it can be read; ``InputError`` if there is none in it.

    ``wearing`` is not used: a FIT file holds finished numbers.
    """
    messages = _messages(path)
    records = _records_in_order(messages.named("record"), bool(messages.damage))
    _check_complete(path, messages, records)
    start: int = records[0].values["timestamp"]
    watch, extra = _measured_series(messages, records, start)
    seconds = records[-1].values["timestamp"] - start + 1
    stopped = _timer_pauses(messages.named("event"), start)
    grids = [_whole_seconds(s, seconds, stopped) for s in (watch, extra)]
    remarks = _damage_remarks(messages.damage, seconds) + _convert_cadence(grids)
    remarks += _agreement_remarks(watch.name, extra.name, *grids)
    used = {name: v for name, v in grids[1].items() if name not in grids[0]}
    sensors = [(watch.name, grids[0])] + ([(extra.name, used)] if used else [])
    return _recording(path, sensors, seconds, start, tuple(remarks), _lap_ends(messages, start, seconds))


def _messages(path: Path) -> FitMessages:
    from monitor.recordings.fit_messages import read_messages  # see there: not at start-up

    try:
        return read_messages(path.read_bytes())
    except OSError as exc:
        raise InputError("error.at", where=path, what=exc) from exc
    except InputError as exc:
        raise InputError("error.at", where=path, what=exc) from exc


def _message_time(message: FitMessage, name: str = "timestamp") -> int | None:
    """Return the time in seconds since FIT's epoch; None where the message has none that can be."""
    t = message.values.get(name)
    return t if isinstance(t, int) and 0 <= t < 2**32 else None


def _records_in_order(records: Sequence[FitMessage], damaged: bool) -> list[FitMessage]:
    """Return the records with a time that moves forward.

    In a damaged file those are left out whose time lies days from the first: behind a lost byte everything
    can be read as something.
    """
    out: list[FitMessage] = []
    first = last = None
    for r in records:
        t = _message_time(r)
        if t is None:
            continue
        first = t if first is None else first
        possible = not damaged or abs(t - first) <= _LONGEST_S
        if possible and (last is None or t > last):
            out.append(r)
            last = t
    return out


def _check_complete(path: Path, messages: FitMessages, records: list[FitMessage]) -> None:
    if len(records) < 2:
        damage = messages.damage
        why = EnglishText(f"it is damaged ({damage})" if damage else _contents_text(messages))
        raise InputError("error.fit_no_activity", path=path, why=why)
    sport = next((m.values.get("sport") for m in messages.named("session")), None)
    if sport not in _SPORTS:
        raise InputError("error.fit_not_running", path=path, sport=sport)
    if records[-1].values["timestamp"] - records[0].values["timestamp"] > _LONGEST_S:
        raise InputError("error.fit_two_days", path=path)


def _contents_text(messages: FitMessages) -> str:
    kind = str(messages.first("file_id").get("type", "strange")).replace("_", " ")
    return "nothing was recorded" if kind == "activity" else f"it is a {kind} file"


def _measured_series(
    messages: FitMessages, records: list[FitMessage], start: int
) -> tuple[_Series, _Series]:
    """Return what the watch measured, and what came through developer fields."""
    watch = _Series(_device_name(messages))
    extra = _Series(_developer_name(messages, watch.name))
    for r in records:
        t_s = float(r.values["timestamp"] - start)
        _add_native(watch, t_s, r.values)
        for name, units, value in r.developer:
            quantity, factor = developer_quantity(name, units)
            if quantity and isinstance(value, (int, float)):
                extra.add(quantity, t_s, value * factor)
    return watch, extra


def _add_native(watch: _Series, t_s: float, values: Mapping[str, object]) -> None:
    for name, (quantity, factor) in NATIVE_FIELDS.items():
        if isinstance(value := values.get(name), (int, float)):
            watch.add(quantity, t_s, value * factor)
    cadence, fraction = values.get("cadence"), values.get("fractional_cadence")
    if isinstance(cadence, (int, float)):
        part = fraction if isinstance(fraction, (int, float)) else 0
        watch.add("cadence_raw", t_s, cadence + part)
    for name, quantity in (("distance", "distance_m"), ("enhanced_altitude", "altitude_m")):
        watch.add(quantity, t_s, values.get(name))


def _device_name(messages: FitMessages) -> str:
    file_id = messages.first("file_id")
    maker = str(file_id.get("manufacturer", "watch"))
    product = str(file_id.get(f"{maker}_product", "") or "")
    name = f"{maker} {product}".strip() if not maker.isdigit() else "watch"
    return "".join(c for c in name if c.isalnum() or c in " -_")[:40] or "watch"


def _developer_name(messages: FitMessages, watch: str) -> str:
    """Return the name of what wrote developer fields, another one than the watch's."""
    makers = [m.values.get("application_id") for m in messages.named("developer_data_id")]
    fields = {str(m.values.get("field_name")).lower() for m in messages.named("field_description")}
    stryd = "form power" in fields or _STRYD in makers
    return "stryd" if stryd and watch != "stryd" else "developer fields"


def _timer_pauses(events: Sequence[FitMessage], start: int) -> list[tuple[float, float]]:
    """Return stretches (start, end in s) in which the timer stood still."""
    out: list[tuple[float, float]] = []
    since: float | None = None
    for e in events:
        t = _message_time(e)
        if e.values.get("event") != "timer" or t is None:
            continue
        t_s = float(t - start)
        if str(e.values.get("event_type", "")).startswith("stop"):
            since = t_s if since is None else since
        elif since is not None:
            out.append((since, t_s))
            since = None
    return out


def _whole_seconds(series: _Series, seconds: int, stopped: list[tuple[float, float]]) -> dict[str, Array]:
    """Return every quantity (n,) at whole seconds, NaN where it is not known."""
    out = {q: values_on_seconds(np.array(points), seconds, stopped) for q, points in series.points.items()}
    distance, altitude = out.pop("distance_m", None), out.pop("altitude_m", None)
    if "speed_mps" not in out and distance is not None:
        out["speed_mps"] = np.clip(np.gradient(distance), 0, 12)
    if altitude is not None and distance is not None:
        out["slope_pct"] = track_slope_pct(distance, altitude)
    return {q: v for q, v in out.items() if np.isfinite(v).any()}


def _convert_cadence(grids: list[dict[str, Array]]) -> list[str]:
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


def _agreement_remarks(one: str, two: str, a: Mapping[str, Array], b: Mapping[str, Array]) -> list[str]:
    """Return a remark on every quantity that both devices measured: their means and the difference."""
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


def _damage_remarks(damage: str, seconds: int) -> list[str]:
    if not damage:
        return []
    length = f"{seconds} s" if seconds < 120 else f"{seconds / 60:.0f} min"
    return [f"the file is damaged ({damage}); its first {length} could be read"]


def _lap_ends(messages: FitMessages, start: int, seconds: int) -> tuple[float, ...]:
    """Return the ends of the laps in seconds, without the last one, which is that of the run."""
    starts = {_message_time(m, "start_time") for m in messages.named("lap")}
    ends = sorted(t - start for t in starts if t is not None)
    return tuple(float(t) for t in ends if 0 < t < seconds - 1)


def _recording(
    path: Path,
    sensors: Sequence[tuple[str, Mapping[str, Array]]],
    seconds: int,
    start: int,
    remarks: tuple[str, ...],
    laps_s: tuple[float, ...],
) -> Recording:
    def packets() -> Iterator[Packet]:
        for t in range(seconds):
            for name, grid in sensors:
                values = {q: float(v[t]) for q, v in grid.items() if np.isfinite(v[t])}
                if values:
                    yield Packet(name, t * 1_000_000_000, plain.VALUES, plain.encode_values(values))

    settings = SessionSettings(
        sensors=tuple(
            SensorSettings(name=name, kind="plain", placement=Placement.POD) for name, _ in sensors
        )
    )
    count = sum(1 for _ in packets())
    if count < 2:
        raise InputError("error.fit_no_values", path=path)
    return Recording(
        path.stem, settings, float(seconds), count, packets,
        started_utc=_utc_time(start), remarks=remarks, laps_s=laps_s,
    )  # fmt: skip


def _utc_time(t: int) -> str:
    """Return a time of the file in UTC, empty where the device's clock had not been set."""
    when = datetime.datetime.fromtimestamp(_EPOCH_S + t, datetime.UTC)
    return when.isoformat() if t >= _CLOCK_WAS_SET else ""
