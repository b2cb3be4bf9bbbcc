"""Records and sessions as rows of the store's tables, and back."""

from __future__ import annotations

import datetime
import json
import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from dsp.types import Estimate, Gap, Metric, Side, Step
from monitor.core import json_codec
from monitor.core.local_time import parse_start
from monitor.core.records import Out
from monitor.core.safe_text import printable_text
from monitor.core.session_settings import SessionSettings
from monitor.storage.estimate_codec import NameTable
from monitor.storage.session_info import Note, SessionInfo, SessionStatus

_log = logging.getLogger(__name__)

LATEST_S = 366 * 86_400.0
"""Seconds of a session; what is later, or before it began, is left out of every view."""
NO_START_UTC = "1990-01-01T00:00:00+00:00"
"""The start of a session whose own is no date."""
READABLE = {
    "step": f"ic_s BETWEEN -60 AND {LATEST_S} AND length(estimates) % 20 = 0",
    "metric": f"t_s BETWEEN -60 AND {LATEST_S} AND value BETWEEN -1e300 AND 1e300",
    "gap": f"start_s BETWEEN -60 AND {LATEST_S} AND end_s BETWEEN start_s AND {LATEST_S}",
    "event": "1",
}
"""Conditions of SQL on the rows of each table; others are of a version with a mistake, and are left out."""
SESSION_COLUMNS = tuple(SessionInfo.__dataclass_fields__)
"""Columns of the table ``session``, in the order of ``SessionInfo``'s fields."""
_SIDES = {None: None, "L": Side.LEFT, "R": Side.RIGHT}


def session_row(info: SessionInfo) -> list[object]:
    """Return the values of ``SESSION_COLUMNS``; tuples become JSON lists."""
    values = [getattr(info, name) for name in SESSION_COLUMNS]
    return [json.dumps(value) if isinstance(value, tuple) else value for value in values]


def session_from_row(row: Sequence[Any]) -> SessionInfo:
    """Return the session of a row of ``SESSION_COLUMNS``, whatever an older version left in it.

    What cannot be is as if it were not known: no length, a start in 1990, no tags.
    """
    info = SessionInfo(**dict(zip(SESSION_COLUMNS, row, strict=True)))
    return replace(
        info,
        athlete=printable_text(str(info.athlete)),
        title=printable_text(str(info.title)),
        started_utc=_stored_start(info.started_utc),
        ended=bool(info.ended),
        duration_s=number_within(info.duration_s, 0.0, LATEST_S) or 0.0,
        status=_stored_status(info.status),
        sensors=_stored_texts(info.sensors),
        tags=_stored_texts(info.tags),
        sport=printable_text(str(info.sport)),
        sub_sport=printable_text(str(info.sub_sport)),
        utc_offset_s=_stored_offset(info.utc_offset_s),
    )


def note_from_row(row: Sequence[Any]) -> Note:
    """Return the note of a row (id, kind, t_s, value, text, made_utc); what cannot be is not known."""
    id, kind, t_s, value, text, made_utc = row
    return Note(
        id,
        printable_text(str(kind)),
        number_within(t_s, 0.0, LATEST_S),
        number_within(value, 0.0, LATEST_S),
        "\n".join(map(printable_text, str(text).split("\n"))),
        _stored_start(made_utc),
    )


def number_within(value: object, low: float, high: float) -> float | None:
    """Return a number between these limits, None for anything else."""
    return float(value) if isinstance(value, int | float) and low <= value <= high else None


def stored_settings(info: SessionInfo) -> SessionSettings:
    """Return the settings of a session; those that are not readable any more say only whose it is."""
    try:
        return json_codec.from_json(SessionSettings, json_codec.parse_json(info.settings))
    except ValueError:  # of another version: what needs height or placements does without
        return SessionSettings(athlete=info.athlete)


def _stored_start(text: object) -> str:
    try:
        start = parse_start(str(text))
    except (ValueError, OverflowError):
        return NO_START_UTC
    is_whole = datetime.datetime.fromisoformat(str(text)).tzinfo is not None
    return str(text) if is_whole else start.isoformat()


def _stored_status(text: object) -> SessionStatus:
    return next((status for status in SessionStatus if status == text), SessionStatus.COMPLETE)


def _stored_texts(body: object) -> tuple[str, ...]:
    try:
        texts = json_codec.parse_json(str(body))
    except ValueError:
        return ()
    return tuple(printable_text(str(text)) for text in texts) if isinstance(texts, list) else ()


def _stored_offset(seconds: object) -> int | None:
    found = number_within(seconds, -86_399, 86_399)
    return None if found is None else int(found)


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
    """Return the steps of rows (sensor, side, ic_s, to_s, estimates)."""
    unpacked = names.unpack([row[4] for row in rows])
    return [
        Step(sensor, _SIDES.get(side), ic_s, number_within(to_s, -60.0, LATEST_S), estimates)
        for (sensor, side, ic_s, to_s, _), estimates in zip(rows, unpacked, strict=True)
    ]


def metric_from_row(row: Sequence[Any]) -> Metric:
    """Return the metric of a row (t_s, side, name, value, sd, how)."""
    t_s, side, name, value, sd, how = row
    return Metric(t_s, _SIDES.get(side), Estimate(name, value, sd, how))


def event_from_row(kind: str, body: str) -> Out | None:
    """Return the record of this kind from its JSON; None if it is not readable, which is logged."""
    try:
        record: Out = json_codec.from_json(json_codec.RECORD_KINDS[kind], json_codec.parse_json(body))
    except (KeyError, ValueError) as exc:
        _log.warning("a stored record %s is left out: %s", printable_text(str(kind), 40), exc)
        return None
    return record
