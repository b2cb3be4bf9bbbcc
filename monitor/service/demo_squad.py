"""Several sessions at once in one program: the simulated squad, one row each in the terminal."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator
from dataclasses import replace

from rich.console import Console
from rich.live import Live as Screen
from rich.table import Table

from dsp.metrics import BY_NAME
from monitor.core.monotonic import SystemClock
from monitor.core.records import Out, SessionEnded
from monitor.pipeline.session import Session
from monitor.recordings.recording import Recording
from monitor.service.config import Config, StoreSettings, data_folder
from monitor.service.live_session import open_store, session_started
from monitor.service.serve import serve
from monitor.service.wiring import SINKS, SinkContext
from monitor.simulation.squad import SQUAD, squad
from monitor.sinks.live_state import LiveState
from monitor.sinks.protocol import Sink
from monitor.sinks.store import StoreSink
from monitor.sources.replay import Replay
from monitor.storage.new_session import begin_session
from monitor.storage.store import Store

_SHOWN = ("cadence_spm", "speed_mps", "contact_balance_pct", "overstride_m", "braking_impulse_bws")


def run_demo_squad(config: Config, count: int, seconds: float, pace: float) -> None:
    """The first ``count`` athletes at once, into a store of their own and every configured system."""
    console = Console()
    config = replace(config, store=StoreSettings(folder=data_folder(config) / "squad"))
    with console.status("lacing shoes"):
        recordings = squad(SQUAD[:count], seconds)
    with open_store(config, console) as store:
        asyncio.run(_all(config, store, recordings, pace, console))
    console.print()
    console.print(f"kept in {config.store.folder}; simulated athletes show that everything works")


async def _all(
    config: Config, store: Store, recordings: list[Recording], pace: float, console: Console
) -> None:
    rows = {r.settings.athlete: _Row() for r in recordings}
    with Screen(console=console, refresh_per_second=4, get_renderable=lambda: _table(rows)):
        async with asyncio.TaskGroup() as group:
            for recording in recordings:
                athlete = recording.settings.athlete
                work = _one(config, store, recording, pace, rows[athlete])
                group.create_task(work, name=f"session of {athlete}")


async def _one(config: Config, store: Store, recording: Recording, pace: float, row: _Row) -> SessionEnded:
    time, settings = SystemClock(), recording.settings
    started = session_started(settings)
    tape = await asyncio.to_thread(begin_session, store, data_folder(config), "squad", settings, started)
    sinks: list[Sink] = [row, StoreSink(store, started.session, time)]
    context = SinkContext(config=config, store=store, started=started, time=time)
    sinks += [sink for make in SINKS if (sink := make(context)) is not None]
    source = Replay(recording, time, pace if pace > 0 else math.inf)
    return await serve([source], Session(settings), sinks, started, tape=tape, time=time)


class _Row:
    """One athlete's newest numbers."""

    name = "terminal"

    def __init__(self) -> None:
        self.board = LiveState(history_s=60)

    async def run(self, batches: AsyncIterator[list[Out]]) -> None:
        async for batch in batches:
            self.board.push(batch)


def _table(rows: dict[str, _Row]) -> Table:
    table = Table(title=f"{len(rows)} simulated athletes")
    table.add_column("athlete")
    for name in _SHOWN:
        table.add_column(f"{BY_NAME[name].label}\n{BY_NAME[name].unit}", justify="right")
    table.add_column("lost\n%", justify="right")
    table.add_column("doing")
    for athlete, row in rows.items():
        state = row.board.state()
        now = [state["now"].get(name) for name in _SHOWN]
        numbers = [
            "—" if v is None else f"{v['value']:.{BY_NAME[n].decimals}f}"
            for n, v in zip(_SHOWN, now, strict=True)
        ]
        seen = sum(s["received"] + s["lost"] for s in state["sensors"].values())
        lost = 100 * sum(s["lost"] for s in state["sensors"].values()) / seen if seen else 0.0
        table.add_row(athlete, *numbers, f"{lost:.1f}", str(state["activity"]))
    return table
