"""Commands about the ways to the runner: pushes and MQTT."""

from __future__ import annotations

import typer

from monitor.cli.options import Settings


def notify(config: Settings = None) -> None:
    """Send a test message through ntfy, Apprise and MQTT as set up, and say what came of it."""
    from monitor.core.errors import ConfigError
    from monitor.service.config import load_config
    from monitor.service.test_messages import send_test_messages as run

    failed = run(load_config(config), print)
    if failed < 0:
        raise ConfigError("no channel is set up: give [ntfy] a topic, [apprise] its URLs or [mqtt] a host")
    if failed:
        raise typer.Exit(1)
