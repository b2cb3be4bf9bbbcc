"""The main job on simulated sensors: two shoes and a belt behind a simulated radio, and a coach."""

from __future__ import annotations

import math

from rich.console import Console

from monitor.core.errors import ConfigError
from monitor.core.http_access import WebSettings
from monitor.service.config import Config
from monitor.service.live_session import Live, go
from monitor.simulation.drifting_runner import bouts, coached
from monitor.simulation.simulated_runner import Radio, worn_in
from monitor.sources.replay import Replay


def demo(seconds: float, speed: float, web: WebSettings | None) -> None:
    """A simulated run, live; nothing is kept."""
    console = Console()
    recording = worn_in(bouts(seconds), Radio())
    pace = speed if speed > 0 else math.inf
    go(
        Config(),
        Live(
            title="demo",
            settings=coached(recording.settings),
            sources=lambda time: [Replay(recording, time, pace)],
            keep=False,
            web=web,
            pace=pace,
        ),
        console,
    )
    console.print(_CAVEAT)


def radio_demo(seconds: float, web: WebSettings | None) -> None:
    """The same runner with emulated Bluetooth sensors, through all that real ones go through."""
    try:
        from monitor.simulation.emulated.runner import EmulatedRunner, settings
    except ModuleNotFoundError as exc:
        raise ConfigError(
            "--radio needs bumble, which is not installed: pip install 'gaitcue[radio]'"
        ) from exc
    console = Console()
    live = Live(
        title="demo",
        settings=settings(),
        sources=lambda time: [EmulatedRunner(seconds, time)],
        keep=False,
        web=web,
        summary=True,
    )
    go(Config(), live, console)
    console.print(_CAVEAT)


_CAVEAT = "Simulated sensors: the numbers show that everything works, not how anybody runs."
