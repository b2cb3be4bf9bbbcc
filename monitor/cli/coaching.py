"""Commands about cues: the runner's own normal, and what a policy would have said."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from monitor.cli.options import Settings, Where

if TYPE_CHECKING:
    from monitor.storage.store import SessionInfo


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
    from monitor.review import baseline_chart as own_normal
    from monitor.review import cadence_plan as plan
    from monitor.service.config import data_folder, load
    from monitor.service.live_session import open_store

    console, settings = Console(), load(config)
    folder, athlete = data_folder(settings), settings.athlete
    path = plan.plan_file(folder, athlete)
    with open_store(settings, Console(stderr=True)) as store, console.status("learning") as status:

        def told(info: SessionInfo) -> None:
            status.update(f"learning from {info.id}")

        if relearn:
            now = plan.relearn(store, athlete, told)
        else:
            now = plan.catch_up(plan.read(path), store, athlete, told)
    if freeze:
        now = plan.frozen(now)
    plan.write(path, now)
    if now.baseline is None:
        console.print(
            "Nothing learned yet: gaitcue run learns by itself, in the first minutes of steady running; "
            "gaitcue baseline --relearn reads the sessions that are kept already."
        )
        return
    shown = own_normal.Shown(
        athlete=athlete,
        baseline=Baseline.from_dict(now.baseline),
        week=now.week(datetime.datetime.now(datetime.UTC).date()),
        target=settings.target,
    )
    out = picture or folder / "plans" / f"{path.stem}.html"
    own_normal.save(shown, out)
    console.print(own_normal.table(shown))
    console.print(own_normal.summary(shown))
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
    from monitor.cli.coaching_trial_tables import recorded, simulated

    if file is None:
        simulated(hours, drift, seed)
    else:
        recorded(file, drift, placement and placement.value)
