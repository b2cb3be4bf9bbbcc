"""Commands around the coach's stack: what waits for it, what is sent again, whether it is well."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from monitor.cli.options import Settings
from monitor.core.errors import ConfigError

if TYPE_CHECKING:
    from monitor.service.config import Config
    from monitor.storage.store import Store


def status(config: Settings = None) -> None:
    """Show how the store and every outside system are doing: what waits, what was refused and why."""
    from rich.console import Console

    from monitor.service.config import data_folder, load_config
    from monitor.service.delivery_status import delivery_status

    settings, console = load_config(config), Console()
    configured = ("influx",) if settings.influx.url else ()
    with _store(settings) as store:
        for part in delivery_status(store, data_folder(settings), configured):
            console.print(part)


def push(
    session: Annotated[list[str] | None, typer.Argument(help="sessions to send again")] = None,
    everything: Annotated[bool, typer.Option("--all", help="send all sessions again")] = False,
    config: Settings = None,
) -> None:
    """Send to InfluxDB what still waits; or sessions again, which changes only what is missing there."""
    from rich.console import Console

    from monitor.service.config import load_config
    from monitor.sinks.influx.backfill import send_waiting as run

    settings = load_config(config)
    if settings.influx.url is None:
        raise ConfigError("[influx] has no url: set it in the settings (gaitcue check-config shows them)")
    with _store(settings) as store:
        chosen = [s.id for s in store.sessions()][::-1] if everything else session or []
        run(settings.influx, store, chosen, Console())


def doctor(
    host: Annotated[
        str | None, typer.Option(help="machine that the stack runs on, to check all of it")
    ] = None,
    password_file: Annotated[Path | None, typer.Option(help="the coach's password for Grafana")] = None,
    config: Settings = None,
) -> None:
    """Check the coach's stack: reachable, tokens, clocks, schema, dashboards; and what to do if not."""
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from monitor.core.secret import Secret
    from monitor.service.config import load_config
    from monitor.service.doctor import all_checks

    settings, failed = load_config(config), False
    try:
        text = None if password_file is None else password_file.read_text(encoding="utf-8").strip()
    except OSError as exc:
        raise ConfigError(f"{password_file}: {exc.strerror}") from exc
    table = Table("", "check", "found", "what to do", box=None)
    with _store(settings) as store:
        for check in all_checks(settings, store, host, Secret(text) if text else None):
            mark = {True: "ok", False: "[bold red]no", None: "?"}[check.ok]
            remedy = "" if check.ok else escape(check.remedy)
            table.add_row(mark, check.name, escape(check.text), remedy)
            failed |= check.ok is False
    Console().print(table)
    if failed:
        raise typer.Exit(1)


def gate(
    runners: Annotated[Path, typer.Option(help="folder with one NAME.token for each runner")],
    token_file: Annotated[Path, typer.Option(help="a token of InfluxDB that may write")],
    upstream: Annotated[str, typer.Option(help="address of InfluxDB")] = "http://localhost:8086",
    host: Annotated[str, typer.Option(help="address to listen on")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="port to listen on")] = 8087,
) -> None:
    """Stand before InfluxDB and let each runner's token write that runner's own points only."""
    import uvicorn

    from monitor.core.secret import Secret
    from monitor.sinks.influx.write_proxy import make_gate

    try:
        token = Secret(token_file.read_text(encoding="utf-8").strip())
    except (OSError, ValueError) as exc:
        raise ConfigError(f"--token-file {token_file}: no token there: {exc}") from exc
    uvicorn.run(make_gate(upstream, token, runners), host=host, port=port, log_level="warning")


def schema() -> None:
    """Print what is stored in InfluxDB: every measurement, tag and field with its unit (Markdown)."""
    from monitor.sinks.influx.schema import markdown

    print(markdown(), end="")


def _store(config: Config) -> Store:
    """The store as it is: sessions of a program that is running are left alone."""
    from monitor.service.config import data_folder
    from monitor.storage.store import Store

    return Store(data_folder(config) / "gaitcue.db")
