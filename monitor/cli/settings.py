"""Commands about the settings file: write it in a dialogue, check it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from monitor.cli.setup_wizard import SetupContext


def setup_command(
    file: Annotated[Path | None, typer.Argument(help="settings file instead of the default")] = None,
) -> None:
    """Find your sensors, try them and write the settings."""
    from rich.console import Console

    from monitor.cli.prompts import TerminalDialogue
    from monitor.cli.setup_wizard import run_setup
    from monitor.service.config import default_path

    try:
        run_setup(file or default_path(), TerminalDialogue(Console()), _bluetooth_context())
    except KeyboardInterrupt:
        Console().print("\nStopped; nothing was written.")
        raise typer.Exit(1) from None


def _bluetooth_context() -> SetupContext:
    from monitor.cli.scan import nearby_sensors, query_details
    from monitor.cli.setup_wizard import SETUP_SCAN_S, SetupContext
    from monitor.core.monotonic import SystemClock
    from monitor.sources.bluetooth.scanner import Scanner
    from monitor.sources.bluetooth.stream_check import check_streams

    return SetupContext(
        scan=lambda config: nearby_sensors(config.bluetooth, SETUP_SCAN_S, SystemClock()),
        query=lambda config, sensor: query_details(
            Scanner(SystemClock(), next(iter(config.bluetooth.adapters), None)),
            sensor.advertisement,
            sensor.kinds[0],
            SystemClock(),
        ),
        try_streams=lambda config, sensors: check_streams(sensors, config.bluetooth, SystemClock()),
    )


def config_command(file: Annotated[Path | None, typer.Argument(help="settings file")] = None) -> None:
    """Check the settings file and print all settings in force."""
    from monitor.core import toml_text
    from monitor.service.config import default_path, load_config

    config, path = load_config(file), file or default_path()
    print(f"# {path}" if path.exists() else f"# defaults; {path} does not exist")
    print(toml_text.to_toml(config), end="")
