"""A session as a FIT activity: standard running dynamics, and developer fields for what FIT lacks.

The file is what Garmin's activity cookbook asks for (developer.garmin.com/fit/cookbook): messages in the
order of time, summaries after what they sum up; elapsed time with pauses and timer time without, to the
millisecond; a pause is a pair of timer events without a record in between.

Which metric goes into which field stands in ``dsp.metrics`` (``FitField``); here are the
fields that are made of more than one number of the session: cadence, distance, the target and the cue.  The
standard has no field for overstride, braking or "step speed loss" (Garmin's HRM 600 keeps that one
private), so these are developer fields with names and units of their own.  What a model gave never stands
in a field for what was measured: it has a developer field with "model" in its name.  What is not known is
left out, never zero.
"""

from __future__ import annotations

import datetime
import logging
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dsp.metrics import METRICS, FitField, MetricSpec
from dsp.types import Array, CueKind, Placement
from monitor.core.activity_facts import PlaceTrack
from monitor.core.errors import StoreError
from monitor.core.local_time import local_start, offset_at
from monitor.exports.activity_parts import (
    LapPart,
    lap_parts,
    places_on_seconds,
    sport_names,
    start_second,
    strides_per_minute,
    timed_seconds,
)
from monitor.storage.session_data import Mask, MetricColumn, SessionData, Stretch, target_edges
from monitor.storage.store import Store

if TYPE_CHECKING:
    from monitor.exports.fit_writer import FitWriter

_RECORD_NUMBER = 20
_APPLICATION = list(uuid.UUID("6a2c7be4-31f0-4f0e-9d0b-67616974c0e5").bytes)

_CADENCE = FitField("cadence", whole=True)
_CADENCE_FRACTION = FitField("fractional_cadence")
_TARGET_LOW = FitField("Cadence Target Low", unit="spm", number=8)
_TARGET_HIGH = FitField("Cadence Target High", unit="spm", number=9)
_CUE = FitField("Cue", unit="1 correct 2 confirm 3 notice", number=10, whole=True)
_LATITUDE, _LONGITUDE = FitField("position_lat"), FitField("position_long")
_ALTITUDE = FitField("enhanced_altitude")
_CUE_NUMBERS = {CueKind.CORRECT: 1, CueKind.CONFIRM: 2, CueKind.NOTICE: 3}

_GRADE = next(m.fit for m in METRICS if m.fit is not None and m.name == "slope_pct")
_SPEED = next(m.fit for m in METRICS if m.fit is not None and m.name == "speed_mps")
"""The one standard field that other numbers follow from: distance, mean and highest speed."""


_EPOCH = datetime.datetime(1989, 12, 31, tzinfo=datetime.UTC)


@dataclass(frozen=True, slots=True)
class _Activity:
    """A session on its way into a file: its fields (n,) of both kinds and its sums up to each second (n,).

    ``distance_m`` is cut to the centimetres that FIT keeps, so that laps add up to the session exactly.
    Records have it between the first and the last second of known speed (``with_distance``).
    """

    run: SessionData
    began: datetime.datetime
    standard: Mapping[FitField, Array]
    developer: Mapping[FitField, Array]
    distance_m: Array
    with_distance: Mask
    strides: Array

    def at(self, t_s: float) -> datetime.datetime:
        """The time of day of a session second."""
        return self.began + datetime.timedelta(seconds=t_s)

    def covered_m(self, part: Stretch) -> float:
        """Return the distance in m covered in ``part``, to the centimetre, so that laps add up."""
        return self._reached(self.distance_m, part.end_s, 2) - self._reached(
            self.distance_m, part.start_s, 2
        )

    def cycles(self, part: Stretch) -> int:
        """Return the strides made in ``part``; whole ones, so that laps add up."""
        return int(
            self._reached(self.strides, part.end_s, 0) - self._reached(self.strides, part.start_s, 0)
        )

    def _reached(self, sums: Array, t_s: float, decimals: int) -> float:
        return round(float(np.interp(t_s, self.run.t_s, sums)), decimals)


