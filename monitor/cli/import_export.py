"""Commands that bring data in and take them away."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from monitor.cli.options import (
    PlacementChoice,
    SessionArgument,
    SettingsOption,
    SideChoice,
    open_session_store,
    resolve_session,
)


def import_command(
    files: Annotated[list[Path], typer.Argument(help="option.import.files")],
    placement: Annotated[PlacementChoice | None, typer.Option(help="option.import.placement")] = None,
    side: Annotated[SideChoice | None, typer.Option(help="option.side")] = None,
    columns: Annotated[
        str,
        typer.Option(help="option.import.columns"),
    ] = "",
    watch: Annotated[bool, typer.Option("--watch", help="option.import.watch")] = False,
    config: SettingsOption = None,
) -> None:
    """Add recordings as sessions: FIT, TCX, GPX, zip, CSV, tapes."""
    from monitor.cli.import_files import import_files

    where, leg = placement and placement.value, side and side.value
    if code := import_files(files, where, leg, columns, config, watch=watch):
        raise typer.Exit(code)


def export_command(
    session: SessionArgument = None,
    format: Annotated[str, typer.Option(help="option.export.format")] = "fit",
    out: Annotated[Path, typer.Option(help="option.export.out")] = Path(),
    config: SettingsOption = None,
) -> None:
    """Save a session for other programs: FIT, GPX, TCX, tables."""
    from monitor.exports.formats import check_format, export_session

    check_format(format)  # before the session: it is the nearer mistake
    with open_session_store(config) as store:
        for path in export_session(store, resolve_session(store, session), format, out):
            print(path)
