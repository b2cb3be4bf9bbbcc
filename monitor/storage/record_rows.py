"""Records and sessions as rows of the store's tables, and back."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from dsp.types import Estimate, Gap, Metric, Side, Step
from monitor.core import json_codec
from monitor.core.errors import StoreError
from monitor.core.records import Out
from monitor.storage.estimate_codec import NameTable
from monitor.storage.session_info import SessionInfo, SessionStatus

SESSION_COLUMNS = tuple(SessionInfo.__dataclass_fields__)
"""Columns of the table ``session``, in the order of ``SessionInfo``'s fields."""
_SIDES = {None: None, "L": Side.LEFT, "R": Side.RIGHT}


def session_row(info: SessionInfo) -> list[object]:
    """Return the values of ``SESSION_COLUMNS``; tuples become JSON lists."""
    values = [getattr(info, name) for name in SESSION_COLUMNS]
    return [json.dumps(value) if isinstance(value, tuple) else value for value in values]


def session_from_row(row: Sequence[Any]) -> SessionInfo:
    """Return the session of a row of ``SESSION_COLUMNS``."""
    info = SessionInfo(**dict(zip(SESSION_COLUMNS, row, strict=True)))
    return replace(
        info,
        ended=bool(info.ended),
        status=SessionStatus(info.status),
        sensors=tuple(json.loads(str(info.sensors))),
        tags=tuple(json.loads(str(info.tags))),
    )


def record_row(row: int, session: str, record: Out, names: NameTable) -> tuple[str, tuple[object, ...]]:
    """Return the table of a record, no metric, and its columns.

    ``names`` may have to number a new name: call this inside a transaction.
    """
    if isinstance(record, Step):
        estimates = names.pack(record.estimates)
        return "step", (row, session, record.sensor, record.side, record.ic_s, record.to_s, estimates)
    if isinstance(record, Gap):
        return "gap", (row, session, record.sensor, record.start_s, record.end_s)
    body = json.dumps(json_codec.to_json(record))
    return "event", (row, session, json_codec.kind_of(record), body)


def steps_from_rows(rows: Sequence[Sequence[Any]], names: NameTable) -> list[Step]:
    """Return the steps of rows (sensor, side, ic_s, to_s, estimates)."""
    unpacked = names.unpack([row[4] for row in rows])
    return [
        Step(sensor, _SIDES[side], ic_s, to_s, estimates)
        for (sensor, side, ic_s, to_s, _), estimates in zip(rows, unpacked, strict=True)
    ]


def metric_from_row(row: Sequence[Any]) -> Metric:
    """Return the metric of a row (t_s, side, name, value, sd, how)."""
    t_s, side, name, value, sd, how = row
    return Metric(t_s, _SIDES[side], Estimate(name, value, sd, how))


def event_from_row(kind: str, body: str) -> Out:
    """Return the record of this kind from its JSON; ``StoreError`` if it is from another version."""
    try:
        record: Out = json_codec.from_json(json_codec.RECORD_KINDS[kind], json.loads(body))
    except (KeyError, ValueError) as exc:
        raise StoreError("error.record_unreadable", kind=kind, error=exc) from exc
    return record
