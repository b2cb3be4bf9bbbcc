"""Records and sessions as rows of the store's tables, and back."""

from __future__ import annotations

import datetime
import json
from collections.abc import Sequence
from dataclasses import replace
from types import NoneType
from typing import Any

from dsp.types import Estimate, Gap, Metric, Side, Step
from monitor.core import json_codec
from monitor.core.errors import StoreError
from monitor.core.records import Out
from monitor.storage.estimate_codec import NameTable
from monitor.storage.session_info import SessionInfo, SessionStatus

LONGEST_S = 3.2e7
"""Seconds of a year: what is said to be longer or later is damaged (a choice)."""
_TEXT, _WHOLE, _BYTES = frozenset[type]({str}), frozenset[type]({int}), frozenset[type]({bytes})
_NUMBER, _PERHAPS = frozenset[type]({float, int}), frozenset[type]({float, int, NoneType})
_SIDE = frozenset[type]({str, NoneType})
_TYPES = {
    "step": (_TEXT, _SIDE, _NUMBER, _PERHAPS, _BYTES),
    "metric": (_NUMBER, _SIDE, _TEXT, _PERHAPS, _PERHAPS, _TEXT),
    "gap": (_TEXT, _NUMBER, _NUMBER),
    "event": (_TEXT, _TEXT),
    "track": (_NUMBER, _PERHAPS, _PERHAPS, _PERHAPS),
    "note": (_WHOLE, _TEXT, _PERHAPS, _PERHAPS, _TEXT, _TEXT),
}
_TIMES = {"step": (2, 3), "metric": (0,), "gap": (1, 2), "track": (0,)}
"""Columns that are seconds of the session."""
SESSION_COLUMNS = tuple(SessionInfo.__dataclass_fields__)
"""Columns of the table ``session``, in the order of ``SessionInfo``'s fields."""
_SIDES = {None: None, "L": Side.LEFT, "R": Side.RIGHT}


def check_rows(table: str, rows: Sequence[Sequence[Any]]) -> None:
    """Return if rows of a table, without number and session, hold what they should; else ``ValueError``."""
    if not rows:
        return
    columns = list(zip(*rows, strict=True))
    for number, (column, types) in enumerate(zip(columns, _TYPES[table], strict=True)):
        if not types.issuperset(map(type, column)):
            raise ValueError(f"column {number} of a {table} has another type")
    for number in _TIMES.get(table, ()):
        times = [v for v in columns[number] if v is not None]
        if times and not -LONGEST_S <= min(times) <= max(times) <= LONGEST_S:
            raise ValueError(f"a {table} has an impossible time")


def session_row(info: SessionInfo) -> list[object]:
    """Return the values of ``SESSION_COLUMNS``; tuples become JSON lists."""
    values = [getattr(info, name) for name in SESSION_COLUMNS]
    return [json.dumps(value) if isinstance(value, tuple) else value for value in values]


def session_from_row(row: Sequence[Any]) -> SessionInfo:
    """Return the session of a row of ``SESSION_COLUMNS``."""
    info = SessionInfo(**dict(zip(SESSION_COLUMNS, row, strict=True)))
    texts = (info.id, info.athlete, info.title, info.started_utc, info.tape, info.settings, info.source)
    if not all(isinstance(text, str) for text in texts):
        raise ValueError("a session has a text that is none")
    datetime.datetime.fromisoformat(info.started_utc)
    if not 0 <= float(info.duration_s) <= LONGEST_S:
        raise ValueError("a session has an impossible length")
    if info.utc_offset_s is not None:
        datetime.timezone(datetime.timedelta(seconds=info.utc_offset_s))
    json.loads(info.settings)
    return replace(
        info,
        ended=bool(info.ended),
        status=SessionStatus(info.status),
        sensors=_names(info.sensors),
        tags=_names(info.tags),
    )


def _names(text: object) -> tuple[str, ...]:
    names = json.loads(str(text))
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise ValueError("a list of names is none")
    return tuple(names)


def record_row(row: int, session: str, record: Out, names: NameTable) -> tuple[str, tuple[object, ...]]:
    """Return the table of a record and its columns.

    ``names`` may have to number a new name: call this inside a transaction.
    """
    if isinstance(record, Metric):  # first: most records of a day are metrics
        e = record.estimate
        return "metric", (row, session, record.t_s, record.side, e.metric, e.value, e.sd, e.how)
    if isinstance(record, Step):
        estimates = names.pack(record.estimates)
        return "step", (row, session, record.sensor, record.side, record.ic_s, record.to_s, estimates)
    if isinstance(record, Gap):
        return "gap", (row, session, record.sensor, record.start_s, record.end_s)
    body = json.dumps(json_codec.to_json(record))
    return "event", (row, session, json_codec.kind_of(record), body)


def steps_from_rows(rows: Sequence[Sequence[Any]], names: NameTable) -> list[Step]:
    """Return the steps of rows (sensor, side, ic_s, to_s, estimates); ``ValueError`` if one is damaged."""
    check_rows("step", rows)
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
    """Return the record of this kind from its JSON.

    ``StoreError`` if it is from another version, ``ValueError`` if it is no JSON or has an impossible time.
    """
    content = json.loads(body)
    times = [content.get("t_s", 0.0)] if isinstance(content, dict) else []
    if not all(isinstance(t, float | int) and -LONGEST_S <= t <= LONGEST_S for t in times):
        raise ValueError(f"a {kind} has an impossible time")
    try:
        record: Out = json_codec.from_json(json_codec.RECORD_KINDS[kind], content)
    except (KeyError, ValueError) as exc:
        raise StoreError("error.record_unreadable", kind=kind, error=exc) from exc
    return record
