"""Commands of a hub, which evaluates many runners' packets: its accounts, server, workers and store."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from monitor.cli.options import LogFormatOption, SettingsOption, VerboseOption
from monitor.core.errors import ConfigError
from monitor.core.user_language import user_text

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from monitor.core.nats_client import HubSettings
    from monitor.hub.hub_metrics import MetricsAddress

MetricsOption = Annotated[str | None, typer.Option(help="option.hub.metrics")]


def accounts_command(
    folder: Annotated[Path, typer.Argument(help="option.hub.folder")],
    tenant: Annotated[str, typer.Option(help="option.hub.tenant")] = "home",
    runner: Annotated[list[str] | None, typer.Option(help="option.hub.runner")] = None,
    coach: Annotated[list[str] | None, typer.Option(help="option.hub.coach")] = None,
) -> None:
    """Make or add users and passwords of a hub."""
    from rich.console import Console

    from monitor.hub.accounts import add_accounts

    users = add_accounts(folder, tenant, runner or [], coach or [])
    Console().print(user_text("say.hub.accounts", n=len(users), folder=str(folder)), soft_wrap=True)


def server_command(
    folder: Annotated[Path, typer.Argument(help="option.hub.folder")],
    host: Annotated[str, typer.Option(help="option.hub.host")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="option.hub.port")] = 4222,
    verbose: VerboseOption = 0,
    log_format: LogFormatOption = None,
) -> None:
    """Run a hub's server on this machine until Ctrl-C."""
    from monitor.core.log_output import extend_logging
    from monitor.hub.local_server import run_local_server

    extend_logging(verbose, log_format)
    _run_until_stopped(run_local_server(folder, host, port))


def init_command(
    partitions: Annotated[int, typer.Option(min=1, max=1024, help="option.hub.partitions")] = 16,
    replicas: Annotated[int, typer.Option(help="option.hub.replicas")] = 1,
    keep_days: Annotated[float, typer.Option(help="option.hub.keep_days")] = 7.0,
    config: SettingsOption = None,
) -> None:
    """Make the streams of a hub, once."""
    import asyncio

    from rich.console import Console

    from monitor.hub.serving import make_hub
    from monitor.hub.streams import HubLayout

    try:
        layout = HubLayout(partitions=partitions, replicas=replicas, keep_days=keep_days)
    except ValueError as exc:
        raise ConfigError("error.at", where="hub init", what=exc) from exc
    settings = _hub_settings(config)
    there = asyncio.run(make_hub(settings, layout))
    Console().print(user_text("say.hub.ready", address=settings.address, n=there), soft_wrap=True)


def worker_command(
    number: Annotated[int, typer.Option(min=0, help="option.hub.number")] = 0,
    of: Annotated[int, typer.Option(min=1, help="option.hub.of")] = 1,
    metrics: MetricsOption = None,
    config: SettingsOption = None,
    verbose: VerboseOption = 0,
    log_format: LogFormatOption = None,
) -> None:
    """Run a worker that evaluates a share of all runs, until Ctrl-C."""
    from monitor.core.log_output import extend_logging
    from monitor.core.monotonic import SystemClock
    from monitor.hub.serving import serve_share

    extend_logging(verbose, log_format)
    if number >= of:
        raise ConfigError("error.hub_number", number=number, of=of)
    shown = _metrics_address(metrics)
    _run_until_stopped(serve_share(_hub_settings(config), number, of, SystemClock(), shown))


def store_command(
    folder: Annotated[Path | None, typer.Option(help="option.hub.store")] = None,
    number: Annotated[int, typer.Option(min=0, help="option.hub.store_number")] = 0,
    of: Annotated[int, typer.Option(min=1, help="option.hub.store_of")] = 1,
    metrics: MetricsOption = None,
    config: SettingsOption = None,
    verbose: VerboseOption = 0,
    log_format: LogFormatOption = None,
) -> None:
    """Store the records of all runs, a folder per tenant, until Ctrl-C."""
    from monitor.core.log_output import extend_logging
    from monitor.core.monotonic import SystemClock
    from monitor.hub.record_keeper import RecordKeeper
    from monitor.hub.serving import keep_records
    from monitor.service.config import data_folder, load_config

    extend_logging(verbose, log_format)
    if number >= of:
        raise ConfigError("error.hub_number", number=number, of=of)
    settings = _hub_settings(config)
    keeper = RecordKeeper(folder or data_folder(load_config(config)) / "hub", number, of)
    _run_until_stopped(keep_records(settings, keeper, SystemClock(), _metrics_address(metrics)))


def page_command(
    host: Annotated[str | None, typer.Option(help="option.hub.page_host")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="option.hub.page_port")] = None,
    config: SettingsOption = None,
    verbose: VerboseOption = 0,
    log_format: LogFormatOption = None,
) -> None:
    """Show a coach every run of the tenant as it goes on, on a page, until Ctrl-C."""
    from dataclasses import replace

    from monitor.core.http_access import needed_token
    from monitor.core.log_output import extend_logging
    from monitor.core.monotonic import SystemClock
    from monitor.hub.serving import show_runs
    from monitor.service.config import data_folder, load_config

    extend_logging(verbose, log_format)
    settings, own = _hub_settings(config), load_config(config)
    web = replace(own.web, host=host or own.web.host, port=own.web.port if port is None else port)
    token = needed_token(web, data_folder(own) / "hub")

    def print_address(url: str) -> None:
        from rich.console import Console

        from monitor.service.live_session import print_qr_code

        console = Console()
        console.print(user_text("say.hub.page", url=url, tenant=settings.tenant), soft_wrap=True)
        if not web.loopback:
            print_qr_code(url, console)

    _run_until_stopped(show_runs(settings, web, token, SystemClock(), print_address))


def status_command(config: SettingsOption = None) -> None:
    """Show how far workers and store of a hub are, as its log knows it."""
    import asyncio
    import datetime

    from rich.console import Console

    from monitor.cli.hub_tables import hub_status_parts
    from monitor.hub.hub_status import HubStatus, read_hub_status
    from monitor.hub.streams import hub_connection

    settings = _hub_settings(config)

    async def look() -> HubStatus:
        async with hub_connection(settings) as streams:
            return await read_hub_status(streams)

    for part in hub_status_parts(asyncio.run(look()), datetime.datetime.now(datetime.UTC)):
        Console().print(part)


def _metrics_address(text: str | None) -> MetricsAddress | None:
    from monitor.hub.hub_metrics import parse_metrics_address

    return None if text is None else parse_metrics_address(text)


def _hub_settings(config: Path | None) -> HubSettings:
    from monitor.core.nats_client import require_nats_client
    from monitor.service.config import load_config

    require_nats_client()
    settings = load_config(config).hub
    if settings.url is None:
        raise ConfigError("error.hub_no_url")
    return settings


def _run_until_stopped(work: Coroutine[object, object, None]) -> None:
    """Run until the work ends or a signal asks to stop."""
    import asyncio

    from monitor.core.retry import only_error
    from monitor.hub.serving import run_until_stopped

    try:
        asyncio.run(run_until_stopped(work))
    except BaseExceptionGroup as group:
        raise only_error(group) from None