def write_fit(store: Store, run: SessionData, path: Path) -> list[Path]:
    """Write one file and return its path.

    Raises ``StoreError`` if the session has nothing that FIT could hold.
    """
    path.write_bytes(encode_fit(run, store.track(run.info.id)))
    return [path]


def encode_fit(run: SessionData, track: PlaceTrack | None = None) -> bytes:
    """Return the bytes of a whole FIT file, with the places of ``track`` in its records.

    Raises ``StoreError`` if the session has nothing that FIT could hold.
    """
    places = places_on_seconds(run, track)
    standard, developer = _standard_fields(run, places), _developer_fields(run)
    columns = (*standard.values(), *developer.values())
    with_record = np.any([np.isfinite(v) for v in columns], axis=0) & timed_seconds(run)
    if not columns or not with_record.any():
        raise StoreError("error.fit_nothing", session=run.info.id)
    known = np.isfinite(run.value("speed_mps"))
    known |= np.isin(run.t_s, [p.start_s for p in run.pauses]) & np.roll(known, 1)  # as the timer stops
    activity = _Activity(
        run,
        start_second(run),
        standard,
        developer,
        distance_m=np.round(run.distance_m, 2),
        with_distance=np.logical_or.accumulate(known) & np.logical_or.accumulate(known[::-1])[::-1],
        strides=_stride_sums(run),
    )
    writer = _new_writer()
    _write_head(writer, activity)
    for _, _, write in sorted(_timed_messages(writer, activity, with_record), key=lambda m: m[:2]):
        write()
    _write_tail(writer, activity)
    return writer.close()


def _stride_sums(run: SessionData) -> Array:
    """Return the strides made up to each second (n,), which end at the watch's own count if it has one."""
    steps = run.summed_steps
    counted = run.info.counted_steps
    scale = counted / steps[-1] if counted is not None and steps[-1] > 0 else 1.0
    return np.asarray(scale * steps / 2)


_TimedMessage = tuple[float, int, Callable[[], None]]
"""When in the session, the rank among those of the same moment, and what writes it."""


def _timed_messages(writer: FitWriter, activity: _Activity, with_record: Mask) -> Iterator[_TimedMessage]:
    """Yield records, timer events and laps; of one moment, the timer starts, is read, stops, a lap ends."""
    for at in np.flatnonzero(with_record).tolist():
        yield float(at), 1, partial(_write_record, writer, activity, at)
    end_s = activity.run.elapsed_s
    stops_s = [*(pause.start_s for pause in activity.run.pauses), end_s]
    starts_s = [0.0, *(pause.end_s for pause in activity.run.pauses)]
    if 0 < end_s < starts_s[-1] + 1e-3:  # the timer was never started again
        starts_s, stops_s = starts_s[:-1], stops_s[:-1]
    for at_s in starts_s:
        yield at_s, 0, partial(_write_timer, writer, activity.at(at_s), "start")
    for at_s in stops_s:
        yield at_s, 2, partial(_write_timer, writer, activity.at(at_s), "stop_all")
    for number, lap in enumerate(lap_parts(activity.run)):
        yield lap.where.end_s, 3, partial(_write_lap, writer, activity, number, lap)


def _write_record(writer: FitWriter, activity: _Activity, at: int) -> None:
    record: dict[str, Any] = {"timestamp": activity.at(at)}
    record |= {field.name: value for field, value in _record_cells(activity.standard, at)}
    if activity.with_distance[at]:
        record["distance"] = float(activity.distance_m[at])
    own = {field.number: value for field, value in _record_cells(activity.developer, at)}
    writer.write("record", record, own)


def _new_writer() -> FitWriter:
    """Return a writer; the root logger stays as it is, which fit-tool would set up when it is imported."""
    handlers = list(logging.root.handlers)
    from monitor.exports.fit_writer import FitWriter  # see there: not at start-up

    logging.root.handlers[:] = handlers
    return FitWriter()


