"""The command that shows the plan: today, a past day, its history, a calendar; and the reminder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from monitor.cli.options import SettingsOption
from monitor.core.errors import ConfigError, InputError, StoreError
from monitor.core.user_language import user_language, user_text

if TYPE_CHECKING:
    from monitor.cli.runner_notebook import Notebook


def plan_command(
    day: Annotated[str | None, typer.Option(help="option.plan.day")] = None,
    history: Annotated[bool, typer.Option("--history", help="option.plan.history")] = False,
    km: Annotated[float | None, typer.Option(min=0.1, max=500, help="option.plan.km")] = None,
    ics: Annotated[Path | None, typer.Option(metavar="FILE", help="option.plan.ics")] = None,
    remind: Annotated[bool, typer.Option("--remind", help="option.plan.remind")] = False,
    config: SettingsOption = None,
) -> None:
    """Show what your plan allows today, and why."""
    from monitor.cli.plan_views import print_history, print_plan
    from monitor.cli.runner_notebook import open_notebook

    if sum((day is not None, history, km is not None, ics is not None, remind)) > 1:
        raise ConfigError("error.plan.one_of")
    with open_notebook(config) as notebook:
        if remind:
            _remind(notebook)
        elif day is not None:
            _print_day(notebook, day)
        elif ics is not None:
            _write_calendar(notebook, ics)
        elif km is not None:
            _print_planned(notebook, km)
        elif history:
            print_history(notebook.plan())
        else:
            plan = notebook.plan()
            print_plan(plan, plan.week[-1])


def _print_day(notebook: Notebook, text: str) -> None:
    from monitor.cli.plan_views import print_plan
    from monitor.cli.runner_notebook import day_of_option

    plan, day = notebook.plan(), day_of_option(text)
    assert day is not None
    replayed = plan.day(day)
    if replayed is None:
        come = day > plan.today
        raise InputError("error.plan.to_come" if come else "error.plan.before", day=day.isoformat())
    decisions = notebook.keeper.stored_decisions()
    print_plan(plan, replayed, None if day == plan.today else decisions.compare(replayed.decision))


def _print_planned(notebook: Notebook, km: float) -> None:
    from monitor.cli.plan_views import print_reasons
    from monitor.training.planned_run import planned_run_reasons

    plan = notebook.plan()
    print_reasons(planned_run_reasons(km, plan.now, plan.rules))


def _write_calendar(notebook: Notebook, path: Path) -> None:
    from monitor.cli.plan_views import print_disclaimer
    from monitor.core.private_files import create_private_file
    from monitor.review.plan_calendar import calendar_days, calendar_text
    from monitor.service.runner_plan import runner_now

    days = calendar_days(notebook.plan())
    if not days:
        raise InputError("error.plan.none")
    text = calendar_text(days, notebook.keeper.athlete, runner_now(), user_language())
    try:
        create_private_file(path)
        path.write_bytes(text.encode())
    except OSError as exc:
        raise StoreError("error.cannot_write", path=path, reason=exc) from exc
    print(user_text("say.plan.ics", n=len(days), path=str(path)))
    print_disclaimer()


def _remind(notebook: Notebook) -> None:
    from monitor.service.plan_reminder import send_reminder
    from monitor.service.runner_plan import runner_now

    if notebook.config.plan.morning_at is None:
        print(user_text("say.plan.no_morning"))
    elif not send_reminder(notebook.plan(), notebook.config, runner_now(), print):
        raise typer.Exit(1)
