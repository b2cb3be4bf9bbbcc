"""The main job on simulated sensors: two shoes and a belt behind a simulated radio, and a coach."""

from __future__ import annotations

import math

from rich.console import Console

from monitor.config import Config
from monitor.errors import ConfigError
from monitor.live import Live, go
from monitor.recordings.drifting import bouts, coached
from monitor.recordings.simulated import Radio, worn_in
from monitor.sources.replay import Replay
from monitor.web.access import WebSettings


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
        from monitor.emulated.runner import EmulatedRunner, settings
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
