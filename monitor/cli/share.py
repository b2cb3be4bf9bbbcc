"""What a coach sees of the plan: shown, switched on and off, sent, and deleted where it was sent."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from monitor.cli.options import SettingsOption
from monitor.core.errors import InputError, SinkError, SinkRefused
from monitor.core.user_language import user_language, user_text

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from monitor.service.config import Config
    from monitor.storage.store import Store
    from monitor.training.entries import SharedItem


def share_command(
    item: Annotated[str | None, typer.Argument(help="option.share.item")] = None,
    switch: Annotated[str | None, typer.Argument(help="option.share.switch")] = None,
    guardian: Annotated[bool, typer.Option("--guardian", help="option.share.guardian")] = False,
    config: SettingsOption = None,
) -> None:
    """Show or change what a coach sees of the plan."""
    from monitor.service.config import load_config
    from monitor.service.runner_plan import plan_keeper
    from monitor.service.session_store import open_store
    from monitor.service.shared_plan import switch_items

    settings = load_config(config)
    if item is None:
        return _print_items(settings)
    items, on = _asked_items(item), _asked_switch(switch)
    keeper = plan_keeper(settings)
    if on:
        guardian = guardian or _guardian_agrees(settings)
    switch_items(keeper, items, on=on, guardian=guardian)
    with open_store(settings) as store:
        _print_items(settings, items)
        send_shared_days(settings, store, always=True)
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

    from monitor.service.shared_plan import sharing_state
    from monitor.training.sharing import SHARED_ITEMS

    state, console = sharing_state(settings), Console()
    table = Table(*(user_text(f"say.share.column.{name}") for name in ("item", "state", "sees")))
    for item in SHARED_ITEMS if items is None else items:
        word = user_text("say.share.on" if item in state.items else "say.share.off")
        name = f"{item} ({user_text(f'plan.share.{item}')})" if user_language() != "en" else item
        table.add_row(name, word, user_text(f"plan.share.sees.{item}"))
    console.print(table)
    if items is not None:
        return
    lines = [user_text("say.share.never")]
    if state.deletion_waits:
        lines.append(user_text("say.share.must_delete"))
    elif settings.influx.url is None:
        lines.append(user_text("say.share.no_server"))
    lines += [user_text("say.share.left_at", server=server) for server in state.left_at]
    for line in lines:
        console.print(line, highlight=False, markup=False, soft_wrap=True)


def send_shared_days(settings: Config, store: Store, *, always: bool = False) -> None:
    """Deliver what is shared, delete what is not any more, and print what came of it.

    ``always``: print also that there was nothing to do.
    """
    from rich.console import Console

    console = Console()
    for text in _delivery_texts(settings, store, always=always):
        console.print(text, highlight=False, markup=False, soft_wrap=True)


def _delivery_texts(settings: Config, store: Store, *, always: bool) -> Iterator[str]:
    from monitor.service.shared_plan import deliver_shared_days, sharing_state

    before = sharing_state(settings)
    if settings.influx.url is None:
        waits = before.deletion_waits
        yield user_text("say.share.no_server_to_delete" if waits else "say.share.no_server")
        return
    try:
        report = deliver_shared_days(settings, store)
    except (SinkError, SinkRefused) as exc:
        key = "say.share.deletion_waits" if before.deletion_waits else "say.share.waits"
        yield user_text(key, reason=exc.text_in(user_language()))
        return
    withdrawn = report.deleted and before.sent
    if withdrawn:
        yield user_text("say.share.deleted")
    if report.sent:
        yield user_text("say.share.sent_again" if withdrawn else "say.share.sent", n=report.sent)
    elif always and not withdrawn:
        yield user_text("say.share.nothing_new" if before.items else "say.share.nothing_there")
    for server in report.left_at:
        yield user_text("say.share.left_at", server=server)
