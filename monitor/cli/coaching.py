"""Commands about cues: the runner's own normal, and what a policy would have said."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from monitor.cli.options import Settings, Where

if TYPE_CHECKING:
    from monitor.storage.session_info import SessionInfo


def baseline(
    relearn: Annotated[bool, typer.Option(help="from nothing, out of all kept sessions")] = False,
    freeze: Annotated[bool, typer.Option(help="learn no more: the target is made from this")] = False,
    picture: Annotated[Path | None, typer.Option(help="where to put the picture (an HTML file)")] = None,
    config: Settings = None,
) -> None:
    """Show your own cadence over speed, how sure it is, and the target made from it."""
    import datetime

    from rich.console import Console

    from dsp.cueing.baseline import Baseline
    from monitor.review import baseline_chart, cadence_plan
    from monitor.service.config import data_folder, load_config
    from monitor.service.live_session import open_store
    from monitor.storage.plan_file import plan_file, read_plan, write_plan

    console, settings = Console(), load_config(config)
    folder, athlete = data_folder(settings), settings.athlete
    path = plan_file(folder, athlete)
    with open_store(settings, Console(stderr=True)) as store, console.status("learning") as status:

        def show_progress(info: SessionInfo) -> None:
            status.update(f"learning from {info.id}")

        if relearn:
            now = cadence_plan.relearn(store, athlete, show_progress)
        else:
            now = cadence_plan.catch_up(read_plan(path), store, athlete, show_progress)
    if freeze:
        now = cadence_plan.frozen_plan(now)
    write_plan(path, now)
    if now.baseline is None:
        console.print(
            "Nothing learned yet: gaitcue run learns by itself, in the first minutes of steady running; "
            "gaitcue baseline --relearn reads the sessions that are kept already."
        )
        return
    shown = baseline_chart.BaselineView(
        athlete=athlete,
        baseline=Baseline.from_dict(now.baseline),
        week=cadence_plan.plan_week(now, datetime.datetime.now(datetime.UTC).date()),
        target=settings.target,
    )
    out = picture or folder / "plans" / f"{path.stem}.html"
    baseline_chart.write_baseline_chart(shown, out)
    console.print(baseline_chart.baseline_table(shown))
    console.print(baseline_chart.baseline_text(shown))
    console.print(f"picture: {out}", soft_wrap=True)


def twin(
    file: Annotated[
        Path | None, typer.Argument(help="a recording to put drifts into; left out: a simulated runner")
    ] = None,
    hours: Annotated[float, typer.Option(min=0.2, help="simulated hours on each ground")] = 6.0,
    drift: Annotated[float, typer.Option(help="steps/min by which the cadence drifts")] = -6.0,
    seed: Annotated[int, typer.Option(help="of the first hour; each hour has its own")] = 5000,
    placement: Annotated[Where | None, typer.Option(help="which sensor of the recording to use")] = None,
) -> None:
    """Compare when to speak: a runner who answers cues, coached by gaitcue and by other rules."""
    from monitor.cli.coaching_trial_tables import recorded, simulated_tables

    if file is None:
        simulated_tables(hours, drift, seed)
    else:
        recorded(file, drift, placement and placement.value)
