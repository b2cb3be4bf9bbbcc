"""Commands that bring data in and take them away."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from monitor.cli.options import Leg, Settings, Where

if TYPE_CHECKING:
    from monitor.storage.store import Store

SessionArgument = Annotated[
    str | None, typer.Argument(help="session, or the beginning of its name; the newest if left out")
]


def import_(
    files: Annotated[list[Path], typer.Argument(help="recordings, or folders of them")],
    placement: Annotated[Where | None, typer.Option(help="where the sensor of a CSV was worn")] = None,
    side: Annotated[Leg | None, typer.Option(help="which leg it was worn on")] = None,
    columns: Annotated[
        str,
        typer.Option(
            help="of a CSV that is not known, like t=time:ms,ax=Ax:g,ay=Ay:g,az=Az:g,gx=Gx:dps,..."
        ),
    ] = "",
    config: Settings = None,
) -> None:
    """Keep recordings of watches, pods, phones and sensors as sessions: FIT, CSV, zip, NPZ, tapes."""
    from monitor.cli.import_files import import_files

    failed = import_files(files, placement and placement.value, side and side.value, columns, config)
    if failed:
        raise typer.Exit(2)


def export(
    session: SessionArgument = None,
    format: Annotated[
        str, typer.Option(help="fit, csv, parquet, lp, tape, imu-csv or imu-parquet")
    ] = "fit",
    out: Annotated[Path, typer.Option(help="folder, or name of the file")] = Path(),
    config: Settings = None,
) -> None:
    """Take a session away: activity file, tables with a data dictionary, or raw samples."""
    from rich.console import Console

    from monitor.exports.formats import export_session as write
    from monitor.service.config import load_config
    from monitor.service.live_session import open_store

    console = Console(stderr=True)
    with open_store(load_config(config), console) as store:
        for path in write(store, resolve_session(store, session), format, out):
            print(path)


def resolve_session(store: Store, session: str | None) -> str:
    """The session meant: the newest, or the only one whose name begins like this; ``InputError`` else."""
    from monitor.core.errors import InputError

    known = [info.id for info in store.sessions()]
    if not known:
        raise InputError("there are no sessions yet; gaitcue demo or gaitcue import makes one")
    if session is None:
        return known[0]
    meant = [name for name in known if name == session] or [n for n in known if n.startswith(session)]
    if len(meant) != 1:
        why = f"fits {len(meant)} sessions" if meant else "is not known"
        raise InputError(f"session {session!r} {why}; gaitcue sessions lists all")
    return meant[0]
