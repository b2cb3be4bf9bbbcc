"""Commands that keep nothing: the summary of a recording, and the list of metrics."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from monitor.cli.options import PlacementChoice, SideChoice, progress_bar
from monitor.core.user_language import user_text


def analyze_command(
    file: Annotated[Path, typer.Argument(help="option.analyze.file")],
    steps: Annotated[Path | None, typer.Option(help="option.analyze.steps")] = None,
    placement: Annotated[
        PlacementChoice | None,
        typer.Option(help="option.analyze.placement"),
    ] = None,
    side: Annotated[SideChoice | None, typer.Option(help="option.side")] = None,
    speed: Annotated[bool, typer.Option("--speed", help="option.analyze.speed")] = False,
) -> None:
    """Summarize a recording without keeping it as a session."""
    from rich.console import Console

    from dsp.types import Placement, Step
    from monitor.core.errors import InputError
    from monitor.core.message_catalogues import catalogue
    from monitor.core.user_language import user_language
    from monitor.recordings.readers import read_recording
    from monitor.service.recording_analysis import session_records, summary_table, write_steps
    from monitor.sinks.run_summary import RunTotals

    recording = read_recording(file, placement and placement.value, side and side.value, with_speed=speed)
    if all(sensor.placement is Placement.POD for sensor in recording.settings.sensors):
        raise InputError("error.no_samples", path=file)
    console, messages = Console(), catalogue(user_language())
    for remark in recording.remarks:
        console.print(messages.translate_recorded(remark), soft_wrap=True, highlight=False)
    totals, rows = RunTotals(), list[Step]()
    with progress_bar(file.name) as progress:
        for done, certain in session_records(recording):
            totals.add(certain)
            if steps is not None:
                rows += [r for r in certain if isinstance(r, Step)]
            progress(done, recording.count)
    if steps is not None:
        write_steps(steps, rows)
    console.print(summary_table(recording.settings, recording.duration_s, totals, messages))


def metrics_command() -> None:
    """List every metric: unit, definition, source, placements."""
    from rich.console import Console
    from rich.table import Table

    from dsp.metrics import METRICS

    table = Table(show_lines=True)
    for heading in ("metric", "unit", "definition", "measured_by", "source"):
        table.add_column(user_text(f"say.metrics.{heading}"), overflow="fold")
    for m in METRICS:
        definition, source = (user_text(f"metric.{m.name}.{part}") for part in ("definition", "source"))
        table.add_row(m.name, m.unit, definition, ", ".join(m.supported_by), source)
    Console().print(table)
