"""The command that writes the report of a runner's last weeks, for a coach, a physio or the runner."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from monitor.cli.options import SettingsOption
from monitor.core.errors import InputError
from monitor.core.user_language import user_language, user_text

if TYPE_CHECKING:
    from monitor.service.config import Config


def report_command(
    athlete: Annotated[str | None, typer.Argument(help="option.report.athlete")] = None,
    weeks: Annotated[int, typer.Option(min=1, max=26, help="option.report.weeks")] = 4,
    out: Annotated[Path | None, typer.Option(help="option.report.out")] = None,
    open_browser: Annotated[bool, typer.Option("--open/--no-open", help="option.report.open")] = True,
    config: SettingsOption = None,
) -> None:
    """Write one page about the last weeks of a runner: what is shared, or your own with all."""
    import webbrowser

    from monitor.core.message_catalogues import catalogue
    from monitor.review.shared_report import shared_report
    from monitor.review.shared_report_page import shared_names, write_report
    from monitor.service.config import data_folder, load_config
    from monitor.service.runner_plan import plan_keeper, runner_now
    from monitor.service.session_store import open_store
    from monitor.storage.runner_log import athlete_file_name

    settings = _settings_of(load_config(config), athlete)
    keeper = plan_keeper(settings)
    with open_store(settings) as store:
        plan = keeper.load(store, runner_now())
    if not plan.entries:
        raise InputError("error.report.nothing", athlete=settings.athlete)
    report = shared_report(plan, keeper.load_planned_days(plan), weeks, own=athlete is None)
    name = (
        f"{athlete_file_name(settings.athlete)}-{plan.today.isoformat()}{'-own' if report.own else ''}.html"
    )
    path = out or data_folder(settings) / "reports" / name
    write_report(report, path, user_language())
    if report.own:
        print(user_text("say.report.own"))
    else:
        names = shared_names(report, catalogue(user_language())) or user_text("say.report.nothing_shared")
        print(user_text("say.report.shared", athlete=settings.athlete, items=names))
    print(path)
    if open_browser:
        webbrowser.open(path.absolute().as_uri())


def _settings_of(config: Config, athlete: str | None) -> Config:
    """The settings with the runner who is meant, and ``[plan]`` of a file of that name, if any."""
    from monitor.core.settings_path import athlete_file
    from monitor.service.config import load_config

    if athlete is None or athlete == config.athlete:
        return config
    path = athlete_file(athlete)
    plan = load_config(path).plan if path.exists() else type(config.plan)()
    return dataclasses.replace(config, athlete=athlete, plan=plan)
