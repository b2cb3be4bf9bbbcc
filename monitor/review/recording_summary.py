"""A whole recording through the live session: steps to CSV, a summary to the terminal."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import get_args

import numpy as np
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from dsp.metrics import BY_NAME, METRICS
from dsp.types import Activity, ActivityChange, Gap, Record, Side, Step
from monitor.core.errors import StoreError
from monitor.core.session_settings import SessionSettings
from monitor.pipeline.session import Session
from monitor.recordings.readers import read_recording
from monitor.recordings.recording import Recording

_COLUMNS = ["side", "ic_s", "to_s", "contact_ms", "cadence_spm"]
_COLUMNS += [m.name for m in METRICS if m.step and m.name not in _COLUMNS]


def analyze_recording(
    file: Path, steps: Path | None, placement: str | None, side: str | None, speed: bool
) -> None:
    """Read a recording, evaluate it, write the files asked for, and print what was found."""
    recording = read_recording(file, placement, side, with_speed=speed)
    console = Console()
    records: list[Record] = []
    with Progress(console=Console(stderr=True), disable=not console.is_terminal) as bar:
        task = bar.add_task(file.name, total=recording.count)
        for done, found in session_records(recording):
            records += found
            bar.update(task, completed=done)
    if steps is not None:
        write_steps(steps, [r for r in records if isinstance(r, Step)])
    console.print(summary_table(recording.settings, recording.duration_s, records))


def session_records(recording: Recording) -> Iterator[tuple[int, list[Record]]]:
    """Yield, for every packet through a fresh session, packets done and records that became certain."""
    session = Session(recording.settings)
    for done, packet in enumerate(recording.packets(), start=1):
        yield done, [r for r in session.push(packet) if isinstance(r, get_args(Record))]
    yield recording.count, [r for r in session.finish() if isinstance(r, get_args(Record))]


def write_steps(path: Path, steps: list[Step]) -> None:
    """Write one row per step, empty where a value is unknown."""
    try:
        with path.open("w", newline="") as f:
            out = csv.DictWriter(f, _COLUMNS)
            out.writeheader()
            for s in steps:
                row: dict[str, str | float] = {
                    "side": s.side.value if s.side else "",
                    "ic_s": f"{s.ic_s:.4f}",
                }
                row["to_s"] = "" if s.to_s is None else f"{s.to_s:.4f}"
                row |= {e.metric: f"{e.value:.5g}" for e in s.estimates}
                out.writerow(row)
    except OSError as exc:
        raise StoreError(f"{path}: cannot write ({exc.strerror}); choose another place") from exc


def summary_table(settings: SessionSettings, duration_s: float, records: Sequence[Record]) -> Table:
    """Return mean and spread of every metric over the steps, and what else happened, as a table."""
    steps = [r for r in records if isinstance(r, Step)]
    table = Table(title=_headline(settings, duration_s, records, steps))
    for heading, justify in (("metric", "left"), ("mean", "right"), ("SD", "right"), ("steps", "right")):
        table.add_column(heading, justify=justify)  # type: ignore[arg-type]
    table.add_column("unit")
    values: dict[str, list[float]] = defaultdict(list)
    for s in steps:
        for e in s.estimates:
            values[e.metric].append(e.value)
    for name, seen in values.items():
        spec = BY_NAME[name]
        n = spec.decimals
        table.add_row(
            spec.label, f"{np.mean(seen):.{n}f}", f"{np.std(seen):.{n}f}", str(len(seen)), spec.unit
        )
    return table


def _headline(
    settings: SessionSettings, duration_s: float, records: Sequence[Record], steps: list[Step]
) -> str:
    sides = [sum(s.side is side for s in steps) for side in (Side.LEFT, Side.RIGHT)]
    gaps = sum(isinstance(r, Gap) for r in records)
    worn = ", ".join(f"{s.name} ({s.placement.value})" for s in settings.sensors)
    text = f"{worn}: {duration_s / 60:.1f} min, {len(steps)} steps"
    text += f" (L {sides[0]}, R {sides[1]}), {gaps} gaps"
    return text + f", running {running_s(records, duration_s) / 60:.1f} min"


def running_s(records: Sequence[Record], end_s: float) -> float:
    """Return for how many seconds the activity was running, until ``end_s``."""
    changes = [(r.t_s, r.activity) for r in records if isinstance(r, ActivityChange)]
    changes.append((end_s, Activity.UNKNOWN))
    return sum(b[0] - a[0] for a, b in pairwise(changes) if a[1] is Activity.RUN)
