"""FIT activities of watches and pods (Garmin, Stryd, Coros and others) as recordings at 1 Hz.

Native running dynamics come first; developer fields (a Stryd writes its own) fill in what the watch
lacks, and where both measured the same their difference is a remark of the recording.  Formats: FIT
profile 21.218, read with Garmin's own SDK.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import numpy as np
from garmin_fit_sdk import Decoder, Stream

from dsp.metrics import BY_NAME
from dsp.types import Array, Placement
from monitor.core.errors import InputError
from monitor.core.packet import Packet
from monitor.core.session_settings import SensorSettings, SessionSettings
from monitor.devices import plain
from monitor.devices.cadence_unit import CadenceUnit, recording_unit
from monitor.recordings.activity_track import track_slope_pct, values_on_seconds
from monitor.recordings.fit_fields import NATIVE_FIELDS, developer_quantity, is_plausible
from monitor.recordings.recording import Recording, Wearing

_FitMessage = Mapping[Any, Any]

_STRYD = bytes((24, 251, 44, 240, 26, 75, 67, 13, 173, 102, 152, 140, 132, 116, 33, 244))
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
    messages, errors = _decode(path)
    records = _forward(messages.get("record_mesgs", ()))
    _check(path, messages, records, errors)
    start: datetime.datetime = records[0]["timestamp"]
    watch, extra = _series(messages, records, start)
    seconds = round((records[-1]["timestamp"] - start).total_seconds()) + 1
    stopped = _pauses(messages.get("event_mesgs", ()), start)
    grids = [_grid(s, seconds, stopped) for s in (watch, extra)]
    remarks = _damage_remarks(errors, seconds) + _convert_cadence(grids)
    remarks += _agreement_remarks(watch.name, extra.name, *grids)
    used = {name: v for name, v in grids[1].items() if name not in grids[0]}
    sensors = [(watch.name, grids[0])] + ([(extra.name, used)] if used else [])
    return _recording(path, sensors, seconds, start, tuple(remarks), _laps(messages, start, seconds))


def _decode(path: Path) -> tuple[Mapping[str, Any], list[Exception]]:
    try:
        data = path.read_bytes()
    except OSError as exc:
        raise InputError(f"{path}: {exc.strerror or exc}") from exc
    decoder = Decoder(Stream.from_byte_array(bytearray(data)))
    if len(data) < 14 or not decoder.is_fit():
        raise InputError(f"{path}: is not a FIT file (its first bytes do not say .FIT), or is empty")
    messages, errors = decoder.read(merge_heart_rates=False)
    return cast(Mapping[str, Any], messages), errors


def _forward(records: Sequence[_FitMessage]) -> list[_FitMessage]:
    """Return the records with a time that moves forward."""
    out: list[_FitMessage] = []
    for r in records:
        t = r.get("timestamp")
        if isinstance(t, datetime.datetime) and (not out or t > out[-1]["timestamp"]):
            out.append(r)
    return out


def _check(
    path: Path, messages: Mapping[str, Any], records: list[_FitMessage], errors: list[Exception]
) -> None:
    if len(records) < 2:
        why = f"it is damaged ({errors[0]})" if errors else f"it is a {_file_type(messages)} file"
        raise InputError(f"{path}: holds no activity: {why}")
    sport = next((s.get("sport") for s in messages.get("session_mesgs", ())), None)
    if sport not in _SPORTS:
        raise InputError(f"{path}: is {sport}, not running; nothing in it can be reviewed here")
    if (records[-1]["timestamp"] - records[0]["timestamp"]).total_seconds() > 2 * 86400:
        raise InputError(f"{path}: lasts more than two days; its clock was set in between")


def _file_type(messages: Mapping[str, Any]) -> str:
    return str(next((m.get("type") for m in messages.get("file_id_mesgs", ())), "strange")).replace(
        "_", " "
    )


def _series(
    messages: Mapping[str, Any], records: list[_FitMessage], start: datetime.datetime
) -> tuple[_Series, _Series]:
    """Return what the watch measured, and what came through developer fields."""
    watch, extra = _Series(_device_name(messages)), _Series(_developer_name(messages))
    described = {d["key"]: d for d in messages.get("field_description_mesgs", ()) if "key" in d}
    meanings = {
        key: developer_quantity(_text(d.get("field_name")), _text(d.get("units")))
        for key, d in described.items()
    }
    for r in records:
        t_s = (r["timestamp"] - start).total_seconds()
        for name, (quantity, factor) in NATIVE_FIELDS.items():
            if isinstance(r.get(name), (int, float)):
                watch.add(quantity, t_s, r[name] * factor)
        if isinstance(r.get("cadence"), (int, float)):
            watch.add("cadence_raw", t_s, r["cadence"] + (r.get("fractional_cadence") or 0))
        for name, quantity in (("distance", "distance_m"), ("enhanced_altitude", "altitude_m")):
            watch.add(quantity, t_s, r.get(name))
        for key, value in (r.get("developer_fields") or {}).items():
            quantity, factor = meanings.get(key, ("", 1.0))
            if quantity and isinstance(value, (int, float)):
                extra.add(quantity, t_s, value * factor)
    return watch, extra


def _text(value: object) -> str:
    return str(value[0] if isinstance(value, list) and value else value or "")


def _device_name(messages: Mapping[str, Any]) -> str:
    file_id: _FitMessage = next(iter(messages.get("file_id_mesgs", ())), {})
    maker = str(file_id.get("manufacturer", "watch"))
    product = str(file_id.get(f"{maker}_product", "") or "")
    name = f"{maker} {product}".strip() if not maker.isdigit() else "watch"
    return "".join(c for c in name if c.isalnum() or c in " -_")[:40] or "watch"


def _developer_name(messages: Mapping[str, Any]) -> str:
    for d in messages.get("developer_data_id_mesgs", ()):
        if bytes(b & 255 for b in d.get("application_id") or () if isinstance(b, int)) == _STRYD:
            return "stryd"
    names = {_text(d.get("field_name")).lower() for d in messages.get("field_description_mesgs", ())}
    return "stryd" if "form power" in names else "developer fields"


def _pauses(events: Sequence[_FitMessage], start: datetime.datetime) -> list[tuple[float, float]]:
    """Return stretches (start, end in s) in which the timer stood still."""
    out: list[tuple[float, float]] = []
    since: float | None = None
    for e in events:
        if e.get("event") != "timer" or not isinstance(e.get("timestamp"), datetime.datetime):
            continue
        t_s = (e["timestamp"] - start).total_seconds()
        if str(e.get("event_type", "")).startswith("stop"):
            since = t_s if since is None else since
        elif since is not None:
            out.append((since, t_s))
            since = None
    return out


def _grid(series: _Series, seconds: int, stopped: list[tuple[float, float]]) -> dict[str, Array]:
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


def _damage_remarks(errors: list[Exception], seconds: int) -> list[str]:
    return (
        [f"the file is damaged ({errors[0]}); its first {seconds / 60:.0f} min could be read"]
        if errors
        else []
    )


def _laps(messages: Mapping[str, Any], start: datetime.datetime, seconds: int) -> tuple[float, ...]:
    """Return the ends of the laps in seconds, without the last one, which is that of the run."""
    ends = {
        round((m["start_time"] - start).total_seconds())
        for m in messages.get("lap_mesgs", ())
        if isinstance(m.get("start_time"), datetime.datetime)
    }
    return tuple(float(t) for t in sorted(ends) if 0 < t < seconds - 1)


def _recording(
    path: Path,
    sensors: Sequence[tuple[str, Mapping[str, Array]]],
    seconds: int,
    start: datetime.datetime,
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
        raise InputError(f"{path}: holds no speed, cadence or running dynamics; nothing can be reviewed")
    return Recording(
        path.stem, settings, float(seconds), count, packets,
        started_utc=start.isoformat(), remarks=remarks, laps_s=laps_s,
    )  # fmt: skip
