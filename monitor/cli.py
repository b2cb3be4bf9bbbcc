"""``gaitcue``: the command line, the only place that builds things."""

from __future__ import annotations

import sys
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dsp.types import Placement
from monitor.errors import ConfigError, InputError, MonitorError

if TYPE_CHECKING:
    from monitor.config import Config
    from monitor.web.access import WebSettings

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
    placement: Annotated[
        Where | None, typer.Option(help="where the sensor of a CSV was worn; of several, which one to use")
    ] = None,
    side: Annotated[Leg | None, typer.Option(help="which leg it was worn on")] = None,
    speed: Annotated[
        bool, typer.Option("--speed", help="use the treadmill speed that the file names, once a second")
    ] = False,
) -> None:
    """Analyse a recording as fast as possible and sum it up."""
    from monitor.analyze import analyze as run

    run(file, steps, placement and placement.value, side and side.value, speed)


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


Web = Annotated[bool, typer.Option("--web", help="serve the live page")]
Host = Annotated[str | None, typer.Option(help="address of the page; 0.0.0.0 lets phones in, with a token")]
Port = Annotated[int | None, typer.Option(help="port of the page; 0 takes a free one")]
Settings = Annotated[Path | None, typer.Option("--config", help="settings file instead of the default")]


@app.command()
def demo(
    seconds: Annotated[float, typer.Option(min=1, help="length of the simulated run")] = 60.0,
    speed: Annotated[float, typer.Option(min=0, help="times real time; 0: as fast as possible")] = 3.0,
    web: Annotated[bool, typer.Option(help="serve the live page meanwhile")] = True,
    host: Host = None,
    port: Port = 0,
) -> None:
    """Run on two simulated shoes and a belt and show the numbers as they come."""
    from monitor.config import Config
    from monitor.demo import demo as run

    run(seconds, speed, _page(Config(), host, port) if web else None)


@app.command()
def replay(
    file: Annotated[Path, typer.Argument(help="a tape, .npz, or .csv of one IMU")],
    speed: Annotated[str, typer.Option(help="times real time, or max")] = "1",
    web: Web = False,
    host: Host = None,
    port: Port = None,
    placement: Annotated[Where | None, typer.Option(help="where the one sensor was worn")] = None,
    side: Annotated[Leg | None, typer.Option(help="which leg it was worn on")] = None,
    keep: Annotated[bool, typer.Option(help="keep it as a session of its own")] = True,
    config: Settings = None,
) -> None:
    """Run a recording through the live service, as if it happened now."""
    from rich.console import Console

    from monitor.config import load
    from monitor.live import Live, go
    from monitor.recordings import read
    from monitor.sources.replay import Replay

    settings, pace = load(config), _pace(speed)
    recording = read(file, placement and placement.value, side and side.value)
    live = Live(
        title=recording.title,
        settings=recording.settings,
        source=lambda time: Replay(recording, time, pace),
        keep=keep,
        web=_page(settings, host, port) if web else None,
        linger=web,
    )
    go(settings, live, Console())


@app.command()
def sessions(config: Settings = None) -> None:
    """List the sessions that were kept, the newest first."""
    from rich.console import Console
    from rich.table import Table

    from monitor.config import load
    from monitor.live import open_store

    table = Table()
    for heading in ("session", "title", "minutes", "sensors", "state"):
        table.add_column(heading, overflow="fold")
    with open_store(load(config), Console(stderr=True)) as store:
        for s in store.sessions():
            table.add_row(s.id, s.title, f"{s.duration_s / 60:.1f}", ", ".join(s.sensors), s.status.value)
    Console().print(table if table.row_count else "no sessions yet; gaitcue demo shows what one looks like")


@app.command("check-config")
def check_config(file: Annotated[Path | None, typer.Argument(help="settings file")] = None) -> None:
    """Check the settings and print what is in force."""
    from monitor import toml_text
    from monitor.config import default_path, load

    found = load(file)
    read = file or default_path()
    print(f"# {read}" if read.exists() else f"# defaults; {read} does not exist")
    print(toml_text.write(found), end="")


def _pace(text: str) -> float:
    """``max`` or a positive number."""
    try:
        pace = float("inf") if text == "max" else float(text)
    except ValueError:
        pace = 0.0
    if not pace > 0:
        raise ConfigError(f"--speed {text}: give a positive number (1 is real time) or max")
    return pace


def _page(settings: Config, host: str | None, port: int | None) -> WebSettings:
    changes = {"host": host, "port": port}
    try:
        return replace(settings.web, **{k: v for k, v in changes.items() if v is not None})  # type: ignore[arg-type]
    except ValueError as exc:
        raise ConfigError(f"the page: {exc}") from exc


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