def _standard_fields(run: SessionData, places: Array) -> dict[FitField, Array]:
    """Fields of the standard profile, (n,) in FIT's units."""
    out = _metric_fields(run, developer=False)
    if "cadence_spm" in run.columns:
        half = np.round(strides_per_minute(run) * 128) / 128
        out[_CADENCE], out[_CADENCE_FRACTION] = np.floor(half), half - np.floor(half)
    known = {_LATITUDE: places[:, 0], _LONGITUDE: places[:, 1], _ALTITUDE: places[:, 2]}
    if np.isfinite(places[:, 2]).any() and _is_of_altitude(run.columns.get("slope_pct")):
        out.pop(_GRADE, None)
    return out | {field: values for field, values in known.items() if np.isfinite(values).any()}


def _is_of_altitude(slope: MetricColumn | None) -> bool:
    """Whether a slope was worked out from the altitude of the file, which is written itself.

    Such a slope is as sure as the runner covered ground; a device's own has one SD throughout.
    """
    return slope is not None and bool(np.nanmax(slope.sd) > np.nanmin(slope.sd))


def _developer_fields(run: SessionData) -> dict[FitField, Array]:
    """Developer fields, (n,) in their own units."""
    out = _metric_fields(run, developer=True)
    if any(b.metric == "cadence_spm" for b in run.bands):
        out[_TARGET_LOW], out[_TARGET_HIGH] = target_edges(run, "cadence_spm")
    if run.cues:
        out[_CUE] = np.full(len(run.t_s), np.nan)
        for cue in run.cues:
            if not cue.withheld and 0 <= int(cue.t_s) < len(run.t_s):
                out[_CUE][int(cue.t_s)] = _CUE_NUMBERS[cue.kind]
    return out


def _metric_fields(run: SessionData, *, developer: bool) -> dict[FitField, Array]:
    """The metrics that the session has and FIT has a field for, (n,) in the unit of the field."""
    out = {}
    for metric in METRICS:
        column = run.columns.get(metric.name)
        field = metric.fit if column is None or not column.modelled else _model_field(metric)
        if column is None or field is None or _is_derived(metric, column):
            continue
        if bool(field.unit) is developer:
            values = column.value * field.scale
            out[field] = np.round(values) if field.whole else values
    return out


def _is_derived(metric: MetricSpec, column: MetricColumn) -> bool:
    """Whether this is a pod's speed and cadence in other words; these are written themselves."""
    return metric.name == "step_length_m" and column.how == Placement.POD


def _model_field(metric: MetricSpec) -> FitField | None:
    """The developer field that carries a metric where a model gave it; None where there is none for it."""
    measured = metric.fit
    if measured is None or measured.model_number < 0:
        return None
    name = f"{measured.name if measured.unit else metric.label} (model)"
    unit = measured.unit or metric.unit
    return FitField(name, measured.scale, unit, measured.model_number)


def _record_cells(table: Mapping[FitField, Array], at: int) -> Iterator[tuple[FitField, float | int]]:
    for field, values in table.items():
        if (value := float(values[at])) == value:
            yield field, int(value) if field.whole else value


def _write_head(writer: FitWriter, activity: _Activity) -> None:
    serial = uuid.uuid5(uuid.NAMESPACE_URL, activity.run.info.id).int & 0xFFFFFFF | 1
    product: dict[str, Any] = {"manufacturer": "development", "product": 0, "serial_number": serial}
    writer.write("file_id", {"type": "activity", "time_created": activity.began, **product})
    writer.write("device_info", {"timestamp": activity.began, "device_index": 0, **product})
    if activity.developer:
        _describe_developer_fields(writer, activity.developer)


