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
from monitor.cli.sessions import print_damage
from monitor.core.message_catalogues import UserMessage
from monitor.core.user_language import user_text


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
        key = f"say.tidy.planned.{one.done}" if dry_run else f"say.tidy.{one.done}"
        print(user_text(key, session=one.session, size=one.freed_bytes / 1e6))
    deleted = UserMessage("say.tidy.kept")
    if drop is not None:
        deleted = UserMessage("say.tidy.deleted_after", {"days": f"{drop:g}"})
    print(user_text("say.tidy.policy", days=f"{compress:g}", deleted=deleted, n=len(tidied)))


def reanalyze_command(
    session: SessionArgument = None,
    all: Annotated[bool, typer.Option("--all", help="option.reanalyze.all")] = False,
    config: SettingsOption = None,
) -> None:
    """Compute sessions again with this version; show what changed."""
    from rich.console import Console

    from monitor.storage import tape_archive
    from monitor.storage.reanalysis import reanalysis_text, reanalyze, reanalyze_all

    with open_session_store(config) as store:
        infos = (
            [i for i in store.sessions() if i.ended and tape_archive.tape_file(i)]
            if all
            else [store.session(resolve_session(store, session))]
        )
        results = []
        try:
            if len(infos) == 1:
                with progress_bar(infos[0].id) as progress:
                    results.append(reanalyze(store, infos[0], progress))
            elif infos:
                with progress_bar(user_text("say.reanalysis.all", n=len(infos))) as progress:
                    for result in reanalyze_all(store, infos):
                        results.append(result)
                        progress(len(results), len(infos))
        finally:  # what was done before one that cannot be read
            for result in results:
                Console().print(reanalysis_text(result), highlight=False, soft_wrap=True)


def backup_command(
    out: Annotated[Path, typer.Argument(help="option.backup.out")], config: SettingsOption = None
) -> None:
    """Save all sessions and raw tapes into one file."""
    from monitor.storage.backup import write_backup

    with open_session_store(config) as store:
        size = write_backup(store, out)
        print(user_text("say.backup.done", n=len(store.sessions()), size=size / 1e6, path=str(out)))
        for session in store.digested_sessions():
            print_damage(store, session)


def restore_command(
    file: Annotated[Path, typer.Argument(help="option.restore.file")],
    config: SettingsOption = None,
) -> None:
    """Bring a backup back where there are no sessions yet."""
    from monitor.service.config import data_folder, load_config
    from monitor.storage.backup import restore_backup

    folder = data_folder(load_config(config))
    print(user_text("say.backup.restored", n=restore_backup(file, folder), folder=str(folder)))
