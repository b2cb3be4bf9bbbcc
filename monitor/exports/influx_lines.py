"""A session as InfluxDB line protocol: the same lines that the InfluxDB sink sends
(``monitor.sinks.influx.points``).
"""

from __future__ import annotations

from pathlib import Path

from dsp.types import Band
from monitor.sinks.influx.line_protocol import protocol_lines
from monitor.sinks.influx.points import points
from monitor.storage.session_data import SessionData
from monitor.storage.store import Store


def write_influx_lines(store: Store, run: SessionData, path: Path) -> list[Path]:
    """One file, times in nanoseconds since 1970."""
    held: dict[str, Band] = {}
    row = 0
    with path.open("xb") as out:
        while batch := store.page(run.info.id, row):
            records = [record for *_, record in batch]
            if made := protocol_lines(points(run.info, records, held.values())):
                out.write(made + b"\n")
            held |= {r.metric: r for r in records if isinstance(r, Band)}
            row = batch[-1][0]
    return [path]
