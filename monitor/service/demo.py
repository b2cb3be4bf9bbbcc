"""The main job on simulated sensors: two shoes and a belt behind a simulated radio, and a coach."""

from __future__ import annotations

import math

from monitor.core.errors import ConfigError
from monitor.core.http_access import WebSettings
from monitor.core.user_language import user_text
from monitor.service.config import Config
from monitor.service.live_session import LiveOptions, result_console, run_session
from monitor.simulation.drifting_runner import Drift, coached_settings, drifting_bouts
from monitor.simulation.simulated_runner import RadioModel, recording_of_run
from monitor.sources.replay import Replay


def run_demo(seconds: float, speed: float, web: WebSettings | None, drift: Drift = "cadence") -> None:
    """Run ``seconds`` on simulated shoes and belt, ``speed`` times real time, and keep nothing.

    ``speed`` 0 is as fast as possible; without ``web`` no page is served.  ``drift`` is what the coach is
    given to find.
    """
    console = result_console()
    if seconds < _SHORTEST_WITH_A_CUE_S:
        console.print(user_text("say.demo.no_cue"))
    recording = recording_of_run(drifting_bouts(seconds, drift), RadioModel())
    pace = speed if speed > 0 else math.inf
    run_session(
        Config(),
        LiveOptions(
            title="demo",
            settings=coached_settings(recording.settings, drift),
            sources=lambda time: [Replay(recording, time, pace)],
            keep=False,
            web=web,
            pace=pace,
        ),
        console,
    )
    console.print(user_text("say.demo.caveat"))


def run_radio_demo(seconds: float, web: WebSettings | None) -> None:
    """Run in real time on emulated Bluetooth sensors, through the code that real ones go through.

    ``ConfigError`` without the extra ``radio``.
    """
    try:
        from monitor.simulation.emulated.runner import (
            EmulatedRunner,
            emulated_settings,
            emulated_signals,
        )
    except ModuleNotFoundError as exc:
        raise ConfigError("error.radio") from exc
    console, signals = result_console(), emulated_signals()
    live = LiveOptions(
        title="demo",
        settings=emulated_settings(),
        sources=lambda time: [EmulatedRunner(signals, seconds, time)],
        keep=False,
        web=web,
        summary=True,
    )
    run_session(Config(), live, console)
    console.print(user_text("say.demo.caveat"))


_SHORTEST_WITH_A_CUE_S = 60
