"""Commands that run a session: on simulated sensors, on your own, on a recording."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from monitor.cli.options import (
    HostOption,
    LogFormatOption,
    PlacementChoice,
    PortOption,
    SettingsOption,
    SideChoice,
    VerboseOption,
    WebOption,
    finite_number,
    page_settings,
    speed_factor,
)


def demo_command(
    seconds: Annotated[
        float | None, typer.Option(min=1, callback=finite_number, help="option.demo.seconds")
    ] = None,
    speed: Annotated[float, typer.Option(min=0, callback=finite_number, help="option.demo.speed")] = 3.2,
    history: Annotated[bool, typer.Option("--history", help="option.demo.history")] = False,
    open_browser: Annotated[bool, typer.Option("--open/--no-open", help="option.demo.open")] = True,
    web: Annotated[bool, typer.Option(help="option.demo.web")] = True,
    radio: Annotated[bool, typer.Option("--radio", help="option.demo.radio")] = False,
    drift: Annotated[Literal["both", "cadence", "load"], typer.Option(help="option.demo.drift")] = "both",
    host: HostOption = None,
    port: PortOption = 0,
    squad: Annotated[int, typer.Option(min=0, max=8, help="option.demo.squad")] = 0,
    hub: Annotated[int, typer.Option(min=0, max=500, help="option.demo.hub")] = 0,
    config: SettingsOption = None,
    verbose: VerboseOption = 0,
    log_format: LogFormatOption = None,
) -> None:
    """Show a short run on simulated sensors; no hardware needed."""
    from monitor.core.log_output import extend_logging
    from monitor.service.config import Config, load_config
    from monitor.service.demo import run_demo, run_radio_demo
    from monitor.service.runner_plan import runner_now

    extend_logging(verbose, log_format)
    page, today = page_settings(Config(), host, port) if web else None, runner_now().date()
    if squad:
        from monitor.service.demo_squad import run_demo_squad

        run_demo_squad(load_config(config), squad, seconds or _OTHER_DEMOS_S, speed, today)
    elif hub:
        from monitor.hub.demo_hub import run_demo_hub
        from monitor.service.live_session import result_console

        run_demo_hub(hub, seconds or _OTHER_DEMOS_S, result_console())
    elif radio:
        run_radio_demo(seconds or _OTHER_DEMOS_S, page)
    else:
        until = today if history else None
        run_demo(seconds, speed, page, drift, history_until=until, browse=open_browser)


_OTHER_DEMOS_S = 90.0


def run_command(
    web: Annotated[bool, typer.Option(help="option.web")] = True,
    host: HostOption = None,
    port: PortOption = None,
    title: Annotated[str, typer.Option(help="option.run.title")] = "run",
    athlete: Annotated[str | None, typer.Option(help="option.run.athlete")] = None,
    wait: Annotated[bool, typer.Option("--wait", help="option.run.wait")] = False,
    config: SettingsOption = None,
    verbose: VerboseOption = 0,
    log_format: LogFormatOption = None,
) -> None:
    """Start a run on your sensors, with cues; Ctrl-C ends it."""
    from monitor.core.log_output import extend_logging
    from monitor.core.settings_path import athlete_file
    from monitor.service.start import ready_config, run_live

    extend_logging(verbose, log_format)
    settings = ready_config(athlete_file(athlete) if athlete else config)
    page = page_settings(settings, host, port) if web else None
    run_live(settings, title, web=page, wait=wait and page is not None)


def record_command(
    file: Annotated[Path | None, typer.Argument(help="option.record.file")] = None,
    config: SettingsOption = None,
    verbose: VerboseOption = 0,
    log_format: LogFormatOption = None,
) -> None:
    """Record only what your sensors send, to a raw tape."""
    from monitor.core.log_output import extend_logging
    from monitor.service.start import new_tape_path, ready_config, run_live, tape_named_by_date

    extend_logging(verbose, log_format)
    tape = new_tape_path(file or tape_named_by_date())
    run_live(ready_config(config), tape.stem, tape=tape)


def replay_command(
    file: Annotated[Path, typer.Argument(help="option.replay.file")],
    speed: Annotated[str, typer.Option(help="option.replay.speed")] = "1",
    web: WebOption = False,
    host: HostOption = None,
    port: PortOption = None,
    placement: Annotated[PlacementChoice | None, typer.Option(help="option.replay.placement")] = None,
    side: Annotated[SideChoice | None, typer.Option(help="option.side")] = None,
    keep: Annotated[bool, typer.Option(help="option.replay.keep")] = True,
    config: SettingsOption = None,
    verbose: VerboseOption = 0,
    log_format: LogFormatOption = None,
) -> None:
    """Play a recording back as if it were happening now."""
    from monitor.core.log_output import extend_logging
    from monitor.core.message_catalogues import catalogue
    from monitor.core.user_language import user_language
    from monitor.recordings.readers import read_recording
    from monitor.service.config import load_config
    from monitor.service.live_session import LiveOptions, result_console, run_session
    from monitor.service.session_store import replayed_facts
    from monitor.sources.replay import Replay

    extend_logging(verbose, log_format)
    settings, factor = load_config(config), speed_factor(speed)
    recording = read_recording(file, placement and placement.value, side and side.value)
    console, messages = result_console(), catalogue(user_language())
    for remark in recording.remarks:
        console.print(messages.translate_recorded(remark), soft_wrap=True, highlight=False)
    live = LiveOptions(
        title=recording.title,
        settings=recording.settings,
        sources=lambda time: [Replay(recording, time, factor)],
        keep=keep,
        web=page_settings(settings, host, port) if web else None,
        linger=web,
        pace=factor,
        facts=replayed_facts(settings, recording) if keep else recording.facts,
    )
    run_session(settings, live, console)
