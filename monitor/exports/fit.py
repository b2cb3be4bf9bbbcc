"""A session as a FIT activity: standard running dynamics, and developer fields for what FIT lacks.

Profile 21.218.  The standard has no field for overstride, braking or "step speed loss" (Garmin's HRM
600 keeps that one private), so these are developer fields with names and units of their own.  What
is not known is left out, never zero.
"""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from garmin_fit_sdk import Encoder

from dsp.types import Array, CueKind
from monitor.core.errors import StoreError
from monitor.storage.session_data import SessionData, Stretch, target_edges
from monitor.storage.store import Store

FILE_ID, SESSION, LAP, RECORD, EVENT, DEVICE, ACTIVITY, FIELD, DEVELOPER = (
    0,
    18,
    19,
    20,
    21,
    23,
    34,
    206,
    207,
)
APPLICATION = list(uuid.UUID("6a2c7be4-31f0-4f0e-9d0b-67616974c0e5").bytes)
FLOAT32, UINT8 = 0x88, 0x02

_NATIVE: Mapping[str, tuple[str, float]] = {
    "speed_mps": ("enhanced_speed", 1.0),
    "heart_rate_bpm": ("heart_rate", 1.0),
    "power_w": ("power", 1.0),
    "slope_pct": ("grade", 1.0),
    "contact_ms": ("stance_time", 1.0),
    "duty_factor_pct": ("stance_time_percent", 1.0),
    "contact_balance_pct": ("stance_time_balance", 1.0),
    "vertical_oscillation_mm": ("vertical_oscillation", 1.0),
    "vertical_ratio_pct": ("vertical_ratio", 1.0),
    "step_length_m": ("step_length", 1000.0),
}
"""Metrics to fields of ``record`` and the factor to FIT's unit; cadence and distance are apart."""

MEANS = (
    "vertical_oscillation",
    "stance_time",
    "stance_time_percent",
    "vertical_ratio",
    "stance_time_balance",
    "step_length",
    "heart_rate",
    "power",
)
"""Fields whose mean stands in ``lap`` and ``session`` as ``avg_...``."""

OWN: Mapping[str, tuple[str, str, float]] = {
    "overstride_m": ("Overstride", "cm", 100.0),
    "braking_impulse_bws": ("Braking Impulse", "BW.s", 1.0),
    "peak_braking_bw": ("Peak Braking", "BW", 1.0),
    "speed_lost_mps": ("Step Speed Loss", "cm/s", 100.0),
    "foot_strike_deg": ("Foot Strike Angle", "deg", 1.0),
    "shank_deg": ("Shank Inclination", "deg", 1.0),
    "tibial_shock_g": ("Tibial Shock", "g", 1.0),
    "leg_stiffness_kn_m": ("Leg Spring Stiffness", "kN/m", 1.0),
    "target_low": ("Cadence Target Low", "spm", 1.0),
    "target_high": ("Cadence Target High", "spm", 1.0),
    "cue": ("Cue", "1 correct 2 confirm 3 notice", 1.0),
}
"""Metrics to developer fields: name, unit, factor.  ``cue`` is a number, the rest are float32."""

CUES = {CueKind.CORRECT: 1, CueKind.CONFIRM: 2, CueKind.NOTICE: 3}


def write_fit(store: Store, run: SessionData, path: Path) -> list[Path]:
    """One file.  ``StoreError`` if the session has nothing that FIT could hold."""
    path.write_bytes(encode(run))
    return [path]


def encode(run: SessionData) -> bytes:
    """The whole file."""
    began = datetime.datetime.fromisoformat(run.info.started_utc).replace(microsecond=0)
    table, own = _native(run), _own(run)
    known = (
        np.any([np.isfinite(v) for v in (*table.values(), *own.values())], axis=0) if table or own else None
    )
    if known is None or not known.any():
        raise StoreError(f"{run.info.id}: has no metrics; there is nothing to write into a FIT file")
    encoder = Encoder()
    _head(encoder, run, began, list(own))
    keys = {name: number for number, name in enumerate(OWN)}
    distance = run.distance_m
    for at in range(len(run.t_s)):
        if known[at]:
            record: dict[str, Any] = {
                "mesg_num": RECORD,
                "timestamp": began + datetime.timedelta(seconds=at),
            }
            record |= _cells(table, at)
            if "enhanced_speed" in table:
                record["distance"] = float(distance[at])
            developer = {keys[name]: v for name, v in _cells(own, at).items()}
            encoder.write_mesg(record | ({"developer_fields": developer} if developer else {}))
    _tail(encoder, run, began, table)
    return bytes(encoder.close())


def _native(run: SessionData) -> dict[str, Array]:
    """Standard fields (n,) in FIT's units."""
    out = {field: run.value(name) * k for name, (field, k) in _NATIVE.items() if name in run.columns}
    if "cadence_spm" in run.columns:
        half = np.round(run.value("cadence_spm") / 2 * 128) / 128  # strides a minute, as the standard wants
        out["cadence"], out["fractional_cadence"] = np.floor(half), half - np.floor(half)
    whole = {"heart_rate", "power"}
    return {field: np.round(v) if field in whole else v for field, v in out.items()}


