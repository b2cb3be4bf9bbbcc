"""Commands around the coach's stack: what waits for it, what is sent again, whether it is well."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from monitor.cli.options import LogFormatOption, SettingsOption, VerboseOption, resolve_session
from monitor.core.errors import ConfigError
from monitor.core.user_language import user_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.table import Table

    from monitor.core.secret import Secret
    from monitor.service.config import Config
    from monitor.service.doctor import Check
    from monitor.storage.store import Store


def delivery_status_command(config: SettingsOption = None) -> None:
    """Show what waits to be sent, and what was refused and why."""
    from rich.console import Console

    from monitor.service.config import data_folder, load_config
    from monitor.service.delivery_status import delivery_status

    settings, console = load_config(config), Console()
    hosts = {
        "influx": settings.influx.url,
        "mqtt": settings.mqtt.host,
        "hub": settings.hub.url,
        "export": settings.export.folder,
        "intervals_icu": settings.intervals_icu.token,
    }
    configured = tuple(name for name, host in hosts.items() if host)
    with _open_store_as_it_is(settings) as store:
        for part in delivery_status(store, data_folder(settings), configured):
            console.print(part)


def send_command(
    session: Annotated[list[str] | None, typer.Argument(help="option.send.session")] = None,
    everything: Annotated[bool, typer.Option("--all", help="option.send.all")] = False,
    config: SettingsOption = None,
) -> None:
    """Send what waits, or whole sessions to InfluxDB again.

    A session that is sent again changes only what is missing there.
    """
    from rich.console import Console

    from monitor.cli.share import send_shared_days
    from monitor.service.config import load_config
    from monitor.service.waiting_runs import send_waiting_runs
    from monitor.sinks.influx.backfill import send_waiting

    settings, console = load_config(config), Console()
    with _open_store_as_it_is(settings) as store:
        sent = [] if session or everything else send_waiting_runs(settings, store)
        for name, count in sent:
            console.print(user_text("say.send.runs", name=name, n=count))
        if settings.influx.url is not None:
            send_shared_days(settings)
            named = [resolve_session(store, name) for name in session or []]
            sessions = [s.id for s in store.sessions()][::-1] if everything else named
            send_waiting(settings.influx, store, sessions, console)
        elif not sent:
            raise ConfigError("error.influx_no_url")


def doctor_command(
    host: Annotated[str | None, typer.Option(help="option.doctor.host")] = None,
    password_file: Annotated[Path | None, typer.Option(help="option.doctor.password_file")] = None,
    config: SettingsOption = None,
) -> None:
    """Check servers, tokens, clocks, dashboards; say what to fix."""
    from rich.console import Console

    from monitor.service.config import load_config
    from monitor.service.doctor import all_checks, is_set_up

    settings = load_config(config)
    password = None if password_file is None else _read_secret("--password-file", password_file)
    with _open_store_as_it_is(settings) as store:
        checks = list(all_checks(settings, store, host, password))
    Console().print(checks_table(checks))
    if any(check.ok is False for check in checks) or not is_set_up(settings, host):
        raise typer.Exit(1)


def checks_table(checks: Iterable[Check]) -> Table:
    """Return one row per check, with what to do where it has failed."""
    from rich.markup import escape
    from rich.table import Table

    headings = (user_text(f"say.doctor.column.{name}") for name in ("check", "found", "remedy"))
    table = Table("", *headings, box=None)
    for check in checks:
        mark = {True: "ok", False: f"[bold red]{user_text('say.doctor.no')}", None: "?"}[check.ok]
        table.add_row(mark, check.name, escape(check.text), "" if check.ok else escape(check.remedy))
    return table


def proxy_command(
    runners: Annotated[Path, typer.Option(help="option.proxy.runners")],
    token_file: Annotated[Path, typer.Option(help="option.proxy.token_file")],
    upstream: Annotated[str, typer.Option(help="option.proxy.upstream")] = "http://localhost:8086",
    host: Annotated[str, typer.Option(help="option.proxy.host")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="option.proxy.port")] = 8087,
    verbose: VerboseOption = 0,
    log_format: LogFormatOption = None,
) -> None:
    """Let each runner's token write that runner's own data only.

    Runs in front of InfluxDB until Ctrl-C; part of docker-compose.yml.
    """
    from monitor.core.log_output import extend_logging
    from monitor.sinks.influx.write_proxy import make_write_proxy, run_write_proxy

    extend_logging(verbose, log_format)
    token = _read_secret("--token-file", token_file)
    run_write_proxy(make_write_proxy(upstream, token, runners), host, port)


def schema_command() -> None:
    """Print every InfluxDB measurement, tag and field (Markdown)."""
    from monitor.sinks.influx.schema import schema_markdown

    print(schema_markdown(), end="")


def _read_secret(option: str, path: Path) -> Secret:
    from monitor.core.secret import Secret

    try:
        return Secret(path.read_text(encoding="utf-8").strip())
    except (OSError, ValueError) as exc:
        if isinstance(exc, FileNotFoundError) and path.absolute().parts[-3:-1] == ("secrets", "influx"):
            raise ConfigError("error.stack_first", path=path) from exc
        raise ConfigError("error.secret_file", option=option, path=path, error=exc) from exc


def _open_store_as_it_is(config: Config) -> Store:
    """Open the store as it is: sessions of a program that is running are left alone."""
    from monitor.service.config import data_folder
    from monitor.storage.store import Store

    return Store(data_folder(config) / "gaitcue.db")
