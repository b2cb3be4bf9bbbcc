"""Commands for after the run: review, compare, trends, notes, and everything anew."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from monitor.cli.import_export import SessionArgument, resolve_session
from monitor.cli.options import Host, Port, Settings, page_settings, progress_bar


def review(
    session: SessionArgument = None,
    out: Annotated[
        Path | None, typer.Option(help="HTML file to write; beside the sessions if left out")
    ] = None,
    look: Annotated[bool, typer.Option("--open/--no-open", help="open it in the browser")] = True,
    web: Annotated[
        bool, typer.Option("--web", help="serve the Review tab of all sessions instead")
    ] = False,
    host: Host = None,
    port: Port = None,
    config: Settings = None,
) -> None:
    """Review a session: one page to look at, send on or print."""
    import webbrowser

    from rich.console import Console

    from monitor.review.report import session_review as report
    from monitor.service.config import data_folder, load_config
    from monitor.service.live_session import open_store
    from monitor.web.review_file import write_review

    settings, console = load_config(config), Console(stderr=True)
    if web:
        from monitor.service.review_server import serve_review

        serve_review(settings, page_settings(settings, host, port), Console())
        return
    with open_store(settings, console) as store:
        name = resolve_session(store, session)
        found = report(store, name)
    path = out or data_folder(settings) / "reviews" / f"{name}.html"
    write_review(found, path)
    said = found["words"]
    for label in ("well", "work", "target"):
        console.print(f"[b]{label}[/b]: {said[label]['text']}", highlight=False)
    print(path)
    if look:
        webbrowser.open(path.absolute().as_uri())


def compare(
    sessions: Annotated[
        list[str], typer.Argument(help="two sessions or more; each is compared with the first")
    ],
    config: Settings = None,
) -> None:
    """Compare runs at matched speed and grade, with 95 % intervals."""
    from rich.console import Console
    from rich.table import Table

    from dsp.metrics import BY_NAME
    from monitor.review.compare import compare_sessions as against
    from monitor.review.feedback_text import clear
    from monitor.service.config import load_config
    from monitor.service.live_session import open_store

    with open_store(load_config(config), Console(stderr=True)) as store:
        names = [resolve_session(store, s) for s in sessions]
        rows = against(store, names)
    table = Table(
        caption="differences from the first at the same speed and grade, 95 % interval; * leaves out zero"
    )
    table.add_column("metric")
    for name in names:
        table.add_column(name, justify="right", overflow="fold")
    table.add_column("unit")
    for row in rows:
        spec, cells = BY_NAME[row.metric], []
        n = spec.decimals + 1
        for mean, apart in zip(row.means, row.differences, strict=True):
            text = "–" if mean is None else f"{mean.value:.{n}f}"
            if apart is not None:
                half = "" if apart.half is None else f" ± {apart.half:.{n}f}"
                text += f"\n{apart.value:+.{n}f}{half}{' *' if clear(apart) else ''}"
            cells.append(text)
        table.add_row(spec.label, *cells, spec.unit)
    Console().print(table if rows else "these sessions share nothing that can be compared at equal speed")


def trends(
    weeks: Annotated[int, typer.Option(min=1, max=520, help="how far to look back")] = 12,
    athlete: Annotated[str | None, typer.Option(help="whose sessions, if not yours")] = None,
    config: Settings = None,
) -> None:
    """How every metric went over the weeks, at the same speed and grade."""
    from rich.console import Console
    from rich.table import Table

    from dsp.metrics import BY_NAME
    from monitor.review.compare import metric_trends as over
    from monitor.service.config import load_config
    from monitor.service.live_session import open_store

    settings = load_config(config)
    with open_store(settings, Console(stderr=True)) as store:
        found = over(store, athlete or settings.athlete, weeks)
    table = Table(
        caption=f"the last {weeks} weeks, each run brought to the mean speed and grade of all; ± 95 %"
    )
    for heading in ("metric", "day", "value", "unit"):
        table.add_column(heading, justify="right" if heading == "value" else "left")
    for name, points in found.items():
        spec = BY_NAME[name]
        for k, p in enumerate(points):
            half = "" if p.found.half is None else f" ± {p.found.half:.{spec.decimals + 1}f}"
            value = f"{p.found.value:.{spec.decimals + 1}f}{half}"
            table.add_row(spec.label if k == 0 else "", p.when[:10], value, spec.unit if k == 0 else "")
    Console().print(table if found else "two runs with something in common are needed for a trend")


def note(
    session: Annotated[str, typer.Argument(help="session, or the beginning of its name")],
    text: Annotated[str, typer.Argument(help="what should be remembered")] = "",
    pain: Annotated[float | None, typer.Option(min=0, max=10, help="pain, 0 none to 10 worst")] = None,
    config: Settings = None,
) -> None:
    """Add a note or pain (0 to 10) to a session; with pain above 3 the review says: hold."""
    from rich.console import Console

    from monitor.core.errors import ConfigError
    from monitor.service.config import load_config
    from monitor.service.live_session import open_store

    if not text.strip() and pain is None:
        raise ConfigError("give a text, --pain 0 to 10, or both")
    with open_store(load_config(config), Console(stderr=True)) as store:
        name = resolve_session(store, session)
        store.add_note(name, "note" if pain is None else "pain", text.strip(), value=pain)
    if pain is not None and pain > 3:
        print(
            "above 3 of 10: no change of target until it has settled for 24 h; if it stays, see a clinician"
        )


def reanalyze(
    session: SessionArgument = None,
    all: Annotated[bool, typer.Option("--all", help="every session that has its raw tape")] = False,
    config: Settings = None,
) -> None:
    """Make a session's numbers anew with this version's engine and say which changed."""
    from rich.console import Console

    from monitor.service.config import load_config
    from monitor.service.live_session import open_store
    from monitor.storage import tape_archive
    from monitor.storage.reanalysis import reanalysis_text, reanalyze

    console = Console()
    with open_store(load_config(config), Console(stderr=True)) as store:
        infos = (
            [i for i in store.sessions() if i.ended and tape_archive.tape_file(i)]
            if all
            else [store.session(resolve_session(store, session))]
        )
        for info in infos:
            with progress_bar(info.id) as progress:
                again = reanalyze(store, info, progress)
            console.print(reanalysis_text(again), highlight=False, soft_wrap=True)


def backup(out: Annotated[Path, typer.Argument(help="tar file to write")], config: Settings = None) -> None:
    """Save everything that was ever kept, raw tapes included, into one file."""
    from rich.console import Console

    from monitor.service.config import load_config
    from monitor.service.live_session import open_store
    from monitor.storage.backup import write_backup

    with open_store(load_config(config), Console(stderr=True)) as store:
        size = write_backup(store, out)
        print(f"{len(store.sessions())} sessions, {size / 1e6:.1f} MB: {out}")


def restore(
    file: Annotated[Path, typer.Argument(help="what gaitcue backup wrote")], config: Settings = None
) -> None:
    """Bring a backup back; never over sessions that are there."""
    from monitor.service.config import data_folder, load_config
    from monitor.storage.backup import restore_backup

    folder = data_folder(load_config(config))
    print(f"{restore_backup(file, folder)} sessions are back in {folder}")
