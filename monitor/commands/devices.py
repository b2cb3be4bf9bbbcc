"""Commands about sensors: what is near, and which ones are yours."""

from __future__ import annotations

from typing import Annotated

import typer

from monitor.commands.options import Settings


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

    from monitor.config import load
    from monitor.scan import scan as run

    run(load(config).bluetooth, seconds, Console(), connect=connect, everything=everything)
