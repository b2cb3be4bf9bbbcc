"""Commands that keep nothing: the summary of a recording, and the list of metrics."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from monitor.cli.options import PlacementChoice, SideChoice


def analyze_command(
    file: Annotated[Path, typer.Argument(help="a recording: a tape, .npz, or .csv of one IMU")],
    steps: Annotated[Path | None, typer.Option(help="write one row per step to this CSV file")] = None,
    placement: Annotated[
        PlacementChoice | None,
        typer.Option(help="where the sensor of a CSV was worn; of several, which one to use"),
    ] = None,
    side: Annotated[SideChoice | None, typer.Option(help="which leg it was worn on")] = None,
    speed: Annotated[
        bool, typer.Option("--speed", help="use the treadmill speed that the file names, once a second")
    ] = False,
) -> None:
    """Summarize a recording without keeping it as a session."""
    from monitor.review.recording_summary import analyze_recording

    analyze_recording(file, steps, placement and placement.value, side and side.value, speed)


def metrics_command() -> None:
    """List every metric: unit, definition, source, placements."""
    from rich.console import Console
    from rich.table import Table

    from dsp.metrics import METRICS

    table = Table(show_lines=True)
    for heading in ("metric", "unit", "definition", "from", "source"):
        table.add_column(heading, overflow="fold")
    for m in METRICS:
        table.add_row(m.name, m.unit, m.definition, ", ".join(m.supported_by), m.source)
    Console().print(table)