def _describe_developer_fields(writer: FitWriter, fields: Iterable[FitField]) -> None:
    identity: dict[str, Any] = {
        "developer_data_index": 0,
        "application_id": _APPLICATION,
        "application_version": 1,
    }
    writer.write("developer_data_id", identity)
    for field in sorted(fields, key=lambda f: f.number):
        description: dict[str, Any] = {
            "developer_data_index": 0,
            "field_definition_number": field.number,
            "fit_base_type_id": writer.add_developer_field(field.number, whole=field.whole),
            "field_name": field.name,
            "units": field.unit,
            "native_mesg_num": _RECORD_NUMBER,
        }
        writer.write("field_description", description)


def _write_timer(writer: FitWriter, when: datetime.datetime, what: str) -> None:
    writer.write("event", {"timestamp": when, "event": "timer", "event_type": what})


def _write_lap(writer: FitWriter, activity: _Activity, number: int, lap: LapPart) -> None:
    message: dict[str, Any] = {"message_index": number, "event": "lap", "event_type": "stop"}
    message["lap_trigger"] = writer.profile_name("lap_trigger", lap.trigger, "manual")
    writer.write("lap", message | _sport_fields(writer, activity) | _summary_fields(activity, lap.where))


def _write_tail(writer: FitWriter, activity: _Activity) -> None:
    run = activity.run
    whole: dict[str, Any] = {"message_index": 0, "event": "session", "event_type": "stop"}
    whole |= {"trigger": "activity_end", "first_lap_index": 0, "num_laps": len(lap_parts(run))}
    whole |= _sport_fields(writer, activity)
    if run.activity:
        whole["total_moving_time"] = run.moving_s
    writer.write("session", whole | _summary_fields(activity, Stretch(0.0, run.elapsed_s)))
    last: dict[str, Any] = {"timestamp": activity.at(run.elapsed_s), "total_timer_time": run.timer_s}
    last |= {"num_sessions": 1, "type": "manual", "event": "activity", "event_type": "stop"}
    start, end = local_start(run.info.started_utc, run.info.utc_offset_s), activity.at(run.elapsed_s)
    offset_s = int((start.utcoffset() or datetime.timedelta()).total_seconds())
    offset_s = offset_at(end, offset_s, start)  # summer time may have begun or ended since
    last["local_timestamp"] = int((end - _EPOCH).total_seconds()) + offset_s
    writer.write("activity", last)


def _sport_fields(writer: FitWriter, activity: _Activity) -> dict[str, str]:
    sport, sub_sport = sport_names(activity.run)
    return {
        "sport": writer.profile_name("sport", sport, "generic"),
        "sub_sport": writer.profile_name("sub_sport", sub_sport, "generic"),
    }


def _summary_fields(activity: _Activity, part: Stretch) -> dict[str, Any]:
    """Totals and means of a stretch, as ``lap`` and ``session`` want them."""
    run, table = activity.run, activity.standard
    timer_s = part.seconds - run.paused_s(part)
    out: dict[str, Any] = {
        "timestamp": activity.at(part.end_s),
        "start_time": activity.at(part.start_s),
        "total_elapsed_time": part.seconds,
        "total_timer_time": timer_s,
    }
    last = part.end_s + (part.end_s == run.elapsed_s)  # the second in which the session ends is its own
    inside = run.mask([Stretch(part.start_s, last)]) & timed_seconds(run)
    for field, column in table.items():
        values = column[inside]
        if field.averaged and np.isfinite(values).any():
            mean = float(np.nanmean(values))
            out[f"avg_{field.name}"] = round(mean) if field.whole else mean
    if _SPEED in table:
        out["total_distance"] = activity.covered_m(part)
        speed = table[_SPEED][inside]
        if np.isfinite(speed).any() and timer_s > 0:
            out["enhanced_avg_speed"] = out["total_distance"] / timer_s
            out["enhanced_max_speed"] = float(np.nanmax(speed))
    if _CADENCE in table:
        strides = (table[_CADENCE] + table[_CADENCE_FRACTION])[inside]
        out["total_cycles"] = activity.cycles(part)
        if (strides > 0).any():
            mean = float(np.mean(strides[strides > 0]))
            out |= {"avg_cadence": int(mean), "avg_fractional_cadence": mean % 1}
    return out
