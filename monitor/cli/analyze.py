"""Commands that only look: at a recording, at the metrics, at what is kept, at the settings."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from monitor.cli.options import Leg, Where


def analyze(
    file: Annotated[Path, typer.Argument(help="a recording: .npz, or .csv of one IMU")],
    steps: Annotated[Path | None, typer.Option(help="write one row per step to this CSV file")] = None,
    placement: Annotated[
        Where | None, typer.Option(help="where the sensor of a CSV was worn; of several, which one to use")
    ] = None,
    side: Annotated[Leg | None, typer.Option(help="which leg it was worn on")] = None,
    speed: Annotated[
        bool, typer.Option("--speed", help="use the treadmill speed that the file names, once a second")
    ] = False,
) -> None:
    """Analyse a recording as fast as possible and sum it up."""
    from monitor.review.recording_summary import analyze_recording as run

    run(file, steps, placement and placement.value, side and side.value, speed)


def metrics() -> None:
    """List every metric with its unit, definition, source and the placements that support it."""
    from rich.console import Console
    from rich.table import Table

    from dsp.metrics import METRICS

    table = Table(show_lines=True)
    for heading in ("metric", "unit", "definition", "from", "source"):
        table.add_column(heading, overflow="fold")
    for m in METRICS:
        table.add_row(m.name, m.unit, m.definition, ", ".join(m.supported_by), m.source)
    Console().print(table)


def check_config(file: Annotated[Path | None, typer.Argument(help="settings file")] = None) -> None:
    """Check the settings and print what is in force."""
    from monitor.core import toml_text
    from monitor.service.config import default_path, load_config

    found = load_config(file)
    read = file or default_path()
    print(f"# {read}" if read.exists() else f"# defaults; {read} does not exist")
    print(toml_text.toml_of(found), end="")
