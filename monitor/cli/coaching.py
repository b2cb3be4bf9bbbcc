"""Commands about cues: the runner's own normal, and what cue rules would have said."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from monitor.cli.options import PlacementChoice, SettingsOption, finite_number
from monitor.core.user_language import user_text

if TYPE_CHECKING:
    from monitor.service.config import Config
    from monitor.storage.plan_file import Plan
    from monitor.storage.session_info import SessionInfo


def baseline_command(
    relearn: Annotated[bool, typer.Option("--relearn", help="option.baseline.relearn")] = False,
    freeze: Annotated[bool, typer.Option("--freeze", help="option.baseline.freeze")] = False,
    picture: Annotated[Path | None, typer.Option(help="option.baseline.picture")] = None,
    config: SettingsOption = None,
) -> None:
    """Show your usual cadence at each speed, and your target."""
    import datetime

    from rich.console import Console

    from dsp.cueing.baseline import Baseline
    from monitor.review import baseline_chart, cadence_plan
    from monitor.service.config import data_folder, load_config
    from monitor.service.runner_plan import own_tables_folder, plan_tables
    from monitor.storage.plan_file import plan_path, write_plan
    from monitor.training.cadence_steps import next_step, noted_responses, step_history
    from monitor.web.baseline_file import write_baseline_chart

    console, settings = Console(), load_config(config)
    path = plan_path(data_folder(settings), settings.athlete)
    plan = _learned_plan(settings, path, relearn)
    if freeze:
        plan = cadence_plan.frozen_plan(plan)
    write_plan(path, plan)
    if plan.baseline is None:
        console.print(user_text("say.baseline.nothing"))
        return
    today = datetime.datetime.now(datetime.UTC).date()
    tables = plan_tables(own_tables_folder())
    steps = step_history(noted_responses(plan, tables.verdicts), today, settings.target, tables.doses)
    now = next_step(plan, settings.session.runner, settings.target, today, tables)
    if not steps or now != steps[-1]:
        steps = (*steps, now)
    view = baseline_chart.BaselineView(
        athlete=settings.athlete,
        baseline=Baseline.from_dict(plan.baseline),
        steps=steps,
        target=settings.target,
    )
    out = picture or path.with_suffix(".html")
    write_baseline_chart(view, out)
    console.print(baseline_chart.baseline_table(view))
    console.print(baseline_chart.baseline_text(view))
    console.print(baseline_chart.steps_table(view))
    console.print(user_text("say.baseline.picture", path=str(out)), soft_wrap=True)


def _learned_plan(settings: Config, path: Path, relearn: bool) -> Plan:
    """The plan with all sessions that are not in it yet; with ``relearn`` it is made from nothing."""
    import contextlib

    from rich.console import Console

    from monitor.core.errors import StoreError
    from monitor.review import cadence_plan
    from monitor.service.session_store import open_store
    from monitor.storage.plan_file import Plan, read_plan

    console = Console()
    with open_store(settings) as store, console.status(user_text("say.baseline.learning")) as status:

        def show_progress(info: SessionInfo) -> None:
            status.update(user_text("say.baseline.learning_from", session=info.id))

        if not relearn:
            return cadence_plan.catch_up(read_plan(path), store, settings.athlete, show_progress)
        before = Plan()
        with contextlib.suppress(StoreError):  # a damaged file is why some learn from nothing
            before = read_plan(path)
        return cadence_plan.relearn(before, store, settings.athlete, show_progress)


def coaching_trial_command(
    file: Annotated[Path | None, typer.Argument(help="option.trial.file")] = None,
    runs: Annotated[int, typer.Option(min=1, help="option.trial.runs")] = 2,
    drift: Annotated[float, typer.Option(callback=finite_number, help="option.trial.drift")] = -6.0,
    seed: Annotated[int, typer.Option(help="option.trial.seed")] = 9_000_000,
    placement: Annotated[PlacementChoice | None, typer.Option(help="option.trial.placement")] = None,
) -> None:
    """Compare cue rules on a runner whose cadence drifts.

    The runners are simulated; it exits with 1 if gaitcue misses a limit.
    With a recording, drifts are put into a real run.
    """
    from monitor.cli.coaching_trial_tables import print_recording_trial, print_simulated_trial

    if file is None:
        if not print_simulated_trial(runs, seed):
            raise typer.Exit(1)
    else:
        print_recording_trial(file, drift, placement and placement.value)
