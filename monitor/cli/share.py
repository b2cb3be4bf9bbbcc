"""What a coach sees of the plan: shown, switched on and off, sent, and deleted where it was sent."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from monitor.cli.options import SettingsOption
from monitor.core.errors import InputError
from monitor.core.user_language import user_language, user_text

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from rich.console import Console

    from monitor.service.config import Config
    from monitor.training.entries import SharedItem


def share_command(
    item: Annotated[str | None, typer.Argument(help="option.share.item")] = None,
    switch: Annotated[str | None, typer.Argument(help="option.share.switch")] = None,
    guardian: Annotated[bool, typer.Option("--guardian", help="option.share.guardian")] = False,
    config: SettingsOption = None,
) -> None:
    """Show or change what a coach sees of the plan."""
    from monitor.service.config import load_config
    from monitor.service.runner_plan import log_keeper, runner_now
    from monitor.service.session_store import open_store
    from monitor.service.shared_plan import sharing_desk

    settings = load_config(config)
    if item is None:
        return _print_items(settings)
    items, on = _asked_items(item), _asked_switch(switch)
    if on:
        guardian = guardian or _guardian_agrees(settings)
    sharing_desk(settings, log_keeper(settings)).switch(items, runner_now(), on=on, guardian=guardian)
    open_store(settings).close()  # completes what a killed program left behind
    _print_items(settings, items)
    send_shared_days(settings, always=True)
    return None


def _asked_items(word: str) -> tuple[SharedItem, ...]:
    from monitor.training.sharing import SHARED_ITEMS

    items = tuple(item for item in SHARED_ITEMS if word in (item, "all"))
    if not items:
        raise InputError("error.share_words")
    return items


def _asked_switch(word: str | None) -> bool:
    if word not in ("on", "off"):
        raise InputError("error.share_words")
    return word == "on"


def _guardian_agrees(settings: Config) -> bool:
    """The guardian's tick, asked where it is needed and somebody can be asked."""
    from rich.console import Console

    from monitor.cli.prompts import TerminalDialogue, ask_yes_no
    from monitor.service.runner_plan import runner_now
    from monitor.training.plan_settings import needs_guardian

    if not needs_guardian(settings.plan, runner_now().date()):
        return False
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        return False
    return ask_yes_no(TerminalDialogue(Console()), user_text("say.share.guardian"), default=False)


def _print_items(settings: Config, items: Collection[SharedItem] | None = None) -> None:
    """Print what is shared, of all items or some, and what waits to be deleted."""
    from rich.console import Console
    from rich.table import Table

    from monitor.service.runner_plan import log_keeper, runner_now
    from monitor.service.shared_plan import sharing_desk
    from monitor.training.sharing import SHARED_ITEMS

    desk = sharing_desk(settings, log_keeper(settings))
    today, console = runner_now().date(), Console()
    shared = desk.state(today).items
    table = Table(*(user_text(f"say.share.column.{name}") for name in ("item", "state", "sees")))
    for item in SHARED_ITEMS if items is None else items:
        word = user_text("say.share.on" if item in shared else "say.share.off")
        name = f"{item} ({user_text(f'plan.share.{item}')})" if user_language() != "en" else item
        table.add_row(name, word, user_text(f"plan.share.sees.{item}"))
    console.print(table)
    if items is None:
        _print_lines(console, desk.state_texts(today, user_language()))


def send_shared_days(settings: Config, *, always: bool = False) -> None:
    """Deliver what is shared, delete what is not any more, and print what came of it.

    ``always``: print also that there was nothing to do.
    """
    from rich.console import Console

    from monitor.service.runner_plan import log_keeper, runner_now
    from monitor.service.shared_plan import sharing_desk

    desk, today = sharing_desk(settings, log_keeper(settings)), runner_now().date()
    _print_lines(Console(), desk.delivery_texts(today, user_language(), always=always))


def _print_lines(console: Console, lines: Iterable[str]) -> None:
    for line in lines:
        console.print(line, highlight=False, markup=False, soft_wrap=True)
