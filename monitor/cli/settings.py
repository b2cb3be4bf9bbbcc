"""Commands about the settings file: write it in a dialogue, check it."""

from __future__ import annotations

from collections.abc import Awaitable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import typer

from monitor.cli.options import SettingsOption
from monitor.core.errors import MonitorError
from monitor.core.user_language import user_text

_T = TypeVar("_T")

if TYPE_CHECKING:
    from monitor.cli.setup_wizard import SetupContext


def setup_command(config: SettingsOption = None) -> None:
    """Find your sensors, try them and write the settings."""
    from rich.console import Console

    from monitor.cli.prompts import TerminalDialogue
    from monitor.cli.setup_wizard import needs_bluetooth, run_setup
    from monitor.core.settings_path import default_path
    from monitor.service.config import devices_folder

    try:
        failures: list[MonitorError] = []
        path = config or default_path()
        context = _bluetooth_context(failures, devices_folder(path))
        settings = run_setup(path, TerminalDialogue(Console()), context)
        phones_only = settings.sensor and not any(needs_bluetooth(s) for s in settings.sensor)
        if failures and not phones_only:
            raise typer.Exit(1)
    except KeyboardInterrupt:
        Console().print(user_text("say.setup.stopped"))
        raise typer.Exit(1) from None


def _bluetooth_context(failures: list[MonitorError], devices: Path) -> SetupContext:
    """The real Bluetooth; ``failures`` holds the error of the last scan or trial, if it was no success.

    ``devices``: the folder with descriptions of the user's own.
    """
    from monitor.cli.setup_wizard import SETUP_SCAN_S, SetupContext
    from monitor.core.monotonic import SystemClock
    from monitor.service.sensor_search import nearby_sensors, query_details
    from monitor.sources.bluetooth.scanner import Scanner
    from monitor.sources.bluetooth.stream_check import check_streams, find_shaken

    async def noted(work: Awaitable[_T]) -> _T:
        failures.clear()
        try:
            return await work
        except MonitorError as exc:
            failures.append(exc)
            raise

    return SetupContext(
        scan=lambda config: noted(nearby_sensors(config.bluetooth, SETUP_SCAN_S, SystemClock(), devices)),
        query=lambda config, sensor: query_details(
            Scanner(SystemClock(), next(iter(config.bluetooth.adapters), None)),
            sensor.advertisement,
            sensor.kinds[0],
            SystemClock(),
        ),
        try_streams=lambda config, sensors: noted(check_streams(sensors, config.bluetooth, SystemClock())),
        find_shaken=lambda config, sensors, ready: find_shaken(
            sensors, config.bluetooth, SystemClock(), ready
        ),
    )


def config_command(config: SettingsOption = None) -> None:
    """Check the settings file and print all settings in force."""
    from monitor.core import toml_text
    from monitor.core.settings_path import default_path
    from monitor.service.config import load_config

    settings, path = load_config(config), config or default_path()
    print(f"# {path}" if path.exists() else user_text("say.config.defaults", path=str(path)))
    print(toml_text.to_toml(settings), end="")
