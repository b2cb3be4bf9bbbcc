"""Options and arguments that several commands share, and what they mean."""

from __future__ import annotations

import contextlib
import datetime
import math
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dsp.types import Placement
from monitor.core.errors import ConfigError, InputError
from monitor.core.local_time import local_start
from monitor.core.log_format import LogFormat
from monitor.core.message_catalogues import MessageValue, UserMessage

if TYPE_CHECKING:
    from monitor.core.http_access import WebSettings
    from monitor.service.config import Config
    from monitor.storage.session_info import SessionInfo
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


def finite_number(value: float | None) -> float | None:
    """Return the number of an option, as its ``callback``; ``typer.BadParameter`` for ``nan``, ``inf``."""
    if value is not None and not math.isfinite(value):
        raise typer.BadParameter("must be a finite number")
    return value


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
    """Return the full name of the session that is meant: the newest one if ``session`` is None or ``last``.

    A number counts in the list, from the newest; a day (``2026-11-24``, ``today``, ``yesterday``) is that
    of the runner's clock; of a name its beginning is enough.  ``InputError`` if none or several fit.
    """
    infos = store.sessions()
    if not infos:
        raise InputError("error.no_sessions")
    if session is None or session == "last":
        return infos[0].id
    if re.fullmatch(r"[1-9]\d{0,2}|[1-9]\d{4,17}", session):  # four digits are a year
        if int(session) > len(infos):
            raise InputError("error.no_session_number", session=session, n=len(infos))
        return infos[int(session) - 1].id
    fitting = [info for info in infos if info.id == session] or _sessions_like(infos, session)
    if len(fitting) != 1:
        if fitting:
            first = UserMessage("error.many_sessions", {"session": session, "n": len(fitting)})
            candidates = (_candidate_message(infos, info) for info in fitting[:_MOST_CANDIDATES])
            raise InputError.listing([first, *candidates])
        raise InputError("error.no_session", session=session)
    return fitting[0].id


_MOST_CANDIDATES = 10


def _sessions_like(infos: Sequence[SessionInfo], session: str) -> list[SessionInfo]:
    """Sessions of that day on the runner's clock, or else those whose names begin like that."""
    today = datetime.date.today()
    days = {"today": today, "yesterday": today - datetime.timedelta(days=1)}
    day = str(days.get(session, session))
    of_day = [
        info for info in infos if local_start(info.started_utc, info.utc_offset_s).date().isoformat() == day
    ]
    return of_day or [info for info in infos if info.id.startswith(session)]


def _candidate_message(infos: Sequence[SessionInfo], info: SessionInfo) -> UserMessage:
    start = f"{local_start(info.started_utc, info.utc_offset_s):%Y-%m-%d %H:%M}"
    values: dict[str, MessageValue] = {"number": infos.index(info) + 1, "start": start, "title": info.title}
    return UserMessage("error.session_candidate", {**values, "minutes": info.duration_s / 60})
