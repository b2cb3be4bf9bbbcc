"""A session as a FIT activity: standard running dynamics, and developer fields for what FIT lacks.

Which metric goes into which field stands in ``dsp.metrics`` (``FitField``); here are the
fields that are made of more than one number of the session: cadence, distance, the target and the cue.  The
standard has no field for overstride, braking or "step speed loss" (Garmin's HRM 600 keeps that one
private), so these are developer fields with names and units of their own.  What is not known is left out,
never zero.
"""

from __future__ import annotations

import datetime
import logging
import uuid
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dsp.metrics import METRICS, FitField
from dsp.types import Array, CueKind
from monitor.core.errors import StoreError
from monitor.storage.session_data import SessionData, Stretch, target_edges
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
_CUE_NUMBERS = {CueKind.CORRECT: 1, CueKind.CONFIRM: 2, CueKind.NOTICE: 3}

_SPEED = next(m.fit for m in METRICS if m.fit is not None and m.name == "speed_mps")
"""The one standard field that other numbers follow from: distance, mean and highest speed."""


def write_fit(store: Store, run: SessionData, path: Path) -> list[Path]:
    """Write one file and return its path.

    Raises ``StoreError`` if the session has nothing that FIT could hold.
    """
    path.write_bytes(encode_fit(run))
    return [path]


def encode_fit(run: SessionData) -> bytes:
    """Return the bytes of a whole FIT file.

    Raises ``StoreError`` if the session has nothing that FIT could hold.
    """
    began = datetime.datetime.fromisoformat(run.info.started_utc).replace(microsecond=0)
    standard, developer = _standard_fields(run), _developer_fields(run)
    columns = (*standard.values(), *developer.values())
    measured = np.any([np.isfinite(v) for v in columns], axis=0) if columns else None
    if measured is None or not measured.any():
        raise StoreError("error.fit_nothing", session=run.info.id)
    writer = _new_writer()
    _write_head(writer, run, began, developer)
    distance_m = run.distance_m
    for at in np.flatnonzero(measured).tolist():
        record: dict[str, Any] = {"timestamp": began + datetime.timedelta(seconds=at)}
        record |= {field.name: value for field, value in _record_cells(standard, at)}
        if _SPEED in standard:
            record["distance"] = float(distance_m[at])
        own = {field.number: value for field, value in _record_cells(developer, at)}
        writer.write("record", record, own)
    _write_tail(writer, run, began, standard)
    return writer.close()


def _new_writer() -> FitWriter:
    """Return a writer; the root logger stays as it is, which fit-tool would set up when it is imported."""
    handlers = list(logging.root.handlers)
    from monitor.exports.fit_writer import FitWriter  # see there: not at start-up

    logging.root.handlers[:] = handlers
    return FitWriter()


def _standard_fields(run: SessionData) -> dict[FitField, Array]:
    """Fields of the standard profile, (n,) in FIT's units."""
    out = _metric_fields(run, developer=False)
    if "cadence_spm" in run.columns:
        half = np.round(run.value("cadence_spm") / 2 * 128) / 128  # strides a minute, as the standard wants
        out[_CADENCE], out[_CADENCE_FRACTION] = np.floor(half), half - np.floor(half)
    return out


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
        field = metric.fit
        if field is not None and bool(field.unit) is developer and metric.name in run.columns:
            values = run.value(metric.name) * field.scale
            out[field] = np.round(values) if field.whole else values
    return out


def _record_cells(table: Mapping[FitField, Array], at: int) -> Iterator[tuple[FitField, float | int]]:
    for field, values in table.items():
        if (value := float(values[at])) == value:
            yield field, int(value) if field.whole else value


def _write_head(
    writer: FitWriter, run: SessionData, began: datetime.datetime, developer: Mapping[FitField, Array]
) -> None:
    serial = uuid.uuid5(uuid.NAMESPACE_URL, run.info.id).int & 0xFFFFFFF | 1
    product: dict[str, Any] = {"manufacturer": "development", "product": 0, "serial_number": serial}
    writer.write("file_id", {"type": "activity", "time_created": began, **product})
    writer.write("device_info", {"timestamp": began, "device_index": 0, **product})
    if developer:
        _describe_developer_fields(writer, developer)
    _write_timer(writer, began, "start")


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


def _write_tail(
    writer: FitWriter, run: SessionData, began: datetime.datetime, table: Mapping[FitField, Array]
) -> None:
    seconds = float(len(run.t_s) - 1)
    end = began + datetime.timedelta(seconds=seconds)
    _write_timer(writer, end, "stop_all")
    laps = list(_lap_stretches(run, seconds))
    for number, lap in enumerate(laps):
        kind: dict[str, Any] = {"message_index": number, "event": "lap", "event_type": "stop"}
        kind["lap_trigger"] = "session_end" if lap.end_s >= seconds else "manual"
        writer.write("lap", kind | _summary_fields(run, began, table, lap))
    indoors = any(s.kind == "treadmill" or s.name == "treadmill" for s in run.settings.sensors)
    whole: dict[str, Any] = {"message_index": 0, "event": "session", "event_type": "stop"}
    whole |= {
        "sport": "running",
        "sub_sport": "treadmill" if indoors else "generic",
        "trigger": "activity_end",
    }
    whole |= {"first_lap_index": 0, "num_laps": len(laps)}
    writer.write("session", whole | _summary_fields(run, began, table, Stretch(0.0, seconds)))
    last: dict[str, Any] = {"timestamp": end, "total_timer_time": seconds, "num_sessions": 1}
    writer.write("activity", last | {"type": "manual", "event": "activity", "event_type": "stop"})


def _lap_stretches(run: SessionData, seconds: float) -> Iterator[Stretch]:
    start = 0.0
    for end in [*(lap.end_s for lap in run.laps if 0 < lap.end_s < seconds), seconds]:
        yield Stretch(start, end)
        start = end


def _summary_fields(
    run: SessionData, began: datetime.datetime, table: Mapping[FitField, Array], part: Stretch
) -> dict[str, Any]:
    """Totals and means of a stretch, as ``lap`` and ``session`` want them."""
    inside = run.mask([Stretch(part.start_s, part.end_s + 1)])
    out: dict[str, Any] = {
        "timestamp": began + datetime.timedelta(seconds=part.end_s),
        "start_time": began + datetime.timedelta(seconds=part.start_s),
        "total_elapsed_time": part.seconds,
        "total_timer_time": part.seconds,
    }
    if _SPEED in table:
        at = run.distance_m[inside]
        out["total_distance"] = float(at[-1] - at[0]) if len(at) else 0.0
        speed = table[_SPEED][inside]
        if np.isfinite(speed).any():
            out |= {
                "enhanced_avg_speed": float(np.nanmean(speed)),
                "enhanced_max_speed": float(np.nanmax(speed)),
            }
    for field, column in table.items():
        values = column[inside]
        if field.averaged and np.isfinite(values).any():
            mean = float(np.nanmean(values))
            out[f"avg_{field.name}"] = round(mean) if field.whole else mean
    if _CADENCE in table:
        strides = (table[_CADENCE] + table[_CADENCE_FRACTION])[inside]
        moving = strides[strides > 0]
        if len(moving):
            mean = float(np.mean(moving))
            out |= {
                "avg_cadence": int(mean),
                "avg_fractional_cadence": mean % 1,
                "total_cycles": round(moving.sum() / 60),
            }
    return out
