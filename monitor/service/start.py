"""Live on the configured sensors: checked before anything is started, told in one line what is wrong."""

from __future__ import annotations

import asyncio
import datetime
import secrets
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from monitor.core.errors import ConfigError
from monitor.core.http_access import WebSettings
from monitor.core.monotonic import RealTime
from monitor.core.session_settings import SessionSettings
from monitor.devices.registry import SENSORS
from monitor.review import cadence_plan as plan
from monitor.review.cadence_plan import plan_file
from monitor.service.config import Config, data_folder, default_path, load
from monitor.service.live_session import Live, go, open_store
from monitor.service.wiring import sources


def run(config: Config, title: str, web: WebSettings | None = None, tape: Path | None = None) -> None:
    """Until Ctrl-C; with ``tape`` only that is written."""
    console = Console()
    live = Live(
        title=title,
        settings=config.session if tape is not None else coached(config, console),
        sources=lambda time: sources(config, time),
        web=web,
        tape=tape,
        summary=True,
    )
    go(config, live, console)


def coached(config: Config, console: Console) -> SessionSettings:
    """The session's settings with what the plan has for today, brought up to date with earlier runs."""
    path = plan_file(data_folder(config), config.athlete)
    known = plan.read(path)
    with open_store(config, console) as store:
        now = plan.catch_up(known, store, config.athlete, lambda i: console.print(f"learning from {i.id}"))
    if now != known:
        plan.write(path, now)
    today = datetime.datetime.now(datetime.UTC).date()
    coach = plan.coaching(now, config.coach, today, secrets.randbits(32))
    return replace(config.session, coach=coach)


def configured(path: Path | None) -> Config:
    """The settings, if there is something to run on; else the error says what to do.

    ``ConfigError`` without sensors, ``BluetoothOff`` without the Bluetooth that they need.
    """
    config = load(path)
    if not config.sensor:
        raise ConfigError(
            f"{path or default_path()} names no sensors: gaitcue setup asks for them, gaitcue scan "
            "shows what is near, gaitcue demo needs none"
        )
    if not sources(config, RealTime()):
        kinds = ", ".join(sorted({s.kind for s in config.sensor}))
        raise ConfigError(f"none of the configured sensors ({kinds}) can be listened to live")
    if any(SENSORS[s.kind].gatt for s in config.sensor):
        asyncio.run(_check_bluetooth(config))
    return config


def checked_tape(path: Path) -> Path:
    """A place where a tape can be written; ``ConfigError`` otherwise."""
    if path.suffix != ".tape":
        raise ConfigError(f"{path}: call it {path.name}.tape, so that gaitcue replay knows what it is")
    if path.exists():
        raise ConfigError(f"{path}: exists already, and a tape is never written over; choose another name")
    if not path.parent.is_dir():
        raise ConfigError(f"{path}: there is no folder {path.parent}; make it first")
    return path


async def _check_bluetooth(config: Config) -> None:
    from monitor.sources.bluetooth.scanner import Air

    for adapter in config.bluetooth.adapters or (None,):
        await Air(RealTime(), adapter).check()
