"""A session as InfluxDB line protocol: the same lines that the InfluxDB sink sends (``monitor.points``)."""

from __future__ import annotations

from pathlib import Path

from dsp.types import Band
from monitor.line_protocol import lines
from monitor.points import points
from monitor.review.run import Run
from monitor.store import Store


def write(store: Store, run: Run, path: Path) -> list[Path]:
    """One file, times in nanoseconds since 1970."""
    held: dict[str, Band] = {}
    row = 0
    with path.open("xb") as out:
        while batch := store.page(run.info.id, row):
            records = [record for *_, record in batch]
            if made := lines(points(run.info, records, held.values())):
                out.write(made + b"\n")
            held |= {r.metric: r for r in records if isinstance(r, Band)}
            row = batch[-1][0]
    return [path]
