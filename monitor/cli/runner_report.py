"""The command that writes the report of a runner's last weeks, for a coach, a physio or the runner."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from monitor.cli.options import SettingsOption
from monitor.core.errors import InputError
from monitor.core.user_language import user_language, user_text


def report_command(
    athlete: Annotated[str | None, typer.Argument(help="option.report.athlete")] = None,
    squad: Annotated[bool, typer.Option("--squad", help="option.report.squad")] = False,
    weeks: Annotated[int, typer.Option(min=1, max=26, help="option.report.weeks")] = 4,
    out: Annotated[Path | None, typer.Option(help="option.report.out")] = None,
    open_browser: Annotated[bool, typer.Option("--open/--no-open", help="option.report.open")] = True,
    config: SettingsOption = None,
) -> None:
    """Write one page: the last weeks of a runner, or the last seven days of a squad."""
    if squad and athlete is not None:
        raise InputError("error.report.squad_or_one")
    write = _write_squad_report if squad else _write_runner_report
    path = write(config, athlete, weeks, out)
    print(path)
    if open_browser:
        from monitor.core.browser import open_in_browser

        open_in_browser(path.absolute().as_uri())


def _write_squad_report(config: Path | None, athlete: str | None, weeks: int, out: Path | None) -> Path:
    """Write the page of everybody in the store, and return its path."""
    from monitor.service.config import load_config
    from monitor.service.session_store import open_store
    from monitor.service.squad_report import write_squad_report

    settings = load_config(config)
    with open_store(settings) as store:
        return write_squad_report(settings, store, out)


def _write_runner_report(config: Path | None, athlete: str | None, weeks: int, out: Path | None) -> Path:
    """Write the page of one runner, say what is in it, and return its path."""
    from monitor.core.message_catalogues import catalogue
    from monitor.review.shared_report import shared_report
    from monitor.review.shared_report_page import shared_names, write_report
    from monitor.service.config import data_folder, load_config
    from monitor.service.runner_plan import config_of_athlete, plan_keeper, runner_now
    from monitor.service.session_store import open_store
    from monitor.storage.runner_log import athlete_file_name

    settings = config_of_athlete(load_config(config), athlete)
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
    return path
