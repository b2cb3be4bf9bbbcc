"""The command that tries the ways to the runner: pushes and MQTT."""

from __future__ import annotations

import typer

from monitor.cli.options import SettingsOption


def notify_command(config: SettingsOption = None) -> None:
    """Send a test message over every channel you set up."""
    from monitor.core.errors import ConfigError
    from monitor.service.config import load_config
    from monitor.service.trial_messages import send_test_messages

    failed = send_test_messages(load_config(config), print)
    if failed is None:
        raise ConfigError("error.no_channel")
    if failed:
        raise typer.Exit(1)
