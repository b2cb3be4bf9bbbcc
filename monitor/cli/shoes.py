"""Commands about shoes: list them with what they have run, add and retire a pair, say in which one ran."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from monitor.cli.options import SettingsOption, finite_number
from monitor.core.errors import ConfigError, InputError
from monitor.core.safe_text import clean_line
from monitor.core.user_language import user_text

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from rich.table import Table

    from monitor.cli.runner_notebook import Notebook
    from monitor.core.message_catalogues import Catalogue
    from monitor.review.shoe_gait import ShoeChange
    from monitor.review.training_plan import TrainingPlan
    from monitor.training.entries import ShoeEntry
    from monitor.training.shoes import ShoeUse

ShoeName = Annotated[str, typer.Argument(metavar="SHOE", help="option.shoes.shoe")]
_NONE = "none"


def shoes_command(context: typer.Context, config: SettingsOption = None) -> None:
    """List your shoes with kilometres, braking dose and what is worth a remark."""
    if context.invoked_subcommand is not None:
        return
    from rich.console import Console

    from monitor.cli.runner_notebook import graded_text, open_notebook, user_catalogue
    from monitor.training.shoes import shoe_table

    with open_notebook(config) as notebook:
        plan = notebook.plan()
        uses = shoe_table(plan.evidence, plan.rules)
        if not uses:
            print(user_text("say.shoes.none"))
            return
        from monitor.review.shoe_gait import shoe_changes

        changes = shoe_changes(plan, notebook.store)
    Console().print(shoes_table(uses))
    if any(use.unknown_runs for use in uses):
        print(user_text("say.shoes.unknown"))
    for use in uses:
        for remark in use.remarks:
            print(graded_text(remark, user_catalogue()))
    for line in shoe_change_lines(uses, changes, user_catalogue()):
        print(line)


def add_command(
    shoe: ShoeName,
    model: Annotated[str | None, typer.Option(help="option.shoes.model")] = None,
    drop_mm: Annotated[
        float | None, typer.Option(min=-10, max=30, callback=finite_number, help="option.shoes.drop")
    ] = None,
    stack_mm: Annotated[
        float | None, typer.Option(min=0, max=100, callback=finite_number, help="option.shoes.stack")
    ] = None,
    start_km: Annotated[
        float | None, typer.Option(min=0, max=20_000, callback=finite_number, help="option.shoes.start_km")
    ] = None,
    pod: Annotated[list[str] | None, typer.Option(help="option.shoes.pod")] = None,
    default: Annotated[bool, typer.Option("--default", help="option.shoes.default")] = False,
    config: SettingsOption = None,
) -> None:
    """Add a pair, or say more about one that is there."""
    from monitor.cli.runner_notebook import open_notebook

    name = clean_line(shoe)
    if not name or name.lower() == _NONE or name.isdecimal():
        raise ConfigError("error.shoes.name", name=shoe)
    given: dict[str, Any] = {"model": model, "drop_mm": drop_mm, "stack_mm": stack_mm, "start_km": start_km}
    given |= {"pods": pod or None, "default": True if default else None}
    with open_notebook(config) as notebook:
        _write_pair(notebook, name, {k: v for k, v in given.items() if v is not None} | {"retired": False})


def retire_command(shoe: ShoeName, config: SettingsOption = None) -> None:
    """Mark a pair as retired: it keeps its kilometres and gets no more."""
    from monitor.cli.runner_notebook import open_notebook

    with open_notebook(config) as notebook:
        pair = resolve_shoe(notebook.plan(), shoe)
        _write_pair(notebook, pair.shoe, {"retired": True, "default": False})


def use_command(
    shoe: ShoeName,
    session: Annotated[str | None, typer.Argument(help="option.log.session")] = None,
    config: SettingsOption = None,
) -> None:
    """Note in which pair a run was: the newest one, or the one that is named."""
    from monitor.cli.runner_notebook import entry_of_options, open_notebook, resolve_run

    with open_notebook(config) as notebook:
        plan = notebook.plan()
        name = "" if shoe.lower() == _NONE else resolve_shoe(plan, shoe).shoe
        run, day = resolve_run(notebook, plan, session)
        notebook.write(entry_of_options("session_shoe", {"session": run, "shoe": name}, day))


def resolve_shoe(plan: TrainingPlan, name: str) -> ShoeEntry:
    """Return the pair that is meant by its name, or the beginning of its name or model.

    ``InputError`` if none or several fit.
    """
    from monitor.training.entries import ShoeEntry, entries_of

    pairs = {e.shoe: e for e in entries_of(ShoeEntry, plan.standing)}
    asked = name.casefold()
    fitting = [e for e in pairs.values() if e.shoe.casefold() == asked]
    if not fitting and asked:
        fitting = [
            e for e in pairs.values() if any(n.casefold().startswith(asked) for n in (e.shoe, e.model))
        ]
    if len(fitting) != 1:
        names = ", ".join(sorted(pairs)) or user_text("say.shoes.no_names")
        raise InputError("error.shoes.unknown", name=name, names=names)
    return fitting[0]


def _write_pair(notebook: Notebook, name: str, changes: dict[str, Any]) -> None:
    """Write the last entry of a pair once more with these changes, or its first one."""
    from monitor.cli.runner_notebook import entry_of_options
    from monitor.core import json_codec
    from monitor.review.entry_text import own_fields
    from monitor.training.entries import ShoeEntry, entries_of

    pairs = {e.shoe: e for e in entries_of(ShoeEntry, notebook.plan().standing)}
    fields: dict[str, Any] = {"shoe": name}
    if name in pairs:
        fields = {f.name: json_codec.to_json(getattr(pairs[name], f.name)) for f in own_fields(pairs[name])}
    notebook.write(entry_of_options("shoe", fields | changes))


def shoe_change_lines(
    uses: Iterable[ShoeUse], changes: Collection[ShoeChange], messages: Catalogue
) -> Iterator[str]:
    """Yield what changed over the life of each pair, a heading for each, and at last what that means."""
    from monitor.review.shoe_gait import shoe_change_message

    for use in uses:
        mine = [change for change in changes if change.shoe == use.shoe.shoe]
        if mine:
            yield use.name
        yield from (f"  {messages.render(shoe_change_message(change))}" for change in mine)
    if changes:
        yield messages.text("plan.shoe.gait.about")


def shoes_table(uses: Sequence[ShoeUse]) -> Table:
    """Return one row per pair: kilometres ±, runs, braking dose, share of four weeks; retired ones last."""
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=None, padding=(0, 1), pad_edge=False)
    for heading in ("shoe", "km", "runs", "dose", "share", "state"):
        right = heading not in ("shoe", "state")
        table.add_column(
            user_text(f"say.shoes.column.{heading}"), justify="right" if right else "left", overflow="fold"
        )
    for use in sorted(uses, key=lambda use: use.shoe.retired):
        name = use.shoe.shoe if not use.shoe.model else f"{use.shoe.shoe} ({use.shoe.model})"
        table.add_row(
            escape(name), _km_text(use), str(use.runs), _dose_text(use), _share_text(use), _state_text(use)
        )
    return table


def _km_text(use: ShoeUse) -> str:
    mark = "+" if use.unknown_runs else ""
    if use.km_pm is None:
        return user_text("say.shoes.km", km=use.km) + mark
    return user_text("say.shoes.km_pm", km=use.km, pm=use.km_pm) + mark


def _dose_text(use: ShoeUse) -> str:
    return "?" if use.braking_dose_bws is None else user_text("say.shoes.dose", dose=use.braking_dose_bws)


def _share_text(use: ShoeUse) -> str:
    if use.shoe.retired:
        return ""
    return "?" if use.recent_share is None else user_text("say.shoes.share", share=100 * use.recent_share)


def _state_text(use: ShoeUse) -> str:
    if use.shoe.retired:
        return user_text("say.shoes.retired")
    return user_text("say.shoes.default") if use.shoe.default else ""
