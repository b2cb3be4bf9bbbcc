"""Records of a run as messages of the log: JSON, each record with the name of its kind."""

from __future__ import annotations

import json
from typing import Any

from monitor.core import json_codec
from monitor.core.activity_facts import LapMark, TimerPause
from monitor.core.errors import DecodeError
from monitor.core.records import Out
from monitor.hub.hosted_run import RecordBatch


def pack_records(batch: RecordBatch) -> bytes:
    """Return the bytes of a batch."""
    records = [[json_codec.kind_of(record), json_codec.to_json(record)] for record in batch.records]
    body: dict[str, Any] = {"first": batch.first, "records": records}
    if batch.edition:
        body["edition"] = batch.edition
    for name, facts in (("pauses", batch.pauses), ("laps", batch.laps)):
        if facts:
            body[name] = [json_codec.to_json(fact) for fact in facts]
    return json.dumps(body, separators=(",", ":")).encode()


def unpack_records(data: bytes) -> RecordBatch:
    """Return the batch in these bytes; ``DecodeError`` if there is none."""
    try:
        body = json_codec.parse_json(data)
        first, rows, edition = body["first"], body["records"], body.get("edition", 0)
        if type(first) is not int or type(edition) is not int or min(first, edition) < 0:
            raise ValueError("no number")
        if not rows:
            raise ValueError("no record")
        records: list[Out] = [
            json_codec.from_json(json_codec.RECORD_KINDS[kind], value) for kind, value in rows
        ]
        pauses = tuple(json_codec.from_json(TimerPause, value) for value in body.get("pauses", ()))
        laps = tuple(json_codec.from_json(LapMark, value) for value in body.get("laps", ()))
    except (ValueError, KeyError, TypeError, AttributeError) as exc:
        raise DecodeError("no records of a run") from exc
    return RecordBatch(first, records, pauses, laps, edition)
