"""Commands about devices that may see the page: let one in, list them, lock one out."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from monitor.cli.options import HostOption, PortOption, SettingsOption, page_settings
from monitor.core.errors import ConfigError, InputError
from monitor.core.user_language import user_text

if TYPE_CHECKING:
    from monitor.core.http_pairing import PairedDevices


def pair_command(
    context: typer.Context,
    role: Annotated[
        Literal["read-only", "coach", "runner"], typer.Option(help="option.pair.role")
    ] = "read-only",
    name: Annotated[str, typer.Option(help="option.pair.name")] = "phone",
    athlete: Annotated[str | None, typer.Option(help="option.pair.athlete")] = None,
    host: HostOption = None,
    port: PortOption = None,
    config: SettingsOption = None,
) -> None:
    """Show a code with which one more device gets in."""
    if context.invoked_subcommand is not None:
        return
    from rich.console import Console

    from monitor.core.http_pairing import CODE_MINUTES
    from monitor.core.http_roles import ROLE_NAMES
    from monitor.service.config import load_config
    from monitor.service.live_session import print_qr_code
    from monitor.web.app import page_address

    if not 1 <= len(name.strip()) <= 40 or not name.isprintable():
        raise ConfigError("error.pair_name")
    settings, console = load_config(config), Console()
    web = page_settings(settings, host, port)
    roles = {role: key for key, role in ROLE_NAMES.items()}
    code = _devices(config).make_code(name.strip(), roles[role], athlete)
    url = f"{page_address(web, web.port, None)}pair"
    about = user_text(f"say.pair.role.{role.replace('-', '_')}")
    shown = f"    {code}"
    text = user_text("say.pair.open", url=url, code=shown, minutes=CODE_MINUTES, name=name, role=about)
    console.print(text, soft_wrap=True, highlight=False, markup=False)
    if web.loopback:
        console.print(user_text("say.pair.at_home"), soft_wrap=True)
    elif console.is_terminal:
        print_qr_code(f"{url}#{code}", console)
        console.print(user_text("say.pair.scan"))


def list_devices_command(config: SettingsOption = None) -> None:
    """List the devices that may come in."""
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from monitor.core.http_roles import ROLE_NAMES

    devices, console = _devices(config).devices(), Console()
    if not devices:
        console.print(user_text("say.pair.none"))
        return
    columns = ("name", "role", "athlete", "since", "used")
    table = Table(*(user_text(f"say.pair.column.{column}") for column in columns))
    for d in devices:
        days = (_day_text(d.made_s), _day_text(d.used_s))
        table.add_row(escape(d.name), ROLE_NAMES[d.role], escape(d.athlete or "–"), *days)
    console.print(table)


def revoke_command(
    name: Annotated[str, typer.Argument(help="option.pair.revoke")], config: SettingsOption = None
) -> None:
    """Remove a device from those that may come in, at once."""
    from rich.console import Console

    if not _devices(config).revoke(name):
        raise InputError("error.no_device", name=name)
    Console().print(user_text("say.pair.revoked", name=name), markup=False)


def _devices(config: Path | None) -> PairedDevices:
    from monitor.core.http_pairing import PairedDevices
    from monitor.service.config import data_folder, load_config

    return PairedDevices(data_folder(load_config(config)))


def _day_text(t_s: float) -> str:
    return f"{datetime.datetime.fromtimestamp(t_s):%Y-%m-%d %H:%M}"
