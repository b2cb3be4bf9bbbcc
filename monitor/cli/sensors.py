"""Commands about sensors: what is near, and which ones are yours."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from monitor.cli.options import Settings


def scan(
    seconds: Annotated[float | None, typer.Option(min=1, help="how long; until Ctrl-C if left out")] = None,
    connect: Annotated[
        bool, typer.Option("--connect", help="ask each sensor for its battery and serial number as well")
    ] = False,
    everything: Annotated[bool, typer.Option("--all", help="list what gaitcue cannot use, too")] = False,
    config: Settings = None,
) -> None:
    """Show which sensors are near, what each can measure, and the settings to paste."""
    from rich.console import Console

    from monitor.cli.scan import find_sensors as run
    from monitor.service.config import load_config

    run(load_config(config).bluetooth, seconds, Console(), connect=connect, everything=everything)


def setup(
    file: Annotated[Path | None, typer.Argument(help="settings file instead of the default")] = None,
) -> None:
    """Ask who you are and what you wear, try the sensors, and write the settings."""
    from rich.console import Console

    from monitor.cli.prompts import AtTerminal
    from monitor.cli.scan import ask, near
    from monitor.cli.setup_wizard import SETUP_SCAN_S, SetupContext
    from monitor.cli.setup_wizard import run_setup as run
    from monitor.core.monotonic import SystemClock
    from monitor.service.config import default_path
    from monitor.sources.bluetooth.scanner import Scanner
    from monitor.sources.bluetooth.stream_check import trial

    around = SetupContext(
        look=lambda config: near(config.bluetooth, SETUP_SCAN_S, SystemClock()),
        ask=lambda config, f: ask(
            Scanner(SystemClock(), next(iter(config.bluetooth.adapters), None)),
            f.sighting,
            f.kinds[0],
            SystemClock(),
        ),
        trial=lambda config, sensors: trial(sensors, config.bluetooth, SystemClock()),
    )
    try:
        run(file or default_path(), AtTerminal(Console()), around)
    except KeyboardInterrupt:
        Console().print("\nStopped; nothing was written.")
        raise typer.Exit(1) from None
