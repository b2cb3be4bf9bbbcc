"""A whole recording through the live engine: steps to CSV, a summary to the terminal."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from dsp.engine import Engine
from dsp.metrics import BY_NAME, METRICS
from dsp.types import Activity, ActivityChange, Gap, ImuChunk, Placement, Record, Side, Step
from monitor.errors import InputError, StoreError
from monitor.recorded import Recording, read

SLICE_S = 0.5
COLUMNS = ["side", "ic_s", "to_s", "contact_ms", "cadence_spm"]
COLUMNS += [m.name for m in METRICS if m.step and m.name not in COLUMNS]


def analyze(
    file: Path, steps: Path | None, placement: Placement | None, side: Side | None, only: tuple[str, ...]
) -> None:
    """Read, run, write, and print what was found."""
    recording = chosen(file, read(file, placement, side), only)
    console = Console()
    records: list[Record] = []
    with Progress(console=Console(stderr=True), disable=not console.is_terminal) as bar:
        task = bar.add_task(file.name, total=recording.duration_s)
        for t_s, found in run(recording):
            records += found
            bar.update(task, completed=t_s)
    taken = [r for r in records if isinstance(r, Step)]
    if steps is not None:
        write_steps(steps, taken)
    console.print(summary(recording, records))


def chosen(file: Path, recording: Recording, only: tuple[str, ...]) -> Recording:
    """Only the named sensors; without names all of them."""
    names = [w.sensor for w, _ in recording.streams]
    unknown = [s for s in only if s not in names]
    if unknown:
        raise InputError(f"{file}: no sensor {', '.join(unknown)}; there are: {', '.join(names)}")
    kept = tuple(s for s in recording.streams if not only or s[0].sensor in only)
    return Recording(kept, recording.runner)


def run(recording: Recording) -> Iterator[tuple[float, list[Record]]]:
    """Slices of half a second through a fresh engine; the time reached and what became certain."""
    engine = Engine([w for w, _ in recording.streams], recording.runner)
    for t_s in np.arange(0.0, recording.duration_s + SLICE_S, SLICE_S):
        found: list[Record] = []
        for _, chunk in recording.streams:
            a, b = np.searchsorted(chunk.t_s, (t_s + chunk.t_s[0], t_s + SLICE_S + chunk.t_s[0]))
            gyr = None if chunk.gyr_rads is None else chunk.gyr_rads[a:b]
            found += engine.push(ImuChunk(chunk.sensor, chunk.t_s[a:b], chunk.acc_ms2[a:b], gyr))
        yield float(t_s), found
    yield recording.duration_s, engine.finish()


def write_steps(path: Path, steps: list[Step]) -> None:
    """One row per step, empty where unknown."""
    try:
        with path.open("w", newline="") as f:
            out = csv.DictWriter(f, COLUMNS)
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


def summary(recording: Recording, records: list[Record]) -> Table:
    """Mean and spread of every metric over the running steps, and what else happened."""
    steps = [r for r in records if isinstance(r, Step)]
    table = Table(title=_headline(recording, records, steps))
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


def _headline(recording: Recording, records: list[Record], steps: list[Step]) -> str:
    sides = [sum(s.side is side for s in steps) for side in (Side.LEFT, Side.RIGHT)]
    gaps = sum(isinstance(r, Gap) for r in records)
    worn = ", ".join(f"{w.sensor} ({w.placement.value})" for w, _ in recording.streams)
    text = f"{worn}: {recording.duration_s / 60:.1f} min, {len(steps)} steps"
    text += f" (L {sides[0]}, R {sides[1]}), {gaps} gaps"
    return text + f", running {_running_s(recording, records) / 60:.1f} min"


def _running_s(recording: Recording, records: list[Record]) -> float:
    changes = [(r.t_s, r.activity) for r in records if isinstance(r, ActivityChange)]
    changes.append((recording.duration_s, Activity.UNKNOWN))
    return sum(b[0] - a[0] for a, b in pairwise(changes) if a[1] is Activity.RUN)
