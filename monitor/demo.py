"""The main job on simulated sensors: two shoes and a belt behind a simulated radio."""

from __future__ import annotations

import math

from rich.console import Console

from monitor.config import Config
from monitor.live import Live, go
from monitor.recordings.simulated import Radio, simulated
from monitor.sources.replay import Replay
from monitor.web.access import WebSettings


def demo(seconds: float, speed: float, web: WebSettings | None) -> None:
    """A simulated run, live; nothing is kept."""
    console = Console()
    recording = simulated(seconds, Radio())
    pace = speed if speed > 0 else math.inf
    go(
        Config(),
        Live(
            title="demo",
            settings=recording.settings,
            sources=lambda time: [Replay(recording, time, pace)],
            keep=False,
            web=web,
            pace=pace,
        ),
        console,
    )
    console.print("Simulated sensors: the numbers show that everything works, not how anybody runs.")
