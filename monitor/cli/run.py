"""Commands that run a session: on simulated sensors, on your own, on a recording."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from monitor.cli.options import Host, Leg, Port, Settings, Web, Where, pace, page_settings


def demo(
    seconds: Annotated[float, typer.Option(min=1, help="length of the simulated run")] = 90.0,
    speed: Annotated[float, typer.Option(min=0, help="times real time; 0: as fast as possible")] = 3.0,
    web: Annotated[bool, typer.Option(help="serve the live page meanwhile")] = True,
    radio: Annotated[
        bool, typer.Option("--radio", help="emulated Bluetooth sensors in real time (extra: radio)")
    ] = False,
    host: Host = None,
    port: Port = 0,
    squad: Annotated[
        int, typer.Option(min=0, max=8, help="so many athletes at once, to every system set up")
    ] = 0,
    config: Settings = None,
) -> None:
    """Run on two simulated shoes and a belt: numbers as they come, a drift, the cue, the answer."""
    from monitor.service.config import Config, load_config
    from monitor.service.demo import run_demo as run
    from monitor.service.demo import run_radio_demo

    shown = page_settings(Config(), host, port) if web else None
    if squad:
        from monitor.service.demo_squad import run_demo_squad as run_squad

        run_squad(load_config(config), squad, seconds, speed)
    elif radio:
        run_radio_demo(seconds, shown)
    else:
        run(seconds, speed, shown)


def run(
    web: Annotated[bool, typer.Option(help="serve the live page")] = True,
    host: Host = None,
    port: Port = None,
    title: Annotated[str, typer.Option(help="what this run is to be called")] = "run",
    athlete: Annotated[
        str | None, typer.Option(help="of several runners: use NAME.toml beside the usual settings file")
    ] = None,
    config: Settings = None,
) -> None:
    """Run live on the configured sensors until Ctrl-C: page, store and tape."""
    from monitor.service.config import athlete_file
    from monitor.service.start import ready_config
    from monitor.service.start import run_live as start

    settings = ready_config(athlete_file(athlete) if athlete else config)
    start(settings, title, web=page_settings(settings, host, port) if web else None)


def record(
    raw: Annotated[Path, typer.Option(help="the tape to write, something.tape; it must not exist yet")],
    config: Settings = None,
) -> None:
    """Record what the configured sensors send, untouched, until Ctrl-C; nothing else is kept."""
    from monitor.service.start import new_tape_path, ready_config
    from monitor.service.start import run_live as start

    tape = new_tape_path(raw)
    start(ready_config(config), raw.stem, tape=tape)


def replay(
    file: Annotated[Path, typer.Argument(help="a tape, .npz, or .csv of one IMU")],
    speed: Annotated[str, typer.Option(help="times real time, or max")] = "1",
    web: Web = False,
    host: Host = None,
    port: Port = None,
    placement: Annotated[Where | None, typer.Option(help="where the one sensor was worn")] = None,
    side: Annotated[Leg | None, typer.Option(help="which leg it was worn on")] = None,
    keep: Annotated[bool, typer.Option(help="keep it as a session of its own")] = True,
    config: Settings = None,
) -> None:
    """Run a recording through the live service, as if it happened now."""
    from rich.console import Console

    from monitor.recordings.readers import read_recording
    from monitor.service.config import load_config
    from monitor.service.live_session import LiveOptions, run_session
    from monitor.sources.replay import Replay

    settings, times = load_config(config), pace(speed)
    recording = read_recording(file, placement and placement.value, side and side.value)
    live = LiveOptions(
        title=recording.title,
        settings=recording.settings,
        sources=lambda time: [Replay(recording, time, times)],
        keep=keep,
        web=page_settings(settings, host, port) if web else None,
        linger=web,
        pace=times,
    )
    run_session(settings, live, Console())
