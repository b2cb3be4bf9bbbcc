"""Options and arguments that several commands share, and what they mean."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dsp.types import Placement
from monitor.core.errors import ConfigError, InputError
from monitor.core.log_format import LogFormat

if TYPE_CHECKING:
    from monitor.core.http_access import WebSettings
    from monitor.service.config import Config
    from monitor.storage.store import Store

PlacementChoice = StrEnum("PlacementChoice", {p.name: p.value for p in Placement if p is not Placement.POD})  # type: ignore[misc]
SideChoice = StrEnum("SideChoice", {"left": "L", "right": "R"})

WebOption = Annotated[bool, typer.Option("--web", help="option.web")]
HostOption = Annotated[str | None, typer.Option(help="option.host")]
PortOption = Annotated[int | None, typer.Option(help="option.port")]
SettingsOption = Annotated[Path | None, typer.Option("--config", help="option.config")]
SessionName = Annotated[str, typer.Argument(help="option.session")]
SessionArgument = Annotated[str | None, typer.Argument(help="option.session_or_newest")]

VerboseOption = Annotated[
    int,
    typer.Option(
        "--verbose",
        "-v",
        count=True,
        show_default=False,
        help="option.verbose",
    ),
]
LogFormatOption = Annotated[
    LogFormat | None,
    typer.Option("--log-format", envvar="GAITCUE_LOG_FORMAT", help="option.log_format"),
]


@contextlib.contextmanager
def progress_bar(text: str) -> Iterator[Callable[[int, int], None]]:
    """Show a bar on the terminal while inside; yields a function of the work done and the whole work."""
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(text, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def speed_factor(text: str) -> float:
    """Return how many times faster than real time to play; infinity for ``max``.

    ``ConfigError`` unless ``text`` is ``max`` or a positive number.
    """
    try:
        factor = float("inf") if text == "max" else float(text)
    except ValueError:
        factor = 0.0
    if not factor > 0:
        raise ConfigError("error.speed_option", text=text)
    return factor


def page_settings(settings: Config, host: str | None, port: int | None) -> WebSettings:
    """Return the settings of the page, with ``host`` and ``port`` if given; ``ConfigError`` if invalid."""
    changes = {"host": host, "port": port}
    try:
        return replace(settings.web, **{k: v for k, v in changes.items() if v is not None})  # type: ignore[arg-type]
    except ValueError as exc:
        raise ConfigError("error.page_option", error=exc) from exc


def open_session_store(settings_file: Path | None) -> Store:
    """Open the store that the settings name; sessions that a killed program left are completed first."""
    from monitor.service.config import load_config
    from monitor.service.session_store import open_store

    return open_store(load_config(settings_file))


def resolve_session(store: Store, session: str | None) -> str:
    """Return the full name of the session that is meant: the newest one if ``session`` is None.

    A beginning is enough where only one name has it; ``InputError`` if none or several fit.
    """
    names = [info.id for info in store.sessions()]
    if not names:
        raise InputError("error.no_sessions")
    if session is None:
        return names[0]
    fitting = [n for n in names if n == session] or [n for n in names if n.startswith(session)]
    if len(fitting) != 1:
        if fitting:
            raise InputError("error.many_sessions", session=session, n=len(fitting))
        raise InputError("error.no_session", session=session)
    return fitting[0]
