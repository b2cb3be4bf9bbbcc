"""``gaitcue``: the command line, the only place that builds things."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from dsp.types import Placement, Side
from monitor.errors import ConfigError, InputError, MonitorError

app = typer.Typer(
    help="Gait monitor for runners: cadence, overstride and braking from foot pods, IMUs and phones.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

Where = StrEnum("Where", {p.name: p.value for p in Placement if p is not Placement.POD})  # type: ignore[misc]
Leg = StrEnum("Leg", {"left": "L", "right": "R"})


@app.callback()
def root() -> None:
    """Numbers always come with a unit, and are absent where the sensors worn cannot tell."""


@app.command()
def analyze(
    file: Annotated[Path, typer.Argument(help="a recording: .npz, or .csv of one IMU")],
    steps: Annotated[Path | None, typer.Option(help="write one row per step to this CSV file")] = None,
    placement: Annotated[Where | None, typer.Option(help="where the one sensor was worn")] = None,
    side: Annotated[Leg | None, typer.Option(help="which leg it was worn on")] = None,
    sensors: Annotated[str, typer.Option(help="use only these sensors, for example footL,footR")] = "",
) -> None:
    """Analyse a recording as fast as possible and sum it up."""
    from monitor.analyze import analyze as run

    where = None if placement is None else Placement(placement.value)
    leg = None if side is None else Side(side.value)
    run(file, steps, where, leg, tuple(s for s in sensors.split(",") if s))


@app.command()
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


@app.command()
def demo(
    seconds: Annotated[float, typer.Option(help="length of the simulated run")] = 30.0,
    speed: Annotated[
        float, typer.Option(help="how much faster than a real run; 0: as fast as possible")
    ] = 3.0,
) -> None:
    """Run on two simulated foot pods and a belt sensor and show the numbers as they come."""
    from monitor.demo import demo as run

    run(seconds, speed)


def main() -> None:
    """Run; one clear line and exit code 2 for bad input, 1 for what went wrong outside."""
    try:
        app()
    except (ConfigError, InputError) as exc:
        print(f"gaitcue: {exc}", file=sys.stderr)
        sys.exit(2)
    except MonitorError as exc:
        print(f"gaitcue: {exc}", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
