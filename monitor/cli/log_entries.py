"""Commands about what is in a runner's log: list it, correct it, take it back, take it along, delete it."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime
import re
import types
import typing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from monitor.cli.options import SettingsOption
from monitor.core.errors import ConfigError, InputError
from monitor.core.user_language import user_language, user_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.table import Table

    from monitor.review.training_plan import TrainingPlan
    from monitor.training.entries import AnyEntry, Entry

_MOST_LISTED = 40
_YES, _NO = ("yes", "y", "true", "ja", "j", "1"), ("no", "n", "false", "nein", "0")
EntryArgument = Annotated[str, typer.Argument(metavar="ENTRY", help="option.log.entry")]


def list_entries_command(
    all: Annotated[bool, typer.Option("--all", help="option.log.list_all")] = False,
    config: SettingsOption = None,
) -> None:
    """List all that is in the log, the newest day first."""
    from rich.console import Console

    from monitor.cli.runner_notebook import open_notebook

    with open_notebook(config) as notebook:
        plan = notebook.plan()
    entries = list_order(plan)
    if not entries and not plan.unreadable:
        print(user_text("say.log.empty"))
        return
    shown = entries if all else entries[:_MOST_LISTED]
    Console().print(entries_table(shown, plan))
    if len(shown) < len(entries):
        print(user_text("say.log.more", n=len(entries) - len(shown)))
    if plan.foreign:
        print(user_text("say.log.foreign", n=plan.foreign))
    if plan.unreadable:
        print(user_text("say.log.unreadable", n=plan.unreadable))


def correct_command(
    entry: EntryArgument,
    changes: Annotated[
        list[str] | None, typer.Argument(metavar="FIELD=VALUE", help="option.log.changes")
    ] = None,
    config: SettingsOption = None,
) -> None:
    """Put a correction in the place of an entry, as a new entry."""
    from monitor.cli.runner_notebook import entry_of_options, open_notebook
    from monitor.training.entries import entry_to_json

    with open_notebook(config) as notebook:
        old = resolve_entry(notebook.plan(), entry)
        raw = entry_to_json(old)
        fields = {f.name: raw[f.name] for f in _correctable(old)}
        if not changes:
            for name, value in fields.items():
                print(f"{name}={_change_text(value)}")
            return
        for change in changes:
            name, value = _change_of(old, change)
            fields[name] = value
        notebook.write(entry_of_options(raw["kind"], fields | {"replaces": old.id}))


def withdraw_command(
    entry: EntryArgument,
    yes: Annotated[bool, typer.Option("--yes", help="option.log.yes")] = False,
    config: SettingsOption = None,
) -> None:
    """Take back an entry that was a mistake."""
    from monitor.cli.runner_notebook import entry_of_options, open_notebook
    from monitor.training.entries import FlagEntry

    with open_notebook(config) as notebook:
        old = resolve_entry(notebook.plan(), entry)
        if isinstance(old, FlagEntry) and not _agreed(user_text("say.log.withdraw_flag"), yes):
            return
        notebook.write(entry_of_options("withdrawn", {"replaces": old.id}), about=old)


def export_log_command(
    file: Annotated[Path, typer.Argument(help="option.log.export")], config: SettingsOption = None
) -> None:
    """Save all entries and decisions as a zip of JSON."""
    from monitor.exports.runner_log_zip import write_runner_log
    from monitor.service.config import load_config
    from monitor.service.runner_plan import log_keeper
    from monitor.service.session_store import open_store

    settings = load_config(config)
    with open_store(settings) as store:
        count = write_runner_log(log_keeper(settings), store, file, user_language())
    print(user_text("say.log.exported", n=count, path=str(file)))


def delete_log_command(
    all: Annotated[bool, typer.Option("--all", help="option.log.delete_all")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="option.log.yes")] = False,
    config: SettingsOption = None,
) -> None:
    """Delete the whole log and all decisions for good."""
    from monitor.cli.share import send_shared_days
    from monitor.service.config import load_config
    from monitor.service.runner_plan import log_keeper, runner_now
    from monitor.service.session_store import open_store
    from monitor.service.shared_plan import sharing_desk
    from monitor.storage.health_deletion import delete_health

    if not all:
        raise ConfigError("error.log.delete_all")
    settings = load_config(config)
    keeper = log_keeper(settings)
    if not _agreed(user_text("say.log.delete_sure", athlete=keeper.athlete), yes):
        return
    with open_store(settings) as store:
        of_runs = delete_health(store, keeper.folder, keeper.athlete)
        deleted = keeper.delete() or of_runs
        print(user_text("say.log.deleted" if deleted else "say.log.nothing_deleted"))
    if sharing_desk(settings, keeper).state(runner_now().date()).sent:
        send_shared_days(settings)  # nothing is shared now: what was sent is deleted there
    print(user_text("say.log.left_elsewhere"))


# ------------------------------------------------------------------ parts


def list_order(plan: TrainingPlan) -> list[AnyEntry]:
    """Return the entries of the log that hold, the newest day first; an entry's number is its place.

    Pains that were noted of runs come without a number, as they are no entries of the log.
    """
    from monitor.training.entries import ForeignEntry

    foreign = [e for e in plan.entries if isinstance(e, ForeignEntry)]
    return [*reversed(plan.standing), *foreign]


def entries_table(entries: Sequence[AnyEntry], plan: TrainingPlan) -> Table:
    """Return one row per entry: its number, the day it stands for, its kind, what it says."""
    from rich.markup import escape
    from rich.table import Table

    from monitor.cli.runner_notebook import run_days, user_catalogue
    from monitor.review.entry_text import entry_kind_text, entry_text
    from monitor.training.entries import Entry

    messages, days, number = user_catalogue(), run_days(plan), 0
    table = Table(box=None, padding=(0, 1), pad_edge=False)
    for heading in ("number", "day", "kind", "text"):
        right = heading == "number"
        table.add_column(
            user_text(f"say.log.column.{heading}"),
            justify="right" if right else "left",
            no_wrap=heading in ("number", "day"),
            overflow="fold",
        )
    for entry in entries:
        numbered = isinstance(entry, Entry) and not is_note(entry)
        number += numbered
        day = entry.day.isoformat() if isinstance(entry, Entry) else ""
        text = entry_text(entry, messages, days)
        if isinstance(entry, Entry) and is_note(entry):
            text = user_text("say.log.from_note", text=text)
        table.add_row(
            str(number) if numbered else "", day, escape(entry_kind_text(entry, messages)), escape(text)
        )
    return table


def is_note(entry: Entry) -> bool:
    """Return whether this is a pain that was noted of a run, and no entry of the log."""
    return entry.id.startswith("note-")


def resolve_entry(plan: TrainingPlan, name: str) -> Entry:
    """Return the entry that is meant by its number in the list, its id, or the beginning of one.

    ``InputError`` if none or several fit.
    """
    from monitor.training.entries import Entry

    entries = [e for e in list_order(plan) if isinstance(e, Entry) and not is_note(e)]
    if re.fullmatch(r"[1-9]\d{0,5}", name):
        if int(name) > len(entries):
            raise InputError("error.log.no_entry_number", number=name, n=len(entries))
        return entries[int(name) - 1]
    fitting = [e for e in entries if e.id == name] or [e for e in entries if e.id.startswith(name)]
    if len(fitting) != 1:
        raise InputError("error.log.no_entry", id=name)
    return fitting[0]


def _agreed(question: str, yes: bool) -> bool:
    from rich.console import Console

    from monitor.cli.prompts import TerminalDialogue, ask_yes_no

    return yes or ask_yes_no(TerminalDialogue(Console()), question, default=False)


def _correctable(entry: Entry) -> tuple[dataclasses.Field[Any], ...]:
    """What of an entry can be corrected: the day, and what its kind says; not of which run it is."""
    from monitor.review.entry_text import own_fields

    day = next(f for f in dataclasses.fields(entry) if f.name == "day")
    return (day, *(f for f in own_fields(entry) if f.name != "session"))


def _change_of(entry: Entry, text: str) -> tuple[str, Any]:
    """The field that a text like ``during=2`` names, and its value as JSON; an empty one is not known."""
    name, equals, value = text.partition("=")
    name = name.replace("-", "_").strip()
    names = [f.name for f in _correctable(entry)]
    if not equals or name not in names:
        raise ConfigError("error.log.change", text=text, names=", ".join(names))
    hint = typing.get_type_hints(type(entry))[name]
    kinds = typing.get_args(hint) if isinstance(hint, types.UnionType) else (hint,)
    return name, _value_of(value.strip(), kinds)


def _change_text(value: Any) -> str:
    """A value as it is typed in a change."""
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case float():
            return f"{value:g}"
        case list():
            return ",".join(map(str, value))
        case _:
            return str(value)


def _value_of(text: str, kinds: Sequence[Any]) -> Any:
    if not text:
        return "" if str in kinds else None
    if bool in kinds and text.lower() in (*_YES, *_NO):
        return text.lower() in _YES
    if {int, float} & set(kinds):
        with contextlib.suppress(ValueError):
            number = float(text.replace(",", "."))
            return int(number) if number.is_integer() else number
    if datetime.datetime in kinds or datetime.date in kinds:
        return text
    return text.split(",") if any(typing.get_origin(k) is tuple for k in kinds) else text
