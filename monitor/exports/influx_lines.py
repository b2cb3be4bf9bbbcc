"""A session as InfluxDB line protocol, with the lines that the InfluxDB sink sends of its records."""

from __future__ import annotations

from pathlib import Path

from dsp.types import ActivityChange, Band
from monitor.sinks.influx.line_protocol import protocol_lines
from monitor.sinks.influx.points import record_points
from monitor.storage.session_data import SessionData
from monitor.storage.store import Store


def write_influx_lines(store: Store, run: SessionData, path: Path) -> list[Path]:
    """Write one file of points (``monitor.sinks.influx.points``) and return its path.

    Times are nanoseconds since 1970.  Raises ``OSError`` when the file is there or cannot be written.
    """
    held: dict[str, Band] = {}
    activity: ActivityChange | None = None
    row = 0
    with path.open("xb") as out:
        while batch := store.page(run.info.id, row):
            records = [record for *_, record in batch]
            if lines := protocol_lines(record_points(run.info, records, held.values(), activity)):
                out.write(lines + b"\n")
            held |= {r.metric: r for r in records if isinstance(r, Band)}
            activity = next((r for r in reversed(records) if isinstance(r, ActivityChange)), activity)
            row = batch[-1][0]
    return [path]
