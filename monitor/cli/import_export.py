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
    files: Annotated[list[Path], typer.Argument(help="recordings, or folders of them")],
    placement: Annotated[
        PlacementChoice | None, typer.Option(help="where the sensor of a CSV was worn")
    ] = None,
    side: Annotated[SideChoice | None, typer.Option(help="which leg it was worn on")] = None,
    columns: Annotated[
        str,
        typer.Option(
            help="of a CSV in another layout, like t=time:ms,ax=Ax:g,ay=Ay:g,az=Az:g,gx=Gx:dps,..."
        ),
    ] = "",
    config: SettingsOption = None,
) -> None:
    """Add recordings as sessions: FIT, CSV, zip, NPZ, tapes."""
    from monitor.cli.import_files import import_files

    failed = import_files(files, placement and placement.value, side and side.value, columns, config)
    if failed:
        raise typer.Exit(2)


def export_command(
    session: SessionArgument = None,
    format: Annotated[
        str, typer.Option(help="fit, csv, parquet, lp, tape, imu-csv or imu-parquet")
    ] = "fit",
    out: Annotated[Path, typer.Option(help="folder, or name of the file")] = Path(),
    config: SettingsOption = None,
) -> None:
    """Save a session for other programs: FIT, tables, raw samples."""
    from monitor.exports.formats import check_format, export_session

    check_format(format)  # before the session: it is the nearer mistake
    with open_session_store(config) as store:
        for path in export_session(store, resolve_session(store, session), format, out):
            print(path)
