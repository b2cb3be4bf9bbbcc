"""Commands that look after all that is kept: raw tapes, numbers of older versions, backups."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from monitor.cli.options import (
    SessionArgument,
    SettingsOption,
    open_session_store,
    progress_bar,
    resolve_session,
)


def tidy_command(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="option.tidy.dry_run")] = False,
    config: SettingsOption = None,
) -> None:
    """Compress or delete old raw tapes, as the settings say."""
    import datetime

    from monitor.service.config import load_config
    from monitor.storage import tape_archive

    policy = load_config(config).store
    with open_session_store(config) as store:
        now = datetime.datetime.now(datetime.UTC)
        compress, drop = policy.compress_after_days, policy.drop_after_days
        tidied = list(tape_archive.tidy_tapes(store, now, compress, drop, really=not dry_run))
    for one in tidied:
        would = "would be " if dry_run else ""
        print(f"{would}{one.done}: {one.session}, {one.freed_bytes / 1e6:.1f} MB freed")
    deleted = "never" if drop is None else f"after {drop:g} days"
    print(f"policy: compressed after {compress:g} days, deleted {deleted}; {len(tidied)} tapes concerned")


def reanalyze_command(
    session: SessionArgument = None,
    all: Annotated[bool, typer.Option("--all", help="option.reanalyze.all")] = False,
    config: SettingsOption = None,
) -> None:
    """Compute sessions again with this version; show what changed."""
    from rich.console import Console

    from monitor.storage import tape_archive
    from monitor.storage.reanalysis import reanalysis_text, reanalyze

    with open_session_store(config) as store:
        infos = (
            [i for i in store.sessions() if i.ended and tape_archive.tape_file(i)]
            if all
            else [store.session(resolve_session(store, session))]
        )
        for info in infos:
            with progress_bar(info.id) as progress:
                result = reanalyze(store, info, progress)
            Console().print(reanalysis_text(result), highlight=False, soft_wrap=True)


def backup_command(
    out: Annotated[Path, typer.Argument(help="option.backup.out")], config: SettingsOption = None
) -> None:
    """Save all sessions and raw tapes into one file."""
    from monitor.storage.backup import write_backup

    with open_session_store(config) as store:
        size = write_backup(store, out)
        print(f"{len(store.sessions())} sessions, {size / 1e6:.1f} MB: {out}")


def restore_command(
    file: Annotated[Path, typer.Argument(help="option.restore.file")],
    config: SettingsOption = None,
) -> None:
    """Bring a backup back where there are no sessions yet."""
    from monitor.service.config import data_folder, load_config
    from monitor.storage.backup import restore_backup

    folder = data_folder(load_config(config))
    print(f"{restore_backup(file, folder)} sessions are back in {folder}")