def _own(run: SessionData) -> dict[str, Array]:
    """Developer fields (n,)."""
    out = {name: run.value(name) * OWN[name][2] for name in OWN if name in run.columns}
    if any(b.metric == "cadence_spm" for b in run.bands):
        out["target_low"], out["target_high"] = target_edges(run, "cadence_spm")
    if run.cues:
        out["cue"] = np.full(len(run.t_s), np.nan)
        for cue in run.cues:
            if not cue.withheld and 0 <= int(cue.t_s) < len(run.t_s):
                out["cue"][int(cue.t_s)] = CUES[cue.kind]
    return out


WHOLE = {"cadence", "heart_rate", "power", "cue"}


def _cells(table: Mapping[str, Array], at: int) -> dict[str, float | int]:
    row = ((name, float(values[at])) for name, values in table.items())
    return {name: int(v) if name in WHOLE else v for name, v in row if v == v}


def _head(encoder: Encoder, run: SessionData, began: datetime.datetime, own: list[str]) -> None:
    serial = uuid.uuid5(uuid.NAMESPACE_URL, run.info.id).int & 0xFFFFFFF | 1
    made = {"manufacturer": "development", "product": 0, "serial_number": serial}
    encoder.write_mesg({"mesg_num": FILE_ID, "type": "activity", "time_created": began, **made})
    encoder.write_mesg({"mesg_num": DEVICE, "timestamp": began, "device_index": 0, **made})
    if own:
        identity: Any = {"mesg_num": DEVELOPER, "developer_data_index": 0, "application_id": APPLICATION}
        encoder.write_mesg(identity | {"application_version": 1})
        for number, (name, (label, unit, _)) in enumerate(OWN.items()):
            if name in own:
                described: Any = {"mesg_num": FIELD, "developer_data_index": 0}
                described["field_definition_number"] = number
                described["fit_base_type_id"] = UINT8 if name == "cue" else FLOAT32
                described |= {"field_name": label, "units": unit, "native_mesg_num": RECORD}
                encoder.add_developer_field(number, identity, described)
                encoder.write_mesg(described)
    encoder.write_mesg(_timer(began, "start"))


def _timer(when: datetime.datetime, what: str) -> dict[str, Any]:
    return {"mesg_num": EVENT, "timestamp": when, "event": "timer", "event_type": what}


def _tail(encoder: Encoder, run: SessionData, began: datetime.datetime, table: Mapping[str, Array]) -> None:
    seconds = float(len(run.t_s) - 1)
    end = began + datetime.timedelta(seconds=seconds)
    encoder.write_mesg(_timer(end, "stop_all"))
    laps = list(_laps(run, seconds))
    for number, lap in enumerate(laps):
        kind = {"mesg_num": LAP, "message_index": number, "event": "lap", "event_type": "stop"}
        kind["lap_trigger"] = "session_end" if lap.end_s >= seconds else "manual"
        encoder.write_mesg(kind | _sum(run, began, table, lap))
    indoors = any(s.kind == "treadmill" or s.name == "treadmill" for s in run.settings.sensors)
    whole = {"mesg_num": SESSION, "message_index": 0, "event": "session", "event_type": "stop"}
    whole |= {
        "sport": "running",
        "sub_sport": "treadmill" if indoors else "generic",
        "trigger": "activity_end",
    }
    whole |= {"first_lap_index": 0, "num_laps": len(laps)}
    encoder.write_mesg(whole | _sum(run, began, table, Stretch(0.0, seconds)))
    last = {"mesg_num": ACTIVITY, "timestamp": end, "total_timer_time": seconds, "num_sessions": 1}
    encoder.write_mesg(last | {"type": "manual", "event": "activity", "event_type": "stop"})


def _laps(run: SessionData, seconds: float) -> Iterator[Stretch]:
    start = 0.0
    for end in [*(t for t in run.laps_s if 0 < t < seconds), seconds]:
        yield Stretch(start, end)
        start = end


def _sum(
    run: SessionData, began: datetime.datetime, table: Mapping[str, Array], part: Stretch
) -> dict[str, Any]:
    """Totals and means of a stretch, as ``lap`` and ``session`` want them."""
    inside = run.mask([Stretch(part.start_s, part.end_s + 1)])
    out: dict[str, Any] = {
        "timestamp": began + datetime.timedelta(seconds=part.end_s),
        "start_time": began + datetime.timedelta(seconds=part.start_s),
        "total_elapsed_time": part.seconds,
        "total_timer_time": part.seconds,
    }
    if "enhanced_speed" in table:
        at = run.distance_m[inside]
        out["total_distance"] = float(at[-1] - at[0]) if len(at) else 0.0
        speed = table["enhanced_speed"][inside]
        if np.isfinite(speed).any():
            out |= {
                "enhanced_avg_speed": float(np.nanmean(speed)),
                "enhanced_max_speed": float(np.nanmax(speed)),
            }
    for field in MEANS:
        values = table[field][inside] if field in table else np.empty(0)
        if np.isfinite(values).any():
            mean = float(np.nanmean(values))
            out[f"avg_{field}"] = round(mean) if field in WHOLE else mean
    if "cadence" in table:
        strides = (table["cadence"] + table["fractional_cadence"])[inside]
        moving = strides[strides > 0]
        if len(moving):
            mean = float(np.mean(moving))
            out |= {
                "avg_cadence": int(mean),
                "avg_fractional_cadence": mean % 1,
                "total_cycles": round(moving.sum() / 60),
            }
    return out
