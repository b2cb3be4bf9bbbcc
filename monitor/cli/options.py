"""Options that several commands share, and what they mean."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dsp.types import Placement
from monitor.core.errors import ConfigError

if TYPE_CHECKING:
    from monitor.core.http_access import WebSettings
    from monitor.service.config import Config

Where = StrEnum("Where", {p.name: p.value for p in Placement if p is not Placement.POD})  # type: ignore[misc]
Leg = StrEnum("Leg", {"left": "L", "right": "R"})

Web = Annotated[bool, typer.Option("--web", help="serve the live page")]
Host = Annotated[str | None, typer.Option(help="address of the page; 0.0.0.0 lets phones in, with a token")]
Port = Annotated[int | None, typer.Option(help="port of the page; 0 takes a free one")]
Settings = Annotated[Path | None, typer.Option("--config", help="settings file instead of the default")]


@contextlib.contextmanager
def progress_bar(text: str) -> Iterator[Callable[[int, int], None]]:
    """A bar on the terminal while inside; call it with what is done and what there is."""
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(text, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def pace(text: str) -> float:
    """``max`` or a positive number."""
    try:
        found = float("inf") if text == "max" else float(text)
    except ValueError:
        found = 0.0
    if not found > 0:
        raise ConfigError(f"--speed {text}: give a positive number (1 is real time) or max")
    return found


def page_settings(settings: Config, host: str | None, port: int | None) -> WebSettings:
    """The page's settings with what the command line says instead."""
    changes = {"host": host, "port": port}
    try:
        return replace(settings.web, **{k: v for k, v in changes.items() if v is not None})  # type: ignore[arg-type]
    except ValueError as exc:
        raise ConfigError(f"the page: {exc}") from exc
