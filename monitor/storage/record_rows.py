"""Records and sessions as rows of the store's tables, and back."""

from __future__ import annotations

import contextlib
import datetime
import json
import logging
from collections.abc import Sequence
from dataclasses import replace
from types import NoneType
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
_MOST_PAIN = 10.0
NO_START_UTC = "1990-01-01T00:00:00+00:00"
"""The start of a session whose own is no date."""
_WITHIN = "(typeof({0}) IN ('text', 'blob') OR {0} BETWEEN {1} AND {2})"
READABLE = {
    "step": _WITHIN.format("ic_s", -60, LATEST_S),
    "metric": f"{_WITHIN.format('t_s', -60, LATEST_S)} AND {_WITHIN.format('value', -1e300, 1e300)}",
    "gap": f"{_WITHIN.format('start_s', -60, LATEST_S)} AND {_WITHIN.format('end_s', 'start_s', LATEST_S)}",
    "event": "1",
}
"""Conditions of SQL on the rows of each table; others are of a version with a mistake, and are left out.

What is no number where one should be is damage, which ``check_rows`` finds.
"""
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


def session_row(info: SessionInfo) -> list[object]:
    """Return the values of ``SESSION_COLUMNS``; tuples become JSON lists."""
    values = [getattr(info, name) for name in SESSION_COLUMNS]
    return [json.dumps(value) if isinstance(value, tuple) else value for value in values]


def session_from_row(row: Sequence[Any]) -> SessionInfo:
    """Return the session of a row of ``SESSION_COLUMNS``, whatever an older version left in it.

    What cannot be is as if it were not known: no length, a start in 1990.  ``ValueError`` for what no
    version has ever written: the row is damaged.
    """
    info = SessionInfo(**dict(zip(SESSION_COLUMNS, row, strict=True)))
    texts = (info.id, info.athlete, info.title, info.started_utc, info.tape, info.settings, info.source)
    if not all(isinstance(text, str) for text in texts):
        raise ValueError("a session has a text that is none")
    _check_json(info.settings)
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
        number_within(value, 0.0, _MOST_PAIN if kind == "pain" else LATEST_S),
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


def _check_json(text: str) -> None:
    """``ValueError`` for what no version has ever written: it is no JSON, so the row is damaged."""
    with contextlib.suppress(RecursionError):  # nested too deep: odd, but JSON
        json.loads(text)


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
    _check_json(str(body))
    try:
        texts = json_codec.parse_json(str(body))
    except ValueError:
        return ()
    return tuple(printable_text(str(text)) for text in texts) if isinstance(texts, list) else ()


def _stored_offset(seconds: object) -> int | None:
    found = number_within(seconds, -86_399, 86_399)
    return None if found is None else int(found)


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
    """Return the steps of rows (sensor, side, ic_s, to_s, estimates); ``ValueError`` if one is damaged."""
    check_rows("step", rows)
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
    """Return the record of this kind from its JSON; None if it is of another version, which is logged.

    ``ValueError`` if it is no JSON at all.
    """
    _check_json(body)
    try:
        record: Out = json_codec.from_json(json_codec.RECORD_KINDS[kind], json_codec.parse_json(body))
    except (KeyError, ValueError) as exc:
        _log.warning("a stored record %s is left out: %s", printable_text(str(kind), 40), exc)
        return None
    return record
