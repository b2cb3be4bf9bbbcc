"""Several sessions at once in one program: the simulated squad, one row each in the terminal."""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import logging
import math
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.live import Live as Screen
from rich.table import Table

from dsp.metrics import BY_NAME, MetricSpec, Role, with_role
from monitor.core.errors import StoreError
from monitor.core.log_output import write_in_thread
from monitor.core.message_catalogues import catalogue
from monitor.core.monotonic import SystemClock
from monitor.core.records import Out
from monitor.core.service_loop import run_with_spare_threads
from monitor.core.user_language import user_language, user_text
from monitor.pipeline.session import Session
from monitor.recordings.recording import Recording
from monitor.service.config import Config, StoreSettings, data_folder
from monitor.service.live_session import is_watched, result_console, session_started
from monitor.service.run_loss import loss_of_run
from monitor.service.runner_wishes import RunnerWishes
from monitor.service.serve import serve
from monitor.service.session_store import open_store
from monitor.service.squad_report import write_squad_report
from monitor.service.squad_weeks import add_weeks, send_weeks
from monitor.service.wiring import SinkContext, configured_sinks
from monitor.simulation.squad import SQUAD, squad_recordings
from monitor.sinks.cue_text import label_text
from monitor.sinks.live_state import LiveState
from monitor.sinks.protocol import Sink
from monitor.sinks.session_log import SessionLog
from monitor.sinks.store import StoreSink
from monitor.sources.replay import Replay
from monitor.storage.new_session import begin_run
from monitor.storage.store import Store

_log = logging.getLogger(__name__)

_METRICS = [BY_NAME[name] for name in with_role(Role.SQUAD)]
_SLOWEST_MPS = 0.3  # slower speeds have no pace


def run_demo_squad(
    config: Config, count: int, seconds: float, pace: float, today: datetime.date | None = None
) -> None:
    """Run the first ``count`` simulated athletes at once, into a store of their own and to all systems.

    ``seconds``: length of each run; ``pace``: times real time, 0: as fast as possible.  Who is new to the
    store gets four made-up weeks before ``today``, without which there are none.  ``StoreError`` if a part
    of a run is lost, once all have ended; the log tells of others that lost something.
    """
    console = result_console()
    config = replace(config, store=StoreSettings(folder=squad_folder(config)))
    with console.status("lacing shoes"):
        recordings = squad_recordings(SQUAD[:count], seconds)
    with open_store(config) as store, write_in_thread():
        if today is not None:
            runners = [(a, r.settings) for a, r in zip(SQUAD[:count], recordings, strict=True)]
            add_weeks(config, store, runners, today, console)
            send_weeks(config, store, [r.settings.athlete for r in recordings], console)
        losses = run_with_spare_threads(_run_squad(config, store, recordings, pace, console))
    console.print()
    for loss in losses[1:]:
        _log.error("%s", loss.log_text)
    if losses:
        raise losses[0]
    console.print(user_text("say.demo.squad_kept", folder=str(config.store.folder)), soft_wrap=True)
    if today is not None:
        with open_store(config) as store:
            report = write_squad_report(config, store)
        console.print(user_text("say.demo.squad_report", path=str(report)), soft_wrap=True)


def squad_folder(config: Config) -> Path:
    """Return where the simulated squad is stored: apart from the sessions of people."""
    return data_folder(config) / "squad"


async def _run_squad(
    config: Config, store: Store, recordings: list[Recording], pace: float, console: Console
) -> list[StoreError]:
    """What is lost of the runs; none if all of them are kept whole."""
    rows = {r.settings.athlete: _AthleteRow() for r in recordings}
    screen = Screen(console=console, refresh_per_second=4, get_renderable=lambda: _squad_table(rows))
    with screen if console.is_terminal else contextlib.nullcontext():
        async with asyncio.TaskGroup() as group:
            tasks = []
            for recording in recordings:
                athlete = recording.settings.athlete
                work = _run_athlete(
                    config, store, recording, pace, rows[athlete], watched=is_watched(console)
                )
                tasks.append(group.create_task(work, name=f"session of {athlete}"))
    return [loss for task in tasks if (loss := task.result()) is not None]


async def _run_athlete(
    config: Config, store: Store, recording: Recording, pace: float, row: _AthleteRow, *, watched: bool
) -> StoreError | None:
    time, settings = SystemClock(), recording.settings
    started = session_started(settings)
    folder = data_folder(config)
    begin = partial(begin_run, replayed=True)  # nobody ran: no folder and no training log gets it
    started, tape = await asyncio.to_thread(begin, store, folder, "squad", settings, started)
    session = Session(settings)
    wishes = RunnerWishes(lambda: session.t_s)
    context = SinkContext(
        config=config, store=store, started=started, time=time, recorded=False,
        say_line=partial(wishes.say_line, when_stopped=False),
    )  # fmt: skip
    stored = StoreSink(store, started.session, time)
    sinks: list[Sink] = [row, stored, *configured_sinks(context)]
    if not watched:
        sinks.append(SessionLog())
    replay = Replay(recording, time, pace if pace > 0 else math.inf)
    await serve([replay], session, sinks, started, tape=tape, wishes=wishes, time=time)
    return await asyncio.to_thread(loss_of_run, store, tape, started.session, stored_whole=stored.complete)


class _AthleteRow:
    """One athlete's newest numbers."""

    name = "terminal"

    def __init__(self) -> None:
        self.live_state = LiveState(history_s=60)

    async def run(self, batches: AsyncIterator[list[Out]]) -> None:
        async for batch in batches:
            self.live_state.push(batch)


def _squad_table(rows: dict[str, _AthleteRow]) -> Table:
    table = Table(title=user_text("say.demo.squad", n=len(rows)))
    table.add_column(user_text("say.session.athlete"))
    for metric in _METRICS:
        table.add_column(
            f"{label_text(metric, catalogue(user_language()))}\n{metric.display_or_unit.unit}",
            justify="right",
        )
    table.add_column(user_text("terminal.column.lost") + "\n%", justify="right")
    table.add_column(user_text("say.demo.doing"))
    for athlete, row in rows.items():
        state = row.live_state.state()
        numbers = [_value_text(metric, state["now"].get(metric.name)) for metric in _METRICS]
        seen = sum(s["received"] + s["lost"] for s in state["sensors"].values())
        lost = 100 * sum(s["lost"] for s in state["sensors"].values()) / seen if seen else 0.0
        table.add_row(athlete, *numbers, f"{lost:.1f}", user_text(f"terminal.activity.{state['activity']}"))
    return table


def _value_text(metric: MetricSpec, estimate: Mapping[str, Any] | None) -> str:
    """The newest value as a runner reads it; a speed as minutes and seconds per kilometre."""
    display = metric.display_or_unit
    if estimate is None:
        return "—"
    if display.pace:
        speed_mps = estimate["value"]
        if speed_mps < _SLOWEST_MPS:
            return "—"
        minutes, seconds = divmod(round(1000 / speed_mps), 60)
        return f"{minutes}:{seconds:02}"
    return f"{estimate['value'] * display.scale:.{display.decimals}f}"
