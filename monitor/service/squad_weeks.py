"""The made-up weeks of simulated runners: stored for who is new, and brought to the coach's server."""

from __future__ import annotations

import asyncio
import datetime
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from importlib.metadata import version

from rich.console import Console
from rich.progress import track

from monitor.core import json_codec
from monitor.core.monotonic import SystemClock
from monitor.core.session_settings import SessionSettings
from monitor.core.user_language import user_text
from monitor.service.config import Config
from monitor.service.runner_plan import plan_keeper
from monitor.service.shared_plan import shared_days_delivery
from monitor.simulation.squad import Athlete
from monitor.simulation.squad_history import PastRun, past_entries, past_runs
from monitor.sinks.influx.backfill import send_runs, send_waiting
from monitor.sinks.influx.sink import INFLUX_SINK
from monitor.storage.session_info import SessionInfo
from monitor.storage.store import Store
from monitor.training.entries import Entry

_TITLE = "made up"  # of these runs, by which they are known again


def add_weeks(
    config: Config,
    store: Store,
    runners: Iterable[tuple[Athlete, SessionSettings]],
    today: datetime.date,
    console: Console,
    entries: Callable[[Athlete, datetime.date], Sequence[Entry]] = past_entries,
) -> None:
    """Store the weeks before ``today`` of those runners who have no made-up weeks yet.

    The settings are those of the runs; ``entries`` returns what a runner has written down.
    """
    there = {info.athlete for info in store.sessions() if info.title == _TITLE}
    new = [(a, settings) for a, settings in runners if a.name not in there]
    for athlete, settings in track(new, user_text("say.demo.weeks"), console=console, transient=True):
        keeper = plan_keeper(replace(config, athlete=athlete.name))
        keeper.delete()
        if written := entries(athlete, today):
            keeper.add(*written)
        for run in past_runs(athlete, today):
            _store_past_run(store, run, json.dumps(json_codec.to_json(settings)))


def _store_past_run(store: Store, run: PastRun, settings: str) -> None:
    info = SessionInfo(
        id=run.session, athlete=run.athlete, title=_TITLE, started_utc=run.started.isoformat(),
        sensors=run.sensors, settings=settings, version=version("gaitcue"), source=f"replay:{run.session}",
    )  # fmt: skip
    store.begin(info)
    store.write(run.session, run.records)
    store.end(run.session, float(run.seconds))


def send_weeks(config: Config, store: Store, athletes: Iterable[str], console: Console) -> None:
    """Send what the weeks came to, and what the athletes share, to the server of the settings, if any.

    A server that is new gets every run and day, and the seconds of each athlete's newest run alone.
    """
    if config.influx.url is None:
        return
    if not store.has_account(INFLUX_SINK):
        sessions = store.sessions()
        send_runs(config.influx, store, [info.id for info in sessions], console)
        store.skip_history(INFLUX_SINK)
        newest = {info.athlete: info.id for info in reversed(sessions)}
        send_waiting(config.influx, store, list(newest.values()), console)
    for name in athletes:
        theirs = replace(config, athlete=name)
        asyncio.run(shared_days_delivery(theirs, store, SystemClock()).deliver())
