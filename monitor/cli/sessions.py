"""``gaitcue sessions``: what is kept, and what can be done with it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from monitor.cli.options import Settings, progress_bar

if TYPE_CHECKING:
    from monitor.storage.store import Store

app = typer.Typer(
    no_args_is_help=False, help="List sessions, and show, rename, tag, merge, split or delete them."
)

Name = Annotated[str, typer.Argument(help="session, or the beginning of its name")]


@app.callback(invoke_without_command=True)
def sessions(context: typer.Context, config: Settings = None) -> None:
    """List the sessions that were kept, the newest first."""
    if context.invoked_subcommand is None:
        listed(config)


@app.command("list")
def listed(config: Settings = None) -> None:
    """The same."""
    from rich.console import Console
    from rich.table import Table

    from monitor.storage import tape_archive

    table = Table()
    for heading, right in (
        ("session", 0),
        ("title", 0),
        ("min", 1),
        ("sensors", 0),
        ("tags", 0),
        ("tape", 1),
        ("state", 0),
    ):
        table.add_column(heading, overflow="fold", justify="right" if right else "left")
    with _store(config) as store:
        infos = store.sessions()
        sizes = tape_archive.tape_sizes(infos)
        for s in infos:
            size = f"{sizes[s.id] / 1e6:.1f} MB" if s.id in sizes else "–"
            minutes = f"{s.duration_s / 60:.1f}"
            table.add_row(
                s.id, s.title, minutes, ", ".join(s.sensors), ", ".join(s.tags), size, s.status.value
            )
        used = store.path.stat().st_size
    if not infos:
        Console().print("no sessions yet; gaitcue demo shows what one looks like")
        return
    Console().print(table)
    Console().print(
        f"on the disk: numbers {used / 1e6:.1f} MB, raw tapes {sum(sizes.values()) / 1e6:.1f} MB "
        f"({store.path.parent})"
    )


@app.command()
def show(session: Name, config: Settings = None) -> None:
    """What is known about one session."""
    from monitor.cli.import_export import resolve_session
    from monitor.storage import tape_archive

    with _store(config) as store:
        info = store.session(resolve_session(store, session))
        tape = tape_archive.tape_file(info)
        for label, value in (
            ("session", info.id),
            ("title", info.title),
            ("athlete", info.athlete),
            ("began", info.started_utc),
            ("length", f"{info.duration_s / 60:.1f} min"),
            ("sensors", ", ".join(info.sensors)),
            ("tags", ", ".join(info.tags) or "none"),
            ("state", info.status.value),
            ("made by version", info.version),
            ("raw tape", f"{tape} ({tape.stat().st_size / 1e6:.1f} MB)" if tape else "none"),
            ("steps", str(len(store.step_columns(info.id).ic_s))),
        ):
            print(f"{label + ':':17}{value}")
        for note in store.notes(info.id):
            if note.kind != "lap":
                value = "" if note.value is None else f" {note.value:g}/10"
                print(f"{note.kind + ':':17}{value} {note.text}".rstrip())
        for past in store.analyses(info.id, "again"):
            print(f"made anew:       {past['made_utc']}, version {past['version']}")


@app.command()
def rename(session: Name, title: str, config: Settings = None) -> None:
    """Give a session another title."""
    from monitor.cli.import_export import resolve_session

    with _store(config) as store:
        store.rename(resolve_session(store, session), title)


@app.command()
def tag(
    session: Name,
    tags: Annotated[
        list[str], typer.Argument(help="shoe=..., surface=..., effort=0 to 10, a word, or -word to remove")
    ],
    config: Settings = None,
) -> None:
    """Tag a session: shoe, surface, felt effort, anything."""
    from monitor.cli.import_export import resolve_session
    from monitor.storage import session_edit

    with _store(config) as store:
        info = store.session(resolve_session(store, session))
        store.tag(info.id, session_edit.edited_tags(info, tags))
        print(", ".join(store.session(info.id).tags) or "no tags")


@app.command()
def split(
    session: Name,
    at: Annotated[str, typer.Argument(help="minutes, or min:s, from its start")],
    config: Settings = None,
) -> None:
    """Two sessions out of one."""
    from monitor.cli.import_export import resolve_session
    from monitor.service.config import data_folder, load_config
    from monitor.storage import session_edit

    with _store(config) as store, progress_bar("cutting") as progress:
        info = store.session(resolve_session(store, session))
        for part in session_edit.split_session(
            store, data_folder(load_config(config)), info, seconds(at), progress=progress
        ):
            print(part.id)


@app.command()
def merge(
    names: Annotated[list[str], typer.Argument(help="two sessions or more")], config: Settings = None
) -> None:
    """One session out of several of the same sensors."""
    from monitor.cli.import_export import resolve_session
    from monitor.service.config import data_folder, load_config
    from monitor.storage import session_edit

    with _store(config) as store, progress_bar("joining") as progress:
        infos = [store.session(resolve_session(store, name)) for name in names]
        print(
            session_edit.merge_sessions(
                store, data_folder(load_config(config)), infos, progress=progress
            ).id
        )


@app.command()
def delete(
    names: Annotated[list[str], typer.Argument(help="sessions")],
    yes: Annotated[bool, typer.Option("--yes", help="do not ask")] = False,
    config: Settings = None,
) -> None:
    """Really delete sessions, their raw tapes included."""
    from monitor.cli.import_export import resolve_session
    from monitor.storage import session_edit

    with _store(config) as store:
        for name in names:
            info = store.session(resolve_session(store, name))
            told = f"{info.id} ({info.title}, {info.duration_s / 60:.0f} min)"
            if yes or typer.confirm(f"Really delete {told} with its raw data? It cannot be brought back."):
                freed = session_edit.delete_session(store, info)
                print(f"deleted {told}, {freed / 1e6:.1f} MB of tape")


@app.command()
def tidy(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="only say what would be done")] = False,
    config: Settings = None,
) -> None:
    """Compress or drop old raw tapes as [store] in the settings says; metrics always stay."""
    import datetime

    from monitor.service.config import load_config
    from monitor.storage import tape_archive

    policy = load_config(config).store
    with _store(config) as store:
        now = datetime.datetime.now(datetime.UTC)
        done = list(
            tape_archive.tidy_tapes(
                store, now, policy.compress_after_days, policy.drop_after_days, really=not dry_run
            )
        )
    for one in done:
        would = "would be " if dry_run else ""
        print(f"{would}{one.done}: {one.session}, {one.freed_bytes / 1e6:.1f} MB freed")
    dropped = "never" if policy.drop_after_days is None else f"after {policy.drop_after_days:g} days"
    print(
        f"policy: compressed after {policy.compress_after_days:g} days, dropped {dropped}; "
        f"{len(done)} tapes concerned"
    )


def seconds(text: str) -> float:
    """``12.5`` minutes or ``12:30``; ``ConfigError`` else."""
    from monitor.core.errors import ConfigError

    minutes, colon, rest = text.partition(":")
    try:
        return 60 * float(minutes) + (float(rest) if colon else 0.0)
    except ValueError as exc:
        raise ConfigError(f"{text!r} is no time; give minutes (12.5) or min:s (12:30)") from exc


def _store(config: Path | None) -> Store:
    from rich.console import Console

    from monitor.service.config import load_config
    from monitor.service.live_session import open_store

    return open_store(load_config(config), Console(stderr=True))
